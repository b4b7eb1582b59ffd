//! `user_data` of an event (wire page M3, M4): what must be hashed and what must not, and whether it is enough to find somebody.

use super::answer::{INVALID, Refusal};
use super::event::Place;
use crate::model::{DAY, MINUTE, Millis};
use crate::server::simulator::json::{Json, Object};
use crate::server::simulator::shapes;

const HASHED: &[&str] = &["em", "ph", "fn", "ln", "ge", "db", "ct", "st", "zp", "country"];
const PLAIN: &[&str] = &[
    "external_id",
    "client_ip_address",
    "client_user_agent",
    "fbc",
    "fbp",
    "subscription_id",
    "anon_id",
    "madid",
    "lead_id",
    "fb_login_id",
];
/// Sets that find nobody: an event with no more than one of them is refused.
const WEAK: &[&[&str]] =
    &[&["ct", "country", "st", "zp", "ge", "client_user_agent"], &["db", "client_user_agent"], &["fn", "ge"], &["ln", "ge"]];
const COOKIE_LIFE: Millis = 90 * DAY;
const DRIFT: Millis = 5 * MINUTE;

/// Returns what Meta would take and not be able to use.
pub fn read(user: &Object, place: Place, event_time: Millis) -> Result<Option<&'static str>, Refusal> {
    let mut remark = None;
    for (name, value) in user.fields() {
        let path = format!("['user_data']['{name}']");
        match name {
            _ if HASHED.contains(&name) => each(value, &path, place, |text| match shapes::sha256_hex(text) {
                true => Ok(()),
                false => Err(place.invalid(&path, "must be hashed with SHA-256, in lower case.")),
            })?,
            "client_ip_address" if !text(value, &path, place)?.is_some_and(|text| shapes::ip_address(&text)) => {
                return Err(place.invalid(&path, "must be an IP address."));
            }
            "fbc" | "fbp" => remark = remark.or(cookie(name, value, &path, place, event_time)?),
            "lead_id" | "fb_login_id" if value.integer().is_none() => return Err(place.invalid(&path, "must be an integer.")),
            "external_id" => each(value, &path, place, |_| Ok(()))?,
            "client_user_agent" if text(value, &path, place)?.is_none_or(|text| text.trim().is_empty()) => {
                return Err(place.invalid(&path, "must not be empty."));
            }
            _ if PLAIN.contains(&name) => {}
            _ => return Err(place.invalid(&path, "is not known.")),
        }
    }
    let names: Vec<&str> = user.fields().map(|(name, _)| name).collect();
    if WEAK.iter().any(|weak| names.iter().all(|name| weak.contains(name))) {
        let title = "Invalid Customer Information Parameters";
        let words = "You have sent an event with an invalid combination of customer information parameters.".to_owned();
        return Err(Refusal { user: Some((title, words)), ..Refusal::of_event(INVALID, "") });
    }
    Ok(remark)
}

/// `fb.1.1554763741205.…`: version, subdomain index, milliseconds, click id or random number.
fn cookie(name: &str, value: Json, path: &str, place: Place, event_time: Millis) -> Result<Option<&'static str>, Refusal> {
    let text = text(value, path, place)?.unwrap_or_default();
    let parts: Vec<&str> = text.splitn(4, '.').collect();
    let time =
        parts.get(2).and_then(|part| part.parse::<Millis>().ok()).filter(|time| (1_000_000_000_000..10_000_000_000_000).contains(time));
    let well_made = parts.len() == 4 && parts[0] == "fb" && matches!(parts[1], "0" | "1" | "2" | "3") && !parts[3].is_empty();
    let Some(time) = time.filter(|_| well_made) else {
        return Err(place.invalid(path, "must look like fb.subdomainIndex.creationTime.value, with the time in milliseconds."));
    };
    Ok(match name {
        "fbc" if event_time - time > COOKIE_LIFE => Some("fbc older than 90 days: it earns nothing"),
        "fbc" if time - event_time > DRIFT => Some("fbc younger than the event: the click did not lead to it"),
        _ => None,
    })
}

fn text<'a>(value: Json<'a>, path: &str, place: Place) -> Result<Option<std::borrow::Cow<'a, str>>, Refusal> {
    value.text().map(Some).ok_or_else(|| place.invalid(path, "must be a string."))
}

/// A string, or each of a list of them.
fn each(value: Json, path: &str, place: Place, check: impl Fn(&str) -> Result<(), Refusal>) -> Result<(), Refusal> {
    let one = |value: Json| check(&text(value, path, place)?.unwrap_or_default());
    match value.list() {
        Some(list) => list.into_iter().try_for_each(one),
        None => one(value),
    }
}
