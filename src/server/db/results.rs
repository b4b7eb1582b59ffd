//! What came of the calls, written in one transaction for many: queue, postbacks, the delivery log and what it does to the connection.

use super::connections::{self, Park};
use super::log_rows::{log_attempts, log_calls};
use super::receipts::{self, Covered, Receipt};
use super::rows::column;
use super::{Db, Result, Tx, postbacks, queue, rows, within};
use crate::model::Millis;
use crate::model::attempt::{AttemptStatus, LastWord};
use crate::model::postback::PostbackState;
use crate::server::masking;
use sqlx::{FromRow, QueryBuilder};
use std::collections::{BTreeSet, HashSet};
use uuid::{NoContext, Timestamp, Uuid};

/// Whose attempt it is, as the log keeps it.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Of {
    pub postback_id: Uuid,
    pub game_id: Uuid,
    pub network: String,
    pub connection_id: Uuid,
    pub goal_id: Uuid,
    pub goal_name: String,
    pub event: String,
    pub test: bool,
}

/// A row of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Made by `id_at` from the time.
    pub id: Uuid,
    pub time: Millis,
    pub status: AttemptStatus,
    pub http: Option<i32>,
    pub latency_ms: Option<i32>,
    /// 1 for the first try; 0 for an end without a call.
    pub number: i32,
    pub code: Option<String>,
    pub words: Option<String>,
    pub meaning: String,
    /// The call that carried it, and this event alone as it was sent.
    pub sent: Option<(Uuid, String)>,
    /// Which of the network's transports that call took, where there are several.
    pub transport: Option<&'static str>,
    /// Set where the network's yes was a receipt, or came with its last word.
    pub told: Option<LastWord>,
    /// Of a late refusal: the accepted attempt that it takes back.
    pub of_attempt: Option<Uuid>,
}

impl Attempt {
    /// An end without a call.
    pub fn unsent(time: Millis, meaning: String) -> Self {
        Self {
            id: id_at(time),
            time,
            status: AttemptStatus::Failed,
            http: None,
            latency_ms: None,
            number: 0,
            code: None,
            words: None,
            meaning,
            sent: None,
            transport: None,
            told: None,
            of_attempt: None,
        }
    }
}

/// A call as the log keeps it: once, however many events it carried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Made by `id_at` from the time of its attempts.
    pub id: Uuid,
    pub time: Millis,
    pub method: String,
    pub url: String,
    /// Masked, as JSON.
    pub headers: String,
    /// The body without its events.
    pub envelope: String,
    pub response: Option<String>,
}

/// Where a postback stands after a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stand {
    /// Out of the queue.
    Over { state: PostbackState, ended: Option<String> },
    /// Due again.
    Open { due_at: Millis, steps: i32, refusals: i32, give_up_at: Millis },
}

/// One postback's result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finish {
    pub of: Of,
    pub lease_id: Uuid,
    pub stand: Stand,
    pub unknown_since: Option<Millis>,
    pub attempt: Attempt,
    /// The receipt that it shares with the other events of its call.
    pub receipt: Option<Covered>,
}

/// How a postback's row says where it stands.
struct Stood<'a> {
    word: &'static str,
    why: Option<&'a str>,
    calls: i32,
    at: Option<Millis>,
    over: Option<Millis>,
}

impl Finish {
    fn stood(&self) -> Stood<'_> {
        let time = self.attempt.time;
        let (state, why, over) = match &self.stand {
            Stand::Over { state, ended } => (*state, ended.as_deref(), Some(time)),
            Stand::Open { .. } => (PostbackState::Retrying, None, None),
        };
        let called = self.attempt.sent.is_some();
        Stood { word: state.word(), why, calls: i32::from(called), at: called.then_some(time), over }
    }

    /// The network took it, and it was no test.
    fn delivered(&self) -> bool {
        matches!(self.stand, Stand::Over { state: PostbackState::Accepted, .. }) && !self.of.test
    }
}

/// Results that are written together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Results {
    pub finishes: Vec<Finish>,
    pub calls: Vec<Call>,
    pub receipts: Vec<Receipt>,
    pub parks: Vec<Park>,
    /// Connections that a call succeeded on.
    pub answered: Vec<Uuid>,
}

