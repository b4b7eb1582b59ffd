//! Which messages of a game have been seen: a messageId counts once. On SQLite they lie in stretches (`stretches`).

mod filter;
mod stretches;
#[cfg(test)]
mod tests;

pub use stretches::Seen;

use super::{Result, Tx, rows};
use crate::model::{DAY, Millis};
use sqlx::{PgConnection, QueryBuilder};
use std::collections::HashSet;
use uuid::Uuid;

/// A message counts once within 30 days, and its eventTimestamp may lie a day ahead: kept so long, one that is sent again later is refused
/// for its age.
pub const KEPT_FOR: Millis = 32 * DAY;

/// Takes note of (game, messageId) pairs of locked games and returns those not seen before. `seen` is the writer's own, of all its claims.
pub async fn claim(tx: &mut Tx, seen: &mut Seen, ids: &[(Uuid, Uuid)], now: Millis) -> Result<HashSet<(Uuid, Uuid)>> {
    match tx {
        Tx::Sqlite(tx, _) => stretches::claim(tx, seen, ids, now).await,
        Tx::Postgres(tx) => claim_by_key(tx, ids, now).await,
    }
}

/// Forgets at most `limit` messages received before `then`; returns how many.
pub async fn forget(tx: &mut Tx, then: Millis, limit: i64) -> Result<u64> {
    match tx {
        Tx::Sqlite(tx, _) => stretches::forget(tx, then, limit).await,
        Tx::Postgres(tx) => forget_by_age(tx, then, limit).await,
    }
}

/// Nearly all are new, so it is asked first which are not: telling of each that it was taken would cost more than taking it.
async fn claim_by_key(c: &mut PgConnection, ids: &[(Uuid, Uuid)], now: Millis) -> Result<HashSet<(Uuid, Uuid)>> {
    let mut new: HashSet<(Uuid, Uuid)> = ids.iter().copied().collect();
    let asked: Vec<(Uuid, Uuid)> = new.iter().copied().collect();
    for list in rows::lists(&asked) {
        for seen in among(c, &list).await? {
            new.remove(&seen);
        }
    }
    let taken: Vec<&(Uuid, Uuid)> = asked.iter().filter(|id| new.contains(*id)).collect();
    for piece in rows::pieces(&taken) {
        let mut query = QueryBuilder::new("insert into message_ids (game_id, message_id, received_at) ");
        query.push_values(piece, |mut row, (game, message)| {
            row.push_bind(*game).push_bind(*message).push_bind(now);
        });
        query.build().execute(&mut *c).await?;
    }
    Ok(new)
}

/// Those that were seen.
async fn among(c: &mut PgConnection, ids: &[(Uuid, Uuid)]) -> Result<Vec<(Uuid, Uuid)>> {
    let mut query = QueryBuilder::new("with wanted (game_id, message_id) as (");
    query.push_values(ids, |mut row, (game, message)| {
        row.push_bind(*game).push_bind(*message);
    });
    query
        .push(") select m.game_id, m.message_id from wanted w join message_ids m on m.game_id = w.game_id and m.message_id = w.message_id");
    query.build_query_as().fetch_all(c).await
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
