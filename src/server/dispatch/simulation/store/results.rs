//! What came of the calls, and what it does to queue, postbacks and log.

use super::{Covered, Kept, Logged, Open, Store, Stored};
use crate::model::postback::PostbackState;
use crate::server::db::results::{Finish, Results, Stand};
use std::collections::BTreeMap;
use uuid::Uuid;

impl Store {
    /// Writes results; which of them were ours, in their order.
    pub fn finish(&mut self, list: &[Results]) -> Vec<bool> {
        let mut all = Vec::new();
        for results in list {
            for finish in &results.finishes {
                let ours = self.finish_one(finish);
                all.push(ours);
                if let Some(covered) = finish.receipt.filter(|_| ours) {
                    let receipt =
                        results.receipts.iter().find(|receipt| receipt.id == covered.receipt_id).expect("it is kept with its events");
                    let kept = self.receipts.entry(receipt.id).or_insert_with(|| Kept {
                        open: Open {
                            id: receipt.id,
                            lease_id: Uuid::nil(),
                            connection_id: receipt.connection_id,
                            named: receipt.named.clone(),
                            events: i32::try_from(receipt.events).unwrap_or(0),
                            asked: 0,
                        },
                        held: false,
                        lease_until: 0,
                        due_at: receipt.due_at,
                        events: BTreeMap::new(),
                    });
                    let stored = &self.postbacks[&finish.of.postback_id];
                    let event = Covered {
                        of: finish.of.clone(),
                        attempt_id: finish.attempt.id,
                        attempt: covered.attempt,
                        steps: covered.steps,
                        refusals: covered.refusals,
                        give_up_at: covered.give_up_at,
                        alone: covered.alone,
                        expires_at: stored.expires_at,
                        unknown_since: stored.unknown_since,
                    };
                    kept.events.insert(finish.of.postback_id, event);
                }
            }
        }
        for park in list.iter().flat_map(|results| &results.parks) {
            self.park(park);
        }
        for id in list.iter().flat_map(|results| &results.answered) {
            self.connections.get_mut(id).expect("connections are kept").route.probing = false;
        }
        all
    }

    fn finish_one(&mut self, finish: &Finish) -> bool {
        let id = finish.of.postback_id;
        let ours = match self.held((id, finish.lease_id)) {
            None => false,
            Some(row) => {
                match finish.stand {
                    Stand::Over { .. } => drop(self.queue.remove(&id)),
                    Stand::Open { due_at, steps, refusals, give_up_at } => {
                        row.lease = None;
                        row.claims = 0;
                        row.attempt += 1;
                        row.due_at = due_at;
                        row.steps = steps;
                        row.refusals = refusals;
                        row.give_up_at = row.give_up_at.or(Some(give_up_at));
                    }
                }
                let stored = self.postbacks.get_mut(&id).expect("it is of a postback");
                stored.attempts += i32::from(finish.attempt.sent.is_some());
                (stored.state, stored.ended) = match &finish.stand {
                    Stand::Over { state, ended } => stored.ends(*state, ended.clone()),
                    Stand::Open { .. } => (PostbackState::Retrying, None),
                };
                stored.unknown_since = stored.unknown_since.or(finish.unknown_since);
                true
            }
        };
        self.log.push(Logged {
            postback_id: id,
            connection_id: finish.of.connection_id,
            time: finish.attempt.time,
            status: finish.attempt.status,
            called: finish.attempt.sent.is_some(),
            late: !ours,
        });
        ours
    }
}

impl Stored {
    /// What was delivered before and was only repeated stays delivered.
    pub fn ends(&self, state: PostbackState, ended: Option<String>) -> (PostbackState, Option<String>) {
        match self.delivered {
            Some(delivered) if matches!(state, PostbackState::Failed | PostbackState::Expired | PostbackState::Cancelled) => {
                (delivered, None)
            }
            _ => (state, ended),
        }
    }
}
