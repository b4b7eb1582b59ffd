//! Tokens (wire page M8): exchange of a code, a long-lived one for a person's, the check, taking the app away; and which token a call shows.

use super::answer::{self, NO_APP, PARAMETER, PROOF, Refusal, TOKEN, UNKNOWN};
use crate::model::{DAY, Millis, SECOND};
use crate::server::simulator::json::Json;
use crate::server::simulator::role::Answer;
use crate::server::simulator::state::State;
use crate::server::simulator::tokens::{BadCode, Grant, Kind, Worth};
use crate::server::simulator::world::{META_APP_ID, META_APP_NAME, META_APP_SECRET, META_PERSON, META_SYSTEM_USER};
use axum::extract::{RawQuery, State as Shared};
use axum::http::HeaderMap;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use std::collections::BTreeMap;

/// A person's token after the exchange: about 60 days.
const LONG: Millis = 60 * DAY;
/// After so long without the person an app reads no more of their data.
const DATA_ACCESS: Millis = 90 * DAY;

pub type Query = BTreeMap<String, String>;

/// The parameters of a query; one that is none of `known` is refused.
pub fn query(text: Option<String>, known: &[&str]) -> Result<Query, Refusal> {
    let pairs: Query = url::form_urlencoded::parse(text.unwrap_or_default().as_bytes()).into_owned().collect();
    match pairs.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(Refusal::new(PARAMETER, format!("(#100) Unknown parameter: {name}"))),
        None => Ok(pairs),
    }
}

/// The token in a body's `access_token`, else in the query's.
pub fn shown(_: &HeaderMap, query: &str, body: &[u8]) -> Option<String> {
    let in_body = Json::parse(body).ok().and_then(Json::object).and_then(|body| body.get("access_token")?.text().map(String::from));
    let in_query = || url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "access_token");
    in_body.or_else(|| in_query().map(|(_, token)| token.into_owned())).filter(|token| !token.is_empty())
}

/// The token's rights, or why it has none. A token of our app needs the proof of its secret, as an app does that requires it; one of
/// another app must not bring ours.
pub fn authorise(state: &State, token: Option<&str>, proof: Option<&str>) -> Result<Grant, Refusal> {
    let token = token.filter(|token| !token.is_empty());
    let token = token.ok_or_else(|| Refusal::new(PROOF, "An access token is required to request this resource."))?;
    let grant =
        state.tokens().find("meta", token).ok_or_else(|| Refusal::new(TOKEN, "Invalid OAuth access token - Cannot parse access token"))?;
    alive(state, &grant)?;
    match (grant.kind, proof) {
        (Kind::ByHand, None) => Ok(grant),
        (Kind::ByHand, Some(_)) => Err(Refusal::new(PROOF, "Invalid appsecret_proof provided in the API argument")),
        (_, Some(proof)) if proof == proof_of(token) => Ok(grant),
        (_, Some(_)) => Err(Refusal::new(PROOF, "Invalid appsecret_proof provided in the API argument")),
        (_, None) => Err(Refusal::new(PROOF, "API calls from the server require an appsecret_proof argument")),
    }
}

fn alive(state: &State, grant: &Grant) -> Result<(), Refusal> {
    let over = grant.ends_at.is_some_and(|at| at <= state.now());
    match grant.worth {
        Worth::Valid if !over => Ok(()),
        Worth::Revoked => Err(Refusal::new(TOKEN, "Error validating access token: The user has not authorized application.").sub(458)),
        Worth::Valid | Worth::Expired => Err(Refusal::new(TOKEN, "Error validating access token: Session has expired.").sub(463)),
    }
}

