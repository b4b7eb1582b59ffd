//! Deletes what is past its time, a bounded number of rows in a statement. Each part answers where the next one begins, so that what has
//! to stay is looked at once in a pass and not again for every part.

use super::attempts::day_of;
use super::days::{Part, day};
use super::{Db, Result, Tx, on, rows, within};
use crate::model::Millis;
use crate::model::filter::Cursor;
use sqlx::QueryBuilder;
use std::collections::BTreeSet;
use uuid::Uuid;

/// Rows that one part looks at.
pub const ROWS: i64 = 500;

/// What a part did: the players whose rows went, and where the next part begins; None: this was the last.
#[derive(Debug, Default)]
pub struct Done {
    pub players: BTreeSet<Uuid>,
    pub deleted: usize,
    pub next: Option<Cursor>,
}

const OLDER_MESSAGES: &str =
    "select count(*) from (select 1 as one from messages where game_id = $1 and received_at < $2 and day <= $4 limit $3) m";
const OLDER_ATTEMPTS: &str =
    "select count(*) from (select 1 as one from attempts where game_id = $1 and network = $2 and time < $3 and day <= $5 limit $4) a";

/// How many messages were received before `then`, up to `most`.
pub async fn older_messages(db: &Db, game_id: Uuid, then: Millis, most: i64) -> Result<i64> {
    let (count,): (i64,) = on!(db, pool => sqlx::query_as(OLDER_MESSAGES)
        .bind(game_id)
        .bind(then)
        .bind(most)
        .bind(day(then))
        .fetch_one(pool)
        .await)?;
    Ok(count)
}

/// How many attempts at a network were made before `then`, up to `most`.
pub async fn older_attempts(db: &Db, game_id: Uuid, network: &str, then: Millis, most: i64) -> Result<i64> {
    let (count,): (i64,) = on!(db, pool => sqlx::query_as(OLDER_ATTEMPTS)
        .bind(game_id)
        .bind(network)
        .bind(then)
        .bind(most)
        .bind(day(then))
        .fetch_one(pool)
        .await)?;
    Ok(count)
}

const OLD_MESSAGES: &str = "select day, id, player_id, received_at from messages where game_id = $1 and received_at < $2 and day <= $4 order by received_at limit $3";

/// Messages received before `then`. Nothing hangs on them.
pub async fn messages(tx: &mut Tx, game_id: Uuid, then: Millis) -> Result<Done> {
    let found: Vec<(i32, Uuid, Option<Uuid>, i64)> =
        within!(tx, c => sqlx::query_as(OLD_MESSAGES).bind(game_id).bind(then).bind(ROWS).bind(day(then)).fetch_all(c).await)?;
    let keys: Vec<(i32, Uuid)> = found.iter().map(|(day, id, ..)| (*day, *id)).collect();
    delete_by_day(tx, "messages", &keys).await?;
    let last = found.last().map(|(_, id, _, time)| Cursor { time: *time, id: *id });
    Ok(Done { players: found.iter().filter_map(|(_, _, player, _)| *player).collect(), deleted: keys.len(), next: full(&keys, last) })
}

/// Left alone: what belongs to a postback that is still to be sent or whose last word is still to come, and what was told later than `then`.
const OLD_ATTEMPTS: &str = "select day, id, time, call_id, told_call_id,
       case when coalesce(told_at, time) >= $3 or exists (select 1 from queue q where q.id = postback_id)
         or exists (select 1 from receipt_events e where e.postback_id = attempts.postback_id) then 1 else 0 end
     from attempts where game_id = $1 and network = $2 and time < $3 and (time, id) > ($4, $5) and day >= $7 and day <= $8
     order by time, id limit $6";

