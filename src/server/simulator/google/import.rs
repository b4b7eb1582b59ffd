//! One conversion of an import (wire page G2.2): names and types as they are published, then the rules for what stands in them.

use super::answer::{Refusal, refusal};
use super::imports::{Wrong, upload_error};
use super::world::{self, Customer};
use crate::server::simulator::json::{Json, Object};
use crate::server::simulator::role::Seen;
use crate::server::simulator::shapes;
use serde_json::{Value, json};

/// What a field must be to be read at all.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Number,
    Word(&'static [&'static str]),
    List,
    Object,
}

const ENVIRONMENTS: &[&str] = &["UNSPECIFIED", "UNKNOWN", "APP", "WEB"];
const CUSTOMERS: &[&str] = &["UNSPECIFIED", "UNKNOWN", "NEW", "RETURNING"];
const CONSENTS: &[&str] = &["UNSPECIFIED", "UNKNOWN", "GRANTED", "DENIED"];
const SOURCES: &[&str] = &["UNSPECIFIED", "UNKNOWN", "FIRST_PARTY", "THIRD_PARTY"];
const FIELDS: &[(&str, Kind)] = &[
    ("gclid", Kind::Text),
    ("gbraid", Kind::Text),
    ("wbraid", Kind::Text),
    ("conversionAction", Kind::Text),
    ("conversionDateTime", Kind::Text),
    ("conversionValue", Kind::Number),
    ("currencyCode", Kind::Text),
    ("orderId", Kind::Text),
    ("externalAttributionData", Kind::Object),
    ("customVariables", Kind::List),
    ("cartData", Kind::Object),
    ("userIdentifiers", Kind::List),
    ("conversionEnvironment", Kind::Word(ENVIRONMENTS)),
    ("consent", Kind::Object),
    ("customerType", Kind::Word(CUSTOMERS)),
    ("userIpAddress", Kind::Text),
    ("sessionAttributesEncoded", Kind::Text),
    ("sessionAttributesKeyValuePairs", Kind::Object),
];
const CONSENT: &[(&str, Kind)] = &[("adUserData", Kind::Word(CONSENTS)), ("adPersonalization", Kind::Word(CONSENTS))];
const PERSON: &[(&str, Kind)] = &[
    ("userIdentifierSource", Kind::Word(SOURCES)),
    ("hashedEmail", Kind::Text),
    ("hashedPhoneNumber", Kind::Text),
    ("mobileId", Kind::Text),
    ("thirdPartyUserId", Kind::Text),
    ("addressInfo", Kind::Object),
];
/// Of an older list than the import itself.
const LISTED_ONLY: &[&str] = &["conversionEnvironment", "userIpAddress", "sessionAttributesEncoded", "sessionAttributesKeyValuePairs"];
const CLICK_IDS: &[&str] = &["gclid", "gbraid", "wbraid"];
const MOST_PEOPLE: usize = 5;

/// A conversion as the ledger names it, and all that is wrong with it.
pub struct Row {
    pub seen: Seen,
    pub wrong: Vec<Wrong>,
}

/// The conversion, if its names and types are those of the message.
pub fn form<'a>(json: Json<'a>, at: usize) -> Result<Object<'a>, Refusal> {
    let place = format!("conversions[{at}]");
    let row = shaped(json, FIELDS, &place)?;
    if let Some(consent) = row.get("consent") {
        shaped(consent, CONSENT, &format!("{place}.consent"))?;
    }
    let people = row.get("userIdentifiers").and_then(Json::list).unwrap_or_default();
    for (nth, person) in people.into_iter().enumerate() {
        let place = format!("{place}.user_identifiers[{nth}]");
        let person = shaped(person, PERSON, &place)?;
        // A oneof: the JSON of two of them is no message.
        if person.fields().filter(|(name, _)| *name != "userIdentifierSource").count() > 1 {
            return Err(invalid(&place, "oneof field 'identifier' is already set. Cannot set again."));
        }
    }
    Ok(row)
}

