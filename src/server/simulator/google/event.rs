//! One event (wire page G1.2, G1.3): names, types, hashes, ids. What is only found out later (a click nobody knows, an event too old) is
//! taken all the same.

use super::events::{Destination, Violation, violation};
use crate::server::simulator::json::{Json, Object};
use crate::server::simulator::role::Seen;
use crate::server::simulator::shapes;

const NAMES: &[&str] = &[
    "destinationReferences",
    "eventTimestamp",
    "lastUpdatedTimestamp",
    "eventSource",
    "transactionId",
    "adIdentifiers",
    "userData",
    "consent",
    "conversionValue",
    "currency",
    "eventDeviceInfo",
    "userProperties",
    "customVariables",
    "cartData",
];
const SOURCES: &[&str] = &["WEB", "APP", "IN_STORE", "PHONE", "MESSAGE", "OTHER"];
const AD_IDENTIFIERS: &[&str] = &["gclid", "gbraid", "wbraid", "dclid", "sessionAttributes", "landingPageDeviceInfo", "mobileDeviceId"];
const CLICK_IDS: &[&str] = &["gclid", "gbraid", "wbraid"];
const CONSENTS: &[&str] = &["CONSENT_GRANTED", "CONSENT_DENIED", "CONSENT_STATUS_UNSPECIFIED"];
const MOST_ID: usize = 64;
const MOST_PEOPLE: usize = 10;

/// The event with the places of its destinations, or all that is wrong with it.
pub fn read(json: Json, at: usize, destinations: &[Destination], encoded: bool) -> Result<(Seen, Vec<usize>), Vec<Violation>> {
    let place = format!("events.events[{at}]");
    let Some(event) = json.object() else { return Err(vec![violation(place, "INVALID_EVENT", "Not an event.")]) };
    let mut wrong = Vec::new();
    let mut bad = |field: &str, reason, words: &str| {
        wrong.push(violation(if field.is_empty() { place.clone() } else { format!("{place}.{field}") }, reason, words));
    };
    if let Some((name, _)) = event.fields().find(|(name, _)| !NAMES.contains(name)) {
        bad(name, "INVALID_FORMAT", "Unknown name: cannot find field.");
    }
    let to = to(&event, destinations);
    if to.is_empty() {
        bad("destination_references", "INVALID_DESTINATION", "The reference is of no destination.");
    }
    let text = |name: &str| event.get(name).and_then(Json::text);
    match text("eventTimestamp") {
        None => bad("event_timestamp", "REQUIRED_FIELD_MISSING", "The field is required."),
        Some(time) if time.parse::<jiff::Timestamp>().is_err() => {
            bad("event_timestamp", "EVENT_TIME_INVALID", "Not a time with an offset.")
        }
        Some(_) => {}
    }
    match text("eventSource") {
        None => bad("event_source", "REQUIRED_FIELD_MISSING", "The field is required."),
        Some(source) if !SOURCES.contains(&&*source) => bad("event_source", "INVALID_ENUM_VALUE", "No such source."),
        Some(_) => {}
    }
    let id = text("transactionId").unwrap_or_default();
    if id.len() > MOST_ID {
        bad("transaction_id", "FIELD_VALUE_TOO_LONG", "At most 64 characters are allowed.");
    }
    let remark = match clicks(&event) {
        Ok(0) if event.get("userData").is_none() => {
            bad("", "NO_IDENTIFIERS_PROVIDED", "At least one of ad identifiers and user data is required.");
            None
        }
        Ok(count) => (count > 1).then_some("several click ids: nobody knows which one counts"),
        Err(name) => {
            bad(&format!("ad_identifiers.{name}"), "INVALID_FORMAT", "Not an ad identifier.");
            None
        }
    };
    for (field, reason, words) in people(&event, encoded, to.iter().all(|at| destinations[*at].terms)) {
        bad(&field, reason, words);
    }
    if let Some(consent) = event.get("consent") {
        let fields = consent.object();
        let good = fields.as_ref().is_some_and(|fields| {
            fields.fields().all(|(name, value)| {
                matches!(name, "adUserData" | "adPersonalization") && value.text().is_some_and(|word| CONSENTS.contains(&&*word))
            })
        });
        if !good {
            bad("consent", "INVALID_ENUM_VALUE", "No such consent.");
        }
    }
    let value = event.get("conversionValue");
    if value.is_some_and(|value| !value.number().is_some_and(shapes::amount)) {
        bad("conversion_value", "INVALID_FORMAT", "Must be a number that is not negative.");
    }
    match text("currency") {
        Some(code) if !shapes::currency(&code) => bad("currency", "INVALID_CURRENCY_CODE", "The currency code is invalid."),
        None if value.is_some() => bad("currency", "REQUIRED_FIELD_MISSING", "A value needs its currency."),
        _ => {}
    }
    let remark = remark.or(id.is_empty().then_some("no transactionId: Google cannot tell a repetition"));
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let name: Box<str> = to.first().map(|at| destinations[*at].action.as_str()).unwrap_or_default().into();
    Ok((Seen { name, dedup_id: (*id).into(), compared: None, remark }, to))
}

