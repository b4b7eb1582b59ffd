//! What the tests' game loads for a batch: as the database does it, and all there is.

use super::memory::{Game, State};
use super::say::GAME;
use crate::model::Millis;
use crate::model::conversion::Decision;
use crate::model::goal::GoalStatus;
use crate::server::decide::facts::{Facts, IdentityKey, Message, Span, StoredConversion};
use crate::server::decide::{AGAIN_FOR, keys, news};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;
use uuid::Uuid;

impl Game {
    /// As `db::facts::load` does it.
    pub fn load(&self, batch: &[Arc<Message>]) -> Facts {
        let mut facts = self.rules();
        self.add_ids(&keys::of_batch(batch), &mut facts);
        let news = news::of_ids(batch, &facts);
        self.add_clicks(&news.clicks, &mut facts);
        let clicked = |player: &&Uuid| self.clicks.values().any(|click| click.player_id == **player);
        facts.visitors = news.visits.iter().filter(clicked).copied().collect();
        let mut next = news::of_clicks(batch, &facts, &news, self.now);
        next.extend(&news.whole);
        let mut whole = BTreeSet::new();
        while !next.is_empty() {
            let own = |spans: &BTreeMap<Millis, Span>| spans.values().any(|span| next.contains(&span.player_id));
            let ids = self.identities.iter().filter(|(_, spans)| own(spans)).map(|(key, _)| key.clone()).collect();
            self.add_ids(&ids, &mut facts);
            facts.players.extend(next.iter().map(|id| (*id, self.players[id].clone())));
            whole.extend(next);
            let further = keys::further(batch, &facts);
            self.add_ids(&further, &mut facts);
            next = further.iter().flat_map(|key| &facts.identities[key]).map(|span| span.player_id).collect();
            next.retain(|player| !whole.contains(player));
        }
        facts.visitors.retain(|player| !whole.contains(player));
        self.add_clicks(&whole.difference(&news.clicks).copied().collect(), &mut facts);
        self.add_history(&whole, &mut facts);
        facts
    }

    /// Everything about everybody whom these ids name.
    pub fn load_whole(&self, mut wanted: BTreeSet<IdentityKey>, batch: &[Arc<Message>]) -> Facts {
        let mut facts = self.rules();
        while !wanted.is_empty() {
            for key in wanted {
                let spans: Vec<Span> = self.identities.get(&key).map(|spans| spans.values().cloned().collect()).unwrap_or_default();
                facts.players.extend(spans.iter().map(|span| (span.player_id, self.players[&span.player_id].clone())));
                facts.identities.insert(key, spans);
            }
            for (key, spans) in &self.identities {
                if spans.values().any(|span| facts.players.contains_key(&span.player_id)) {
                    facts.identities.insert(key.clone(), spans.values().cloned().collect());
                    facts.players.extend(spans.values().map(|span| (span.player_id, self.players[&span.player_id].clone())));
                }
            }
            wanted = keys::further(batch, &facts);
        }
        let players: BTreeSet<Uuid> = facts.players.keys().copied().collect();
        self.add_clicks(&players, &mut facts);
        self.add_history(&players, &mut facts);
        facts
    }

    fn rules(&self) -> Facts {
        Facts {
            window_days: self.window_days.map(|days| (GAME, days)).into_iter().collect(),
            goals: self.goals.iter().filter(|goal| goal.status == GoalStatus::Active).cloned().collect(),
            connections: self.connections.clone(),
            mappings: self.mappings.clone().into_iter().collect(),
            actions: self.actions.clone().into_iter().collect(),
            erased: self.erased.clone(),
            ..Facts::default()
        }
    }

    fn add_ids(&self, keys: &BTreeSet<IdentityKey>, facts: &mut Facts) {
        let spans = |key: &IdentityKey| self.identities.get(key).map(|spans| spans.values().cloned().collect()).unwrap_or_default();
        facts.identities.extend(keys.iter().map(|key| (key.clone(), spans(key))));
    }

    fn add_clicks(&self, players: &BTreeSet<Uuid>, facts: &mut Facts) {
        facts.clicks.extend(self.clicks.values().filter(|click| players.contains(&click.player_id)).cloned());
    }

    fn add_history(&self, players: &BTreeSet<Uuid>, facts: &mut Facts) {
        facts.slots.extend(self.slots.values().filter(|slot| players.contains(&slot.player_id)).cloned());
        let holders: HashSet<Uuid> = facts.slots.iter().map(|slot| slot.conversion_id).collect();
        let theirs = self.conversions.values().filter(|one| one.player_id.is_some_and(|player| players.contains(&player)));
        facts
            .conversions
            .extend(theirs.map(|one| self.with_postbacks(one)).filter(|one| holders.contains(&one.id) || self.may_change(one)));
    }

    pub fn with_postbacks(&self, conversion: &StoredConversion) -> StoredConversion {
        let of =
            |wanted: State| self.postbacks.values().find(|(postback, state)| postback.conversion_id == conversion.id && *state == wanted);
        StoredConversion {
            untried_postback: of(State::Untried).map(|(postback, _)| postback.id),
            attempted: of(State::Attempted).is_some(),
            ..conversion.clone()
        }
    }

    fn may_change(&self, conversion: &StoredConversion) -> bool {
        match conversion.decision {
            Decision::Waiting { .. } => true,
            Decision::Credited { .. } => conversion.untried_postback.is_some(),
            Decision::NotSent { .. } => conversion.received_at >= self.now - AGAIN_FOR,
        }
    }
}
