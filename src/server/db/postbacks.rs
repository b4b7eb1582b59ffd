//! Postbacks: what claimed ones are to send, and how those end that must not go out.

use super::log_rows::log_attempts;
use super::queue::Held;
use super::results::{Attempt, Of};
use super::{Db, Result, Tx, receipts, rows, within};
use crate::model::Millis;
use crate::server::networks::contract::Event;
use sqlx::{FromRow, QueryBuilder};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// Postbacks that one statement cancels.
const CANCELLED_AT_ONCE: i64 = 256;

/// A postback that is ours to send.
#[derive(Debug, Clone, PartialEq)]
pub struct Claimed {
    pub held: Held,
    pub of: Of,
    /// None: stored in a form that this version does not read.
    pub body: Option<Event>,
    pub unknown_since: Option<Millis>,
}

#[derive(FromRow)]
struct Row {
    #[sqlx(flatten)]
    of: Of,
    body: String,
    unknown_since: Option<i64>,
}

/// Whose postbacks the wanted ones are, with more columns of `postbacks p`.
macro_rules! of_text {
    ($more:literal) => {
        concat!(
            " select p.id as postback_id, p.game_id, p.network, p.connection_id, p.goal_id, coalesce(g.name, '') as goal_name, p.event, p.test",
            $more,
            " from wanted w cross join postbacks p left join goals g on g.id = p.goal_id where p.id = w.id"
        )
    };
}

macro_rules! load_text {
    () => {
        concat!(of_text!(", p.body, p.unknown_since"), " and not p.erased")
    };
}
const LOAD: &str = load_text!();

/// What the held rows are to send, in their order; without those of players who were erased since.
pub async fn load(db: &Db, held: Vec<Held>) -> Result<Vec<Claimed>> {
    let ids: Vec<Uuid> = held.iter().map(|row| row.id).collect();
    let mut found: HashMap<Uuid, Row> = HashMap::with_capacity(ids.len());
    match db {
        Db::Sqlite { read, .. } => {
            for list in rows::lists(&ids) {
                let mut query = rows::wanted(&list);
                let rows: Vec<Row> = query.push(LOAD).build_query_as().fetch_all(read).await?;
                found.extend(rows.into_iter().map(|row| (row.of.postback_id, row)));
            }
        }
        Db::Postgres(pool, ..) if !ids.is_empty() => {
            let text = concat!("with wanted (id) as (select unnest($1::uuid[]))", load_text!());
            let rows: Vec<Row> = sqlx::query_as(text).bind(ids).fetch_all(pool).await?;
            found.extend(rows.into_iter().map(|row| (row.of.postback_id, row)));
        }
        Db::Postgres(..) => {}
    }
    let claimed = |held: Held| {
        let row = found.remove(&held.id)?;
        Some(Claimed { held, of: row.of, body: serde_json::from_str(&row.body).ok(), unknown_since: row.unknown_since })
    };
    Ok(held.into_iter().filter_map(claimed).collect())
}

/// Cancels every postback of the connection that is still to be sent, each with a row of the log that says why. A call that is
/// under way is recorded as late. What was accepted stays so: nobody is asked about it any more, so that nothing of it opens again.
pub async fn cancel_waiting(tx: &mut Tx, connection_id: Uuid, why: &str, now: Millis) -> Result<()> {
    receipts::forget_of_connection(tx, connection_id, why, now).await?;
    loop {
        let gone: Vec<(Uuid,)> = within!(tx, c => sqlx::query_as(
            "delete from queue where id in (select id from queue where connection_id = $1 limit $2) returning id",
        )
        .bind(connection_id)
        .bind(CANCELLED_AT_ONCE)
        .fetch_all(c)
        .await)?;
        if gone.is_empty() {
            return Ok(());
        }
        let ids: Vec<Uuid> = gone.into_iter().map(|(id,)| id).collect();
        cancel(tx, &ids, why, now).await?;
    }
}

/// Ends postbacks that have left the queue as cancelled, each with a row of the log that says why.
pub async fn cancel(tx: &mut Tx, ids: &[Uuid], why: &str, now: Millis) -> Result<()> {
    let mut cancelled: Vec<Of> = Vec::with_capacity(ids.len());
    for piece in rows::pieces(ids) {
        within!(tx, c => {
            // What was delivered before and was only to be repeated stays delivered.
            let mut query =
                QueryBuilder::new("update postbacks set state = coalesce(delivered, 'cancelled'), ended = case when delivered is null then ");
            query.push_bind(why).push(" end, finished_at = ").push_bind(now).push(" where id in ");
            rows::push_list(&mut query, piece);
            query.build().execute(c).await.map(drop)
        })?;
        let of: Vec<Of> = within!(tx, c => {
            let mut query = rows::wanted(piece);
            query.push(of_text!("")).build_query_as().fetch_all(c).await
        })?;
        cancelled.extend(of);
    }
    let attempts: Vec<Attempt> = cancelled.iter().map(|_| Attempt::unsent(now, why.to_owned())).collect();
    let rows: Vec<(&Of, &Attempt, bool)> = cancelled.iter().zip(&attempts).map(|(of, attempt)| (of, attempt, false)).collect();
    log_attempts(tx, &rows).await
}

/// Which of these are of players who were erased. On PostgreSQL an erasure that is under way is waited for, and waits for whoever asked.
pub async fn erased(tx: &mut Tx, ids: &[Uuid]) -> Result<HashSet<Uuid>> {
    let mut erased = HashSet::new();
    for list in rows::lists(ids) {
        let lock = if matches!(tx, Tx::Postgres(..)) { " order by id for share" } else { "" };
        let found: Vec<(Uuid, bool)> = within!(tx, c => {
            let mut query = QueryBuilder::new("select id, erased from postbacks where id in ");
            rows::push_list(&mut query, &list);
            query.push(lock).build_query_as().fetch_all(c).await
        })?;
        erased.extend(found.into_iter().filter(|(_, erased)| *erased).map(|(id, _)| id));
    }
    Ok(erased)
}
