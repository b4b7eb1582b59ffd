//! Receipts, and the last words on them.

use super::{Kept, Row, Store};
use crate::model::Millis;
use crate::model::postback::PostbackState;
use crate::server::db::connections::{Park, Route};
use crate::server::db::last_words::Final;
use crate::server::db::receipts::{self, Open};
use uuid::Uuid;

impl Store {
    pub fn asking(&self, now: Millis) -> Vec<Route> {
        let due = |id: &Uuid| self.receipts.values().any(|kept| kept.open.connection_id == *id && !kept.held && kept.due_at <= now);
        self.connections.iter().filter(|(id, connection)| connection.sends() && due(id)).map(|(_, one)| one.route.clone()).collect()
    }

    pub fn claim_receipts(&mut self, connection_id: Uuid, most: usize, now: Millis) -> Vec<Open> {
        let lease_id = self.lease();
        let due = |kept: &&mut Kept| kept.open.connection_id == connection_id && !kept.held && kept.due_at <= now;
        let mut claimed = Vec::new();
        let mut next: Vec<&mut Kept> = self.receipts.values_mut().filter(due).collect();
        next.sort_by_key(|kept| kept.due_at);
        for kept in next.into_iter().take(most) {
            (kept.held, kept.lease_until, kept.open.lease_id) = (true, now + receipts::LEASE, lease_id);
            claimed.push(kept.open.clone());
        }
        claimed
    }

    pub fn reclaim_receipts(&mut self, until: Millis) {
        for kept in self.receipts.values_mut().filter(|kept| kept.held && kept.lease_until < until) {
            kept.held = false;
        }
    }

    fn receipt(&mut self, open: &Open) -> Option<&mut Kept> {
        self.receipts.get_mut(&open.id).filter(|kept| kept.held && kept.open.lease_id == open.lease_id)
    }

    pub fn put_back(&mut self, open: &Open, asked: i32, due_at: Millis, park: Option<&Park>) {
        if let Some(kept) = self.receipt(open) {
            kept.held = false;
            kept.open.asked = asked;
            kept.due_at = due_at;
        }
        if let Some(park) = park {
            self.park(park);
        }
    }

    /// Writes the last word, if the receipt is still ours.
    pub fn tell(&mut self, last: &Final) -> bool {
        if self.receipt(&last.open).is_none() {
            return false;
        }
        let left = self.receipts.remove(&last.open.id).expect("it was found there").events;
        for told in last.events.iter().filter(|told| left.contains_key(&told.of.postback_id)) {
            let id = told.of.postback_id;
            let stored = self.postbacks.get_mut(&id).expect("it is of a postback");
            if stored.state == PostbackState::Accepted {
                (stored.state, stored.ended) = stored.ends(told.state, told.ended.clone());
            }
            if let Some(again) = told.again {
                let row = Row {
                    connection_id: told.of.connection_id,
                    due_at: again.due_at,
                    expires_at: again.expires_at,
                    attempt: again.attempt,
                    steps: again.steps,
                    claims: 0,
                    refusals: again.refusals,
                    give_up_at: again.give_up_at,
                    alone: again.alone,
                    lease: None,
                };
                assert!(self.queue.insert(id, row).is_none(), "a postback is in the queue once");
            }
        }
        if let Some(park) = &last.park {
            self.park(park);
        }
        true
    }
}
