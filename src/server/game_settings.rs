//! What is set for a whole game, read and changed by its people.

use super::auth::Access;
use super::db::audit::{self, Entry};
use super::db::{self, Db, games, retention};
use super::{networks, zone};
use crate::error::AppError;
use crate::model::audit::Action;
use crate::model::game_settings::{COUNTED_UP_TO, Draft, GameSettings, Problem, SettingsPage};
use crate::model::{DAY, Millis};
use uuid::Uuid;

/// What became of a draft.
#[derive(Debug, PartialEq, Eq)]
pub enum Kept {
    Saved,
    /// Nothing was changed: it has problems, or would delete and nobody said that it may.
    Refused,
}

/// The page; `tried` is what somebody wanted to save and could not.
pub async fn read(db: &Db, (_, game, role): &Access, tried: Option<&Draft>, now: Millis) -> Result<SettingsPage, AppError> {
    let settings = games::settings(db, game.id).await?.ok_or(AppError::NotFound)?;
    let may_change = role.may_change();
    let problems = tried.filter(|_| may_change).map(|draft| checked(draft, &settings).err().unwrap_or_default()).unwrap_or_default();
    let wanted = tried.filter(|_| problems.contains(&Problem::WouldDelete)).and_then(|draft| draft.check().ok());
    let would_delete = match wanted {
        Some(wanted) => Some(older(db, game.id, &wanted, now).await?),
        None => None,
    };
    let zones = if may_change { zone::names() } else { Vec::new() };
    Ok(SettingsPage { slug: game.slug.clone(), settings, may_change, problems, would_delete, zones })
}

/// Messages and attempts that are older than these settings keep them.
async fn older(db: &Db, game: Uuid, wanted: &GameSettings, now: Millis) -> db::Result<(i64, i64)> {
    let since = |days: i32| now - Millis::from(days) * DAY;
    let messages = retention::older_messages(db, game, since(wanted.keep_messages_days), COUNTED_UP_TO).await?;
    let mut attempts = 0;
    for spec in networks::specs() {
        attempts += retention::older_attempts(db, game, spec.slug, since(wanted.keep_attempts_days), COUNTED_UP_TO).await?;
    }
    Ok((messages, attempts.min(COUNTED_UP_TO)))
}

/// Saves what was typed, with a line of the audit log that names each change.
pub async fn change(db: &Db, (account, game, _): &Access, draft: &Draft, now: Millis) -> Result<Kept, AppError> {
    let before = games::settings(db, game.id).await?.ok_or(AppError::NotFound)?;
    let Ok(settings) = checked(draft, &before) else { return Ok(Kept::Refused) };
    let said = changes(&before, &settings);
    if said.is_empty() {
        return Ok(Kept::Saved);
    }
    let mut tx = db.begin().await?;
    games::set(&mut tx, game.id, &settings).await?;
    audit::record(&mut tx, &Entry::of(account, game.id, now, Action::GameChanged, &settings.name, &said.join("; "))).await?;
    tx.commit().await?;
    Ok(Kept::Saved)
}

fn checked(draft: &Draft, before: &GameSettings) -> Result<GameSettings, Vec<Problem>> {
    let checked = draft.check();
    let zone_known = zone::named(draft.time_zone.trim()).and_then(|rules| rules.iana_name().map(str::to_owned));
    match (checked, zone_known) {
        (Ok(settings), Some(time_zone)) => {
            let settings = GameSettings { time_zone, ..settings };
            let agreed = draft.delete || !settings.forgets_more_than(before);
            if agreed { Ok(settings) } else { Err(vec![Problem::WouldDelete]) }
        }
        (Ok(_), None) => Err(vec![Problem::ZoneUnknown]),
        (Err(problems), Some(_)) => Err(problems),
        (Err(problems), None) => Err([problems, vec![Problem::ZoneUnknown]].concat()),
    }
}

/// What differs, in words for the audit log; empty where nothing does.
fn changes(before: &GameSettings, after: &GameSettings) -> Vec<String> {
    let mut said = Vec::new();
    let mut tell = |what: &str, before: String, after: String| {
        if before != after {
            said.push(format!("{what}: {before} -> {after}"));
        }
    };
    let days = |days: i32| format!("{days} days");
    tell("name", before.name.clone(), after.name.clone());
    tell("time zone", before.time_zone.clone(), after.time_zone.clone());
    tell("attribution window", days(before.window_days), days(after.window_days));
    tell("messages kept", days(before.keep_messages_days), days(after.keep_messages_days));
    tell("attempts kept", days(before.keep_attempts_days), days(after.keep_attempts_days));
    said
}
