//! Event names of a network, goal by goal: read for its page and changed there. It is the same name that is set with a goal.

use super::auth::Access;
use super::db::audit::{self, Entry};
use super::db::{self, Db, actions, goals};
use super::networks::contract::Spec;
use super::networks::find;
use crate::error::AppError;
use crate::model::audit::Action;
use crate::model::event_names::{EventNames, NamedGoal};
use crate::model::{DAY, Millis};
use std::collections::BTreeMap;
use uuid::Uuid;

/// What became of the names that were typed.
#[derive(Debug, PartialEq, Eq)]
pub enum Kept {
    Saved,
    /// Nothing was changed: the network does not take some of them. Those that would have changed something, by goal.
    Refused(BTreeMap<Uuid, String>),
}

/// The active goals with their names; `typed` is what somebody wanted to save and could not. None at a network that knows no names.
pub async fn read(db: &Db, game: Uuid, spec: &Spec, typed: &BTreeMap<Uuid, String>, now: Millis) -> db::Result<Option<EventNames>> {
    let Some(naming) = spec.naming else { return Ok(None) };
    let named = |goal: crate::model::action::MappedGoal| {
        let usual = spec.event_name(&goal.event).to_owned();
        let mut named = NamedGoal {
            typed: typed.get(&goal.id).cloned(),
            id: goal.id,
            name: goal.name,
            event: goal.event,
            trigger: goal.trigger,
            usual,
            chosen: goal.action,
            refused: None,
            kept_back: false,
            last_day: goal.last_day,
        };
        named.refused = naming.refuses(named.shown());
        named.kept_back = !naming.takes(named.sent_as());
        named
    };
    Ok(Some(EventNames {
        standard: naming.standard.iter().map(|name| (*name).to_owned()).collect(),
        rule: naming.says.to_owned(),
        note: naming.note.to_owned(),
        max: naming.max,
        goals: actions::goals(db, game, spec.slug, now - DAY).await?.into_iter().map(named).collect(),
    }))
}

/// Sends goals under these names; an empty one, or the usual one, is none of their own. All of them or, where the network does not take
/// one, none.
pub async fn save(db: &Db, access: &Access, slug: &str, typed: &BTreeMap<Uuid, String>, now: Millis) -> Result<Kept, AppError> {
    let (account, game, _) = access;
    let spec = find(slug).ok_or(AppError::NotFound)?.spec();
    let naming = spec.naming.ok_or(AppError::NotFound)?;
    let present = actions::goals(db, game.id, slug, now).await?;
    let mut said = Vec::new();
    let mut changed = BTreeMap::new();
    for (goal, name) in typed {
        let goal = present.iter().find(|one| one.id == *goal).ok_or(AppError::NotFound)?;
        let usual = spec.event_name(&goal.event);
        let name = Some(name.trim()).filter(|name| !name.is_empty()).unwrap_or(usual);
        let before = goal.action.as_deref().unwrap_or(usual);
        if name != before {
            said.push(format!("{}: {before} is now {name}", goal.name));
            changed.insert(goal.id, (name, name == usual));
        }
    }
    if changed.values().any(|(name, usual)| !usual && naming.refuses(name).is_some()) {
        return Ok(Kept::Refused(changed.into_iter().map(|(goal, (name, _))| (goal, name.to_owned())).collect()));
    }
    if changed.is_empty() {
        return Ok(Kept::Saved);
    }
    let mut tx = db.begin().await?;
    for (goal, (name, usual)) in changed {
        goals::map(&mut tx, goal, slug, Some(name).filter(|_| !usual)).await?;
    }
    audit::record(&mut tx, &Entry::of(account, game.id, now, Action::Named, slug, &said.join("; "))).await?;
    tx.commit().await?;
    Ok(Kept::Saved)
}
