//! What people and networks do: conversions come, accounts are connected, held and let go, the weather turns.

use super::network::{BAD, Network, Weather};
use super::store::{Connection, Stored};
use super::story::{Happens, Kind};
use super::world::{Event, World};
use crate::model::attempt::AttemptStatus;
use crate::model::conversion::Consent;
use crate::model::postback::PostbackState;
use crate::model::{HOUR, MINUTE, Millis, SECOND};
use crate::server::db::connections::Route;
use crate::server::db::results::Of;
use crate::server::networks::contract::{ClickIds, Event as Body};
use rand::Rng;
use uuid::Uuid;

/// How often people look after their connections once it is calm.
const CARE: Millis = 10 * MINUTE;
/// Where connections lead at first.
const TARGET: &str = "TARGET";

impl World {
    pub fn happens(&mut self, happens: Happens) {
        self.say(|| format!("{happens:?}"));
        let ids: Vec<Uuid> = self.store.connections.keys().copied().collect();
        match happens {
            Happens::Conversions { connection, count, kind, lives } => self.conversions(ids[connection], count, kind, lives),
            Happens::Weather(connection, weather) => self.network(ids[connection]).weather = weather,
            Happens::Disable(connection) => self.store.set_enabled(ids[connection], false, self.now),
            Happens::Enable(connection) => self.store.set_enabled(ids[connection], true, self.now),
            Happens::Expire(connection) => self.network(ids[connection]).secret = None,
            Happens::Reconnect(connection) => self.reconnect(ids[connection]),
            Happens::Forbid(connection) => self.network(ids[connection]).allowed = false,
            Happens::Allow(connection) => self.network(ids[connection]).allowed = true,
            Happens::TryAgain(connection) => self.try_again(ids[connection]),
            Happens::Disconnect(connection) => self.disconnect(ids[connection]),
            Happens::OtherTarget(connection) => self.other_target(ids[connection]),
            Happens::OtherTransport(connection) => self.other_transport(ids[connection]),
            Happens::Resend(connection) => self.resend(ids[connection]),
            Happens::Hurry(connection) => self.hurry(ids[connection]),
            Happens::Repeat(connection) => self.repeat(ids[connection]),
            Happens::Kill(at) => self.kill(at, "by SIGKILL"),
            Happens::Stop(at) => self.stop(at),
            Happens::Stall(at, wait) => {
                self.processes[at].stalled_until = self.now + wait;
                self.lapses = true;
            }
            Happens::DatabaseAway(wait) => {
                self.away_until = self.now + wait;
                self.lapses = true;
            }
        }
        self.held_since();
        self.changed();
    }

    fn network(&mut self, id: Uuid) -> &mut Network {
        self.networks.get_mut(&id).expect("every connection has one")
    }

    fn stop(&mut self, at: usize) {
        let process = &mut self.processes[at];
        if process.alive && !process.stopping {
            process.stopping = true;
            let life = process.life;
            self.turn_soon(at);
            self.after(40 * SECOND, Event::StopNow(at, life));
        }
    }

    pub fn connect(&mut self, number: usize, network: &str, transport: Option<&str>) {
        let id = Uuid::from_u128(0x1_0000 + number as u128);
        let secret = Some(self.new_secret());
        let route = Route {
            id,
            game_id: Uuid::nil(),
            network: network.into(),
            account_id: None,
            account_through: None,
            target_id: TARGET.into(),
            secret: secret.clone(),
            secret_pasted: false,
            test_code: None,
            transport: transport.map(str::to_owned),
            probing: false,
        };
        let connection = Connection { route, connected: true, enabled: true, parked: None, held_since: None, resumed_at: None };
        self.store.connections.insert(id, connection);
        self.targets.insert(id, TARGET.into());
        self.networks.insert(id, Network::new(secret));
    }

    fn new_secret(&mut self) -> String {
        self.secrets += 1;
        format!("sealed-{}", self.secrets)
    }

    fn reconnect(&mut self, id: Uuid) {
        let secret = Some(self.new_secret());
        self.network(id).secret.clone_from(&secret);
        self.store.save(id, secret, self.targets[&id].clone(), self.now);
    }

    fn try_again(&mut self, id: Uuid) {
        if self.store.connections[&id].parked.is_some() {
            self.store.unpark(id, self.now);
        }
    }

    fn disconnect(&mut self, id: Uuid) {
        self.cancel_waiting(id);
        self.store.disconnect(id);
    }

    fn cancel_waiting(&mut self, id: Uuid) {
        let gone = self.store.cancel_waiting(id, "nobody is connected any more", self.now);
        self.cancelled.extend(gone.into_iter().map(|id| (id, self.now)));
    }

