//! Writes rows of the delivery log: attempts, and the calls that carried them. SQLite takes them a few hundred rows a statement,
//! PostgreSQL a column at a time.

use super::days::{self, day};
use super::results::{Attempt, Call, Of};
use super::rows::{self, column};
use super::{Result, Tx, attempt_counts};
use crate::model::attempt::LastWord;
use sqlx::{PgConnection, QueryBuilder, SqliteConnection};

pub async fn log_calls(tx: &mut Tx, calls: &[&Call]) -> Result<()> {
    days::ready(tx, days::CALLS, calls.iter().map(|call| day(call.time))).await?;
    match tx {
        Tx::Sqlite(tx, _) => calls_by_row(tx, calls).await,
        Tx::Postgres(tx, ..) if !calls.is_empty() => calls_by_column(tx, calls).await,
        Tx::Postgres(..) => Ok(()),
    }
}

async fn calls_by_row(connection: &mut SqliteConnection, calls: &[&Call]) -> Result<()> {
    for piece in rows::pieces(calls) {
        let mut query = QueryBuilder::new("insert into calls (day, id, method, url, headers, envelope, response) ");
        query.push_values(piece, |mut row, call| {
            row.push_bind(day(call.time)).push_bind(call.id).push_bind(call.method.as_str()).push_bind(call.url.as_str());
            row.push_bind(call.headers.as_str()).push_bind(call.envelope.as_str()).push_bind(call.response.as_deref());
        });
        query.build().execute(&mut *connection).await?;
    }
    Ok(())
}

async fn calls_by_column(connection: &mut PgConnection, calls: &[&Call]) -> Result<()> {
    sqlx::query(
        "insert into calls (day, id, method, url, headers, envelope, response)
         select * from unnest($1::int[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])",
    )
    .bind(column(calls, |call| day(call.time)))
    .bind(column(calls, |call| call.id))
    .bind(column(calls, |call| call.method.as_str()))
    .bind(column(calls, |call| call.url.as_str()))
    .bind(column(calls, |call| call.headers.as_str()))
    .bind(column(calls, |call| call.envelope.as_str()))
    .bind(column(calls, |call| call.response.as_deref()))
    .execute(connection)
    .await
    .map(drop)
}

macro_rules! into_attempts {
    () => {
        "insert into attempts (day, id, game_id, network, connection_id, postback_id, goal_id, goal_name, event, time, status, http,
         latency_ms, attempt, code, words, meaning, test, late, call_id, request, transport, told, of_attempt) "
    };
}

/// Writes rows of the log; the flag says which of them are late.
pub async fn log_attempts(tx: &mut Tx, attempts: &[(&Of, &Attempt, bool)]) -> Result<()> {
    days::ready(tx, days::ATTEMPTS, attempts.iter().map(|(_, attempt, _)| day(attempt.time))).await?;
    match tx {
        Tx::Sqlite(tx, _) => attempts_by_row(tx, attempts).await?,
        Tx::Postgres(tx, ..) if !attempts.is_empty() => attempts_by_column(tx, attempts).await?,
        Tx::Postgres(..) => {}
    }
    attempt_counts::add(tx, attempts).await
}

/// What is late is told nothing any more.
fn told(attempt: &Attempt, late: bool) -> Option<&'static str> {
    attempt.told.filter(|_| !late).map(LastWord::word)
}

async fn attempts_by_row(connection: &mut SqliteConnection, attempts: &[(&Of, &Attempt, bool)]) -> Result<()> {
    for piece in rows::pieces(attempts) {
        let mut query = QueryBuilder::new(into_attempts!());
        query.push_values(piece, |mut row, (of, attempt, late)| {
            row.push_bind(day(attempt.time)).push_bind(attempt.id).push_bind(of.game_id).push_bind(of.network.as_str());
            row.push_bind(of.connection_id).push_bind(of.postback_id).push_bind(of.goal_id).push_bind(of.goal_name.as_str());
            row.push_bind(of.event.as_str()).push_bind(attempt.time).push_bind(attempt.status.word()).push_bind(attempt.http);
            row.push_bind(attempt.latency_ms).push_bind(attempt.number).push_bind(attempt.code.as_deref());
            row.push_bind(attempt.words.as_deref()).push_bind(attempt.meaning.as_str()).push_bind(of.test).push_bind(*late);
            row.push_bind(attempt.sent.as_ref().map(|(call, _)| *call));
            row.push_bind(attempt.sent.as_ref().map(|(_, event)| event.as_str())).push_bind(attempt.transport);
            row.push_bind(told(attempt, *late)).push_bind(attempt.of_attempt);
        });
        query.build().execute(&mut *connection).await?;
    }
    Ok(())
}

async fn attempts_by_column(connection: &mut PgConnection, attempts: &[(&Of, &Attempt, bool)]) -> Result<()> {
    sqlx::query(concat!(
        into_attempts!(),
        "select * from unnest($1::int[], $2::uuid[], $3::uuid[], $4::text[], $5::uuid[], $6::uuid[], $7::uuid[], $8::text[], $9::text[],
         $10::bigint[], $11::text[], $12::int[], $13::int[], $14::int[], $15::text[], $16::text[], $17::text[], $18::bool[], $19::bool[],
         $20::uuid[], $21::text[], $22::text[], $23::text[], $24::uuid[])"
    ))
    .bind(column(attempts, |(_, attempt, _)| day(attempt.time)))
    .bind(column(attempts, |(_, attempt, _)| attempt.id))
    .bind(column(attempts, |(of, ..)| of.game_id))
    .bind(column(attempts, |(of, ..)| of.network.as_str()))
    .bind(column(attempts, |(of, ..)| of.connection_id))
    .bind(column(attempts, |(of, ..)| of.postback_id))
    .bind(column(attempts, |(of, ..)| of.goal_id))
    .bind(column(attempts, |(of, ..)| of.goal_name.as_str()))
    .bind(column(attempts, |(of, ..)| of.event.as_str()))
    .bind(column(attempts, |(_, attempt, _)| attempt.time))
    .bind(column(attempts, |(_, attempt, _)| attempt.status.word()))
    .bind(column(attempts, |(_, attempt, _)| attempt.http))
    .bind(column(attempts, |(_, attempt, _)| attempt.latency_ms))
    .bind(column(attempts, |(_, attempt, _)| attempt.number))
    .bind(column(attempts, |(_, attempt, _)| attempt.code.as_deref()))
    .bind(column(attempts, |(_, attempt, _)| attempt.words.as_deref()))
    .bind(column(attempts, |(_, attempt, _)| attempt.meaning.as_str()))
    .bind(column(attempts, |(of, ..)| of.test))
    .bind(column(attempts, |(.., late)| *late))
    .bind(column(attempts, |(_, attempt, _)| attempt.sent.as_ref().map(|(call, _)| *call)))
    .bind(column(attempts, |(_, attempt, _)| attempt.sent.as_ref().map(|(_, event)| event.as_str())))
    .bind(column(attempts, |(_, attempt, _)| attempt.transport))
    .bind(column(attempts, |(_, attempt, late)| told(attempt, *late)))
    .bind(column(attempts, |(_, attempt, _)| attempt.of_attempt))
    .execute(connection)
    .await
    .map(drop)
}
