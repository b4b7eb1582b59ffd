//! What a goal is rehearsed on: a game's events of one name, and the clicks of their players.

use super::days::day;
use super::{Db, Error, Result, on, rows};
use crate::model::Millis;
use crate::model::filter::Cursor;
use crate::server::decide::facts::{Click, ClickBody};
use crate::server::decide::rehearsal::Past;
use serde::Deserialize;
use serde_json::{Map, Value};
use sqlx::FromRow;
use uuid::Uuid;

/// Clicks of so many players as one statement asks for; a script that invents thousands under one id must not fill the memory.
const MAX_CLICKS: i64 = 10_000;

#[derive(FromRow)]
struct Row {
    id: Uuid,
    message_id: Uuid,
    player_id: Option<Uuid>,
    event_time: i64,
    received_at: i64,
    body: String,
}

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    properties: Map<String, Value>,
}

/// Track messages of this name that came since then, newest first, before the place `before`; each with its own place.
pub async fn tracks(db: &Db, game_id: Uuid, event: &str, since: Millis, before: Cursor, most: i64) -> Result<Vec<(Cursor, Past)>> {
    let found: Vec<Row> = on!(db, pool => sqlx::query_as(
        "select id, message_id, player_id, event_time, received_at, body from messages
         where game_id = $1 and kind = 'track' and event_name = $2 and received_at >= $3 and (received_at, id) < ($4, $5) and test = $6
         and day >= $8 and day <= $9
         order by received_at desc, id desc limit $7",
    )
    .bind(game_id)
    .bind(event)
    .bind(since)
    .bind(before.time)
    .bind(before.id)
    .bind(false)
    .bind(most)
    .bind(day(since))
    .bind(day(before.time))
    .fetch_all(pool)
    .await)?;
    let read = |row: Row| {
        let Body { properties } = serde_json::from_str(&row.body).map_err(Error::decode)?;
        let past = Past { message_id: row.message_id, player_id: row.player_id, event_time: row.event_time, properties };
        Ok((Cursor { time: row.received_at, id: row.id }, past))
    };
    found.into_iter().map(read).collect()
}

#[derive(FromRow)]
struct ClickRow {
    id: Uuid,
    game_id: Uuid,
    player_id: Uuid,
    network: String,
    kind: String,
    click_id: String,
    time: i64,
}

/// The clicks of these players, without what is known of each besides its id.
pub async fn clicks(db: &Db, players: &[Uuid]) -> Result<Vec<Click>> {
    let mut clicks = Vec::new();
    for list in rows::lists(players) {
        let found: Vec<ClickRow> = on!(db, pool => {
            let mut query = rows::wanted(&list);
            query.push(
                "select c.id, c.game_id, c.player_id, c.network, c.kind, c.click_id, c.time from wanted w cross join clicks c
                 where c.player_id = w.id and c.kind <> 'visit' order by c.time desc limit ",
            );
            query.push_bind(MAX_CLICKS);
            query.build_query_as().fetch_all(pool).await
        })?;
        clicks.extend(found.into_iter().map(|row| Click {
            id: row.id,
            game_id: row.game_id,
            player_id: row.player_id,
            test: false,
            network: row.network,
            kind: row.kind,
            click_id: row.click_id,
            time: row.time,
            body: ClickBody::default(),
        }));
    }
    Ok(clicks)
}

#[cfg(test)]
mod tests {
    use crate::tests::engines::sqlite_plan;

    #[tokio::test]
    async fn a_games_events_of_a_name_are_found_without_reading_the_others() {
        let steps = sqlite_plan(
            "select id, body from messages where game_id = ? and kind = 'track' and event_name = ? and received_at >= ? and (received_at, id) < (?, ?) and test = ?
             order by received_at desc, id desc limit ?",
        )
        .await;
        assert!(steps.iter().all(|step| step.contains("messages_tracks")), "{steps:?}");
    }
}
