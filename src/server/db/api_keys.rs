//! The keys of each game, looked up by fingerprint.

use super::{Db, Result, Tx, on, rows, within};
use crate::model::Millis;
use crate::model::game::KeyKind;
use crate::server::secrets::fingerprint;
use sqlx::QueryBuilder;
use std::collections::{BTreeSet, HashSet};
use uuid::Uuid;

/// Whose key it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyOwner {
    pub key_id: Uuid,
    pub game_id: Uuid,
    pub kind: KeyKind,
}

/// A key to store: one that anybody may see keeps its plain text, the secret one a sealed one.
pub struct NewKey<'a> {
    pub id: Uuid,
    pub game_id: Uuid,
    pub kind: KeyKind,
    pub text: &'a str,
    /// The sealed text (owner `api_key:<id>`), for the secret key.
    pub sealed: Option<String>,
    pub created_at: Millis,
}

/// Puts the key in place of the game's former one of its kind, which is dead at once.
pub async fn replace(tx: &mut Tx, key: &NewKey<'_>) -> Result<()> {
    remove(tx, key.game_id, key.kind, key.created_at).await?;
    insert(tx, key).await
}

/// Takes the game's key of this kind away: it is dead at once. False where there is none.
pub async fn remove(tx: &mut Tx, game_id: Uuid, kind: KeyKind, now: Millis) -> Result<bool> {
    if kind.is_publishable() {
        within!(tx, c => sqlx::query(
            "insert into retired_keys (key_hash, game_id, retired_at) select key_hash, game_id, $3 from api_keys where game_id = $1 and kind = $2
             on conflict (key_hash) do nothing",
        )
        .bind(game_id)
        .bind(kind.word())
        .bind(now)
        .execute(c)
        .await
        .map(drop))?;
    }
    within!(tx, c => sqlx::query("delete from api_keys where game_id = $1 and kind = $2")
        .bind(game_id)
        .bind(kind.word())
        .execute(c)
        .await
        .map(|done| done.rows_affected() > 0))
}

/// Each game that has a key of this text, or had: whether it still has.
pub async fn games_of(tx: &mut Tx, text: &str) -> Result<Vec<(Uuid, bool)>> {
    within!(tx, c => sqlx::query_as(
        "select game_id, true from api_keys where key_hash = $1 union all select game_id, false from retired_keys where key_hash = $1",
    )
    .bind(fingerprint(text))
    .fetch_all(c)
    .await)
}

/// A broken constraint of this name: another game has the key.
pub const TAKEN: &str = "hash";
/// The game has a key of this kind.
pub const ONE_OF_A_KIND: &str = "kind";

/// The last four characters, by which people tell keys apart.
pub fn tail(text: &str) -> &str {
    &text[text.len().saturating_sub(4)..]
}

/// Stores a key beside the game's others.
pub async fn insert(tx: &mut Tx, key: &NewKey<'_>) -> Result<()> {
    within!(tx, c => sqlx::query(
        "insert into api_keys (id, game_id, kind, key_hash, plain, sealed, tail, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(key.id)
    .bind(key.game_id)
    .bind(key.kind.word())
    .bind(fingerprint(key.text))
    .bind(key.sealed.is_none().then_some(key.text))
    .bind(key.sealed.as_deref())
    .bind(tail(key.text))
    .bind(key.created_at)
    .execute(c)
    .await
    .map(drop))
}

pub async fn owner_of(db: &Db, key: &str) -> Result<Option<KeyOwner>> {
    let row: Option<(Uuid, Uuid, String)> = on!(db, pool => sqlx::query_as("select id, game_id, kind from api_keys where key_hash = $1")
        .bind(fingerprint(key))
        .fetch_optional(pool)
        .await)?;
    Ok(row.and_then(|(key_id, game_id, kind)| Some(KeyOwner { key_id, game_id, kind: KeyKind::from_word(&kind)? })))
}

/// Which of these keys still exist; notes their use, to the nearest `every` milliseconds.
pub async fn used(tx: &mut Tx, keys: &BTreeSet<Uuid>, now: Millis, every: Millis) -> Result<HashSet<Uuid>> {
    let keys: Vec<Uuid> = keys.iter().copied().collect();
    let mut found: Vec<(Uuid, Option<i64>)> = Vec::new();
    for list in rows::lists(&keys) {
        found.extend(within!(tx, c => {
            let mut query = QueryBuilder::new("select id, last_used_at from api_keys where id in ");
            rows::push_list(&mut query, &list);
            query.build_query_as::<(Uuid, Option<i64>)>().fetch_all(c).await
        })?);
    }
    let stale = found.iter().filter(|(_, last_used)| last_used.is_none_or(|time| time + every <= now)).map(|(id, _)| *id);
    for list in rows::lists(&stale.collect::<Vec<_>>()) {
        within!(tx, c => {
            let mut query = QueryBuilder::new("update api_keys set last_used_at = ");
            query.push_bind(now).push(" where id in ");
            rows::push_list(&mut query, &list);
            query.build().execute(c).await.map(drop)
        })?;
    }
    Ok(found.into_iter().map(|(id, _)| id).collect())
}

/// A key of a game as it is stored.
#[derive(sqlx::FromRow)]
pub struct StoredKey {
    pub id: Uuid,
    pub kind: String,
    /// The whole key, where anybody may see it.
    pub plain: Option<String>,
    /// The secret key, sealed for `api_key:<id>`.
    pub sealed: Option<String>,
    /// The last four characters.
    pub tail: String,
    pub created_at: Millis,
    pub last_used_at: Option<Millis>,
}

pub async fn of_game(db: &Db, game_id: Uuid) -> Result<Vec<StoredKey>> {
    on!(db, pool => sqlx::query_as("select id, kind, plain, sealed, tail, created_at, last_used_at from api_keys where game_id = $1")
        .bind(game_id)
        .fetch_all(pool)
        .await)
}
