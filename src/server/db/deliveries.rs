//! One postback with all that its pages tell, and how much is still to be sent.

use super::{Db, Error, Result, on};
use crate::model::Millis;
use crate::model::integration::{ClickFact, Open};
use crate::model::money::Money;
use crate::model::postback::Postback;
use sqlx::FromRow;
use uuid::Uuid;

#[derive(FromRow)]
struct Row {
    id: Uuid,
    conversion_id: Uuid,
    network: String,
    goal_id: Uuid,
    goal_name: String,
    event: String,
    sent_as: String,
    dedup_id: String,
    event_time: i64,
    value_text: Option<String>,
    value_micros: Option<i64>,
    currency: Option<String>,
    test: bool,
    state: String,
    ended: Option<String>,
    attempts: i32,
    created_at: i64,
    due_at: Option<i64>,
    asked_at: Option<i64>,
    expires_at: i64,
    resent_at: Option<i64>,
}

impl Row {
    fn read(self) -> Result<Postback> {
        let value = self.value_text.zip(self.value_micros).zip(self.currency);
        Ok(Postback {
            id: self.id,
            conversion_id: self.conversion_id,
            network: self.network,
            goal_id: self.goal_id,
            goal_name: self.goal_name,
            event: self.event,
            sent_as: self.sent_as,
            dedup_id: self.dedup_id,
            event_time: self.event_time,
            value: value.map(|((text, micros), currency)| Money { text, micros, currency }),
            test: self.test,
            state: self.state.parse().map_err(|unknown| Error::Decode(Box::new(unknown)))?,
            ended: self.ended,
            attempts: self.attempts,
            created_at: self.created_at,
            due_at: self.due_at,
            asked_at: self.asked_at,
            expires_at: self.expires_at,
            resent_at: self.resent_at,
        })
    }
}

/// The postback that a message made for a goal at a network.
pub async fn of_message(db: &Db, goal_id: Uuid, message_id: Uuid, network: &str) -> Result<Option<Uuid>> {
    let row: Option<(Uuid,)> = on!(db, pool => sqlx::query_as(
        "select p.id from conversions c join postbacks p on p.conversion_id = c.id where c.goal_id = $1 and c.message_id = $2 and p.network = $3",
    )
    .bind(goal_id)
    .bind(message_id)
    .bind(network)
    .fetch_optional(pool)
    .await)?;
    Ok(row.map(|(id,)| id))
}

/// A postback of the game, with its place in the queue while it is open, and when its last word is asked for.
pub async fn postback(db: &Db, game_id: Uuid, id: Uuid) -> Result<Option<Postback>> {
    let row: Option<Row> = on!(db, pool => sqlx::query_as(
        "select p.id, p.conversion_id, p.network, p.goal_id, g.name as goal_name, p.event, p.sent_as, p.dedup_id, p.event_time,
                p.value_text, p.value_micros, p.currency, p.test, p.state, p.ended, p.attempts, p.created_at, q.due_at, p.expires_at, p.resent_at,
                (select min(r.due_at) from receipt_events e join receipts r on r.id = e.receipt_id where e.postback_id = p.id) as asked_at
         from postbacks p join goals g on g.id = p.goal_id left join queue q on q.id = p.id
         where p.id = $1 and p.game_id = $2",
    )
    .bind(id)
    .bind(game_id)
    .fetch_optional(pool)
    .await)?;
    row.map(Row::read).transpose()
}

/// The click that earned the conversion; None where there was none.
pub async fn click_of(db: &Db, game_id: Uuid, conversion_id: Uuid) -> Result<Option<ClickFact>> {
    let row: Option<(Uuid, String, Millis)> = on!(db, pool => sqlx::query_as(
        "select k.id, k.kind, k.time from conversions c join clicks k on k.id = c.click_id where c.id = $1 and c.game_id = $2",
    )
    .bind(conversion_id)
    .bind(game_id)
    .fetch_optional(pool)
    .await)?;
    Ok(row.map(|(id, kind, time)| ClickFact { id, kind, time }))
}

/// What of a connection is still to be sent.
pub async fn open(db: &Db, connection_id: Uuid) -> Result<Open> {
    let (count, first_deadline): (i64, Option<Millis>) = on!(db, pool => sqlx::query_as(
        "select count(*), min(expires_at) from queue where connection_id = $1",
    )
    .bind(connection_id)
    .fetch_one(pool)
    .await)?;
    Ok(Open { count, first_deadline })
}

/// Clicks with one of these ids (`wbraid`, …) since then.
pub async fn clicks_of(db: &Db, game_id: Uuid, kinds: &[&str], since: Millis) -> Result<i64> {
    let mut count = 0;
    for kind in kinds {
        let (found,): (i64,) = on!(db, pool => sqlx::query_as(
            "select count(*) from clicks where game_id = $1 and time >= $2 and kind = $3 and test = $4",
        )
        .bind(game_id)
        .bind(since)
        .bind(*kind)
        .bind(false)
        .fetch_one(pool)
        .await)?;
        count += found;
    }
    Ok(count)
}

/// Clicks with an id of each network since then: (slug, count), most first.
pub async fn clicks(db: &Db, game_id: Uuid, since: Millis) -> Result<Vec<(String, i64)>> {
    on!(db, pool => sqlx::query_as(
        "select network, count(*) from clicks where game_id = $1 and time >= $2 and kind not in ('utm', 'visit') group by network
         order by count(*) desc, network",
    )
    .bind(game_id)
    .bind(since)
    .fetch_all(pool)
    .await)
}
