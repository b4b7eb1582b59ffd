//! Connecting Google by its consent page, with a proof key; the refresh token is what is kept, and what it buys lasts an hour. PURE.
//! https://developers.google.com/identity/protocols/oauth2/web-server

use super::{ACCOUNTS_URL, CLIENT_ID, CLIENT_SECRET, Google, TOKEN_URL, lists};
use crate::model::{HOUR, Millis, SECOND};
use crate::server::networks::answers;
use crate::server::networks::contract::{
    Access, Answer, Body, Choice, Choices, ConnectError, Destination, OAuth, Refresh, Request, Setting, Settings, Token,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

/// For sending conversions, and for reading accounts and actions; each with the words of its box at the consent page.
const NEEDED: &[(&str, &str)] = &[
    ("https://www.googleapis.com/auth/datamanager", "the one about Data Manager (sending conversions)"),
    ("https://www.googleapis.com/auth/adwords", "the one about Google Ads (reading accounts and conversion actions)"),
];
/// Tells who the person is.
const IDENTITY: &str = "openid";
/// Longest token taken; today's have some 300 characters.
const MAX_TOKEN: usize = 4096;
/// How long an access token lasts where Google does not say.
const ACCESS_LIFE: Millis = HOUR;

impl OAuth for Google {
    fn dialog(&self, settings: &Settings, redirect: &str, state: &str) -> Result<Url, ConnectError> {
        let (client_id, _) = client(settings)?;
        let mut url = settings.address(&ACCOUNTS_URL, &["o", "oauth2", "v2", "auth"]);
        let scopes: Vec<&str> = [IDENTITY].into_iter().chain(NEEDED.iter().map(|(scope, _)| *scope)).collect();
        url.query_pairs_mut()
            .append_pair("client_id", client_id)
            .append_pair("redirect_uri", redirect)
            .append_pair("response_type", "code")
            .append_pair("scope", &scopes.join(" "))
            // Without these a second consent brings no refresh token.
            .append_pair("access_type", "offline")
            .append_pair("prompt", "consent")
            .append_pair("state", state);
        Ok(url)
    }

    fn code_parameter(&self) -> &'static str {
        "code"
    }

    fn exchange(&self, settings: &Settings, redirect: &str, code: &str) -> Result<Request, ConnectError> {
        let form = vec![
            ("grant_type", SecretString::from("authorization_code")),
            ("code", SecretString::from(code)),
            ("redirect_uri", SecretString::from(redirect)),
        ];
        token_call(settings, form)
    }

    fn with_challenge(&self, mut dialog: Url, challenge: &str) -> Url {
        dialog.query_pairs_mut().append_pair("code_challenge", challenge).append_pair("code_challenge_method", "S256");
        dialog
    }

    fn with_verifier(&self, mut exchange: Request, verifier: &SecretString) -> Request {
        if let Some(Body::SecretForm(form)) = &mut exchange.body {
            form.push(("code_verifier", verifier.clone()));
        }
        exchange
    }

    /// A person may untick any box: what came back is looked at before anything is kept.
    fn read_exchange(&self, answer: &Answer, now: Millis) -> Result<Token, ConnectError> {
        let body = ok(answer)?;
        let granted = answers::words(&body["scope"]).unwrap_or_default();
        let missing: Vec<&str> =
            NEEDED.iter().filter(|(scope, _)| !granted.split(' ').any(|given| given == *scope)).map(|(_, says)| *says).collect();
        if !missing.is_empty() {
            let words = format!("Not every box was ticked at Google. Connect again and tick {}.", missing.join(" and "));
            return Err(ConnectError::NoAccess { code: None, words });
        }
        let secret = token_of(&body, "refresh_token").ok_or_else(|| ConnectError::Refused {
            code: None,
            words: "Google gave no refresh token. Remove the app under your Google account's third-party connections, then connect again."
                .into(),
        })?;
        // Set only where the app is in Testing: the refresh token ends after seven days.
        let life = seconds(&body["refresh_token_expires_in"]);
        let expires_at = life.map(|life| now.saturating_add(life));
        Ok(Token { secret, expires_at, holder: holder(&body), stage: 0 })
    }

    fn accounts(&self, settings: &Settings, token: &SecretString, cursor: Option<&str>) -> Result<Request, ConnectError> {
        Ok(lists::accounts(settings, token, cursor))
    }

    fn read_accounts(&self, cursor: Option<&str>, answer: &Answer) -> Result<Choices, ConnectError> {
        lists::read_accounts(cursor, answer)
    }

    fn targets(&self, settings: &Settings, token: &SecretString, account: &Choice, _cursor: Option<&str>) -> Result<Request, ConnectError> {
        Ok(lists::targets(settings, token, account))
    }

    fn read_targets(&self, account: &Choice, _cursor: Option<&str>, answer: &Answer) -> Result<Choices, ConnectError> {
        lists::read_targets(account, answer)
    }

    /// Ends everything that this person let our app do.
    fn revoke(&self, settings: &Settings, of: &Destination) -> Option<Request> {
        client(settings).ok()?;
        let form = vec![("token", of.token.clone())];
        Some(post(settings, &["revoke"], form))
    }
}

