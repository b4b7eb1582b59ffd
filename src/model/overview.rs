//! What a game's first page shows.

use super::conversion::OutcomeCount;
use super::evidence::Evidence;
use super::integration::IntegrationCard;
use serde::{Deserialize, Serialize};

/// The last day of a game in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overview {
    /// Every network; its attempts are of the last 24 hours.
    pub cards: Vec<IntegrationCard>,
    /// What became of the last 24 hours' goal matches.
    pub outcomes: Vec<OutcomeCount>,
    /// How far the set-up gets, over the last 30 days.
    pub evidence: Evidence,
}
