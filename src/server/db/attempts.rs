//! The delivery log as people read it: one network of one game, by time and status, a page at a time.

use super::days::day;
use super::{Db, Result, attempt_counts, on, rows};
use crate::model::Millis;
use crate::model::attempt::{Attempt, AttemptStatus, Exchange, LastWord, Sequel, StatusCounts};
use crate::model::filter::{Cursor, Position};
use sqlx::{FromRow, QueryBuilder};
use uuid::Uuid;

/// Rows a page of the log shows.
pub const PAGE: usize = 50;

/// Which part of the log: a network of a game since a time, perhaps of one status.
#[derive(Debug, Clone)]
pub struct Scope {
    pub game_id: Uuid,
    pub network: String,
    pub since: Millis,
    pub status: Option<AttemptStatus>,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    postback_id: Uuid,
    time: i64,
    event: String,
    goal_name: String,
    status: String,
    http: Option<i32>,
    latency_ms: Option<i32>,
    attempt: i32,
    code: Option<String>,
    words: Option<String>,
    meaning: Option<String>,
    transport: Option<String>,
    test: bool,
    told: Option<String>,
    told_at: Option<i64>,
    told_says: Option<String>,
    of_attempt: Option<Uuid>,
}

impl Row {
    fn read(self) -> Result<Attempt> {
        let status = self.status.parse().map_err(|unknown| super::Error::Decode(Box::new(unknown)))?;
        let told: Option<LastWord> = self.told.map(|word| word.parse()).transpose().map_err(super::Error::decode)?;
        Ok(Attempt {
            id: self.id,
            postback_id: self.postback_id,
            time: self.time,
            event: self.event,
            goal_name: self.goal_name,
            status,
            http: self.http,
            latency_ms: self.latency_ms,
            attempt: self.attempt,
            code: self.code,
            words: self.words,
            meaning: self.meaning,
            transport: self.transport,
            test: self.test,
            sequel: told.map(|word| Sequel { word, at: self.told_at, says: self.told_says }),
            of_attempt: self.of_attempt,
        })
    }
}

macro_rules! columns {
    () => {
        "id, postback_id, time, event, goal_name, status, http, latency_ms, attempt, code, words, meaning, transport, test, told, told_at,
         told_says, of_attempt"
    };
}

// The days are those of the times: PostgreSQL then looks into no other part.
// The optional status is two texts and not one `or`, so that each has an index that holds exactly its rows.
macro_rules! page_text {
    ($status:literal, $compare:literal, $order:literal) => {
        concat!(
            "select ",
            columns!(),
            " from attempts where game_id = $1 and network = $2 and time >= $3 and day >= $8 and day <= $9",
            $status,
            " and (time, id) ",
            $compare,
            " ($5, $6) order by time ",
            $order,
            ", id ",
            $order,
            " limit $7"
        )
    };
}

/// Up to `PAGE` rows at the position, newest first, and whether there are more beyond the last one read.
pub async fn page(db: &Db, scope: &Scope, position: &Position) -> Result<(Vec<Attempt>, bool)> {
    let (text, from, days) = looks_for(scope, position);
    let limit = i64::try_from(PAGE).expect("a page is small") + 1;
    let mut rows: Vec<Row> = on!(db, pool => sqlx::query_as(text)
        .bind(scope.game_id)
        .bind(&scope.network)
        .bind(scope.since)
        .bind(scope.status.map_or("", AttemptStatus::word))
        .bind(from.time)
        .bind(from.id)
        .bind(limit)
        .bind(days.0)
        .bind(days.1)
        .fetch_all(pool)
        .await)?;
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    if matches!(position, Position::NewerThan(_)) {
        rows.reverse();
    }
    Ok((rows.into_iter().map(Row::read).collect::<Result<_>>()?, more))
}

