//! Loads what a batch of messages may touch, in a handful of set queries. What cannot matter is not read: a player is
//! loaded whole only where a message brings a click, links ids or matches a goal (`decide/news.rs`).

mod again;
mod conversion;
pub mod history;
mod identities;
mod rules;

pub use again::of_conversions;

use super::{Result, Tx};
use crate::model::Millis;
use crate::server::decide::facts::{Facts, IdentityKey, Message};
use crate::server::decide::{keys, news};
use std::collections::BTreeSet;
use std::sync::Arc;
use uuid::Uuid;

/// How far test messages follow ids that bear the same values from player to player; production messages need one round.
const MAX_ROUNDS: usize = 8;

/// Holds the games of a batch until the transaction ends, so that what is loaded stays true even with several processes. SQLite has one
/// writer anyway.
pub async fn lock(tx: &mut Tx, games: &BTreeSet<Uuid>) -> Result<()> {
    rules::lock(tx, games).await
}

/// Adds the players of these ids of locked games, with all their ids and nothing of what they did.
pub async fn load_ids(tx: &mut Tx, wanted: &BTreeSet<IdentityKey>, facts: &mut Facts) -> Result<()> {
    identities::load(tx, wanted, facts).await?;
    let new: Vec<Uuid> = named(wanted, facts).into_iter().filter(|player| !facts.players.contains_key(player)).collect();
    identities::load_players(tx, &new, facts).await?;
    identities::load_others(tx, &new, facts).await
}

/// The facts for a batch of new messages of locked games.
pub async fn load(tx: &mut Tx, batch: &[Arc<Message>], now: Millis) -> Result<Facts> {
    let mut facts = Facts::default();
    let games: BTreeSet<Uuid> = batch.iter().map(|message| message.game_id).collect();
    let games: Vec<Uuid> = games.into_iter().collect();
    rules::load(tx, &games, &mut facts).await?;
    rules::load_connections(tx, &games, &mut facts).await?;
    identities::load(tx, &keys::of_batch(batch), &mut facts).await?;
    let news = news::of_ids(batch, &facts);
    let looked_at: Vec<Uuid> = news.clicks.iter().copied().collect();
    history::load_clicks(tx, &looked_at, &mut facts).await?;
    history::load_visitors(tx, &Vec::from_iter(news.visits.iter().copied()), &mut facts).await?;
    let mut next: Vec<Uuid> = news.whole.iter().copied().chain(news::of_clicks(batch, &facts, &news, now)).collect();
    let mut whole: BTreeSet<Uuid> = BTreeSet::new();
    let mut rounds = 0..MAX_ROUNDS;
    while !next.is_empty() && rounds.next().is_some() {
        identities::load_players(tx, &next, &mut facts).await?;
        identities::load_others(tx, &next, &mut facts).await?;
        whole.extend(next);
        let further = keys::further(batch, &facts);
        identities::load(tx, &further, &mut facts).await?;
        next = named(&further, &facts).into_iter().filter(|player| !whole.contains(player)).collect();
    }
    facts.visitors.retain(|player| !whole.contains(player));
    let unseen: Vec<Uuid> = whole.difference(&news.clicks).copied().collect();
    history::load_clicks(tx, &unseen, &mut facts).await?;
    history::load(tx, &Vec::from_iter(whole), now, &mut facts).await?;
    Ok(facts)
}

/// The players whose ids these are or were.
fn named(keys: &BTreeSet<IdentityKey>, facts: &Facts) -> BTreeSet<Uuid> {
    keys.iter().filter_map(|key| facts.identities.get(key)).flatten().map(|span| span.player_id).collect()
}
