//! What a person types for a goal, what is wrong with it, and what the goal pages show.

use super::Millis;
use super::goal::{Goal, GoalStatus, MAX_DESCRIPTION, MAX_NAME, Template, Trigger};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Longest event name the audience API takes.
pub const MAX_EVENT: usize = 256;
/// Longest event name that any network takes; each has a rule of its own.
pub const MAX_SENT_AS: usize = 64;
/// A name that is made up here is one that every network takes.
const MAX_OWN_NAME: usize = 50;
/// Goals of a game that are not archived. Each message is held against all of them.
pub const MAX_GOALS: usize = 200;

/// Events that clients send by themselves or by a call of their own; any other name is allowed too.
pub const CATALOGUE: &[&str] = &[
    "purchase",
    "wishlist_add",
    "wishlist_remove",
    "email_acquired",
    "sign_up",
    "sign_in",
    "game_launch",
    "progression",
    "resource",
    "game_page_viewed",
    "achievement_unlocked",
    "milestone_reached",
    "link_clicked",
    "button_clicked",
    "form_submitted",
];

/// A goal as typed, not yet checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    pub name: String,
    pub description: String,
    pub event: String,
    pub trigger: Trigger,
    /// Event name by network slug, where it shall differ from the usual one.
    pub names: BTreeMap<String, String>,
    /// The person has read that the event counts twice and wants it so.
    pub twice: bool,
}

impl Draft {
    pub fn from_template(template: &Template) -> Self {
        Self { name: template.name.into(), event: template.event.into(), trigger: template.trigger, ..Self::default() }
    }

    pub fn from_goal(goal: &Goal, names: BTreeMap<String, String>) -> Self {
        Self {
            name: goal.name.clone(),
            description: goal.description.clone(),
            event: goal.event.clone(),
            trigger: goal.trigger,
            names,
            twice: false,
        }
    }

    /// Without spaces around, and without the names that say nothing or are not wanted.
    pub fn trimmed(&self) -> Self {
        let wanted = if self.twice { &BTreeMap::new() } else { &self.names };
        let names = wanted.iter().map(|(slug, name)| (slug.clone(), name.trim().to_owned())).filter(|(_, name)| !name.is_empty());
        Self {
            name: self.name.trim().to_owned(),
            description: self.description.trim().to_owned(),
            event: self.event.trim().to_owned(),
            names: names.collect(),
            ..self.clone()
        }
    }

    /// What can be said against it without looking at other goals and at what the networks take.
    pub fn problems(&self) -> Vec<Problem> {
        let draft = self.trimmed();
        let mut problems = Vec::new();
        match draft.name.chars().count() {
            0 => problems.push(Problem::NameMissing),
            length if length > MAX_NAME || has_control(&draft.name) => problems.push(Problem::NameUnfit),
            _ => {}
        }
        match draft.event.chars().count() {
            0 => problems.push(Problem::EventMissing),
            length if length > MAX_EVENT || has_control(&draft.event) => problems.push(Problem::EventUnfit),
            _ => {}
        }
        if draft.description.chars().count() > MAX_DESCRIPTION || draft.description.chars().any(|c| c.is_control() && !c.is_whitespace()) {
            problems.push(Problem::DescriptionUnfit);
        }
        problems
    }

    /// A name of its own for the networks, made of the goal's: `founders_pack`.
    pub fn own_name(&self) -> String {
        let words = self.name.to_ascii_lowercase();
        let words: Vec<&str> = words.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let name = words.join("_");
        let name = if name.starts_with(|c: char| c.is_ascii_digit()) { format!("goal_{name}") } else { name };
        let name: String = name.chars().take(MAX_OWN_NAME).collect();
        if name.is_empty() || name == self.event {
            format!("{}_goal", self.event.chars().take(MAX_OWN_NAME - 5).collect::<String>())
        } else {
            name
        }
    }
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            name: String::new(),
            description: String::new(),
            event: String::new(),
            trigger: Trigger::OncePerPlayer,
            names: BTreeMap::new(),
            twice: false,
        }
    }
}

fn has_control(text: &str) -> bool {
    text.chars().any(char::is_control)
}

/// Why a goal cannot be saved as typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Problem {
    #[error("Give the goal a name.")]
    NameMissing,
    #[error("A name has up to 80 characters, in one line.")]
    NameUnfit,
    #[error("Another goal of this game has this name.")]
    NameTaken,
    #[error("A description has up to 500 characters of text.")]
    DescriptionUnfit,
    #[error("Name the event that counts, as the game sends it.")]
    EventMissing,
    #[error("An event name has up to 256 characters, in one line.")]
    EventUnfit,
    /// The network with this slug does not take the name, and why.
    #[error("{says}")]
    SentAsUnfit { network: String, says: String },
    #[error("A game has up to 200 goals. Archive one that is no longer needed.")]
    TooMany,
}

