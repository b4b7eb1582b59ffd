//! PURE: validates one message of the audience API (fields and limits as published) and applies the player's consent.

use super::answer::{Code, FieldError};
use super::fields::Fields;
use super::{consent, decoration, timestamp};
use crate::model::conversion::{Consent, Surface};
use crate::model::{DAY, HOUR, Millis};
use crate::server::decide::facts::{IdentityType, Message, MessageKind, UserRef};
use serde_json::{Map, Value};
use std::borrow::Cow;
use uuid::Uuid;

/// Characters of ids and names, as published, and of most context fields that are kept.
pub const MAX_TEXT: usize = 256;
pub const MAX_USER_AGENT: usize = 512;
pub const MAX_URL: usize = 2048;
/// Bytes of the free objects; the published API names no figure. The pixel and the SDKs stay below 4 KiB.
pub const MAX_PROPERTIES: usize = 32 * 1024;
pub const MAX_CONTEXT: usize = 16 * 1024;
/// How far eventTimestamp may lie from now, as published.
pub const OLDEST: Millis = 30 * DAY;
pub const NEWEST: Millis = 24 * HOUR;

/// Texts of the context, and how much of them is kept.
pub const CONTEXT_TEXTS: &[(&str, usize)] = &[
    ("userAgent", MAX_USER_AGENT),
    ("locale", MAX_TEXT),
    ("timezone", MAX_TEXT),
    ("screen", MAX_TEXT),
    ("pageTitle", MAX_TEXT),
    ("browserLanguage", MAX_TEXT),
    ("pageUrl", MAX_URL),
    ("pagePath", MAX_URL),
    ("pageReferrer", MAX_URL),
];

/// What the server knows of a request besides its body.
pub struct Receipt {
    pub game_id: Uuid,
    pub time: Millis,
    /// The player's address, where it is known.
    pub ip: Option<String>,
    /// The request's own User-Agent, for messages whose context names none.
    pub user_agent: Option<String>,
}

/// A valid message.
#[derive(Debug, PartialEq)]
pub enum Checked {
    Stored(Box<Message>),
    /// Consent `none` or `not_set`: counted as accepted, never stored.
    Counted,
}

/// Holds one message against the published rules; `id` is ours. Every field that is wrong is named.
pub fn validate(raw: Value, id: Uuid, receipt: &Receipt) -> Result<Checked, Vec<FieldError>> {
    let Value::Object(object) = raw else {
        return Err(vec![about_message(Code::InvalidFormat, "A message must be an object.")]);
    };
    let mut fields = Fields::new(object, "");
    let kind = kind(&mut fields);
    let message_id = message_id(&mut fields);
    let original_time = event_timestamp(&mut fields, receipt.time);
    let event_name = match kind {
        Some(MessageKind::Track) => fields.required_text("eventName", MAX_TEXT),
        _ => fields.text("eventName", MAX_TEXT),
    };
    let anonymous_id = fields.text("anonymousId", MAX_TEXT);
    let device_id = fields.text("deviceId", MAX_TEXT);
    let session_id = fields.text("sessionId", MAX_TEXT);
    let user = match kind {
        Some(MessageKind::Identify) => required_user(&mut fields, "userId", "identityType"),
        _ => user(&mut fields),
    };
    let alias = if kind == Some(MessageKind::Alias) { alias(&mut fields) } else { None };
    let surface: Option<Surface> = fields.word("surface", Surface::ALL);
    let consent: Option<Consent> = fields.word("consentLevel", Consent::ALL);
    let test = fields.flag("test");
    let properties = fields.object("properties", MAX_PROPERTIES).unwrap_or_default();
    let traits = fields.object("traits", MAX_PROPERTIES).unwrap_or_default();
    let context = context(&mut fields);
    let player_event = matches!(kind, Some(MessageKind::Track | MessageKind::Page | MessageKind::Screen));
    if player_event && anonymous_id.is_none() && user.is_none() && fields.errors.is_empty() {
        fields.errors.push(about_message(Code::MissingRequiredField, "anonymousId or userId is required."));
    }
    let (Some(kind), Some(message_id), Some(original_time), true) = (kind, message_id, original_time, fields.errors.is_empty()) else {
        return Err(fields.errors);
    };
    // A user id is the older clients' way to say `full`; an alias is made of user ids.
    let consent = consent.unwrap_or(if user.is_some() || alias.is_some() { Consent::Full } else { Consent::Anonymous });
    let message = Message {
        id,
        game_id: receipt.game_id,
        message_id,
        kind,
        event_time: original_time.min(receipt.time),
        original_time,
        received_at: receipt.time,
        anonymous_id,
        device_id,
        session_id,
        user,
        alias,
        event_name,
        surface,
        consent,
        test,
        ip: receipt.ip.clone(),
        user_agent: context.get("userAgent").and_then(Value::as_str).map(str::to_owned).or_else(|| receipt.user_agent.clone()),
        properties,
        context,
        traits,
    };
    Ok(match consent {
        Consent::None | Consent::NotSet => Checked::Counted,
        Consent::Anonymous => Checked::Stored(Box::new(consent::without_personal_data(message))),
        Consent::Full => Checked::Stored(Box::new(message)),
    })
}

