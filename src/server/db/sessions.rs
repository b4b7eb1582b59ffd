//! Sessions, by the fingerprint of their id: who reads the table cannot sign in with it.

use super::{Db, Result, Tx, on, within};
use crate::model::Millis;
use uuid::Uuid;

/// What a session is kept as.
pub struct Row<'a> {
    pub fingerprint: &'a str,
    /// The person signed in, so that all their sessions can be ended.
    pub user_id: Option<Uuid>,
    /// JSON object.
    pub data: &'a str,
    pub expires_at: Millis,
}

/// False where the id is taken; then nothing changed.
pub async fn insert(tx: &mut Tx, row: &Row<'_>) -> Result<bool> {
    let done = within!(tx, c => sqlx::query(
        "insert into sessions (id, user_id, data, expires_at) values ($1, $2, $3, $4) on conflict (id) do nothing",
    )
    .bind(row.fingerprint)
    .bind(row.user_id)
    .bind(row.data)
    .bind(row.expires_at)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(done == 1)
}

/// A session that was ended meanwhile stays ended.
pub async fn update(tx: &mut Tx, row: &Row<'_>) -> Result<()> {
    within!(tx, c => sqlx::query("update sessions set user_id = $2, data = $3, expires_at = $4 where id = $1")
        .bind(row.fingerprint)
        .bind(row.user_id)
        .bind(row.data)
        .bind(row.expires_at)
        .execute(c)
        .await
        .map(drop))
}

/// Data and end of a session that has not ended by `now`.
pub async fn find(db: &Db, fingerprint: &str, now: Millis) -> Result<Option<(String, Millis)>> {
    on!(db, pool => sqlx::query_as("select data, expires_at from sessions where id = $1 and expires_at > $2")
        .bind(fingerprint)
        .bind(now)
        .fetch_optional(pool)
        .await)
}

pub async fn delete(tx: &mut Tx, fingerprint: &str) -> Result<()> {
    within!(tx, c => sqlx::query("delete from sessions where id = $1").bind(fingerprint).execute(c).await.map(drop))
}

/// Signs a person out everywhere.
pub async fn delete_of(tx: &mut Tx, user_id: Uuid) -> Result<()> {
    within!(tx, c => sqlx::query("delete from sessions where user_id = $1").bind(user_id).execute(c).await.map(drop))
}

/// Deletes at most `limit` sessions that have ended; returns how many.
pub async fn delete_ended(tx: &mut Tx, now: Millis, limit: i64) -> Result<u64> {
    within!(tx, c => sqlx::query("delete from sessions where id in (select id from sessions where expires_at <= $1 limit $2)")
        .bind(now)
        .bind(limit)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))
}
