//! The hot table of unfinished postbacks: claimed under a lease with a random id, renewed, handed back, taken back when overdue.

use super::{Db, Result, Tx, on, rows, within};
use crate::model::{Millis, SECOND};
use sqlx::{FromRow, QueryBuilder};
use uuid::Uuid;

/// How long a claim holds.
pub const LEASE: Millis = 60 * SECOND;
/// A suspect whose holder died three times or more waits so long, once more for each further death: who dies again and again for
/// another reason does not take it along each time.
pub const SUSPECT_WAIT: Millis = 5 * SECOND;

/// A row of the queue that is ours until the lease ends.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Held {
    pub id: Uuid,
    pub lease_id: Uuid,
    pub lease_until: Millis,
    /// Tries with a recorded result.
    pub attempt: i32,
    /// Steps of the retry schedule that are used up.
    pub steps: i32,
    /// Claims without a recorded result, this one included.
    pub claims: i32,
    pub refusals: i32,
    pub give_up_at: Option<Millis>,
    pub expires_at: Millis,
    /// The network's word on a call that it shared was not about it alone: it goes alone now.
    pub alone: bool,
}

impl Held {
    /// Claimed so often without a result that it goes with such only.
    pub fn suspect(&self) -> bool {
        self.claims > Suspicion::Some.claims().0
    }

    /// Claimed so often that it goes alone.
    pub fn prime_suspect(&self) -> bool {
        self.claims > Suspicion::More.claims().0
    }
}

/// What to claim of one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// First attempts, so that a storm of retries cannot starve them.
    Fresh,
    /// Whatever is due longest; of the same time, what the network takes least long still.
    Due,
    /// What may be what stops the process, as long as not too many such are out.
    Suspects(Suspicion),
}

/// How much speaks for a row being what stops the process. Each death leaves an eighth of the suspects or fewer, so that what is innocent
/// is soon out of it, and what is not ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suspicion {
    /// Its holder died twice.
    Some,
    More,
    Most,
}

impl Suspicion {
    /// Claims without a result, from and to.
    fn claims(self) -> (i32, i32) {
        match self {
            Self::Some => (2, 2),
            Self::More => (3, 3),
            Self::Most => (4, i32::MAX - 1),
        }
    }

    /// How many of a connection may be out at once.
    pub fn width(self) -> usize {
        match self {
            Self::Some => 64,
            Self::More => 8,
            Self::Most => 1,
        }
    }

