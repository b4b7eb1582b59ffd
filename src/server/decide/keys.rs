//! Which ids a message may touch: what the writer locks and loads before it asks `decide`.

use super::facts::{Facts, IdentityKey, IdentityType, Message, UserRef};
use std::collections::BTreeSet;
use std::sync::Arc;
use uuid::Uuid;

pub const ANONYMOUS: &str = "anonymous";
pub const DEVICE: &str = "device";

/// Ids that clients send when they have none: everybody would be one player. Compared trimmed and in lower case.
const PLACEHOLDERS: &[&str] = &[
    "",
    "-",
    "-1",
    "[object object]",
    "anon",
    "anonymous",
    "default",
    "false",
    "guest",
    "n/a",
    "na",
    "nan",
    "nil",
    "none",
    "null",
    "true",
    "undefined",
    "unknown",
];

/// Whether many players share this id: one of `PLACEHOLDERS`, or nothing but zeros (`0`, `00000000-0000-0000-0000-000000000000`).
pub fn is_placeholder(id: &str) -> bool {
    let id = id.trim().to_lowercase();
    PLACEHOLDERS.contains(&id.as_str()) || id.chars().all(|c| c == '0' || c == '-')
}

/// The ids to lock and load for a batch, sorted, each once.
pub fn of_batch(batch: &[Arc<Message>]) -> BTreeSet<IdentityKey> {
    batch.iter().flat_map(|message| of_message(message)).collect()
}

/// The ids of a message: its own, and for a test message also the production ids of the same values, which it sees.
pub fn of_message(message: &Message) -> Vec<IdentityKey> {
    let mut keys = Vec::new();
    for test in if message.test { &[true, false][..] } else { &[false] } {
        let key =
            |kind: &str, value: &str| IdentityKey { game_id: message.game_id, test: *test, kind: kind.to_owned(), value: value.to_owned() };
        keys.extend(message.anonymous_id.iter().map(|id| key(ANONYMOUS, id)));
        keys.extend(message.device_id.iter().map(|id| key(DEVICE, id)));
        let aliased = message.alias.iter().flat_map(|(from, to)| [from, to]);
        for user in message.user.iter().chain(aliased) {
            keys.extend(kinds_of(user).into_iter().map(|kind| key(user_kind(kind), &user.id)));
        }
    }
    keys.retain(|key| !is_placeholder(&key.value));
    keys
}

/// What is still missing from `facts`: a test message sees every click and link of its player, so the test ids that bear the values of
/// production ids found, and the other way round. Empty without test messages; asked again after each loading until it is.
pub fn further(batch: &[Arc<Message>], facts: &Facts) -> BTreeSet<IdentityKey> {
    let games: BTreeSet<Uuid> = batch.iter().filter(|message| message.test).map(|message| message.game_id).collect();
    facts
        .identities
        .iter()
        .filter(|(key, spans)| games.contains(&key.game_id) && !spans.is_empty())
        .map(|(key, _)| IdentityKey { test: !key.test, ..key.clone() })
        .filter(|twin| !facts.identities.contains_key(twin))
        .collect()
}

/// Whether the kind of an id is a userId's.
pub fn is_user(kind: &str) -> bool {
    kind.starts_with("user:")
}

/// `user:steam`
pub const fn user_kind(of: IdentityType) -> &'static str {
    match of {
        IdentityType::Passport => "user:passport",
        IdentityType::Steam => "user:steam",
        IdentityType::Epic => "user:epic",
        IdentityType::Google => "user:google",
        IdentityType::Apple => "user:apple",
        IdentityType::Discord => "user:discord",
        IdentityType::Email => "user:email",
        IdentityType::Custom => "user:custom",
    }
}

/// The types of which a userId may be; one with a type may join the `custom` one that an untyped message made.
pub fn kinds_of(user: &UserRef) -> Vec<IdentityType> {
    match user.kind {
        None => IdentityType::ALL.to_vec(),
        Some(IdentityType::Custom) => vec![IdentityType::Custom],
        Some(kind) => vec![kind, IdentityType::Custom],
    }
}
