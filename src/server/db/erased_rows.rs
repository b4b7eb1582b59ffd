//! What an erasure takes away of a player, a bounded number of rows at a time: messages and clicks whole; of what was sent, the
//! conversions whole, and of postbacks, attempts and calls all that tells who it was.

use super::attempts::day_of;
use super::{Result, Tx, postbacks, receipts, rows, within};
use crate::model::Millis;
use crate::model::attempt::AttemptStatus;
use crate::model::conversion::Reason;
use crate::server::masking;
use sqlx::{FromRow, QueryBuilder};
use std::collections::BTreeSet;
use uuid::Uuid;

const MESSAGES: &str = "delete from messages where (day, id) in (select day, id from messages_of_players where player_id = $1 limit $2)";
const CLICKS: &str = "delete from clicks where id in (select id from clicks where player_id = $1 order by time limit $2)";
const CONVERSIONS: &str = "select id from conversions where player_id = $1 order by event_time limit $2";

/// Deletes at most `limit` messages of the player; how many.
pub async fn messages(tx: &mut Tx, player: Uuid, limit: i64) -> Result<i64> {
    delete(tx, MESSAGES, player, limit).await
}

/// Deletes at most `limit` clicks of the player; how many.
pub async fn clicks(tx: &mut Tx, player: Uuid, limit: i64) -> Result<i64> {
    delete(tx, CLICKS, player, limit).await
}

async fn delete(tx: &mut Tx, text: &'static str, player: Uuid, limit: i64) -> Result<i64> {
    within!(tx, c => sqlx::query(text).bind(player).bind(limit).execute(c).await.map(|done| i64::try_from(done.rows_affected()).unwrap_or(limit)))
}

/// What became of conversions that were taken away.
#[derive(Debug, Default)]
pub struct Taken {
    pub conversions: i64,
    pub postbacks: Vec<Postback>,
    /// Rows of the log that were cleaned, and the ends that were written.
    pub rows: i64,
}

/// A postback of an erased player.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Postback {
    pub network: String,
    /// When the network took it.
    pub accepted_at: Option<Millis>,
    /// It may have arrived: a call is under way, or one never came to an answer.
    pub unknown: bool,
    pub cancelled: bool,
}

/// Takes away at most `limit` conversions of the player. What waits is cancelled, with a row of the log that says why; what has gone keeps
/// its rows there, without what tells who it was.
pub async fn conversions(tx: &mut Tx, player: Uuid, limit: i64, now: Millis) -> Result<Taken> {
    let why = Reason::Erased.explain().0;
    let ids: Vec<(Uuid,)> = within!(tx, c => sqlx::query_as(CONVERSIONS).bind(player).bind(limit).fetch_all(c).await)?;
    let ids: Vec<Uuid> = ids.into_iter().map(|(id,)| id).collect();
    let mut taken = Taken { conversions: i64::try_from(ids.len()).unwrap_or(limit), ..Taken::default() };
    if ids.is_empty() {
        return Ok(taken);
    }
    // First, so that what a late refusal opens again meanwhile is found in the queue.
    receipts::forget_of_player(tx, player, why, now).await?;
    for list in rows::lists(&ids) {
        let found = of_conversions(tx, &list).await?;
        let of_them: Vec<Uuid> = found.iter().map(|row| row.id).collect();
        let waiting = cancel(tx, &of_them, why, now).await?;
        forget_event(tx, &of_them).await?;
        let logged = clean_attempts(tx, &of_them).await?;
        clean_calls(tx, &logged).await?;
        taken.rows += i64::try_from(logged.len()).unwrap_or(limit);
        for row in found {
            let under_way = waiting.iter().any(|(id, leased)| *id == row.id && *leased);
            let accepted = logged
                .iter()
                .filter(|one| one.postback_id == row.id && one.status == AttemptStatus::Success.word())
                .map(|one| one.time)
                .min();
            taken.postbacks.push(Postback {
                network: row.network,
                accepted_at: accepted,
                unknown: accepted.is_none() && (under_way || row.unknown_since.is_some()),
                cancelled: waiting.iter().any(|(id, _)| *id == row.id),
            });
        }
        within!(tx, c => {
            let mut query = QueryBuilder::new("delete from conversions where id in ");
            rows::push_list(&mut query, &list);
            query.build().execute(c).await.map(drop)
        })?;
    }
    Ok(taken)
}

#[derive(FromRow)]
struct PostbackRow {
    id: Uuid,
    network: String,
    unknown_since: Option<Millis>,
}

