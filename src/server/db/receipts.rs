//! The hot table of requests without a last word: kept with the accepted attempts of their events, claimed under a lease with a random id,
//! put back for the next question, taken back when overdue.

use super::new_rows::{self, Table};
use super::results::{Finish, Of};
use super::{Db, Result, Tx, on, within};
use crate::model::{MINUTE, Millis, SECOND};
use sqlx::FromRow;
use std::collections::{BTreeMap, HashSet};
use uuid::Uuid;

/// How long a claim holds: a question is up to three calls, one of them for a token, of 20 s each.
pub const LEASE: Millis = 2 * MINUTE;

/// A request that the network took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    pub id: Uuid,
    pub connection_id: Uuid,
    /// By which the network knows it.
    pub named: String,
    /// Events of the call, also those that are not ours any more.
    pub events: usize,
    pub due_at: Millis,
}

/// What is kept of an event beside its receipt: what the queue knew of it, should it go back there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Covered {
    pub receipt_id: Uuid,
    /// Tries before the accepted one.
    pub attempt: i32,
    pub steps: i32,
    pub refusals: i32,
    pub give_up_at: Millis,
    pub alone: bool,
}

const RECEIPTS: Table = Table { name: "receipts", columns: "id, connection_id, named, events, asked, due_at", sqlite_too: None };

const RECEIPT_EVENTS: Table = Table {
    name: "receipt_events",
    columns: "receipt_id, postback_id, attempt_id, attempt, steps, refusals, give_up_at, alone",
    sqlite_too: None,
};

/// Keeps the receipts that the held results name, with their events.
pub async fn keep(tx: &mut Tx, receipts: impl Iterator<Item = &Receipt>, held: &[&Finish]) -> Result<()> {
    let covered: Vec<(&Finish, Covered)> = held.iter().filter_map(|finish| Some((*finish, finish.receipt?))).collect();
    let named: HashSet<Uuid> = covered.iter().map(|(_, covered)| covered.receipt_id).collect();
    let receipts: Vec<&Receipt> = receipts.filter(|receipt| named.contains(&receipt.id)).collect();
    new_rows::insert(tx, RECEIPTS, &receipts, |row, receipt| {
        row.put(receipt.id).put(receipt.connection_id).put(receipt.named.as_str());
        row.put(i32::try_from(receipt.events).unwrap_or(i32::MAX)).put(0).put(receipt.due_at);
    })
    .await?;
    new_rows::insert(tx, RECEIPT_EVENTS, &covered, |row, (finish, covered)| {
        row.put(covered.receipt_id).put(finish.of.postback_id).put(finish.attempt.id).put(covered.attempt).put(covered.steps);
        row.put(covered.refusals).put(covered.give_up_at).put(covered.alone);
    })
    .await
}

/// A receipt that is ours to ask about until the lease ends.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Open {
    pub id: Uuid,
    pub lease_id: Uuid,
    pub connection_id: Uuid,
    pub named: String,
    pub events: i32,
    /// Questions that brought no last word.
    pub asked: i32,
}

const CLAIM: [&str; 2] = [
    "update receipts set lease_id = $1, lease_until = $2 where id in
     (select id from receipts where connection_id = $4 and lease_id is null and due_at <= $3 order by due_at limit $5)
     returning id, lease_id, connection_id, named, events, asked",
    "with due as materialized
     (select id from receipts where connection_id = $4 and lease_id is null and due_at <= $3 order by due_at limit $5 for update skip locked)
     update receipts set lease_id = $1, lease_until = $2 from due where receipts.id = due.id
     returning receipts.id, lease_id, connection_id, named, events, asked",
];

/// Claims up to `most` receipts of the connection whose question is due at `now`.
pub async fn claim(tx: &mut Tx, connection_id: Uuid, most: usize, now: Millis) -> Result<Vec<Open>> {
    let [sqlite, postgres] = CLAIM;
    let text = if matches!(tx, Tx::Sqlite(..)) { sqlite } else { postgres };
    within!(tx, c => sqlx::query_as(text)
        .bind(Uuid::new_v4())
        .bind(now + LEASE)
        .bind(now)
        .bind(connection_id)
        .bind(i64::try_from(most).unwrap_or(i64::MAX))
        .fetch_all(c)
        .await)
}

/// Puts one that is still ours back for its next question at `due_at`.
pub async fn put_back(tx: &mut Tx, open: &Open, asked: i32, due_at: Millis) -> Result<()> {
    within!(tx, c => sqlx::query(
        "update receipts set lease_id = null, lease_until = null, asked = $3, due_at = $4 where id = $1 and lease_id = $2",
    )
    .bind(open.id)
    .bind(open.lease_id)
    .bind(asked)
    .bind(due_at)
    .execute(c)
    .await
    .map(drop))
}