    /// Whether it is what speaks for a row with so many claims without a result.
    pub fn is_of(self, claims: i32) -> bool {
        (self.claims().0..=self.claims().1).contains(&claims)
    }
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

const DELETE_HELD: &str = "delete from queue where rowid in (select q.rowid from held cross join queue q where q.id = held.id and q.lease_id = held.lease) returning id";

/// Takes rows out of the queue; which of them were still ours. Written twice because SQLite deletes from one table only.
pub async fn take_out(tx: &mut Tx, held: &[(Uuid, Uuid)]) -> Result<Vec<Uuid>> {
    let mut ours: Vec<(Uuid,)> = Vec::with_capacity(held.len());
    match tx {
        Tx::Sqlite(tx, _) => {
            for piece in rows::pieces(held) {
                ours.extend(held_rows!(piece).push(DELETE_HELD).build_query_as::<(Uuid,)>().fetch_all(&mut **tx).await?);
            }
        }
        Tx::Postgres(tx, ..) if !held.is_empty() => {
            ours = sqlx::query_as(
                "delete from queue using unnest($1::uuid[], $2::uuid[]) as held (id, lease)
                 where queue.id = held.id and queue.lease_id = held.lease returning queue.id",
            )
            .bind(rows::column(held, |(id, _)| *id))
            .bind(rows::column(held, |(_, lease)| *lease))
            .fetch_all(&mut **tx)
            .await?;
        }
        Tx::Postgres(..) => {}
    }
    Ok(ours.into_iter().map(|(id,)| id).collect())
}

/// Written twice because the engines lock differently: SQLite has one writer, PostgreSQL skips what another process is claiming, and then
/// knows where in the table the rows are that it has locked.
macro_rules! claiming {
    ($condition:literal) => {
        [
            concat!(
                "update queue set lease_id = $1, lease_until = $2, claims = claims + 1 where id in (select id from queue where ",
                $condition,
                " limit $5) returning id, lease_id, lease_until, attempt, steps, claims, refusals, give_up_at, expires_at, alone"
            ),
            concat!(
                "update queue set lease_id = $1, lease_until = $2, claims = claims + 1 where ctid = any(array(select ctid from queue where ",
                $condition,
                " limit $5 for update skip locked)) returning id, lease_id, lease_until, attempt, steps, claims, refusals, give_up_at, expires_at, alone"
            ),
        ]
    };
}

const FRESH: [&str; 2] =
    claiming!("connection_id = $4 and lease_id is null and attempt = 0 and claims < 2 and due_at <= $3 order by due_at, expires_at");
const DUE: [&str; 2] = claiming!("connection_id = $4 and lease_id is null and claims < 2 and due_at <= $3 order by due_at, expires_at");
const SUSPECTS: [&str; 2] = claiming!(
    "connection_id = $4 and lease_id is null and claims >= 2 and claims between $6 and $7 and due_at <= $3 order by claims, due_at, expires_at"
);
const SUSPECTS_OUT: &str =
    "select count(*) from queue where connection_id = $1 and lease_id is not null and claims > 2 and claims between $2 and $3";
const EXPIRED: [&str; 2] = claiming!("$4 is null and lease_id is null and expires_at <= $3 order by expires_at");

/// Claims up to `most` rows of the connection that are due at `now`, under one new lease until `now` + `LEASE`.
pub async fn claim(tx: &mut Tx, connection_id: Uuid, share: Share, most: usize, now: Millis) -> Result<Vec<Held>> {
    match share {
        Share::Fresh => run(tx, FRESH, Some(connection_id), most, now, None).await,
        Share::Due => run(tx, DUE, Some(connection_id), most, now, None).await,
        Share::Suspects(suspicion) => {
            let (from, to) = suspicion.claims();
            // This claim counts with those that are out.
            let (out,): (i64,) =
                within!(tx, c => sqlx::query_as(SUSPECTS_OUT).bind(connection_id).bind(from + 1).bind(to + 1).fetch_one(c).await)?;
            let most = most.min(suspicion.width().saturating_sub(usize::try_from(out).unwrap_or(usize::MAX)));
            run(tx, SUSPECTS, Some(connection_id), most, now, Some((from, to))).await
        }
    }
}

/// Claims up to `most` rows of any connection that the network does not take any more for their age.
pub async fn claim_expired(tx: &mut Tx, most: usize, now: Millis) -> Result<Vec<Held>> {
    run(tx, EXPIRED, None, most, now, None).await
}

async fn run(
    tx: &mut Tx,
    [sqlite, postgres]: [&'static str; 2],
    connection_id: Option<Uuid>,
    most: usize,
    now: Millis,
    claims: Option<(i32, i32)>,
) -> Result<Vec<Held>> {
    let text = if matches!(tx, Tx::Sqlite(..)) { sqlite } else { postgres };
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let mut held: Vec<Held> = within!(tx, c => {
        let query = sqlx::query_as(text).bind(Uuid::new_v4()).bind(now + LEASE).bind(now).bind(connection_id).bind(most);
        match claims {
            Some((from, to)) => query.bind(from).bind(to).fetch_all(c).await,
            None => query.fetch_all(c).await,
        }
    })?;
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
    reclaim_until(db, now, now).await
}

/// Takes back every lease at once. Only for the start of the one process that owns a SQLite file.
pub async fn clear_leases(db: &Db, now: Millis) -> Result<u64> {
    reclaim_until(db, Millis::MAX, now).await
}

async fn reclaim_until(db: &Db, until: Millis, now: Millis) -> Result<u64> {
    let overdue: Option<(i64,)> = on!(db, pool => sqlx::query_as(
        "select lease_until from queue where lease_id is not null and lease_until < $1 limit 1",
    )
    .bind(until)
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
    .bind(until)
    .bind(LEASE)
    .execute(c)
    .await
    .map(drop))?;
    let count = within!(&mut tx, c => sqlx::query(
        "update queue set lease_id = null, lease_until = null,
         due_at = case when claims > 2 then $2 + $3 * (claims - 2) else due_at end where lease_id is not null and lease_until < $1",
    )
    .bind(until)
    .bind(now)
    .bind(SUSPECT_WAIT)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    tx.commit().await?;
    Ok(count)
}

// Suspects have an index of their own.
const NEXT_DUE: &str = "select id, case when suspect < due or due is null then suspect else due end as due from (
         select c.id, (select min(q.due_at) from queue q where q.connection_id = c.id and q.lease_id is null and q.claims < 2) as due,
                (select min(s.due_at) from queue s where s.connection_id = c.id and s.lease_id is null and s.claims >= 2) as suspect
         from connections c where c.connected and c.enabled and c.parked_cause is null) of_connections";

/// When the next row of each connection that may send is, or was, due.
pub async fn next_due(db: &Db) -> Result<Vec<(Uuid, Millis)>> {
    let rows: Vec<(Uuid, Option<Millis>)> = on!(db, pool => sqlx::query_as(
        NEXT_DUE,
    )
    .fetch_all(pool)
    .await)?;
    Ok(rows.into_iter().filter_map(|(id, due)| Some((id, due?))).collect())
}

/// What waits for a connection that is connected.
#[derive(Debug, FromRow)]
pub struct Depth {
    pub connection_id: Uuid,
    pub network: String,
    /// Parked or switched off.
    pub held: bool,
    /// All that a process holds, and of the others up to `COUNTED`.
    pub postbacks: i64,
    /// When the first of them that nobody holds is due, or was.
    pub due_at: Option<Millis>,
}

/// So many are counted of what waits for a connection: whoever asks every few seconds must not have the whole queue read each time.
pub const COUNTED: i64 = 10_000;

const WAITING: &str = "select c.id as connection_id, c.network, (not c.enabled or c.parked_cause is not null) as held,
        (select count(*) from (select 1 as one from queue q where q.connection_id = c.id and q.lease_id is null and q.claims < 2 limit $1) w)
        + (select count(*) from (select 1 as one from queue s where s.connection_id = c.id and s.lease_id is null and s.claims >= 2 limit $1) x)
        as postbacks,
        (select min(q.due_at) from queue q where q.connection_id = c.id and q.lease_id is null and q.claims < 2) as due_at
     from connections c where c.connected";
const HELD: &str = "select connection_id, count(*) from queue where lease_id is not null group by connection_id";

pub async fn depths(db: &Db) -> Result<Vec<Depth>> {
    let mut depths: Vec<Depth> = on!(db, pool => sqlx::query_as(WAITING).bind(COUNTED).fetch_all(pool).await)?;
    let held: Vec<(Uuid, i64)> = on!(db, pool => sqlx::query_as(HELD).fetch_all(pool).await)?;
    for (connection_id, count) in held {
        depths.iter_mut().filter(|depth| depth.connection_id == connection_id).for_each(|depth| depth.postbacks += count);
    }
    Ok(depths)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::engines;
    use sqlx::{Execute, Sqlite};

    /// What a claim costs must not grow with what waits.
    #[tokio::test]
    async fn sqlite_claims_by_an_index_in_the_order_of_the_claim() {
        for (texts, index) in [(FRESH, "queue_fresh"), (DUE, "queue_due"), (SUSPECTS, "queue_suspects_next"), (EXPIRED, "queue_expiry")] {
            let steps = engines::sqlite_plan(texts[0]).await;
            let by_it = steps.iter().any(|step| step.starts_with(&format!("SEARCH queue USING INDEX {index} ")));
            let other = steps.iter().any(|step| step.contains("SCAN") || step.contains("TEMP B-TREE"));
            assert!(by_it && !other, "{index}: {steps:?}");
        }
        for text in [NEXT_DUE, WAITING] {
            let steps = engines::sqlite_plan(text).await;
            let of_queue = |step: &&String| step.starts_with("SEARCH q ") || step.starts_with("SEARCH s ");
            assert!(
                steps.iter().filter(of_queue).count() >= 2
                    && steps.iter().all(|step| !step.starts_with("SCAN q") && !step.starts_with("SCAN s")),
                "{steps:?}"
            );
            assert!(
                steps.iter().filter(of_queue).all(|step| step.contains("queue_due (") || step.contains("queue_suspects_")),
                "{steps:?}"
            );
        }
        let steps = engines::sqlite_plan(SUSPECTS_OUT).await;
        assert!(steps.iter().any(|step| step.contains("INDEX queue_suspects_out ")), "{steps:?}");
    }

    /// What a claim costs must not grow with what may be what stops the process.
    #[tokio::test]
    async fn postgresql_reads_past_no_suspect() {
        let db = engines::postgres().await;
        let Db::Postgres(pool, _) = &db.db else { unreachable!("it is PostgreSQL") };
        let connection = Uuid::nil();
        sqlx::raw_sql(
            "insert into queue (id, connection_id, due_at, expires_at, attempt, claims, refusals)
             select gen_random_uuid(), '00000000-0000-0000-0000-000000000000', n, 9, 0, case when n <= 5000 then 2 else 0 end, 0
             from generate_series(1, 5010) n; analyze queue",
        )
        .execute(pool)
        .await
        .unwrap();
        for [_, text] in [FRESH, DUE] {
            let values = [format!("'{connection}'::uuid"), "1".into(), "9000".into(), format!("'{connection}'::uuid"), "5".into()];
            let filled = values.iter().enumerate().fold(text.to_owned(), |text, (at, value)| text.replace(&format!("${}", at + 1), value));
            let text = sqlx::AssertSqlSafe(format!("explain (analyze, costs off, timing off) {filled}"));
            let steps: Vec<(String,)> = sqlx::query_as(text).fetch_all(pool).await.unwrap();
            let steps: Vec<String> = steps.into_iter().map(|(step,)| step).collect();
            assert!(steps.iter().any(|step| step.contains("Index Scan using queue_")), "{steps:#?}");
            assert!(!steps.iter().any(|step| step.contains("Rows Removed")), "{steps:#?}");
        }
    }

    /// What a result costs must not grow with what waits.
    #[tokio::test]
    async fn sqlite_finds_held_rows_without_reading_the_queue() {
        let pairs: Vec<(Uuid, Uuid)> = (0..256).map(|_| (Uuid::new_v4(), Uuid::new_v4())).collect();
        let texts = [DELETE_HELD, "update queue set lease_until = 1 from held where queue.id = held.id and queue.lease_id = held.lease"];
        for text in texts {
            let mut query: QueryBuilder<Sqlite> = held_rows!(&pairs);
            let steps = engines::sqlite_plan(query.push(text).build().sql().as_str()).await;
            let scans: Vec<&String> = steps.iter().filter(|step| *step == "SCAN queue" || *step == "SCAN q").collect();
            assert!(steps.len() > 1 && scans.is_empty(), "{steps:?}");
        }
    }
}
