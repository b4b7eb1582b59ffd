//! What goals are mapped to at a network that counts nothing by event names, such as Google's conversion actions.

use super::Millis;
use super::goal::Trigger;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

super::words! {
    /// Whether an action takes conversions.
    ActionState {
        Usable = "usable",
        /// Paused, hidden or removed at the network.
        Off = "off",
        /// Fed in another way than by uploaded clicks.
        OtherKind = "other_kind",
        /// Not in the network's list any more.
        Gone = "gone",
    }
}

impl ActionState {
    /// Why a goal that is mapped to it is not forwarded; None where it is.
    pub const fn trouble(self) -> Option<&'static str> {
        match self {
            Self::Usable => None,
            Self::Off => Some("It is switched off or removed at the network, so it counts nothing."),
            Self::OtherKind => Some("It is of another kind, which takes no conversions from here."),
            Self::Gone => Some("It is not in the network's list any more."),
        }
    }
}

/// An action of the connection's target, as it was last read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    pub id: String,
    pub name: String,
    pub state: ActionState,
    pub window_days: Option<i32>,
    /// It counts a click once at the most.
    pub once_per_click: bool,
    /// When a later reading of the list found it; None where it was there at the first.
    pub appeared_at: Option<Millis>,
}

/// Stands before a goal's id in the name of its field: a form's list of numbers begins with a digit, and so may an id.
pub const GOAL_KEY: &str = "goal-";

/// Fields of a form that are named by a goal, by its id; None where one is named by something else.
pub fn by_goal(fields: &BTreeMap<String, String>) -> Option<BTreeMap<Uuid, String>> {
    fields.iter().map(|(goal, value)| Some((goal.strip_prefix(GOAL_KEY)?.parse().ok()?, value.clone()))).collect()
}

/// An active goal with what it is mapped to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappedGoal {
    pub id: Uuid,
    pub name: String,
    pub event: String,
    pub trigger: Trigger,
    /// Id of the action, which may have gone; at a network that knows events by names the name chosen for it.
    pub action: Option<String>,
    /// Conversions that a click of the network earned in the last 24 hours, and those of them that stayed here for want of an action.
    pub last_day: i64,
    pub kept_back: i64,
}

/// The section of a network's page on which goals are mapped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping {
    pub noun: String,
    pub says: String,
    pub choosable: String,
    /// Clicks of the last 30 days that count only under an action which counts a click more than once, and what to do about it.
    pub repeated_only: i64,
    pub repeated_says: String,
    pub goals: Vec<MappedGoal>,
    pub actions: Vec<Action>,
    /// When the list was read at the network.
    pub read_at: Option<Millis>,
}

impl Mapping {
    pub fn action(&self, id: &str) -> Option<&Action> {
        self.actions.iter().find(|action| action.id == id)
    }

    /// Whether conversions of the goal are forwarded.
    pub fn forwards(&self, goal: &MappedGoal) -> bool {
        goal.action.as_deref().and_then(|id| self.action(id)).is_some_and(|action| action.state == ActionState::Usable)
    }

    /// Goals whose action counts a click once at the most, where there are clicks that do not count under such a one.
    pub fn lost_by_counting(&self) -> impl Iterator<Item = &MappedGoal> {
        let once = |goal: &&MappedGoal| goal.action.as_deref().and_then(|id| self.action(id)).is_some_and(|action| action.once_per_click);
        self.goals.iter().filter(|_| self.repeated_only > 0).filter(|goal| self.forwards(goal)).filter(once)
    }

    pub fn kept_back(&self) -> impl Iterator<Item = &MappedGoal> {
        self.goals.iter().filter(|goal| !self.forwards(goal))
    }
}
