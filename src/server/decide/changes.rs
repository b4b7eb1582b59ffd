//! What `decide` answers: the set of rows to write, in one transaction.

use super::facts::{Click, IdentityKey, Message, Player, Slot, Span, StoredConversion};
use crate::model::Millis;
use crate::model::money::Money;
use crate::server::networks::contract::Event;
use uuid::Uuid;

#[derive(Debug, Default)]
pub struct Changes {
    /// Messages with the player they were found to belong to, and a note where one was stored and not applied (`consent`, `too many ids`, …).
    pub messages: Vec<StoredMessage>,
    /// Players to insert or update (consent, identity count).
    pub players: Vec<Player>,
    /// `from` is gone: everything of it (identities, clicks, slots, conversions, messages) belongs to `into`.
    pub merges: Vec<Merge>,
    /// Spans to upsert, after the merges.
    pub identities: Vec<(IdentityKey, Span)>,
    /// Clicks to upsert by (player, test, network, kind, click id), after the merges.
    pub clicks: Vec<Click>,
    /// Conversions to insert or update by id.
    pub conversions: Vec<StoredConversion>,
    pub slots: Vec<Slot>,
    /// Slots to remove (goal, player): their conversion lost them.
    pub freed_slots: Vec<(Uuid, Uuid)>,
    pub postbacks: Vec<NewPostback>,
    /// Postbacks never attempted that must not go out, with the reason word (`consent`, `superseded`).
    pub cancelled: Vec<(Uuid, &'static str)>,
}

#[derive(Debug)]
pub struct StoredMessage {
    pub message: Message,
    pub player_id: Option<Uuid>,
    pub note: Option<&'static str>,
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
    /// Event time + the network's limit - one hour's margin.
    pub expires_at: Millis,
}
