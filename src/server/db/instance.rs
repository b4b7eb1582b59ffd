//! Facts about this instance itself, by key.

use super::{Db, Result, Tx, on, within};
use uuid::Uuid;

/// The sealed check value that the secret key must open.
pub const KEY_CHECK: &str = "key_check";
/// The sealed one-time code of `/setup`, until there is an owner.
pub const SETUP_CODE: &str = "setup_code";
/// The sealed salt under which erased ids are kept.
pub const ERASURE_SALT: &str = "erasure_salt";
/// Id of the first user; its row makes sure that there is one only.
pub const FIRST_OWNER: &str = "first_owner";
/// Set in the databases that `demo` makes.
pub const DEMO: &str = "demo";

/// Nothing but something to write.
const PROBE: &str = "probe";
const PROBE_BYTES: usize = 64 * 1024;

/// Whether the database answers.
pub async fn ping(db: &Db) -> Result<()> {
    on!(db, pool => sqlx::query("select 1").execute(pool).await.map(drop))
}

/// Writes a little, as ingest does a lot: whether anything is kept again. Each time something else: SQLite writes no page that stays the same.
pub async fn probe(db: &Db) -> Result<()> {
    let mut tx = db.begin().await?;
    within!(&mut tx, c => sqlx::query("insert into instance (key, value) values ($1, $2) on conflict (key) do update set value = excluded.value")
        .bind(PROBE)
        .bind(Uuid::new_v4().simple().to_string().repeat(PROBE_BYTES / 32))
        .execute(c)
        .await
        .map(drop))?;
    tx.commit().await
}

pub async fn get(db: &Db, key: &str) -> Result<Option<String>> {
    let row: Option<(String,)> = on!(db, pool => sqlx::query_as("select value from instance where key = $1")
        .bind(key)
        .fetch_optional(pool)
        .await)?;
    Ok(row.map(|(value,)| value))
}

/// False where the key is set already; then nothing changed.
pub async fn set_once(tx: &mut Tx, key: &str, value: &str) -> Result<bool> {
    let done = within!(tx, c => sqlx::query("insert into instance (key, value) values ($1, $2) on conflict (key) do nothing")
        .bind(key)
        .bind(value)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(done == 1)
}

pub async fn replace(tx: &mut Tx, key: &str, value: &str) -> Result<()> {
    within!(tx, c => sqlx::query("update instance set value = $2 where key = $1").bind(key).bind(value).execute(c).await.map(drop))
}

pub async fn remove(tx: &mut Tx, key: &str) -> Result<()> {
    within!(tx, c => sqlx::query("delete from instance where key = $1").bind(key).execute(c).await.map(drop))
}