async fn of_conversions(tx: &mut Tx, conversions: &[Uuid]) -> Result<Vec<PostbackRow>> {
    within!(tx, c => {
        let mut query = QueryBuilder::new("select id, network, unknown_since from postbacks where conversion_id in ");
        rows::push_list(&mut query, conversions);
        query.push(" order by id").build_query_as().fetch_all(c).await
    })
}

/// Takes these postbacks out of the queue; which were there, and whether a call was under way.
async fn cancel(tx: &mut Tx, ids: &[Uuid], why: &str, now: Millis) -> Result<Vec<(Uuid, bool)>> {
    let mut gone: Vec<(Uuid, bool)> = Vec::new();
    for list in rows::lists(ids) {
        gone.extend(within!(tx, c => {
            let mut query = QueryBuilder::new("delete from queue where id in ");
            rows::push_list(&mut query, &list);
            query.push(" returning id, lease_id is not null").build_query_as::<(Uuid, bool)>().fetch_all(c).await
        })?);
    }
    let cancelled: Vec<Uuid> = gone.iter().map(|(id, _)| *id).collect();
    postbacks::cancel(tx, &cancelled, why, now).await?;
    Ok(gone)
}

/// From here on a call that comes back late finds that nothing of what it said may be kept: it waits for these rows.
async fn forget_event(tx: &mut Tx, ids: &[Uuid]) -> Result<()> {
    for list in rows::lists(ids) {
        within!(tx, c => {
            let mut query = QueryBuilder::new("update postbacks set body = '{}', erased = ");
            query.push_bind(true).push(" where id in ");
            rows::push_list(&mut query, &list);
            query.build().execute(c).await.map(drop)
        })?;
    }
    Ok(())
}

#[derive(FromRow)]
struct Logged {
    day: i32,
    id: Uuid,
    postback_id: Uuid,
    time: Millis,
    status: String,
    request: Option<String>,
    words: Option<String>,
    told_says: Option<String>,
    call_id: Option<Uuid>,
    told_call_id: Option<Uuid>,
}

async fn clean_attempts(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<Logged>> {
    let mut logged: Vec<Logged> = Vec::new();
    for list in rows::lists(ids) {
        let found: Vec<Logged> = within!(tx, c => {
            let mut query = QueryBuilder::new(
                "select day, id, postback_id, time, status, request, words, told_says, call_id, told_call_id from attempts where postback_id in ",
            );
            rows::push_list(&mut query, &list);
            query.build_query_as().fetch_all(c).await
        })?;
        logged.extend(found);
    }
    for row in logged.iter().filter(|row| row.request.is_some() || row.words.is_some() || row.told_says.is_some()) {
        within!(tx, c => sqlx::query("update attempts set request = $3, words = $4, told_says = $5 where day = $1 and id = $2")
            .bind(row.day)
            .bind(row.id)
            .bind(row.request.as_deref().map(masking::erased_event))
            .bind(row.words.as_deref().map(masking::erased_text))
            .bind(row.told_says.as_deref().map(masking::erased_text))
            .execute(c)
            .await
            .map(drop))?;
    }
    Ok(logged)
}

/// A call is everybody's who was in it: its answer keeps what it says of the call and loses what it says of people.
async fn clean_calls(tx: &mut Tx, logged: &[Logged]) -> Result<()> {
    let calls: BTreeSet<(i32, Uuid)> = logged
        .iter()
        .flat_map(|row| [row.call_id.map(|id| (row.day, id)), row.told_call_id.map(|id| (day_of(id), id))])
        .flatten()
        .collect();
    for (day, id) in calls {
        let found: Option<(String, Option<String>)> = within!(tx, c => sqlx::query_as("select envelope, response from calls where day = $1 and id = $2")
            .bind(day)
            .bind(id)
            .fetch_optional(c)
            .await)?;
        let Some((envelope, response)) = found else { continue };
        within!(tx, c => sqlx::query("update calls set envelope = $3, response = $4 where day = $1 and id = $2")
            .bind(day)
            .bind(id)
            .bind(masking::erased_text(&envelope))
            .bind(response.as_deref().map(masking::erased_answer))
            .execute(c)
            .await
            .map(drop))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::engines;

    /// What an erasure costs must not grow with what others sent.
    #[tokio::test]
    async fn sqlite_finds_a_players_rows_by_an_index() {
        for (text, index) in [(MESSAGES, "messages_by_player"), (CLICKS, "clicks_by_player"), (CONVERSIONS, "conversions_by_player")] {
            let steps = engines::sqlite_plan(text).await;
            assert!(steps.iter().any(|step| step.contains(index)), "{steps:?}");
            assert!(!steps.iter().any(|step| (step.starts_with("SCAN ") && step != "SCAN s") || step.contains("TEMP B-TREE")), "{steps:?}");
        }
    }
}