/// The statement of a page, the place from which it begins, and the first and the last day it can be on.
fn looks_for(scope: &Scope, position: &Position) -> (&'static str, Cursor, (i32, i32)) {
    let (text, from) = match (position, scope.status.is_some()) {
        (Position::Newest, false) => (page_text!(" and $4 = $4", "<", "desc"), Cursor::END),
        (Position::Newest, true) => (page_text!(" and status = $4", "<", "desc"), Cursor::END),
        (Position::OlderThan(cursor), false) => (page_text!(" and $4 = $4", "<", "desc"), *cursor),
        (Position::OlderThan(cursor), true) => (page_text!(" and status = $4", "<", "desc"), *cursor),
        (Position::NewerThan(cursor), false) => (page_text!(" and $4 = $4", ">", "asc"), *cursor),
        (Position::NewerThan(cursor), true) => (page_text!(" and status = $4", ">", "asc"), *cursor),
    };
    let days = match position {
        Position::Newest => (day(scope.since), i32::MAX),
        Position::OlderThan(cursor) => (day(scope.since), day(cursor.time)),
        Position::NewerThan(cursor) => (day(scope.since.max(cursor.time)), i32::MAX),
    };
    (text, from, days)
}

/// A test's question: the statement with its values in it.
#[cfg(test)]
pub fn page_with_values(scope: &Scope, position: &Position) -> String {
    let (text, from, days) = looks_for(scope, position);
    let Scope { game_id, network, since, .. } = scope;
    let status = scope.status.map_or("", AttemptStatus::word);
    let values = [
        format!("'{game_id}'::uuid"),
        format!("'{network}'"),
        since.to_string(),
        format!("'{status}'"),
        from.time.to_string(),
        format!("'{}'::uuid", from.id),
        PAGE.to_string(),
        days.0.to_string(),
        days.1.to_string(),
    ];
    values.iter().enumerate().rev().fold(text.to_owned(), |text, (at, value)| text.replace(&format!("${}", at + 1), value))
}

/// How many attempts of the scope ended how (the scope's status does not narrow it), with answer times of the latest thousand.
/// `tests`: whether test events count, as they do in the log that lists them, and nowhere else.
pub async fn counts(db: &Db, scope: &Scope, tests: bool) -> Result<StatusCounts> {
    let rows = attempt_counts::since(db, scope, tests).await?;
    let mut latencies: Vec<(i32,)> = on!(db, pool => sqlx::query_as(
        "select latency_ms from attempts where game_id = $1 and network = $2 and time >= $3 and latency_ms is not null
         and ($4 or not test) and day >= $5 order by time desc, id desc limit 1000",
    )
    .bind(scope.game_id)
    .bind(&scope.network)
    .bind(scope.since)
    .bind(tests)
    .bind(day(scope.since))
    .fetch_all(pool)
    .await)?;
    latencies.sort_unstable();
    let of = |status: AttemptStatus| rows.iter().find(|(word, _)| word == status.word()).map_or(0, |(_, count)| *count);
    Ok(StatusCounts {
        success: of(AttemptStatus::Success),
        failed: of(AttemptStatus::Failed),
        retried: of(AttemptStatus::Retried),
        p50_ms: percentile(&latencies, 50),
        p95_ms: percentile(&latencies, 95),
    })
}

fn percentile(sorted: &[(i32,)], percent: usize) -> Option<i32> {
    let index = (sorted.len() * percent).div_ceil(100).checked_sub(1)?;
    sorted.get(index).map(|(latency,)| *latency)
}

/// One attempt of a network of the game.
pub async fn one(db: &Db, game_id: Uuid, network: &str, id: Uuid) -> Result<Option<Attempt>> {
    let row: Option<Row> = on!(db, pool => sqlx::query_as(
        concat!("select ", columns!(), " from attempts where day = $1 and id = $2 and game_id = $3 and network = $4"),
    )
    .bind(day_of(id))
    .bind(id)
    .bind(game_id)
    .bind(network)
    .fetch_optional(pool)
    .await)?;
    row.map(Row::read).transpose()
}

