//! How many attempts ended how, by slots of five minutes: what a page of the log says without counting the log. Nothing is kept here of
//! longer ago than a page shows; attempts are kept longer than that, so nothing here is taken back either.

use super::attempts::Scope;
use super::days::day;
use super::results::{Attempt, Of};
use super::{Db, Result, Tx, on, within};
use crate::model::{DAY, MINUTE, Millis};
use std::collections::BTreeMap;
use uuid::Uuid;

/// As in the migration.
const SLOT: Millis = 5 * MINUTE;
/// The longest range of the log, and some.
const KEPT_FOR: Millis = 31 * DAY;
/// A slot is merged when nothing of it is likely to come any more: a call takes 20 s, its result is written soon after.
const SETTLED_AFTER: Millis = SLOT + MINUTE;

type Key<'a> = (Uuid, &'a str, Millis, &'static str, bool);

fn slot(time: Millis) -> Millis {
    time - time.rem_euclid(SLOT)
}

/// Counts the rows of the log that the transaction writes.
pub async fn add(tx: &mut Tx, attempts: &[(&Of, &Attempt, bool)]) -> Result<()> {
    let mut counts: BTreeMap<Key, i64> = BTreeMap::new();
    for (of, attempt, _) in attempts {
        *counts.entry((of.game_id, of.network.as_str(), slot(attempt.time), attempt.status.word(), of.test)).or_default() += 1;
    }
    for ((game_id, network, slot, status, test), count) in counts {
        insert(tx, game_id, network, slot, status, test, count, false).await?;
    }
    Ok(())
}

#[allow(clippy::too_many_arguments)] // a row's columns
async fn insert(tx: &mut Tx, game: Uuid, network: &str, slot: Millis, status: &str, test: bool, count: i64, merged: bool) -> Result<()> {
    within!(tx, c => sqlx::query(
        "insert into attempt_counts (game_id, network, slot, id, status, test, attempts, merged) values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(game)
    .bind(network)
    .bind(slot)
    .bind(Uuid::now_v7())
    .bind(status)
    .bind(test)
    .bind(count)
    .bind(merged)
    .execute(c)
    .await
    .map(drop))
}

/// How many attempts since the scope's time ended how, its status aside. The slot that the time is in is counted in the log itself.
pub async fn since(db: &Db, scope: &Scope, tests: bool) -> Result<Vec<(String, i64)>> {
    let whole = slot(scope.since - 1) + SLOT;
    on!(db, pool => sqlx::query_as(
        "select status, cast(sum(counted) as bigint) from (
             select status, attempts as counted from attempt_counts
             where game_id = $1 and network = $2 and slot >= $4 and ($5 or not test)
             union all
             select status, count(*) as counted from attempts
             where game_id = $1 and network = $2 and time >= $3 and time < $4 and day >= $6 and day <= $7 and ($5 or not test)
             group by status
         ) parts group by status",
    )
    .bind(scope.game_id)
    .bind(&scope.network)
    .bind(scope.since)
    .bind(whole)
    .bind(tests)
    .bind(day(scope.since))
    .bind(day(whole))
    .fetch_all(pool)
    .await)
}

/// Adds up to `most` rows of slots that are over together; how many.
pub async fn merge(tx: &mut Tx, now: Millis, most: i64) -> Result<u64> {
    type Row = (Uuid, String, Millis, String, bool, i64);
    let gone: Vec<Row> = within!(tx, c => sqlx::query_as(
        "delete from attempt_counts where not merged and (game_id, network, slot, id) in
             (select game_id, network, slot, id from attempt_counts where not merged and slot < $1 order by slot limit $2)
         returning game_id, network, slot, status, test, attempts",
    )
    .bind(now - SETTLED_AFTER)
    .bind(most)
    .fetch_all(c)
    .await)?;
    let mut sums: BTreeMap<(Uuid, &str, Millis, &str, bool), i64> = BTreeMap::new();
    for (game, network, slot, status, test, count) in &gone {
        *sums.entry((*game, network, *slot, status, *test)).or_default() += count;
    }
    for ((game, network, slot, status, test), count) in sums {
        insert(tx, game, network, slot, status, test, count, true).await?;
    }
    Ok(gone.len() as u64)
}

/// Forgets up to `most` rows that no page shows any more; how many.
pub async fn forget(tx: &mut Tx, now: Millis, most: i64) -> Result<u64> {
    within!(tx, c => sqlx::query(
        "delete from attempt_counts where merged and (game_id, network, slot, id) in
             (select game_id, network, slot, id from attempt_counts where merged and slot < $1 order by slot limit $2)",
    )
    .bind(now - KEPT_FOR)
    .bind(most)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))
}
