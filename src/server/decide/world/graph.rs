//! The identity graph while a batch is decided: which id belongs to which player from when on, and what of that changed.

use super::super::changes::Merge;
use super::super::consent;
use super::super::facts::{IdentityKey, Player, Span};
use crate::model::Millis;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use uuid::Uuid;

#[derive(Default)]
pub struct Graph {
    players: HashMap<Uuid, Player>,
    /// Spans of each id, by `since`.
    spans: HashMap<IdentityKey, BTreeMap<Millis, Span>>,
    ids: HashMap<Uuid, BTreeSet<IdentityKey>>,
    /// Players that have a row already.
    stored: HashSet<Uuid>,
    /// Merged player -> the one it went into.
    gone: HashMap<Uuid, Uuid>,
    merges: Vec<Uuid>,
    touched_players: BTreeSet<Uuid>,
    touched_spans: BTreeSet<(IdentityKey, Millis)>,
}

impl Graph {
    pub fn new(players: HashMap<Uuid, Player>, identities: HashMap<IdentityKey, Vec<Span>>) -> Self {
        let mut graph = Self { stored: players.keys().copied().collect(), players, ..Self::default() };
        for (key, spans) in identities {
            for span in &spans {
                graph.ids.entry(span.player_id).or_default().insert(key.clone());
            }
            graph.spans.insert(key, spans.into_iter().map(|span| (span.since, span)).collect());
        }
        graph
    }

    pub fn player(&self, id: Uuid) -> &Player {
        self.players.get(&id).expect("a span's player is loaded with it")
    }

    pub fn change_player(&mut self, id: Uuid) -> &mut Player {
        self.touched_players.insert(id);
        self.players.get_mut(&id).expect("a span's player is loaded with it")
    }

    pub fn add_player(&mut self, player: Player) -> Uuid {
        let id = player.id;
        self.touched_players.insert(id);
        self.players.insert(id, player);
        id
    }

    /// A message of theirs came at that time. Where a clock went back since they came, they came then: messages are looked for since that day.
    pub fn came_by(&mut self, id: Uuid, time: Millis) {
        if self.players.get(&id).is_some_and(|player| time < player.created_at) {
            self.change_player(id).created_at = time;
        }
    }

    /// The span of an id that holds at an event time; what lies before the first one counts as its own.
    pub fn span_at(&self, key: &IdentityKey, at: Millis) -> Option<&Span> {
        let spans = self.spans.get(key)?;
        spans.range(..=at.max(0)).next_back().or_else(|| spans.first_key_value()).map(|(_, span)| span)
    }

    pub fn owner(&self, key: &IdentityKey, at: Millis) -> Option<Uuid> {
        self.span_at(key, at).map(|span| span.player_id)
    }

    /// How many spans an id has: how often it changed hands, and one.
    pub fn hands(&self, key: &IdentityKey) -> usize {
        self.spans.get(key).map_or(0, BTreeMap::len)
    }

    pub fn knows(&self, player: Uuid) -> bool {
        self.players.contains_key(&player)
    }

    /// When the span after the one that begins at `since` begins; the end of time where there is none.
    pub fn end_of(&self, key: &IdentityKey, since: Millis) -> Millis {
        self.spans.get(key).and_then(|spans| spans.range(since + 1..).next()).map_or(Millis::MAX, |(next, _)| *next)
    }

    pub fn ids_of(&self, player: Uuid) -> impl Iterator<Item = &IdentityKey> {
        self.ids.get(&player).into_iter().flatten()
    }

    pub fn count_of(&self, player: Uuid) -> usize {
        self.ids.get(&player).map_or(0, BTreeSet::len)
    }

    /// Adds a span, or replaces the one that begins at the same time.
    pub fn put(&mut self, key: &IdentityKey, span: Span) {
        let (since, owner) = (span.since, span.player_id);
        let spans = self.spans.entry(key.clone()).or_default();
        let before = spans.insert(since, span).map(|span| span.player_id);
        if let Some(before) = before.filter(|before| *before != owner && !spans.values().any(|span| span.player_id == *before)) {
            self.ids.entry(before).or_default().remove(key);
            self.touched_players.insert(before);
        }
        if self.ids.entry(owner).or_default().insert(key.clone()) {
            self.touched_players.insert(owner);
        }
        self.touched_spans.insert((key.clone(), since));
    }

    /// Makes one player of two. The one with a row stays, then the older one, then the one with more ids: the fewest rows move, since ids are few
    /// and messages are not.
    pub fn merge(&mut self, one: Uuid, other: Uuid) -> Merge {
        let since = |id| self.players.get(&id).map_or(Millis::MAX, |player| player.created_at);
        let rank = |id: Uuid| (!self.stored.contains(&id), since(id), Reverse(self.count_of(id)), id);
        let (into, from) = if rank(one) <= rank(other) { (one, other) } else { (other, one) };
        for key in self.ids.remove(&from).unwrap_or_default() {
            for span in self.spans.get_mut(&key).into_iter().flat_map(BTreeMap::values_mut).filter(|span| span.player_id == from) {
                span.player_id = into;
            }
            self.ids.entry(into).or_default().insert(key);
        }
        if let Some(from) = self.players.remove(&from) {
            let into = self.change_player(into);
            into.consent = consent::newer(into.consent, from.consent);
            into.contact.merge(from.contact);
            consent::forget_unless_full(into);
            into.created_at = into.created_at.min(from.created_at);
        }
        self.touched_players.remove(&from);
        self.gone.insert(from, into);
        if self.stored.contains(&from) {
            self.merges.push(from);
        }
        Merge { from, into }
    }

    /// The player that this one is part of by now.
    pub fn survivor(&self, mut player: Uuid) -> Uuid {
        while let Some(into) = self.gone.get(&player) {
            player = *into;
        }
        player
    }

    /// Merges (each into its last survivor), players and spans to write.
    pub fn finish(mut self) -> (Vec<Merge>, Vec<Player>, Vec<(IdentityKey, Span)>) {
        let merges = self.merges.iter().map(|from| Merge { from: *from, into: self.survivor(*from) }).collect();
        let mut players = Vec::with_capacity(self.touched_players.len());
        for id in std::mem::take(&mut self.touched_players) {
            let identity_count = i32::try_from(self.count_of(id)).unwrap_or(i32::MAX);
            players.extend(self.players.remove(&id).map(|player| Player { identity_count, ..player }));
        }
        let spans = &self.spans;
        let identities = std::mem::take(&mut self.touched_spans)
            .into_iter()
            .filter_map(|(key, since)| spans.get(&key)?.get(&since).cloned().map(|span| (key, span)))
            .collect();
        (merges, players, identities)
    }
}
