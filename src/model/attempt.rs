//! One HTTP try of a postback: a row of the delivery log.

use super::Millis;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

super::words! {
    /// The three words of the status column.
    AttemptStatus { Success = "success", Failed = "failed", Retried = "retried" }
}

impl AttemptStatus {
    pub const fn label(self) -> &'static str {
        match self {
            Self::Success => "Success",
            Self::Failed => "Failed",
            Self::Retried => "Retried",
        }
    }
}

super::words! {
    /// What a network whose yes is a receipt told later of an attempt that it had accepted.
    LastWord {
        /// It was not told yet.
        Waiting = "waiting",
        Confirmed = "confirmed",
        /// Read, and credited to no ad.
        NotCredited = "not_credited",
        Refused = "refused",
        /// A part of the call was counted and nobody says which: it was sent again alone.
        SentAgain = "sent_again",
        /// The network never said.
        NoAnswer = "no_answer",
    }
}

impl LastWord {
    /// What stands beside “Success”.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Waiting => "not confirmed yet",
            Self::Confirmed => "confirmed",
            Self::NotCredited => "not credited",
            Self::Refused => "refused later",
            Self::SentAgain => "sent again alone",
            Self::NoAnswer => "never confirmed",
        }
    }
}

/// The second stage of an accepted attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sequel {
    pub word: LastWord,
    /// When it was told.
    pub at: Option<Millis>,
    /// What it means for a marketer.
    pub says: Option<String>,
}

/// A row of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    pub id: Uuid,
    pub postback_id: Uuid,
    pub time: Millis,
    /// The goal's event.
    pub event: String,
    pub goal_name: String,
    pub status: AttemptStatus,
    /// None: there was no answer, or no call at all.
    pub http: Option<i32>,
    /// Round trip in milliseconds; None without a call.
    pub latency_ms: Option<i32>,
    /// 1 for the first try; 0 for an end without a call.
    pub attempt: i32,
    /// The network's own code, e.g. `40105`.
    pub code: Option<String>,
    /// The network's own words.
    pub words: Option<String>,
    /// What it means for a marketer, in one sentence.
    pub meaning: Option<String>,
    /// Which of the network's transports the call took, where there are several.
    pub transport: Option<String>,
    pub test: bool,
    /// What was told of it later, where the network's yes is a receipt.
    pub sequel: Option<Sequel>,
    /// The row is a late refusal: the accepted attempt that it takes back.
    pub of_attempt: Option<Uuid>,
}

/// How many attempts of a range ended how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusCounts {
    pub success: i64,
    pub failed: i64,
    pub retried: i64,
    /// Answer times of the range's latest thousand calls.
    pub p50_ms: Option<i32>,
    pub p95_ms: Option<i32>,
}

impl StatusCounts {
    pub const fn all(&self) -> i64 {
        self.success + self.failed + self.retried
    }
}

/// Request and answer as kept, secrets masked, 16 KiB each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    pub method: String,
    pub url: String,
    /// Masked headers, in the order sent.
    pub headers: Vec<(String, String)>,
    /// The request body without its events.
    pub envelope: String,
    /// This attempt's event as sent.
    pub event: String,
    pub response: Option<String>,
}
