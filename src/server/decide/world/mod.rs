//! What `decide` works on: the facts of a batch, changed message by message, and at the end the rows that differ.

mod clicks;
mod conversions;
mod graph;

use super::changes::{Changes, StoredMessage};
use super::facts::{Facts, IdentityKey, MappedAction};
use crate::model::Millis;
use crate::model::connection::Connection;
use crate::model::game::DEFAULT_WINDOW_DAYS;
use crate::model::goal::Goal;
use conversions::Conversions;
use graph::Graph;
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use uuid::Uuid;

pub use clicks::Clicks;

pub struct World {
    pub now: Millis,
    pub rules: Rules,
    pub graph: Graph,
    pub clicks: Clicks,
    pub conversions: Conversions,
    /// Ids that were erased, with the time.
    pub erased: HashMap<IdentityKey, Millis>,
    /// Players whose clicks, links or contact changed: what can still be decided about them is decided again.
    stirred: BTreeSet<Uuid>,
}

/// What the games have set up.
pub struct Rules {
    window_days: HashMap<Uuid, i32>,
    /// Oldest first.
    pub goals: Vec<Goal>,
    connections: Vec<Connection>,
    mappings: HashMap<(Uuid, String), String>,
    actions: HashMap<(Uuid, String), MappedAction>,
}

impl World {
    pub fn new(facts: Facts, now: Millis) -> Self {
        let Facts {
            window_days,
            identities,
            players,
            clicks,
            visitors,
            slots,
            conversions,
            mut goals,
            connections,
            mappings,
            actions,
            erased,
        } = facts;
        goals.sort_by_key(|goal| goal.id);
        Self {
            now,
            rules: Rules { window_days, goals, connections, mappings, actions },
            graph: Graph::new(players, identities),
            clicks: Clicks::new(clicks, visitors),
            conversions: Conversions::new(conversions, slots),
            erased,
            stirred: BTreeSet::new(),
        }
    }

    /// Makes one player of two, with everything they have; answers which one it is.
    pub fn merge(&mut self, one: Uuid, other: Uuid) -> Uuid {
        if one == other {
            return one;
        }
        let merge = self.graph.merge(one, other);
        self.clicks.merge(merge);
        self.conversions.merge(merge);
        let Self { clicks, conversions, .. } = self;
        conversions.rename_click(merge.into, |click| clicks.survivor(click));
        self.stirred.remove(&merge.from);
        self.stir(merge.into);
        merge.into
    }

    /// What was seen of an id within these event times was the other player.
    pub fn hand_over(&mut self, key: &IdentityKey, within: Range<Millis>, from: Uuid, to: Uuid) {
        let found_by = (key.kind.clone(), key.value.clone());
        self.clicks.hand_over(&found_by, &within, from, to);
        self.conversions.hand_over(&found_by, &within, from, to);
        let Self { clicks, conversions, .. } = self;
        conversions.rename_click(to, |click| clicks.survivor(click));
        self.stir(from);
        self.stir(to);
    }

    /// What can still be decided about this player is to be decided again.
    pub fn stir(&mut self, player: Uuid) {
        self.stirred.insert(player);
    }

    pub fn is_stirred(&self, player: Uuid) -> bool {
        self.stirred.contains(&player)
    }

    /// Players with something to decide.
    pub fn unsettled(&self) -> BTreeSet<Uuid> {
        self.stirred.iter().copied().chain(self.conversions.undecided_players()).collect()
    }

    /// The players whose clicks this one sees at an event time: itself; for a test player also whoever bears one of its ids among the
    /// production players, and the test players who bear one of theirs. Who was not loaded, because ids passed through too many hands, is
    /// not seen.
    pub fn seen_by(&self, player: Uuid, at: Millis) -> Vec<Uuid> {
        let mut seen = vec![player];
        let mut next = 0;
        while let Some(one) = seen.get(next).copied().filter(|_| self.graph.player(player).test) {
            let twins = self.graph.ids_of(one).map(|key| IdentityKey { test: !key.test, ..key.clone() });
            for owner in twins.filter_map(|twin| self.graph.owner(&twin, at)).collect::<Vec<_>>() {
                if self.graph.knows(owner) && !seen.contains(&owner) {
                    seen.push(owner);
                }
            }
            next += 1;
        }
        seen
    }

    pub fn finish(self, messages: Vec<StoredMessage>) -> Changes {
        let survivor = |message: StoredMessage| StoredMessage { player_id: message.player_id.map(|id| self.graph.survivor(id)), ..message };
        let messages = messages.into_iter().map(survivor).collect();
        let (merges, players, identities) = self.graph.finish();
        let (same_clicks, clicks) = self.clicks.finish();
        let conversions::Decided { freed_slots, conversions, slots, withdrawn, silenced, postbacks } = self.conversions.finish();
        Changes {
            freed_slots,
            same_clicks,
            merges,
            players,
            identities,
            clicks,
            conversions,
            slots,
            withdrawn,
            silenced,
            postbacks,
            messages,
        }
    }
}

impl Rules {
    pub fn window_days(&self, game: Uuid) -> i32 {
        self.window_days.get(&game).copied().unwrap_or(DEFAULT_WINDOW_DAYS)
    }

    pub fn connection(&self, game: Uuid, network: &str) -> Option<&Connection> {
        self.connections.iter().find(|connection| connection.game_id == game && connection.network == network)
    }

    /// What a goal is mapped to at a network that asks for it.
    pub fn action(&self, goal: Uuid, network: &str) -> Option<&MappedAction> {
        self.actions.get(&(goal, network.to_owned()))
    }

    /// The event name that somebody chose for a goal at a network.
    pub fn mapping(&self, goal: Uuid, network: &str) -> Option<&str> {
        self.mappings.get(&(goal, network.to_owned())).map(String::as_str)
    }
}
