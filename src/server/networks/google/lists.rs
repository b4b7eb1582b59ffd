//! What a token may use: the customers that the person can open, those under their managers, the customer that holds the conversions of
//! one, and its conversion actions. PURE. Lists are read by id, a hundred a page, so that no answer is longer than what is read of one.
//! https://developers.google.com/google-ads/api/docs/account-management/listing-accounts

use super::{ADS_URL, ADS_VERSION, Google, SPEC, VERSION, bearer, verdict};
use crate::model::action::ActionState;
use crate::server::networks::answers;
use crate::server::networks::contract::{
    Action, Actions, Answer, Body, Choice, Choices, ConnectError, Destination, HeaderText, Offered, Request, Settings,
};
use http::Method;
use secrecy::SecretString;
use serde_json::{Value, json};

/// Entries a page.
const PAGE: usize = 100;
/// Roots that are looked under: more than one person administers.
const MAX_ROOTS: usize = 50;
/// The kind of action that uploaded clicks count under.
const UPLOAD: &str = "UPLOAD_CLICKS";

/// An action that counts a click once at the most.
const ONCE: &str = "ONE_PER_CLICK";

const CUSTOMERS: &str = "customers/";

/// Where a list goes on: the roots that are left, and the last id seen under the first of them. `111,222:333`
struct Place<'a> {
    roots: Vec<&'a str>,
    after: &'a str,
}

impl<'a> Place<'a> {
    fn of(cursor: Option<&'a str>) -> Option<Self> {
        let (roots, after) = cursor?.split_once(':')?;
        let roots: Vec<&str> = roots.split(',').filter(|id| is_id(id)).collect();
        (!roots.is_empty()).then_some(Self { roots, after: if is_id(after) { after } else { "0" } })
    }
}

pub fn accounts(settings: &Settings, token: &SecretString, cursor: Option<&str>) -> Request {
    match Place::of(cursor) {
        None => call(settings, Method::GET, &["customers:listAccessibleCustomers"], token, None, None),
        Some(Place { roots, after }) => {
            let query = format!(
                "SELECT customer_client.id, customer_client.descriptive_name, customer_client.manager, customer_client.hidden \
                 FROM customer_client WHERE customer_client.status = 'ENABLED' AND customer_client.id > {after} \
                 ORDER BY customer_client.id LIMIT {PAGE}"
            );
            search(settings, token, roots[0], Some(roots[0]), &query)
        }
    }
}

pub fn read_accounts(cursor: Option<&str>, answer: &Answer) -> Result<Choices, ConnectError> {
    let Some(Place { roots, .. }) = Place::of(cursor) else { return accessible(&ok(answer)?) };
    let on = |roots: &[&str], after: &str| (!roots.is_empty()).then(|| format!("{}:{after}", roots.join(",")));
    let rows = match ok(answer) {
        Ok(body) => rows(&body),
        // A customer that is closed or not enabled hides none of the others.
        Err(ConnectError::NoAccess { .. }) => return Ok(Choices { list: Vec::new(), next: on(&roots[1..], "0") }),
        Err(error) => return Err(error),
    };
    let choice = |row: &Value| {
        let client = &row["customerClient"];
        let id = answers::id(&client["id"]).filter(|id| is_id(id) && SPEC.account_id.fits(id))?;
        let advertises = client["manager"] != Value::Bool(true) && client["hidden"] != Value::Bool(true);
        let name = answers::words(&client["descriptiveName"]).unwrap_or_else(|| id.clone());
        let through = (id != roots[0]).then(|| roots[0].to_owned());
        advertises.then_some(Choice { id, name, through })
    };
    let last = rows.last().and_then(|row| answers::id(&row["customerClient"]["id"])).filter(|_| rows.len() >= PAGE);
    let next = match last {
        Some(last) => on(&roots, &last),
        None => on(&roots[1..], "0"),
    };
    Ok(Choices { list: rows.iter().filter_map(choice).collect(), next })
}

/// `{"resourceNames":["customers/1234567890"]}`: what the person can open themselves, each perhaps a manager of others.
fn accessible(body: &Value) -> Result<Choices, ConnectError> {
    let names = body["resourceNames"].as_array().map(Vec::as_slice).unwrap_or_default();
    let ids: Vec<&str> =
        names.iter().filter_map(|name| name.as_str()?.strip_prefix(CUSTOMERS)).filter(|id| is_id(id)).take(MAX_ROOTS).collect();
    let next = (!ids.is_empty()).then(|| format!("{}:0", ids.join(",")));
    Ok(Choices { list: Vec::new(), next })
}

pub fn targets(settings: &Settings, token: &SecretString, account: &Choice) -> Request {
    let query = "SELECT customer.id, customer.descriptive_name, customer.conversion_tracking_setting.google_ads_conversion_customer, \
                 customer.conversion_tracking_setting.conversion_tracking_status, \
                 customer.conversion_tracking_setting.accepted_customer_data_terms FROM customer LIMIT 1";
    search(settings, token, &account.id, account.through.as_deref(), query)
}

