//! Messages as they were accepted.

use super::super::days::{self, day};
use super::super::new_rows::{self, Table};
use super::super::{Error, Result, Tx};
use crate::model::conversion::Surface;
use crate::server::decide::changes::StoredMessage;
use crate::server::decide::facts::{IdentityType, Message};
use serde::Serialize;
use serde_json::{Map, Value};

const MESSAGES: Table = Table {
    name: "messages",
    columns: "day, id, game_id, message_id, player_id, kind, event_name, event_time, original_time, received_at, surface, consent, \
        test, ip, user_agent, body, note",
    // Where their ids lie, too (`db/message_ids`).
    sqlite_too: Some(("stretch", "(select max(stretch) from stretches)")),
};

pub async fn write(tx: &mut Tx, messages: &[StoredMessage]) -> Result<()> {
    days::ready(tx, days::MESSAGES, messages.iter().map(|stored| day(stored.message.received_at))).await?;
    let bodies =
        messages.iter().map(|stored| serde_json::to_string(&Body::of(&stored.message))).collect::<std::result::Result<Vec<_>, _>>();
    let rows: Vec<(&StoredMessage, String)> = messages.iter().zip(bodies.map_err(Error::decode)?).collect();
    new_rows::insert(tx, MESSAGES, &rows, |row, (stored, body)| {
        let message = &stored.message;
        row.put(day(message.received_at)).put(message.id).put(message.game_id).put(message.message_id);
        row.put(stored.player_id).put(message.kind.word()).put(message.event_name.as_deref());
        row.put(message.event_time).put(message.original_time).put(message.received_at);
        row.put(message.surface.map(Surface::word)).put(message.consent.word()).put(message.test);
        row.put(message.ip.as_deref()).put(message.user_agent.as_deref()).put(body.as_str()).put(stored.note);
    })
    .await
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