fn shaped<'a>(json: Json<'a>, fields: &[(&str, Kind)], place: &str) -> Result<Object<'a>, Refusal> {
    let object = json.object().ok_or_else(|| invalid(place, "Not an object."))?;
    for (name, value) in object.fields() {
        let Some((_, kind)) = fields.iter().find(|(known, _)| *known == name) else {
            return Err(invalid(place, &format!("Unknown name \"{name}\" at '{place}': Cannot find field.")));
        };
        let good = match kind {
            Kind::Text => value.text().is_some(),
            Kind::Number => value.number().is_some(),
            Kind::Word(words) => value.text().is_some_and(|word| words.contains(&&*word)),
            Kind::List => value.list().is_some(),
            Kind::Object => value.object().is_some(),
        };
        if !good {
            return Err(invalid(&format!("{place}.{name}"), &format!("Invalid value at '{place}.{name}'")));
        }
    }
    Ok(object)
}

/// What Google's front end says to what is no message.
fn invalid(place: &str, words: &str) -> Refusal {
    let mut refused = refusal(400, "INVALID_ARGUMENT", format!("Invalid JSON payload received. {words}"));
    let violation = json!({"field": place, "description": format!("Invalid JSON payload received. {words}")});
    refused.details.push(json!({"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]}));
    refused
}

pub fn seen(row: &Object) -> Seen {
    let text = |name: &str| row.get(name).and_then(Json::text).unwrap_or_default();
    let action = text("conversionAction");
    let id = text("orderId");
    let remark = match row.fields().filter(|(name, _)| CLICK_IDS.contains(name)).count() {
        0 | 1 if id.is_empty() => Some("no orderId: Google cannot tell a repetition"),
        0 | 1 => None,
        _ => Some("several click ids: nobody knows which one counts"),
    };
    Seen { name: action.rsplit('/').next().unwrap_or_default().into(), dedup_id: (*id).into(), compared: None, remark }
}

/// The conversion without what is not told back.
pub fn result(row: &Object) -> Value {
    let told = ["gclid", "gbraid", "wbraid", "conversionAction", "conversionDateTime", "userIdentifiers"];
    let fields = row.fields().filter(|(name, _)| told.contains(name));
    Value::Object(fields.map(|(name, value)| (name.to_owned(), serde_json::from_str(value.raw()).unwrap_or_default())).collect())
}

pub fn judge(row: &Object, customer: &Customer) -> Row {
    let mut wrong = Vec::new();
    let mut bad = |family, code, field, words: &str| wrong.push(Wrong { family, code, words: words.to_owned(), field });
    let text = |name: &str| row.get(name).and_then(Json::text);
    let required = "The required field was not present.";
    match text("conversionAction") {
        None => bad("fieldError", "REQUIRED", "conversion_action", required),
        Some(name) => action(&name, customer, &mut bad),
    }
    match text("conversionDateTime") {
        None => bad("fieldError", "REQUIRED", "conversion_date_time", required),
        Some(time) if !date_time(&time) => {
            let words = "The date time must be in the format yyyy-mm-dd hh:mm:ss+|-hh:mm.";
            bad("dateError", "INVALID_STRING_DATE_TIME_SECONDS_WITH_OFFSET", "conversion_date_time", words);
        }
        Some(_) => {}
    }
    let people = row.get("userIdentifiers").and_then(Json::list).unwrap_or_default();
    let clicks: Vec<&str> = CLICK_IDS.iter().copied().filter(|name| text(name).is_some_and(|id| !id.trim().is_empty())).collect();
    match clicks[..] {
        [] if people.is_empty() => bad("fieldError", "REQUIRED", "gclid", "A click id or a user identifier is required."),
        [.., "gbraid", "wbraid"] => {
            bad("conversionUploadError", "GBRAID_WBRAID_BOTH_SET", "gbraid", "Can't use both gbraid and wbraid parameters.");
        }
        _ => {}
    }
    if row.get("conversionValue").is_some_and(|value| !value.number().is_some_and(shapes::amount)) {
        bad("rangeError", "TOO_LOW", "conversion_value", "Too low.");
    }
    if text("currencyCode").is_some_and(|code| !shapes::currency(&code)) {
        bad("currencyCodeError", "UNSUPPORTED", "currency_code", "The currency code is not supported.");
    }
    if text("orderId").is_some_and(|id| id.contains('@')) {
        bad("conversionUploadError", "ORDER_ID_CONTAINS_PII", "order_id", "The order ID contains personally-identifiable information.");
    }
    if row.get("consent").and_then(Json::object).is_some_and(|consent| consent.get("adPersonalization").is_some()) {
        bad("fieldError", "VALUE_MUST_BE_UNSET", "consent", "The field's value must be unset.");
    }
    if row.fields().any(|(name, _)| LISTED_ONLY.contains(&name)) {
        let words = "Customer is not allowlisted for accessing this feature.";
        bad("notAllowlistedError", "CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE", "", words);
    }
    wrong.extend(of_people(&people, customer.terms));
    Row { seen: seen(row), wrong }
}

fn action(name: &str, customer: &Customer, bad: &mut impl FnMut(&'static str, &'static str, &'static str, &str)) {
    let field = "conversion_action";
    // The customer in the name is not looked at.
    let mut parts = name.split('/');
    let (head, _, kind, id) = (parts.next(), parts.next(), parts.next(), parts.next());
    let well_formed = head == Some("customers") && kind == Some("conversionActions") && parts.next().is_none();
    let Some(id) = id.filter(|id| well_formed && !id.is_empty()) else {
        return bad("requestError", "RESOURCE_NAME_MALFORMED", field, "Resource name provided is malformed.");
    };
    let known = world::actions().into_iter().find(|one| one.id == id && one.customer == customer.id && one.status == "ENABLED");
    let family = "conversionUploadError";
    match known {
        None => bad(family, "NO_CONVERSION_ACTION_FOUND", field, "The conversion action specified in the upload request cannot be found."),
        Some(one) if one.kind != "UPLOAD_CLICKS" => {
            bad(family, "INVALID_CONVERSION_ACTION_TYPE", field, "The conversion action isn't set up for uploading conversions.");
        }
        Some(one) if one.young => bad(family, "TOO_RECENT_CONVERSION_ACTION", field, "Try importing again in 6 hours."),
        Some(_) => {}
    }
}

/// `2026-08-16 14:35:00-05:00`
fn date_time(text: &str) -> bool {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    matches!(&*shape, "0000-00-00 00:00:00+00:00" | "0000-00-00 00:00:00-00:00") && text.parse::<jiff::Timestamp>().is_ok()
}

fn of_people(people: &[Json], terms: bool) -> Vec<Wrong> {
    let field = "user_identifiers";
    let mut wrong = Vec::new();
    if !people.is_empty() && !terms {
        let words = "Make sure you agree to the customer data processing terms in conversion settings and try again.";
        wrong.push(upload_error("CUSTOMER_NOT_ACCEPTED_CUSTOMER_DATA_TERMS", field, words));
    }
    if people.len() > MOST_PEOPLE {
        wrong.push(Wrong { family: "collectionSizeError", code: "TOO_MANY", words: "Too many.".to_owned(), field });
    }
    for person in people {
        let person = person.object();
        let named = person.as_ref().and_then(|one| one.fields().find(|(name, _)| *name != "userIdentifierSource"));
        match named {
            Some(("hashedEmail" | "hashedPhoneNumber", hash)) if hash.text().is_some_and(|hash| shapes::hex_of_any_case(&hash)) => {}
            Some(("hashedEmail" | "hashedPhoneNumber", _)) | None => {
                wrong.push(upload_error("INVALID_USER_IDENTIFIER", field, "Make sure you hash user provided data using SHA-256."));
            }
            Some(_) => wrong.push(upload_error("UNSUPPORTED_USER_IDENTIFIER", field, "Use only hashed email or phone number.")),
        }
    }
    wrong
}
