//! Connections as dispatch sees them: where postbacks go, and what holds them.

use super::{Db, Result, Tx, on, rows, within};
use crate::model::Millis;
use crate::model::connection::ParkCause;
use sqlx::{FromRow, QueryBuilder};
use uuid::Uuid;

/// Where the postbacks of a connection go, as it stood when they were claimed.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Route {
    pub id: Uuid,
    pub game_id: Uuid,
    pub network: String,
    pub account_id: Option<String>,
    pub account_through: Option<String>,
    pub target_id: String,
    /// Sealed for owner `connection:<id>`.
    pub secret: Option<String>,
    pub secret_pasted: bool,
    pub test_code: Option<String>,
    /// Which of the network's transports was chosen; None: the usual one.
    pub transport: Option<String>,
    /// It was let go and no call has succeeded since: one goes out at a time.
    pub probing: bool,
}

impl Route {
    /// Whether both lead to the same place, the same way, under the same token.
    pub fn leads_to_same(&self, other: &Self) -> bool {
        let account = |route: &Self| (route.account_id.clone(), route.account_through.clone());
        let way = |route: &Self| (route.target_id.clone(), route.secret.clone(), route.test_code.clone(), route.transport.clone());
        let place = |route: &Self| (account(route), way(route));
        place(self) == place(other)
    }
}

macro_rules! columns {
    () => {
        "c.id, c.game_id, c.network, c.account_id, c.account_through, c.target_id, c.secret, c.secret_pasted, c.test_code, c.transport, c.probe_at is not null as probing"
    };
}

/// A connection with something to send.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Ready {
    #[sqlx(flatten)]
    pub route: Route,
    /// Some of what is due was held twice by a process that died: it may be what stops it.
    pub suspects: bool,
}

/// The connections that may send and have something due at `now`.
pub async fn ready(db: &Db, now: Millis) -> Result<Vec<Ready>> {
    on!(db, pool => sqlx::query_as(
        concat!("select ", columns!(), ", exists (select 1 from queue s where s.connection_id = c.id and s.lease_id is null
                 and s.claims >= 2 and s.due_at <= $1) as suspects
         from connections c where c.connected and c.enabled and c.parked_cause is null
         and (exists (select 1 from queue q where q.connection_id = c.id and q.lease_id is null and q.claims < 2 and q.due_at <= $1)
           or exists (select 1 from queue s where s.connection_id = c.id and s.lease_id is null and s.claims >= 2 and s.due_at <= $1))"),
    )
    .bind(now)
    .fetch_all(pool)
    .await)
}

/// The connections that may send and have a question due at `now`.
pub async fn asking(db: &Db, now: Millis) -> Result<Vec<Route>> {
    on!(db, pool => sqlx::query_as(
        concat!("select ", columns!(), " from connections c where c.connected and c.enabled and c.parked_cause is null
         and exists (select 1 from receipts r where r.connection_id = c.id and r.lease_id is null and r.due_at <= $1)"),
    )
    .bind(now)
    .fetch_all(pool)
    .await)
}

/// Those of the connections that may send, as they are now, whether or not something of them is due.
pub async fn sending(db: &Db, ids: &[Uuid]) -> Result<Vec<Route>> {
    on!(db, pool => {
        let mut query = QueryBuilder::new(
            concat!("select ", columns!(), " from connections c where c.connected and c.enabled and c.parked_cause is null and c.id in "),
        );
        rows::push_list(&mut query, ids);
        query.build_query_as().fetch_all(pool).await
    })
}

/// A refusal that holds all of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Park {
    pub connection_id: Uuid,
    /// The sealed secret that was refused: a newer one is not parked for it.
    pub secret: Option<String>,
    /// The transport that was taken: another is not parked for it either.
    pub transport: Option<String>,
    pub cause: ParkCause,
    pub words: String,
    pub since: Millis,
}