super::words! {
    /// What has just been done to a goal, for the message above the list.
    Done {
        Created = "created", Paused = "paused", Resumed = "resumed", Archived = "archived", Restored = "restored",
        /// Another goal has taken its name.
        NotRestored = "not_restored",
    }
}

impl Done {
    /// What the goal is afterwards: a link that says otherwise says what is not so.
    pub const fn leaves(self) -> GoalStatus {
        match self {
            Self::Created | Self::Resumed => GoalStatus::Active,
            Self::Paused | Self::Restored => GoalStatus::Paused,
            Self::Archived | Self::NotRestored => GoalStatus::Archived,
        }
    }
}

/// Another active goal sends a network the same event name for the same event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clash {
    pub goal_name: String,
    pub network: String,
    pub network_name: String,
    pub sent_as: String,
}

/// What a network is sent for a goal's event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentAs {
    pub network: String,
    pub network_name: String,
    /// The network's event that fits the goal's event best.
    pub usual: String,
    /// The name chosen instead.
    pub chosen: Option<String>,
    /// The network does not take the name that it has: its conversions stay here.
    pub kept_back: bool,
    /// What the network takes, in a sentence, and how long it is at the most.
    pub rule: String,
    pub max: usize,
}

impl SentAs {
    pub fn name(&self) -> &str {
        self.chosen.as_deref().unwrap_or(&self.usual)
    }
}

/// A draft with what is to be said about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    pub game_name: String,
    pub problems: Vec<Problem>,
    pub clashes: Vec<Clash>,
    pub sent_as: Vec<SentAs>,
}

/// A line of the list of goals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoalRow {
    pub goal: Goal,
    /// Events that matched in the last 7 days, test events left out.
    pub matches: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoalList {
    pub game_name: String,
    pub may_change: bool,
    /// Active and paused, oldest first.
    pub goals: Vec<GoalRow>,
    pub archived: Vec<Goal>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoalPage {
    pub game_name: String,
    pub may_change: bool,
    pub goal: Goal,
    /// Of the last 7 days, test events left out.
    pub outcomes: Outcomes,
    pub last_match: Option<Millis>,
    pub sent_as: Vec<SentAs>,
    pub clashes: Vec<Clash>,
    /// What is wrong with the draft that was tried, if one was.
    pub problems: Vec<Problem>,
}

/// What became of the events that matched a goal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcomes {
    pub credited: i64,
    pub waiting: i64,
    pub not_sent: i64,
}

impl Outcomes {
    pub const fn all(self) -> i64 {
        self.credited + self.waiting + self.not_sent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> Draft {
        Draft { name: "First Purchase".into(), event: "purchase".into(), ..Draft::default() }
    }

    #[test]
    fn a_goal_needs_a_name_and_an_event() {
        assert_eq!(draft().problems(), []);
        let blank = Draft { name: "  ".into(), event: "\t".into(), ..Draft::default() };
        assert_eq!(blank.problems(), [Problem::NameMissing, Problem::EventMissing]);
    }

    #[test]
    fn limits_count_characters_and_hold() {
        let long = Draft { name: "é".repeat(81), event: "e".repeat(257), description: "d".repeat(501), ..draft() };
        assert_eq!(long.problems(), [Problem::NameUnfit, Problem::EventUnfit, Problem::DescriptionUnfit]);
        let full = Draft { name: "é".repeat(80), event: "e".repeat(256), description: "d".repeat(500), ..draft() };
        assert_eq!(full.problems(), []);
        assert_eq!(Draft { name: "two\nlines".into(), ..draft() }.problems(), [Problem::NameUnfit]);
    }

    #[test]
    fn a_name_of_its_own_is_made_of_the_goal() {
        assert_eq!(Draft { name: "Founders' Pack, 50 $".into(), ..draft() }.own_name(), "founders_pack_50");
        assert_eq!(Draft { name: "Purchase".into(), ..draft() }.own_name(), "purchase_goal");
        assert_eq!(Draft { name: "購入".into(), ..draft() }.own_name(), "purchase_goal");
        assert_eq!(Draft { name: "50 gems".into(), ..draft() }.own_name(), "goal_50_gems");
        assert_eq!(Draft { name: "x".repeat(80), ..draft() }.own_name().len(), MAX_OWN_NAME);
    }
}
