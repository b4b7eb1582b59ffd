//! Which players the ids of a batch belong to.

use super::super::{Error, Result, Tx, rows, within};
use crate::model::conversion::Consent;
use crate::server::decide::facts::{Facts, IdentityKey, Player, Span};
use sqlx::{FromRow, Postgres, QueryBuilder, Transaction};
use std::collections::BTreeSet;
use uuid::Uuid;

type SpanRow = (Uuid, bool, String, String, i64, Uuid, Option<i64>);

/// The spans of these ids; an empty list where an id is new.
pub async fn load(tx: &mut Tx, keys: &BTreeSet<IdentityKey>, facts: &mut Facts) -> Result<()> {
    let keys: Vec<&IdentityKey> = keys.iter().filter(|key| !facts.identities.contains_key(*key)).collect();
    if let Tx::Postgres(tx, _) = tx {
        if !keys.is_empty() {
            keep(spans_at_once(tx, &keys).await?, facts);
        }
    } else {
        load_lists(tx, &keys, facts).await?;
    }
    for key in keys {
        facts.identities.entry(key.clone()).or_default();
    }
    Ok(())
}

/// PostgreSQL takes all keys at once, as columns, and looks each up: without the `offset` it may read the whole table to join them, by a plan
/// from when that was small.
async fn spans_at_once(tx: &mut Transaction<'static, Postgres>, keys: &[&IdentityKey]) -> Result<Vec<SpanRow>> {
    sqlx::query_as(
        "select i.* from unnest($1::uuid[], $2::boolean[], $3::text[], $4::text[]) as w (game_id, test, kind, value) cross join lateral
         (select i.game_id, i.test, i.kind, i.value, i.since, i.player_id, i.claimed from identities i
          where i.game_id = w.game_id and i.test = w.test and i.kind = w.kind and i.value = w.value offset 0) i",
    )
    .bind(keys.iter().map(|key| key.game_id).collect::<Vec<_>>())
    .bind(keys.iter().map(|key| key.test).collect::<Vec<_>>())
    .bind(keys.iter().map(|key| key.kind.as_str()).collect::<Vec<_>>())
    .bind(keys.iter().map(|key| key.value.as_str()).collect::<Vec<_>>())
    .fetch_all(&mut **tx)
    .await
}

async fn load_lists(tx: &mut Tx, keys: &[&IdentityKey], facts: &mut Facts) -> Result<()> {
    for list in rows::lists(keys) {
        let found: Vec<SpanRow> = within!(tx, c => {
            let mut query = QueryBuilder::new("with wanted (game_id, test, kind, value) as (");
            query.push_values(list, |mut row, key| {
                row.push_bind(key.game_id).push_bind(key.test).push_bind(key.kind.as_str()).push_bind(key.value.as_str());
            });
            query.push(
                ") select i.game_id, i.test, i.kind, i.value, i.since, i.player_id, i.claimed from wanted w cross join identities i
                 where i.game_id = w.game_id and i.test = w.test and i.kind = w.kind and i.value = w.value",
            );
            query.build_query_as().fetch_all(c).await
        })?;
        keep(found, facts);
    }
    Ok(())
}

/// Every other id of these players, with all its spans.
pub async fn load_others(tx: &mut Tx, players: &[Uuid], facts: &mut Facts) -> Result<()> {
    for list in rows::lists(players) {
        let found: Vec<SpanRow> = within!(tx, c => {
            let mut query = rows::wanted(&list);
            query.push(
                "select i.game_id, i.test, i.kind, i.value, i.since, i.player_id, i.claimed from wanted w cross join identities own cross join identities i
                 where own.player_id = w.id and i.game_id = own.game_id and i.test = own.test and i.kind = own.kind and i.value = own.value",
            );
            query.build_query_as().fetch_all(c).await
        })?;
        keep(found, facts);
    }
    Ok(())
}

fn keep(found: Vec<SpanRow>, facts: &mut Facts) {
    for (game_id, test, kind, value, since, player_id, claimed) in found {
        let spans = facts.identities.entry(IdentityKey { game_id, test, kind, value }).or_default();
        // A padded list, or two ids of one player, bring a span more than once.
        if let Err(place) = spans.binary_search_by_key(&since, |span| span.since) {
            spans.insert(place, Span { since, player_id, claimed });
        }
    }
}

pub async fn load_players(tx: &mut Tx, players: &[Uuid], facts: &mut Facts) -> Result<()> {
    for list in rows::lists(players) {
        let found: Vec<PlayerRow> = within!(tx, c => {
            let mut query = QueryBuilder::new(
                "select id, game_id, test, consent, consent_at, contact, identity_count, created_at from players where id in ",
            );
            rows::push_list(&mut query, &list);
            query.build_query_as().fetch_all(c).await
        })?;
        for row in found {
            facts.players.insert(row.id, row.read()?);
        }
    }
    Ok(())
}

#[derive(FromRow)]
struct PlayerRow {
    id: Uuid,
    game_id: Uuid,
    test: bool,
    consent: Option<String>,
    consent_at: Option<i64>,
    contact: String,
    identity_count: i32,
    created_at: i64,
}

impl PlayerRow {
    fn read(self) -> Result<Player> {
        let consent: Option<Consent> = self.consent.map(|word| word.parse()).transpose().map_err(Error::decode)?;
        Ok(Player {
            id: self.id,
            game_id: self.game_id,
            test: self.test,
            consent: consent.zip(self.consent_at),
            contact: serde_json::from_str(&self.contact).map_err(Error::decode)?,
            identity_count: self.identity_count,
            created_at: self.created_at,
        })
    }
}
