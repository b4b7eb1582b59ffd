//! One event of `event/track` (wire page 1.1): names, types, hashes, age. The first thing wrong refuses the whole call.

use super::answer::{NOT_HASHED, PARAMETER, Refusal};
use crate::model::{DAY, MINUTE, Millis};
use crate::server::simulator::json::{Json, Object};
use crate::server::simulator::role::Seen;
use crate::server::simulator::shapes;
use std::borrow::Cow;

/// Oldest event taken. No first-party number is known; 28 days is the longest attribution window (wire page 1.4).
const MAX_AGE: Millis = 28 * DAY;
/// How far ahead an event may be: clocks differ. TikTok publishes no figure.
const MAX_AHEAD: Millis = 5 * MINUTE;

/// What the whole call says of its events.
pub struct Source<'a> {
    pub kind: &'a str,
    pub now: Millis,
}

/// Reads an event, or says why the call is refused.
pub fn read(event: Json, source: &Source) -> Result<Seen, Refusal> {
    let event = object("data", event)?;
    let (mut name, mut id, mut time, mut remark) = (None, None, None, None);
    for (field, value) in event.fields() {
        match field {
            "event" => name = Some(text(field, value)?),
            "event_id" => id = Some(text(field, value)?),
            "event_time" => time = Some(value.integer().ok_or_else(|| invalid(field, "not a valid integer."))?),
            "user" => user(&object(field, value)?)?,
            "properties" => remark = properties(&object(field, value)?)?,
            "page" => page(&object(field, value)?)?,
            "limited_data_use" => boolean(field, value)?,
            "app" | "ad" if source.kind == "app" => drop(object(field, value)?),
            "lead" if source.kind == "crm" => drop(object(field, value)?),
            "app" | "ad" | "lead" => return Err(invalid(field, &format!("not allowed with event_source {}.", source.kind))),
            "device" => drop(object(field, value)?),
            _ => return Err(unknown(field)),
        }
    }
    let name = name.filter(|name| !name.is_empty()).ok_or_else(|| missing("event"))?;
    age(time.ok_or_else(|| missing("event_time"))?, source.now)?;
    let remark = remark.or(id.is_none().then_some("no event_id: TikTok cannot tell a repetition"));
    Ok(Seen { name: name.into(), dedup_id: id.unwrap_or_default().into(), compared: None, remark })
}

/// Seconds, not older than the limit and not ahead of the clock; a time in milliseconds is far ahead.
fn age(seconds: i64, now: Millis) -> Result<(), Refusal> {
    let time = seconds.saturating_mul(1_000);
    if time.saturating_sub(now) > MAX_AHEAD {
        return Err(invalid("event_time", "must be a UNIX timestamp in seconds that is not in the future."));
    }
    if now.saturating_sub(time) > MAX_AGE {
        return Err(invalid("event_time", "events must have occurred within the previous 28 days."));
    }
    Ok(())
}

fn user(user: &Object) -> Result<(), Refusal> {
    for (name, value) in user.fields() {
        let field = Dotted("user", name);
        match name {
            "email" | "phone" | "external_id" => match value.list() {
                Some(list) => list.into_iter().try_for_each(|item| hashed(field, item))?,
                None => hashed(field, value)?,
            },
            "first_name" | "last_name" | "zip_code" | "idfa" | "gaid" => hashed(field, value)?,
            "city" | "state" | "country" => {
                if !text(field, value)?.chars().all(|c| c.is_alphanumeric() && !c.is_uppercase()) {
                    return Err(invalid(field, "must be lower case, without spaces and punctuation."));
                }
            }
            "ttclid" | "ttp" | "user_agent" | "locale" | "idfv" => drop(text(field, value)?),
            "ip" => {
                if !shapes::ip_address(&text(field, value)?) {
                    return Err(invalid(field, "not a valid IP address."));
                }
            }
            "att_status" => drop(one_of(field, value, &["AUTHORIZED", "DENIED", "NOT_DETERMINED", "RESTRICTED", "NOT_APPLICABLE"])?),
            _ => return Err(unknown(field)),
        }
    }
    Ok(())
}

