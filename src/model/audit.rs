//! The audit log as people read it: what was changed, by whom, when.

use super::filter::{Cursor, Position};
use super::integration::Page;
use super::zone::Day;
use super::{Millis, calendar};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

super::words! {
    /// What a change is about; the log is filtered by it.
    Area { Goal = "goal", Network = "network", Key = "key", Game = "game", Player = "player", Person = "person" }
}

impl Area {
    pub const fn label(self) -> &'static str {
        match self {
            Self::Goal => "Goals",
            Self::Network => "Networks",
            Self::Key => "API keys",
            Self::Game => "Game",
            Self::Player => "Players",
            Self::Person => "People",
        }
    }
}

super::words! {
    /// One kind of change.
    Action {
        GoalCreated = "goal.created", GoalChanged = "goal.changed", GoalPaused = "goal.paused", GoalResumed = "goal.resumed",
        GoalArchived = "goal.archived", GoalRestored = "goal.restored",
        Connected = "connection.connected", Reconnected = "connection.reconnected", Disconnected = "connection.disconnected",
        Enabled = "connection.enabled", Disabled = "connection.disabled", TestCode = "connection.test_code",
        Transport = "connection.transport", TryAgain = "connection.try_again", TestEvent = "connection.test_event",
        Named = "connection.named", Mapped = "connection.mapped", SentNow = "conversions.sent_now",
        Resent = "postback.resent", ResendStarted = "resend.started", ResendCancelled = "resend.cancelled",
        ResendDone = "resend.done", ResendStopped = "resend.stopped",
        KeyRotated = "api_key.rotated", KeyTakenOver = "api_key.taken_over", KeyRemoved = "api_key.removed",
        GameCreated = "game.created", GameChanged = "game.changed",
        PlayerExported = "player.exported", ErasureAsked = "player.erasure_asked", PlayerErased = "player.erased",
        OwnerCreated = "owner.created", PasswordChanged = "password.changed", PasswordReset = "password.reset",
    }
}

impl Action {
    pub const fn area(self) -> Area {
        match self {
            Self::GoalCreated | Self::GoalChanged | Self::GoalPaused | Self::GoalResumed | Self::GoalArchived | Self::GoalRestored => {
                Area::Goal
            }
            Self::Connected
            | Self::Reconnected
            | Self::Disconnected
            | Self::Enabled
            | Self::Disabled
            | Self::TestCode
            | Self::Transport
            | Self::TryAgain
            | Self::TestEvent
            | Self::Named
            | Self::Mapped
            | Self::SentNow
            | Self::Resent
            | Self::ResendStarted
            | Self::ResendCancelled
            | Self::ResendDone
            | Self::ResendStopped => Area::Network,
            Self::KeyRotated | Self::KeyTakenOver | Self::KeyRemoved => Area::Key,
            Self::GameCreated | Self::GameChanged => Area::Game,
            Self::PlayerExported | Self::ErasureAsked | Self::PlayerErased => Area::Player,
            Self::OwnerCreated | Self::PasswordChanged | Self::PasswordReset => Area::Person,
        }
    }
}

impl Action {
    /// What somebody did, to follow their name. The subject of a network is its name.
    pub fn says(self, subject: &str) -> String {
        match self {
            Self::GoalCreated => format!("made the goal {subject}"),
            Self::GoalChanged => format!("changed the goal {subject}"),
            Self::GoalPaused => format!("paused the goal {subject}"),
            Self::GoalResumed => format!("resumed the goal {subject}"),
            Self::GoalArchived => format!("archived the goal {subject}"),
            Self::GoalRestored => format!("brought back the goal {subject}"),
            Self::Connected => format!("connected {subject}"),
            Self::Reconnected => format!("reconnected {subject}"),
            Self::Disconnected => format!("disconnected {subject}"),
            Self::Enabled => format!("switched sending to {subject} on"),
            Self::Disabled => format!("switched sending to {subject} off"),
            Self::TestCode => format!("set the test code of {subject}"),
            Self::Transport => format!("changed how conversions go to {subject}"),
            Self::TryAgain => format!("had what was parked for {subject} tried again"),
            Self::TestEvent => format!("sent a test event to {subject}"),
            Self::Named => format!("changed event names at {subject}"),
            Self::Mapped => format!("mapped goals at {subject}"),
            Self::SentNow => format!("sent to {subject} what had stayed here"),
            Self::Resent => format!("sent a postback to {subject} again"),
            Self::ResendStarted => format!("began to send postbacks to {subject} again"),
            Self::ResendCancelled => format!("cancelled sending postbacks to {subject} again"),
            Self::ResendDone => format!("had postbacks sent to {subject} again"),
            Self::ResendStopped => format!("was stopped sending postbacks to {subject} again: it was disconnected or led elsewhere"),
            Self::KeyRotated => format!("rotated the {subject} key"),
            Self::KeyTakenOver => format!("took over the publishable key that ends in {subject}"),
            Self::KeyRemoved => format!("removed the publishable key that ends in {subject}"),
            Self::GameCreated => format!("made the game {subject}"),
            Self::GameChanged => "changed the game’s settings".to_owned(),
            Self::PlayerExported => "took out a player’s data".to_owned(),
            Self::ErasureAsked => "asked for a player to be erased".to_owned(),
            Self::PlayerErased => "had a player erased".to_owned(),
            Self::OwnerCreated => format!("made {subject} the first owner"),
            Self::PasswordChanged => "changed their password".to_owned(),
            Self::PasswordReset => format!("reset the password of {subject}"),
        }
    }
}