/// Takes back leases that ran out before `now`: their holder died or hangs. To ask twice harms nobody.
pub async fn reclaim(db: &Db, now: Millis) -> Result<u64> {
    let overdue: Option<(i64,)> = on!(db, pool => sqlx::query_as(
        "select lease_until from receipts where lease_id is not null and lease_until < $1 limit 1",
    )
    .bind(now)
    .fetch_optional(pool)
    .await)?;
    if overdue.is_none() {
        return Ok(0);
    }
    let mut tx = db.begin().await?;
    let count = within!(&mut tx, c => sqlx::query(
        "update receipts set lease_id = null, lease_until = null where lease_id is not null and lease_until < $1",
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

/// When the next question of each network's connections that may send is due.
pub async fn next_due(db: &Db) -> Result<BTreeMap<String, Millis>> {
    let rows: Vec<(String, Option<i64>)> = on!(db, pool => sqlx::query_as(
        "select network, min(due) from (
             select c.network, (select min(r.due_at) from receipts r where r.connection_id = c.id and r.lease_id is null) as due
             from connections c where c.connected and c.enabled and c.parked_cause is null
         ) as of_connections group by network",
    )
    .fetch_all(pool)
    .await)?;
    Ok(rows.into_iter().filter_map(|(network, due)| Some((network, due?))).collect())
}

/// An event of a receipt, as its last word finds it.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Event {
    #[sqlx(flatten)]
    pub of: Of,
    pub attempt_id: Uuid,
    pub attempt: i32,
    pub steps: i32,
    pub refusals: i32,
    pub give_up_at: Millis,
    pub alone: bool,
    pub expires_at: Millis,
    pub unknown_since: Option<Millis>,
}

impl Event {
    /// When the attempt began that was accepted.
    pub fn accepted_at(&self) -> Millis {
        let (seconds, nanos) = self.attempt_id.get_timestamp().map_or((0, 0), |stamp| stamp.to_unix());
        Millis::try_from(seconds).unwrap_or(0) * SECOND + Millis::from(nanos / 1_000_000)
    }
}

pub async fn events(db: &Db, receipt_id: Uuid) -> Result<Vec<Event>> {
    on!(db, pool => sqlx::query_as(
        "select p.id as postback_id, p.game_id, p.network, p.connection_id, p.goal_id, coalesce(g.name, '') as goal_name, p.event, p.test,
                e.attempt_id, e.attempt, e.steps, e.refusals, e.give_up_at, e.alone, p.expires_at, p.unknown_since
         from receipt_events e join postbacks p on p.id = e.postback_id left join goals g on g.id = p.goal_id
         where e.receipt_id = $1 order by p.id",
    )
    .bind(receipt_id)
    .fetch_all(pool)
    .await)
}

/// Takes a receipt out, if it is still ours; the postbacks that were still its events.
pub async fn take_out(tx: &mut Tx, open: &Open) -> Result<Option<HashSet<Uuid>>> {
    let ours = within!(tx, c => sqlx::query("delete from receipts where id = $1 and lease_id = $2")
        .bind(open.id)
        .bind(open.lease_id)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    if ours == 0 {
        return Ok(None);
    }
    let events: Vec<(Uuid,)> = within!(tx, c => sqlx::query_as("delete from receipt_events where receipt_id = $1 returning postback_id")
        .bind(open.id)
        .fetch_all(c)
        .await)?;
    Ok(Some(events.into_iter().map(|(id,)| id).collect()))
}

/// Written for the events of a connection, for those of a player, and for one postback's.
macro_rules! forgetting {
    ($events:literal) => {
        [
            concat!(
                "update attempts set told = 'no_answer', told_at = $2, told_says = $3 where told = 'waiting' and postback_id in
                 (select postback_id from receipt_events where ",
                $events,
                ")"
            ),
            concat!("delete from receipt_events where ", $events),
        ]
    };
}

const OF_CONNECTION: [&str; 2] = forgetting!("receipt_id in (select id from receipts where connection_id = $1)");
const OF_PLAYER: [&str; 2] =
    forgetting!("postback_id in (select p.id from conversions c join postbacks p on p.conversion_id = c.id where c.player_id = $1)");

const OF_POSTBACK: [&str; 2] = forgetting!("postback_id = $1");

/// Nobody is asked about the connection's accepted events any more, for this reason.
pub async fn forget_of_connection(tx: &mut Tx, connection_id: Uuid, why: &str, now: Millis) -> Result<()> {
    // Whoever is asking right now finds its lease gone.
    forget(tx, OF_CONNECTION, connection_id, why, now).await?;
    within!(tx, c => sqlx::query("delete from receipts where connection_id = $1").bind(connection_id).execute(c).await.map(drop))
}

/// The same for a player's. Their receipts stay for the others of the call; one without events has nothing to say to anybody.
pub async fn forget_of_player(tx: &mut Tx, player_id: Uuid, why: &str, now: Millis) -> Result<()> {
    forget(tx, OF_PLAYER, player_id, why, now).await
}

/// The same for one postback.
pub async fn forget_of_postback(tx: &mut Tx, postback_id: Uuid, why: &str, now: Millis) -> Result<()> {
    forget(tx, OF_POSTBACK, postback_id, why, now).await
}

async fn forget(tx: &mut Tx, [say, delete]: [&'static str; 2], of: Uuid, why: &str, now: Millis) -> Result<()> {
    let says = format!("Nobody asked any more what became of it. {why}");
    within!(tx, c => sqlx::query(say).bind(of).bind(now).bind(says).execute(c).await.map(drop))?;
    within!(tx, c => sqlx::query(delete).bind(of).execute(c).await.map(drop))
}