/// Attempts at a network before `then`, with the calls that no other attempt shows.
pub async fn attempts(tx: &mut Tx, game_id: Uuid, network: &str, then: Millis, from: Cursor) -> Result<Done> {
    type Row = (i32, Uuid, i64, Option<Uuid>, Option<Uuid>, i32);
    let found: Vec<Row> = within!(tx, c => sqlx::query_as(OLD_ATTEMPTS)
        .bind(game_id)
        .bind(network)
        .bind(then)
        .bind(from.time)
        .bind(from.id)
        .bind(ROWS)
        .bind(day(from.time))
        .bind(day(then))
        .fetch_all(c)
        .await)?;
    let gone: Vec<&Row> = found.iter().filter(|(.., stays)| *stays == 0).collect();
    let keys: Vec<(i32, Uuid)> = gone.iter().map(|(day, id, ..)| (*day, *id)).collect();
    delete_by_day(tx, "attempts", &keys).await?;
    let calls: BTreeSet<(Uuid, i64)> =
        gone.iter().flat_map(|(_, _, time, call, told, _)| [*call, *told].into_iter().flatten().map(|call| (call, *time))).collect();
    delete_calls(tx, game_id, network, &calls.into_iter().collect::<Vec<_>>()).await?;
    let last = found.last().map(|(_, id, time, ..)| Cursor { time: *time, id: *id });
    Ok(Done { deleted: keys.len(), next: full(&found, last), ..Done::default() })
}

/// Every attempt of a call has the call's time, so that the others are found without reading the log.
const CALLS_HEAD: &str = "with gone (day, id, network, time, game, of_day) as (";
const CALLS_REST: &str = ") delete from calls where (day, id) in (select g.day, g.id from gone g where not exists
     (select 1 from attempts a where a.game_id = g.game and a.network = g.network and a.time = g.time and a.day = g.of_day
        and (a.call_id = g.id or a.told_call_id = g.id)))";

async fn delete_calls(tx: &mut Tx, game_id: Uuid, network: &str, calls: &[(Uuid, i64)]) -> Result<()> {
    for piece in rows::pieces(calls) {
        within!(tx, c => {
            let mut query = QueryBuilder::new(CALLS_HEAD);
            query.push_values(piece, |mut row, (call, time)| {
                row.push_bind(day_of(*call)).push_bind(*call).push_bind(network).push_bind(*time).push_bind(game_id).push_bind(day(*time));
            });
            query.push(CALLS_REST).build().execute(c).await.map(drop)
        })?;
    }
    Ok(())
}

/// Left alone: what waits for a click, and what has a postback that is not over, whose last word is still to come, or whose log is kept.
const OLD_CONVERSIONS: &str = "select id, player_id, received_at,
       case when decision = 'waiting' or exists (select 1 from postbacks p where p.conversion_id = conversions.id and (p.finished_at is null
         or exists (select 1 from queue q where q.id = p.id) or exists (select 1 from receipt_events e where e.postback_id = p.id)
         or exists (select 1 from attempts a where a.postback_id = p.id))) then 1 else 0 end
     from conversions where game_id = $1 and received_at < $2 and (received_at, id) > ($3, $4) order by received_at, id limit $5";

/// Conversions received before `then`, with their postbacks. A once-per-player place stays: the goal still counts once.
pub async fn conversions(tx: &mut Tx, game_id: Uuid, then: Millis, from: Cursor) -> Result<Done> {
    type Row = (Uuid, Option<Uuid>, i64, i32);
    let found: Vec<Row> = within!(tx, c => sqlx::query_as(OLD_CONVERSIONS)
        .bind(game_id)
        .bind(then)
        .bind(from.time)
        .bind(from.id)
        .bind(ROWS)
        .fetch_all(c)
        .await)?;
    let gone: Vec<&Row> = found.iter().filter(|(.., stays)| *stays == 0).collect();
    let ids: Vec<Uuid> = gone.iter().map(|(id, ..)| *id).collect();
    for text in ["delete from postbacks where conversion_id in ", "delete from conversions where id in "] {
        delete_listed(tx, text, &ids).await?;
    }
    let last = found.last().map(|(id, _, time, _)| Cursor { time: *time, id: *id });
    Ok(Done { players: gone.iter().filter_map(|(_, player, ..)| *player).collect(), deleted: ids.len(), next: full(&found, last) })
}

