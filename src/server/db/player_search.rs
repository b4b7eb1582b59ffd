//! Whose id is this? Each kind of id has an index or a key of its own; players come newest first, and only those older than `before`.

use super::days::day;
use super::{Db, Result, on};
use crate::model::{Millis, SECOND};
use sqlx::QueryBuilder;
use uuid::Uuid;

/// A message is claimed as seen when it is written, which is so long at the most after it was received.
const WAITED_AT_MOST: Millis = 30 * SECOND;
/// Messages of that time that are looked through.
const LOOKED_THROUGH: i64 = 100_000;
/// Latest messages of a game among whose players the last seen ones are.
const LATEST: i64 = 500;

/// Which page of the players found.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    /// Players of smaller ids alone: made earlier.
    pub before: Uuid,
    pub limit: i64,
}

/// Who bears this id, as one of these kinds (`anonymous`, `user:steam`, …), now or before.
pub async fn by_identity(db: &Db, game_id: Uuid, kinds: &[&str], value: &str, part: Part) -> Result<Vec<Uuid>> {
    let rows: Vec<(Uuid,)> = on!(db, pool => {
        let mut query = QueryBuilder::new("select distinct player_id from identities where game_id = ");
        query.push_bind(game_id).push(" and test in (").push_bind(false).push(", ").push_bind(true).push(") and kind in (");
        let mut list = query.separated(", ");
        for kind in kinds {
            list.push_bind(*kind);
        }
        query.push(") and value = ").push_bind(value).push(" and player_id < ").push_bind(part.before);
        query.push(" order by player_id desc limit ").push_bind(part.limit);
        query.build_query_as().fetch_all(pool).await
    })?;
    Ok(ids(rows))
}

const BY_CLICK: &str = "select distinct player_id from clicks where game_id = $1 and click_id = $2 and kind <> 'utm' and kind <> 'visit'
     and player_id < $3 order by player_id desc limit $4";

/// Who was seen with this click id.
pub async fn by_click(db: &Db, game_id: Uuid, click_id: &str, part: Part) -> Result<Vec<Uuid>> {
    let rows: Vec<(Uuid,)> = on!(db, pool => sqlx::query_as(BY_CLICK)
        .bind(game_id)
        .bind(click_id)
        .bind(part.before)
        .bind(part.limit)
        .fetch_all(pool)
        .await)?;
    Ok(ids(rows))
}

const BY_DEDUP_ID: &str = "select distinct c.player_id from connections n join postbacks p on p.connection_id = n.id and p.dedup_id = $2
     join conversions c on c.id = p.conversion_id
     where n.game_id = $1 and c.player_id < $3 order by c.player_id desc limit $4";

/// Whose event was sent under this id.
pub async fn by_dedup_id(db: &Db, game_id: Uuid, dedup_id: &str, part: Part) -> Result<Vec<Uuid>> {
    let rows: Vec<(Uuid,)> = on!(db, pool => sqlx::query_as(BY_DEDUP_ID)
        .bind(game_id)
        .bind(dedup_id)
        .bind(part.before)
        .bind(part.limit)
        .fetch_all(pool)
        .await)?;
    Ok(ids(rows))
}

const BY_CONVERSION: &str = "select player_id from conversions where id = $1 and game_id = $2";

/// Whose conversion it is; the inner None: nobody's.
pub async fn by_conversion(db: &Db, game_id: Uuid, id: Uuid) -> Result<Option<Option<Uuid>>> {
    let row: Option<(Option<Uuid>,)> = on!(db, pool => sqlx::query_as(BY_CONVERSION).bind(id).bind(game_id).fetch_optional(pool).await)?;
    Ok(row.map(|(player,)| player))
}

const BY_MESSAGE_OF_A_GOAL: &str =
    "select c.player_id from goals g join conversions c on c.goal_id = g.id and c.message_id = $2 where g.game_id = $1 limit 1";
const CLAIMED: &str = "select received_at from known_message_ids where game_id = $1 and message_id = $2";
const BY_MESSAGE: &str = "select player_id from (select player_id, message_id from messages where game_id = $1 and received_at >= $3
     and received_at <= $4 and day >= $6 and day <= $7 limit $5) m where m.message_id = $2 limit 1";

/// Who sent this message: it reached a goal, or its id is still remembered. The inner None: nobody.
pub async fn by_message(db: &Db, game_id: Uuid, message_id: Uuid) -> Result<Option<Option<Uuid>>> {
    let of_goal: Option<(Option<Uuid>,)> =
        on!(db, pool => sqlx::query_as(BY_MESSAGE_OF_A_GOAL).bind(game_id).bind(message_id).fetch_optional(pool).await)?;
    if let Some((player,)) = of_goal {
        return Ok(Some(player));
    }
    let claimed: Option<(Millis,)> = on!(db, pool => sqlx::query_as(CLAIMED).bind(game_id).bind(message_id).fetch_optional(pool).await)?;
    let Some((claimed,)) = claimed else { return Ok(None) };
    let row: Option<(Option<Uuid>,)> = on!(db, pool => sqlx::query_as(BY_MESSAGE)
        .bind(game_id)
        .bind(message_id)
        .bind(claimed - WAITED_AT_MOST)
        .bind(claimed)
        .bind(LOOKED_THROUGH)
        .bind(day(claimed - WAITED_AT_MOST))
        .bind(day(claimed))
        .fetch_optional(pool)
        .await)?;
    Ok(row.map(|(player,)| player))
}

const SEEN_LAST: &str =
    "select player_id from (select player_id, received_at from messages where game_id = $1 order by received_at desc limit $2) m
     where player_id is not null group by player_id order by max(received_at) desc, player_id desc limit $3";

/// Who sent something last.
pub async fn seen_last(db: &Db, game_id: Uuid, limit: i64) -> Result<Vec<Uuid>> {
    let rows: Vec<(Uuid,)> = on!(db, pool => sqlx::query_as(SEEN_LAST).bind(game_id).bind(LATEST).bind(limit).fetch_all(pool).await)?;
    Ok(ids(rows))
}

fn ids(rows: Vec<(Uuid,)>) -> Vec<Uuid> {
    rows.into_iter().map(|(id,)| id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::engines::sqlite_plan;

    /// A search must not read a game's whole history.
    #[tokio::test]
    async fn sqlite_finds_each_kind_of_id_by_an_index() {
        let identities =
            "select distinct player_id from identities where game_id = $1 and test in ($2, $3) and kind in ($4, $5) and value = $6
             and player_id < $7 order by player_id desc limit $8";
        for (text, index) in [
            (identities, "PRIMARY KEY (game_id=? AND test=? AND kind=? AND value=?)"),
            (BY_CLICK, "clicks_by_click_id (game_id=? AND click_id=? AND player_id<?)"),
            (BY_DEDUP_ID, "postbacks_by_event (connection_id=? AND dedup_id=?)"),
            (BY_CONVERSION, "sqlite_autoindex_conversions_1 (id=?)"),
            (BY_MESSAGE_OF_A_GOAL, "sqlite_autoindex_conversions_2 (goal_id=? AND message_id=?)"),
            (BY_MESSAGE, "messages_by_game (game_id=? AND received_at>? AND received_at<?)"),
            (SEEN_LAST, "messages_by_game (game_id=?)"),
        ] {
            let steps = sqlite_plan(text).await;
            assert!(steps.iter().any(|step| step.contains(index)), "{text}: {steps:?}");
            assert!(steps.iter().all(|step| !step.starts_with("SCAN ") || step == "SCAN m"), "{text}: {steps:?}");
        }
    }
}
