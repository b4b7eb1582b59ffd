//! Which messages of a game have been seen: a messageId counts once. On SQLite they lie in stretches (`stretches`).

mod filter;
mod stretches;
#[cfg(test)]
mod tests;

pub use stretches::Seen;

use super::{Result, Tx};
use crate::model::{DAY, Millis};
use sqlx::PgConnection;
use std::collections::{BTreeSet, HashSet};
use uuid::Uuid;

/// A message counts once within 30 days, and its eventTimestamp may lie a day ahead: kept so long, one that is sent again later is refused
/// for its age.
pub const KEPT_FOR: Millis = 32 * DAY;

/// Takes note of (game, messageId) pairs of locked games and returns those not seen before. `seen` is the writer's own, of all its claims.
pub async fn claim(tx: &mut Tx, seen: &mut Seen, ids: &[(Uuid, Uuid)], now: Millis) -> Result<HashSet<(Uuid, Uuid)>> {
    match tx {
        Tx::Sqlite(tx, _) => stretches::claim(tx, seen, ids, now).await,
        Tx::Postgres(tx, _) => claim_by_key(tx, ids, now).await,
    }
}

/// Forgets at most `limit` messages received before `then`; returns how many.
pub async fn forget(tx: &mut Tx, then: Millis, limit: i64) -> Result<u64> {
    match tx {
        Tx::Sqlite(tx, _) => stretches::forget(tx, then, limit).await,
        Tx::Postgres(tx, _) => forget_by_age(tx, then, limit).await,
    }
}

/// PostgreSQL takes and tells in one statement, however many they are.
async fn claim_by_key(c: &mut PgConnection, ids: &[(Uuid, Uuid)], now: Millis) -> Result<HashSet<(Uuid, Uuid)>> {
    // In the order of the key, so that neighbours share a page.
    let ids: BTreeSet<(Uuid, Uuid)> = ids.iter().copied().collect();
    let (games, messages): (Vec<Uuid>, Vec<Uuid>) = ids.into_iter().unzip();
    let taken: Vec<(Uuid, Uuid)> = sqlx::query_as(
        "insert into message_ids (game_id, message_id, received_at) select game, message, $3 from unnest($1::uuid[], $2::uuid[]) as t (game, message)
         on conflict do nothing returning game_id, message_id",
    )
    .bind(games)
    .bind(messages)
    .bind(now)
    .fetch_all(c)
    .await?;
    Ok(taken.into_iter().collect())
}

async fn forget_by_age(c: &mut PgConnection, then: Millis, limit: i64) -> Result<u64> {
    let done = sqlx::query(
        "delete from message_ids where (game_id, message_id) in (select game_id, message_id from message_ids where received_at < $1 limit $2)",
    )
    .bind(then)
    .bind(limit)
    .execute(c)
    .await?;
    Ok(done.rows_affected())
}
