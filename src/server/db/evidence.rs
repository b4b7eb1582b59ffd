//! What an empty log is explained with: how far the game's set-up gets, in numbers.

use super::days::day;
use super::{Db, Result, on};
use crate::model::Millis;
use crate::model::evidence::{Evidence, LastEvent};
use uuid::Uuid;

/// Events of active goals that are listed at the most.
const LAST_EVENTS: i64 = 5;

/// What is known of the game since then, for the log of one network.
pub async fn since(db: &Db, game_id: Uuid, network: &str, since: Millis) -> Result<Evidence> {
    let (messages, page_messages): (i64, i64) = on!(db, pool => sqlx::query_as(
        "select count(*), coalesce(sum(case when kind = 'page' then 1 else 0 end), 0) from messages where game_id = $1 and received_at >= $2
         and day >= $3",
    )
    .bind(game_id)
    .bind(since)
    .bind(day(since))
    .fetch_one(pool)
    .await)?;
    let (active_goals,): (i64,) = on!(db, pool => sqlx::query_as(
        "select count(*) from goals where game_id = $1 and status = 'active'",
    )
    .bind(game_id)
    .fetch_one(pool)
    .await)?;
    let (matches,): (i64,) = on!(db, pool => sqlx::query_as(
        "select count(*) from conversions where game_id = $1 and received_at >= $2",
    )
    .bind(game_id)
    .bind(since)
    .fetch_one(pool)
    .await)?;
    let clicks: Vec<(String, i64)> = on!(db, pool => sqlx::query_as(
        "select network, count(*) from clicks where game_id = $1 and time >= $2 and kind not in ('utm', 'visit') group by network
         order by count(*) desc, network",
    )
    .bind(game_id)
    .bind(since)
    .fetch_all(pool)
    .await)?;
    let last_events: Vec<(String, Option<i64>)> = on!(db, pool => sqlx::query_as(
        "select g.event, max(c.event_time) from goals g left join conversions c on c.goal_id = g.id and c.received_at >= $2
         where g.game_id = $1 and g.status = 'active' group by g.event order by g.event limit $3",
    )
    .bind(game_id)
    .bind(since)
    .bind(LAST_EVENTS)
    .fetch_all(pool)
    .await)?;
    let own = clicks.iter().find(|(slug, _)| slug == network).map_or(0, |(_, count)| *count);
    Ok(Evidence {
        messages,
        page_messages,
        active_goals,
        matches,
        clicks_of_network: own,
        clicks_of_others: clicks.into_iter().filter(|(slug, _)| slug != network).collect(),
        last_events: last_events.into_iter().map(|(event, time)| LastEvent { event, time }).collect(),
    })
}
