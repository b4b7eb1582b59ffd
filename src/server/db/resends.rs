//! The resends of many: jobs that are done in steps by whichever process comes first. A step locks the row and writes how far it came in the
//! transaction that sends again, so that nothing is held between steps and nothing is done twice.

use super::{Db, Error, Result, Tx, on, within};
use crate::model::Millis;
use crate::model::resend::{Counts, ResendEnd, RunningResend};
use sqlx::FromRow;
use std::collections::BTreeMap;
use uuid::Uuid;

/// A resend that was asked for.
pub struct Asked<'a> {
    pub id: Uuid,
    pub game_id: Uuid,
    pub connection_id: Uuid,
    pub network: &'a str,
    pub user_id: Uuid,
    pub asked_by: &'a str,
    pub asked_at: Millis,
    pub since: Millis,
    pub until: Millis,
    pub status: Option<&'a str>,
    /// Of a selection.
    pub postbacks: Option<&'a [Uuid]>,
    pub matched: i64,
    pub expected: i64,
}

/// Takes a resend on; false where another one of the connection is running.
pub async fn ask(tx: &mut Tx, asked: &Asked<'_>) -> Result<bool> {
    let postbacks = asked.postbacks.map(serde_json::to_string).transpose().map_err(Error::decode)?;
    within!(tx, c => sqlx::query(
        "insert into resends (id, game_id, connection_id, network, user_id, asked_by, asked_at, since, until, status, postbacks, matched, expected,
         at_time, at_id, due_at, put_back, hurried, left_out)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $8, $14, $7, 0, 0, '{}')
         on conflict (connection_id) where ended_at is null do nothing",
    )
    .bind(asked.id)
    .bind(asked.game_id)
    .bind(asked.connection_id)
    .bind(asked.network)
    .bind(asked.user_id)
    .bind(asked.asked_by)
    .bind(asked.asked_at)
    .bind(asked.since)
    .bind(asked.until)
    .bind(asked.status)
    .bind(postbacks)
    .bind(asked.matched)
    .bind(asked.expected)
    .bind(Uuid::nil())
    .execute(c)
    .await
    .map(|done| done.rows_affected() == 1))
}

/// A resend, as far as it has come.
#[derive(Debug, Clone, FromRow)]
pub struct Job {
    pub id: Uuid,
    pub game_id: Uuid,
    pub connection_id: Uuid,
    pub network: String,
    pub user_id: Option<Uuid>,
    pub asked_by: String,
    pub asked_at: Millis,
    pub since: Millis,
    pub until: Millis,
    pub status: Option<String>,
    pub postbacks: Option<String>,
    pub expected: i64,
    pub at_time: Millis,
    pub at_id: Uuid,
    pub due_at: Millis,
    pub put_back: i64,
    pub hurried: i64,
    pub left_out: String,
    pub ended: Option<String>,
    pub ended_at: Option<Millis>,
}

impl Job {
    /// The postbacks of a selection; None where the log is walked.
    pub fn selected(&self) -> Result<Option<Vec<Uuid>>> {
        self.postbacks.as_deref().map(serde_json::from_str).transpose().map_err(Error::decode)
    }

    pub fn left_out(&self) -> Result<Counts> {
        let kept: BTreeMap<String, i64> = serde_json::from_str(&self.left_out).map_err(Error::decode)?;
        kept.into_iter().map(|(word, count)| Ok((word.parse().map_err(Error::decode)?, count))).collect()
    }

    pub fn leave_out(&mut self, counts: &Counts) -> Result<()> {
        let kept: BTreeMap<&str, i64> = counts.iter().map(|(standing, count)| (standing.word(), *count)).collect();
        self.left_out = serde_json::to_string(&kept).map_err(Error::decode)?;
        Ok(())
    }

    pub fn end(&self) -> Result<Option<(ResendEnd, Millis)>> {
        let end = self.ended.as_deref().map(str::parse::<ResendEnd>).transpose().map_err(Error::decode)?;
        Ok(end.zip(self.ended_at))
    }
}

macro_rules! columns {
    () => {
        "id, game_id, connection_id, network, user_id, asked_by, asked_at, since, until, status, postbacks, expected, at_time, at_id, due_at, put_back,
         hurried, left_out, ended, ended_at"
    };
}