/// Left alone: what earned a conversion that is kept.
const OLD_CLICKS: &str = "select id, player_id, time,
       case when exists (select 1 from conversions c where c.player_id = clicks.player_id and c.click_id = clicks.id) then 1 else 0 end
     from clicks where game_id = $1 and time < $2 and (time, id) > ($3, $4) order by time, id limit $5";

/// Clicks before `then` that no conversion names.
pub async fn clicks(tx: &mut Tx, game_id: Uuid, then: Millis, from: Cursor) -> Result<Done> {
    type Row = (Uuid, Uuid, i64, i32);
    let found: Vec<Row> = within!(tx, c => sqlx::query_as(OLD_CLICKS)
        .bind(game_id)
        .bind(then)
        .bind(from.time)
        .bind(from.id)
        .bind(ROWS)
        .fetch_all(c)
        .await)?;
    let gone: Vec<&Row> = found.iter().filter(|(.., stays)| *stays == 0).collect();
    let ids: Vec<Uuid> = gone.iter().map(|(id, ..)| *id).collect();
    delete_listed(tx, "delete from clicks where id in ", &ids).await?;
    let last = found.last().map(|(id, _, time, _)| Cursor { time: *time, id: *id });
    Ok(Done { players: gone.iter().map(|(_, player, ..)| *player).collect(), deleted: ids.len(), next: full(&found, last) })
}

