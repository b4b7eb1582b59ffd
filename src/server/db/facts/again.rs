//! What a second plan of conversions needs, however long ago they came: their players with all that the first plan knew of them, the
//! clicks that earned them, and what else became of their messages.

use super::super::{Result, Tx, rows, within};
use super::conversion::{ConversionRow, load_postbacks};
use super::{history, identities, rules};
use crate::model::Millis;
use crate::server::decide::facts::Facts;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// The facts for these conversions of a locked game.
pub async fn of_conversions(tx: &mut Tx, game: Uuid, ids: &[Uuid], now: Millis) -> Result<Facts> {
    let mut facts = Facts::default();
    rules::load_connections(tx, &[game], &mut facts).await?;
    let mut siblings: BTreeMap<Uuid, ConversionRow> = BTreeMap::new();
    for list in rows::lists(ids) {
        siblings.extend(of_their_messages(tx, &list).await?.into_iter().map(|row| (row.id, row)));
    }
    let mut stored = Vec::with_capacity(siblings.len());
    let known: Vec<Uuid> = siblings.keys().copied().collect();
    for row in siblings.into_values() {
        stored.push(row.read()?);
    }
    load_postbacks(tx, &known, &mut stored).await?;
    let players: BTreeSet<Uuid> = stored.iter().filter_map(|conversion| conversion.player_id).collect();
    let players: Vec<Uuid> = players.into_iter().collect();
    identities::load_players(tx, &players, &mut facts).await?;
    identities::load_others(tx, &players, &mut facts).await?;
    history::load_clicks(tx, &players, &mut facts).await?;
    history::load(tx, &players, now, &mut facts).await?;
    facts.conversions.retain(|conversion| known.binary_search(&conversion.id).is_err());
    let winners: BTreeSet<Uuid> = stored.iter().filter_map(|conversion| conversion.click_id).collect();
    let missing: Vec<Uuid> = winners.into_iter().filter(|id| facts.clicks.iter().all(|click| click.id != *id)).collect();
    facts.clicks.extend(history::clicks_by_id(tx, &missing).await?);
    facts.conversions.extend(stored);
    Ok(facts)
}

/// The conversions, and those that other goals made of the same messages.
async fn of_their_messages(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<ConversionRow>> {
    within!(tx, c => {
        let mut query = rows::wanted(ids);
        query.push(
            "select c.id, c.game_id, c.goal_id, c.player_id, c.message_id, c.event, c.event_time, c.received_at, c.test, c.decision, c.reason,
                    c.network, c.click_id, c.waiting_until, c.value_text, c.value_micros, c.currency, c.body
             from wanted w cross join conversions k cross join conversions c
             where k.id = w.id and c.player_id = k.player_id and c.event_time = k.event_time and c.message_id = k.message_id",
        );
        query.build_query_as().fetch_all(c).await
    })
}
