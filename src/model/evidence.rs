//! What an empty log is explained with.

use super::Millis;
use serde::{Deserialize, Serialize};

/// How far a game's set-up gets, counted over a range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    pub messages: i64,
    pub page_messages: i64,
    pub active_goals: i64,
    /// Messages that matched a goal.
    pub matches: i64,
    /// Clicks with an id of the network whose log it is.
    pub clicks_of_network: i64,
    /// Clicks with an id by the slug of the other networks.
    pub clicks_of_others: Vec<(String, i64)>,
    /// Events of active goals with the time of the latest one.
    pub last_events: Vec<LastEvent>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastEvent {
    pub event: String,
    pub time: Option<Millis>,
}