    /// Waiting ones are cancelled, never sent to it.
    fn other_target(&mut self, id: Uuid) {
        self.cancel_waiting(id);
        self.targets.get_mut(&id).expect("every connection leads somewhere").push('X');
        self.reconnect(id);
    }

    fn other_transport(&mut self, id: Uuid) {
        let route = &mut self.store.connections.get_mut(&id).expect("connections are kept").route;
        if route.network == "google" && route.secret.is_some() {
            route.transport = if route.transport.is_some() { None } else { Some("ads_api".into()) };
        }
    }

    /// What may be sent again: what was meant for where the connection leads now, and is not too old.
    fn of_today(&self, id: Uuid, states: &[PostbackState]) -> Vec<Uuid> {
        let connection = &self.store.connections[&id];
        let target = &connection.route.target_id;
        let may = |(id, one): &(&Uuid, &Stored)| {
            one.of.connection_id == connection.route.id
                && states.contains(&one.state)
                && one.expires_at > self.now
                && self.meant[*id] == *target
        };
        let all = self.store.postbacks.iter().filter(|_| connection.connected);
        all.filter(may).map(|(id, _)| *id).collect()
    }

    fn resend(&mut self, id: Uuid) {
        let failed = self.of_today(id, &[PostbackState::Failed]);
        self.store.put_ended_back(&failed, self.now);
    }

    fn hurry(&mut self, id: Uuid) {
        let waiting = self.of_today(id, &[PostbackState::Queued, PostbackState::Retrying]);
        self.store.hurry(&waiting, self.now);
    }

    fn repeat(&mut self, id: Uuid) {
        let arrived = self.of_today(id, &[PostbackState::Accepted, PostbackState::Confirmed]);
        let Some(one) = arrived.first() else { return };
        let log = self.store.log.iter().filter(|row| row.postback_id == *one && row.status == AttemptStatus::Success);
        // Its id is known that long; later it counts twice, and somebody said so.
        let known_since = log.map(|row| row.time).min().filter(|since| self.now < since + 24 * HOUR);
        if self.store.repeat(*one, known_since, self.now) {
            // The last time may have been cancelled; this one is asked for.
            self.cancelled.remove(one);
        }
    }

    fn conversions(&mut self, connection_id: Uuid, count: usize, kind: Kind, lives: Millis) {
        // What comes while nobody is connected is no postback.
        if self.store.connections[&connection_id].connected {
            for _ in 0..count {
                self.conversion(connection_id, kind, lives);
            }
        }
    }

    fn conversion(&mut self, connection_id: Uuid, kind: Kind, lives: Millis) {
        let id = Uuid::from_u128((0x2 << 64) + self.store.postbacks.len() as u128);
        let network = self.store.connections[&connection_id].route.network.clone();
        let of = Of {
            postback_id: id,
            game_id: Uuid::nil(),
            network,
            connection_id,
            goal_id: Uuid::nil(),
            goal_name: String::new(),
            event: "purchase".into(),
            test: false,
        };
        let click =
            ClickIds { kind: "gclid".into(), id: "click".into(), time: self.now - HOUR, fbp: None, fbc: None, ttp: None, rdt_uuid: None };
        let body = Body {
            name: if kind == Kind::Bad { BAD.into() } else { "Purchase".into() },
            action: Some(if self.rng.random_ratio(1, 4) { "1" } else { "2" }.into()),
            goal_event: "purchase".into(),
            dedup_id: id.to_string(),
            time: self.now,
            click: Some(click),
            browser: None,
            external_id: None,
            email: None,
            email_sha256: None,
            phone: None,
            value: None,
            consent: Consent::Full,
            test: false,
        };
        if kind == Kind::Poison {
            self.poison.insert(id);
        }
        self.meant.insert(id, self.store.connections[&connection_id].route.target_id.clone());
        let expires_at = self.now + lives + self.rng.random_range(0..HOUR);
        self.store.insert(of, body, self.now, expires_at);
    }

    pub fn calm_begins(&mut self) {
        self.calm = true;
        self.say(|| "calm begins".into());
        for id in self.store.connections.keys().copied().collect::<Vec<_>>() {
            let network = self.network(id);
            (network.weather, network.allowed) = (Weather::Good, true);
            self.store.set_enabled(id, true, self.now);
            if !self.store.connections[&id].connected || self.networks[&id].secret != self.store.connections[&id].route.secret {
                self.reconnect(id);
            }
            self.try_again(id);
        }
        self.held_since();
        self.changed();
        self.after(CARE, Event::Care);
    }

    pub fn care(&mut self) {
        for id in self.store.connections.keys().copied().collect::<Vec<_>>() {
            self.try_again(id);
        }
        self.held_since();
        self.changed();
        let wait = if self.now < self.calm_at + HOUR { CARE } else { 12 * HOUR };
        self.after(wait, Event::Care);
    }
}
