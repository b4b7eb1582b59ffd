//! What people ask of a resend of many: the count first, then the job, how far it is, and an end to it.

use super::work::numbers;
use crate::error::AppError;
use crate::model::audit::Action;
use crate::model::connection::Connection;
use crate::model::filter::{LogFilter, Range};
use crate::model::number::counted;
use crate::model::postback::PostbackState;
use crate::model::resend::{Counts, Progress, ResendPage, ResendProblem, ResendQuestion, RunningResend, Wanted, going};
use crate::model::{DAY, Millis};
use crate::server::auth::Access;
use crate::server::db::audit::{self, Entry};
use crate::server::db::resendable::{self, Span, Terms};
use crate::server::db::resends::{self, Asked, Job};
use crate::server::db::{self, Db, attempts, connection_changes};
use crate::server::integrations::card;
use crate::server::networks::contract::Spec;
use crate::server::networks::find;
use crate::server::state::AppState;
use std::collections::BTreeMap;
use uuid::Uuid;

/// The question before a resend, with the count. Asks for who may change things.
pub async fn question(db: &Db, access: &Access, slug: &str, wanted: Wanted, now: Millis) -> Result<ResendQuestion, AppError> {
    let (_, game, _) = access;
    let network = find(slug).ok_or(AppError::NotFound)?;
    let connection = connection_changes::of_network(db, game.id, slug).await?;
    let counts = match &connection {
        Some(_) if wanted.holds(now) => count(db, game.id, network.spec(), &wanted, now).await?.0,
        _ => Counts::new(),
    };
    Ok(ResendQuestion {
        game_name: game.name.clone(),
        network: card(network),
        running: resends::running(db, game.id, slug).await?,
        max_age_days: network.spec().max_age / DAY,
        connection,
        wanted,
        counts,
    })
}

/// How many stand how; of a selection also which postbacks it is about.
async fn count(db: &Db, game_id: Uuid, spec: &Spec, wanted: &Wanted, now: Millis) -> db::Result<(Counts, Option<Vec<Uuid>>)> {
    let terms = Terms { game_id, network: spec.slug, now, window: spec.dedup_window, asked_at: Millis::MAX };
    match wanted {
        Wanted::Shown { .. } => {
            let span = span(game_id, spec.slug, wanted);
            Ok((resendable::count(db, &terms, &span).await?, None))
        }
        Wanted::Rows(ids) => {
            let postbacks = attempts::postbacks_of(db, game_id, spec.slug, ids).await?;
            let mut tx = db.begin().await?;
            let mut counts = BTreeMap::new();
            for found in resendable::standings(&mut tx, &terms, &postbacks).await?.into_values() {
                *counts.entry(found.standing).or_insert(0) += 1;
            }
            Ok((counts.into_iter().collect(), Some(postbacks)))
        }
    }
}

fn span(game_id: Uuid, slug: &str, wanted: &Wanted) -> Span {
    let (since, until, status) = match wanted {
        Wanted::Shown { filter, until } => (*until - filter.range.millis(), *until, filter.status),
        Wanted::Rows(_) => (0, 0, None),
    };
    Span { game_id, network: slug.to_owned(), since, until, status: status.map(|status| status.word().to_owned()) }
}

