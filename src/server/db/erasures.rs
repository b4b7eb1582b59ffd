//! Erasures: the jobs, held by a lease that every step prolongs, and what a step takes away of a player.

use super::{Db, Result, Tx, on, within};
use crate::model::{Millis, SECOND};
use crate::server::decide::facts::IdentityKey;
use sqlx::FromRow;
use std::collections::BTreeSet;
use uuid::Uuid;

/// How long a step may take before another process takes the job up.
pub const LEASE: Millis = 20 * SECOND;

/// An erasure that was asked for: of an id whose players are still to be found, or of players who have left the graph already.
pub struct Asked<'a> {
    pub id: Uuid,
    pub game_id: Uuid,
    /// Kind (`anonymous` or `user`) and value of the id.
    pub of: Option<(&'a str, &'a str)>,
    /// As JSON, where they are known.
    pub players: Option<&'a str>,
    pub trace_id: &'a str,
    /// None: nobody, `who` says what.
    pub user_id: Option<Uuid>,
    pub who: &'a str,
    pub time: Millis,
}

pub async fn ask(tx: &mut Tx, asked: &Asked<'_>, receipt: &str) -> Result<()> {
    within!(tx, c => sqlx::query(
        "insert into erasures (id, game_id, kind, value, players, receipt, trace_id, user_id, who, requested_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(asked.id)
    .bind(asked.game_id)
    .bind(asked.of.map(|(kind, _)| kind))
    .bind(asked.of.map(|(_, value)| value))
    .bind(asked.players)
    .bind(receipt)
    .bind(asked.trace_id)
    .bind(asked.user_id)
    .bind(asked.who)
    .bind(asked.time)
    .execute(c)
    .await
    .map(drop))
}

const UNDER_WAY: &str = "select receipt, who, requested_at from erasures where game_id = $1 and trace_id = $2";

/// How far an erasure is.
#[derive(Debug, FromRow)]
pub struct UnderWay {
    pub receipt: String,
    pub who: String,
    pub requested_at: Millis,
}

/// The erasure of this request, while it is not done.
pub async fn under_way(db: &Db, game_id: Uuid, trace_id: &str) -> Result<Option<UnderWay>> {
    on!(db, pool => sqlx::query_as(UNDER_WAY).bind(game_id).bind(trace_id).fetch_optional(pool).await)
}

/// An erasure that is ours until its lease ends.
#[derive(Debug, Clone, FromRow)]
pub struct Job {
    pub id: Uuid,
    pub lease_id: Uuid,
    pub game_id: Uuid,
    pub kind: Option<String>,
    pub value: Option<String>,
    pub players: Option<String>,
    pub receipt: String,
    pub trace_id: String,
    pub user_id: Option<Uuid>,
    pub who: String,
    pub requested_at: Millis,
}

const CLAIM: [&str; 2] = [
    "update erasures set lease_id = $1, lease_until = $2 where id in
     (select id from erasures where lease_until is null or lease_until < $3 order by requested_at limit 1)
     returning id, lease_id, game_id, kind, value, players, receipt, trace_id, user_id, who, requested_at",
    "with due as materialized
     (select id from erasures where lease_until is null or lease_until < $3 order by requested_at limit 1 for update skip locked)
     update erasures set lease_id = $1, lease_until = $2 from due where erasures.id = due.id
     returning erasures.id, lease_id, game_id, kind, value, players, receipt, trace_id, user_id, who, requested_at",
];

/// Takes up the oldest erasure that nobody is at.
pub async fn claim(db: &Db, now: Millis) -> Result<Option<Job>> {
    let waiting: Option<(Uuid,)> = on!(db, pool => sqlx::query_as("select id from erasures where lease_until is null or lease_until < $1 limit 1")
        .bind(now)
        .fetch_optional(pool)
        .await)?;
    if waiting.is_none() {
        return Ok(None);
    }
    let mut tx = db.begin().await?;
    let [sqlite, postgres] = CLAIM;
    let text = if matches!(tx, Tx::Sqlite(..)) { sqlite } else { postgres };
    let job = within!(&mut tx, c => sqlx::query_as(text)
        .bind(Uuid::new_v4())
        .bind(now + LEASE)
        .bind(now)
        .fetch_optional(c)
        .await)?;
    tx.commit().await?;
    Ok(job)
}

/// Keeps how far a job has come and prolongs its lease; false where it is not ours any more, and nothing may be committed.
pub async fn advance(tx: &mut Tx, job: &Job, now: Millis) -> Result<bool> {
    within!(tx, c => sqlx::query(
        "update erasures set kind = $3, value = $4, players = $5, receipt = $6, lease_until = $7 where id = $1 and lease_id = $2",
    )
    .bind(job.id)
    .bind(job.lease_id)
    .bind(job.kind.as_deref())
    .bind(job.value.as_deref())
    .bind(job.players.as_deref())
    .bind(&job.receipt)
    .bind(now + LEASE)
    .execute(c)
    .await
    .map(|done| done.rows_affected() == 1))
}

/// Gives a job back that did not get on, so that it is taken up without waiting for the lease.
pub async fn give_back(db: &Db, job: &Job) -> Result<()> {
    let mut tx = db.begin().await?;
    within!(&mut tx, c => sqlx::query("update erasures set lease_until = null where id = $1 and lease_id = $2")
        .bind(job.id)
        .bind(job.lease_id)
        .execute(c)
        .await
        .map(drop))?;
    tx.commit().await
}

/// Ends a job; false where it is not ours any more.
pub async fn end(tx: &mut Tx, job: &Job) -> Result<bool> {
    within!(tx, c => sqlx::query("delete from erasures where id = $1 and lease_id = $2")
        .bind(job.id)
        .bind(job.lease_id)
        .execute(c)
        .await
        .map(|done| done.rows_affected() == 1))
}

/// Every id that a player of the game has or had; None where there is no such player.
pub async fn ids_of(tx: &mut Tx, game_id: Uuid, player: Uuid) -> Result<Option<BTreeSet<IdentityKey>>> {
    let known: Option<(Uuid,)> = within!(tx, c => sqlx::query_as("select id from players where id = $1 and game_id = $2")
        .bind(player)
        .bind(game_id)
        .fetch_optional(c)
        .await)?;
    if known.is_none() {
        return Ok(None);
    }
    let rows: Vec<(bool, String, String)> = within!(tx, c => sqlx::query_as("select test, kind, value from identities where player_id = $1")
        .bind(player)
        .fetch_all(c)
        .await)?;
    Ok(Some(rows.into_iter().map(|(test, kind, value)| IdentityKey { game_id, test, kind, value }).collect()))
}

/// Takes a player out of the graph: ids, slots and the player's own row.
pub async fn leave_graph(tx: &mut Tx, player: Uuid) -> Result<()> {
    for text in
        ["delete from identities where player_id = $1", "delete from slots where player_id = $1", "delete from players where id = $1"]
    {
        within!(tx, c => sqlx::query(text).bind(player).execute(c).await.map(drop))?;
    }
    Ok(())
}

/// Ids that others had, too, are theirs from the beginning on: the span that begins at this time is now the first.
pub async fn begin_at_zero(tx: &mut Tx, spans: &[(IdentityKey, Millis)]) -> Result<()> {
    for (key, since) in spans {
        within!(tx, c => sqlx::query(
            "update identities set since = 0 where game_id = $1 and test = $2 and kind = $3 and value = $4 and since = $5",
        )
        .bind(key.game_id)
        .bind(key.test)
        .bind(&key.kind)
        .bind(&key.value)
        .bind(since)
        .execute(c)
        .await
        .map(drop))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::engines::sqlite_plan;

    #[tokio::test]
    async fn sqlite_finds_an_erasure_by_its_request() {
        let steps = sqlite_plan(UNDER_WAY).await;
        assert!(steps.iter().all(|step| step.contains("erasures_by_trace (game_id=? AND trace_id=?)")), "{steps:?}");
    }
}
