//! Last words on accepted events, written in one transaction: postbacks, the log, and what goes back into the queue.

use super::attempts::day_of;
use super::connections::{self, Park};
use super::log_rows::{log_attempts, log_calls};
use super::receipts::{self, Open};
use super::results::{Attempt, Call, Of};
use super::{Db, Result, Tx, days, rows, within};
use crate::model::Millis;
use crate::model::attempt::LastWord;
use crate::model::postback::PostbackState;
use sqlx::QueryBuilder;
use uuid::Uuid;

/// What became of one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub of: Of,
    /// The accepted attempt.
    pub attempt_id: Uuid,
    pub word: LastWord,
    pub says: String,
    pub state: PostbackState,
    pub ended: Option<String>,
    /// Set where it goes back into the queue.
    pub again: Option<Again>,
    /// The row of a late refusal.
    pub row: Option<Attempt>,
}

/// A row of the queue for an event that was out of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Again {
    pub due_at: Millis,
    pub expires_at: Millis,
    /// Tries so far.
    pub attempt: i32,
    pub steps: i32,
    pub refusals: i32,
    /// None: its retries begin anew.
    pub give_up_at: Option<Millis>,
    pub alone: bool,
}

/// The last word on a receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Final {
    pub open: Open,
    pub call: Call,
    pub events: Vec<Told>,
    pub park: Option<Park>,
}

/// Writes the last word, if the receipt is still ours: returns whether it was.
pub async fn finish(db: &Db, last: &Final) -> Result<bool> {
    let mut tx = db.begin().await?;
    // A table that the transaction has touched would not learn of a day that is made only then.
    days::ready(&tx, days::ATTEMPTS, std::iter::once(days::day(last.call.time))).await?;
    let Some(left) = receipts::take_out(&mut tx, &last.open).await? else { return Ok(false) };
    let events: Vec<&Told> = last.events.iter().filter(|told| left.contains(&told.of.postback_id)).collect();
    stand(&mut tx, &events, last.call.time).await?;
    tell(&mut tx, &events, &last.call).await?;
    open_again(&mut tx, &events).await?;
    log_calls(&mut tx, &[&last.call]).await?;
    let late: Vec<(&Of, &Attempt, bool)> = events.iter().filter_map(|told| Some((&told.of, told.row.as_ref()?, false))).collect();
    log_attempts(&mut tx, &late).await?;
    if let Some(park) = &last.park {
        connections::park(&mut tx, park).await?;
    }
    tx.commit().await?;
    Ok(true)
}

/// What was told is named twice, as in `results`: of the keys' equality alone SQLite reads the whole table. What was delivered before and was
/// only repeated stays delivered, as there.
const STAND: &str = ") update postbacks set
     state = case when told.word in ('failed', 'expired') then coalesce(delivered, told.word) else told.word end,
     ended = case when told.word in ('failed', 'expired') and delivered is not null then null else told.why end, finished_at = told.over from told
     where postbacks.id = told.id and postbacks.id in (select id from told) and postbacks.state = 'accepted'";
const TELL: &str = ") update attempts set told = told.word, told_says = told.says, told_at = told.at, told_call_id = told.call from told
     where attempts.day = told.day and attempts.id = told.id
     and attempts.day in (select day from told) and attempts.id in (select id from told)";

/// Where the postbacks stand now.
async fn stand(tx: &mut Tx, events: &[&Told], now: Millis) -> Result<()> {
    for piece in rows::pieces(events) {
        within!(tx, c => {
            let mut query = QueryBuilder::new("with told (id, word, why, over) as (");
            query.push_values(piece, |mut row, told| {
                row.push_bind(told.of.postback_id)
                    .push_bind(told.state.word())
                    .push_bind(told.ended.as_deref())
                    .push_bind(told.again.is_none().then_some(now));
            });
            query.push(STAND).build().execute(c).await.map(drop)
        })?;
    }
    Ok(())
}

/// The second stage of the accepted attempts.
async fn tell(tx: &mut Tx, events: &[&Told], call: &Call) -> Result<()> {
    for piece in rows::pieces(events) {
        within!(tx, c => {
            let mut query = QueryBuilder::new("with told (day, id, word, says, at, call) as (");
            query.push_values(piece, |mut row, told| {
                row.push_bind(day_of(told.attempt_id))
                    .push_bind(told.attempt_id)
                    .push_bind(told.word.word())
                    .push_bind(told.says.as_str())
                    .push_bind(call.time)
                    .push_bind(call.id);
            });
            query.push(TELL).build().execute(c).await.map(drop)
        })?;
    }
    Ok(())
}

async fn open_again(tx: &mut Tx, events: &[&Told]) -> Result<()> {
    let again: Vec<(&Told, Again)> = events.iter().filter_map(|told| Some((*told, told.again?))).collect();
    for piece in rows::pieces(&again) {
        within!(tx, c => {
            let mut query = QueryBuilder::new(
                "insert into queue (id, connection_id, due_at, expires_at, attempt, steps, claims, refusals, give_up_at, alone) ",
            );
            query.push_values(piece, |mut row, (told, again)| {
                row.push_bind(told.of.postback_id)
                    .push_bind(told.of.connection_id)
                    .push_bind(again.due_at)
                    .push_bind(again.expires_at)
                    .push_bind(again.attempt)
                    .push_bind(again.steps)
                    .push("0")
                    .push_bind(again.refusals)
                    .push_bind(again.give_up_at)
                    .push_bind(again.alone);
            });
            query.build().execute(c).await.map(drop)
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn sqlite_finds_what_a_last_word_changes_by_its_key() {
        rows::assert_no_scan("told (id, word, why, over)", STAND, "postbacks").await;
        rows::assert_no_scan("told (day, id, word, says, at, call)", TELL, "attempts").await;
    }
}
