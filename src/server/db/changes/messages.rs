//! Messages as they were accepted.

use super::super::days::{self, day};
use super::super::rows::{self, column};
use super::super::{Error, Result, Tx};
use crate::model::conversion::Surface;
use crate::server::decide::changes::StoredMessage;
use crate::server::decide::facts::{IdentityType, Message};
use serde::Serialize;
use serde_json::{Map, Value};
use sqlx::{PgConnection, QueryBuilder, SqliteConnection};

pub async fn write(tx: &mut Tx, messages: &[StoredMessage]) -> Result<()> {
    days::ready(tx, days::MESSAGES, messages.iter().map(|stored| day(stored.message.received_at))).await?;
    let bodies =
        messages.iter().map(|stored| serde_json::to_string(&Body::of(&stored.message))).collect::<std::result::Result<Vec<_>, _>>();
    let rows: Vec<(&StoredMessage, String)> = messages.iter().zip(bodies.map_err(Error::decode)?).collect();
    match tx {
        Tx::Sqlite(tx, _) => write_by_row(tx, &rows).await,
        Tx::Postgres(tx, _) if !rows.is_empty() => write_by_column(tx, &rows).await,
        Tx::Postgres(..) => Ok(()),
    }
}

/// On SQLite they lie in stretches, with their ids (`db/message_ids`).
async fn write_by_row(connection: &mut SqliteConnection, rows: &[(&StoredMessage, String)]) -> Result<()> {
    for piece in rows::pieces(rows) {
        let mut query = QueryBuilder::new(
            "insert into messages (day, id, game_id, message_id, player_id, kind, event_name, event_time, original_time, received_at,
             surface, consent, test, ip, user_agent, body, note, stretch) ",
        );
        query.push_values(piece, |mut row, (stored, body)| {
            let message = &stored.message;
            row.push_bind(day(message.received_at)).push_bind(message.id).push_bind(message.game_id).push_bind(message.message_id);
            row.push_bind(stored.player_id).push_bind(message.kind.word()).push_bind(message.event_name.as_deref());
            row.push_bind(message.event_time).push_bind(message.original_time).push_bind(message.received_at);
            row.push_bind(message.surface.map(Surface::word)).push_bind(message.consent.word()).push_bind(message.test);
            row.push_bind(message.ip.as_deref()).push_bind(message.user_agent.as_deref()).push_bind(body.as_str()).push_bind(stored.note);
            row.push("(select max(stretch) from stretches)");
        });
        query.build().execute(&mut *connection).await?;
    }
    Ok(())
}

/// PostgreSQL takes the columns of all rows at once: a value of a list costs it several times as much.
async fn write_by_column(connection: &mut PgConnection, rows: &[(&StoredMessage, String)]) -> Result<()> {
    sqlx::query(
        "insert into messages (day, id, game_id, message_id, player_id, kind, event_name, event_time, original_time, received_at,
         surface, consent, test, ip, user_agent, body, note)
         select * from unnest($1::integer[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::bigint[], $9::bigint[],
         $10::bigint[], $11::text[], $12::text[], $13::boolean[], $14::text[], $15::text[], $16::text[], $17::text[])",
    )
    .bind(column(rows, |(stored, _)| day(stored.message.received_at)))
    .bind(column(rows, |(stored, _)| stored.message.id))
    .bind(column(rows, |(stored, _)| stored.message.game_id))
    .bind(column(rows, |(stored, _)| stored.message.message_id))
    .bind(column(rows, |(stored, _)| stored.player_id))
    .bind(column(rows, |(stored, _)| stored.message.kind.word()))
    .bind(column(rows, |(stored, _)| stored.message.event_name.as_deref()))
    .bind(column(rows, |(stored, _)| stored.message.event_time))
    .bind(column(rows, |(stored, _)| stored.message.original_time))
    .bind(column(rows, |(stored, _)| stored.message.received_at))
    .bind(column(rows, |(stored, _)| stored.message.surface.map(Surface::word)))
    .bind(column(rows, |(stored, _)| stored.message.consent.word()))
    .bind(column(rows, |(stored, _)| stored.message.test))
    .bind(column(rows, |(stored, _)| stored.message.ip.as_deref()))
    .bind(column(rows, |(stored, _)| stored.message.user_agent.as_deref()))
    .bind(column(rows, |(_, body)| body.as_str()))
    .bind(column(rows, |(stored, _)| stored.note))
    .execute(connection)
    .await
    .map(drop)
}

/// What has no column of its own, under the names of the API.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    anonymous_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity_type: Option<IdentityType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from_type: Option<IdentityType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to_type: Option<IdentityType>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    properties: &'a Map<String, Value>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    traits: &'a Map<String, Value>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    context: &'a Map<String, Value>,
}

impl<'a> Body<'a> {
    fn of(message: &'a Message) -> Self {
        let (from, to) = message.alias.as_ref().map(|(from, to)| (from, to)).unzip();
        Self {
            anonymous_id: message.anonymous_id.as_deref(),
            device_id: message.device_id.as_deref(),
            session_id: message.session_id.as_deref(),
            user_id: message.user.as_ref().map(|user| user.id.as_str()),
            identity_type: message.user.as_ref().and_then(|user| user.kind),
            from_id: from.map(|user| user.id.as_str()),
            from_type: from.and_then(|user| user.kind),
            to_id: to.map(|user| user.id.as_str()),
            to_type: to.and_then(|user| user.kind),
            properties: &message.properties,
            traits: &message.traits,
            context: &message.context,
        }
    }
}
