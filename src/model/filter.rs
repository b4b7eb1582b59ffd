//! What the log's URL asks for. A filter that is not a filter falls back to the default and says so.

use super::attempt::AttemptStatus;
use super::{DAY, HOUR, Millis};
use serde::{Deserialize, Serialize};

super::words! {
    /// The four ranges of the log.
    Range { Hour = "1h", Day = "24h", Week = "7d", Month = "30d" }
}

impl Range {
    pub const fn millis(self) -> Millis {
        match self {
            Self::Hour => HOUR,
            Self::Day => DAY,
            Self::Week => 7 * DAY,
            Self::Month => 30 * DAY,
        }
    }

    pub const fn label(self) -> &'static str {
        match self {
            Self::Hour => "1 hour",
            Self::Day => "24 hours",
            Self::Week => "7 days",
            Self::Month => "30 days",
        }
    }
}

/// The state of the log, as its URL holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogFilter {
    pub range: Range,
    pub status: Option<AttemptStatus>,
}

impl Default for LogFilter {
    fn default() -> Self {
        Self { range: Range::Day, status: None }
    }
}