/// The resends whose next step is due, whoever waits longest first.
pub async fn due(db: &Db, now: Millis, limit: i64) -> Result<Vec<Uuid>> {
    let rows: Vec<(Uuid,)> = on!(db, pool => sqlx::query_as(
        "select id from resends where ended_at is null and due_at <= $1 order by due_at limit $2",
    )
    .bind(now)
    .bind(limit)
    .fetch_all(pool)
    .await)?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Whether any is running.
pub async fn any(db: &Db) -> Result<bool> {
    Ok(!due(db, Millis::MAX, 1).await?.is_empty())
}

/// Holds a resend until the transaction ends, if its step is still due; None where another process is at it, or was just now.
pub async fn hold(tx: &mut Tx, id: Uuid, now: Millis) -> Result<Option<Job>> {
    let texts = [
        concat!("select ", columns!(), " from resends where id = $1 and ended_at is null and due_at <= $2"),
        concat!("select ", columns!(), " from resends where id = $1 and ended_at is null and due_at <= $2 for update skip locked"),
    ];
    let text = texts[usize::from(matches!(tx, Tx::Postgres(..)))];
    within!(tx, c => sqlx::query_as(text).bind(id).bind(now).fetch_optional(c).await)
}

/// Writes how far a held resend has come, and how it ended if it did.
pub async fn advance(tx: &mut Tx, job: &Job) -> Result<()> {
    within!(tx, c => sqlx::query(
        "update resends set at_time = $2, at_id = $3, due_at = $4, put_back = $5, hurried = $6, left_out = $7, ended = $8, ended_at = $9 where id = $1",
    )
    .bind(job.id)
    .bind(job.at_time)
    .bind(job.at_id)
    .bind(job.due_at)
    .bind(job.put_back)
    .bind(job.hurried)
    .bind(&job.left_out)
    .bind(job.ended.as_deref())
    .bind(job.ended_at)
    .execute(c)
    .await
    .map(drop))
}

/// The step of one that did not get on is due later, so that others are not kept waiting.
pub async fn put_off(db: &Db, id: Uuid, until: Millis) -> Result<()> {
    let mut tx = db.begin().await?;
    within!(&mut tx, c => sqlx::query("update resends set due_at = $2 where id = $1 and ended_at is null")
        .bind(id)
        .bind(until)
        .execute(c)
        .await
        .map(drop))?;
    tx.commit().await
}

/// Ends one that runs, as cancelled; how far it had come. A step under way is waited for.
pub async fn cancel(tx: &mut Tx, game_id: Uuid, network: &str, id: Uuid, now: Millis) -> Result<Option<Job>> {
    within!(tx, c => sqlx::query_as(concat!(
        "update resends set ended = 'cancelled', ended_at = $4 where id = $1 and game_id = $2 and network = $3 and ended_at is null returning ",
        columns!()
    ))
    .bind(id)
    .bind(game_id)
    .bind(network)
    .bind(now)
    .fetch_optional(c)
    .await)
}

/// One resend of a network of the game.
pub async fn one(db: &Db, game_id: Uuid, network: &str, id: Uuid) -> Result<Option<Job>> {
    on!(db, pool => sqlx::query_as(concat!("select ", columns!(), " from resends where id = $1 and game_id = $2 and network = $3"))
        .bind(id)
        .bind(game_id)
        .bind(network)
        .fetch_optional(pool)
        .await)
}

/// The one that is running for a network of the game.
pub async fn running(db: &Db, game_id: Uuid, network: &str) -> Result<Option<RunningResend>> {
    let row: Option<(Uuid, String, Millis, i64, i64)> = on!(db, pool => sqlx::query_as(
        "select r.id, r.asked_by, r.asked_at, r.put_back + r.hurried, r.expected from connections x join resends r on r.connection_id = x.id
         where x.game_id = $1 and x.network = $2 and r.ended_at is null",
    )
    .bind(game_id)
    .bind(network)
    .fetch_optional(pool)
    .await)?;
    Ok(row.map(|(id, asked_by, asked_at, done, expected)| RunningResend { id, asked_by, asked_at, done, expected }))
}

/// What became of the postbacks that it sent again, by state; those that somebody has had sent once more since are not its own any more.
pub async fn outcome(db: &Db, id: Uuid) -> Result<Vec<(String, i64)>> {
    on!(db, pool => sqlx::query_as("select state, count(*) from postbacks where resend_id = $1 group by state").bind(id).fetch_all(pool).await)
}

/// What the connection looks like to a resend: whether it is connected, and since when it leads where it leads. Nobody changes that until the
/// transaction ends: what goes into the queue now is found there by whoever disconnects.
pub async fn connection(tx: &mut Tx, id: Uuid) -> Result<(bool, Millis)> {
    let texts = [
        "select connected, coalesce(led_since, 0) from connections where id = $1",
        "select connected, coalesce(led_since, 0) from connections where id = $1 for share",
    ];
    let text = texts[usize::from(matches!(tx, Tx::Postgres(..)))];
    within!(tx, c => sqlx::query_as(text).bind(id).fetch_one(c).await)
}

/// How many postbacks of the connection are due and claimed by nobody, up to `most`.
pub async fn backlog(tx: &mut Tx, connection_id: Uuid, now: Millis, most: i64) -> Result<i64> {
    let (count,): (i64,) = within!(tx, c => sqlx::query_as(
        "select count(*) from (select 1 as one from queue where connection_id = $1 and lease_id is null and claims < 2 and due_at <= $2 limit $3) as due",
    )
    .bind(connection_id)
    .bind(now)
    .bind(most)
    .fetch_one(c)
    .await)?;
    Ok(count)
}

/// Forgets resends that ended before `then`; how many.
pub async fn forget(tx: &mut Tx, then: Millis, limit: i64) -> Result<u64> {
    within!(tx, c => sqlx::query(
        "delete from resends where id in (select id from resends where ended_at is not null and ended_at < $1 order by ended_at limit $2)",
    )
    .bind(then)
    .bind(limit)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))
}
