//! The ways back into the queue, by which people have postbacks sent again.

use super::attempts::first_day;
use super::{Result, Tx, receipts, rows, within};
use crate::model::Millis;
use sqlx::QueryBuilder;
use uuid::Uuid;

/// Who has it sent again, and when.
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    pub resend_id: Option<Uuid>,
    pub now: Millis,
}

/// Puts ended postbacks back into the queue, due now; how many were still out of it. Their retries begin anew, the numbers of their attempts
/// go on. What may have arrived already stays known, so that tries still end with the network's window.
pub async fn put_back(tx: &mut Tx, ids: &[Uuid], mark: Mark) -> Result<i64> {
    let mut back: Vec<Uuid> = Vec::with_capacity(ids.len());
    for piece in rows::pieces(ids) {
        let gone: Vec<(Uuid,)> = within!(tx, c => {
            let mut query = QueryBuilder::new("update postbacks set state = 'queued', ended = null, finished_at = null, resent_at = ");
            query.push_bind(mark.now).push(", resend_id = ").push_bind(mark.resend_id).push(" where state = 'failed' and id in ");
            rows::push_list(&mut query, piece);
            query.push(" returning id").build_query_as().fetch_all(c).await
        })?;
        back.extend(gone.into_iter().map(|(id,)| id));
    }
    enqueue(tx, &back, mark.now).await?;
    Ok(i64::try_from(back.len()).unwrap_or(i64::MAX))
}

/// The rows of the queue for postbacks that are out of it.
async fn enqueue(tx: &mut Tx, ids: &[Uuid], now: Millis) -> Result<()> {
    for piece in rows::pieces(ids) {
        within!(tx, c => {
            let mut query = QueryBuilder::new(
                "insert into queue (id, connection_id, due_at, expires_at, attempt, claims, refusals) select id, connection_id, ",
            );
            query.push_bind(now).push(", expires_at, attempts, 0, 0 from postbacks where id in ");
            rows::push_list(&mut query, piece);
            query.push(" on conflict (id) do nothing").build().execute(c).await.map(drop)
        })?;
    }
    Ok(())
}

/// Makes the next try of waiting postbacks due now, in place of the later one; how many of them nobody holds. Their retries begin anew.
pub async fn hurry(tx: &mut Tx, ids: &[Uuid], mark: Mark) -> Result<i64> {
    let mut hurried: Vec<Uuid> = Vec::with_capacity(ids.len());
    for piece in rows::pieces(ids) {
        let due: Vec<(Uuid,)> = within!(tx, c => {
            let mut query = QueryBuilder::new("update queue set give_up_at = null, refusals = 0, steps = 0, due_at = ");
            query.push_bind(mark.now).push(" where lease_id is null and id in ");
            rows::push_list(&mut query, piece);
            query.push(" returning id").build_query_as().fetch_all(c).await
        })?;
        hurried.extend(due.into_iter().map(|(id,)| id));
    }
    for piece in rows::pieces(&hurried) {
        within!(tx, c => {
            let mut query = QueryBuilder::new("update postbacks set resent_at = ");
            query.push_bind(mark.now).push(", resend_id = ").push_bind(mark.resend_id).push(" where id in ");
            rows::push_list(&mut query, piece);
            query.build().execute(c).await.map(drop)
        })?;
    }
    Ok(i64::try_from(hurried.len()).unwrap_or(i64::MAX))
}

/// Puts one that the network has, or may have, back into the queue. `known_since`: the network still recognises it since then, so that tries
/// end with its window; None: it counts once more, and somebody said so. Nobody is asked any more what became of the former yes. Whether it
/// was still out of the queue.
pub async fn repeat(tx: &mut Tx, id: Uuid, known_since: Option<Millis>, mark: Mark) -> Result<bool> {
    // First, so that what a last word opens again meanwhile is found in the queue.
    receipts::forget_of_postback(tx, id, "It was sent again by hand.", mark.now).await?;
    let gone: Option<(Uuid,)> = within!(tx, c => sqlx::query_as(
        "update postbacks set delivered = case when state in ('accepted', 'confirmed') then state else delivered end, state = 'queued',
         ended = null, finished_at = null, unknown_since = $2, resent_at = $3, resend_id = $4
         where id = $1 and state in ('accepted', 'confirmed', 'failed') returning id",
    )
    .bind(id)
    .bind(known_since)
    .bind(mark.now)
    .bind(mark.resend_id)
    .fetch_optional(c)
    .await)?;
    if gone.is_some() {
        enqueue(tx, &[id], mark.now).await?;
    }
    Ok(gone.is_some())
}

/// When the network first took it, as far as the log still tells.
pub async fn taken_at(tx: &mut Tx, id: Uuid) -> Result<Option<Millis>> {
    let (at,): (Option<Millis>,) = within!(tx, c => sqlx::query_as("select min(time) from attempts where postback_id = $1 and status = 'success' and day >= $2")
        .bind(id)
        .bind(first_day(id))
        .fetch_one(c)
        .await)?;
    Ok(at)
}
