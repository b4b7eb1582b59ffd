//! One server event (wire page M2, M5, M6): names, types, age. The first thing wrong refuses the whole call.

use super::answer::{INVALID, MISSING, NO_CURRENCY, Refusal, TOO_OLD};
use super::user;
use crate::model::{DAY, MINUTE, Millis};
use crate::server::simulator::json::{Json, Object};
use crate::server::simulator::role::Seen;
use crate::server::simulator::shapes;
use std::borrow::Cow;

const MAX_AGE: Millis = 7 * DAY;
/// How far ahead an event may be: clocks differ. Meta publishes no figure.
const MAX_AHEAD: Millis = 5 * MINUTE;

const SOURCES: &[&str] =
    &["email", "website", "app", "phone_call", "chat", "physical_store", "system_generated", "business_messaging", "other"];
const NAMES: &[&str] = &[
    "event_name",
    "event_time",
    "user_data",
    "action_source",
    "event_source_url",
    "event_id",
    "opt_out",
    "custom_data",
    "referrer_url",
    "data_processing_options",
    "data_processing_options_country",
    "data_processing_options_state",
];

/// Where a field of an event stands, as Meta's words name it: `$['data'][0]['event_time']`.
#[derive(Clone, Copy)]
pub struct Place(pub usize);

impl Place {
    fn of(self, path: &str) -> String {
        let Self(at) = self;
        format!("['data'][{at}]{path}")
    }

    pub fn required(self, path: &str) -> Refusal {
        required(&self.of(path))
    }

    pub fn invalid(self, path: &str, why: &str) -> Refusal {
        Refusal::of_event(INVALID, format!("The parameter ${} {why}", self.of(path)))
    }
}

/// As captured.
pub fn required(place: &str) -> Refusal {
    Refusal::of_event(MISSING, format!("The parameter ${place} is required."))
}

/// Reads an event, or says why the call is refused.
pub fn read(event: Json, at: usize, now: Millis) -> Result<Seen, Refusal> {
    let place = Place(at);
    let event = event.object().ok_or_else(|| place.invalid("", "must be an object."))?;
    if let Some((name, _)) = event.fields().find(|(name, _)| !NAMES.contains(name)) {
        return Err(place.invalid(&format!("['{name}']"), "is not known."));
    }
    let name = text(&event, place, "event_name")?.filter(|name| !name.is_empty()).ok_or_else(|| place.required("['event_name']"))?;
    let time = event.get("event_time").ok_or_else(|| place.required("['event_time']"))?;
    let time = time.integer().ok_or_else(|| place.invalid("['event_time']", "must be a Unix timestamp in seconds."))?;
    age(time, place, now)?;
    let source = text(&event, place, "action_source")?.ok_or_else(|| place.required("['action_source']"))?;
    if !SOURCES.contains(&&*source) {
        return Err(place.invalid("['action_source']", &format!("must be one of {}.", SOURCES.join(", "))));
    }
    let person = event.get("user_data").ok_or_else(|| place.required("['user_data']"))?;
    let person = person.object().ok_or_else(|| place.invalid("['user_data']", "must be an object."))?;
    let spoiled = user::read(&person, place, time.saturating_mul(1_000))?;
    website(&event, &person, &source, place)?;
    money(&event, &name, place)?;
    let id = text(&event, place, "event_id")?.unwrap_or_default();
    let remark = spoiled.or(id.is_empty().then_some("no event_id: Meta cannot tell a repetition"));
    Ok(Seen { name: (*name).into(), dedup_id: (*id).into(), compared: None, remark })
}

/// Seconds, not older than the limit and not ahead of the clock; a time in milliseconds is far ahead.
fn age(seconds: i64, place: Place, now: Millis) -> Result<(), Refusal> {
    let time = seconds.saturating_mul(1_000);
    if time.saturating_sub(now) > MAX_AHEAD {
        return Err(place.invalid("['event_time']", "must be a Unix timestamp in seconds that is not in the future."));
    }
    if now.saturating_sub(time) > MAX_AGE {
        return Err(Refusal {
            user: Some(("Event Timestamp Too Old", "The timestamp for this event is too far in the past. Events need to be sent from your server within 7 days of when they occurred.".into())),
            ..Refusal::of_event(TOO_OLD, "")
        });
    }
    Ok(())
}

/// A website event names its page and the player's browser; another has no page.
fn website(event: &Object, person: &Object, source: &str, place: Place) -> Result<(), Refusal> {
    for name in ["event_source_url", "referrer_url"] {
        if text(event, place, name)?.is_some_and(|url| !shapes::web_address(&url)) {
            return Err(place.invalid(&format!("['{name}']"), "must be a URL."));
        }
    }
    let page = event.get("event_source_url").is_some();
    match source {
        "website" if !page => Err(place.required("['event_source_url']")),
        "website" if person.get("client_user_agent").is_none() => Err(place.required("['user_data']['client_user_agent']")),
        "website" => Ok(()),
        _ if page => Err(place.invalid("['event_source_url']", "goes with action_source website.")),
        _ => Ok(()),
    }
}

fn money(event: &Object, name: &str, place: Place) -> Result<(), Refusal> {
    let data = match event.get("custom_data") {
        Some(data) => Some(data.object().ok_or_else(|| place.invalid("['custom_data']", "must be an object."))?),
        None => None,
    };
    let given = |name: &str| data.as_ref().and_then(|data| data.get(name));
    if given("value").is_some_and(|value| !value.number().is_some_and(shapes::amount)) {
        return Err(place.invalid("['custom_data']['value']", "must be a number that is not negative."));
    }
    if given("currency").is_some_and(|currency| !currency.text().is_some_and(|code| shapes::currency(&code))) {
        return Err(place.invalid("['custom_data']['currency']", "must be an ISO 4217 code."));
    }
    let purchase = name == "Purchase";
    if purchase && given("currency").is_none() {
        let words = "Your purchase event doesn't include a currency parameter. Enter a currency parameter. For example: USD".to_owned();
        return Err(Refusal { user: Some(("Missing Currency for Purchase Event", words)), ..Refusal::of_event(NO_CURRENCY, "") });
    }
    if purchase && given("value").is_none() {
        return Err(place.required("['custom_data']['value']"));
    }
    Ok(())
}

pub fn text<'a>(object: &Object<'a>, place: Place, name: &str) -> Result<Option<Cow<'a, str>>, Refusal> {
    let Some(value) = object.get(name) else { return Ok(None) };
    value.text().map(Some).ok_or_else(|| place.invalid(&format!("['{name}']"), "must be a string."))
}
