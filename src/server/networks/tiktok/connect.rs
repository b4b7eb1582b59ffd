//! Connecting TikTok: consent page, token exchange, advertisers, pixels, and giving the token back. PURE.
//! https://business-api.tiktok.com/portal/docs?id=1738373164380162

use super::{APP_ID, APP_SECRET, SPEC, TikTok, URL, call, code_of, verdict};
use crate::model::Millis;
use crate::server::networks::answers;
use crate::server::networks::contract::{
    Answer, Body, Choice, Choices, ConnectError, Destination, Events, IdShape, OAuth, Outcome, Request, Setting, Settings, Token,
};
use http::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

/// The most that `pixel/list` gives a page.
const PAGE_SIZE: &str = "20";

/// Where paging ends: 2,000 pixels, so that a wrong `total_page` cannot keep anybody busy.
const MAX_PAGES: u32 = 100;

/// Longest token taken; today's have 40 characters.
const MAX_TOKEN: usize = 4096;

impl OAuth for TikTok {
    fn dialog(&self, settings: &Settings, redirect: &str, state: &str) -> Result<url::Url, ConnectError> {
        let (app_id, _) = app(settings)?;
        let mut url = settings.address(&URL, &["portal", "auth"]);
        url.query_pairs_mut().append_pair("app_id", app_id).append_pair("state", state).append_pair("redirect_uri", redirect);
        Ok(url)
    }

    fn code_parameter(&self) -> &'static str {
        "auth_code"
    }

    fn exchange(&self, settings: &Settings, _redirect: &str, code: &str) -> Result<Request, ConnectError> {
        let (app_id, secret) = app(settings)?;
        let body = json!({"app_id": app_id, "secret": secret.expose_secret(), "auth_code": code});
        Ok(call(settings, Method::POST, &["oauth2", "access_token", ""], None, Some(Body::SecretJson(body))))
    }

    /// Long-term tokens have no expiry: they end when the advertiser cancels them or they are revoked.
    fn read_exchange(&self, answer: &Answer, _now: Millis) -> Result<Token, ConnectError> {
        let token = answers::words(&ok(answer)?["access_token"])
            .filter(|token| token.len() <= MAX_TOKEN && token.chars().all(|c| c.is_ascii_graphic()));
        let secret = token.ok_or_else(|| ConnectError::Unavailable { words: "TikTok's answer holds no access token.".into() })?;
        Ok(Token { secret: SecretString::from(secret), expires_at: None, holder: None, stage: 0 })
    }

    fn accounts(&self, settings: &Settings, token: &SecretString, _cursor: Option<&str>) -> Result<Request, ConnectError> {
        let (app_id, secret) = app(settings)?;
        let mut request = call(settings, Method::GET, &["oauth2", "advertiser", "get", ""], Some(token), None);
        request.url.query_pairs_mut().append_pair("app_id", app_id);
        request.secret_query.push(("secret", secret.clone()));
        Ok(request)
    }

    fn read_accounts(&self, _cursor: Option<&str>, answer: &Answer) -> Result<Choices, ConnectError> {
        let list = choices(&ok(answer)?["list"], ("advertiser_id", "advertiser_name"), &SPEC.account_id);
        Ok(Choices { list, next: None })
    }

    fn targets(&self, settings: &Settings, token: &SecretString, account: &Choice, cursor: Option<&str>) -> Result<Request, ConnectError> {
        let page = cursor.and_then(|page| page.parse::<u32>().ok()).unwrap_or(1);
        let mut request = call(settings, Method::GET, &["pixel", "list", ""], Some(token), None);
        let page = page.to_string();
        let query = [("advertiser_id", account.id.as_str()), ("page", &page), ("page_size", PAGE_SIZE)];
        request.url.query_pairs_mut().extend_pairs(query);
        Ok(request)
    }

    /// Events go to the pixel's code, not to its id.
    fn read_targets(&self, _account: &Choice, _cursor: Option<&str>, answer: &Answer) -> Result<Choices, ConnectError> {
        let body = ok(answer)?;
        let list = choices(&body["pixels"], ("pixel_code", "pixel_name"), &SPEC.target_id);
        let number = |name: &str| answers::id(&body["page_info"][name])?.parse::<u32>().ok();
        let next = match (number("page"), number("total_page")) {
            (Some(page), Some(total)) if page < total.min(MAX_PAGES) => Some((page + 1).to_string()),
            _ => None,
        };
        Ok(Choices { list, next })
    }

    fn revoke(&self, settings: &Settings, of: &Destination) -> Option<Request> {
        let (app_id, secret) = app(settings).ok()?;
        let token = &of.token;
        let body = json!({"app_id": app_id, "secret": secret.expose_secret(), "access_token": token.expose_secret()});
        Some(call(settings, Method::POST, &["oauth2", "revoke_token", ""], Some(token), Some(Body::SecretJson(body))))
    }
}

fn app(settings: &Settings) -> Result<(&str, &SecretString), ConnectError> {
    let missing = |setting: Setting| ConnectError::NotConfigured { setting: setting.env };
    Ok((settings.plain(APP_ID.env).ok_or_else(|| missing(APP_ID))?, settings.secret(APP_SECRET.env).ok_or_else(|| missing(APP_SECRET))?))
}

/// `data` of a good answer; else what went wrong, by the same table as the verdicts.
fn ok(answer: &Answer) -> Result<Value, ConnectError> {
    let mut body = answer.json();
    let code = code_of(&body);
    if answer.success() && code == Some(0) {
        return Ok(body["data"].take());
    }
    let said = verdict::read(answer, 1);
    let words = said.words.unwrap_or_else(|| format!("HTTP {}", answer.status));
    let code = said.code;
    Err(match said.events {
        Events::All(Outcome::Transient { .. } | Outcome::Throttled { .. } | Outcome::Accepted { .. }) => {
            ConnectError::Unavailable { words }
        }
        Events::All(Outcome::Permission) => ConnectError::NoAccess { code, words },
        _ => ConnectError::Refused { code, words },
    })
}

/// Entries of a list whose id has the right shape, named by their name or, without one, by their id.
fn choices(list: &Value, (id, name): (&str, &str), shape: &IdShape) -> Vec<Choice> {
    let choice = |entry: &Value| {
        let id = answers::id(&entry[id]).filter(|id| shape.fits(id))?;
        Some(Choice::new(id.clone(), answers::words(&entry[name]).unwrap_or(id)))
    };
    list.as_array().into_iter().flatten().filter_map(choice).collect()
}
