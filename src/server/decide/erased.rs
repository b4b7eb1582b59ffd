//! Somebody's data was erased: who that is, and how what still comes of them is kept out. PURE.

use super::changes::{StoredMessage, note};
use super::conversion;
use super::facts::{Facts, IdentityKey, IdentityType, Message, UserRef};
use super::goals;
use super::identity::Found;
use super::keys::{ANONYMOUS, DEVICE, is_placeholder, user_kind};
use super::world::World;
use crate::model::Millis;
use serde_json::Map;
use std::collections::BTreeSet;
use std::sync::Arc;
use uuid::Uuid;

/// The id that an erasure was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    Anonymous(String),
    /// Of whatever type.
    User(String),
}

impl Asked {
    /// The kinds of ids it may be, in production and in tests. Nobody bears a placeholder.
    pub fn keys(&self, game_id: Uuid) -> BTreeSet<IdentityKey> {
        let (kinds, value): (Vec<&str>, &String) = match self {
            Self::Anonymous(value) => (vec![ANONYMOUS], value),
            Self::User(value) => (IdentityType::ALL.iter().map(|kind| user_kind(*kind)).collect(), value),
        };
        let kinds = if is_placeholder(value) { Vec::new() } else { kinds };
        let key = |kind: &str, test| IdentityKey { game_id, test, kind: kind.to_owned(), value: value.clone() };
        kinds.into_iter().flat_map(|kind| [key(kind, false), key(kind, true)]).collect()
    }
}

/// Whom an erasure takes away.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Gone {
    /// The players who bear the id now, as test players, too.
    pub players: BTreeSet<Uuid>,
    /// Their ids, by which nobody is known any more. What another player bears by now is not among them.
    pub ids: BTreeSet<IdentityKey>,
    /// Ids that were theirs once or in between and are another's, with the begin of what is now the first span.
    pub others: Vec<(IdentityKey, Millis)>,
    /// Ids that have to be loaded before this is all.
    pub unknown: BTreeSet<IdentityKey>,
}

/// Follows the asked ids to their players, to all their other ids, and to the test ids of the same values. A player who was `named` goes
/// in any case, also one whose ids are all somebody else's by now.
pub fn gone(asked: &BTreeSet<IdentityKey>, named: Option<Uuid>, facts: &Facts) -> Gone {
    let mut gone = Gone { ids: asked.clone(), ..Gone::default() };
    let mut next: Vec<IdentityKey> = asked.iter().cloned().collect();
    while let Some(key) = next.pop() {
        let Some(spans) = facts.identities.get(&key) else {
            gone.unknown.insert(key);
            continue;
        };
        let Some(owner) = spans.last().map(|span| span.player_id).filter(|owner| gone.players.insert(*owner)) else { continue };
        for (key, spans) in facts.identities.iter().filter(|(_, spans)| spans.iter().any(|span| span.player_id == owner)) {
            if spans.last().is_some_and(|span| span.player_id == owner) {
                gone.ids.extend(kinds_of(key, spans.last().is_some_and(|span| span.claimed.is_none())));
                next.extend([key.clone(), IdentityKey { test: !key.test, ..key.clone() }]);
            }
        }
    }
    gone.players.extend(named);
    gone.others = others(&gone.players, facts);
    gone
}

/// An untyped userId stands for any type.
fn kinds_of(key: &IdentityKey, unclaimed: bool) -> Vec<IdentityKey> {
    if unclaimed && key.kind == user_kind(IdentityType::Custom) {
        return IdentityType::ALL.iter().map(|kind| IdentityKey { kind: user_kind(*kind).to_owned(), ..key.clone() }).collect();
    }
    vec![key.clone()]
}

fn others(players: &BTreeSet<Uuid>, facts: &Facts) -> Vec<(IdentityKey, Millis)> {
    let shared = facts.identities.iter().filter(|(_, spans)| spans.first().is_some_and(|span| players.contains(&span.player_id)));
    let left = shared.filter_map(|(key, spans)| Some((key.clone(), spans.iter().find(|span| !players.contains(&span.player_id))?.since)));
    left.collect()
}

/// Whether a message is of somebody who was erased. One that names another user and happened after the erasure is that user's: it
/// stays, and the erased ids are left out of it. Browsers get new owners.
pub fn is_kept_out(world: &World, message: &mut Arc<Message>) -> bool {
    if world.erased.is_empty() {
        return false;
    }
    let users = message.user.iter().chain(message.alias.iter().flat_map(|(from, to)| [from, to]));
    if users.into_iter().any(|user| user_is_erased(world, message, user)) {
        return true;
    }
    let erased = |kind: &str, id: &Option<String>| id.as_ref().and_then(|id| when(world, message.game_id, kind, id));
    let (anonymous, device) = (erased(ANONYMOUS, &message.anonymous_id), erased(DEVICE, &message.device_id));
    let Some(latest) = anonymous.max(device) else { return false };
    let names_another = message.user.is_some() || message.alias.is_some();
    if !names_another || message.event_time <= latest {
        return true;
    }
    let message = Arc::make_mut(message);
    message.anonymous_id = message.anonymous_id.take().filter(|_| anonymous.is_none());
    message.device_id = message.device_id.take().filter(|_| device.is_none());
    false
}

fn user_is_erased(world: &World, message: &Message, user: &UserRef) -> bool {
    let erased = |kind: IdentityType| when(world, message.game_id, user_kind(kind), &user.id).is_some();
    let Some(kind) = user.kind else {
        let alive = |kind: &IdentityType| {
            let key =
                IdentityKey { game_id: message.game_id, test: message.test, kind: user_kind(*kind).to_owned(), value: user.id.clone() };
            world.graph.owner(&key, message.event_time).is_some()
        };
        return IdentityType::ALL.iter().any(|kind| erased(*kind)) && !IdentityType::ALL.iter().any(alive);
    };
    erased(kind)
}

fn when(world: &World, game_id: Uuid, kind: &str, value: &str) -> Option<Millis> {
    world.erased.get(&IdentityKey { game_id, test: false, kind: kind.to_owned(), value: value.to_owned() }).copied()
}

/// Counts the message and the goals that it reaches, and keeps nothing of whose it was.
pub fn keep_out(world: &mut World, message: Arc<Message>) -> StoredMessage {
    let reached: Vec<usize> = (0..world.rules.goals.len()).filter(|at| goals::reached(&world.rules.goals[*at], &message)).collect();
    let bare = Message {
        anonymous_id: None,
        device_id: None,
        session_id: None,
        user: None,
        alias: None,
        ip: None,
        user_agent: None,
        properties: Map::new(),
        context: Map::new(),
        traits: Map::new(),
        ..Arc::unwrap_or_clone(message)
    };
    let found = Found { note: Some(note::ERASED), ..Found::default() };
    for at in reached {
        let window_days = world.rules.window_days(bare.game_id);
        world.conversions.add(conversion::of(&bare, &world.rules.goals[at], &found, window_days, world.now));
    }
    StoredMessage { player_id: None, note: found.note, message: Arc::new(bare) }
}
