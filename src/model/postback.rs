//! One conversion on its way to one connection.

use super::Millis;
use super::money::Money;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

super::words! {
    /// Stored states. “Parked” is not stored: an open postback of a parked or disabled connection is parked, at once and for all of them.
    PostbackState {
        Queued = "queued", Retrying = "retrying", Accepted = "accepted", Confirmed = "confirmed",
        Failed = "failed", Expired = "expired", Cancelled = "cancelled",
    }
}

impl PostbackState {
    /// Still to be sent: it has a row in the queue.
    pub const fn open(self) -> bool {
        matches!(self, Self::Queued | Self::Retrying)
    }
}

/// A postback as its pages show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Postback {
    pub id: Uuid,
    /// The attribution event id that support asks for.
    pub conversion_id: Uuid,
    pub network: String,
    pub goal_id: Uuid,
    pub goal_name: String,
    /// The game's event, e.g. `purchase`.
    pub event: String,
    /// The network's event name, e.g. `Purchase`.
    pub sent_as: String,
    /// Dedup id: the same on every try.
    pub dedup_id: String,
    pub event_time: Millis,
    pub value: Option<Money>,
    pub test: bool,
    pub state: PostbackState,
    /// Why it ended, in plain words; None while open, confirmed or simply accepted.
    pub ended: Option<String>,
    pub attempts: i32,
    pub created_at: Millis,
    /// When the next try is due, while open.
    pub due_at: Option<Millis>,
    /// When the network is asked next what became of it.
    pub asked_at: Option<Millis>,
    /// When the network stops taking it.
    pub expires_at: Millis,
}
