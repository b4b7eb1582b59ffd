//! What the log's URL asks for. A filter that is not a filter falls back to the default and says so.

use super::attempt::AttemptStatus;
use super::{DAY, HOUR, Millis};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

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

/// A place in a list that is ordered by time and id, both newest first. Its text in URLs is `<time>-<id>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    pub time: Millis,
    pub id: Uuid,
}

impl Cursor {
    /// Newer than everything.
    pub const END: Self = Self { time: Millis::MAX, id: Uuid::max() };
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.time, self.id.simple())
    }
}

impl FromStr for Cursor {
    type Err = super::UnknownWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let (time, id) = text.split_once('-')?;
            Some(Self { time: time.parse().ok()?, id: id.parse().ok()? })
        };
        parse().ok_or(super::UnknownWord("Cursor"))
    }
}

/// Which page of a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Position {
    #[default]
    Newest,
    OlderThan(Cursor),
    NewerThan(Cursor),
}
