//! Customers and conversion actions (wire page G2.4), as the Google Ads API lists them to who may see them.

use super::answer::{Refusal, ok, refusal};
use super::gaql::{BadQuery, Query};
use super::token::{ADWORDS, authorise};
use super::world::{self, CUSTOMERS, Customer, ROOTS};
use crate::server::simulator::role::Answer;
use crate::server::simulator::state::State;
use axum::body::Bytes;
use axum::extract::{Path, State as Shared};
use axum::http::HeaderMap;
use serde_json::{Map, Value, json};

const CLIENT: &[&str] = &[
    "customer_client.id",
    "customer_client.descriptive_name",
    "customer_client.manager",
    "customer_client.level",
    "customer_client.status",
    "customer_client.hidden",
];
const CUSTOMER: &[&str] = &[
    "customer.id",
    "customer.descriptive_name",
    "customer.conversion_tracking_setting.google_ads_conversion_customer",
    "customer.conversion_tracking_setting.conversion_tracking_status",
    "customer.conversion_tracking_setting.accepted_customer_data_terms",
];
const ACTION: &[&str] = &[
    "conversion_action.id",
    "conversion_action.name",
    "conversion_action.status",
    "conversion_action.type",
    "conversion_action.counting_type",
    "conversion_action.click_through_lookback_window_days",
];

/// `GET /vX/customers:listAccessibleCustomers`
pub async fn accessible(Shared(state): Shared<State>, headers: HeaderMap) -> Answer {
    respond(|| {
        authorise(&state, &headers, ADWORDS)?;
        Ok(json!({"resourceNames": ROOTS.iter().map(|id| format!("customers/{id}")).collect::<Vec<_>>()}))
    })
}

/// `POST /vX/customers/{id}/googleAds:search`
pub async fn search(Shared(state): Shared<State>, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Answer {
    respond(|| {
        authorise(&state, &headers, ADWORDS)?;
        let customer = opened(&id, &headers)?;
        let body: Value = serde_json::from_slice(&body).map_err(|_| refusal(400, "INVALID_ARGUMENT", "Invalid JSON payload received."))?;
        let known = body.as_object().is_some_and(|body| body.keys().all(|name| name == "query"));
        let query = body["query"].as_str().filter(|_| known);
        let query = query.ok_or_else(|| refusal(400, "INVALID_ARGUMENT", "Invalid JSON payload received. Unknown name."))?;
        let rows = run(query, customer).map_err(|BadQuery(code, message)| {
            refusal(400, "INVALID_ARGUMENT", "Request contains an invalid argument.").ads("queryError", code, &message)
        })?;
        Ok(if rows.is_empty() { json!({}) } else { json!({"results": rows, "fieldMask": ""}) })
    })
}

fn respond(found: impl FnOnce() -> Result<Value, Refusal>) -> Answer {
    match found() {
        Ok(body) => ok(&body),
        Err(refused) => refused.answer(),
    }
}

/// The customer, if the person reaches it as the header says.
pub fn opened(id: &str, headers: &HeaderMap) -> Result<&'static Customer, Refusal> {
    let login = headers.get("login-customer-id").and_then(|value| value.to_str().ok());
    let denied = |code: &str, words: &str| {
        refusal(403, "PERMISSION_DENIED", "The caller does not have permission").ads("authorizationError", code, words)
    };
    if login.is_some_and(|login| !login.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err(refusal(400, "INVALID_ARGUMENT", "Request contains an invalid argument.").ads(
            "headerError",
            "INVALID_LOGIN_CUSTOMER_ID",
            "The login customer id must be digits.",
        ));
    }
    let words = "User doesn't have permission to access customer. Note: If you're accessing a client customer, the manager's customer id must \
                 be set in the 'login-customer-id' header.";
    let customer = world::customer(id).filter(|customer| world::reaches(customer, login));
    let customer = customer.ok_or_else(|| denied("USER_PERMISSION_DENIED", words))?;
    if !customer.enabled {
        let words = "The customer can't be accessed because it is not yet enabled or has been deactivated.";
        return Err(denied("CUSTOMER_NOT_ENABLED", words));
    }
    Ok(customer)
}

fn run(text: &str, customer: &Customer) -> Result<Vec<Value>, BadQuery> {
    let query = Query::parse(text)?;
    let row =
        |names: &[&str], values: Vec<Value>| -> Map<String, Value> { names.iter().map(|name| (*name).to_owned()).zip(values).collect() };
    match query.from {
        "customer_client" => {
            let below = CUSTOMERS.iter().filter(|one| one.id == customer.id || one.under == Some(customer.id));
            let client = |one: &Customer| {
                let level = i64::from(one.id != customer.id).to_string();
                row(CLIENT, vec![json!(one.id), json!(one.name), json!(one.manager), json!(level), json!("ENABLED"), json!(false)])
            };
            query.run(below.map(client).collect(), CLIENT)
        }
        "customer" => {
            let status = if customer.conversions.is_some() { "CONVERSION_TRACKING_MANAGED_BY_SELF" } else { "NOT_CONVERSION_TRACKED" };
            let holder = customer.conversions.map(|id| format!("customers/{id}"));
            let values = vec![json!(customer.id), json!(customer.name), json!(holder), json!(status), json!(customer.terms)];
            query.run(vec![row(CUSTOMER, values)], CUSTOMER)
        }
        "conversion_action" => {
            let of = world::actions().into_iter().filter(|action| action.customer == customer.id);
            let shown = |action: world::ConversionAction| {
                let days = action.window_days.to_string();
                row(
                    ACTION,
                    vec![
                        json!(action.id),
                        json!(action.name),
                        json!(action.status),
                        json!(action.kind),
                        json!(action.counting),
                        json!(days),
                    ],
                )
            };
            query.run(of.map(shown).collect(), ACTION)
        }
        other => Err(BadQuery("BAD_RESOURCE_TYPE_IN_FROM_CLAUSE", format!("'{other}' is not a valid resource name."))),
    }
}