/// The query of the page, as its URL holds it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AuditQuery {
    /// Days of the game, `2026-11-23`, both included.
    pub from: Option<String>,
    pub to: Option<String>,
    /// An `Area`.
    pub what: Option<String>,
    /// A person's id, or `nobody`.
    pub by: Option<String>,
    pub older: Option<String>,
    pub newer: Option<String>,
}

/// Who changed something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum By {
    Person(Uuid),
    /// A server with the secret key, the command line, Postbacks itself.
    Nobody,
}

/// The word of `By::Nobody` in URLs.
pub const NOBODY: &str = "nobody";

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditFilter {
    pub from: Option<Day>,
    pub to: Option<Day>,
    pub area: Option<Area>,
    pub by: Option<By>,
}

/// What a query means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meaning {
    pub filter: AuditFilter,
    pub position: Position,
    /// Something in the query is none of ours.
    pub unknown: bool,
}

impl AuditQuery {
    pub fn meaning(&self) -> Meaning {
        let mut unknown = false;
        let from = read(&self.from, &mut unknown, calendar::day_from);
        let to = read(&self.to, &mut unknown, calendar::day_from);
        let area = read(&self.what, &mut unknown, Area::from_word);
        let by = read(&self.by, &mut unknown, |text| match text {
            NOBODY => Some(By::Nobody),
            id => id.parse().ok().map(By::Person),
        });
        let older: Option<Cursor> = read(&self.older, &mut unknown, |text| text.parse().ok());
        let newer: Option<Cursor> = read(&self.newer, &mut unknown, |text| text.parse().ok());
        let position = match (older, newer) {
            (Some(cursor), _) => Position::OlderThan(cursor),
            (None, Some(cursor)) => Position::NewerThan(cursor),
            (None, None) => Position::Newest,
        };
        Meaning { filter: AuditFilter { from, to, area, by }, position, unknown }
    }
}

fn read<T>(text: &Option<String>, unknown: &mut bool, read: impl Fn(&str) -> Option<T>) -> Option<T> {
    let text = text.as_deref().filter(|text| !text.is_empty())?;
    let value = read(text);
    *unknown |= value.is_none();
    value
}

impl AuditFilter {
    /// The query that asks for this filter; that for everything is empty.
    pub fn query(&self) -> String {
        let by = self.by.map(|by| match by {
            By::Person(id) => id.to_string(),
            By::Nobody => NOBODY.to_owned(),
        });
        let parts = [
            ("from", self.from.map(calendar::day_text)),
            ("to", self.to.map(calendar::day_text)),
            ("what", self.area.map(|area| area.word().to_owned())),
            ("by", by),
        ];
        let parts: Vec<String> = parts.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", value?))).collect();
        parts.join("&")
    }
}

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRow {
    pub id: Uuid,
    pub time: Millis,
    pub who: String,
    /// What they did, to follow their name.
    pub says: String,
    /// More of it; empty where that says it all.
    pub detail: String,
    /// The request of an erasure, whose page has the receipt.
    pub erasure: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditPage {
    pub game_name: String,
    /// Whose days the filter means.
    pub zone_name: String,
    pub filter: AuditFilter,
    /// Who has changed something, by id and name, to choose from.
    pub people: Vec<(Uuid, String)>,
    pub rows: Page<AuditRow>,
    /// Something in the query is none of ours.
    pub unknown: bool,
    /// The reader sees addresses as dots.
    pub masked: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_is_a_sentence_of_its_own() {
        let mut said: Vec<String> = Action::ALL.iter().map(|action| action.says("X")).collect();
        assert!(said.iter().all(|text| !text.is_empty() && !text.ends_with('.')));
        said.sort();
        said.dedup();
        assert_eq!(said.len(), Action::ALL.len());
        assert_eq!(Action::GoalPaused.says("First Purchase"), "paused the goal First Purchase");
    }

    #[test]
    fn a_filter_survives_its_address() {
        let filter = AuditFilter {
            from: calendar::day_from("2026-11-01"),
            to: calendar::day_from("2026-11-23"),
            area: Some(Area::Network),
            by: Some(By::Person(Uuid::from_u128(7))),
        };
        let query = filter.query();
        assert_eq!(query, "from=2026-11-01&to=2026-11-23&what=network&by=00000000-0000-0000-0000-000000000007");
        let mut parts = query.split('&').map(|part| part.split_once('=').map(|(_, value)| value.to_owned()));
        let mut next = || parts.next().flatten();
        let (from, to, what, by) = (next(), next(), next(), next());
        let meaning = AuditQuery { from, to, what, by, ..AuditQuery::default() }.meaning();
        assert_eq!((meaning.filter, meaning.unknown), (filter, false));
        assert_eq!(AuditQuery::default().meaning().filter.query(), "");
    }

    #[test]
    fn what_is_no_filter_is_left_out_and_told() {
        let asked = |from: &str, what: &str, by: &str, older: &str| AuditQuery {
            from: Some(from.into()),
            what: Some(what.into()),
            by: Some(by.into()),
            older: Some(older.into()),
            ..AuditQuery::default()
        };
        for query in [
            asked("2026-13-01", "", "", ""),
            asked("yesterday", "", "", ""),
            asked("", "all", "", ""),
            asked("", "", "mara", ""),
            asked("", "", "", "7"),
        ] {
            let meaning = query.meaning();
            assert!(meaning.unknown, "{query:?}");
            assert_eq!((meaning.filter, meaning.position), (AuditFilter::default(), Position::Newest));
        }
        assert!(!asked("", "", "", "").meaning().unknown);
    }
}
