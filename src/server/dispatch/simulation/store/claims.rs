//! Claims under a lease: made, prolonged, handed back, taken back when overdue.

use super::{Row, Store};
use crate::model::Millis;
use crate::server::db::postbacks::Claimed;
use crate::server::db::queue::{Held, LEASE, SUSPECT_WAIT, Share};
use crate::server::dispatch::claim::{self, Want};
use std::collections::HashSet;
use uuid::Uuid;

impl Store {
    pub fn claim(&mut self, wants: &[Want], now: Millis) -> Vec<Vec<Claimed>> {
        let mut all = Vec::new();
        for want in wants {
            let (mut held, mut share) = (Vec::new(), None);
            while let Some((next, most)) = claim::next_share(want, share, held.len()) {
                held.extend(self.claim_share(want.connection_id, next, most, now));
                share = Some(next);
            }
            all.push(held.into_iter().map(|row| self.load(row)).collect());
        }
        all
    }

    pub fn claim_share(&mut self, connection_id: Uuid, share: Share, most: usize, now: Millis) -> Vec<Held> {
        let mine = |row: &Row| row.connection_id == connection_id;
        let most = match share {
            Share::Fresh | Share::Due => most,
            Share::Suspects(suspicion) => {
                let out = self.queue.values().filter(|row| mine(row) && row.lease.is_some() && suspicion.is_of(row.claims - 1)).count();
                most.min(suspicion.width().saturating_sub(out))
            }
        };
        let may = |row: &Row| {
            mine(row)
                && row.lease.is_none()
                && row.due_at <= now
                && match share {
                    Share::Suspects(suspicion) => suspicion.is_of(row.claims),
                    Share::Fresh => row.claims < 2 && row.attempt == 0,
                    Share::Due => row.claims < 2,
                }
        };
        let suspects = matches!(share, Share::Suspects(_));
        let mut due: Vec<(i32, Millis, Millis, Uuid)> = self
            .queue
            .iter()
            .filter(|(_, row)| may(row))
            .map(|(id, row)| (if suspects { row.claims } else { 0 }, row.due_at, row.expires_at, *id))
            .collect();
        due.sort_unstable();
        due.truncate(most);
        self.hold(due.into_iter().map(|(.., id)| id).collect(), now)
    }

    pub fn claim_expired(&mut self, most: usize, now: Millis) -> Vec<Claimed> {
        let mut old: Vec<(Millis, Uuid)> = self
            .queue
            .iter()
            .filter(|(_, row)| row.lease.is_none() && row.expires_at <= now)
            .map(|(id, row)| (row.expires_at, *id))
            .collect();
        old.sort_unstable();
        old.truncate(most);
        let held = self.hold(old.into_iter().map(|(_, id)| id).collect(), now);
        held.into_iter().map(|row| self.load(row)).collect()
    }

    fn hold(&mut self, ids: Vec<Uuid>, now: Millis) -> Vec<Held> {
        let lease_id = self.lease();
        let mut held = Vec::with_capacity(ids.len());
        for id in ids {
            let row = self.queue.get_mut(&id).expect("it was found there");
            row.lease = Some((lease_id, now + LEASE));
            row.claims += 1;
            held.push(Held {
                id,
                lease_id,
                lease_until: now + LEASE,
                attempt: row.attempt,
                steps: row.steps,
                claims: row.claims,
                refusals: row.refusals,
                give_up_at: row.give_up_at,
                expires_at: row.expires_at,
                alone: row.alone,
            });
        }
        held.sort_by_key(|row| (row.expires_at, row.id));
        held
    }

    fn load(&self, held: Held) -> Claimed {
        let stored = &self.postbacks[&held.id];
        Claimed { of: stored.of.clone(), body: Some(stored.body.clone()), unknown_since: stored.unknown_since, held }
    }

    pub(super) fn held(&mut self, (id, lease): (Uuid, Uuid)) -> Option<&mut Row> {
        self.queue.get_mut(&id).filter(|row| row.lease.is_some_and(|(held, _)| held == lease))
    }

    pub fn renew(&mut self, pairs: &[(Uuid, Uuid)], now: Millis) -> HashSet<Uuid> {
        let mut ours = HashSet::new();
        for pair in pairs {
            if let Some(row) = self.held(*pair) {
                row.lease = Some((pair.1, now + LEASE));
                ours.insert(pair.0);
            }
        }
        ours
    }

    pub fn hand_back(&mut self, pairs: &[(Uuid, Uuid)]) {
        for pair in pairs {
            if let Some(row) = self.held(*pair) {
                row.lease = None;
                row.claims -= 1;
            }
        }
    }

    /// The postbacks whose leases ran out before `until`, with these.
    pub fn reclaim(&mut self, until: Millis, now: Millis) -> Vec<(Uuid, Uuid)> {
        let mut back = Vec::new();
        for (id, row) in &mut self.queue {
            let Some((lease_id, lease_until)) = row.lease.filter(|(_, lease_until)| *lease_until < until) else { continue };
            row.lease = None;
            if row.claims > 2 {
                row.due_at = now + SUSPECT_WAIT * Millis::from(row.claims - 2);
            }
            self.postbacks.get_mut(id).expect("it is of a postback").unknown_since.get_or_insert(lease_until - LEASE);
            back.push((*id, lease_id));
        }
        back
    }
}
