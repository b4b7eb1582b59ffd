//! The hot table of unfinished postbacks: claimed under a lease with a random id, renewed, handed back, taken back when overdue.

use super::{Db, Result, Tx, on, rows, within};
use crate::model::{Millis, SECOND};
use sqlx::{FromRow, QueryBuilder};
use uuid::Uuid;

/// How long a claim holds.
pub const LEASE: Millis = 60 * SECOND;
/// A row that was claimed this often without a recorded result may be what stops the process: it is claimed alone.
const SUSPECT: i32 = 2;

/// A row of the queue that is ours until the lease ends.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Held {
    pub id: Uuid,
    pub lease_id: Uuid,
    pub lease_until: Millis,
    /// Tries with a recorded result.
    pub attempt: i32,
    /// Those of them before somebody last had it sent again.
    pub tries_before: i32,
    /// Claims without a recorded result, this one included.
    pub claims: i32,
    pub refusals: i32,
    pub give_up_at: Option<Millis>,
    pub expires_at: Millis,
    /// The network's word on a call that it shared was not about it alone: it goes alone now.
    pub alone: bool,
}

impl Held {
    /// Claimed so often without a result that it goes alone.
    pub fn suspect(&self) -> bool {
        self.claims > SUSPECT
    }
}

/// What to claim of one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// First attempts, so that a storm of retries cannot starve them.
    Fresh,
    /// Whatever is due longest; of the same time, what the network takes least long still.
    Due,
    /// One row that may be what stops the process, if none such is out already.
    Suspect,
}

/// `with held (id, lease) as (values …) `, to be joined with the queue by both. `(id, lease_id) in (values …)` says the same, and SQLite reads
/// the whole queue for it.
macro_rules! held_rows {
    ($pairs:expr) => {{
        let mut query = QueryBuilder::new("with held (id, lease) as (");
        query.push_values($pairs, |mut row, (id, lease_id)| {
            row.push_bind(*id).push_bind(*lease_id);
        });
        query.push(") ");
        query
    }};
}

/// Written twice because SQLite deletes from one table only.
const DELETE_HELD: [&str; 2] = [
    "delete from queue where rowid in (select q.rowid from held cross join queue q where q.id = held.id and q.lease_id = held.lease) returning id",
    "delete from queue using held where queue.id = held.id and queue.lease_id = held.lease returning queue.id",
];

/// Takes rows out of the queue; which of them were still ours.
pub async fn take_out(tx: &mut Tx, held: &[(Uuid, Uuid)]) -> Result<Vec<Uuid>> {
    let [sqlite, postgres] = DELETE_HELD;
    let text = if matches!(tx, Tx::Sqlite(..)) { sqlite } else { postgres };
    let mut ours = Vec::with_capacity(held.len());
    for piece in rows::pieces(held) {
        let gone: Vec<(Uuid,)> = within!(tx, c => held_rows!(piece).push(text).build_query_as().fetch_all(c).await)?;
        ours.extend(gone.into_iter().map(|(id,)| id));
    }
    Ok(ours)
}

/// Written twice because the engines lock differently: SQLite has one writer, PostgreSQL skips what another process is claiming.
macro_rules! claiming {
    ($condition:literal) => {
        [
            concat!(
                "update queue set lease_id = $1, lease_until = $2, claims = claims + 1 where id in (select id from queue where ",
                $condition,
                " limit $5) returning id, lease_id, lease_until, attempt, tries_before, claims, refusals, give_up_at, expires_at, alone"
            ),
            concat!(
                "with due as materialized (select id from queue where ",
                $condition,
                " limit $5 for update skip locked)
                 update queue set lease_id = $1, lease_until = $2, claims = claims + 1 from due where queue.id = due.id
                 returning queue.id, lease_id, lease_until, attempt, tries_before, claims, refusals, give_up_at, expires_at, alone"
            ),
        ]
    };
}

const FRESH: [&str; 2] =
    claiming!("connection_id = $4 and lease_id is null and attempt = 0 and claims < 2 and due_at <= $3 order by due_at, expires_at");