/// The postbacks of these attempts, as far as they are of the network of the game.
pub async fn postbacks_of(db: &Db, game_id: Uuid, network: &str, ids: &[Uuid]) -> Result<Vec<Uuid>> {
    let mut found: Vec<Uuid> = Vec::with_capacity(ids.len());
    for list in rows::lists(ids) {
        let rows: Vec<(Uuid,)> = on!(db, pool => {
            let mut query = QueryBuilder::new("with picked (day, id) as (");
            query.push_values(&list, |mut row, id| {
                row.push_bind(day_of(*id)).push_bind(*id);
            });
            query.push(") select a.postback_id from picked cross join attempts a where a.day = picked.day and a.id = picked.id and a.game_id = ");
            query.push_bind(game_id).push(" and a.network = ").push_bind(network);
            query.build_query_as().fetch_all(pool).await
        })?;
        found.extend(rows.into_iter().map(|(id,)| id));
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// Every attempt of a postback, oldest first (72 h of retries make a few dozen at the most).
pub async fn of_postback(db: &Db, game_id: Uuid, postback_id: Uuid) -> Result<Vec<Attempt>> {
    let rows: Vec<Row> = on!(db, pool => sqlx::query_as(
        concat!("select ", columns!(), " from attempts where game_id = $1 and postback_id = $2 and day >= $3 order by time, id limit 200"),
    )
    .bind(game_id)
    .bind(postback_id)
    .bind(first_day(postback_id))
    .fetch_all(pool)
    .await)?;
    rows.into_iter().map(Row::read).collect()
}

#[derive(FromRow)]
struct Kept {
    method: String,
    url: String,
    headers: String,
    envelope: String,
    response: Option<String>,
    request: Option<String>,
}

impl Kept {
    fn read(self) -> Exchange {
        Exchange {
            method: self.method,
            url: self.url,
            headers: serde_json::from_str(&self.headers).unwrap_or_default(),
            envelope: self.envelope,
            event: self.request.unwrap_or_default(),
            response: self.response,
        }
    }
}

/// Request and answer of an attempt; None when it ended without a call.
pub async fn exchange(db: &Db, game_id: Uuid, id: Uuid) -> Result<Option<Exchange>> {
    let kept: Option<Kept> = on!(db, pool => sqlx::query_as(
        "select c.method, c.url, c.headers, c.envelope, c.response, a.request
         from attempts a join calls c on c.day = a.day and c.id = a.call_id where a.day = $1 and a.id = $2 and a.game_id = $3",
    )
    .bind(day_of(id))
    .bind(id)
    .bind(game_id)
    .fetch_optional(pool)
    .await)?;
    Ok(kept.map(Kept::read))
}

/// The question that brought the last word on an accepted attempt, with its answer; None while there is none.
pub async fn last_word(db: &Db, game_id: Uuid, id: Uuid) -> Result<Option<Exchange>> {
    let call: Option<(Option<Uuid>,)> = on!(db, pool => sqlx::query_as(
        "select told_call_id from attempts where day = $1 and id = $2 and game_id = $3",
    )
    .bind(day_of(id))
    .bind(id)
    .bind(game_id)
    .fetch_optional(pool)
    .await)?;
    let Some((Some(call),)) = call else { return Ok(None) };
    let kept: Option<Kept> = on!(db, pool => sqlx::query_as(
        "select method, url, headers, envelope, response, cast(null as text) as request from calls where day = $1 and id = $2",
    )
    .bind(day_of(call))
    .bind(call)
    .fetch_optional(pool)
    .await)?;
    Ok(kept.map(Kept::read))
}

/// The first day on which the postback can have been tried: it bears the time at which it was made, by a clock that may be off by a day.
pub fn first_day(postback_id: Uuid) -> i32 {
    day_of(postback_id) - 1
}

/// Attempts are keyed by (day, id), and a UUIDv7 tells its day.
pub fn day_of(id: Uuid) -> i32 {
    let (seconds, _) = id.get_timestamp().map_or((0, 0), |stamp| stamp.to_unix());
    i32::try_from(seconds / 86_400).unwrap_or(0)
}
