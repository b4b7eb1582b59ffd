//! The tables that dispatch touches, in memory, with the meaning of the statements in `server/db`; a test holds the two against each
//! other. A statement happens whole or not at all: what a dead process had not committed is not here.

use super::super::claim::{self, Want};
use crate::model::Millis;
use crate::model::attempt::AttemptStatus;
use crate::model::connection::ParkCause;
use crate::model::postback::PostbackState;
use crate::server::db::connections::{Park, Ready, Route};
use crate::server::db::last_words::Final;
use crate::server::db::postbacks::Claimed;
use crate::server::db::queue::{Held, LEASE, SUSPECT_WAIT, Share};
use crate::server::db::receipts::{self, Event as Covered, Open};
use crate::server::db::results::{Finish, Of, Results, Stand};
use crate::server::networks::contract::Event;
use std::collections::{BTreeMap, HashSet};
use uuid::Uuid;

#[derive(Debug, Clone)]
pub struct Row {
    pub connection_id: Uuid,
    pub due_at: Millis,
    pub expires_at: Millis,
    pub attempt: i32,
    pub steps: i32,
    pub claims: i32,
    pub refusals: i32,
    pub give_up_at: Option<Millis>,
    pub alone: bool,
    pub lease: Option<(Uuid, Millis)>,
}

#[derive(Debug, Clone)]
pub struct Stored {
    pub of: Of,
    pub body: Event,
    pub state: PostbackState,
    pub ended: Option<String>,
    pub unknown_since: Option<Millis>,
    pub expires_at: Millis,
}

#[derive(Debug, Clone)]
pub struct Connection {
    pub route: Route,
    pub connected: bool,
    pub enabled: bool,
    pub parked: Option<ParkCause>,
    pub held_since: Option<Millis>,
    pub resumed_at: Option<Millis>,
}

#[derive(Debug, Clone)]
pub struct Kept {
    pub open: Open,
    pub held: bool,
    pub lease_until: Millis,
    pub due_at: Millis,
    pub events: BTreeMap<Uuid, Covered>,
}

/// A row of the log.
#[derive(Debug, Clone)]
pub struct Logged {
    pub postback_id: Uuid,
    pub connection_id: Uuid,
    pub time: Millis,
    pub status: AttemptStatus,
    pub called: bool,
    pub late: bool,
}

#[derive(Debug, Default)]
pub struct Store {
    pub queue: BTreeMap<Uuid, Row>,
    pub postbacks: BTreeMap<Uuid, Stored>,
    pub connections: BTreeMap<Uuid, Connection>,
    pub receipts: BTreeMap<Uuid, Kept>,
    pub log: Vec<Logged>,
    leases: u128,
}

impl Connection {
    pub fn sends(&self) -> bool {
        self.connected && self.enabled && self.parked.is_none()
    }
}

impl Store {
    fn lease(&mut self) -> Uuid {
        self.leases += 1;
        Uuid::from_u128(self.leases)
    }

    pub fn insert(&mut self, of: Of, body: Event, due_at: Millis, expires_at: Millis) {
        let row = Row {
            connection_id: of.connection_id,
            due_at,
            expires_at,
            attempt: 0,
            steps: 0,
            claims: 0,
            refusals: 0,
            give_up_at: None,
            alone: false,
            lease: None,
        };
        self.queue.insert(of.postback_id, row);
        let stored = Stored { body, state: PostbackState::Queued, ended: None, unknown_since: None, expires_at, of };
        self.postbacks.insert(stored.of.postback_id, stored);
    }

    pub fn ready(&self, now: Millis) -> Vec<Ready> {
        let due = |id: Uuid| self.queue.values().filter(move |row| row.connection_id == id && row.lease.is_none() && row.due_at <= now);
        let ready = |(id, connection): (&Uuid, &Connection)| Ready {
            route: connection.route.clone(),
            suspects: due(*id).any(|row| row.claims >= 2),
        };
        self.connections.iter().filter(|(id, connection)| connection.sends() && due(**id).next().is_some()).map(ready).collect()
    }