impl Results {
    /// The same without what they tell of players who were erased while the calls were under way.
    fn without(&self, erased: &HashSet<Uuid>) -> Self {
        let mut cleaned = self.clone();
        let mut calls = HashSet::new();
        for finish in cleaned.finishes.iter_mut().filter(|finish| erased.contains(&finish.of.postback_id)) {
            let attempt = &mut finish.attempt;
            attempt.words = attempt.words.as_deref().map(masking::erased_text);
            if let Some((call, event)) = &mut attempt.sent {
                calls.insert(*call);
                *event = masking::erased_event(event);
            }
        }
        for call in cleaned.calls.iter_mut().filter(|call| calls.contains(&call.id)) {
            call.envelope = masking::erased_text(&call.envelope);
            call.response = call.response.as_deref().map(masking::erased_answer);
        }
        cleaned
    }
}

/// An id of that time: the log's rows are keyed by (day, id), and the id tells its day.
pub fn id_at(time: Millis) -> Uuid {
    let millis = u64::try_from(time).unwrap_or(0);
    let nanos = u32::try_from(millis % 1_000 * 1_000_000).expect("below a second");
    Uuid::new_v7(Timestamp::from_unix(NoContext, millis / 1_000, nanos))
}

/// Writes the results. One whose lease is no longer ours becomes a late row of the log and touches no state.
pub async fn finish(db: &Db, list: &[Results]) -> Result<()> {
    let mut tx = db.begin().await?;
    if names_one_twice(list) {
        // One of the two is late, and which it is must not be mistaken.
        for results in list {
            write(&mut tx, std::slice::from_ref(results)).await?;
        }
    } else {
        write(&mut tx, list).await?;
    }
    tx.commit().await
}

/// Whether two results are of the same postback: its lease ran out while the first waited to be written.
fn names_one_twice(list: &[Results]) -> bool {
    let mut ids: Vec<Uuid> = list.iter().flat_map(|results| &results.finishes).map(|finish| finish.of.postback_id).collect();
    ids.sort_unstable();
    ids.windows(2).any(|pair| pair[0] == pair[1])
}

async fn write(tx: &mut Tx, list: &[Results]) -> Result<()> {
    let finishes = || list.iter().flat_map(|results| &results.finishes);
    let (over, open): (Vec<&Finish>, Vec<&Finish>) = finishes().partition(|finish| matches!(finish.stand, Stand::Over { .. }));
    let mut ours = leave(tx, &over).await?;
    ours.extend(reschedule(tx, &open).await?);
    let late: Vec<Uuid> = finishes().map(|finish| finish.of.postback_id).filter(|id| !ours.contains(id)).collect();
    let erased = postbacks::erased(tx, &late).await?;
    let cleaned: Vec<Results>;
    let list = if erased.is_empty() {
        list
    } else {
        cleaned = list.iter().map(|results| results.without(&erased)).collect();
        &cleaned
    };
    let finishes = || list.iter().flat_map(|results| &results.finishes);
    let held: Vec<&Finish> = finishes().filter(|finish| ours.contains(&finish.of.postback_id)).collect();
    update(tx, &held).await?;
    receipts::keep(tx, list.iter().flat_map(|results| &results.receipts), &held).await?;
    let calls: Vec<&Call> = list.iter().flat_map(|results| &results.calls).collect();
    log_calls(tx, &calls).await?;
    let attempts: Vec<(&Of, &Attempt, bool)> =
        finishes().map(|finish| (&finish.of, &finish.attempt, !ours.contains(&finish.of.postback_id))).collect();
    log_attempts(tx, &attempts).await?;
    for park in list.iter().flat_map(|results| &results.parks) {
        connections::park(tx, park).await?;
    }
    let answered: BTreeSet<Uuid> = list.iter().flat_map(|results| &results.answered).copied().collect();
    for id in answered {
        connections::answered(tx, id).await?;
    }
    let delivered: BTreeSet<Uuid> = held.iter().filter(|finish| finish.delivered()).map(|finish| finish.of.connection_id).collect();
    for id in delivered {
        connections::delivered(tx, id).await?;
    }
    Ok(())
}

