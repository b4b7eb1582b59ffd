//! Why a click earned a conversion: the winner and the runners-up with the reason each lost, as kept with the conversion.

use super::Millis;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Story {
    /// The attribution window that held.
    pub window_days: i32,
    pub winner: Option<Seen>,
    /// The latest first, a bounded number of them.
    pub lost: Vec<Loser>,
}

/// A click as it was when the decision was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Slug of the network.
    pub network: String,
    /// `ttclid`, …; `utm` for a paid touch without an id, `visit` for a visit without an ad.
    pub kind: String,
    pub id: String,
    pub time: Millis,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loser {
    #[serde(flatten)]
    pub click: Seen,
    pub because: Because,
}

super::words! {
    /// Why a click did not win.
    Because {
        /// A later one counts.
        Earlier = "earlier",
        /// It came after the event.
        AfterEvent = "after_event",
        /// It was too long before the event.
        OutsideWindow = "outside_window",
        /// A paid touch without an id.
        NoId = "no_id",
        /// A visit without an ad.
        Organic = "organic",
    }
}

impl Because {
    pub const fn says(self) -> &'static str {
        match self {
            Self::Earlier => "A later click counts.",
            Self::AfterEvent => "It came after the event.",
            Self::OutsideWindow => "It was too long before the event.",
            Self::NoId => "A paid visit without a click id never beats a click.",
            Self::Organic => "A visit without an ad displaces no click.",
        }
    }
}
