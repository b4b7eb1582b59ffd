//! Token exchange, revocation and the token's advertisers (wire page 1.7).

use super::answer::{self, APP_MISMATCH, BAD_APP, BAD_CODE, PARAMETER, Refusal};
use super::event;
use crate::server::simulator::json::Json;
use crate::server::simulator::role::Answer;
use crate::server::simulator::state::State;
use crate::server::simulator::tokens::BadCode;
use crate::server::simulator::world::{TIKTOK_APP_ID, TIKTOK_APP_SECRET};
use axum::body::Bytes;
use axum::extract::{RawQuery, State as Shared};
use axum::http::HeaderMap;
use serde_json::json;
use std::borrow::Cow;

/// What an app is granted, as numeric ids: ad accounts, pixels, measurement (wire page 1.7).
const SCOPES: &str = "[1,8,5]";

/// `POST /open_api/v1.3/oauth2/access_token/` with `app_id`, `secret`, `auth_code`.
pub async fn exchange(Shared(state): Shared<State>, body: Bytes) -> Answer {
    answer_of(&state, || {
        let [app, secret, code] = fields(&body, ["app_id", "secret", "auth_code"])?;
        app_is_ours(&app, &secret)?;
        let grant = state.tokens().exchange("tiktok", &code, "", None, state.now()).map_err(|why| {
            let words = match why {
                BadCode::Unknown | BadCode::OtherWayBack | BadCode::WrongProof => "The auth_code is invalid.",
                BadCode::Used => "The auth_code has been used.",
                BadCode::Expired => "The auth_code has expired.",
            };
            Refusal::new(BAD_CODE, words)
        })?;
        let (token, accounts) = (json!(grant.token), json!(&*grant.accounts));
        Ok(format!("{{\"access_token\":{token},\"advertiser_ids\":{accounts},\"scope\":{SCOPES}}}"))
    })
}

/// `POST /open_api/v1.3/oauth2/revoke_token/` with `app_id`, `secret`, `access_token`, and the token as header.
pub async fn revoke(Shared(state): Shared<State>, headers: HeaderMap, body: Bytes) -> Answer {
    answer_of(&state, || {
        answer::authorise(&state, super::access_token(&headers))?;
        let [app, secret, token] = fields(&body, ["app_id", "secret", "access_token"])?;
        app_is_ours(&app, &secret)?;
        answer::authorise(&state, Some(&token))?;
        state.tokens().revoke("tiktok", &token);
        Ok("{\"advertiser_ids\":[]}".into())
    })
}

/// `GET /open_api/v1.3/oauth2/advertiser/get/?app_id=&secret=`.
pub async fn advertisers(Shared(state): Shared<State>, headers: HeaderMap, RawQuery(query): RawQuery) -> Answer {
    answer_of(&state, || {
        let grant = answer::authorise(&state, super::access_token(&headers))?;
        let (mut app, mut secret) = (None, None);
        for (name, value) in parameters(&query) {
            match &*name {
                "app_id" => app = Some(value),
                "secret" => secret = Some(value),
                _ => return Err(event::unknown(name)),
            }
        }
        app_is_ours(&app.ok_or_else(|| event::missing("app_id"))?, &secret.ok_or_else(|| event::missing("secret"))?)?;
        let name = |id: &String| state.world().account("tiktok", id).map(|account| account.name.clone());
        let list: Vec<_> = grant.accounts.iter().map(|id| json!({"advertiser_id": id, "advertiser_name": name(id)})).collect();
        Ok(json!({ "list": list }).to_string())
    })
}

/// Turns what a route found into TikTok's envelope.
pub fn answer_of(state: &State, data: impl FnOnce() -> Result<String, Refusal>) -> Answer {
    match data() {
        Ok(data) => answer::ok(state, &data),
        Err(refusal) => refusal.answer(state),
    }
}

pub fn parameters(query: &Option<String>) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    url::form_urlencoded::parse(query.as_deref().unwrap_or_default().as_bytes())
}

fn app_is_ours(app: &str, secret: &str) -> Result<(), Refusal> {
    if app != TIKTOK_APP_ID {
        return Err(Refusal::new(BAD_APP, "The app_id is incorrect."));
    }
    if secret != TIKTOK_APP_SECRET {
        return Err(Refusal::new(APP_MISMATCH, "The app_id and the secret do not match."));
    }
    Ok(())
}

/// The three strings of a body, all required, and nothing else.
fn fields<'a>(body: &'a [u8], names: [&str; 3]) -> Result<[Cow<'a, str>; 3], Refusal> {
    let object = Json::parse(body).ok().and_then(Json::object);
    let object = object.ok_or_else(|| Refusal::new(PARAMETER, "The request body is not a valid JSON object."))?;
    if let Some((name, _)) = object.fields().find(|(name, _)| !names.contains(name)) {
        return Err(event::unknown(name));
    }
    let mut values = names.map(|_| Cow::Borrowed(""));
    for (value, name) in values.iter_mut().zip(names) {
        *value = event::text(name, object.get(name).ok_or_else(|| event::missing(name))?)?;
    }
    Ok(values)
}
