//! Conversions as pages read them: what was not sent and why, and what became of a game's goal matches.

use super::{Db, Error, Result, Tx, on, within};
use crate::model::Millis;
use crate::model::conversion::{Mended, NotSent, Outcome, OutcomeCount, Reason};
use crate::model::filter::{Cursor, Position};
use crate::model::money::Money;
use sqlx::FromRow;
use uuid::Uuid;

/// Rows a page shows.
pub const PAGE: usize = 50;

#[derive(FromRow)]
struct Row {
    id: Uuid,
    goal_id: Uuid,
    player_id: Option<Uuid>,
    goal_name: String,
    event: String,
    event_time: i64,
    received_at: i64,
    test: bool,
    reason: String,
    value_text: Option<String>,
    value_micros: Option<i64>,
    currency: Option<String>,
}

impl Row {
    fn read(self) -> Result<NotSent> {
        let value = self.value_text.zip(self.value_micros).zip(self.currency);
        Ok(NotSent {
            id: self.id,
            goal_id: self.goal_id,
            player_id: self.player_id,
            mended: Mended::No,
            goal_name: self.goal_name,
            event: self.event,
            event_time: self.event_time,
            received_at: self.received_at,
            test: self.test,
            reason: self.reason.parse().map_err(|unknown| Error::Decode(Box::new(unknown)))?,
            value: value.map(|((text, micros), currency)| Money { text, micros, currency }),
        })
    }
}

macro_rules! page_text {
    ($compare:literal, $order:literal) => {
        concat!(
            "select c.id, c.goal_id, c.player_id, g.name as goal_name, c.event, c.event_time, c.received_at, c.test, c.reason, c.value_text, c.value_micros, c.currency
             from conversions c join goals g on g.id = c.goal_id
             where c.game_id = $1 and c.network = $2 and c.received_at >= $3 and c.decision = 'not_sent'
               and (c.received_at, c.id) ", $compare, " ($4, $5) order by c.received_at ", $order, ", c.id ", $order, " limit $6"
        )
    };
}

/// Conversions credited to the network that were not sent, newest first, and whether there are more beyond.
pub async fn not_sent(db: &Db, game_id: Uuid, network: &str, since: Millis, position: &Position) -> Result<(Vec<NotSent>, bool)> {
    let (text, from) = match position {
        Position::Newest => (page_text!("<", "desc"), Cursor::END),
        Position::OlderThan(cursor) => (page_text!("<", "desc"), *cursor),
        Position::NewerThan(cursor) => (page_text!(">", "asc"), *cursor),
    };
    let limit = i64::try_from(PAGE).expect("a page is small") + 1;
    let mut rows: Vec<Row> = on!(db, pool => sqlx::query_as(text)
        .bind(game_id)
        .bind(network)
        .bind(since)
        .bind(from.time)
        .bind(from.id)
        .bind(limit)
        .fetch_all(pool)
        .await)?;
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    if matches!(position, Position::NewerThan(_)) {
        rows.reverse();
    }
    Ok((rows.into_iter().map(Row::read).collect::<Result<_>>()?, more))
}

/// How many conversions of the network were not sent since then.
pub async fn count_not_sent(db: &Db, game_id: Uuid, network: &str, since: Millis) -> Result<i64> {
    let (count,): (i64,) = on!(db, pool => sqlx::query_as(
        "select count(*) from conversions where game_id = $1 and network = $2 and received_at >= $3 and decision = 'not_sent'",
    )
    .bind(game_id)
    .bind(network)
    .bind(since)
    .fetch_one(pool)
    .await)?;
    Ok(count)
}

/// What became of the game's goal matches since then, test events left out: one count for each outcome.
pub async fn outcomes(db: &Db, game_id: Uuid, since: Millis) -> Result<Vec<OutcomeCount>> {
    let rows: Vec<(String, Option<String>, Option<String>, i64)> = on!(db, pool => sqlx::query_as(
        "select decision, reason, network, count(*) from conversions where game_id = $1 and received_at >= $2 and test = $3
         group by decision, reason, network order by count(*) desc",
    )
    .bind(game_id)
    .bind(since)
    .bind(false)
    .fetch_all(pool)
    .await)?;
    rows.into_iter()
        .map(|(decision, reason, network, count)| {
            let outcome = match (decision.as_str(), reason.as_deref()) {
                ("credited", _) => Outcome::Credited,
                ("waiting", _) => Outcome::Waiting,
                (_, Some(reason)) => Outcome::NotSent(reason.parse::<Reason>().map_err(|unknown| Error::Decode(Box::new(unknown)))?),
                _ => return Err(Error::Decode("a conversion without a reason".into())),
            };
            Ok(OutcomeCount { outcome, network, count })
        })
        .collect()
}

/// Ends at most `limit` conversions whose time of waiting is over, each with the reason that was kept for it; returns how many. One that a
/// message decides meanwhile is left alone.
pub async fn end_waiting(tx: &mut Tx, now: Millis, limit: i64) -> Result<u64> {
    within!(tx, c => sqlx::query(
        "update conversions set decision = 'not_sent', waiting_until = null, decided_at = $1
         where decision = 'waiting' and id in (select id from conversions where decision = 'waiting' and waiting_until <= $1 limit $2)",
    )
    .bind(now)
    .bind(limit)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))
}