/// Of whom no message is kept, nothing personal is; of whom nothing is kept at all, the player and the ids go. Who holds a place of a goal
/// stays known, or it would be counted once more; who set a consent stays known, or a refusal would be forgotten. Messages before the day
/// `from` count as gone: they are about to.
pub async fn players(tx: &mut Tx, touched: &BTreeSet<Uuid>, from: i32) -> Result<u64> {
    let touched: Vec<Uuid> = touched.iter().copied().collect();
    let mut gone: Vec<Uuid> = Vec::new();
    for list in rows::lists(&touched) {
        within!(tx, c => {
            let mut query = QueryBuilder::new(
                "update players set contact = '{}' where contact <> '{}' and not exists
                 (select 1 from messages_of_players m where m.player_id = players.id and m.day >= ",
            );
            query.push_bind(from).push(") and id in ");
            rows::push_list(&mut query, &list);
            query.build().execute(c).await.map(drop)
        })?;
        let found: Vec<(Uuid,)> = within!(tx, c => {
            let mut query = QueryBuilder::new(
                "select id from players p where consent is null and not exists (select 1 from clicks k where k.player_id = p.id) and not exists (select 1 from conversions v where v.player_id = p.id)
                 and not exists (select 1 from slots s where s.player_id = p.id)
                 and not exists (select 1 from messages_of_players m where m.player_id = p.id and m.day >= ",
            );
            query.push_bind(from).push(") and id in ");
            rows::push_list(&mut query, &list);
            query.build_query_as().fetch_all(c).await
        })?;
        gone.extend(found.into_iter().map(|(id,)| id));
    }
    gone.sort_unstable();
    gone.dedup();
    for text in ["delete from identities where player_id in ", "delete from players where id in "] {
        delete_listed(tx, text, &gone).await?;
    }
    Ok(gone.len() as u64)
}

const OF_PART: &str = "select id, player_id, received_at from messages where game_id = $1 and day >= $2 and day < $3
     and (received_at, id) > ($4, $5) order by received_at, id limit $6";

/// Who sent messages of the game that lie in this part of them, so many at a time.
pub async fn of_part(tx: &mut Tx, game_id: Uuid, part: &Part, from: Cursor) -> Result<Done> {
    let found: Vec<(Uuid, Option<Uuid>, i64)> = within!(tx, c => sqlx::query_as(OF_PART)
        .bind(game_id)
        .bind(part.from.unwrap_or(i32::MIN))
        .bind(part.until)
        .bind(from.time)
        .bind(from.id)
        .bind(ROWS)
        .fetch_all(c)
        .await)?;
    let last = found.last().map(|(id, _, time)| Cursor { time: *time, id: *id });
    Ok(Done { players: found.iter().filter_map(|(_, player, _)| *player).collect(), deleted: found.len(), next: full(&found, last) })
}

/// Whether a part of the log holds what has to stay: the same as of single attempts.
pub async fn part_is_needed(db: &Db, part: &Part, then: Millis) -> Result<bool> {
    let (needed,): (bool,) = on!(db, pool => sqlx::query_as(
        "select exists (select 1 from attempts a where a.day >= $1 and a.day < $2 and a.told_at >= $3)
             or exists (select 1 from attempts a join queue q on q.id = a.postback_id where a.day >= $1 and a.day < $2)
             or exists (select 1 from attempts a join receipt_events e on e.postback_id = a.postback_id where a.day >= $1 and a.day < $2)",
    )
    .bind(part.from.unwrap_or(i32::MIN))
    .bind(part.until)
    .bind(then)
    .fetch_one(pool)
    .await)?;
    Ok(needed)
}

/// Where the next part begins: after the last row, if there were as many as fit.
fn full<T>(found: &[T], last: Option<Cursor>) -> Option<Cursor> {
    last.filter(|_| i64::try_from(found.len()).is_ok_and(|count| count >= ROWS))
}

async fn delete_listed(tx: &mut Tx, text: &'static str, ids: &[Uuid]) -> Result<()> {
    for list in rows::lists(ids) {
        within!(tx, c => {
            let mut query = QueryBuilder::new(text);
            rows::push_list(&mut query, &list);
            query.build().execute(c).await.map(drop)
        })?;
    }
    Ok(())
}

/// Of a table that is keyed by (day, id).
async fn delete_by_day(tx: &mut Tx, table: &'static str, keys: &[(i32, Uuid)]) -> Result<()> {
    for piece in rows::pieces(keys) {
        within!(tx, c => {
            let mut query = QueryBuilder::new("with gone (day, id) as (");
            query.push_values(piece, |mut row, (day, id)| {
                row.push_bind(*day).push_bind(*id);
            });
            query.push(") delete from ").push(table).push(" where (day, id) in (select day, id from gone)").build().execute(c).await.map(drop)
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::engines::sqlite_plan;

    /// What is deleted is found by its age, however much is kept.
    #[tokio::test]
    async fn sqlite_finds_what_is_old_by_an_index() {
        for (text, index) in [
            (OLDER_MESSAGES, "messages_by_game (game_id=? AND received_at<?)"),
            (OLDER_ATTEMPTS, "attempts_log (game_id=? AND network=? AND time<?)"),
            (OLD_MESSAGES, "messages_by_game (game_id=? AND received_at<?)"),
            (OLD_ATTEMPTS, "attempts_log (game_id=? AND network=? AND (time,id)>(?,?) AND time<?)"),
            (OLD_CONVERSIONS, "conversions_by_game (game_id=? AND received_at>? AND received_at<?)"),
            (OLD_CLICKS, "clicks_by_game (game_id=? AND time>? AND time<?)"),
        ] {
            let steps = sqlite_plan(text).await;
            assert!(steps.iter().any(|step| step.contains(index)), "{text}: {steps:?}");
            assert!(steps.iter().all(|step| !step.starts_with("SCAN ") || step.len() == "SCAN m".len()), "{text}: {steps:?}");
        }
    }

    #[tokio::test]
    async fn sqlite_deletes_by_key() {
        for table in ["messages", "attempts"] {
            rows::assert_no_scan("gone (day, id)", &format!(") delete from {table} where (day, id) in (select day, id from gone)"), table)
                .await;
        }
        let head = CALLS_HEAD.trim_start_matches("with ").split(" as").next().unwrap_or_default();
        rows::assert_no_scan(head, CALLS_REST, "calls").await;
        let steps = sqlite_plan(&format!("{CALLS_HEAD}values (1, 2, 3, 4, 5, 6){CALLS_REST}")).await;
        let sibling = "SEARCH a USING INDEX attempts_log (game_id=? AND network=? AND time=?)";
        assert!(steps.iter().any(|step| step.contains(sibling)), "{steps:?}");
    }
}
