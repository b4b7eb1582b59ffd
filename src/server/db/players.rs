//! One player with everything that is kept of them, in lists that are read a part at a time. Who asks has made sure of the game.

use super::facts::history::ClickRow;
use super::{Db, Error, Result, on};
use crate::model::Millis;
use crate::model::conversion::{Consent, Decision, Surface};
use crate::model::filter::Cursor;
use crate::model::money::Money;
use crate::model::player::ConversionRow;
use crate::server::decide::facts::{Click, Contact, ConversionBody};
use crate::server::networks;
use sqlx::FromRow;
use uuid::Uuid;

/// A player without the lists.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    pub id: Uuid,
    pub test: bool,
    pub consent: Option<(Consent, Millis)>,
    pub contact: Contact,
    pub ids: i32,
    pub created_at: Millis,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    test: bool,
    consent: Option<String>,
    consent_at: Option<i64>,
    contact: String,
    identity_count: i32,
    created_at: i64,
}

/// A player of the game.
pub async fn by_id(db: &Db, game_id: Uuid, id: Uuid) -> Result<Option<Known>> {
    let row: Option<Row> = on!(db, pool => sqlx::query_as(
        "select id, test, consent, consent_at, contact, identity_count, created_at from players where id = $1 and game_id = $2",
    )
    .bind(id)
    .bind(game_id)
    .fetch_optional(pool)
    .await)?;
    let read = |row: Row| {
        let consent = row.consent.map(|word| word.parse::<Consent>()).transpose().map_err(Error::decode)?;
        Ok(Known {
            id: row.id,
            test: row.test,
            consent: consent.zip(row.consent_at),
            contact: serde_json::from_str(&row.contact).map_err(Error::decode)?,
            ids: row.identity_count,
            created_at: row.created_at,
        })
    };
    row.map(read).transpose()
}

/// An id of a player: from when on, and until when another player had it next.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Span {
    pub kind: String,
    pub value: String,
    pub since: Millis,
    pub until: Option<Millis>,
}

/// The player's ids, userIds first.
pub async fn identities(db: &Db, player: Uuid, limit: i64) -> Result<Vec<Span>> {
    on!(db, pool => sqlx::query_as(
        "select i.kind, i.value, i.since, (select min(n.since) from identities n where n.game_id = i.game_id and n.test = i.test
           and n.kind = i.kind and n.value = i.value and n.since > i.since) as until
         from identities i where i.player_id = $1
         order by case when i.kind like 'user:%' then 0 when i.kind = 'anonymous' then 1 else 2 end, i.kind, i.value, i.since limit $2",
    )
    .bind(player)
    .bind(limit)
    .fetch_all(pool)
    .await)
}

/// The event time of the newest message that is kept of the player.
pub async fn last_seen(db: &Db, player: Uuid) -> Result<Option<Millis>> {
    let (time,): (Option<i64>,) = on!(db, pool => sqlx::query_as("select max(event_time) from messages_of_players where player_id = $1").bind(player).fetch_one(pool).await)?;
    Ok(time)
}

const CLICKS: &str = "select id, game_id, player_id, test, network, kind, click_id, time, body from clicks
     where player_id = $1 and (time, id) < ($2, $3) order by time desc, id desc limit $4";

/// Clicks, touches and visits, newest first.
pub async fn clicks(db: &Db, player: Uuid, from: Cursor, limit: i64) -> Result<Vec<Click>> {
    let rows: Vec<ClickRow> =
        on!(db, pool => sqlx::query_as(CLICKS).bind(player).bind(from.time).bind(from.id).bind(limit).fetch_all(pool).await)?;
    rows.into_iter().map(ClickRow::read).collect()
}

/// A message as it is stored.
#[derive(Debug, Clone, FromRow)]
pub struct Message {
    pub id: Uuid,
    pub message_id: Uuid,
    pub kind: String,
    pub event_name: Option<String>,
    pub event_time: i64,
    pub original_time: i64,
    pub received_at: i64,
    pub surface: Option<String>,
    pub consent: String,
    pub test: bool,
    pub ip: Option<String>,
    pub user_agent: Option<String>,
    pub body: String,
    pub note: Option<String>,
}

impl Message {
    pub fn surface(&self) -> Option<Surface> {
        self.surface.as_deref().and_then(Surface::from_word)
    }
}

const MESSAGES: &str =
    "select id, message_id, kind, event_name, event_time, original_time, received_at, surface, consent, test, ip, user_agent,
     body, note from messages_of_players where player_id = $1 and (event_time, id) < ($2, $3) order by event_time desc, id desc limit $4";

/// Messages by event time, newest first.
pub async fn messages(db: &Db, player: Uuid, from: Cursor, limit: i64) -> Result<Vec<Message>> {
    on!(db, pool => sqlx::query_as(MESSAGES).bind(player).bind(from.time).bind(from.id).bind(limit).fetch_all(pool).await)
}