/// The one customer that holds the account's conversions: itself, or a manager that tracks for several.
pub fn read_targets(account: &Choice, answer: &Answer) -> Result<Choices, ConnectError> {
    let body = ok(answer)?;
    let rows = rows(&body);
    let customer = rows.first().map_or(&Value::Null, |row| &row["customer"]);
    let tracking = &customer["conversionTrackingSetting"];
    let untracked = tracking["conversionTrackingStatus"] == "NOT_CONVERSION_TRACKED";
    let holder = answers::words(&tracking["googleAdsConversionCustomer"]).filter(|_| !untracked);
    let id = holder.as_deref().and_then(|name| name.strip_prefix(CUSTOMERS)).filter(|id| is_id(id) && SPEC.target_id.fits(id));
    let no_access = |words: String| Err(ConnectError::NoAccess { code: None, words });
    let Some(id) = id else {
        let words = "This account tracks no conversions yet. In Google Ads, under Goals, make a conversion action of the kind \
                     “Import”, from clicks, then pick the account again.";
        return no_access(words.to_owned());
    };
    if tracking["acceptedCustomerDataTerms"] != Value::Bool(true) {
        let words = "The customer data terms are not accepted for this account. In Google Ads, under Goals, Settings, accept them, then \
                     pick the account again: without them Google refuses hashed emails and phone numbers.";
        return no_access(words.to_owned());
    }
    let own = answers::words(&customer["descriptiveName"]).unwrap_or_else(|| account.name.clone());
    let name = if id == account.id { own } else { format!("Conversions of {own}, kept by its manager") };
    Ok(Choices { list: vec![Choice::new(id, name)], next: None })
}

impl Actions for Google {
    fn list(&self, settings: &Settings, of: &Destination, cursor: Option<&str>) -> Request {
        let after = cursor.filter(|id| is_id(id)).unwrap_or("0");
        let query = format!(
            "SELECT conversion_action.id, conversion_action.name, conversion_action.status, conversion_action.type, \
             conversion_action.counting_type, conversion_action.click_through_lookback_window_days FROM conversion_action WHERE conversion_action.id > {after} \
             ORDER BY conversion_action.id LIMIT {PAGE}"
        );
        search(settings, &of.token, &of.target_id, of.through.as_deref(), &query)
    }

    fn read_list(&self, answer: &Answer) -> Result<Offered, ConnectError> {
        let body = ok(answer)?;
        let rows = rows(&body);
        let action = |row: &Value| {
            let action = &row["conversionAction"];
            let id = answers::id(&action["id"]).filter(|id| is_id(id))?;
            let state = match (action["status"].as_str(), action["type"].as_str()) {
                (_, kind) if kind != Some(UPLOAD) => ActionState::OtherKind,
                (Some("ENABLED"), _) => ActionState::Usable,
                _ => ActionState::Off,
            };
            let days = answers::id(&action["clickThroughLookbackWindowDays"]).and_then(|days| days.parse().ok());
            let window_days = days.filter(|days| (1..=90).contains(days));
            let name = answers::words(&action["name"]).unwrap_or_else(|| id.clone());
            Some(Action { name, id, state, window_days, once_per_click: action["countingType"] == ONCE })
        };
        let last = rows.last().and_then(|row| answers::id(&row["conversionAction"]["id"])).filter(|id| rows.len() >= PAGE && is_id(id));
        Ok(Offered { list: rows.iter().filter_map(action).collect(), next: last })
    }
}

fn is_id(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `POST /customers/{id}/googleAds:search`, signed in at `login` where that is another customer.
fn search(settings: &Settings, token: &SecretString, customer: &str, login: Option<&str>, query: &str) -> Request {
    call(settings, Method::POST, &["customers", customer, "googleAds:search"], token, login, Some(json!({ "query": query })))
}

fn call(settings: &Settings, method: Method, path: &[&str], token: &SecretString, login: Option<&str>, body: Option<Value>) -> Request {
    let version = settings.text(&ADS_VERSION).unwrap_or(VERSION);
    let login = login.map(|id| ("login-customer-id", HeaderText::Plain(id.to_owned())));
    Request {
        method,
        url: settings.address(&ADS_URL, &[&[version], path].concat()),
        secret_query: vec![],
        headers: [bearer(token)].into_iter().chain(login).collect(),
        body: body.map(Body::Json),
        secret_body: vec![],
    }
}

fn ok(answer: &Answer) -> Result<Value, ConnectError> {
    let body = answer.json();
    if answer.success() && body.is_object() && body["error"].is_null() { Ok(body) } else { Err(verdict::failure(answer)) }
}

fn rows(body: &Value) -> Vec<Value> {
    body["results"].as_array().cloned().unwrap_or_default()
}
