//! The tables that dispatch touches, in memory, with the meaning of the statements in `server/db`; a test holds the two against each
//! other (`conformance`). A statement happens whole or not at all: what a dead process had not committed is not here.

mod claims;
mod holds;
mod last_words;
mod resent;
mod results;

use crate::model::Millis;
use crate::model::attempt::AttemptStatus;
use crate::model::connection::ParkCause;
use crate::model::postback::PostbackState;
use crate::server::db::connections::{Ready, Route};
use crate::server::db::receipts::{Event as Covered, Open};
use crate::server::db::results::Of;
use crate::server::networks::contract::Event;
use std::collections::BTreeMap;
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
    /// Where it stood before somebody had it sent once more.
    pub delivered: Option<PostbackState>,
    /// Calls that were made with it.
    pub attempts: i32,
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
        let stored =
            Stored { body, state: PostbackState::Queued, ended: None, unknown_since: None, expires_at, delivered: None, attempts: 0, of };
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
}