    pub fn sending(&self, ids: &[Uuid]) -> Vec<Route> {
        let connection = |id: &Uuid| self.connections.get(id).filter(|connection| connection.sends());
        ids.iter().filter_map(connection).map(|connection| connection.route.clone()).collect()
    }

    pub fn next_due(&self) -> Vec<(Uuid, Millis)> {
        let due = |id: &Uuid| self.queue.values().filter(|row| row.connection_id == *id && row.lease.is_none()).map(|row| row.due_at).min();
        self.connections.iter().filter(|(_, one)| one.sends()).filter_map(|(id, _)| Some((*id, due(id)?))).collect()
    }

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

    fn held(&mut self, (id, lease): (Uuid, Uuid)) -> Option<&mut Row> {
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
                (stored.state, stored.ended) = match &finish.stand {
                    Stand::Over { state, ended } => (*state, ended.clone()),
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

    pub fn park(&mut self, park: &Park) {
        let connection = self.connections.get_mut(&park.connection_id).expect("connections are kept");
        if connection.parked.is_none() && connection.route.secret == park.secret && connection.route.transport == park.transport {
            connection.parked = Some(park.cause);
            connection.held_since = connection.held_since.or(Some(park.since));
            connection.route.probing = false;
        }
    }

    pub fn unpark(&mut self, id: Uuid, now: Millis) {
        let connection = self.connections.get_mut(&id).expect("connections are kept");
        connection.parked = None;
        connection.route.probing = true;
        connection.resumed_at = Some(now);
        self.release(id, now);
    }

    pub fn set_enabled(&mut self, id: Uuid, enabled: bool, now: Millis) {
        let connection = self.connections.get_mut(&id).expect("connections are kept");
        connection.enabled = enabled;
        if !enabled {
            connection.held_since = connection.held_since.or(Some(now));
        }
        self.release(id, now);
    }

    fn release(&mut self, id: Uuid, now: Millis) {
        let connection = self.connections.get_mut(&id).expect("connections are kept");
        if !connection.enabled || connection.parked.is_some() {
            return;
        }
        let Some(since) = connection.held_since.take() else { return };
        let held = (now - since).max(0);
        for row in self.queue.values_mut().filter(|row| row.connection_id == id) {
            if row.lease.is_none() {
                row.due_at = now;
            }
            row.give_up_at = row.give_up_at.map(|at| at + held);
        }
        for kept in self.receipts.values_mut().filter(|kept| kept.open.connection_id == id) {
            kept.events.values_mut().for_each(|event| event.give_up_at += held);
        }
    }

    /// As disconnecting does with what waits; which that was.
    pub fn cancel_waiting(&mut self, id: Uuid) -> Vec<Uuid> {
        self.receipts.retain(|_, kept| kept.open.connection_id != id);
        let gone: Vec<Uuid> = self.queue.iter().filter(|(_, row)| row.connection_id == id).map(|(id, _)| *id).collect();
        for id in &gone {
            self.queue.remove(id);
            self.postbacks.get_mut(id).expect("it is of a postback").state = PostbackState::Cancelled;
        }
        gone
    }

    pub fn asking(&self, now: Millis) -> Vec<Route> {
        let due = |id: &Uuid| self.receipts.values().any(|kept| kept.open.connection_id == *id && !kept.held && kept.due_at <= now);
        self.connections.iter().filter(|(id, connection)| connection.sends() && due(id)).map(|(_, one)| one.route.clone()).collect()
    }

    pub fn claim_receipts(&mut self, connection_id: Uuid, most: usize, now: Millis) -> Vec<Open> {
        let lease_id = self.lease();
        let due = |kept: &&mut Kept| kept.open.connection_id == connection_id && !kept.held && kept.due_at <= now;
        let mut claimed = Vec::new();
        for kept in self.receipts.values_mut().filter(due).take(most) {
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
                stored.state = told.state;
                stored.ended.clone_from(&told.ended);
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
