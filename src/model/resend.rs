//! Sending again by hand: what is asked for, what may go out again and what is left out, and how far it has come.

use super::Millis;
use super::connection::Connection;
use super::filter::LogFilter;
use super::network::NetworkCard;
use super::number::counted;
use super::{HOUR, MINUTE};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Rows of the log that one selection holds: a page of it.
pub const MAX_SELECTED: usize = 50;
/// What was counted may be confirmed this long.
pub const QUESTION_HOLDS: Millis = HOUR;
/// What is typed where something would, or may, count twice.
pub const TYPED: &str = "count twice";

super::words! {
    /// How a postback stands towards being sent again. `db::resendable` says which is which.
    Standing {
        /// Ended without the network's yes, and may go out.
        Ready = "ready",
        /// Waits for its next try by itself: that one is made now.
        Waiting = "waiting",
        // The rest is left out.
        Delivered = "delivered",
        /// In a call at this moment.
        Sending = "sending",
        /// Its next try is due already.
        Due = "due",
        Expired = "expired",
        /// It may have arrived, and the network would not know it again.
        Unknown = "unknown",
        Cancelled = "cancelled",
        /// Meant for another account or target than the present one.
        Elsewhere = "elsewhere",
        Consent = "consent",
        Erased = "erased",
        Test = "test",
        /// Somebody has had it sent again since this was asked for.
        Again = "again",
    }
}

impl Standing {
    pub const fn goes(self) -> bool {
        matches!(self, Self::Ready | Self::Waiting)
    }

    /// What stands beside the number of those.
    pub fn label(self, short: &str, target_noun: &str) -> String {
        match self {
            Self::Ready => "Ended without success".to_owned(),
            Self::Waiting => "Waiting for their next try, made now instead".to_owned(),
            Self::Delivered => format!("{short} has them already"),
            Self::Sending => "Being sent at this moment".to_owned(),
            Self::Due => "In the queue, and due".to_owned(),
            Self::Expired => format!("Too old for {short}"),
            Self::Unknown => "May have arrived, and would by now be counted twice".to_owned(),
            Self::Cancelled => "Cancelled".to_owned(),
            Self::Elsewhere => format!("Meant for another account or {}", target_noun.to_lowercase()),
            Self::Consent => "The player withdrew consent".to_owned(),
            Self::Erased => "The player was erased".to_owned(),
            Self::Test => "Test events".to_owned(),
            Self::Again => "Sent again by somebody meanwhile".to_owned(),
        }
    }
}

/// How many postbacks stand how; none of a standing is not listed.
pub type Counts = Vec<(Standing, i64)>;

/// Of these, how many go out (again, or now instead of later).
pub fn going(counts: &Counts) -> i64 {
    counts.iter().filter(|(standing, _)| standing.goes()).map(|(_, count)| count).sum()
}

/// What is to be sent again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wanted {
    /// Everything that the log shows under this filter, up to a moment.
    Shown { filter: LogFilter, until: Millis },
    /// These rows of the log.
    Rows(Vec<Uuid>),
}

impl Wanted {
    /// `the failed rows of the last 24 hours`, `3 selected rows`
    pub fn says(&self) -> String {
        match self {
            Self::Rows(rows) => counted(i64::try_from(rows.len()).unwrap_or(i64::MAX), "selected row", "selected rows"),
            Self::Shown { filter, .. } => {
                let status = filter.status.map(|status| format!("{} ", status.label().to_lowercase())).unwrap_or_default();
                format!("the {status}rows of the last {}", filter.range.label())
            }
        }
    }

    /// Whether the count is of now: neither too long ago nor ahead of our clock by more than clocks differ.
    pub fn holds(&self, now: Millis) -> bool {
        match self {
            Self::Rows(rows) => rows.len() <= MAX_SELECTED,
            Self::Shown { until, .. } => (now - QUESTION_HOLDS..=now + MINUTE).contains(until),
        }
    }
}

/// The question before many are sent again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResendQuestion {
    pub game_name: String,
    pub network: NetworkCard,
    pub connection: Option<Connection>,
    pub wanted: Wanted,
    pub counts: Counts,
    pub running: Option<RunningResend>,
    /// The oldest event that the network takes, in days.
    pub max_age_days: i64,
}

/// A resend that is under way, for the pages that lead to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunningResend {
    pub id: Uuid,
    pub asked_by: String,
    pub asked_at: Millis,
    pub done: i64,
    pub expected: i64,
}

super::words! {
    /// How a resend ended.
    ResendEnd {
        Done = "done",
        Cancelled = "cancelled",
        /// The network was disconnected, or led to another account or target.
        Stopped = "stopped",
    }
}

