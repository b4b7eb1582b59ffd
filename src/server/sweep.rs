//! Housekeeping beside the web server: what has run out is ended or forgotten, in small transactions that let the others in between.

use super::db::{Db, Result, Tx, attempt_counts, conversions, days, grants, message_ids, resends, sessions};
use super::retention;
use crate::model::{DAY, Millis};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often it looks.
const EVERY: Duration = Duration::from_secs(60);
/// Rows that one transaction changes: on SQLite nobody else writes meanwhile.
const AT_ONCE: i64 = 2_000;
/// Pause after a full transaction, in which whoever waits for the writer gets it.
const BREATH: Duration = Duration::from_millis(20);

/// What runs out, each with its own time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A conversion that waited its 7 days: it ends with the reason that was kept for it.
    WaitingConversions,
    /// Messages that are too old to come again.
    MessageIds,
    Sessions,
    /// Consents that nobody came back from, and tokens that nobody picked an account for.
    Grants,
    /// Resends that ended long ago; what came of them stands in the log and in the audit log.
    Resends,
    /// Counts of attempts whose five minutes are over: added together.
    FreshCounts,
    /// Counts that no page shows any more.
    OldCounts,
}

const ALL: [Kind; 7] =
    [Kind::WaitingConversions, Kind::MessageIds, Kind::Sessions, Kind::Grants, Kind::Resends, Kind::FreshCounts, Kind::OldCounts];
/// How long the page of a resend that ended is kept.
const RESENDS_KEPT_FOR: Millis = 90 * DAY;

/// Sweeps at once and then every minute, and beside that deletes what is too old, until `shutdown`.
pub async fn run(db: Db, shutdown: CancellationToken) {
    tokio::join!(every_minute(&db, &shutdown), retention::run(&db, &shutdown));
}

async fn every_minute(db: &Db, shutdown: &CancellationToken) {
    while !shutdown.is_cancelled() {
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = every_part(db) => {}
        }
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

async fn every_part(db: &Db) {
    let now = super::now();
    if let Err(cause) = days::ahead(db, now).await {
        crate::server::trouble::met(&cause, "the coming days were not made; they are made when something is written to them");
    }
    sweep(db, now).await;
}

/// Ends and forgets everything that has run out at `now`. What the database refuses is left for the next time.
pub async fn sweep(db: &Db, now: Millis) {
    for kind in ALL {
        loop {
            match part(db, kind, now).await {
                Ok(count) if count < AT_ONCE as u64 => break,
                Ok(_) => tokio::time::sleep(BREATH).await,
                Err(cause) => {
                    crate::server::trouble::met(&cause, "what has run out was not swept up");
                    break;
                }
            }
        }
    }
}

/// One transaction's worth; how many rows it was.
async fn part(db: &Db, kind: Kind, now: Millis) -> Result<u64> {
    let mut tx: Tx = db.begin().await?;
    let count = match kind {
        Kind::WaitingConversions => conversions::end_waiting(&mut tx, now, AT_ONCE).await?,
        Kind::MessageIds => message_ids::forget(&mut tx, now - message_ids::KEPT_FOR, AT_ONCE).await?,
        Kind::Sessions => sessions::delete_ended(&mut tx, now, AT_ONCE).await?,
        Kind::Grants => grants::delete_ended(&mut tx, now).await?,
        Kind::Resends => resends::forget(&mut tx, now - RESENDS_KEPT_FOR, AT_ONCE).await?,
        Kind::FreshCounts => attempt_counts::merge(&mut tx, now, AT_ONCE).await?,
        Kind::OldCounts => attempt_counts::forget(&mut tx, now, AT_ONCE).await?,
    };
    tx.commit().await?;
    Ok(count)
}
