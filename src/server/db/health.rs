//! What a connection's health is judged by.

use super::days::day;
use super::{Db, Result, on};
use crate::model::attempt::AttemptStatus;
use crate::model::connection::{ParkCause, Parked};
use crate::model::{HOUR, Millis};
use crate::server::dispatch::health::{Facts, Recent};
use sqlx::FromRow;
use uuid::Uuid;

/// The latest attempts stand for the hour. What ended without a call was not tried.
const LATEST: i64 = 200;

#[derive(FromRow)]
struct Row {
    id: Uuid,
    network: String,
    parked_cause: Option<String>,
    parked_since: Option<i64>,
    parked_words: Option<String>,
    resumed_at: Option<i64>,
    ever_delivered: bool,
}

/// The facts of every connected connection of the game, by network.
pub async fn of_game(db: &Db, game_id: Uuid, now: Millis) -> Result<Vec<(String, Facts)>> {
    let rows: Vec<Row> = on!(db, pool => sqlx::query_as(
        "select c.id, c.network, c.parked_cause, c.parked_since, c.parked_words, c.resumed_at, c.delivered as ever_delivered
         from connections c where c.game_id = $1 and c.connected order by c.network",
    )
    .bind(game_id)
    .fetch_all(pool)
    .await)?;
    let mut facts = Vec::with_capacity(rows.len());
    // One connection per network: a handful.
    for row in rows {
        let since = row.resumed_at.map_or(now - HOUR, |resumed| resumed.max(now - HOUR));
        let last_hour = latest(db, game_id, &row, since).await?;
        let parked = row.parked_cause.as_deref().and_then(ParkCause::from_word).map(|cause| Parked {
            cause,
            since: row.parked_since.unwrap_or_default(),
            words: row.parked_words.unwrap_or_default(),
        });
        facts.push((row.network, Facts { parked, ever_delivered: row.ever_delivered, last_hour }));
    }
    Ok(facts)
}

/// The facts of the game's connection to the network; None where it is not connected.
pub async fn of_network(db: &Db, game_id: Uuid, network: &str, now: Millis) -> Result<Option<Facts>> {
    Ok(of_game(db, game_id, now).await?.into_iter().find_map(|(of, facts)| (of == network).then_some(facts)))
}

async fn latest(db: &Db, game_id: Uuid, connection: &Row, since: Millis) -> Result<Vec<Recent>> {
    let rows: Vec<(i64, String, Option<String>)> = on!(db, pool => sqlx::query_as(
        "select time, status, coalesce(words, meaning) from attempts where game_id = $1 and network = $2 and connection_id = $3 and time >= $4 and day >= $6
         and not test and call_id is not null order by time desc, id desc limit $5",
    )
    .bind(game_id)
    .bind(&connection.network)
    .bind(connection.id)
    .bind(since)
    .bind(LATEST)
    .bind(day(since))
    .fetch_all(pool)
    .await)?;
    let recent =
        |(time, status, words): (i64, String, Option<String>)| Some(Recent { time, status: AttemptStatus::from_word(&status)?, words });
    Ok(rows.into_iter().filter_map(recent).collect())
}
