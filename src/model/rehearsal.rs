//! What a goal would have counted, had it been active: told before it is saved.

use super::Millis;
use super::money::Amount;
use serde::{Deserialize, Serialize};

/// How far back it looks, in days.
pub const REHEARSED_DAYS: i64 = 30;
/// Events that are looked at, the latest ones.
pub const MAX_REHEARSED: usize = 20_000;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rehearsal {
    /// Events of that name, test events left out.
    pub events: i64,
    /// There were more than `MAX_REHEARSED`; only the latest were looked at.
    pub cut: bool,
    /// How often the goal would have counted.
    pub counted: i64,
    /// What these were worth, by currency.
    pub worth: Vec<Amount>,
    /// Of these, the ones that an ad click with an id would have earned, by network.
    pub earned: Vec<Earned>,
    /// The latest events against the filter; empty without one.
    pub latest: Vec<Sample>,
}

impl Rehearsal {
    pub fn with_click(&self) -> i64 {
        self.earned.iter().map(|one| one.count).sum()
    }
}

/// Conversions that clicks of one network earned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Earned {
    pub network_name: String,
    /// Whether Postbacks could send them there at all.
    pub sends: bool,
    pub count: i64,
    pub worth: Vec<Amount>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    pub time: Millis,
    /// The property that the filter looks at, as text; None where the event has none.
    pub value: Option<String>,
    pub passes: bool,
}
