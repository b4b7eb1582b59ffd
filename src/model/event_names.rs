//! Under which names active goals go out at a network that knows events by names.

use super::goal::Trigger;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// An active goal with its name at the network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedGoal {
    pub id: Uuid,
    pub name: String,
    pub event: String,
    pub trigger: Trigger,
    /// The network's event that fits the goal's event best.
    pub usual: String,
    /// The name chosen instead.
    pub chosen: Option<String>,
    /// What somebody wanted to save and could not.
    pub typed: Option<String>,
    /// Why the name that is shown may not go out, in a sentence.
    pub refused: Option<String>,
    /// Its conversions stay here: the network does not take the name that it has.
    pub kept_back: bool,
    /// Conversions that a click of the network earned in the last 24 hours.
    pub last_day: i64,
}

impl NamedGoal {
    /// What goes out.
    pub fn sent_as(&self) -> &str {
        self.chosen.as_deref().unwrap_or(&self.usual)
    }

    /// What stands in the form.
    pub fn shown(&self) -> &str {
        self.typed.as_deref().unwrap_or(self.sent_as())
    }
}

/// The section of a network's page on which goals are named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventNames {
    /// The network's own events.
    pub standard: Vec<String>,
    /// What a name of one's own has to be like, and what it is good for.
    pub rule: String,
    pub note: String,
    pub max: usize,
    pub goals: Vec<NamedGoal>,
}

/// Several goals that send the network one event under one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Twice {
    pub event: String,
    pub sent_as: String,
    pub goals: Vec<String>,
}

impl EventNames {
    pub fn is_standard(&self, name: &str) -> bool {
        self.standard.iter().any(|known| known == name)
    }

    /// What the network counts twice.
    pub fn twice(&self) -> Vec<Twice> {
        let mut found: Vec<Twice> = Vec::new();
        for goal in &self.goals {
            match found.iter_mut().find(|known| known.event == goal.event && known.sent_as == goal.sent_as()) {
                Some(known) => known.goals.push(goal.name.clone()),
                None => found.push(Twice { event: goal.event.clone(), sent_as: goal.sent_as().to_owned(), goals: vec![goal.name.clone()] }),
            }
        }
        found.retain(|one| one.goals.len() > 1);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn goal(name: &str, event: &str, chosen: Option<&str>) -> NamedGoal {
        NamedGoal {
            id: Uuid::nil(),
            name: name.into(),
            event: event.into(),
            trigger: Trigger::Repeatable,
            usual: "Purchase".into(),
            chosen: chosen.map(str::to_owned),
            typed: None,
            refused: None,
            kept_back: false,
            last_day: 0,
        }
    }

    #[test]
    fn one_event_under_one_name_counts_twice() {
        let goals =
            vec![goal("A", "purchase", None), goal("B", "purchase", Some("Lead")), goal("C", "purchase", None), goal("D", "order", None)];
        let names = EventNames { standard: vec![], rule: String::new(), note: String::new(), max: 50, goals };
        assert_eq!(names.twice(), [Twice { event: "purchase".into(), sent_as: "Purchase".into(), goals: vec!["A".into(), "C".into()] }]);
    }
}
