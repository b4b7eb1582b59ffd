//! The ways back into the queue, by which people have postbacks sent again.

use super::{Row, Store};
use crate::model::Millis;
use crate::model::postback::PostbackState;
use uuid::Uuid;

impl Store {
    /// Puts ended postbacks back into the queue; how many were still out of it.
    pub fn put_ended_back(&mut self, ids: &[Uuid], now: Millis) -> i64 {
        let mut count = 0;
        for id in ids {
            let stored = self.postbacks.get_mut(id).expect("it is kept");
            if stored.state == PostbackState::Failed {
                (stored.state, stored.ended) = (PostbackState::Queued, None);
                self.enqueue(*id, now);
                count += 1;
            }
        }
        count
    }

    fn enqueue(&mut self, id: Uuid, now: Millis) {
        let stored = &self.postbacks[&id];
        let row = Row {
            connection_id: stored.of.connection_id,
            due_at: now,
            expires_at: stored.expires_at,
            attempt: stored.attempts,
            steps: 0,
            claims: 0,
            refusals: 0,
            give_up_at: None,
            alone: false,
            lease: None,
        };
        self.queue.entry(id).or_insert(row);
    }

    /// Makes the next try of waiting ones due now; how many of them nobody holds.
    pub fn hurry(&mut self, ids: &[Uuid], now: Millis) -> i64 {
        let mut count = 0;
        for id in ids {
            if let Some(row) = self.queue.get_mut(id).filter(|row| row.lease.is_none()) {
                (row.give_up_at, row.refusals, row.steps, row.due_at) = (None, 0, 0, now);
                count += 1;
            }
        }
        count
    }

    /// Puts one that the network has, or may have, back into the queue; whether it was still out of it.
    pub fn repeat(&mut self, id: Uuid, known_since: Option<Millis>, now: Millis) -> bool {
        self.receipts.values_mut().for_each(|kept| drop(kept.events.remove(&id)));
        let stored = self.postbacks.get_mut(&id).expect("it is kept");
        match stored.state {
            PostbackState::Accepted | PostbackState::Confirmed => stored.delivered = Some(stored.state),
            PostbackState::Failed => {}
            _ => return false,
        }
        (stored.state, stored.ended, stored.unknown_since) = (PostbackState::Queued, None, known_since);
        self.enqueue(id, now);
        true
    }
}
