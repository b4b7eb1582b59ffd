//! What holds a connection, and what letting it go does to what waits.

use super::{Logged, Store};
use crate::model::Millis;
use crate::model::attempt::AttemptStatus;
use crate::model::postback::PostbackState;
use crate::server::db::connections::Park;
use uuid::Uuid;

impl Store {
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

    /// Forgets where it led and the secret, and what held it.
    pub fn disconnect(&mut self, id: Uuid) {
        let connection = self.connections.get_mut(&id).expect("connections are kept");
        (connection.connected, connection.enabled, connection.parked) = (false, false, None);
        let route = &mut connection.route;
        route.target_id.clear();
        (route.account_id, route.account_through, route.secret, route.test_code, route.transport) = (None, None, None, None, None);
        route.secret_pasted = false;
    }

    /// Connects it, switched on; what was parked may go again.
    pub fn save(&mut self, id: Uuid, secret: Option<String>, target_id: String, now: Millis) {
        let connection = self.connections.get_mut(&id).expect("connections are kept");
        (connection.connected, connection.enabled, connection.parked) = (true, true, None);
        (connection.route.secret, connection.route.target_id) = (secret, target_id);
        self.unpark(id, now);
    }

    /// The switch.
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

    /// Cancels what waits, each with a row of the log; which that was.
    pub fn cancel_waiting(&mut self, id: Uuid, why: &str, now: Millis) -> Vec<Uuid> {
        self.receipts.retain(|_, kept| kept.open.connection_id != id);
        let gone: Vec<Uuid> = self.queue.iter().filter(|(_, row)| row.connection_id == id).map(|(id, _)| *id).collect();
        for gone in &gone {
            self.queue.remove(gone);
            let stored = self.postbacks.get_mut(gone).expect("it is of a postback");
            (stored.state, stored.ended) = stored.ends(PostbackState::Cancelled, Some(why.to_owned()));
            let status = AttemptStatus::Failed;
            self.log.push(Logged { postback_id: *gone, connection_id: id, time: now, status, called: false, late: false });
        }
        gone
    }
}
