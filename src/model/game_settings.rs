//! What people set for a whole game: its name, time zone, attribution window, and how long its data is kept.

use super::game::MAX_GAME_NAME;
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// Days that a click may lie before its event.
pub const WINDOW_DAYS: RangeInclusive<i32> = 1..=90;
/// Days that messages and attempts are kept. Not shorter than 30: pages count over 30 days, networks take events up to 28 days old, and
/// what was not sent can be sent until then.
pub const KEPT_DAYS: RangeInclusive<i32> = 30..=400;
/// Kept where a game says nothing else.
pub const DEFAULT_KEPT_DAYS: i32 = 90;
/// What would be deleted is counted up to here: a warning needs no more.
pub const COUNTED_UP_TO: i64 = 100_000;
/// The longest IANA name has 32 characters.
pub const MAX_ZONE: usize = 64;

/// What is set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GameSettings {
    pub name: String,
    /// IANA name.
    pub time_zone: String,
    pub window_days: i32,
    pub keep_messages_days: i32,
    pub keep_attempts_days: i32,
}

/// The same as typed, not yet checked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    pub name: String,
    pub time_zone: String,
    pub window_days: String,
    pub keep_messages_days: String,
    pub keep_attempts_days: String,
    /// The person has read that data will be deleted and wants it so.
    pub delete: bool,
}

impl Draft {
    pub fn of(settings: &GameSettings) -> Self {
        Self {
            name: settings.name.clone(),
            time_zone: settings.time_zone.clone(),
            window_days: settings.window_days.to_string(),
            keep_messages_days: settings.keep_messages_days.to_string(),
            keep_attempts_days: settings.keep_attempts_days.to_string(),
            delete: false,
        }
    }

    /// The settings, where nothing can be said against them. Whether the time zone exists is for the server to say.
    pub fn check(&self) -> Result<GameSettings, Vec<Problem>> {
        let mut problems = Vec::new();
        let name = self.name.trim().to_owned();
        match name.chars().count() {
            0 => problems.push(Problem::NameMissing),
            length if length > MAX_GAME_NAME || name.chars().any(char::is_control) => problems.push(Problem::NameUnfit),
            _ => {}
        }
        let mut days = |typed: &str, range: &RangeInclusive<i32>, problem: Problem| match typed.trim().parse::<i32>() {
            Ok(days) if range.contains(&days) => days,
            _ => {
                problems.push(problem);
                *range.start()
            }
        };
        let settings = GameSettings {
            name,
            time_zone: self.time_zone.trim().to_owned(),
            window_days: days(&self.window_days, &WINDOW_DAYS, Problem::WindowUnfit),
            keep_messages_days: days(&self.keep_messages_days, &KEPT_DAYS, Problem::MessagesUnfit),
            keep_attempts_days: days(&self.keep_attempts_days, &KEPT_DAYS, Problem::AttemptsUnfit),
        };
        if problems.is_empty() { Ok(settings) } else { Err(problems) }
    }
}

impl GameSettings {
    /// Whether something that is kept now would be deleted.
    pub const fn forgets_more_than(&self, before: &Self) -> bool {
        self.keep_messages_days < before.keep_messages_days || self.keep_attempts_days < before.keep_attempts_days
    }
}

/// Why settings cannot be saved as typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Problem {
    #[error("Give the game a name.")]
    NameMissing,
    #[error("A name has up to 80 characters, in one line.")]
    NameUnfit,
    #[error("There is no such time zone. Pick one of the list, e.g. Europe/Berlin.")]
    ZoneUnknown,
    #[error("A window has 1 to 90 days.")]
    WindowUnfit,
    #[error("Messages are kept for 30 to 400 days.")]
    MessagesUnfit,
    #[error("Attempts are kept for 30 to 400 days.")]
    AttemptsUnfit,
    /// Nothing is wrong, but data would be deleted and nobody said that it may.
    #[error("Less is kept than before: what is older is deleted within the hour and cannot be brought back.")]
    WouldDelete,
}

/// The page Settings > General.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingsPage {
    pub slug: String,
    pub settings: GameSettings,
    pub may_change: bool,
    /// What is wrong with what was tried, if something was.
    pub problems: Vec<Problem>,
    /// Messages and attempts that would be deleted at once, counted up to `COUNTED_UP_TO`, where that is the problem.
    pub would_delete: Option<(i64, i64)>,
    /// IANA names that can be chosen; empty for who may only read.
    pub zones: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed() -> Draft {
        Draft {
            name: " Emberfall ".into(),
            time_zone: "Europe/Berlin".into(),
            window_days: "30".into(),
            keep_messages_days: "90".into(),
            keep_attempts_days: " 400 ".into(),
            delete: false,
        }
    }

    #[test]
    fn what_is_typed_well_is_read() {
        let read = typed().check().expect("nothing is wrong");
        assert_eq!((read.name.as_str(), read.window_days, read.keep_messages_days, read.keep_attempts_days), ("Emberfall", 30, 90, 400));
        let again = Draft::of(&read).check();
        assert_eq!(again, Ok(read));
    }

    #[test]
    fn each_field_says_its_own_limit() {
        for (window, messages, attempts, problem) in [
            ("0", "90", "90", Problem::WindowUnfit),
            ("91", "90", "90", Problem::WindowUnfit),
            ("1.5", "90", "90", Problem::WindowUnfit),
            ("", "90", "90", Problem::WindowUnfit),
            ("30", "29", "90", Problem::MessagesUnfit),
            ("30", "99999999999", "90", Problem::MessagesUnfit),
            ("30", "90", "401", Problem::AttemptsUnfit),
        ] {
            let draft =
                Draft { window_days: window.into(), keep_messages_days: messages.into(), keep_attempts_days: attempts.into(), ..typed() };
            assert_eq!(draft.check(), Err(vec![problem]), "{window} {messages} {attempts}");
        }
        assert_eq!(Draft { name: "  ".into(), ..typed() }.check(), Err(vec![Problem::NameMissing]));
        assert_eq!(Draft { name: "a\nb".into(), ..typed() }.check(), Err(vec![Problem::NameUnfit]));
        assert_eq!(Draft { name: "x".repeat(81), ..typed() }.check(), Err(vec![Problem::NameUnfit]));
    }

    #[test]
    fn keeping_less_of_either_deletes() {
        let now = typed().check().expect("nothing is wrong");
        assert!(!now.forgets_more_than(&now));
        assert!(!GameSettings { keep_messages_days: 400, ..now.clone() }.forgets_more_than(&now));
        assert!(GameSettings { keep_messages_days: 89, ..now.clone() }.forgets_more_than(&now));
        assert!(GameSettings { keep_messages_days: 400, keep_attempts_days: 90, ..now.clone() }.forgets_more_than(&now));
    }
}