impl Refresh for Google {
    fn refresh(&self, settings: &Settings, secret: &SecretString) -> Result<Request, ConnectError> {
        token_call(settings, vec![("grant_type", SecretString::from("refresh_token")), ("refresh_token", secret.clone())])
    }

    fn read_refresh(&self, answer: &Answer, now: Millis) -> Result<Access, ConnectError> {
        let body = ok(answer)?;
        let token = token_of(&body, "access_token").ok_or_else(|| unreadable("holds no access token"))?;
        Ok(Access { token, until: now.saturating_add(seconds(&body["expires_in"]).unwrap_or(ACCESS_LIFE)) })
    }
}

/// A call of the token endpoint, with our client's id and secret.
fn token_call(settings: &Settings, mut form: Vec<(&'static str, SecretString)>) -> Result<Request, ConnectError> {
    let (client_id, client_secret) = client(settings)?;
    form.extend([("client_id", SecretString::from(client_id)), ("client_secret", client_secret.clone())]);
    Ok(post(settings, &["token"], form))
}

fn post(settings: &Settings, path: &[&str], form: Vec<(&'static str, SecretString)>) -> Request {
    let url = settings.address(&TOKEN_URL, path);
    Request { method: Method::POST, url, secret_query: vec![], headers: vec![], body: Some(Body::SecretForm(form)), secret_body: vec![] }
}

fn client(settings: &Settings) -> Result<(&str, &SecretString), ConnectError> {
    let missing = |setting: Setting| ConnectError::NotConfigured { setting: setting.env };
    let id = settings.plain(CLIENT_ID.env).ok_or_else(|| missing(CLIENT_ID))?;
    Ok((id, settings.secret(CLIENT_SECRET.env).ok_or_else(|| missing(CLIENT_SECRET))?))
}

/// The body of a good answer of the token endpoint; else `{"error":"invalid_grant","error_description":"…"}`.
fn ok(answer: &Answer) -> Result<Value, ConnectError> {
    let body = answer.json();
    let code = answers::words(&body["error"]);
    if answer.success() && body.is_object() && code.is_none() {
        return Ok(body);
    }
    let words = answers::words(&body["error_description"]).or_else(|| code.clone());
    let words = words.or_else(|| answer.prose().filter(|_| body.is_null())).unwrap_or_else(|| format!("HTTP {}", answer.status));
    Err(match code.as_deref() {
        Some("invalid_client" | "unauthorized_client") => {
            tracing::error!(%words, "Google does not know this instance's OAuth client");
            let words = format!(
                "{words} Google does not take this instance's OAuth client: its operator has to check {} and {}.",
                CLIENT_ID.env, CLIENT_SECRET.env
            );
            ConnectError::Refused { code, words }
        }
        Some("invalid_grant" | "access_denied" | "admin_policy_enforced" | "invalid_scope") => ConnectError::Refused { code, words },
        _ => answer.connect_error(code, words),
    })
}

fn token_of(body: &Value, name: &str) -> Option<SecretString> {
    let token = answers::words(&body[name]).filter(|token| token.len() <= MAX_TOKEN && token.chars().all(|c| c.is_ascii_graphic()));
    token.map(SecretString::from)
}

/// A number of seconds, as milliseconds.
fn seconds(value: &Value) -> Option<Millis> {
    let seconds: Millis = answers::id(value)?.parse().ok()?;
    (seconds > 0).then(|| seconds.saturating_mul(SECOND))
}

/// `sub` of the id token. It came straight from Google over TLS, so that its signature proves nothing more.
fn holder(body: &Value) -> Option<String> {
    let token = token_of(body, "id_token")?;
    let claims = URL_SAFE_NO_PAD.decode(token.expose_secret().split('.').nth(1)?.trim_end_matches('=')).ok()?;
    answers::id(&serde_json::from_slice::<Value>(&claims).ok()?["sub"])
}

fn unreadable(what: &str) -> ConnectError {
    ConnectError::Unavailable { words: format!("Google's answer {what}.") }
}
