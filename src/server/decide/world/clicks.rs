//! The clicks of the players while a batch is decided. A click is one for its player, network, kind and id; it keeps its first sighting.

use super::super::changes::{Merge, SameClick};
use super::super::facts::{Click, ClickBody};
use crate::model::Millis;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Range;
use uuid::Uuid;

#[derive(Default)]
pub struct Clicks {
    of: HashMap<Uuid, Vec<Click>>,
    /// Players who have clicks that were not loaded.
    others: HashSet<Uuid>,
    /// Clicks that have a row already.
    stored: HashSet<Uuid>,
    touched: BTreeSet<Uuid>,
    /// Click that turned out to be another -> that other one.
    gone: BTreeMap<Uuid, Uuid>,
}

impl Clicks {
    pub fn new(clicks: Vec<Click>, others: HashSet<Uuid>) -> Self {
        let mut all = Self { stored: clicks.iter().map(|click| click.id).collect(), others, ..Self::default() };
        for click in clicks {
            all.of.entry(click.player_id).or_default().push(click);
        }
        all
    }

    pub fn of(&self, player: Uuid) -> &[Click] {
        self.of.get(&player).map_or(&[], Vec::as_slice)
    }

    /// Whether the player came before, by an ad or without one.
    pub fn any_of(&self, player: Uuid) -> bool {
        self.others.contains(&player) || !self.of(player).is_empty()
    }

    /// Whether the click, or its time, was changed in this batch.
    pub fn touched(&self, click: Uuid) -> bool {
        self.touched.contains(&click)
    }

    /// Players of whom a click was changed in this batch.
    pub fn touched_players(&self) -> BTreeSet<Uuid> {
        let touched = |list: &[Click]| list.iter().any(|click| self.touched.contains(&click.id));
        self.of.iter().filter(|(_, list)| touched(list)).map(|(player, _)| *player).collect()
    }

    /// Adds a sighting. True when the player has a click, or an earlier time of one, that it did not have before.
    pub fn add(&mut self, seen: Click) -> bool {
        let list = self.of.entry(seen.player_id).or_default();
        let Some(known) = list.iter_mut().find(|known| same(known, &seen)) else {
            self.touched.insert(seen.id);
            list.push(seen);
            return true;
        };
        let (earlier, changed) = absorb(known, &seen);
        if changed {
            self.touched.insert(known.id);
        }
        earlier
    }

    /// Fills what is missing of a click: the first-party cookies that came later than the click itself.
    pub fn enrich(&mut self, player: Uuid, click: Uuid, fill: impl FnOnce(&mut ClickBody)) {
        if let Some(click) = self.of.get_mut(&player).and_then(|list| list.iter_mut().find(|known| known.id == click)) {
            let before = click.body.clone();
            fill(&mut click.body);
            if click.body != before {
                self.touched.insert(click.id);
            }
        }
    }

    pub fn merge(&mut self, merge: Merge) {
        for click in self.of.remove(&merge.from).unwrap_or_default() {
            self.give(click, merge.into);
        }
    }

    /// Clicks that were found by this id within these event times go to the other player.
    pub fn hand_over(&mut self, found_by: &(String, String), within: &Range<Millis>, from: Uuid, to: Uuid) {
        let list = self.of.remove(&from).unwrap_or_default();
        let (moved, stay) =
            list.into_iter().partition(|click| click.body.found_by.as_ref() == Some(found_by) && within.contains(&click.time));
        self.of.insert(from, stay);
        for click in moved {
            let click: Click = click;
            self.touched.insert(click.id);
            self.give(click, to);
        }
    }

    fn give(&mut self, click: Click, to: Uuid) {
        let mut click = Click { player_id: to, ..click };
        let list = self.of.entry(to).or_default();
        let Some(known) = list.iter_mut().find(|known| same(known, &click)) else {
            list.push(click);
            return;
        };
        if self.stored.contains(&click.id) && !self.stored.contains(&known.id) {
            std::mem::swap(known, &mut click);
        }
        if absorb(known, &click).1 {
            self.touched.insert(known.id);
        }
        self.touched.remove(&click.id);
        self.gone.insert(click.id, known.id);
    }

    /// The click that this one is by now.
    pub fn survivor(&self, mut click: Uuid) -> Uuid {
        while let Some(kept) = self.gone.get(&click) {
            click = *kept;
        }
        click
    }

    /// Clicks to delete and clicks to write.
    pub fn finish(self) -> (Vec<SameClick>, Vec<Click>) {
        let stored = self.gone.keys().filter(|gone| self.stored.contains(gone));
        let same = stored.map(|gone| SameClick { gone: *gone, kept: self.survivor(*gone) }).collect();
        let touched = self.touched;
        let mut clicks: Vec<Click> = self.of.into_values().flatten().filter(|click| touched.contains(&click.id)).collect();
        clicks.sort_by_key(|click| click.id);
        (same, clicks)
    }
}

fn same(one: &Click, other: &Click) -> bool {
    (&one.network, &one.kind, &one.click_id, one.test) == (&other.network, &other.kind, &other.click_id, other.test)
}

/// Makes one click of two sightings: the earlier one tells time, address and page; cookies are taken from whichever has them.
/// Answers whether the time became earlier, and whether anything changed.
fn absorb(known: &mut Click, seen: &Click) -> (bool, bool) {
    let before = known.body.clone();
    let earlier = seen.time < known.time;
    let (first, later) = if earlier { (&seen.body, before.clone()) } else { (&before, seen.body.clone()) };
    known.body = ClickBody {
        fbp: first.fbp.clone().or(later.fbp),
        fbc: first.fbc.clone().or(later.fbc),
        ttp: first.ttp.clone().or(later.ttp),
        rdt_uuid: first.rdt_uuid.clone().or(later.rdt_uuid),
        ..first.clone()
    };
    known.time = known.time.min(seen.time);
    (earlier, earlier || known.body != before)
}
