//! What a token may use, by both routes (wire page M8): a system user's business with its own and its clients' datasets, a person's
//! ad accounts with theirs. Pages hold 25 entries at the most, whatever is asked.

use super::answer::{OBJECT_MISSING, PARAMETER, PERMISSION, Refusal};
use super::token::{Query, of_query, query, respond};
use crate::server::simulator::role::Answer;
use crate::server::simulator::state::State;
use crate::server::simulator::tokens::{Grant, Kind};
use crate::server::simulator::world::{Account, META_BUSINESS, META_CLIENT_AD_ACCOUNT, META_PERSON, META_SYSTEM_USER, Pixel};
use axum::extract::{Path, RawQuery, State as Shared};
use serde_json::{Value, json};

const MOST: usize = 25;
const OF_A_NODE: &[&str] = &["access_token", "appsecret_proof", "fields"];
const OF_AN_EDGE: &[&str] = &["access_token", "appsecret_proof", "fields", "limit", "after"];

/// Whether the token may send to the dataset.
pub fn reaches(grant: &Grant, pixel: &Pixel) -> bool {
    grant.accounts.contains(&pixel.account) || (grant.kind == Kind::SystemUser && pixel.account == META_CLIENT_AD_ACCOUNT)
}

/// `GET /vX/me?fields=client_business_id`
pub async fn me(Shared(state): Shared<State>, RawQuery(text): RawQuery) -> Answer {
    respond(|| {
        let query = query(text, OF_A_NODE)?;
        let grant = reader(&state, &query)?;
        let person = grant.kind == Kind::Person;
        let value = |field: &str| match field {
            "id" => Ok(json!(if person { META_PERSON } else { META_SYSTEM_USER })),
            "name" => Ok(json!(if person { "Mara Lind" } else { "Postbacks system user" })),
            "client_business_id" if !person => Ok(json!(META_BUSINESS)),
            other => Err(no_field(other, "User")),
        };
        node_of(&query, value)
    })
}

/// `GET /vX/{business}?fields=id,name`
pub async fn node(Shared(state): Shared<State>, Path(object): Path<String>, RawQuery(text): RawQuery) -> Answer {
    respond(|| {
        let query = query(text, OF_A_NODE)?;
        let grant = reader(&state, &query)?;
        let account = seen(&state, &grant, &object)?;
        node_of(&query, |field| match field {
            "id" => Ok(json!(account.id)),
            "name" => Ok(json!(account.name)),
            other => Err(no_field(other, "Business")),
        })
    })
}

/// `GET /vX/me/adaccounts`
pub async fn ad_accounts(Shared(state): Shared<State>, RawQuery(text): RawQuery) -> Answer {
    respond(|| {
        let query = query(text, OF_AN_EDGE)?;
        let grant = reader(&state, &query)?;
        let ads = |account: &&Account| account.network == "meta" && account.id.starts_with("act_") && grant.accounts.contains(&account.id);
        let entry = |account: &Account| {
            let number = account.id.trim_start_matches("act_");
            json!({"id": account.id, "account_id": number, "name": account.name, "account_status": 1, "currency": "USD", "timezone_name": "America/Los_Angeles"})
        };
        page(&query, state.world().accounts.iter().filter(ads).map(entry).collect())
    })
}

/// `GET /vX/{ad account}/adspixels`, `/{business}/owned_pixels`, `/{business}/client_pixels`
pub async fn edge(Shared(state): Shared<State>, Path((object, edge)): Path<(String, String)>, RawQuery(text): RawQuery) -> Answer {
    respond(|| {
        let query = query(text, OF_AN_EDGE)?;
        let grant = reader(&state, &query)?;
        seen(&state, &grant, &object)?;
        let business = object == META_BUSINESS;
        let listed = |pixel: &&Pixel| {
            let client = pixel.account == META_CLIENT_AD_ACCOUNT;
            pixel.network == "meta"
                && match edge.as_str() {
                    "adspixels" => pixel.account == object,
                    "owned_pixels" => !client && grant.accounts.contains(&pixel.account),
                    _ => client,
                }
        };
        if !(matches!(edge.as_str(), "owned_pixels" | "client_pixels") && business || edge == "adspixels" && !business) {
            return Err(no_field(&edge, if business { "Business" } else { "AdAccount" }));
        }
        let entry = |pixel: &Pixel| json!({"id": pixel.id, "name": pixel.name, "is_unavailable": false});
        page(&query, state.world().pixels.iter().filter(listed).map(entry).collect())
    })
}

/// A token made by hand in Events Manager reads nothing.
fn reader(state: &State, query: &Query) -> Result<Grant, Refusal> {
    let grant = of_query(state, query)?;
    match grant.kind {
        Kind::ByHand => Err(Refusal::new(PERMISSION, "(#10) Application does not have permission for this action")),
        _ => Ok(grant),
    }
}

fn seen<'a>(state: &'a State, grant: &Grant, object: &str) -> Result<&'a Account, Refusal> {
    let granted = grant.accounts.iter().any(|account| account == object);
    let account =
        state.world().account("meta", object).filter(|account| granted && (account.id != META_BUSINESS || grant.kind == Kind::SystemUser));
    account.ok_or_else(|| missing("get", object))
}

/// As captured of real calls: the same words for what does not exist and for what may not be seen.
pub fn missing(method: &str, object: &str) -> Refusal {
    let words = format!(
        "Unsupported {method} request. Object with ID '{object}' does not exist, cannot be loaded due to missing permissions, or does not support this operation."
    );
    Refusal::new(PARAMETER, words).sub(OBJECT_MISSING)
}

fn no_field(field: &str, node: &str) -> Refusal {
    Refusal::new(PARAMETER, format!("(#100) Tried accessing nonexisting field ({field}) on node type ({node})"))
}

/// The asked fields of a node; its id is always among them.
fn node_of(query: &Query, value: impl Fn(&str) -> Result<Value, Refusal>) -> Result<Value, Refusal> {
    let asked = query.get("fields").map_or("name", String::as_str);
    let fields = asked.split(',').chain(["id"]).map(|field| Ok((field.to_owned(), value(field)?)));
    Ok(Value::Object(fields.collect::<Result<_, Refusal>>()?))
}

fn page(query: &Query, all: Vec<Value>) -> Result<Value, Refusal> {
    let invalid = |name: &str| Refusal::new(PARAMETER, format!("(#100) Param {name} is not valid"));
    let limit = query.get("limit").map_or(Ok(MOST), |text| text.parse().map_err(|_| invalid("limit")))?.clamp(1, MOST);
    let first: usize = query
        .get("after")
        .map_or(Ok(0), |after| after.strip_prefix("QVFI").and_then(|n| n.parse().ok()).ok_or_else(|| invalid("after")))?;
    let (count, list) = (all.len(), all.into_iter().skip(first).take(limit).collect::<Vec<_>>());
    let last = first + list.len();
    if list.is_empty() {
        return Ok(json!({"data": []}));
    }
    let mut paging = json!({"cursors": {"before": format!("QVFI{first}"), "after": format!("QVFI{last}")}});
    if last < count {
        paging["next"] = format!("https://graph.facebook.com/elsewhere?after=QVFI{last}").into();
    }
    Ok(json!({"data": list, "paging": paging}))
}