/// The destinations that it names; the only one where it names none.
fn to(event: &Object, destinations: &[Destination]) -> Vec<usize> {
    let Some(references) = event.get("destinationReferences").and_then(Json::list) else {
        return if destinations.len() == 1 { vec![0] } else { Vec::new() };
    };
    let place = |reference: &Json| {
        let reference = reference.text()?;
        destinations.iter().position(|destination| destination.reference == *reference)
    };
    references.iter().map(place).collect::<Option<_>>().unwrap_or_default()
}

/// How many click ids it carries, or the name that is none.
fn clicks(event: &Object) -> Result<usize, String> {
    let Some(identifiers) = event.get("adIdentifiers") else { return Ok(0) };
    let identifiers = identifiers.object().ok_or_else(String::new)?;
    let mut count = 0;
    for (name, value) in identifiers.fields() {
        if !AD_IDENTIFIERS.contains(&name) {
            return Err(name.to_owned());
        }
        if CLICK_IDS.contains(&name) {
            value.text().filter(|id| !id.trim().is_empty()).ok_or_else(|| name.to_owned())?;
            count += 1;
        }
    }
    Ok(count)
}

type Wrong = (String, &'static str, &'static str);

fn people(event: &Object, encoded: bool, terms: bool) -> Vec<Wrong> {
    let Some(data) = event.get("userData") else { return Vec::new() };
    let place = "user_data.user_identifiers";
    let list = data.object().and_then(|data| data.get("userIdentifiers")).and_then(Json::list);
    let Some(list) = list.filter(|list| !list.is_empty()) else {
        return vec![(place.to_owned(), "REQUIRED_FIELD_MISSING", "The field is required.")];
    };
    let mut wrong = Vec::new();
    if !encoded {
        wrong.push(("user_data".to_owned(), "REQUIRED_FIELD_MISSING", "Hashed data needs an encoding."));
    }
    if !terms {
        let reason = "DESTINATION_ACCOUNT_ENHANCED_CONVERSIONS_TERMS_NOT_SIGNED";
        wrong.push(("user_data".to_owned(), reason, "The account has not accepted the customer data terms."));
    }
    if list.len() > MOST_PEOPLE {
        wrong.push((place.to_owned(), "TOO_MANY_USER_IDENTIFIERS", "At most ten are allowed."));
    }
    for (at, person) in list.iter().enumerate() {
        let fields = person.object();
        let only = fields.as_ref().and_then(|fields| fields.fields().next().filter(|_| fields.0.len() == 1));
        let place = format!("{place}[{at}]");
        match only {
            Some(("emailAddress" | "phoneNumber", hash)) => {
                if !hash.text().is_some_and(|hash| shapes::hex_of_any_case(&hash)) {
                    wrong.push((place, "INVALID_SHA256_FORMAT", "Not a SHA-256 hash."));
                }
            }
            Some(("address", _)) => {}
            _ => wrong.push((place, "INVALID_FORMAT", "Exactly one of emailAddress, phoneNumber and address.")),
        }
    }
    wrong
}
