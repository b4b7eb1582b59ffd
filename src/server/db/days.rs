//! Messages, attempts and calls lie in parts by day on PostgreSQL, so that what is old goes with its day. The coming days are made ahead by
//! every process; a day that is missing all the same (the clock jumped) is made by whoever is about to write to it. SQLite has no parts.

use super::{Db, Error, Result, Tx};
use crate::model::{DAY, Millis};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Executor, FromRow, PgPool};
use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};

/// The tables that are cut by day.
pub const MESSAGES: &str = "messages";
pub const ATTEMPTS: &str = "attempts";
pub const CALLS: &str = "calls";
pub const TABLES: [&str; 3] = [MESSAGES, ATTEMPTS, CALLS];

/// Days beside today that are made ahead.
const AHEAD: i32 = 3;
/// Who makes a day, or lets one go, holds this advisory lock ("days").
const LOCK: i64 = 0x64_61_79_73;
/// How long it waits for a lock that others hold; nobody waits behind it meanwhile.
const PATIENCE: &str = "set lock_timeout = '10s'";
/// What PostgreSQL says of a row whose day is missing.
const CHECK_VIOLATION: &str = "23514";

/// The parts that this process knows of. A clone knows the same.
#[derive(Clone)]
pub struct Days {
    pool: PgPool,
    known: Arc<RwLock<Vec<Part>>>,
}

/// A part of one of the tables: the days `from` up to, and without, `until`.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Part {
    pub parent: String,
    pub name: String,
    /// None: since ever.
    pub from: Option<i32>,
    pub until: i32,
    /// It is on its way out: nobody reads it any more.
    pub leaving: bool,
}

impl Part {
    fn holds(&self, table: &str, day: i32) -> bool {
        self.parent == table && !self.leaving && self.from.is_none_or(|from| from <= day) && day < self.until
    }
}

/// The day of a time, by which rows are keyed.
pub fn day(time: Millis) -> i32 {
    i32::try_from(time.div_euclid(DAY)).unwrap_or(if time < 0 { i32::MIN } else { i32::MAX })
}

impl Days {
    pub fn of(pool: PgPool) -> Self {
        Self { pool, known: Arc::default() }
    }

    fn missing(&self, table: &str, days: impl Iterator<Item = i32>) -> BTreeSet<i32> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        days.filter(|day| !known.iter().any(|part| part.holds(table, *day))).collect()
    }

    fn learn(&self, parts: Vec<Part>) {
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = parts;
    }

    /// Makes the days of the table that are not there. On a connection and in a transaction of its own: what it takes for a moment is let go
    /// at once, whatever whoever needs the day goes on to do, and no pool has to have room for it.
    async fn make(&self, wanted: &[(&'static str, BTreeSet<i32>)]) -> Result<()> {
        let mut connection = PgConnection::connect_with(&self.pool.connect_options()).await?;
        connection.execute(PATIENCE).await?;
        let mut tx = connection.begin().await?;
        sqlx::query("select pg_advisory_xact_lock($1)").bind(LOCK).execute(&mut *tx).await?;
        let mut parts: Vec<Part> = sqlx::query_as(PARTS).fetch_all(&mut *tx).await?;
        for (table, days) in wanted {
            for day in days.iter().filter(|day| !parts.iter().any(|part| part.holds(table, **day))) {
                sqlx::query("select make_day($1, $2)").bind(*table).bind(*day).execute(&mut *tx).await?;
            }
        }
        parts = sqlx::query_as(PARTS).fetch_all(&mut *tx).await?;
        tx.commit().await?;
        self.learn(parts);
        connection.close().await
    }
}

const PARTS: &str = r"select parent, name, leaving, nullif(bounds[1], 'MINVALUE')::integer as from, bounds[2]::integer as until from
    (select p.relname::text as parent, c.relname::text as name, i.inhdetachpending as leaving,
            regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FROM \(''?(-?\d+|MINVALUE)''?\) TO \(''?(-?\d+)''?\)') as bounds
     from pg_inherits i join pg_class p on p.oid = i.inhparent join pg_class c on c.oid = i.inhrelid
     where i.inhparent in ('messages'::regclass, 'attempts'::regclass, 'calls'::regclass)) found order by parent, until";

/// Every part there is; none on SQLite.
pub async fn parts(db: &Db) -> Result<Vec<Part>> {
    let Db::Postgres(pool, _) = db else { return Ok(Vec::new()) };
    sqlx::query_as(PARTS).fetch_all(pool).await
}

/// Makes today and the coming days, where they are missing, and looks which days there are: another process may have let some go.
pub async fn ahead(db: &Db, now: Millis) -> Result<()> {
    let Db::Postgres(pool, days) = db else { return Ok(()) };
    days.learn(sqlx::query_as(PARTS).fetch_all(pool).await?);
    let coming = |table| days.missing(table, day(now)..=day(now) + AHEAD);
    let wanted: Vec<_> = TABLES.into_iter().map(|table| (table, coming(table))).filter(|(_, days)| !days.is_empty()).collect();
    if wanted.is_empty() { Ok(()) } else { days.make(&wanted).await }
}

/// Called before rows of these days are written to the table: they will find their place.
pub async fn ready(tx: &Tx, table: &'static str, wanted: impl Iterator<Item = i32>) -> Result<()> {
    let Tx::Postgres(_, days) = tx else { return Ok(()) };
    let missing = days.missing(table, wanted);
    if missing.is_empty() { Ok(()) } else { days.make(&[(table, missing)]).await }
}

/// Whether it is the error of a row whose day is missing. What this process knew of the days is then forgotten, so that the next try finds
/// out: another process let go a day to which this one's clock went back.
pub fn was_missing(db: &Db, error: &Error) -> bool {
    let Db::Postgres(_, days) = db else { return false };
    let missing = matches!(error, Error::Database(error) if error.code().as_deref() == Some(CHECK_VIOLATION)
        && error.constraint().is_none() && error.message().contains("no partition"));
    if missing {
        days.learn(Vec::new());
    }
    missing
}

/// Lets a part go with all that it holds. It is taken out of its table first, for which nobody who reads or writes the table waits; a process
/// that dies on the way leaves a part that is leaving, and the next finishes it. False: another process is at it.
pub async fn drop(db: &Db, part: &Part) -> Result<bool> {
    let Db::Postgres(pool, _) = db else { return Ok(false) };
    let mut connection = PgConnection::connect_with(&pool.connect_options()).await?;
    connection.execute(PATIENCE).await?;
    let (alone,): (bool,) = sqlx::query_as("select pg_try_advisory_lock($1)").bind(LOCK).fetch_one(&mut connection).await?;
    if !alone {
        connection.close().await?;
        return Ok(false);
    }
    // Names cannot be bound; the database itself puts them between its quotes.
    let (detach, drop): (String, String) =
        sqlx::query_as("select format('alter table %I detach partition %I ', $1::text, $2::text), format('drop table %I', $2::text)")
            .bind(&part.parent)
            .bind(&part.name)
            .fetch_one(&mut connection)
            .await?;
    let how = if part.leaving { "finalize" } else { "concurrently" };
    connection.execute(AssertSqlSafe(format!("{detach}{how}"))).await?;
    connection.execute(AssertSqlSafe(drop)).await?;
    // It would go with the connection, but not before the server has noticed, and the next part is at hand.
    sqlx::query("select pg_advisory_unlock($1)").bind(LOCK).execute(&mut connection).await?;
    connection.close().await?;
    Ok(true)
}
