//! The loop: claim what is due, start calls as each connection's pace allows, learn from those that come back. Woken by ingest's
//! commits, by other processes, by the next due row and by a poll.

use super::engine::Engine;
use super::{Clock, Dispatch, ask, others};
use crate::model::Millis;
use crate::server::db::{Db, queue};
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How often overdue leases are taken back and postbacks that grew too old are ended.
const HOUSEKEEPING: Duration = Duration::from_secs(5);

/// Sends until `shutdown`, then stops claiming, waits for the calls in flight, writes their results and gives the rest back. Beside it, the
/// networks are asked what became of accepted events.
pub async fn run(dispatch: Dispatch, shutdown: CancellationToken) {
    dispatch.others.count(&dispatch).await;
    tokio::join!(send(dispatch.clone(), shutdown.clone()), ask::run(dispatch.clone(), shutdown.clone()), others::run(&dispatch, &shutdown));
}

async fn send(dispatch: Dispatch, shutdown: CancellationToken) {
    if let Db::Sqlite { .. } = dispatch.db {
        // This process owns the file: who held these leases is dead.
        match queue::clear_leases(&dispatch.db, super::super::now()).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "postbacks that a stopped process had claimed are taken up again"),
            Err(error) => tracing::error!(%error, "old leases are not cleared; they run out in a minute"),
        }
    }
    let mut engine = Engine::start(dispatch, Clock::at(super::super::now()));
    until(&mut engine, &shutdown).await;
    engine.stop().await;
}

async fn until(engine: &mut Engine, shutdown: &CancellationToken) {
    let (wake, others) = (engine.wake(), engine.others());
    let mut kept_house: Option<Instant> = None;
    let mut alarm = Instant::now();
    while !shutdown.is_cancelled() {
        if kept_house.is_none_or(|at| at.elapsed() >= HOUSEKEEPING) {
            engine.housekeeping().await;
            kept_house = Some(Instant::now());
        }
        engine.turn().await;
        if alarm <= Instant::now() {
            alarm = Instant::now() + engine.sleep().await;
        }
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = wake.notified() => {
                others.tell();
                engine.look_again();
            }
            () = others.heard() => engine.look_again(),
            () = tokio::time::sleep_until(alarm) => engine.look_again(),
            () = engine.something_ended() => {}
        }
    }
}

/// Sends everything that is due at `now` and returns when nothing is; the number of calls made. Time stands still meanwhile.
pub async fn drain_until_idle(dispatch: &Dispatch, now: Millis) -> usize {
    let mut engine = Engine::start(dispatch.clone(), Clock::Stopped(now));
    engine.housekeeping().await;
    loop {
        let before = engine.claimed();
        engine.look_again();
        engine.turn().await;
        while engine.busy() {
            engine.something_ended().await;
            engine.turn().await;
        }
        if engine.claimed() == before {
            break;
        }
    }
    let made = engine.made();
    engine.stop().await;
    made
}
