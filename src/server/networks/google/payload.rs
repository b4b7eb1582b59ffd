//! What a conversion looks like to the Data Manager API. PURE. Times are RFC 3339, amounts units of their currency, persons hashed.
//! https://developers.google.com/data-manager/api/reference/rest/v1/events/ingest

use crate::model::conversion::Consent;
use crate::server::networks::contract::{Batch, Destination, Event};
use crate::server::networks::fields::{self, Fields};
use crate::server::networks::{hashing, money};

/// Domains whose mailboxes ignore dots and what follows a `+`.
/// https://developers.google.com/data-manager/api/devguides/concepts/formatting
const GMAIL: &[&str] = &["gmail.com", "googlemail.com"];

pub fn body(to: &Destination, events: &[Event]) -> Batch {
    // One for each action; calls carry events of one.
    let mut actions: Vec<&str> = Vec::new();
    for action in events.iter().filter_map(|event| event.action.as_deref()) {
        if !actions.contains(&action) {
            actions.push(action);
        }
    }
    let reference = |action: &str| actions.iter().position(|known| *known == action).map(|at| format!("action-{}", at + 1));
    Fields::default()
        .list("destinations", actions.iter().map(|action| destination(to, action, reference(action))))
        .events("events", events.iter().map(|one| event(one, one.action.as_deref().and_then(reference))))
        .put("encoding", "HEX")
        // Nothing of a test is counted.
        .put("validateOnly", events.iter().any(|event| event.test))
        .into_batch()
}

/// The manager over which the account is reached is named only where it is another: naming the account itself is refused.
fn destination(to: &Destination, action: &str, reference: Option<String>) -> Fields {
    let account = |id: &str| Fields::default().put("accountType", "GOOGLE_ADS").put("accountId", id);
    let login = to.through.as_deref().filter(|manager| *manager != to.target_id);
    Fields::default()
        .text("reference", reference)
        .object("operatingAccount", account(&to.target_id))
        .object("loginAccount", login.map(account).unwrap_or_default())
        .put("productDestinationId", action)
}

/// What Google would refuse a whole call for.
pub fn unfit(event: &Event) -> Option<&'static str> {
    if event.action.is_none() {
        return Some("The goal has no conversion action at Google.");
    }
    let nobody = click(event).is_none() && people(event).is_empty();
    nobody.then_some("Google refuses events that nobody can be found by: no click id, and no email or phone number at full consent.")
}

fn event(event: &Event, reference: Option<String>) -> Fields {
    let people = people(event);
    let found = if people.is_empty() { Fields::default() } else { Fields::default().list("userIdentifiers", people) };
    let clicked = click(event).map(|(kind, id)| Fields::default().put(kind, id)).unwrap_or_default();
    let references: Vec<String> = reference.into_iter().collect();
    let fields = Fields::default()
        .put("destinationReferences", references)
        .text("eventTimestamp", jiff::Timestamp::from_millisecond(event.time).ok().map(|time| time.to_string()))
        .put("eventSource", "WEB")
        .put("transactionId", event.dedup_id.as_str())
        .object("adIdentifiers", clicked)
        .object("userData", found)
        .object("consent", consent(event));
    let amount = event.value.as_ref().and_then(|(text, currency)| Some((money::number(text)?, currency)));
    match amount {
        Some((value, currency)) => fields.put("conversionValue", value).put("currency", currency.as_str()),
        None => fields,
    }
}

/// The one click id, by its parameter. The click's address and browser stay here: Google takes no IP addresses of people in the EEA, the
/// United Kingdom and Switzerland, and nobody knows here where they live.
pub fn click(event: &Event) -> Option<(&str, &str)> {
    let click = event.click.as_ref().filter(|click| super::SPEC.click_ids.contains(&click.kind.as_str()))?;
    Some((click.kind.as_str(), click.id.trim())).filter(|(_, id)| !id.is_empty())
}

fn people(event: &Event) -> Vec<Fields> {
    let (email, phone) = hashes(event);
    let person = |name: &str, hash: String| Fields::default().put(name, hash);
    email.map(|hash| person("emailAddress", hash)).into_iter().chain(phone.map(|hash| person("phoneNumber", hash))).collect()
}

/// Email and phone number, hashed; there at full consent only.
pub fn hashes(event: &Event) -> (Option<String>, Option<String>) {
    let email = fields::personal(event, &event.email).and_then(|text| hashing::hashed(text, address));
    let only_hash = || fields::personal(event, &event.email_sha256).and_then(hashing::already_hashed);
    let phone = fields::personal(event, &event.phone).and_then(|text| hashing::hashed(text, hashing::phone));
    (email.or_else(only_hash), phone)
}

/// Lower-cased, without any white space; of Gmail's mailboxes what they are known by.
fn address(text: &str) -> Option<String> {
    let joined: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let text = hashing::email(&joined)?;
    let (local, domain) = text.rsplit_once('@')?;
    if !GMAIL.contains(&domain) {
        return Some(text);
    }
    let mailbox = local.split('+').next()?.replace('.', "");
    (!mailbox.is_empty()).then(|| format!("{mailbox}@{domain}"))
}

/// At anonymous consent nobody has said yes to personal ads. What Google makes of the rest depends on where the player lives.
fn consent(event: &Event) -> Fields {
    let (data, ads) = match event.consent {
        Consent::Full => ("CONSENT_GRANTED", "CONSENT_GRANTED"),
        Consent::Anonymous | Consent::None | Consent::NotSet => ("CONSENT_STATUS_UNSPECIFIED", "CONSENT_DENIED"),
    };
    Fields::default().put("adUserData", data).put("adPersonalization", ads)
}
