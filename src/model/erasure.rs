//! Forgetting a player: what is taken away, and what can be told of it afterwards without a word of who it was.

use super::Millis;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// What is typed before a player is erased.
pub const WORD: &str = "erase";

/// What an erasure finds and does, as it adds up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Receipt {
    pub identities: i64,
    pub messages: i64,
    pub clicks: i64,
    pub conversions: i64,
    /// Postbacks that waited and were cancelled.
    pub cancelled: i64,
    /// What had gone out, by the network's slug; for pages, by its name.
    pub gone: BTreeMap<String, Gone>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Gone {
    pub accepted: i64,
    pub first: Option<Millis>,
    pub last: Option<Millis>,
    /// Calls without an answer, or under way: they may have arrived.
    pub unknown: i64,
}

impl Receipt {
    /// Whether anything was kept of the player.
    pub fn held_something(&self) -> bool {
        self.identities + self.messages + self.clicks + self.conversions > 0
    }
}

/// The question before a player is erased: what would go, counted now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EraseQuestion {
    pub game_name: String,
    pub id: Uuid,
    pub label: String,
    pub would_go: Receipt,
}

/// An erasure that was asked for: how far it is, or its receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasurePage {
    pub game_name: String,
    pub trace_id: String,
    /// Who asked for it.
    pub who: String,
    pub asked_at: Option<Millis>,
    /// None: it is under way.
    pub done_at: Option<Millis>,
    /// None where it is older than receipts with figures; then `says` has it in a sentence.
    pub receipt: Option<Receipt>,
    pub says: String,
}
