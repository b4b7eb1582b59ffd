//! One step of a resend: the next rows of what was asked for are looked at and sent again, in one transaction with how far that came.

use crate::model::Millis;
use crate::model::audit::Action;
use crate::model::resend::{Counts, ResendEnd, Standing, going};
use crate::server::db::audit::{self, Entry};
use crate::server::db::resendable::{self, Span, Terms};
use crate::server::db::resends::{self, Job};
use crate::server::db::resent::{self, Mark};
use crate::server::db::{Db, Error, Result, Tx, facts};
use crate::server::networks::find;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Rows of the log that a step looks at: ingest waits for it.
pub const AT_ONCE: i64 = 250;
/// While so much of the connection is due already, nothing more is put back: what is tried again by itself does not wait behind a flood, and
/// cancelling still means something.
pub const AHEAD: i64 = 1_000;
/// When to look again whether the queue has room.
const LOOK_AGAIN: Millis = 200;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    More,
    /// The queue has no room for more just now.
    Wait,
    Ended,
    /// Another process is at it, or it has ended.
    NotOurs,
}

/// Takes a step that is due.
pub async fn step(db: &Db, id: Uuid, now: Millis) -> Result<Step> {
    let mut tx = db.begin().await?;
    let Some(mut job) = resends::hold(&mut tx, id, now).await? else { return Ok(Step::NotOurs) };
    // As ingest and erasures hold it: nobody withdraws consent or leaves the graph meanwhile.
    facts::lock(&mut tx, &BTreeSet::from([job.game_id])).await?;
    let (connected, led_since) = resends::connection(&mut tx, job.connection_id).await?;
    let step = if !connected || led_since > job.asked_at {
        end(&mut job, ResendEnd::Stopped, now)
    } else if resends::backlog(&mut tx, job.connection_id, now, AHEAD).await? >= AHEAD {
        job.due_at = now + LOOK_AGAIN;
        Step::Wait
    } else {
        part(&mut tx, &mut job, now).await?
    };
    resends::advance(&mut tx, &job).await?;
    if step == Step::Ended {
        record_end(&mut tx, &job, now).await?;
    }
    tx.commit().await?;
    Ok(step)
}

/// Looks at the next rows, and sends again what may go.
async fn part(tx: &mut Tx, job: &mut Job, now: Millis) -> Result<Step> {
    let (ids, last) = match job.selected()? {
        Some(ids) => (ids, true),
        None => {
            let rows = resendable::walk(tx, &span(job), (job.at_time, job.at_id), AT_ONCE).await?;
            if let Some((time, id, ..)) = rows.last() {
                (job.at_time, job.at_id) = (*time, *id);
            }
            let last = i64::try_from(rows.len()).unwrap_or(i64::MAX) < AT_ONCE;
            (rows.into_iter().filter(|(.., first)| *first).map(|(_, _, postback, _)| postback).collect(), last)
        }
    };
    send_again(tx, job, &ids, now).await?;
    Ok(if last { end(job, ResendEnd::Done, now) } else { Step::More })
}

async fn send_again(tx: &mut Tx, job: &mut Job, ids: &[Uuid], now: Millis) -> Result<()> {
    let network = job.network.clone();
    let spec = find(&network).ok_or_else(|| Error::Decode(format!("no network is called {network}").into()))?.spec();
    let terms = Terms { game_id: job.game_id, network: &network, now, window: spec.dedup_window, asked_at: job.asked_at };
    let found = resendable::standings(tx, &terms, ids).await?;
    let of = |standing| found.values().filter(|one| one.standing == standing).map(|one| one.id).collect::<Vec<Uuid>>();
    let (mut ready, mut waiting) = (of(Standing::Ready), of(Standing::Waiting));
    // Rows are locked in one order everywhere.
    ready.sort_unstable();
    waiting.sort_unstable();
    let mark = Mark { resend_id: Some(job.id), now };
    let hurried = resent::hurry(tx, &waiting, mark).await?;
    let put_back = resent::put_back(tx, &ready, mark).await?;
    job.hurried += hurried;
    job.put_back += put_back;
    let mut left_out: BTreeMap<Standing, i64> = job.left_out()?.into_iter().collect();
    for one in found.values().filter(|one| !one.standing.goes()) {
        *left_out.entry(one.standing).or_default() += 1;
    }
    // Claimed between the look and the change.
    let claimed = i64::try_from(waiting.len()).unwrap_or(i64::MAX) - hurried;
    if claimed > 0 {
        *left_out.entry(Standing::Sending).or_default() += claimed;
    }
    let taken = i64::try_from(ready.len()).unwrap_or(i64::MAX) - put_back;
    if taken > 0 {
        *left_out.entry(Standing::Again).or_default() += taken;
    }
    job.leave_out(&left_out.into_iter().collect())
}

fn span(job: &Job) -> Span {
    Span { game_id: job.game_id, network: job.network.clone(), since: job.since, until: job.until, status: job.status.clone() }
}

fn end(job: &mut Job, how: ResendEnd, now: Millis) -> Step {
    (job.ended, job.ended_at) = (Some(how.word().to_owned()), Some(now));
    Step::Ended
}

async fn record_end(tx: &mut Tx, job: &Job, now: Millis) -> Result<()> {
    let stopped = job.ended.as_deref() == Some(ResendEnd::Stopped.word());
    let entry = Entry {
        game_id: Some(job.game_id),
        user_id: job.user_id,
        who: &job.asked_by,
        time: now,
        action: if stopped { Action::ResendStopped } else { Action::ResendDone },
        subject: &job.network,
        detail: &numbers(job)?,
    };
    audit::record(tx, &entry).await
}

/// `8 put back into the queue, 1 tried at once; left out: 2 delivered`
pub fn numbers(job: &Job) -> Result<String> {
    let left_out: Counts = job.left_out()?;
    debug_assert_eq!(going(&left_out), 0);
    let left: Vec<String> = left_out.iter().map(|(standing, count)| format!("{count} {standing}")).collect();
    let left = if left.is_empty() { String::new() } else { format!("; left out: {}", left.join(", ")) };
    Ok(format!("{} put back into the queue, {} tried at once{left}", job.put_back, job.hurried))
}
