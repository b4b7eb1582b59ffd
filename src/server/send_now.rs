//! Send now: what stayed here because a network was not connected, was switched off or had no action for a goal goes out once that is
//! mended: planned as if it came today, under its own time and id. Load, decide, write, as for messages.

use super::auth::Access;
use super::db::audit::{self, Entry};
use super::db::kept_back::{self, Terms};
use super::db::{self, Db, changes, facts};
use super::decide::AGE_MARGIN;
use super::decide::send_now::send_now;
use super::networks::contract::Spec;
use super::networks::find;
use super::state::AppState;
use crate::error::AppError;
use crate::model::Millis;
use crate::model::audit::Action;
use crate::model::connection::Connection;
use crate::model::conversion::KeptBack;
use crate::server::db::connection_changes;
use std::collections::BTreeSet;
use uuid::Uuid;

/// Conversions of a transaction: ingest waits for it.
const AT_ONCE: i64 = 250;
/// Conversions of a request; what is left is offered again.
const AT_MOST: usize = 20_000;

/// How many can be sent now, goal by goal; none where the connection sends nothing.
pub async fn offer(db: &Db, game: Uuid, spec: &Spec, connection: Option<&Connection>, now: Millis) -> db::Result<Vec<KeptBack>> {
    match connection.filter(|connection| connection.enabled) {
        Some(_) => {
            let counts = kept_back::counts(db, &terms(game, spec, now)).await?;
            Ok(counts.into_iter().filter(|(goal, chosen)| named(spec, &goal.event, chosen.as_deref())).map(|(goal, _)| goal).collect())
        }
        None => Ok(Vec::new()),
    }
}

/// Whether the network takes the goal under the name that it has there; true where it asks for none.
pub fn named(spec: &Spec, event: &str, chosen: Option<&str>) -> bool {
    spec.naming.is_none_or(|naming| naming.takes(chosen.unwrap_or_else(|| spec.event_name(event))))
}

/// Sends what can be sent of these goals; how many go out. Who comes second finds nothing left: each is taken in one transaction with
/// its postback.
pub async fn send(state: &AppState, access: &Access, slug: &str, goals: &[Uuid], now: Millis) -> Result<usize, AppError> {
    let (account, game, _) = access;
    let spec = find(slug).ok_or(AppError::NotFound)?.spec();
    let connection = connection_changes::of_network(&state.db, game.id, slug).await?;
    let offered = offer(&state.db, game.id, spec, connection.as_ref(), now).await?;
    let terms = terms(game.id, spec, now);
    let (mut queued, mut seen) = (0, 0);
    for goal in offered.iter().filter(|goal| goals.contains(&goal.goal_id)) {
        let mut after = (0, Uuid::nil());
        while seen < AT_MOST {
            let mut tx = state.db.begin().await?;
            facts::lock(&mut tx, &BTreeSet::from([game.id])).await?;
            let found = kept_back::next(&mut tx, &terms, goal.goal_id, after, AT_ONCE).await?;
            let Some((id, time)) = found.last().copied() else { break };
            (after, seen) = ((time, id), seen + found.len());
            let wanted: Vec<Uuid> = found.into_iter().map(|(id, _)| id).collect();
            let known = facts::of_conversions(&mut tx, game.id, &wanted, now).await?;
            let planned = send_now(&wanted, known, now);
            changes::write(&mut tx, &planned, now).await?;
            if !planned.postbacks.is_empty() {
                let said = format!("{}: {}", goal.goal_name, planned.postbacks.len());
                audit::record(&mut tx, &Entry::of(account, game.id, now, Action::SentNow, slug, &said)).await?;
            }
            queued += planned.postbacks.len();
            tx.commit().await?;
        }
    }
    state.wake.notify_one();
    Ok(queued)
}

/// Whether the network still takes an event of this time.
pub fn takes(spec: &Spec, event_time: Millis, now: Millis) -> bool {
    event_time > now - spec.max_age + AGE_MARGIN
}

fn terms<'a>(game_id: Uuid, spec: &Spec, now: Millis) -> Terms<'a> {
    Terms {
        game_id,
        network: spec.slug,
        events_after: now - spec.max_age + AGE_MARGIN,
        clicks_after: spec.click_life.map(|life| now - life + AGE_MARGIN),
        mapped: spec.action.is_some(),
    }
}
