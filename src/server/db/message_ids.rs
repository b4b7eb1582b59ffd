//! Which messages of a game have been seen: a messageId counts once.

use super::{Result, Tx, rows, within};
use crate::model::{DAY, Millis};
use sqlx::{Postgres, QueryBuilder, Transaction};
use std::collections::{BTreeSet, HashSet};
use uuid::Uuid;

/// A message counts once within 30 days, and its eventTimestamp may lie a day ahead: kept so long, one that is sent again later is refused
/// for its age.
pub const KEPT_FOR: Millis = 32 * DAY;

/// Takes note of (game, messageId) pairs of locked games and returns those not seen before. Nearly all are new, so it is asked first which
/// are not: telling of each that it was taken would cost more than taking it.
pub async fn claim(tx: &mut Tx, ids: &[(Uuid, Uuid)], now: Millis) -> Result<HashSet<(Uuid, Uuid)>> {
    if let Tx::Postgres(tx, _) = tx {
        return claim_at_once(tx, ids, now).await;
    }
    let mut new: HashSet<(Uuid, Uuid)> = ids.iter().copied().collect();
    let asked: Vec<(Uuid, Uuid)> = new.iter().copied().collect();
    for list in rows::lists(&asked) {
        for seen in among(tx, &list).await? {
            new.remove(&seen);
        }
    }
    let taken: Vec<&(Uuid, Uuid)> = asked.iter().filter(|id| new.contains(*id)).collect();
    for piece in rows::pieces(&taken) {
        within!(tx, c => {
            let mut query = QueryBuilder::new("insert into message_ids (game_id, message_id, received_at) ");
            query.push_values(piece, |mut row, (game, message)| {
                row.push_bind(*game).push_bind(*message).push_bind(now);
            });
            query.build().execute(c).await.map(drop)
        })?;
    }
    Ok(new)
}

/// PostgreSQL takes and tells in one statement, however many they are.
async fn claim_at_once(tx: &mut Transaction<'static, Postgres>, ids: &[(Uuid, Uuid)], now: Millis) -> Result<HashSet<(Uuid, Uuid)>> {
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
    .fetch_all(&mut **tx)
    .await?;
    Ok(taken.into_iter().collect())
}

/// Those that were seen.
async fn among(tx: &mut Tx, ids: &[(Uuid, Uuid)]) -> Result<Vec<(Uuid, Uuid)>> {
    within!(tx, c => {
        let mut query = QueryBuilder::new("with wanted (game_id, message_id) as (");
        query.push_values(ids, |mut row, (game, message)| {
            row.push_bind(*game).push_bind(*message);
        });
        query.push(
            ") select m.game_id, m.message_id from wanted w cross join message_ids m where m.game_id = w.game_id and m.message_id = w.message_id",
        );
        query.build_query_as().fetch_all(c).await
    })
}

/// Forgets at most `limit` messages received before `then`; returns how many.
pub async fn forget(tx: &mut Tx, then: Millis, limit: i64) -> Result<u64> {
    within!(tx, c => sqlx::query(
        "delete from message_ids where (game_id, message_id) in (select game_id, message_id from message_ids where received_at < $1 limit $2)",
    )
    .bind(then)
    .bind(limit)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))
}
