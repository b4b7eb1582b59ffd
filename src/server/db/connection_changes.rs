//! What people change about a game's connection to a network: connect, switch, disconnect, try again.

use super::connection_row::{ConnectionRow, connection_columns};
use super::{Db, Result, Tx, on, within};
use crate::model::Millis;
use crate::model::connection::{Connection, ParkCause};
use uuid::Uuid;

/// The game's connection to the network, if it is connected.
pub async fn of_network(db: &Db, game_id: Uuid, network: &str) -> Result<Option<Connection>> {
    let row: Option<ConnectionRow> = on!(db, pool => sqlx::query_as(
        concat!("select ", connection_columns!(), " from connections where game_id = $1 and network = $2 and connected"),
    )
    .bind(game_id)
    .bind(network)
    .fetch_optional(pool)
    .await)?;
    Ok(row.map(Connection::from))
}

/// Every connection of the game.
pub async fn of_game(db: &Db, game_id: Uuid) -> Result<Vec<Connection>> {
    let rows: Vec<ConnectionRow> = on!(db, pool => sqlx::query_as(
        concat!("select ", connection_columns!(), " from connections where game_id = $1 and connected order by network"),
    )
    .bind(game_id)
    .fetch_all(pool)
    .await)?;
    Ok(rows.into_iter().map(Connection::from).collect())
}

/// What a connection is saved with.
#[derive(Debug, Clone)]
pub struct Saved<'a> {
    pub game_id: Uuid,
    pub network: &'a str,
    pub account_id: Option<&'a str>,
    pub account_name: Option<&'a str>,
    pub account_through: Option<&'a str>,
    pub target_id: &'a str,
    pub target_name: Option<&'a str>,
    pub secret_tail: Option<&'a str>,
    pub secret_expires_at: Option<Millis>,
    pub secret_pasted: bool,
    pub secret_holder: Option<&'a str>,
    pub test_code: Option<&'a str>,
    pub connected_at: Millis,
    pub connected_by: &'a str,
}

/// The row of game and network with its present target: made on first use, locked until the transaction ends, kept for ever.
/// A row that was made just now, or is disconnected, has no target (`None`).
pub async fn lock(tx: &mut Tx, game_id: Uuid, network: &str, now: Millis) -> Result<(Uuid, Option<(Option<String>, String)>)> {
    within!(tx, c => sqlx::query(
        "insert into connections (id, game_id, network, connected, enabled, target_id, connected_at)
         values ($1, $2, $3, false, false, '', $4) on conflict (game_id, network) do nothing",
    )
    .bind(Uuid::now_v7())
    .bind(game_id)
    .bind(network)
    .bind(now)
    .execute(c)
    .await
    .map(drop))?;
    let (id, connected, account, target): (Uuid, bool, Option<String>, String) = within!(tx, c => sqlx::query_as(
        "update connections set network = network where game_id = $1 and network = $2 returning id, connected, account_id, target_id",
    )
    .bind(game_id)
    .bind(network)
    .fetch_one(c)
    .await)?;
    Ok((id, connected.then_some((account, target))))
}

/// Writes what was connected, switched on; what was parked may go again. Since when it leads to its target outlives a disconnect.
pub async fn save(tx: &mut Tx, id: Uuid, sealed: &str, saved: &Saved<'_>) -> Result<()> {
    within!(tx, c => sqlx::query(
        "update connections set connected = true, enabled = true, account_id = $2, account_name = $3, target_id = $4, target_name = $5,
         secret = $6, secret_tail = $7, secret_expires_at = $8, test_code = $9, connected_at = $10, connected_by = $11,
         secret_pasted = $12, secret_holder = $13, account_through = $14, parked_cause = null, parked_since = null, parked_words = null,
         led_since = case when led_to = $4 then led_since else $10 end, led_to = $4 where id = $1",
    )
    .bind(id)
    .bind(saved.account_id)
    .bind(saved.account_name)
    .bind(saved.target_id)
    .bind(saved.target_name)
    .bind(sealed)
    .bind(saved.secret_tail)
    .bind(saved.secret_expires_at)
    .bind(saved.test_code)
    .bind(saved.connected_at)
    .bind(saved.connected_by)
    .bind(saved.secret_pasted)
    .bind(saved.secret_holder)
    .bind(saved.account_through)
    .execute(c)
    .await
    .map(drop))
}

/// The sealed secret of a connected connection (owner `connection:<id>`).
pub async fn secret(db: &Db, id: Uuid) -> Result<Option<String>> {
    let row: Option<(Option<String>,)> =
        on!(db, pool => sqlx::query_as("select secret from connections where id = $1").bind(id).fetch_optional(pool).await)?;
    Ok(row.and_then(|(secret,)| secret))
}

/// Who gave the connection's token, by the network's id, where it says.
pub async fn holder(db: &Db, id: Uuid) -> Result<Option<String>> {
    let row: Option<(Option<String>,)> =
        on!(db, pool => sqlx::query_as("select secret_holder from connections where id = $1").bind(id).fetch_optional(pool).await)?;
    Ok(row.and_then(|(holder,)| holder))
}

/// Connections of whichever game, and consents that wait for their account to be picked, that may hang on a consent of this holder: given
/// to our own app by the same person, or by one whom the network did not name. Of a nameless holder it may be any.
pub async fn consents(db: &Db, network: &str, holder: Option<&str>, now: Millis) -> Result<i64> {
    let (count,): (i64,) = on!(db, pool => sqlx::query_as(
        "select count(*) from (
             select secret_holder from connections where network = $1 and connected and not secret_pasted
             union all select secret_holder from grants where network = $1 and expires_at > $3
         ) as given where cast($2 as text) is null or secret_holder is null or secret_holder = $2",
    )
    .bind(network)
    .bind(holder)
    .bind(now)
    .fetch_one(pool)
    .await)?;
    Ok(count)
}

/// Forgets the secrets and what it was connected to; the row stays for its log.
pub async fn disconnect(tx: &mut Tx, id: Uuid) -> Result<()> {
    within!(tx, c => sqlx::query(
        "update connections set connected = false, enabled = false, account_id = null, account_name = null, account_through = null, target_id = '', target_name = null,
         secret = null, secret_tail = null, secret_expires_at = null, secret_pasted = false, secret_holder = null, test_code = null, transport = null,
         parked_cause = null, parked_since = null, parked_words = null where id = $1",
    )
    .bind(id)
    .execute(c)
    .await
    .map(drop))
}

pub async fn set_test_code(tx: &mut Tx, id: Uuid, test_code: Option<&str>) -> Result<()> {
    within!(tx, c => sqlx::query("update connections set test_code = $2 where id = $1").bind(id).bind(test_code).execute(c).await.map(drop))
}

/// Chooses the transport; what holds the connection.
pub async fn set_transport(tx: &mut Tx, id: Uuid, transport: &str) -> Result<Option<ParkCause>> {
    let (cause,): (Option<String>,) = within!(tx, c => sqlx::query_as("update connections set transport = $2 where id = $1 returning parked_cause").bind(id).bind(transport).fetch_one(c).await)?;
    Ok(cause.as_deref().and_then(ParkCause::from_word))
}

/// Postbacks of the connection that are still to be sent.
pub async fn waiting(tx: &mut Tx, id: Uuid) -> Result<i64> {
    let (count,): (i64,) =
        within!(tx, c => sqlx::query_as("select count(*) from queue where connection_id = $1").bind(id).fetch_one(c).await)?;
    Ok(count)
}
