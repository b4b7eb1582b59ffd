//! One conversion event (wire page 2.1). What does not decode (an unknown field, a wrong type, a word outside an enum)
//! refuses the body with a message alone; what decodes and breaks a rule is named by its place in the call.

use super::answer::Problem;
use super::call::only;
use super::user;
use crate::model::{HOUR, MINUTE, Millis};
use crate::server::simulator::json::{Json, Object};
use crate::server::simulator::role::Seen;
use crate::server::simulator::shapes;
use sha2::{Digest, Sha256};
use std::borrow::Cow;

/// 168 hours: Reddit's own words count them so.
const MAX_AGE: Millis = 168 * HOUR;
const MAX_AHEAD: Millis = 5 * MINUTE;
const MAX_CUSTOM_NAME: usize = 64;

const SOURCES: &[&str] = &["WEBSITE", "APP", "PHYSICAL_STORE", "OTHER"];
const TYPES: &[&str] = &["PAGE_VISIT", "VIEW_CONTENT", "SEARCH", "ADD_TO_CART", "ADD_TO_WISHLIST", "PURCHASE", "LEAD", "SIGN_UP", "CUSTOM"];
/// Types whose metadata may hold value and currency, and those that may hold item_count too.
const WITH_VALUE: &[&str] = &["ADD_TO_CART", "ADD_TO_WISHLIST", "PURCHASE", "CUSTOM", "LEAD", "SIGN_UP"];
const WITH_ITEMS: &[&str] = &["ADD_TO_CART", "ADD_TO_WISHLIST", "PURCHASE", "CUSTOM"];

/// Reads an event, adding what breaks a rule to `problems`; an error is a body that does not decode.
pub fn read(event: Json, now: Millis, problems: &mut Vec<Problem>) -> Result<Seen, String> {
    let event = object("events", event)?;
    only(&event, &["event_at", "action_source", "event_source_url", "referrer_url", "click_id", "type", "metadata", "user"])?;
    let mut problem = |path, message: String| problems.push(Problem { path, message });

    let at = event.get("event_at").ok_or("missing event_at")?.integer().ok_or_else(|| wrong_type("event_at"))?;
    if now.saturating_sub(at) >= MAX_AGE {
        problem("event_at", "event_at timestamp must be less than 168h0m0s old".into());
    } else if at.saturating_sub(now) > MAX_AHEAD {
        problem("event_at", "event_at timestamp must not be more than 5m0s in the future".into());
    }
    let source = word(&event, "action_source", SOURCES)?;
    let (kind, custom) = tracking_type(&event, &mut problem)?;
    for (name, path) in [("event_source_url", "event_source_url"), ("referrer_url", "referrer_url")] {
        let Some(url) = optional(&event, name)? else { continue };
        if !shapes::web_address(&url) {
            problem(path, format!("{name} must be a valid URL"));
        } else if name == "event_source_url" && source != "WEBSITE" {
            problem(path, format!("event_source_url is only supported for action_source WEBSITE, not {source}"));
        }
    }
    let click = optional(&event, "click_id")?.is_some_and(|id| !id.is_empty());
    if click && source == "PHYSICAL_STORE" {
        problem("click_id", "click_id is not supported for action_source PHYSICAL_STORE".into());
    }
    let matched = match event.get("user") {
        Some(person) => user::read(&object("user", person)?, source == "PHYSICAL_STORE", &mut problem)?,
        None => false,
    };
    if !click && !matched {
        problem("", "at least one match key is required: click_id or user email, phone_number, external_id, ip_address, user_agent, uuid, idfa, aaid".into());
    }
    let (id, remark) = match event.get("metadata") {
        Some(metadata) => self::metadata(&object("metadata", metadata)?, &kind, &mut problem)?,
        None => (None, None),
    };
    let id = id.unwrap_or_default();
    let remark = remark.or(id.is_empty().then_some("no conversion_id: Reddit may count a repetition twice"));
    Ok(Seen { name: name(&kind, custom.as_deref()), compared: compared(&id), dedup_id: id.into(), remark })
}

/// The event as the ledger names it: `PURCHASE`, `CUSTOM:level_up`.
pub fn name(kind: &str, custom: Option<&str>) -> Box<str> {
    custom.map_or_else(|| kind.into(), |custom| format!("{kind}:{custom}").into())
}

/// Reddit hashes a plain id on receipt, so that it equals a hashed one.
fn compared(id: &str) -> Option<Box<str>> {
    let plain = !id.is_empty() && !shapes::sha256_hex(id);
    plain.then(|| hex::encode(Sha256::digest(id.trim().as_bytes())).into())
}

