//! PURE: what is dropped from a message of a player who agreed to anonymous measurement only.

use crate::server::decide::facts::Message;
use serde_json::{Map, Value};

/// Properties that hold personal data, plain or hashed.
const PERSONAL: &[&str] = &[
    "email",
    "email_hash",
    "email_sha256",
    "hashed_email",
    "sha256_email",
    "em",
    "phone",
    "phone_hash",
    "phone_number",
    "phone_sha256",
    "hashed_phone",
    "sha256_phone",
    "ph",
    "external_id",
];
/// How the pixel marks a text that it hashed.
const HASHED: &str = "sha256:";

/// Drops the user, the alias, the traits and everything personal in the properties, at any depth.
pub fn without_personal_data(mut message: Message) -> Message {
    message.user = None;
    message.alias = None;
    message.traits = Map::new();
    drop_personal(&mut message.properties);
    message
}

fn drop_personal(object: &mut Map<String, Value>) {
    object.retain(|key, value| {
        scrub(value);
        !PERSONAL.iter().any(|personal| key.eq_ignore_ascii_case(personal)) && !hashed(value)
    });
}

fn scrub(value: &mut Value) {
    match value {
        Value::Object(object) => drop_personal(object),
        Value::Array(values) => {
            values.retain(|value| !hashed(value));
            values.iter_mut().for_each(scrub);
        }
        _ => {}
    }
}

fn hashed(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.starts_with(HASHED))
}
