//! The names under which goals go out at networks that know events by names. They are chosen with the goal or on the network's page and
//! kept once; what a network takes is its SPEC's to say.

use crate::model::goal::{Goal, GoalStatus};
use crate::model::goal_form::{Clash, Problem, SentAs};
use crate::server::db::{self, Tx, goals};
use crate::server::networks;
use crate::server::networks::contract::{Naming, Spec};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// Names chosen for the networks, by goal and network slug.
pub type Names = HashMap<(Uuid, String), String>;

/// Networks that know events by their names; at the others a goal is mapped on the network's page.
fn named_networks() -> impl Iterator<Item = (&'static Spec, Naming)> {
    networks::specs().filter_map(|spec| Some((spec, spec.naming?)))
}

/// Names that a network does not take, by network slug. The usual name of the event is not chosen: pages show what is wrong with it.
pub fn problems(event: &str, names: &BTreeMap<String, String>) -> Vec<Problem> {
    let unfit = |(spec, naming): (&Spec, Naming)| {
        let says = naming.refuses(names.get(spec.slug).filter(|name| *name != spec.event_name(event))?)?;
        Some(Problem::SentAsUnfit { network: spec.slug.to_owned(), says })
    };
    named_networks().filter_map(unfit).collect()
}

/// Other active goals that send a network the same name for the same event.
pub fn clashes(all: &[Goal], names: &Names, of: Option<Uuid>, event: &str, own: &BTreeMap<String, String>) -> Vec<Clash> {
    let mut clashes = Vec::new();
    for (spec, _) in named_networks() {
        let usual = spec.event_name(event);
        let sent_as = own.get(spec.slug).map_or(usual, String::as_str);
        for goal in all.iter().filter(|goal| Some(goal.id) != of && goal.status == GoalStatus::Active && goal.event == event) {
            if names.get(&(goal.id, spec.slug.to_owned())).map_or(usual, String::as_str) == sent_as {
                clashes.push(Clash {
                    goal_name: goal.name.clone(),
                    network: spec.slug.into(),
                    network_name: spec.name.into(),
                    sent_as: sent_as.into(),
                });
            }
        }
    }
    clashes
}

pub fn sent_as(event: &str, own: &BTreeMap<String, String>) -> Vec<SentAs> {
    let one = |(spec, naming): (&Spec, Naming)| SentAs {
        network: spec.slug.into(),
        network_name: spec.name.into(),
        usual: spec.event_name(event).into(),
        chosen: own.get(spec.slug).cloned(),
        kept_back: !naming.takes(own.get(spec.slug).map_or_else(|| spec.event_name(event), String::as_str)),
        rule: naming.says.into(),
        max: naming.max,
    };
    named_networks().map(one).collect()
}

/// Only what differs from the usual name is kept, and only for networks that exist.
pub fn chosen(event: &str, names: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let kept = |(spec, _): (&Spec, Naming)| {
        let name = names.get(spec.slug)?;
        (name != spec.event_name(event)).then(|| (spec.slug.to_owned(), name.clone()))
    };
    named_networks().filter_map(kept).collect()
}

pub fn names_of(names: &Names, goal: Uuid) -> BTreeMap<String, String> {
    names.iter().filter(|((of, _), _)| *of == goal).map(|((_, network), name)| (network.clone(), name.clone())).collect()
}

/// Puts these names in place of the former ones. What the goal is mapped to elsewhere stays.
pub async fn set(tx: &mut Tx, goal: Uuid, names: &BTreeMap<String, String>) -> db::Result<()> {
    for (spec, _) in named_networks() {
        goals::map(tx, goal, spec.slug, names.get(spec.slug).map(String::as_str)).await?;
    }
    Ok(())
}

/// What differs, in words for the audit log.
pub fn changes(event: &str, before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Vec<String> {
    let changed = |(spec, _): (&Spec, Naming)| {
        let usual = spec.event_name(event);
        let name = |names: &BTreeMap<String, String>| names.get(spec.slug).map_or(usual, String::as_str).to_owned();
        let (from, to) = (name(before), name(after));
        (from != to).then(|| format!("{}: {from} is now {to}", spec.name))
    };
    named_networks().filter_map(changed).collect()
}
