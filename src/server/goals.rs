//! Goals as people make, change, pause and archive them; each change lands in the audit log in its own transaction.

pub mod names;
mod rehearsal;

use super::auth::Access;
use super::db::audit::{self, Entry};
use super::db::{self, Db, broken_constraint, goals};
use super::{decide, zone};
use crate::error::AppError;
use crate::model::audit::Action;
use crate::model::goal::{Goal, GoalStatus, Operator, Rule};
use crate::model::goal_form::{Done, Draft, GoalList, GoalPage, GoalRow, MAX_GOALS, Problem, Review};
use crate::model::{DAY, Millis};
use crate::model::{catalogue, rehearsal::REHEARSED_DAYS};
use names::{chosen, clashes, names_of, sent_as};
use std::collections::BTreeMap;
use uuid::Uuid;

/// The latest match is looked for this far back.
const LOOKED_BACK: Millis = 90 * DAY;

/// What became of a draft.
#[derive(Debug, PartialEq, Eq)]
pub enum Kept {
    Saved(Uuid),
    /// Nothing was changed: it has problems, or counts twice and nobody said that it may.
    Refused,
}

pub async fn list(db: &Db, access: &Access, now: Millis) -> Result<GoalList, AppError> {
    let (_, game, role) = access;
    let outcomes = goals::outcomes(db, game.id, zone::days_back(game, now, REHEARSED_DAYS)).await?;
    let (archived, current): (Vec<Goal>, Vec<Goal>) =
        goals::of_game(db, game.id).await?.into_iter().partition(|goal| goal.status == GoalStatus::Archived);
    let matches = |goal: &Goal| outcomes.get(&goal.id).map_or(0, |outcomes| outcomes.all());
    Ok(GoalList {
        game_name: game.name.clone(),
        may_change: role.may_change(),
        goals: current.into_iter().map(|goal| GoalRow { matches: matches(&goal), goal }).collect(),
        archived,
    })
}

/// One goal; `tried` is what somebody wanted to save and could not.
pub async fn read(db: &Db, access: &Access, id: Uuid, tried: Option<&Draft>, now: Millis) -> Result<GoalPage, AppError> {
    let (_, game, role) = access;
    let all = goals::of_game(db, game.id).await?;
    let goal = all.iter().find(|goal| goal.id == id).cloned().ok_or(AppError::NotFound)?;
    let names = goals::names(db, game.id).await?;
    let own = names_of(&names, id);
    let tried = tried.map(|draft| Draft { event: goal.event.clone(), ..draft.clone() });
    let problems = tried.map(|draft| problems(&all, Some(id), &draft)).unwrap_or_default();
    let clashes = if goal.status == GoalStatus::Active { clashes(&all, &names, Some(id), &goal.event, &own) } else { Vec::new() };
    Ok(GoalPage {
        game_name: game.name.clone(),
        may_change: role.may_change(),
        outcomes: goals::outcomes(db, game.id, zone::days_back(game, now, REHEARSED_DAYS)).await?.remove(&id).unwrap_or_default(),
        changed_at: goals::rule_changed_at(db, game.id, id).await?,
        earned: goals::earned(db, game.id, id, zone::days_back(game, now, REHEARSED_DAYS)).await?,
        last_match: goals::last_match(db, game.id, id, now - LOOKED_BACK).await?,
        sent_as: sent_as(&goal.event, &own),
        clashes,
        problems,
        goal,
    })
}

/// What is to be said about a draft of a new goal, without its rehearsal.
pub async fn review(db: &Db, access: &Access, draft: &Draft) -> Result<Review, AppError> {
    let (_, game, _) = access;
    let draft = draft.trimmed();
    let all = goals::of_game(db, game.id).await?;
    let names = goals::names(db, game.id).await?;
    Ok(Review {
        game_name: game.name.clone(),
        problems: problems(&all, None, &draft),
        clashes: clashes(&all, &names, None, &draft.event, &draft.names),
        sent_as: sent_as(&draft.event, &draft.names),
        rehearsal: None,
    })
}

/// The same with what the goal would have counted, where it can be said what it counts.
pub async fn rehearse(db: &Db, access: &Access, draft: &Draft, now: Millis) -> Result<Review, AppError> {
    let mut review = review(db, access, draft).await?;
    if !review.problems.iter().any(Problem::is_of_rule) {
        review.rehearsal = Some(rehearsal::rehearse(db, &access.1, &draft.trimmed(), now).await?);
    }
    Ok(review)
}

/// Makes the goal, active from now on.
pub async fn create(db: &Db, access: &Access, draft: &Draft, now: Millis) -> Result<Kept, AppError> {
    let (account, game, _) = access;
    let draft = draft.trimmed();
    let said = review(db, access, &draft).await?;
    if !said.problems.is_empty() || !(said.clashes.is_empty() || draft.twice) {
        return Ok(Kept::Refused);
    }
    let goal = Goal {
        id: Uuid::now_v7(),
        game_id: game.id,
        name: draft.name.clone(),
        description: draft.description.clone(),
        event: draft.event.clone(),
        trigger: draft.trigger,
        filter: draft.filter.clone(),
        status: GoalStatus::Active,
        created_at: now,
        updated_at: now,
    };
    let mut tx = db.begin().await?;
    if name_was_taken(goals::insert(&mut tx, &goal).await)? {
        return Ok(Kept::Refused);
    }
    names::set(&mut tx, goal.id, &chosen(&goal.event, &draft.names)).await?;
    let detail = format!("{}, {}", goal.event, draft.rule().says());
    audit::record(&mut tx, &Entry::of(account, game.id, now, Action::GoalCreated, &goal.name, &detail)).await?;
    tx.commit().await?;
    Ok(Kept::Saved(goal.id))
}

