//! Once per player: which conversion of a goal holds the player's slot. The first by event time, ties by messageId; but one whose
//! postback was attempted stands. Test conversions neither take nor respect it.

use super::facts::{Slot, StoredConversion};
use super::world::World;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Gives every slot of a player to the conversion that it belongs to; answers the conversions that gained or lost one.
pub fn settle(world: &mut World, player: Uuid) -> BTreeSet<Uuid> {
    let mut moved = BTreeSet::new();
    for (goal, first) in claims(world, player) {
        let held = world.conversions.slot(goal, player).map(|slot| slot.conversion_id);
        if held == first.as_ref().map(|slot| slot.conversion_id) {
            continue;
        }
        moved.extend(held);
        moved.extend(first.as_ref().map(|slot| slot.conversion_id));
        match first {
            Some(slot) => world.conversions.take_slot(slot),
            None => drop(world.conversions.free_slot(goal, player)),
        }
    }
    moved
}

/// Whether the conversion may count: repeatable, a test, or the holder of its slot.
pub fn counts(world: &World, conversion: &StoredConversion) -> bool {
    let holder = conversion.player_id.and_then(|player| world.conversions.slot(conversion.goal_id, player));
    !competes(conversion) || holder.is_some_and(|slot| slot.conversion_id == conversion.id)
}

fn competes(conversion: &StoredConversion) -> bool {
    conversion.body.once && !conversion.test
}

/// For each goal, who should hold the player's slot.
fn claims(world: &World, player: Uuid) -> BTreeMap<Uuid, Option<Slot>> {
    let mut claims: BTreeMap<Uuid, Option<Slot>> = world.conversions.slots_of(player).into_iter().map(|goal| (goal, None)).collect();
    let mut best: BTreeMap<Uuid, &StoredConversion> = BTreeMap::new();
    let rank = |one: &StoredConversion| (!one.attempted, one.event_time, one.message_id);
    for conversion in world.conversions.of(player).filter(|conversion| competes(conversion)) {
        best.entry(conversion.goal_id)
            .and_modify(|known| *known = std::cmp::min_by_key(*known, conversion, |one| rank(one)))
            .or_insert(conversion);
    }
    for goal in claims.keys().copied().chain(best.keys().copied()).collect::<BTreeSet<_>>() {
        let held = world.conversions.slot(goal, player);
        // A holder that was not loaded is an old one that stands.
        let stands = held.filter(|slot| !world.conversions.knows(slot.conversion_id));
        let slot_of = |first: &&StoredConversion| Slot {
            goal_id: goal,
            player_id: player,
            conversion_id: first.id,
            event_time: first.event_time,
            message_id: first.message_id,
        };
        claims.insert(goal, stands.cloned().or_else(|| best.get(&goal).map(slot_of)));
    }
    claims
}