/// What was delivered before and was only repeated stays delivered.
/// When retries end is decided by the first try; what is held by then was let go later, and the time it was held is in it already.
/// What is tried is named twice: of `postbacks.id = tried.id` alone SQLite reads every postback that there is.
macro_rules! update_text {
    () => {
        " update postbacks set
     state = case when tried.word in ('failed', 'expired') then coalesce(delivered, tried.word) else tried.word end,
     ended = case when tried.word in ('failed', 'expired') and delivered is not null then null else tried.why end,
     attempts = attempts + tried.calls, first_attempt_at = coalesce(first_attempt_at, tried.at), unknown_since = coalesce(unknown_since, tried.unknown),
     finished_at = tried.over from tried where postbacks.id = tried.id and postbacks.id in (select id from tried)"
    };
}
const UPDATE: &str = update_text!();
const RESCHEDULE: &str = ") update queue set lease_id = null, lease_until = null, claims = 0, attempt = attempt + 1, due_at = tried.due,
     steps = tried.used, refusals = tried.refused, give_up_at = coalesce(queue.give_up_at, tried.ends) from tried
     where queue.id = tried.id and queue.id in (select id from tried) and queue.lease_id = tried.lease returning queue.id";

/// Takes the finished ones out of the queue; which of them were still ours.
async fn leave(tx: &mut Tx, over: &[&Finish]) -> Result<HashSet<Uuid>> {
    let pairs: Vec<(Uuid, Uuid)> = over.iter().map(|finish| (finish.of.postback_id, finish.lease_id)).collect();
    Ok(queue::take_out(tx, &pairs).await?.into_iter().collect())
}

/// Puts the others back into the queue for their next try; which of them were still ours.
async fn reschedule(tx: &mut Tx, open: &[&Finish]) -> Result<HashSet<Uuid>> {
    let mut ours = HashSet::with_capacity(open.len());
    for piece in rows::pieces(open) {
        let kept: Vec<(Uuid,)> = within!(tx, c => {
            let mut query = QueryBuilder::new("with tried (id, lease, due, used, refused, ends) as (");
            query.push_values(piece, |mut row, finish| {
                let Stand::Open { due_at, steps, refusals, give_up_at } = finish.stand else { unreachable!("only open ones are put back") };
                row.push_bind(finish.of.postback_id).push_bind(finish.lease_id).push_bind(due_at);
                row.push_bind(steps).push_bind(refusals).push_bind(give_up_at);
            });
            query.push(RESCHEDULE).build_query_as().fetch_all(c).await
        })?;
        ours.extend(kept.into_iter().map(|(id,)| id));
    }
    Ok(ours)
}

async fn update(tx: &mut Tx, held: &[&Finish]) -> Result<()> {
    match tx {
        Tx::Sqlite(tx, _) => {
            let statement = |piece: &[&Finish]| {
                let mut query = QueryBuilder::new("with tried (id, word, why, calls, at, unknown, over) as (");
                query.push_values(piece, |mut row, finish| {
                    let stood = finish.stood();
                    row.push_bind(finish.of.postback_id).push_bind(stood.word).push_bind(stood.why).push_bind(stood.calls);
                    row.push_bind(stood.at).push_bind(finish.unknown_since).push_bind(stood.over);
                });
                query.push(")").push(UPDATE);
                query
            };
            rows::run(tx, rows::pieces(held).map(statement)).await?;
        }
        Tx::Postgres(tx, ..) if !held.is_empty() => {
            let stood: Vec<Stood> = held.iter().map(|finish| finish.stood()).collect();
            sqlx::query(concat!(
                "with tried (id, word, why, calls, at, unknown, over) as (
                     select * from unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::bigint[], $6::bigint[], $7::bigint[])
                 )",
                update_text!()
            ))
            .bind(column(held, |finish| finish.of.postback_id))
            .bind(column(&stood, |stood| stood.word))
            .bind(column(&stood, |stood| stood.why))
            .bind(column(&stood, |stood| stood.calls))
            .bind(column(&stood, |stood| stood.at))
            .bind(column(held, |finish| finish.unknown_since))
            .bind(column(&stood, |stood| stood.over))
            .execute(&mut **tx)
            .await?;
        }
        Tx::Postgres(..) => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a result costs must not grow with the log and the queue.
    #[tokio::test]
    async fn sqlite_finds_what_a_result_changes_by_its_key() {
        rows::assert_no_scan("tried (id, word, why, calls, at, unknown, over)", &format!("){UPDATE}"), "postbacks").await;
        rows::assert_no_scan("tried (id, lease, due, used, refused, ends)", RESCHEDULE, "queue").await;
    }
}