/// How far a resend has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Postbacks that it was to send, as counted when it was asked for.
    pub expected: i64,
    /// Put back into the queue.
    pub put_back: i64,
    /// Whose next try was made at once.
    pub hurried: i64,
    pub left_out: Counts,
    /// What became of those so far.
    pub accepted: i64,
    pub refused: i64,
    pub under_way: i64,
    pub ended: Option<(ResendEnd, Millis)>,
    /// What holds the connection: `parked`, or switched off.
    pub held: bool,
}

impl Progress {
    pub const fn done(&self) -> i64 {
        self.put_back + self.hurried
    }

    /// Of those that were sent again, somebody has had so many sent once more since.
    pub const fn once_more(&self) -> i64 {
        self.done() - self.accepted - self.refused - self.under_way
    }

    /// Something of it may still change.
    pub const fn moves(&self) -> bool {
        self.ended.is_none() || self.under_way > 0
    }
}

/// The page of one resend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResendPage {
    pub game_name: String,
    pub network: NetworkCard,
    pub may_change: bool,
    pub id: Uuid,
    pub asked_by: String,
    pub asked_at: Millis,
    /// `the failed rows of the last 24 hours`
    pub says: String,
    pub progress: Progress,
}

/// What sending one again would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Effect {
    /// It goes out again.
    Again,
    /// Its next try, due then, is made now.
    Now { due_at: Millis },
    /// The network has it since then, and ignores a repetition until then.
    Ignored { since: Millis, until: Millis },
    /// The network has it since then, and would count it once more.
    Twice { since: Millis },
    /// The network may have it since then, and would count it once more.
    PerhapsTwice { since: Millis },
    /// It cannot go out again.
    None(Standing),
}

impl Effect {
    /// What a form says that it saw.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Again => "again",
            Self::Now { .. } => "now",
            Self::Ignored { .. } => "ignored",
            Self::Twice { .. } => "twice",
            Self::PerhapsTwice { .. } => "perhaps_twice",
            Self::None(_) => "none",
        }
    }

    pub const fn must_be_typed(self) -> bool {
        matches!(self, Self::Twice { .. } | Self::PerhapsTwice { .. })
    }
}

/// The question before one is sent again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResendOne {
    pub game_name: String,
    pub network: NetworkCard,
    pub connection: Option<Connection>,
    /// The game's event and the goal.
    pub event: String,
    pub goal_name: String,
    pub effect: Effect,
    pub max_age_days: i64,
    pub window_hours: i64,
}

super::words! {
    /// Why nothing was sent again.
    ResendProblem {
        Running = "running", Nothing = "nothing", NotConnected = "not_connected", Stale = "stale", Typed = "typed", Changed = "changed",
        TooMany = "too_many", Ended = "ended",
    }
}

impl ResendProblem {
    pub const fn says(self) -> &'static str {
        match self {
            Self::Running => "A resend of this network is running already. Wait until it is done, or cancel it.",
            Self::Nothing => "There is nothing here that can be sent again. Nothing was changed.",
            Self::NotConnected => "Nothing is connected, so nothing can be sent. Connect the network first.",
            Self::Stale => "This count is more than an hour old. Open the question again from the log.",
            Self::Typed => "To send it again, type the two words shown beside the field.",
            Self::Changed => "It stands differently by now. Read the question again.",
            Self::TooMany => "A selection holds up to 50 rows. Select fewer.",
            Self::Ended => "This resend had ended already.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::attempt::AttemptStatus;
    use crate::model::filter::Range;

    #[test]
    fn what_is_wanted_is_said_as_the_log_shows_it() {
        let shown = |status| Wanted::Shown { filter: LogFilter { range: Range::Week, status }, until: 0 };
        assert_eq!(shown(Some(AttemptStatus::Failed)).says(), "the failed rows of the last 7 days");
        assert_eq!(shown(None).says(), "the rows of the last 7 days");
        assert_eq!(Wanted::Rows(vec![Uuid::nil()]).says(), "1 selected row");
    }

    #[test]
    fn a_count_holds_for_an_hour() {
        let now = 10 * HOUR;
        let holds = |until| Wanted::Shown { filter: LogFilter::default(), until }.holds(now);
        assert!(holds(now) && holds(now - HOUR) && holds(now + MINUTE));
        assert!(!holds(now - HOUR - 1) && !holds(now + MINUTE + 1) && !holds(0) && !holds(Millis::MAX));
        assert!(Wanted::Rows(vec![Uuid::nil(); MAX_SELECTED]).holds(now));
        assert!(!Wanted::Rows(vec![Uuid::nil(); MAX_SELECTED + 1]).holds(now));
    }

    #[test]
    fn only_two_standings_go_out() {
        let counts: Counts = Standing::ALL.iter().map(|standing| (*standing, 1)).collect();
        assert_eq!(going(&counts), 2);
    }
}
