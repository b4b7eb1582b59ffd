//! What a conversion looks like to the Google Ads API. PURE. Times have seconds and an offset, amounts are units of their currency.
//! https://developers.google.com/google-ads/api/reference/rpc/v26/ClickConversion

use super::payload;
use crate::model::Millis;
use crate::model::conversion::Consent;
use crate::server::networks::contract::{Batch, Destination, Event};
use crate::server::networks::fields::Fields;
use crate::server::networks::money;

/// The click id that stands for one click of one person.
const GCLID: &str = "gclid";

pub fn body(to: &Destination, events: &[Event]) -> Batch {
    Fields::default()
        .events("conversions", events.iter().map(|one| conversion(to, one)))
        // Required: a bad conversion then leaves its neighbours alone.
        .put("partialFailure", true)
        // Nothing of a test is counted.
        .put("validateOnly", events.iter().any(|event| event.test))
        .into_batch()
}

/// The click's address and browser stay here: Google takes them from integrations of an older list only.
fn conversion(to: &Destination, event: &Event) -> Fields {
    let fields = match payload::click(event) {
        Some((kind, id)) => Fields::default().put(kind, id),
        None => Fields::default(),
    };
    let action = event.action.as_deref().map(|id| format!("customers/{}/conversionActions/{id}", to.target_id));
    let fields = fields.text("conversionAction", action).text("conversionDateTime", date_time(event.time));
    let amount = event.value.as_ref().and_then(|(text, currency)| Some((money::number(text)?, currency)));
    let fields = match amount {
        Some((value, currency)) => fields.put("conversionValue", value).put("currencyCode", currency.as_str()),
        None => fields,
    };
    let fields = fields.put("orderId", event.dedup_id.as_str()).object("consent", consent(event));
    let people = people(event);
    if people.is_empty() { fields } else { fields.list("userIdentifiers", people) }
}

/// `2024-01-08 13:52:50+00:00`
fn date_time(time: Millis) -> Option<String> {
    let time = jiff::Timestamp::from_millisecond(time).ok()?;
    Some(time.strftime("%Y-%m-%d %H:%M:%S+00:00").to_string())
}

/// Nobody is named beside a wbraid or gbraid: those are made to tell no person from another, and what Google says to both is not published.
fn people(event: &Event) -> Vec<Fields> {
    if payload::click(event).is_some_and(|(kind, _)| kind != GCLID) {
        return Vec::new();
    }
    let (email, phone) = payload::hashes(event);
    let person = |name: &str, hash: String| Fields::default().put("userIdentifierSource", "FIRST_PARTY").put(name, hash);
    let email = email.map(|hash| person("hashedEmail", hash));
    email.into_iter().chain(phone.map(|hash| person("hashedPhoneNumber", hash))).collect()
}

/// What is not known is left out. Consent to personal ads is said to other services of this API only.
fn consent(event: &Event) -> Fields {
    match event.consent {
        Consent::Full => Fields::default().put("adUserData", "GRANTED"),
        Consent::Anonymous | Consent::None | Consent::NotSet => Fields::default(),
    }
}