const DUE: [&str; 2] = claiming!("connection_id = $4 and lease_id is null and claims < 2 and due_at <= $3 order by due_at, expires_at");
const SUSPECTS: [&str; 2] = claiming!(
    "connection_id = $4 and lease_id is null and claims >= 2 and due_at <= $3
     and not exists (select 1 from queue held where held.connection_id = $4 and held.claims >= 2 and held.claims > 2 and held.lease_id is not null)
     order by due_at, expires_at"
);
const EXPIRED: [&str; 2] = claiming!("$4 is null and lease_id is null and expires_at <= $3 order by expires_at");

/// Claims up to `most` rows of the connection that are due at `now`, under one new lease until `now` + `LEASE`.
pub async fn claim(tx: &mut Tx, connection_id: Uuid, share: Share, most: usize, now: Millis) -> Result<Vec<Held>> {
    let texts = match share {
        Share::Fresh => FRESH,
        Share::Due => DUE,
        Share::Suspect => SUSPECTS,
    };
    run(tx, texts, Some(connection_id), most, now).await
}

/// Claims up to `most` rows of any connection that the network does not take any more for their age.
pub async fn claim_expired(tx: &mut Tx, most: usize, now: Millis) -> Result<Vec<Held>> {
    run(tx, EXPIRED, None, most, now).await
}