fn proof_of(token: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(META_APP_SECRET.as_bytes()).expect("a key of any length");
    mac.update(token.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

/// `GET /vX/oauth/access_token` for a code, or with `grant_type=fb_exchange_token` for a person's token.
pub async fn access_token(Shared(state): Shared<State>, RawQuery(text): RawQuery) -> Answer {
    respond(|| {
        let known = ["client_id", "client_secret", "redirect_uri", "code", "grant_type", "fb_exchange_token"];
        let query = query(text, &known)?;
        let grant = match query.get("grant_type").map(String::as_str) {
            None => {
                let (back, code) = (needed(&query, "redirect_uri")?, needed(&query, "code")?);
                our_app(&query)?;
                state.tokens().exchange("meta", code, back, None, state.now()).map_err(|why| bad_code(&why))?
            }
            Some("fb_exchange_token") => {
                let token = needed(&query, "fb_exchange_token")?;
                our_app(&query)?;
                let grant = authorise(&state, Some(token), Some(&proof_of(token)))?;
                if grant.kind != Kind::Person {
                    return Err(Refusal::new(PARAMETER, "Only a person's access token can be exchanged for a long-lived one."));
                }
                state.tokens().renew(&grant, LONG, state.now())
            }
            Some(other) => return Err(Refusal::new(PARAMETER, format!("Invalid grant_type: {other}"))),
        };
        let mut body = json!({"access_token": grant.token, "token_type": "bearer"});
        if let Some(at) = grant.ends_at {
            body["expires_in"] = ((at - state.now()) / SECOND).into();
        }
        Ok(body)
    })
}

/// `GET /vX/debug_token?input_token=&access_token={app id}|{app secret}`.
pub async fn debug(Shared(state): Shared<State>, RawQuery(text): RawQuery) -> Answer {
    respond(|| {
        let query = query(text, &["input_token", "access_token"])?;
        if needed(&query, "access_token")? != format!("{META_APP_ID}|{META_APP_SECRET}") {
            return Err(Refusal::new(TOKEN, "Invalid OAuth access token signature."));
        }
        let token = needed(&query, "input_token")?;
        let found = state.tokens().find("meta", token).filter(|grant| grant.kind != Kind::ByHand);
        let Some(grant) = found else {
            let error = json!({"code": TOKEN, "message": "The access token could not be decrypted"});
            return Ok(json!({"data": {"error": error, "is_valid": false, "scopes": []}}));
        };
        let (kind, holder) = match grant.kind {
            Kind::Person => ("USER", META_PERSON),
            _ => ("SYSTEM_USER", META_SYSTEM_USER),
        };
        let scopes = match (grant.kind, grant.may_send) {
            (Kind::Person, true) => json!(["ads_management", "ads_read", "business_management", "public_profile"]),
            (_, true) => json!(["ads_read", "business_management"]),
            (_, false) => json!(["business_management", "public_profile"]),
        };
        let seconds = |at: Option<Millis>| at.map_or(0, |at| at / SECOND);
        let data_access = (grant.kind == Kind::Person).then(|| state.now() + DATA_ACCESS);
        let mut data = json!({
            "app_id": META_APP_ID, "type": kind, "application": META_APP_NAME, "is_valid": true, "scopes": scopes, "user_id": holder,
            "expires_at": seconds(grant.ends_at), "data_access_expires_at": seconds(data_access)
        });
        if let Err(refusal) = alive(&state, &grant) {
            data["is_valid"] = false.into();
            data["error"] = json!({"code": refusal.code, "message": refusal.message, "subcode": refusal.subcode});
        }
        Ok(json!({ "data": data }))
    })
}

/// `DELETE /vX/me/permissions`: takes the app away from the person, and all its tokens with it.
pub async fn revoke(Shared(state): Shared<State>, RawQuery(text): RawQuery) -> Answer {
    respond(|| {
        let query = query(text, &["access_token", "appsecret_proof"])?;
        let grant = of_query(&state, &query)?;
        if grant.kind != Kind::Person {
            return Err(Refusal::new(PARAMETER, "(#100) Unsupported delete request."));
        }
        let of_the_person = state.tokens().all().into_iter().filter(|grant| grant.network == "meta" && grant.kind == Kind::Person);
        of_the_person.for_each(|grant| state.tokens().revoke("meta", &grant.token));
        Ok(json!({"success": true}))
    })
}

pub fn of_query(state: &State, query: &Query) -> Result<Grant, Refusal> {
    authorise(state, query.get("access_token").map(String::as_str), query.get("appsecret_proof").map(String::as_str))
}

/// Turns what a route found into Meta's answer.
pub fn respond(found: impl FnOnce() -> Result<Value, Refusal>) -> Answer {
    match found() {
        Ok(body) => answer::ok(&body),
        Err(refusal) => refusal.answer(),
    }
}

pub fn needed<'a>(query: &'a Query, name: &str) -> Result<&'a str, Refusal> {
    let given = query.get(name).map(String::as_str).filter(|value| !value.is_empty());
    given.ok_or_else(|| Refusal::new(PARAMETER, format!("Missing {name} parameter.")))
}

fn our_app(query: &Query) -> Result<(), Refusal> {
    if needed(query, "client_id")? != META_APP_ID {
        return Err(Refusal::new(NO_APP, "Error validating application. Cannot get application info due to a system error."));
    }
    if needed(query, "client_secret")? != META_APP_SECRET {
        return Err(Refusal::new(UNKNOWN, "Error validating client secret."));
    }
    Ok(())
}

fn bad_code(why: &BadCode) -> Refusal {
    match why {
        BadCode::Unknown => Refusal::new(PARAMETER, "Invalid verification code format."),
        BadCode::Used => Refusal::new(PARAMETER, "This authorization code has been used.").sub(36009),
        BadCode::Expired => Refusal::new(PARAMETER, "This authorization code has expired.").sub(36007),
        BadCode::OtherWayBack | BadCode::WrongProof => {
            let words = "Error validating verification code. Please make sure your redirect_uri is identical to the one you used in the OAuth dialog request";
            Refusal::new(PARAMETER, words).sub(36008)
        }
    }
}
