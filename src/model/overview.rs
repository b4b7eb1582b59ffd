//! What a game's first page shows.

use super::conversion::Reason;
use super::evidence::Evidence;
use super::integration::IntegrationCard;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overview {
    /// Every network; its attempts are of the last 24 hours.
    pub cards: Vec<IntegrationCard>,
    pub became: Became,
    /// How far the set-up gets, over the last 30 days.
    pub evidence: Evidence,
}

/// What became of the last 30 days' goal matches, test events left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Became {
    /// An ad click earned them, and a postback was made.
    pub credited: i64,
    pub waiting: i64,
    /// One entry a reason, most first.
    pub not_sent: Vec<Unsent>,
}

/// Conversions that were not sent for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsent {
    pub reason: Reason,
    pub count: i64,
    /// The credited networks, most first, where one was.
    pub networks: Vec<Credited>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credited {
    /// None: Postbacks does not send to it, so it has no page.
    pub slug: Option<String>,
    pub name: String,
    pub count: i64,
}

impl Became {
    pub fn unsent(&self) -> i64 {
        self.not_sent.iter().map(|unsent| unsent.count).sum()
    }

    pub fn all(&self) -> i64 {
        self.credited + self.waiting + self.unsent()
    }
}
