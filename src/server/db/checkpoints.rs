//! SQLite's write-ahead log goes back into the file beside the writer and not on its commits, which would make everybody wait for the
//! disk. PostgreSQL sees to that itself.

use super::{Db, Error, Result};
use sqlx::{Executor, Sqlite, SqlitePool};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Pages that are written again and again within that time go back once.
const EVERY: Duration = Duration::from_secs(1);
/// A log of so many pages (32 MiB) begins anew. That takes a moment in which all of it is in the file, so nobody writes meanwhile; by then
/// nearly everything is.
const BEGINS_ANEW_AT: i64 = 8_192;

/// Until `shutdown`: whoever closes the database last writes back the rest. Where the disk refuses, the log grows, and that is said once.
pub async fn run(db: Db, shutdown: CancellationToken) {
    let Db::Sqlite { write, checkpoint, disk, .. } = db else { return };
    let mut failing = false;
    while !shutdown.is_cancelled() {
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
        let failed = write_back(&write, &checkpoint).await.err();
        if let Some(cause) = failed.as_ref().filter(|_| !failing) {
            tracing::error!(%cause, "the write-ahead log cannot be written back into the database file; it grows until that works again");
        }
        // The system says it once: who asks it next may hear of a success.
        if failed.as_ref().is_some_and(is_of_the_disk) {
            disk.doubt();
        }
        failing = failed.is_some();
    }
}

/// What SQLite calls it when the system could not write a file or its folder out.
const FSYNC_FAILED: [&str; 2] = ["1034", "1290"];

fn is_of_the_disk(error: &Error) -> bool {
    error.as_database_error().and_then(|database| database.code()).is_some_and(|code| FSYNC_FAILED.contains(&&*code))
}

async fn write_back(write: &SqlitePool, checkpoint: &SqlitePool) -> Result<()> {
    let length = passive(checkpoint).await?;
    if length >= BEGINS_ANEW_AT {
        // What came meanwhile, so that hardly anything is left to be written while nobody else may.
        passive(checkpoint).await?;
        let mut writer = write.acquire().await?;
        passive(&mut *writer).await?;
    }
    Ok(())
}

/// Writes back what is committed, and waits for no reader and no writer; answers how many pages the log holds.
async fn passive<'c>(executor: impl Executor<'c, Database = Sqlite>) -> Result<i64> {
    let (_busy, length, _written): (i64, i64, i64) = sqlx::query_as("pragma wal_checkpoint(passive)").fetch_one(executor).await?;
    Ok(length)
}
