//! Tokens (wire page G2.5): a code and a refresh token buy access tokens of an hour; taking the app away ends everything of the person.

use super::answer::{self, Refusal, oauth, ok, scope, unauthenticated};
use crate::model::{HOUR, SECOND};
use crate::server::simulator::role::Answer;
use crate::server::simulator::state::State;
use crate::server::simulator::tokens::{BadCode, Grant, Kind, Worth};
use crate::server::simulator::world::{GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET, GOOGLE_PERSON};
use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub const DATA_MANAGER: &str = "https://www.googleapis.com/auth/datamanager";
pub const ADWORDS: &str = "https://www.googleapis.com/auth/adwords";
const LIFE: i64 = HOUR - SECOND;

type Form = BTreeMap<String, String>;

/// The bearer token of a call.
pub fn shown(headers: &HeaderMap, _: &str, _: &[u8]) -> Option<String> {
    let header = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    header.strip_prefix("Bearer ").filter(|token| !token.is_empty()).map(str::to_owned)
}

/// The rights of a call with this scope, or why it has none. A refresh token is no access token.
pub fn authorise(state: &State, headers: &HeaderMap, needs: &str) -> Result<Grant, Refusal> {
    let token = shown(headers, "", &[]).ok_or_else(unauthenticated)?;
    let grant = state.tokens().find("google", &token).filter(|grant| grant.kind == Kind::Access).ok_or_else(unauthenticated)?;
    let parent_gone =
        grant.parent.as_deref().and_then(|parent| state.tokens().find("google", parent)).is_some_and(|it| it.worth == Worth::Revoked);
    if grant.worth != Worth::Valid || parent_gone || grant.ends_at.is_some_and(|at| at <= state.now()) {
        return Err(unauthenticated());
    }
    if !grant.scope.split(' ').any(|given| given == needs) {
        return Err(scope());
    }
    Ok(grant)
}

/// `POST /token`
pub async fn token(Shared(state): Shared<State>, headers: HeaderMap, body: Bytes) -> Answer {
    respond(|| {
        let form = form(&headers, &body)?;
        our_client(&form)?;
        match needed(&form, "grant_type")? {
            "authorization_code" => {
                known(&form, &["grant_type", "client_id", "client_secret", "code", "redirect_uri", "code_verifier"])?;
                let (code, back) = (needed(&form, "code")?, needed(&form, "redirect_uri")?);
                let verifier = form.get("code_verifier").map(String::as_str);
                let grant = state.tokens().exchange("google", code, back, verifier, state.now()).map_err(|why| bad_code(&why))?;
                let mut body = sold(&state, &grant);
                body["refresh_token"] = grant.token.as_str().into();
                if let Some(at) = grant.ends_at {
                    body["refresh_token_expires_in"] = ((at - state.now()) / SECOND).into();
                }
                Ok(body)
            }
            "refresh_token" => {
                known(&form, &["grant_type", "client_id", "client_secret", "refresh_token"])?;
                let token = needed(&form, "refresh_token")?;
                let grant = state.tokens().find("google", token).filter(|grant| grant.kind == Kind::Refresh);
                let good = |grant: &Grant| grant.worth == Worth::Valid && grant.ends_at.is_none_or(|at| at > state.now());
                let grant = grant.filter(good).ok_or_else(|| oauth(400, "invalid_grant", "Token has been expired or revoked."))?;
                Ok(sold(&state, &grant))
            }
            other => Err(oauth(400, "unsupported_grant_type", &format!("Invalid grant_type: {other}"))),
        }
    })
}

/// An access token for the grant, as both ways answer it.
fn sold(state: &State, grant: &Grant) -> Value {
    let access = state.tokens().sell_access(grant, LIFE, state.now());
    let mut body = json!({"access_token": access.token, "expires_in": LIFE / SECOND, "scope": grant.scope, "token_type": "Bearer"});
    if grant.scope.split(' ').any(|scope| scope == "openid") {
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let claims = json!({"iss": "https://accounts.google.com", "aud": GOOGLE_CLIENT_ID, "sub": GOOGLE_PERSON});
        body["id_token"] = format!("{}.{}.c2ln", part(json!({"alg": "RS256"})), part(claims)).into();
    }
    body
}

/// `POST /revoke`
pub async fn revoke(Shared(state): Shared<State>, headers: HeaderMap, body: Bytes) -> Answer {
    respond(|| {
        let form = form(&headers, &body)?;
        known(&form, &["token"])?;
        let gone = || oauth(400, "invalid_token", "Token expired or revoked");
        let grant = state.tokens().find("google", needed(&form, "token")?).ok_or_else(gone)?;
        if grant.worth == Worth::Revoked {
            return Err(gone());
        }
        state
            .tokens()
            .all()
            .iter()
            .filter(|grant| grant.network == "google")
            .for_each(|grant| state.tokens().revoke("google", &grant.token));
        Ok(json!({}))
    })
}

fn respond(found: impl FnOnce() -> Result<Value, Answer>) -> Answer {
    match found() {
        Ok(body) => ok(&body),
        Err(refused) => refused,
    }
}

fn form(headers: &HeaderMap, body: &[u8]) -> Result<Form, Answer> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("application/x-www-form-urlencoded") {
        return Err(answer::oauth(400, "invalid_request", "The body must be a form."));
    }
    Ok(url::form_urlencoded::parse(body).into_owned().collect())
}

fn known(form: &Form, names: &[&str]) -> Result<(), Answer> {
    match form.keys().find(|name| !names.contains(&name.as_str())) {
        Some(name) => Err(oauth(400, "invalid_request", &format!("Parameter not allowed for this message type: {name}"))),
        None => Ok(()),
    }
}

fn needed<'a>(form: &'a Form, name: &str) -> Result<&'a str, Answer> {
    let given = form.get(name).map(String::as_str).filter(|value| !value.is_empty());
    given.ok_or_else(|| oauth(400, "invalid_request", &format!("Missing required parameter: {name}")))
}

fn our_client(form: &Form) -> Result<(), Answer> {
    if needed(form, "client_id")? != GOOGLE_CLIENT_ID {
        return Err(oauth(401, "invalid_client", "The OAuth client was not found."));
    }
    if needed(form, "client_secret")? != GOOGLE_CLIENT_SECRET {
        return Err(oauth(401, "invalid_client", "Unauthorized"));
    }
    Ok(())
}

fn bad_code(why: &BadCode) -> Answer {
    match why {
        BadCode::Unknown => oauth(400, "invalid_grant", "Malformed auth code."),
        BadCode::Used | BadCode::Expired => oauth(400, "invalid_grant", "Bad Request"),
        BadCode::OtherWayBack => oauth(400, "redirect_uri_mismatch", "Bad Request"),
        BadCode::WrongProof => oauth(400, "invalid_grant", "Invalid code verifier."),
    }
}
