//! Connecting Meta by Facebook Login for Business: dialog, code, check of the token, a long-lived one in place of a person's. PURE.
//! https://developers.facebook.com/documentation/facebook-login/facebook-login-for-business

use super::{APP_ID, APP_SECRET, CONFIG_ID, DIALOG_URL, GRAPH_VERSION, Meta, VERSION, call, credentials, error_of, lists, verdict};
use crate::model::{DAY, Millis, SECOND};
use crate::server::networks::answers;
use crate::server::networks::contract::{Answer, Choice, Choices, ConnectError, Destination, OAuth, Request, Setting, Settings, Token};
use http::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

/// What people are asked for where no configuration says it.
const SCOPES: &str = "ads_management,ads_read,business_management";
/// One of these must come back: without it no event is taken. The Conversions API template of Login for Business gives `ads_read`.
const SENDING: &[&str] = &["ads_management", "ads_read"];
/// A person's token that ends sooner is exchanged for one of 60 days.
const SHORT: Millis = 7 * DAY;
/// Longest token taken; today's have some 200 characters.
const MAX_TOKEN: usize = 4096;
const FACEBOOK: &str = "www.facebook.com";

/// How far a token has come.
const NEW: u8 = 0;
/// Checked: a person's, and short-lived.
const OF_A_PERSON: u8 = 1;
/// Exchanged for a long-lived one, of which nothing is known yet.
const EXCHANGED: u8 = 2;
const WHOLE: u8 = 3;

impl OAuth for Meta {
    fn dialog(&self, settings: &Settings, redirect: &str, state: &str) -> Result<Url, ConnectError> {
        let (app_id, _) = app(settings)?;
        let version = settings.text(&GRAPH_VERSION).unwrap_or(VERSION);
        let mut url = settings.address(&DIALOG_URL, &[version, "dialog", "oauth"]);
        let asks = settings.plain(CONFIG_ID.env).map_or(("scope", SCOPES), |config| ("config_id", config));
        let query = [("client_id", app_id), ("redirect_uri", redirect), ("state", state), ("response_type", "code"), asks];
        url.query_pairs_mut().extend_pairs(query);
        Ok(url)
    }

    /// Signing in leads over hosts of its own: `m.` on a phone, `business.` for a business.
    fn dialog_leads_to(&self, settings: &Settings) -> Vec<String> {
        let facebook = settings.address(&DIALOG_URL, &[]).host_str() == Some(FACEBOOK);
        if facebook { vec!["https://*.facebook.com".to_owned()] } else { Vec::new() }
    }

    fn code_parameter(&self) -> &'static str {
        "code"
    }

    fn exchange(&self, settings: &Settings, redirect: &str, code: &str) -> Result<Request, ConnectError> {
        let (app_id, secret) = app(settings)?;
        let mut request = call(settings, Method::GET, &["oauth", "access_token"]);
        request.url.query_pairs_mut().append_pair("client_id", app_id).append_pair("redirect_uri", redirect);
        request.secret_query = vec![("client_secret", secret.clone()), ("code", SecretString::from(code))];
        Ok(request)
    }

    fn read_exchange(&self, answer: &Answer, now: Millis) -> Result<Token, ConnectError> {
        let body = ok(answer)?;
        let token =
            answers::words(&body["access_token"]).filter(|token| token.len() <= MAX_TOKEN && token.chars().all(|c| c.is_ascii_graphic()));
        let secret = token.ok_or_else(|| unreadable("holds no access token"))?;
        let life = verdict::number(&body["expires_in"]).filter(|life| *life > 0);
        let expires_at = life.map(|life| now.saturating_add(life.saturating_mul(SECOND)));
        Ok(Token { secret: SecretString::from(secret), expires_at, holder: None, stage: NEW })
    }

    fn next(&self, settings: &Settings, token: &Token) -> Result<Option<Request>, ConnectError> {
        let (app_id, secret) = app(settings)?;
        Ok(match token.stage {
            NEW | EXCHANGED => {
                let mut request = call(settings, Method::GET, &["debug_token"]);
                let of_the_app = format!("{app_id}|{}", secret.expose_secret());
                request.secret_query = vec![("input_token", token.secret.clone()), ("access_token", SecretString::from(of_the_app))];
                Some(request)
            }
            OF_A_PERSON => {
                let mut request = call(settings, Method::GET, &["oauth", "access_token"]);
                request.url.query_pairs_mut().append_pair("grant_type", "fb_exchange_token").append_pair("client_id", app_id);
                request.secret_query = vec![("client_secret", secret.clone()), ("fb_exchange_token", token.secret.clone())];
                Some(request)
            }
            _ => None,
        })
    }

    fn read_next(&self, settings: &Settings, token: Token, answer: &Answer, now: Millis) -> Result<Token, ConnectError> {
        match token.stage {
            OF_A_PERSON => Ok(Token { stage: EXCHANGED, ..self.read_exchange(answer, now)? }),
            _ => checked(settings, token, answer, now),
        }
    }

    fn accounts(&self, settings: &Settings, token: &SecretString, cursor: Option<&str>) -> Result<Request, ConnectError> {
        Ok(with_token(settings, lists::accounts(settings, cursor), token))
    }

    fn read_accounts(&self, cursor: Option<&str>, answer: &Answer) -> Result<Choices, ConnectError> {
        lists::read_accounts(cursor, answer)
    }

    fn targets(&self, settings: &Settings, token: &SecretString, account: &Choice, cursor: Option<&str>) -> Result<Request, ConnectError> {
        Ok(with_token(settings, lists::targets(settings, &account.id, cursor), token))
    }

    fn read_targets(&self, account: &Choice, cursor: Option<&str>, answer: &Answer) -> Result<Choices, ConnectError> {
        lists::read_targets(&account.id, cursor, answer)
    }

    /// Takes the app away from the person. A business is connected by a system user, and no call takes the app from a business.
    fn revoke(&self, settings: &Settings, of: &Destination) -> Option<Request> {
        app(settings).ok()?;
        let of_a_person = of.account_id.as_deref().is_some_and(lists::is_ad_account);
        of_a_person.then(|| with_token(settings, call(settings, Method::DELETE, &["me", "permissions"]), &of.token))
    }
}