/// Holds the connection, unless its secret or its transport is another one by now or it is parked already.
pub async fn park(tx: &mut Tx, park: &Park) -> Result<()> {
    within!(tx, c => sqlx::query(
        "update connections set parked_cause = $2, parked_since = $3, parked_words = $4, held_since = coalesce(held_since, $3), probe_at = null
         where id = $1 and parked_cause is null and (secret = $5 or secret is null and cast($5 as text) is null)
         and coalesce(transport, '') = coalesce(cast($6 as text), '')",
    )
    .bind(park.connection_id)
    .bind(park.cause.word())
    .bind(park.since)
    .bind(&park.words)
    .bind(park.secret.as_deref())
    .bind(park.transport.as_deref())
    .execute(c)
    .await
    .map(drop))
}

/// Lets a parked connection go (after a reconnect, a new token or “Try again”). Unless it is switched off, everything of it is due now,
/// what the network takes least long still first, and one call goes ahead of the flood.
pub async fn unpark(tx: &mut Tx, id: Uuid, now: Millis) -> Result<()> {
    within!(tx, c => sqlx::query(
        "update connections set parked_cause = null, parked_since = null, parked_words = null, probe_at = $2, resumed_at = $2 where id = $1",
    )
    .bind(id)
    .bind(now)
    .execute(c)
    .await
    .map(drop))?;
    release(tx, id, now).await
}

/// When the connection was let go last, if ever.
pub async fn resumed_at(db: &Db, id: Uuid) -> Result<Option<Millis>> {
    let row: Option<(Option<Millis>,)> =
        on!(db, pool => sqlx::query_as("select resumed_at from connections where id = $1").bind(id).fetch_optional(pool).await)?;
    Ok(row.and_then(|(at,)| at))
}

/// The enabled switch: off holds what is queued, on lets it go unless it is parked.
pub async fn set_enabled(tx: &mut Tx, id: Uuid, enabled: bool, now: Millis) -> Result<()> {
    within!(tx, c => sqlx::query(
        "update connections set enabled = $2, held_since = case when $2 then held_since else coalesce(held_since, $3) end where id = $1",
    )
    .bind(id)
    .bind(enabled)
    .bind(now)
    .execute(c)
    .await
    .map(drop))?;
    release(tx, id, now).await
}

/// A call of the connection succeeded: the flood may follow the probe.
pub async fn answered(tx: &mut Tx, id: Uuid) -> Result<()> {
    within!(tx, c => sqlx::query("update connections set probe_at = null where id = $1 and probe_at is not null")
        .bind(id)
        .execute(c)
        .await
        .map(drop))
}

/// The network took something of it that was no test.
pub async fn delivered(tx: &mut Tx, id: Uuid) -> Result<()> {
    within!(tx, c => sqlx::query("update connections set delivered = true where id = $1 and not delivered")
        .bind(id)
        .execute(c)
        .await
        .map(drop))
}

/// Makes everything of the connection due if nothing holds it any more; the time it was held is added to the 72 h of retries.
async fn release(tx: &mut Tx, id: Uuid, now: Millis) -> Result<()> {
    let held: Option<(Option<i64>,)> = within!(tx, c => sqlx::query_as(
        "select held_since from connections where id = $1 and enabled and parked_cause is null",
    )
    .bind(id)
    .fetch_optional(c)
    .await)?;
    let Some((Some(held_since),)) = held else { return Ok(()) };
    within!(tx, c => sqlx::query("update connections set held_since = null where id = $1").bind(id).execute(c).await.map(drop))?;
    let held = (now - held_since).max(0);
    // What is under way has its own end, and what was accepted may come back.
    for text in [
        "update queue set due_at = case when lease_id is null then $2 else due_at end, give_up_at = give_up_at + $3 where connection_id = $1",
        "update receipt_events set give_up_at = give_up_at + $3
         where $2 > 0 and receipt_id in (select id from receipts where connection_id = $1)",
    ] {
        within!(tx, c => sqlx::query(text).bind(id).bind(now).bind(held).execute(c).await.map(drop))?;
    }
    Ok(())
}
