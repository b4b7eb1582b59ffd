//! Writes rows of the delivery log: attempts, and the calls that carried them.

use super::days::{self, day};
use super::new_rows::{self, Table};
use super::results::{Attempt, Call, Of};
use super::{Result, Tx, attempt_counts};
use crate::model::attempt::LastWord;

const CALLS: Table = Table { name: "calls", columns: "day, id, method, url, headers, envelope, response", sqlite_too: None };

pub async fn log_calls(tx: &mut Tx, calls: &[&Call]) -> Result<()> {
    days::ready(tx, days::CALLS, calls.iter().map(|call| day(call.time))).await?;
    new_rows::insert(tx, CALLS, calls, |row, call| {
        row.put(day(call.time)).put(call.id).put(call.method.as_str()).put(call.url.as_str());
        row.put(call.headers.as_str()).put(call.envelope.as_str()).put(call.response.as_deref());
    })
    .await
}

const ATTEMPTS: Table = Table {
    name: "attempts",
    columns: "day, id, game_id, network, connection_id, postback_id, goal_id, goal_name, event, time, status, http, latency_ms, \
        attempt, code, words, meaning, test, late, call_id, request, transport, told, of_attempt",
    sqlite_too: None,
};

/// Writes rows of the log; the flag says which of them are late.
pub async fn log_attempts(tx: &mut Tx, attempts: &[(&Of, &Attempt, bool)]) -> Result<()> {
    days::ready(tx, days::ATTEMPTS, attempts.iter().map(|(_, attempt, _)| day(attempt.time))).await?;
    new_rows::insert(tx, ATTEMPTS, attempts, |row, (of, attempt, late)| {
        row.put(day(attempt.time)).put(attempt.id).put(of.game_id).put(of.network.as_str());
        row.put(of.connection_id).put(of.postback_id).put(of.goal_id).put(of.goal_name.as_str());
        row.put(of.event.as_str()).put(attempt.time).put(attempt.status.word()).put(attempt.http);
        row.put(attempt.latency_ms).put(attempt.number).put(attempt.code.as_deref());
        row.put(attempt.words.as_deref()).put(attempt.meaning.as_str()).put(of.test).put(*late);
        row.put(attempt.sent.as_ref().map(|(call, _)| *call));
        row.put(attempt.sent.as_ref().map(|(_, event)| event.as_str())).put(attempt.transport);
        row.put(told(attempt, *late)).put(attempt.of_attempt);
    })
    .await?;
    attempt_counts::add(tx, attempts).await
}

/// What is late is told nothing any more.
fn told(attempt: &Attempt, late: bool) -> Option<&'static str> {
    attempt.told.filter(|_| !late).map(LastWord::word)
}