/// `debug_token`: whether the token is good, ours and may send, whose it is and how long it lasts.
/// https://developers.facebook.com/docs/graph-api/reference/debug_token
fn checked(settings: &Settings, token: Token, answer: &Answer, now: Millis) -> Result<Token, ConnectError> {
    let body = ok(answer)?;
    let data = &body["data"];
    if data["is_valid"] != Value::Bool(true) {
        let code = answers::id(&data["error"]["code"]);
        let words = answers::words(&data["error"]["message"]).unwrap_or_else(|| "Meta says that the token is not valid.".to_owned());
        return Err(if data.is_object() { ConnectError::Refused { code, words } } else { unreadable("does not tell the token's state") });
    }
    if answers::id(&data["app_id"]).as_deref() != settings.plain(APP_ID.env) {
        return Err(ConnectError::Refused { code: None, words: "The token was given to another app.".into() });
    }
    let scopes: Vec<&str> = data["scopes"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if !scopes.iter().any(|scope| SENDING.contains(scope)) {
        let words = format!("None of {} was allowed; without one of them no event may be sent.", SENDING.join(", "));
        return Err(ConnectError::NoAccess { code: None, words });
    }
    let of_a_person = data["type"] == "USER";
    let ends = |name: &str| verdict::number(&data[name]).filter(|at| *at > 0).map(|at| at.saturating_mul(SECOND));
    let expires_at = ends("expires_at").into_iter().chain(ends("data_access_expires_at").filter(|_| of_a_person)).min();
    let short = of_a_person && ends("expires_at").is_some_and(|at| at < now.saturating_add(SHORT));
    let stage = if short && token.stage == NEW { OF_A_PERSON } else { WHOLE };
    Ok(Token { expires_at, holder: answers::id(&data["user_id"]), stage, ..token })
}

fn app(settings: &Settings) -> Result<(&str, &SecretString), ConnectError> {
    let missing = |setting: Setting| ConnectError::NotConfigured { setting: setting.env };
    Ok((settings.plain(APP_ID.env).ok_or_else(|| missing(APP_ID))?, settings.secret(APP_SECRET.env).ok_or_else(|| missing(APP_SECRET))?))
}

fn with_token(settings: &Settings, mut request: Request, token: &SecretString) -> Request {
    request.secret_query = credentials(settings, token, true);
    request
}

/// The body of a good answer; else what went wrong, by the same table as the verdicts.
pub fn ok(answer: &Answer) -> Result<Value, ConnectError> {
    let body = answer.json();
    match error_of(&body) {
        None if answer.success() && body.is_object() => Ok(body),
        error => Err(failure(answer, error)),
    }
}

pub fn failure(answer: &Answer, error: Option<&Value>) -> ConnectError {
    let words = error.and_then(verdict::words_of).or_else(|| answer.prose().filter(|_| error.is_none()));
    let words = words.unwrap_or_else(|| format!("HTTP {}", answer.status));
    let code = error.and_then(verdict::code_of);
    match error.and_then(verdict::means) {
        Some(verdict::Means::Credentials | verdict::Means::Content) => ConnectError::Refused { code, words },
        Some(verdict::Means::Permission) => ConnectError::NoAccess { code, words },
        Some(verdict::Means::Later(_) | verdict::Means::Throttled | verdict::Means::Unknown) => ConnectError::Unavailable { words },
        None => answer.connect_error(code, words),
    }
}

fn unreadable(what: &str) -> ConnectError {
    ConnectError::Unavailable { words: format!("Meta's answer {what}.") }
}