/// Changes name, description, the names it is sent under, and with a `rule` when it counts. The event stays what it is. Conversions
/// already recorded stay too: they were counted by what held then.
pub async fn change(db: &Db, access: &Access, id: Uuid, draft: &Draft, rule: Option<&Rule>, now: Millis) -> Result<Kept, AppError> {
    let (account, game, _) = access;
    let all = goals::of_game(db, game.id).await?;
    let goal = all.iter().find(|goal| goal.id == id).ok_or(AppError::NotFound)?;
    let present = Rule { trigger: goal.trigger, filter: goal.filter.clone() };
    let Rule { trigger, filter } = rule.unwrap_or(&present).clone();
    let draft = Draft { event: goal.event.clone(), trigger, filter, ..draft.clone() }.trimmed();
    if !problems(&all, Some(id), &draft).is_empty() {
        return Ok(Kept::Refused);
    }
    let before = names_of(&goals::names(db, game.id).await?, id);
    let names = chosen(&goal.event, &draft.names);
    let detail = changes(goal, &draft, &before, &names);
    if detail.is_empty() {
        return Ok(Kept::Saved(id));
    }
    let mut tx = db.begin().await?;
    if name_was_taken(goals::rename(&mut tx, id, &draft.name, &draft.description, now).await)? {
        return Ok(Kept::Refused);
    }
    if draft.rule() != present {
        goals::set_rule(&mut tx, id, &draft.rule(), now).await?;
    }
    names::set(&mut tx, id, &names).await?;
    audit::record(&mut tx, &Entry::of(account, game.id, now, Action::GoalChanged, &draft.name, &detail)).await?;
    tx.commit().await?;
    Ok(Kept::Saved(id))
}

/// Pauses, resumes, archives or brings back. Conversions already recorded stay.
pub async fn set_status(db: &Db, access: &Access, id: Uuid, status: GoalStatus, now: Millis) -> Result<Done, AppError> {
    let (account, game, _) = access;
    let goal = goals::by_id(db, game.id, id).await?.ok_or(AppError::NotFound)?;
    let (done, action) = match (goal.status, status) {
        (_, GoalStatus::Archived) => (Done::Archived, Action::GoalArchived),
        (GoalStatus::Archived, _) => (Done::Restored, Action::GoalRestored),
        (_, GoalStatus::Active) => (Done::Resumed, Action::GoalResumed),
        (_, GoalStatus::Paused) => (Done::Paused, Action::GoalPaused),
    };
    if goal.status == status {
        return Ok(done);
    }
    let mut tx = db.begin().await?;
    if name_was_taken(goals::set_status(&mut tx, id, status, now).await)? {
        return Ok(Done::NotRestored);
    }
    audit::record(&mut tx, &Entry::of(account, game.id, now, action, &goal.name, "")).await?;
    tx.commit().await?;
    Ok(done)
}

/// All that is wrong with a draft; `of` is the goal it changes.
fn problems(all: &[Goal], of: Option<Uuid>, draft: &Draft) -> Vec<Problem> {
    let mut problems = draft.problems();
    let trimmed = draft.trimmed();
    problems.extend(names::problems(&trimmed.event, &trimmed.names));
    if !problems.iter().any(Problem::is_of_filter) && !value_fits(&trimmed) {
        problems.push(Problem::ValueNoNumber);
    }
    let name = draft.name.trim().to_ascii_lowercase();
    let others = || all.iter().filter(|goal| Some(goal.id) != of && goal.status != GoalStatus::Archived);
    if others().any(|goal| goal.name.to_ascii_lowercase() == name) {
        problems.push(Problem::NameTaken);
    }
    if of.is_none() && others().count() >= MAX_GOALS {
        problems.push(Problem::TooMany);
    }
    problems
}

/// Whether a filter that compares numbers has one to compare with.
fn value_fits(draft: &Draft) -> bool {
    let Some(filter) = &draft.filter else { return true };
    let kind = catalogue::find(&draft.event).and_then(|event| event.property(&filter.property)).map(|property| property.kind);
    let equals = matches!(filter.operator, Operator::Is | Operator::IsNot) && kind == Some(catalogue::Kind::Number);
    !(filter.operator.ranks() || equals) || decide::goals::is_number(&filter.value)
}

/// What differs, in words for the audit log; empty where nothing does.
fn changes(goal: &Goal, draft: &Draft, before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> String {
    let mut said = Vec::new();
    if goal.name != draft.name {
        said.push(format!("was named {}", goal.name));
    }
    if goal.description != draft.description {
        said.push("description".to_owned());
    }
    let present = Rule { trigger: goal.trigger, filter: goal.filter.clone() };
    if present != draft.rule() {
        said.push(format!("counted {}, now {}", present.says(), draft.rule().says()));
    }
    said.extend(names::changes(&goal.event, before, after));
    said.join("; ")
}

/// Two people may save the same name in the same moment: the index decides.
fn name_was_taken(written: db::Result<()>) -> Result<bool, AppError> {
    match written {
        Ok(()) => Ok(false),
        Err(cause) if broken_constraint(&cause).is_some_and(|name| name.contains(goals::NAME_TAKEN)) => Ok(true),
        Err(cause) => Err(cause.into()),
    }
}