/// Takes a resend on; its id. What is sent is what stands in the count, as it stands when its turn comes.
pub async fn start(state: &AppState, access: &Access, slug: &str, wanted: &Wanted, now: Millis) -> Result<Uuid, AppError> {
    let (account, game, _) = access;
    let spec = find(slug).ok_or(AppError::NotFound)?.spec();
    let connection = connection_changes::of_network(&state.db, game.id, slug).await?;
    let connection = connection.ok_or(AppError::Resend(ResendProblem::NotConnected))?;
    if !wanted.holds(now) {
        return Err(AppError::Resend(if matches!(wanted, Wanted::Rows(_)) { ResendProblem::TooMany } else { ResendProblem::Stale }));
    }
    let (counts, postbacks) = count(&state.db, game.id, spec, wanted, now).await?;
    let expected = going(&counts);
    if expected == 0 {
        return Err(AppError::Resend(ResendProblem::Nothing));
    }
    let span = span(game.id, slug, wanted);
    let asked = Asked {
        id: Uuid::now_v7(),
        game_id: game.id,
        connection_id: connection.id,
        network: slug,
        user_id: account.id,
        asked_by: &account.email,
        asked_at: now,
        since: span.since,
        until: span.until,
        status: span.status.as_deref(),
        postbacks: postbacks.as_deref(),
        matched: counts.iter().map(|(_, count)| count).sum(),
        expected,
    };
    let mut tx = state.db.begin().await?;
    if !resends::ask(&mut tx, &asked).await? {
        return Err(AppError::Resend(ResendProblem::Running));
    }
    let said = format!("{}: {expected} of {} postbacks", wanted.says(), asked.matched);
    audit::record(&mut tx, &Entry::of(account, game.id, now, Action::ResendStarted, slug, &said)).await?;
    tx.commit().await?;
    state.resend.begin();
    Ok(asked.id)
}

/// Ends a resend: what it has not put back stays as it was.
pub async fn cancel(db: &Db, access: &Access, slug: &str, id: Uuid, now: Millis) -> Result<(), AppError> {
    let (account, game, _) = access;
    resends::one(db, game.id, slug, id).await?.ok_or(AppError::NotFound)?;
    let mut tx = db.begin().await?;
    let job = resends::cancel(&mut tx, game.id, slug, id, now).await?.ok_or(AppError::Resend(ResendProblem::Ended))?;
    audit::record(&mut tx, &Entry::of(account, game.id, now, Action::ResendCancelled, slug, &numbers(&job)?)).await?;
    tx.commit().await?;
    Ok(())
}

/// The page of a resend.
pub async fn page(db: &Db, access: &Access, slug: &str, id: Uuid) -> Result<ResendPage, AppError> {
    let (_, game, role) = access;
    let network = find(slug).ok_or(AppError::NotFound)?;
    let job = resends::one(db, game.id, slug, id).await?.ok_or(AppError::NotFound)?;
    let connection = connection_changes::of_network(db, game.id, slug).await?;
    Ok(ResendPage {
        game_name: game.name.clone(),
        network: card(network),
        may_change: role.may_change(),
        id,
        asked_by: job.asked_by.clone(),
        asked_at: job.asked_at,
        says: says(&job)?,
        progress: progress(db, &job, connection.as_ref()).await?,
    })
}

async fn progress(db: &Db, job: &Job, connection: Option<&Connection>) -> db::Result<Progress> {
    let (mut accepted, mut refused, mut under_way) = (0, 0, 0);
    for (word, count) in resends::outcome(db, job.id).await? {
        match word.parse().map_err(db::Error::decode)? {
            PostbackState::Accepted | PostbackState::Confirmed => accepted += count,
            PostbackState::Failed | PostbackState::Expired | PostbackState::Cancelled => refused += count,
            PostbackState::Queued | PostbackState::Retrying => under_way += count,
        }
    }
    Ok(Progress {
        expected: job.expected,
        put_back: job.put_back,
        hurried: job.hurried,
        left_out: job.left_out()?,
        accepted,
        refused,
        under_way,
        ended: job.end()?,
        held: connection.is_some_and(|connection| connection.parked.is_some() || !connection.enabled),
    })
}

/// What it was asked to send, as the log shows it.
fn says(job: &Job) -> db::Result<String> {
    if let Some(postbacks) = job.selected()? {
        return Ok(counted(i64::try_from(postbacks.len()).unwrap_or(0), "selected postback", "selected postbacks"));
    }
    let range = Range::ALL.iter().copied().find(|range| range.millis() == job.until - job.since).unwrap_or(Range::Day);
    let status = job.status.as_deref().map(str::parse).transpose().map_err(db::Error::decode)?;
    Ok(Wanted::Shown { filter: LogFilter { range, status }, until: job.until }.says())
}

/// The resend that is running for the network, for the pages that lead to it.
pub async fn running(db: &Db, game_id: Uuid, slug: &str) -> db::Result<Option<RunningResend>> {
    resends::running(db, game_id, slug).await
}