/// The message's id for finding duplicates: a UUID in its one canonical form, anything else as sent.
pub fn duplicate_key(raw: &Value) -> Option<String> {
    let text = raw.get("messageId")?.as_str()?;
    Some(parse_id(text).map_or_else(|| text.to_owned(), |id| id.to_string()))
}

fn about_message(code: Code, message: &str) -> FieldError {
    FieldError { field: Cow::Borrowed("message"), code, message: message.into() }
}

fn kind(fields: &mut Fields) -> Option<MessageKind> {
    let text = fields.required_text("type", MAX_TEXT)?;
    let kind = MessageKind::from_word(&text);
    if kind.is_none() {
        fields.wrong("type", Code::UnsupportedType, "type must be one of track, page, screen, identify, alias.");
    }
    kind
}

fn message_id(fields: &mut Fields) -> Option<Uuid> {
    let text = fields.required_text("messageId", usize::MAX)?;
    let id = parse_id(&text);
    if id.is_none() {
        fields.wrong("messageId", Code::InvalidFormat, "messageId must be a UUID.");
    }
    id
}

/// Hyphenated or plain hex, any case; not the braced and URN forms.
fn parse_id(text: &str) -> Option<Uuid> {
    let plain = matches!(text.len(), 32 | 36);
    plain.then(|| Uuid::try_parse(text).ok()).flatten()
}

fn event_timestamp(fields: &mut Fields, now: Millis) -> Option<Millis> {
    let text = fields.required_text("eventTimestamp", MAX_TEXT)?;
    let Some(time) = timestamp::parse(&text) else {
        fields.wrong("eventTimestamp", Code::InvalidFormat, "eventTimestamp must be an RFC 3339 time, such as 2026-04-08T12:00:00Z.");
        return None;
    };
    if time < now - OLDEST || time > now + NEWEST {
        fields.wrong("eventTimestamp", Code::InvalidValue, "eventTimestamp must lie within the last 30 days or the next 24 hours.");
        return None;
    }
    Some(time)
}

fn user(fields: &mut Fields) -> Option<UserRef> {
    let kind: Option<IdentityType> = fields.word("identityType", IdentityType::ALL);
    fields.text("userId", MAX_TEXT).map(|id| UserRef { kind, id })
}

fn required_user(fields: &mut Fields, id: &'static str, kind: &'static str) -> Option<UserRef> {
    let id = fields.required_text(id, MAX_TEXT);
    let kind: Option<IdentityType> = fields.required_word(kind, IdentityType::ALL);
    Some(UserRef { kind: Some(kind?), id: id? })
}

fn alias(fields: &mut Fields) -> Option<(UserRef, UserRef)> {
    let from = required_user(fields, "fromId", "fromType");
    let to = required_user(fields, "toId", "toType");
    let (from, to) = (from?, to?);
    if from.id == to.id {
        fields.wrong("toId", Code::InvalidValue, "toId must differ from fromId.");
        return None;
    }
    Some((from, to))
}

fn context(fields: &mut Fields) -> Map<String, Value> {
    let Some(object) = fields.object_after("context", MAX_CONTEXT, decoration::cut) else { return Map::new() };
    let mut context = Fields::new(object, "context.");
    for field in ["library", "libraryVersion"] {
        if context.has_text(field) {
            context.check_text(field, MAX_TEXT);
        } else {
            context.missing(field);
        }
    }
    for (field, max) in CONTEXT_TEXTS {
        context.check_text(field, *max);
    }
    context.check_number("screenDensity");
    fields.errors.append(&mut context.errors);
    context.into_object()
}
