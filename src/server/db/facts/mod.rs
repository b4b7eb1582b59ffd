//! Loads what a batch of messages may touch, in a handful of set queries. What cannot matter is not read: the history of a player
//! is loaded only where a message brings a click, links ids or matches a goal.

mod again;
mod conversion;
pub mod history;
mod identities;
mod rules;

use super::{Result, Tx};
use crate::model::Millis;
use crate::server::decide::facts::{Facts, IdentityKey, Message};
use crate::server::decide::keys;
use std::collections::BTreeSet;
use uuid::Uuid;

/// How far test messages follow ids that bear the same values from player to player; production messages need one round.
const MAX_ROUNDS: usize = 8;

/// Holds the games of a batch until the transaction ends, so that what is loaded stays true even with several processes. SQLite has one
/// writer anyway.
pub async fn lock(tx: &mut Tx, games: &BTreeSet<Uuid>) -> Result<()> {
    rules::lock(tx, games).await
}

pub use again::of_conversions;

/// Adds the players of these ids of locked games, with all their ids and nothing of what they did.
pub async fn load_ids(tx: &mut Tx, wanted: &BTreeSet<IdentityKey>, facts: &mut Facts) -> Result<()> {
    let known: BTreeSet<Uuid> = facts.players.keys().copied().collect();
    identities::load(tx, wanted, facts).await?;
    let new: Vec<Uuid> = facts.players.keys().copied().filter(|player| !known.contains(player)).collect();
    identities::load_others(tx, &new, facts).await
}

/// The facts for a batch of new messages of locked games.
pub async fn load(tx: &mut Tx, batch: &[Message], now: Millis) -> Result<Facts> {
    let mut facts = Facts::default();
    let games: BTreeSet<Uuid> = batch.iter().map(|message| message.game_id).collect();
    let games: Vec<Uuid> = games.into_iter().collect();
    rules::load(tx, &games, &mut facts).await?;
    rules::load_connections(tx, &games, &mut facts).await?;
    let mut wanted = keys::of_batch(batch);
    let mut known: Vec<Uuid> = Vec::new();
    let mut rounds = 0..MAX_ROUNDS;
    while !wanted.is_empty() && rounds.next().is_some() {
        identities::load(tx, &wanted, &mut facts).await?;
        let new: Vec<Uuid> = facts.players.keys().copied().filter(|player| !known.contains(player)).collect();
        identities::load_others(tx, &new, &mut facts).await?;
        known.extend(new);
        wanted = keys::further(batch, &facts);
    }
    history::load(tx, &known, now, &mut facts).await?;
    Ok(facts)
}
