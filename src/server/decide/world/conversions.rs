//! The conversions of the players while a batch is decided, their once-per-player slots, and the postbacks that come and go with them.

use super::super::changes::{Merge, NewPostback};
use super::super::facts::{Slot, StoredConversion};
use crate::model::Millis;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use uuid::Uuid;

#[derive(Default)]
pub struct Conversions {
    all: BTreeMap<Uuid, StoredConversion>,
    of: HashMap<Uuid, BTreeSet<Uuid>>,
    slots: BTreeMap<(Uuid, Uuid), Slot>,
    /// Slots that have a row already.
    stored_slots: BTreeSet<(Uuid, Uuid)>,
    /// Made in this batch: not decided yet.
    fresh: BTreeSet<Uuid>,
    touched: BTreeSet<Uuid>,
    touched_slots: BTreeSet<(Uuid, Uuid)>,
    freed_slots: BTreeSet<(Uuid, Uuid)>,
    withdrawn: Vec<Uuid>,
    silenced: BTreeSet<Uuid>,
    postbacks: Vec<NewPostback>,
}

/// What `Conversions` adds to the changes.
pub struct Decided {
    pub freed_slots: Vec<(Uuid, Uuid)>,
    pub conversions: Vec<StoredConversion>,
    pub slots: Vec<Slot>,
    pub withdrawn: Vec<Uuid>,
    pub silenced: Vec<Uuid>,
    pub postbacks: Vec<NewPostback>,
}

impl Conversions {
    pub fn new(conversions: Vec<StoredConversion>, slots: Vec<Slot>) -> Self {
        let slots: BTreeMap<(Uuid, Uuid), Slot> = slots.into_iter().map(|slot| ((slot.goal_id, slot.player_id), slot)).collect();
        let mut all = Self { stored_slots: slots.keys().copied().collect(), slots, ..Self::default() };
        for conversion in conversions {
            all.keep(conversion);
        }
        all
    }

    pub fn add(&mut self, conversion: StoredConversion) {
        self.fresh.insert(conversion.id);
        self.touched.insert(conversion.id);
        self.keep(conversion);
    }

    fn keep(&mut self, conversion: StoredConversion) {
        if let Some(player) = conversion.player_id {
            self.of.entry(player).or_default().insert(conversion.id);
        }
        self.all.insert(conversion.id, conversion);
    }

    pub fn knows(&self, id: Uuid) -> bool {
        self.all.contains_key(&id)
    }

    pub fn get(&self, id: Uuid) -> &StoredConversion {
        self.all.get(&id).expect("conversions are named by ids taken from here")
    }

    pub fn of(&self, player: Uuid) -> impl Iterator<Item = &StoredConversion> {
        self.of.get(&player).into_iter().flatten().map(|id| self.get(*id))
    }

    pub fn is_fresh(&self, id: Uuid) -> bool {
        self.fresh.contains(&id)
    }

    /// Players with conversions that were never decided.
    pub fn undecided_players(&self) -> BTreeSet<Uuid> {
        self.fresh.iter().filter_map(|id| self.get(*id).player_id).collect()
    }

    pub fn slot(&self, goal: Uuid, player: Uuid) -> Option<&Slot> {
        self.slots.get(&(goal, player))
    }

    /// Goals of which the player holds a slot.
    pub fn slots_of(&self, player: Uuid) -> Vec<Uuid> {
        self.slots.keys().filter(|(_, holder)| *holder == player).map(|(goal, _)| *goal).collect()
    }

    pub fn take_slot(&mut self, slot: Slot) {
        let place = (slot.goal_id, slot.player_id);
        self.freed_slots.remove(&place);
        self.touched_slots.insert(place);
        self.slots.insert(place, slot);
    }

    pub fn free_slot(&mut self, goal: Uuid, player: Uuid) -> Option<Slot> {
        self.touched_slots.remove(&(goal, player));
        if self.stored_slots.contains(&(goal, player)) {
            self.freed_slots.insert((goal, player));
        }
        self.slots.remove(&(goal, player))
    }

    /// Everything of `from` is of `into`. A slot that both hold goes to the standing conversion, else to the earlier event; slots of
    /// conversions that are loaded are settled again afterwards.
    pub fn merge(&mut self, merge: Merge) {
        for id in self.of.remove(&merge.from).unwrap_or_default() {
            self.change(id).player_id = Some(merge.into);
            self.of.entry(merge.into).or_default().insert(id);
        }
        for goal in self.slots_of(merge.from) {
            let moved = self.free_slot(goal, merge.from).map(|slot| Slot { player_id: merge.into, ..slot });
            let rank =
                |slot: &Slot| (!self.all.get(&slot.conversion_id).is_none_or(|holder| holder.attempted), slot.event_time, slot.message_id);
            let held = self.slot(goal, merge.into);
            if let Some(moved) = moved.filter(|moved| held.is_none_or(|held| rank(moved) < rank(held))) {
                self.take_slot(moved);
            }
        }
    }

    /// Conversions that were found by this id within these event times, and never attempted, go to the other player.
    pub fn hand_over(&mut self, found_by: &(String, String), within: &Range<Millis>, from: Uuid, to: Uuid) {
        let moves = |conversion: &&StoredConversion| {
            !conversion.attempted && conversion.body.found_by.as_ref() == Some(found_by) && within.contains(&conversion.event_time)
        };
        let moved: Vec<Uuid> = self.of(from).filter(moves).map(|conversion| conversion.id).collect();
        for id in moved {
            self.change(id).player_id = Some(to);
            self.of.entry(from).or_default().remove(&id);
            self.of.entry(to).or_default().insert(id);
        }
    }

    pub fn rename_click(&mut self, player: Uuid, survivor: impl Fn(Uuid) -> Uuid) {
        let renamed: Vec<(Uuid, Uuid)> = self
            .of(player)
            .filter_map(|conversion| conversion.click_id.map(|click| (conversion.id, click, survivor(click))))
            .filter(|(_, click, kept)| click != kept)
            .map(|(id, _, kept)| (id, kept))
            .collect();
        for (id, kept) in renamed {
            self.change(id).click_id = Some(kept);
        }
    }

    pub fn change(&mut self, id: Uuid) -> &mut StoredConversion {
        self.touched.insert(id);
        self.all.get_mut(&id).expect("conversions are named by ids taken from here")
    }

    /// Takes back the postback of a conversion that was queued and never attempted.
    pub fn withdraw(&mut self, id: Uuid) {
        let postback = self.all.get_mut(&id).and_then(|conversion| conversion.untried_postback.take());
        self.withdrawn.extend(postback);
    }

    pub fn queue(&mut self, postback: NewPostback) {
        self.change(postback.conversion_id).untried_postback = Some(postback.id);
        self.postbacks.push(postback);
    }

    /// Nothing of this player may go out any more: the player said so. What was decided stays; its postbacks are cancelled.
    pub fn silence(&mut self, player: Uuid) {
        self.silenced.insert(player);
        for id in self.of.get(&player).into_iter().flatten() {
            if let Some(conversion) = self.all.get_mut(id) {
                conversion.untried_postback = None;
            }
        }
    }

    pub fn finish(mut self) -> Decided {
        let touched_slots = std::mem::take(&mut self.touched_slots);
        Decided {
            freed_slots: self.freed_slots.into_iter().collect(),
            conversions: self.touched.iter().filter_map(|id| self.all.remove(id)).collect(),
            slots: touched_slots.iter().filter_map(|place| self.slots.remove(place)).collect(),
            withdrawn: self.withdrawn,
            silenced: self.silenced.into_iter().collect(),
            postbacks: self.postbacks,
        }
    }
}
