//! What a consent status set for a player changes. Messages carry their own level, which rules what they may say; a status of `none`
//! cancels what is queued for the player and blocks what comes, until a newer status raises it.

use super::changes::Changes;
use super::facts::{Contact, Facts, IdentityKey, Player, Span};
use super::ids;
use super::keys::{ANONYMOUS, is_placeholder};
use super::world::World;
use crate::model::Millis;
use crate::model::conversion::Consent;
use std::collections::BTreeSet;
use uuid::Uuid;

/// A status as set over the API for an anonymousId.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentStatus {
    /// Our id (UUIDv7).
    pub id: Uuid,
    pub game_id: Uuid,
    pub anonymous_id: String,
    pub status: Consent,
    /// When it was received: the last one set counts.
    pub time: Millis,
}

/// The ids to lock and load before asking `consent`: the one named, and its test twin.
pub fn keys_of(status: &ConsentStatus) -> BTreeSet<IdentityKey> {
    key_of(status).into_iter().flat_map(|key| [IdentityKey { test: true, ..key.clone() }, key]).collect()
}

fn key_of(status: &ConsentStatus) -> Option<IdentityKey> {
    let usable = !is_placeholder(&status.anonymous_id);
    usable.then(|| IdentityKey { game_id: status.game_id, test: false, kind: ANONYMOUS.into(), value: status.anonymous_id.clone() })
}

/// What this status changes. An anonymousId that nobody has seen gets its player now: a refusal must not be forgotten.
pub fn consent(status: &ConsentStatus, facts: Facts, now: Millis) -> Changes {
    let mut world = World::new(facts, now);
    if let Some(key) = key_of(status) {
        let player = world.graph.owner(&key, status.time).unwrap_or_else(|| make(&mut world, &key, status));
        let told = Some((status.status, status.time));
        let newest = newer(world.graph.player(player).consent, told);
        if newest == told {
            let known = world.graph.change_player(player);
            known.consent = told;
            forget_unless_full(known);
            silence_if_refused(&mut world, player);
            let twin = world.graph.owner(&IdentityKey { test: true, ..key }, status.time);
            if let Some(twin) = twin.filter(|_| refused(world.graph.player(player))) {
                world.conversions.silence(twin);
            }
        }
    }
    world.finish(Vec::new())
}

/// Cancels what is queued for a player whose newest status is `none`.
pub fn silence_if_refused(world: &mut World, player: Uuid) {
    if refused(world.graph.player(player)) {
        world.conversions.silence(player);
    }
}

/// Contact is kept at full consent only.
pub fn forget_unless_full(player: &mut Player) {
    if player.consent.is_some_and(|(status, _)| status != Consent::Full) {
        player.contact = Contact::default();
    }
}

/// Whether nothing about this player may be sent.
pub fn refused(player: &Player) -> bool {
    matches!(player.consent, Some((Consent::None, _)))
}

/// The newer of two statuses; at the same time the one that allows less.
pub fn newer(one: Option<(Consent, Millis)>, other: Option<(Consent, Millis)>) -> Option<(Consent, Millis)> {
    let rank = |told: &Option<(Consent, Millis)>| told.map(|(status, time)| (time, std::cmp::Reverse(status)));
    std::cmp::max_by_key(one, other, rank)
}

fn make(world: &mut World, key: &IdentityKey, status: &ConsentStatus) -> Uuid {
    let id = ids::of(world.now, status.id, "player");
    let (game_id, test) = (key.game_id, key.test);
    world.graph.add_player(Player {
        id,
        game_id,
        test,
        consent: None,
        contact: Contact::default(),
        identity_count: 1,
        created_at: world.now,
    });
    world.graph.put(key, Span { since: 0, player_id: id, claimed: None });
    id
}
