//! The five types of messages, as `message::validate` takes them.

use super::super::message::{CONTEXT_TEXTS, MAX_CONTEXT, MAX_PROPERTIES, MAX_TEXT, NEWEST, OLDEST};
use super::text;
use crate::model::conversion::{Consent, Surface};
use crate::model::{DAY, HOUR};
use crate::server::decide::facts::{IdentityType, MessageKind};
use serde_json::{Map, Value, json};

/// `Message`, one schema for each type, and `Context`.
pub fn schemas() -> Map<String, Value> {
    let name = |kind: MessageKind| {
        let word = kind.word();
        format!("{}{}Message", word[..1].to_uppercase(), &word[1..])
    };
    let reference = |kind: MessageKind| format!("#/components/schemas/{}", name(kind));
    let kinds = || MessageKind::ALL.iter().copied();
    let mapping: Map<String, Value> = kinds().map(|kind| (kind.word().to_owned(), reference(kind).into())).collect();
    let any: Vec<Value> = kinds().map(|kind| json!({ "$ref": reference(kind) })).collect();
    let mut schemas: Map<String, Value> = kinds().map(|kind| (name(kind), of_kind(kind))).collect();
    schemas.insert("Message".into(), json!({ "oneOf": any, "discriminator": { "propertyName": "type", "mapping": mapping } }));
    schemas.insert("Context".into(), context());
    schemas
}

fn of_kind(kind: MessageKind) -> Value {
    let mut properties = common(kind);
    let mut required = vec!["type", "messageId", "eventTimestamp"];
    let user_type = json!({ "type": "string", "enum": IdentityType::ALL });
    match kind {
        MessageKind::Track => {
            properties["eventName"] = text::required(MAX_TEXT);
            required.push("eventName");
        }
        MessageKind::Identify => {
            properties["userId"] = text::required(MAX_TEXT);
            properties["identityType"] = user_type;
            required.extend(["userId", "identityType"]);
        }
        MessageKind::Alias => {
            for id in ["fromId", "toId"] {
                properties[id] = text::required(MAX_TEXT);
            }
            for of in ["fromType", "toType"] {
                properties[of] = user_type.clone();
            }
            required.extend(["fromId", "fromType", "toId", "toType"]);
        }
        MessageKind::Page | MessageKind::Screen => {}
    }
    let mut schema = json!({ "type": "object", "required": required, "properties": properties });
    if matches!(kind, MessageKind::Track | MessageKind::Page | MessageKind::Screen) {
        let says_who = |id: &str| json!({ "required": [id], "properties": { id: text::required(MAX_TEXT) } });
        schema["anyOf"] = json!([says_who("anonymousId"), says_who("userId")]);
    }
    if kind == MessageKind::Alias {
        schema["description"] = "fromId and toId differ.".into();
    }
    schema
}

fn common(kind: MessageKind) -> Value {
    let free = |says: &str, max: usize| json!({ "type": ["object", "null"], "description": format!("{says}, at most {} KiB. No name or text in it holds U+0000.", max / 1024) });
    json!({
        "type": { "type": "string", "const": kind.word() },
        "messageId": { "type": "string", "format": "uuid", "description": "Made by the client. It comes once in a batch, and counts once in 30 days." },
        "eventTimestamp": {
            "type": "string",
            "format": "date-time",
            "description": format!("RFC 3339, within the last {} days or the next {} hours.", OLDEST / DAY, NEWEST / HOUR),
        },
        "anonymousId": text::optional(MAX_TEXT),
        "deviceId": text::optional(MAX_TEXT),
        "sessionId": text::optional(MAX_TEXT),
        "eventName": text::optional(MAX_TEXT),
        "userId": text::optional(MAX_TEXT),
        "identityType": text::word(json!(IdentityType::ALL)),
        "surface": text::word(json!(Surface::ALL)),
        "consentLevel": text::word(json!(Consent::ALL)),
        "test": { "type": ["boolean", "null"] },
        "properties": free("What the event is about", MAX_PROPERTIES),
        "traits": free("What is known of the user", MAX_PROPERTIES),
        "context": { "anyOf": [{ "$ref": "#/components/schemas/Context" }, { "type": "null" }] },
    })
}

fn context() -> Value {
    let mut properties: Map<String, Value> = CONTEXT_TEXTS.iter().map(|(field, max)| ((*field).to_owned(), text::cut(*max))).collect();
    for field in ["library", "libraryVersion"] {
        properties.insert(field.into(), text::required_and_cut(MAX_TEXT));
    }
    properties.insert("screenDensity".into(), json!({ "type": ["number", "null"] }));
    json!({
        "type": "object",
        "required": ["library", "libraryVersion"],
        "properties": properties,
        "description": format!("Only describes page and device: texts that are too long are cut, and cost no message. At most {} KiB once that is done. No name and no text that is not listed holds U+0000.", MAX_CONTEXT / 1024),
    })
}
