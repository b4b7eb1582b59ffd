//! The accounts and datasets that a token may use, by either route: the business that a system user stands for, or the ad accounts of
//! a person. Which one it is shows at the first page, so cursors carry the way with them. PURE.
//! https://developers.facebook.com/documentation/facebook-login/facebook-login-for-business/conversions-api-integration-template/

use super::login::{failure, ok};
use super::{SPEC, call, error_of, verdict};
use crate::server::networks::answers;
use crate::server::networks::contract::{Answer, Choice, Choices, ConnectError, IdShape, Request, Settings};
use http::Method;
use serde_json::Value;

const PAGE_SIZE: &str = "100";
/// Codes with which Meta answers a person's token that is asked for its business: no such field, no such token.
const NO_BUSINESS: &[i64] = &[100, 190];

/// The ways of a cursor: `business:<id>`, `ads:<after>`, `owned:<after>`, `client:<after>`; with nothing behind it, its first page.
const BUSINESS: &str = "business";
const ADS: &str = "ads";
const OWNED: &str = "owned";
const CLIENT: &str = "client";

/// An ad account's id begins so, a business's does not.
pub fn is_ad_account(id: &str) -> bool {
    id.starts_with("act_")
}

pub fn accounts(settings: &Settings, cursor: Option<&str>) -> Request {
    match parts(cursor) {
        (BUSINESS, id) => get(settings, &[id], "id,name", ""),
        (ADS, after) => get(settings, &["me", "adaccounts"], "id,name,account_status,currency,timezone_name", after),
        _ => get(settings, &["me"], "client_business_id", ""),
    }
}

pub fn read_accounts(cursor: Option<&str>, answer: &Answer) -> Result<Choices, ConnectError> {
    match parts(cursor) {
        (BUSINESS, id) => {
            // The name is for the eye alone: a token that may not read it may still send.
            let name = ok(answer).ok().and_then(|body| answers::words(&body["name"])).unwrap_or_else(|| id.to_owned());
            let business = Some(Choice::new(id, name)).filter(|choice| answer.success() && SPEC.account_id.fits(&choice.id));
            business.map(|business| Choices { list: vec![business], next: None }).ok_or_else(|| failure(answer, error_of(&answer.json())))
        }
        (ADS, _) => Ok(page(&ok(answer)?, ADS, &SPEC.account_id)),
        _ => {
            let body = answer.json();
            let refused = error_of(&body).and_then(|error| verdict::number(&error["code"]));
            if !refused.is_some_and(|code| NO_BUSINESS.contains(&code)) {
                ok(answer)?;
            }
            let business = answers::id(&body["client_business_id"]).filter(|id| SPEC.account_id.fits(id));
            let next = business.map_or_else(|| format!("{ADS}:"), |id| format!("{BUSINESS}:{id}"));
            Ok(Choices { list: Vec::new(), next: Some(next) })
        }
    }
}

pub fn targets(settings: &Settings, account: &str, cursor: Option<&str>) -> Request {
    let (way, after) = parts(cursor);
    let edge = match way {
        _ if is_ad_account(account) => "adspixels",
        CLIENT => "client_pixels",
        _ => "owned_pixels",
    };
    get(settings, &[account, edge], "id,name,is_unavailable", after)
}

/// A business's own datasets, then those that its clients share with it.
pub fn read_targets(account: &str, cursor: Option<&str>, answer: &Answer) -> Result<Choices, ConnectError> {
    if is_ad_account(account) {
        return Ok(page(&ok(answer)?, OWNED, &SPEC.target_id));
    }
    match parts(cursor) {
        (CLIENT, _) => match ok(answer) {
            Ok(body) => Ok(page(&body, CLIENT, &SPEC.target_id)),
            // Not every business has clients, and its own datasets were listed.
            Err(ConnectError::NoAccess { .. }) => Ok(Choices { list: Vec::new(), next: None }),
            Err(error) => Err(error),
        },
        _ => {
            let Choices { list, next } = page(&ok(answer)?, OWNED, &SPEC.target_id);
            Ok(Choices { list, next: next.or_else(|| Some(format!("{CLIENT}:"))) })
        }
    }
}

fn parts(cursor: Option<&str>) -> (&str, &str) {
    cursor.and_then(|cursor| cursor.split_once(':')).unwrap_or_default()
}

fn get(settings: &Settings, path: &[&str], fields: &str, after: &str) -> Request {
    let mut request = call(settings, Method::GET, path);
    request.url.query_pairs_mut().append_pair("fields", fields);
    // A node is one; only an edge has pages.
    if path.len() > 1 {
        request.url.query_pairs_mut().append_pair("limit", PAGE_SIZE);
    }
    if !after.is_empty() {
        request.url.query_pairs_mut().append_pair("after", after);
    }
    request
}

/// `{"data":[{"id":"…","name":"…"}],"paging":{"cursors":{"after":"…"},"next":"…"}}`; the address in `next` only says that there is more.
fn page(body: &Value, way: &str, shape: &IdShape) -> Choices {
    let choice = |entry: &Value| {
        let id = answers::id(&entry["id"]).filter(|id| shape.fits(id) && entry["is_unavailable"] != Value::Bool(true))?;
        Some(Choice::new(id.clone(), answers::words(&entry["name"]).unwrap_or(id)))
    };
    let paging = &body["paging"];
    let after = answers::words(&paging["cursors"]["after"]).filter(|_| paging["next"].is_string());
    Choices {
        list: body["data"].as_array().into_iter().flatten().filter_map(choice).collect(),
        next: after.map(|after| format!("{way}:{after}")),
    }
}
