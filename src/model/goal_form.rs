//! What a person types for a goal, what is wrong with it, and what the goal pages show.

use super::Millis;
use super::catalogue;
use super::goal::{Filter, Goal, GoalStatus, MAX_DESCRIPTION, MAX_FILTER_VALUE, MAX_NAME, MAX_PROPERTY, Operator, Rule, Template, Trigger};
use super::rehearsal::{Earned, Rehearsal};
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

/// A goal as typed, not yet checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    pub name: String,
    pub description: String,
    pub event: String,
    pub trigger: Trigger,
    pub filter: Option<Filter>,
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
            filter: goal.filter.clone(),
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
            filter: self.filter.as_ref().map(Filter::trimmed),
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
        problems.extend(draft.filter.as_ref().and_then(|filter| unfit(&draft.event, filter)));
        problems
    }

    pub fn rule(&self) -> Rule {
        Rule { trigger: self.trigger, filter: self.filter.clone() }
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
            filter: None,
            names: BTreeMap::new(),
            twice: false,
        }
    }
}

/// The first thing that is wrong with a filter on this event; whether its value is a number is not looked at here.
fn unfit(event: &str, filter: &Filter) -> Option<Problem> {
    let known = catalogue::find(event);
    let property = known.and_then(|known| known.property(&filter.property));
    if filter.property.is_empty() {
        return Some(Problem::PropertyMissing);
    }
    if filter.property.chars().count() > MAX_PROPERTY || has_control(&filter.property) {
        return Some(Problem::PropertyUnfit);
    }
    if known.is_some() && property.is_none() {
        return Some(Problem::PropertyUnknown);
    }
    if property.is_some_and(|property| property.kind != catalogue::Kind::Number) && filter.operator.ranks() {
        return Some(Problem::NoNumbers);
    }
    match filter.value.chars().count() {
        0 if filter.operator != Operator::Exists => Some(Problem::ValueMissing),
        length if length > MAX_FILTER_VALUE || has_control(&filter.value) => Some(Problem::ValueUnfit),
        _ => None,
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
    #[error("Choose the property to look at.")]
    PropertyMissing,
    #[error("The name of a property has up to 128 characters, in one line.")]
    PropertyUnfit,
    #[error("This event has no such property.")]
    PropertyUnknown,
    #[error("Greater and less are for numbers, and this property is none.")]
    NoNumbers,
    #[error("Give the value to compare with.")]
    ValueMissing,
    #[error("A value has up to 256 characters, in one line.")]
    ValueUnfit,
    #[error("This compares numbers: give one, such as 19.99.")]
    ValueNoNumber,
    /// The network with this slug does not take the name, and why.
    #[error("{says}")]
    SentAsUnfit { network: String, says: String },
    #[error("A game has up to 200 goals. Archive one that is no longer needed.")]
    TooMany,
}

impl Problem {
    pub const fn is_of_event(&self) -> bool {
        matches!(self, Self::EventMissing | Self::EventUnfit)
    }

    pub const fn is_of_filter(&self) -> bool {
        self.is_of_property() || self.is_of_operator() || self.is_of_value()
    }

    pub const fn is_of_property(&self) -> bool {
        matches!(self, Self::PropertyMissing | Self::PropertyUnfit | Self::PropertyUnknown)
    }

    pub const fn is_of_operator(&self) -> bool {
        matches!(self, Self::NoNumbers)
    }

    pub const fn is_of_value(&self) -> bool {
        matches!(self, Self::ValueMissing | Self::ValueUnfit | Self::ValueNoNumber)
    }

    /// Whether it cannot be said what the goal counts.
    pub const fn is_of_rule(&self) -> bool {
        self.is_of_event() || self.is_of_filter()
    }
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
    /// What it would have counted, once it can be said what it counts.
    pub rehearsal: Option<Rehearsal>,
}

/// A line of the list of goals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoalRow {
    pub goal: Goal,
    /// Events that matched in the last 30 days, test events left out.
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
    /// Since when it counts by its present trigger and filter, where they were changed.
    pub changed_at: Option<Millis>,
    /// Of the last 30 days, test events left out.
    pub outcomes: Outcomes,
    /// The credited ones of them by network.
    pub earned: Vec<Earned>,
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
    fn a_filter_looks_at_what_the_event_has() {
        let filter = |property: &str, operator, value: &str| Some(Filter { property: property.into(), operator, value: value.into() });
        let problems = |event: &str, filter| Draft { event: event.into(), filter, ..draft() }.problems();
        let long = "x".repeat(MAX_FILTER_VALUE + 1);
        for (event, of, wrong) in [
            ("purchase", filter("value", Operator::AtLeast, "19.99"), None),
            ("purchase", filter(" currency ", Operator::Is, " EUR "), None),
            ("purchase", filter("item_id", Operator::Exists, "not looked at"), None),
            ("level_up", filter("level", Operator::GreaterThan, "9"), None),
            ("purchase", filter(" ", Operator::Is, "1"), Some(Problem::PropertyMissing)),
            ("purchase", filter("colour", Operator::Is, "red"), Some(Problem::PropertyUnknown)),
            ("email_acquired", filter("source", Operator::Exists, ""), Some(Problem::PropertyUnknown)),
            ("level_up", filter(&long, Operator::Exists, ""), Some(Problem::PropertyUnfit)),
            ("purchase", filter("currency", Operator::LessThan, "5"), Some(Problem::NoNumbers)),
            ("purchase", filter("value", Operator::Is, "  "), Some(Problem::ValueMissing)),
            ("purchase", filter("item_name", Operator::Contains, &long), Some(Problem::ValueUnfit)),
        ] {
            assert_eq!(problems(event, of.clone()), Vec::from_iter(wrong), "{event} {of:?}");
        }
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