/// A conversion with what its decision knew.
#[derive(Debug, Clone)]
pub struct Reached {
    pub row: ConversionRow,
    pub message_id: Uuid,
    pub player_id: Option<Uuid>,
    pub body: ConversionBody,
}

#[derive(FromRow)]
struct ReachedRow {
    id: Uuid,
    goal_id: Uuid,
    goal_name: String,
    player_id: Option<Uuid>,
    message_id: Uuid,
    event: String,
    event_time: i64,
    received_at: i64,
    test: bool,
    decision: String,
    reason: Option<String>,
    network: Option<String>,
    waiting_until: Option<i64>,
    value_text: Option<String>,
    value_micros: Option<i64>,
    currency: Option<String>,
    body: String,
}

impl ReachedRow {
    fn read(self) -> Result<Reached> {
        let network_name = self.network.as_deref().map(|slug| networks::spoken(slug).to_owned());
        let reason = self.reason.map(|word| word.parse()).transpose().map_err(Error::decode)?;
        let decision = match (self.decision.as_str(), self.network, self.waiting_until, reason) {
            ("credited", Some(network), _, _) => Decision::Credited { network },
            ("waiting", _, Some(until), Some(otherwise)) => Decision::Waiting { until, otherwise },
            ("not_sent", network, _, Some(reason)) => Decision::NotSent { reason, network },
            (word, ..) => return Err(Error::decode(format!("conversion {} has half a decision: {word}", self.id))),
        };
        let value = self.value_text.zip(self.value_micros).zip(self.currency);
        Ok(Reached {
            message_id: self.message_id,
            player_id: self.player_id,
            body: serde_json::from_str(&self.body).map_err(Error::decode)?,
            row: ConversionRow {
                id: self.id,
                goal_id: self.goal_id,
                goal_name: self.goal_name,
                event: self.event,
                event_time: self.event_time,
                received_at: self.received_at,
                test: self.test,
                decision,
                network_name,
                value: value.map(|((text, micros), currency)| Money { text, micros, currency }),
            },
        })
    }
}

macro_rules! reached {
    ($rest:literal) => {
        concat!(
            "select c.id, c.goal_id, g.name as goal_name, c.player_id, c.message_id, c.event, c.event_time, c.received_at, c.test, c.decision,
             c.reason, c.network, c.waiting_until, c.value_text, c.value_micros, c.currency, c.body
             from conversions c join goals g on g.id = c.goal_id where ",
            $rest
        )
    };
}

const CONVERSIONS: &str = reached!("c.player_id = $1 and (c.event_time, c.id) < ($2, $3) order by c.event_time desc, c.id desc limit $4");

/// Goals that the player reached, newest first.
pub async fn conversions(db: &Db, player: Uuid, from: Cursor, limit: i64) -> Result<Vec<Reached>> {
    let rows: Vec<ReachedRow> =
        on!(db, pool => sqlx::query_as(CONVERSIONS).bind(player).bind(from.time).bind(from.id).bind(limit).fetch_all(pool).await)?;
    rows.into_iter().map(ReachedRow::read).collect()
}

/// One conversion of a game.
pub async fn conversion(db: &Db, game_id: Uuid, id: Uuid) -> Result<Option<Reached>> {
    let row: Option<ReachedRow> =
        on!(db, pool => sqlx::query_as(reached!("c.id = $1 and c.game_id = $2")).bind(id).bind(game_id).fetch_optional(pool).await)?;
    row.map(ReachedRow::read).transpose()
}

/// Which conversion holds the player's place for a goal.
pub async fn place(db: &Db, goal_id: Uuid, player: Uuid) -> Result<Option<Uuid>> {
    let row: Option<(Uuid,)> = on!(db, pool => sqlx::query_as("select conversion_id from slots where goal_id = $1 and player_id = $2")
        .bind(goal_id)
        .bind(player)
        .fetch_optional(pool)
        .await)?;
    Ok(row.map(|(id,)| id))
}

/// The postback of a conversion, the newest where there are several.
pub async fn postback_of(db: &Db, conversion: Uuid) -> Result<Option<Uuid>> {
    let row: Option<(Uuid,)> = on!(db, pool => sqlx::query_as("select id from postbacks where conversion_id = $1 order by created_at desc, id desc limit 1")
            .bind(conversion)
            .fetch_optional(pool)
            .await)?;
    Ok(row.map(|(id,)| id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::engines::sqlite_plan;

    /// A page of a player reads that player alone.
    #[tokio::test]
    async fn sqlite_reads_each_list_by_the_player() {
        for (text, index) in [
            (CLICKS, "clicks_by_player (player_id=? AND time<?)"),
            (MESSAGES, "messages_by_player (stretch=? AND player_id=? AND event_time<?)"),
            (CONVERSIONS, "conversions_by_player (player_id=? AND event_time<?)"),
        ] {
            let steps = sqlite_plan(text).await;
            assert!(steps.iter().any(|step| step.contains(index)), "{text}: {steps:?}");
            assert!(steps.iter().all(|step| !step.starts_with("SCAN ") || step == "SCAN s"), "{text}: {steps:?}");
        }
    }
}
