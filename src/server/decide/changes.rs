//! What `decide` answers: the set of rows to write, in one transaction.

use super::facts::{Click, IdentityKey, Message, Player, Slot, Span, StoredConversion};
use crate::model::Millis;
use crate::model::money::Money;
use crate::server::networks::contract::Event;
use std::sync::Arc;
use uuid::Uuid;

/// The fields stand in the order in which they are to be written.
#[derive(Debug, Default, PartialEq)]
pub struct Changes {
    /// Once-per-player slots to delete, by (goal, player). Every slot of a merged player is among them; `slots` says where it went.
    pub freed_slots: Vec<(Uuid, Uuid)>,
    /// Clicks of merged players that turned out to be one: delete `gone`, and let conversions that name it name `kept`.
    pub same_clicks: Vec<SameClick>,
    /// `from` is gone: everything of it (identities, clicks, conversions, messages) belongs to `into`; then its row is deleted.
    pub merges: Vec<Merge>,
    /// Players to insert or update by id.
    pub players: Vec<Player>,
    /// Spans to insert or update by (id, since).
    pub identities: Vec<(IdentityKey, Span)>,
    /// Clicks to insert or update by id.
    pub clicks: Vec<Click>,
    /// Conversions to insert or update by id.
    pub conversions: Vec<StoredConversion>,
    /// Slots to insert or update by (goal, player).
    pub slots: Vec<Slot>,
    /// Postbacks never attempted that a better decision replaced: nobody ever saw them, so they and their queue rows are deleted.
    pub withdrawn: Vec<Uuid>,
    /// Players who said that nothing may go out: every open postback of theirs, attempted or not, is cancelled (`consent`).
    pub silenced: Vec<Uuid>,
    /// Postbacks to insert, each with a queue row due at once. One whose `expires_at` has passed is queued all the same: the queue
    /// ends it as `expired`, with its row in the log.
    pub postbacks: Vec<NewPostback>,
    /// Every message of the batch, with the player it was found to belong to and a note where one was stored and not (wholly) applied.
    pub messages: Vec<StoredMessage>,
}

/// Notes of `StoredMessage`: why a message, or the link in it, was stored and not applied.
pub mod note {
    /// Consent left the message without any id.
    pub const CONSENT: &str = "consent";
    /// An id that many players share (`null`, `0`, …) was left out.
    pub const PLACEHOLDER_ID: &str = "placeholder_id";
    /// The link would have given a player more than 100 ids.
    pub const TOO_MANY_IDS: &str = "too_many_ids";
    /// The anonymousId or deviceId had another user before: from this event time on it belongs to the new one.
    pub const OTHER_USER: &str = "other_user";
    /// The anonymousId or deviceId has changed hands so often that it is nobody's: it was left out.
    pub const SHARED_ID: &str = "shared_id";
    /// Its sender's data was erased: nothing of it is kept but that it came.
    pub const ERASED: &str = "erased";
}

#[derive(Debug, PartialEq)]
pub struct StoredMessage {
    pub message: Arc<Message>,
    pub player_id: Option<Uuid>,
    pub note: Option<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SameClick {
    pub gone: Uuid,
    pub kept: Uuid,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Merge {
    pub from: Uuid,
    pub into: Uuid,
}

#[derive(Debug, Clone, PartialEq)]
pub struct NewPostback {
    pub id: Uuid,
    pub game_id: Uuid,
    pub connection_id: Uuid,
    pub network: String,
    pub conversion_id: Uuid,
    pub goal_id: Uuid,
    pub event: String,
    pub event_time: Millis,
    pub value: Option<Money>,
    pub test: bool,
    /// `event.name` and `event.dedup_id` are also columns.
    pub body: Event,
    pub created_at: Millis,
    /// Event time + the network's limit - one hour's margin. May lie in the past.
    pub expires_at: Millis,
}
