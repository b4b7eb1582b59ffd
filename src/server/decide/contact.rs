//! How a player may be recognised by a network besides a click id: email and phone, learned at full consent only.

use super::facts::{Contact, IdentityType, Message, UserRef};
use super::world::World;
use crate::model::Millis;
use crate::model::conversion::Consent;
use serde_json::Value;
use uuid::Uuid;

/// RFC 5321 allows 254 characters.
const MAX_EMAIL: usize = 254;
/// E.164 has 15 digits; people write blanks, brackets and hyphens between.
const MAX_PHONE: usize = 40;
const SHA256_HEX: usize = 64;
/// How the pixel marks a hash.
const HASH_PREFIX: &str = "sha256:";

/// Keeps what a message tells about its player. A first email may earn what waits: it is decided again.
pub fn learn(world: &mut World, player: Uuid, message: &Message) {
    let told = told(message);
    if told == Contact::default() {
        return;
    }
    let known = world.graph.player(player);
    if known.consent.is_some_and(|(status, _)| status != Consent::Full) {
        return;
    }
    let mut merged = known.contact.clone();
    merged.merge(told);
    if merged != known.contact {
        if known.contact.has_email() != merged.has_email() {
            world.stir(player);
        }
        world.graph.change_player(player).contact = merged;
    }
}

/// Whether a message tells nothing of the kind.
pub fn is_silent(message: &Message) -> bool {
    told(message) == Contact::default()
}

/// The personal part of one message.
pub fn told(message: &Message) -> Contact {
    if message.consent != Consent::Full {
        return Contact::default();
    }
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::trim).map(str::to_owned);
    let users = message.user.iter().chain(message.alias.iter().flat_map(|(from, to)| [from, to]));
    let of_user = users.filter(|user| user.kind == Some(IdentityType::Email)).map(|UserRef { id, .. }| id.trim().to_owned());
    let email = text(message.traits.get("email")).into_iter().chain(of_user).find(|email| is_email(email));
    let hash = text(message.properties.get("email_hash")).and_then(|hash| sha256(&hash));
    let phone = text(message.traits.get("phone")).filter(|phone| is_phone(phone));
    let dated = |value: Option<String>| value.map(|value| (value, message.event_time));
    Contact { email: dated(email), email_sha256: dated(hash), phone: dated(phone) }
}

impl Contact {
    pub fn has_email(&self) -> bool {
        self.email.is_some() || self.email_sha256.is_some()
    }

    /// The newer of each; at the same time the greater text, so that the order of arrival does not matter.
    pub fn merge(&mut self, other: Self) {
        let newer = |one: &mut Option<(String, Millis)>, other: Option<(String, Millis)>| {
            let rank = |told: &Option<(String, Millis)>| told.as_ref().map(|(text, time)| (*time, text.clone()));
            if rank(&other) > rank(one) {
                *one = other;
            }
        };
        newer(&mut self.email, other.email);
        newer(&mut self.email_sha256, other.email_sha256);
        newer(&mut self.phone, other.phone);
    }
}

fn is_email(text: &str) -> bool {
    let parts = text.split_once('@');
    text.len() <= MAX_EMAIL
        && parts.is_some_and(|(user, host)| !user.is_empty() && host.contains('.') && !host.contains('@'))
        && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}

fn is_phone(text: &str) -> bool {
    text.len() <= MAX_PHONE
        && text.chars().filter(char::is_ascii_digit).count() >= 7
        && text.chars().all(|c| c.is_ascii_digit() || " +-().".contains(c))
}

fn sha256(text: &str) -> Option<String> {
    let hex = text.strip_prefix(HASH_PREFIX).unwrap_or(text);
    (hex.len() == SHA256_HEX && hex.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| hex.to_ascii_lowercase())
}