type Typed<'a> = (Cow<'a, str>, Option<Cow<'a, str>>);

fn tracking_type<'a>(event: &Object<'a>, problem: &mut impl FnMut(&'static str, String)) -> Result<Typed<'a>, String> {
    let inner = object("type", event.get("type").ok_or("missing type")?)?;
    only(&inner, &["tracking_type", "custom_event_name"])?;
    let kind = word(&inner, "tracking_type", TYPES)?;
    let custom = optional(&inner, "custom_event_name")?;
    let path = "type.custom_event_name";
    match &custom {
        None if kind == "CUSTOM" => problem(path, "custom_event_name is required for tracking_type CUSTOM".into()),
        Some(_) if kind != "CUSTOM" => problem(path, format!("custom_event_name is not supported for tracking_type {kind}")),
        Some(name) if name.is_empty() || name.chars().count() > MAX_CUSTOM_NAME => {
            problem(path, format!("custom_event_name must be 1 to {MAX_CUSTOM_NAME} characters"));
        }
        _ => {}
    }
    Ok((kind, custom))
}

type Described<'a> = (Option<Cow<'a, str>>, Option<&'static str>);

/// Returns conversion_id, and what Reddit would take and read otherwise than it was meant.
fn metadata<'a>(metadata: &Object<'a>, kind: &str, problem: &mut impl FnMut(&'static str, String)) -> Result<Described<'a>, String> {
    only(metadata, &["conversion_id", "order_id", "currency", "value", "item_count", "products"])?;
    let mut support = |name: &str, path: &'static str, kinds: &[&str]| {
        if metadata.get(name).is_some() && !kinds.contains(&kind) {
            problem(path, format!("{name} is not supported for tracking_type {kind}"));
        }
    };
    support("value", "metadata.value", WITH_VALUE);
    support("currency", "metadata.currency", WITH_VALUE);
    support("item_count", "metadata.item_count", WITH_ITEMS);
    if let Some(value) = metadata.get("value")
        && !shapes::amount(value.number().ok_or_else(|| wrong_type("value"))?)
    {
        problem("metadata.value", "value must not be negative".into());
    }
    if let Some(count) = metadata.get("item_count")
        && count.integer().ok_or_else(|| wrong_type("item_count"))? < 0
    {
        problem("metadata.item_count", "item_count must not be negative".into());
    }
    if let Some(products) = metadata.get("products") {
        for product in products.list().ok_or_else(|| wrong_type("products"))? {
            self::product(&object("products", product)?, problem)?;
        }
    }
    optional(metadata, "order_id")?;
    let currency = optional(metadata, "currency")?;
    let remark = match (&currency, metadata.get("value")) {
        (Some(code), _) if !shapes::currency(code) => Some("malformed currency: the account's own is assumed"),
        (None, Some(_)) => Some("value without currency: the account's own is assumed"),
        (Some(_), None) => Some("currency without value"),
        _ => None,
    };
    Ok((optional(metadata, "conversion_id")?, remark))
}

fn product(product: &Object, problem: &mut impl FnMut(&'static str, String)) -> Result<(), String> {
    only(product, &["id", "name", "category", "quantity", "item_price"])?;
    if optional(product, "id")?.is_none_or(|id| id.is_empty()) {
        problem("metadata.products", "products.id is required".into());
    }
    optional(product, "name")?;
    optional(product, "category")?;
    if let Some(quantity) = product.get("quantity") {
        quantity.integer().ok_or_else(|| wrong_type("quantity"))?;
    }
    if let Some(price) = product.get("item_price") {
        price.number().ok_or_else(|| wrong_type("item_price"))?;
    }
    Ok(())
}

fn word<'a>(object: &Object<'a>, name: &str, words: &[&str]) -> Result<Cow<'a, str>, String> {
    let found = text(name, object.get(name).ok_or_else(|| format!("missing {name}"))?)?;
    if words.contains(&&*found) { Ok(found) } else { Err(format!("invalid {name}: {found}")) }
}

pub fn optional<'a>(object: &Object<'a>, name: &str) -> Result<Option<Cow<'a, str>>, String> {
    object.get(name).map(|value| text(name, value)).transpose()
}

pub fn text<'a>(name: &str, value: Json<'a>) -> Result<Cow<'a, str>, String> {
    value.text().ok_or_else(|| wrong_type(name))
}

pub fn object<'a>(name: &str, value: Json<'a>) -> Result<Object<'a>, String> {
    value.object().ok_or_else(|| wrong_type(name))
}

/// Modelled on the captured `JSON error "unknown field" on field …`.
pub fn wrong_type(name: &str) -> String {
    format!("JSON error \"invalid type\" on field {name:?}")
}