/// Returns what TikTok would take and not be able to use.
fn properties(properties: &Object) -> Result<Option<&'static str>, Refusal> {
    for (name, value) in properties.fields() {
        let field = Dotted("properties", name);
        match name {
            "value" | "predicted_ltv" | "price" => amount(field, value)?,
            "currency" => {
                if !shapes::currency(&text(field, value)?) {
                    return Err(invalid(field, "not a valid currency code."));
                }
            }
            "contents" => {
                let list = value.list().ok_or_else(|| invalid(field, "not a valid list."))?;
                list.into_iter().enumerate().try_for_each(|(at, item)| content(at, item))?;
            }
            "content_type" => drop(one_of(field, value, &["product", "product_group"])?),
            "content_ids" => {
                let list = value.list().ok_or_else(|| invalid(field, "not a valid list."))?;
                list.into_iter().try_for_each(|item| text(field, item).map(drop))?;
            }
            "num_items" => drop(value.integer().ok_or_else(|| invalid(field, "not a valid integer."))?),
            "query" | "search_string" | "description" | "order_id" | "shop_id" | "content_category" | "content_name" => {
                drop(text(field, value)?)
            }
            "delivery_category" => drop(one_of(field, value, &["in_store", "curbside", "home_delivery"])?),
            _ => return Err(unknown(field)),
        }
    }
    let half = properties.get("value").is_some() != properties.get("currency").is_some();
    Ok(half.then_some("value and currency count only together"))
}

fn content(at: usize, item: Json) -> Result<(), Refusal> {
    let prefix = format!("properties.contents.{at}");
    for (name, value) in object(&prefix, item)?.fields() {
        let field = Dotted(&prefix, name);
        match name {
            "price" | "quantity" => amount(field, value)?,
            "content_id" | "content_category" | "content_name" | "brand" => drop(text(field, value)?),
            "content_type" => drop(one_of(field, value, &["product", "product_group"])?),
            _ => return Err(unknown(field)),
        }
    }
    Ok(())
}

fn page(page: &Object) -> Result<(), Refusal> {
    for (name, value) in page.fields() {
        let field = Dotted("page", name);
        match name {
            "url" if !shapes::web_address(&text(field, value)?) => return Err(invalid(field, "not a valid URL.")),
            "url" => {}
            "referrer" => drop(text(field, value)?),
            _ => return Err(unknown(field)),
        }
    }
    page.get("url").map(drop).ok_or_else(|| missing("page.url"))
}

fn hashed(field: Dotted, value: Json) -> Result<(), Refusal> {
    let text = text(field, value)?;
    if shapes::sha256_hex(&text) {
        Ok(())
    } else if shapes::hex_of_any_case(&text) {
        Err(invalid(field, "a SHA-256 hash must be in lower case."))
    } else {
        Err(Refusal::new(NOT_HASHED, format!("Invalid value for {field}: it must be hashed with SHA-256.")))
    }
}

fn amount(field: Dotted, value: Json) -> Result<(), Refusal> {
    match value.number() {
        Some(digits) if shapes::amount(digits) => Ok(()),
        Some(_) => Err(invalid(field, "must not be negative.")),
        None => Err(invalid(field, "not a valid number.")),
    }
}

fn boolean(field: &str, value: Json) -> Result<(), Refusal> {
    value.boolean().map(drop).ok_or_else(|| invalid(field, "not a valid boolean."))
}

fn object<'a>(field: &str, value: Json<'a>) -> Result<Object<'a>, Refusal> {
    value.object().ok_or_else(|| invalid(field, "not a valid object."))
}

/// A field inside another, named as TikTok names one: with a point.
#[derive(Clone, Copy)]
struct Dotted<'a>(&'a str, &'a str);

impl std::fmt::Display for Dotted<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

pub fn text<'a>(field: impl std::fmt::Display, value: Json<'a>) -> Result<Cow<'a, str>, Refusal> {
    value.text().ok_or_else(|| invalid(field, "not a valid string."))
}

pub fn one_of<'a>(field: impl std::fmt::Display + Copy, value: Json<'a>, words: &[&str]) -> Result<Cow<'a, str>, Refusal> {
    let text = text(field, value)?;
    if words.contains(&&*text) { Ok(text) } else { Err(invalid(field, &format!("must be one of: {}.", words.join(", ")))) }
}

/// TikTok's sentence for a wrong value, as captured for `event_id` and `event_source_id`.
pub fn invalid(field: impl std::fmt::Display, why: &str) -> Refusal {
    Refusal::new(PARAMETER, format!("Invalid value for {field}: {why}"))
}

pub fn missing(field: &str) -> Refusal {
    invalid(field, "missing data for required field.")
}

pub fn unknown(field: impl std::fmt::Display) -> Refusal {
    invalid(field, "unknown field.")
}
