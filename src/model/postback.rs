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

impl Postback {
    /// What sending it again by hand is called; None where it cannot be. The question before it knows the rest.
    pub fn resend(&self, now: Millis) -> Option<&'static str> {
        match self.state {
            _ if self.test || self.expires_at <= now => None,
            PostbackState::Cancelled | PostbackState::Expired => None,
            PostbackState::Queued | PostbackState::Retrying => self.due_at.filter(|due| *due > now).map(|_| "Try now"),
            PostbackState::Accepted | PostbackState::Confirmed | PostbackState::Failed => Some("Resend"),
        }
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
    /// When somebody last had it sent again.
    pub resent_at: Option<Millis>,
}
