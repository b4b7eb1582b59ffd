//! Ids that were erased, as salted hashes: what comes late under one of them is recognised.

use super::{Result, Tx, rows, within};
use crate::model::Millis;
use crate::server::decide::facts::IdentityKey;
use crate::server::erasure::Salt;
use sqlx::QueryBuilder;
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// Which of these ids were erased, and when. A test id is its production twin's: one person bears both.
pub async fn among(tx: &mut Tx, salt: &Salt, keys: &BTreeSet<IdentityKey>) -> Result<HashMap<IdentityKey, Millis>> {
    let games: BTreeSet<Uuid> = keys.iter().map(|key| key.game_id).collect();
    let mut erased = HashMap::new();
    for game in games {
        // Most games never erased anybody: they pay one look.
        if any(tx, game).await? {
            let keys = keys.iter().filter(|key| key.game_id == game).map(|key| IdentityKey { test: false, ..key.clone() });
            let hashes: HashMap<String, IdentityKey> = keys.map(|key| (salt.hash(&key), key)).collect();
            let found = times(tx, game, &hashes.keys().cloned().collect::<Vec<_>>()).await?;
            erased.extend(found.into_iter().filter_map(|(hash, time)| Some((hashes.get(&hash)?.clone(), time))));
        }
    }
    Ok(erased)
}

async fn any(tx: &mut Tx, game: Uuid) -> Result<bool> {
    let found: Option<(i64,)> = within!(tx, c => sqlx::query_as("select erased_at from erased_ids where game_id = $1 limit 1")
        .bind(game)
        .fetch_optional(c)
        .await)?;
    Ok(found.is_some())
}

async fn times(tx: &mut Tx, game: Uuid, hashes: &[String]) -> Result<Vec<(String, Millis)>> {
    let mut found = Vec::new();
    for list in rows::lists(hashes) {
        found.extend(within!(tx, c => {
            let mut query = QueryBuilder::new("select hash, erased_at from erased_ids where game_id = ");
            query.push_bind(game).push(" and hash in (");
            let mut values = query.separated(", ");
            for hash in &list {
                values.push_bind(hash.as_str());
            }
            query.push(")");
            query.build_query_as::<(String, Millis)>().fetch_all(c).await
        })?);
    }
    Ok(found)
}

/// Keeps hashes of ids of the game; one that was erased before gets the newer time.
pub async fn keep(tx: &mut Tx, game: Uuid, hashes: &BTreeSet<String>, now: Millis) -> Result<()> {
    let hashes: Vec<&String> = hashes.iter().collect();
    for piece in rows::pieces(&hashes) {
        within!(tx, c => {
            let mut query = QueryBuilder::new("insert into erased_ids (game_id, hash, erased_at) ");
            query.push_values(piece, |mut row, hash| {
                row.push_bind(game).push_bind(hash.as_str()).push_bind(now);
            });
            query.push(" on conflict (game_id, hash) do update set erased_at = excluded.erased_at");
            query.build().execute(c).await.map(drop)
        })?;
    }
    Ok(())
}