async fn run(
    tx: &mut Tx,
    [sqlite, postgres]: [&'static str; 2],
    connection_id: Option<Uuid>,
    most: usize,
    now: Millis,
) -> Result<Vec<Held>> {
    let text = if matches!(tx, Tx::Sqlite(..)) { sqlite } else { postgres };
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let mut held: Vec<Held> = within!(tx, c => sqlx::query_as(text)
        .bind(Uuid::new_v4())
        .bind(now + LEASE)
        .bind(now)
        .bind(connection_id)
        .bind(most)
        .fetch_all(c)
        .await)?;
    held.sort_by_key(|row| (row.expires_at, row.id));
    Ok(held)
}

/// Prolongs leases to `now` + `LEASE` and tells which are still ours; what is not in the answer must not be sent.
pub async fn renew(db: &Db, held: &[(Uuid, Uuid)], now: Millis) -> Result<Vec<Uuid>> {
    let mut ours = Vec::with_capacity(held.len());
    let mut tx = db.begin().await?;
    for piece in rows::pieces(held) {
        let kept: Vec<(Uuid,)> = within!(&mut tx, c => {
            let mut query = held_rows!(piece);
            query.push("update queue set lease_until = ").push_bind(now + LEASE);
            query.push(" from held where queue.id = held.id and queue.lease_id = held.lease returning queue.id");
            query.build_query_as().fetch_all(c).await
        })?;
        ours.extend(kept.into_iter().map(|(id,)| id));
    }
    tx.commit().await?;
    Ok(ours)
}

/// Gives unsent rows back, as if they had not been claimed.
pub async fn hand_back(db: &Db, held: &[(Uuid, Uuid)]) -> Result<()> {
    let mut tx = db.begin().await?;
    for piece in rows::pieces(held) {
        within!(&mut tx, c => {
            let mut query = held_rows!(piece);
            query.push(
                "update queue set lease_id = null, lease_until = null, claims = claims - 1 from held
                 where queue.id = held.id and queue.lease_id = held.lease",
            );
            query.build().execute(c).await.map(drop)
        })?;
    }
    tx.commit().await
}

/// Takes back leases that ran out before `now`: their holder died or hangs. Whether it had sent them is not known, and is
/// marked so, from the earliest time at which it can have been. Returns how many.
pub async fn reclaim(db: &Db, now: Millis) -> Result<u64> {
    let overdue: Option<(i64,)> = on!(db, pool => sqlx::query_as(
        "select lease_until from queue where lease_id is not null and lease_until < $1 limit 1",
    )
    .bind(now)
    .fetch_optional(pool)
    .await)?;
    if overdue.is_none() {
        return Ok(0);
    }
    let mut tx = db.begin().await?;
    within!(&mut tx, c => sqlx::query(
        "update postbacks set unknown_since = coalesce(unknown_since, (select q.lease_until - $2 from queue q where q.id = postbacks.id))
         where id in (select id from queue where lease_id is not null and lease_until < $1)",
    )
    .bind(now)
    .bind(LEASE)
    .execute(c)
    .await
    .map(drop))?;
    let count = within!(&mut tx, c => sqlx::query(
        "update queue set lease_id = null, lease_until = null where lease_id is not null and lease_until < $1",
    )
    .bind(now)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    tx.commit().await?;
    Ok(count)
}

/// Takes back every lease at once. Only for the start of the one process that owns a SQLite file.
pub async fn clear_leases(db: &Db) -> Result<u64> {
    reclaim(db, Millis::MAX).await
}

/// When the next row of a connection that may send is due.
pub async fn next_due(db: &Db) -> Result<Option<Millis>> {
    let (due,): (Option<i64>,) = on!(db, pool => sqlx::query_as(
        "select min(due) from (
             select (select min(q.due_at) from queue q where q.connection_id = c.id and q.lease_id is null) as due
             from connections c where c.connected and c.enabled and c.parked_cause is null
         ) as of_connections",
    )
    .fetch_one(pool)
    .await)?;
    Ok(due)
}

/// What waits for a connection that is connected.
#[derive(Debug, FromRow)]
pub struct Depth {
    pub connection_id: Uuid,
    pub network: String,
    /// Parked or switched off.
    pub held: bool,
    pub postbacks: i64,
    /// When the first of them that nobody holds is due, or was.
    pub due_at: Option<Millis>,
}

pub async fn depths(db: &Db) -> Result<Vec<Depth>> {
    on!(db, pool => sqlx::query_as(
        "select c.id as connection_id, c.network, (not c.enabled or c.parked_cause is not null) as held,
                (select count(*) from queue q where q.connection_id = c.id) as postbacks,
                (select min(q.due_at) from queue q where q.connection_id = c.id and q.lease_id is null) as due_at
         from connections c where c.connected",
    )
    .fetch_all(pool)
    .await)
}

/// How far the database's clock is ahead of this machine's, in milliseconds. SQLite has no clock of its own.
pub async fn clock_ahead(db: &Db) -> Result<Millis> {
    let Db::Postgres(pool) = db else { return Ok(0) };
    let (theirs,): (i64,) = sqlx::query_as("select (extract(epoch from clock_timestamp()) * 1000)::bigint").fetch_one(pool).await?;
    Ok(theirs - crate::server::now())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::engines;
    use sqlx::{Execute, Sqlite};

    /// What a claim costs must not grow with what waits.
    #[tokio::test]
    async fn sqlite_claims_by_an_index_in_the_order_of_the_claim() {
        for (texts, index) in [(FRESH, "queue_fresh"), (DUE, "queue_due"), (SUSPECTS, "queue_suspects_due"), (EXPIRED, "queue_expiry")] {
            let steps = engines::sqlite_plan(texts[0]).await;
            let by_it = steps.iter().any(|step| step.starts_with(&format!("SEARCH queue USING INDEX {index} ")));
            let other = steps.iter().any(|step| step.contains("SCAN") || step.contains("TEMP B-TREE"));
            assert!(by_it && !other, "{index}: {steps:?}");
        }
    }

    /// What a result costs must not grow with what waits.
    #[tokio::test]
    async fn sqlite_finds_held_rows_without_reading_the_queue() {
        let pairs: Vec<(Uuid, Uuid)> = (0..256).map(|_| (Uuid::new_v4(), Uuid::new_v4())).collect();
        let texts = [DELETE_HELD[0], "update queue set lease_until = 1 from held where queue.id = held.id and queue.lease_id = held.lease"];
        for text in texts {
            let mut query: QueryBuilder<Sqlite> = held_rows!(&pairs);
            let steps = engines::sqlite_plan(query.push(text).build().sql().as_str()).await;
            let scans: Vec<&String> = steps.iter().filter(|step| *step == "SCAN queue" || *step == "SCAN q").collect();
            assert!(steps.len() > 1 && scans.is_empty(), "{steps:?}");
        }
    }
}
