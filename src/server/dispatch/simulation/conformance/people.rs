//! What people do to the tables.

use super::pair::Pair;
use crate::model::connection::ParkCause;
use crate::model::postback::PostbackState;
use crate::model::{DAY, MINUTE, SECOND};
use crate::server::db::connections::{self, Park};
use crate::server::db::resent::{self, Mark};
use crate::server::db::results::Of;
use crate::server::db::{connection_changes, postbacks};
use rand::Rng;
use uuid::Uuid;

const WHY: &str = "nobody is connected any more";

impl Pair<'_> {
    pub async fn conversions(&mut self) {
        let at = self.any();
        if !self.store.connections[&self.houses[at].connection_id].connected {
            return;
        }
        for _ in 0..self.rng.random_range(1..6) {
            self.numbers += 1;
            let lives = if self.rng.random_ratio(1, 6) { self.rng.random_range(SECOND..10 * MINUTE) } else { 20 * DAY };
            // Of the same time and the same end whoever comes first is left to chance.
            let (due_at, expires_at) = (self.now - self.rng.random_range(0..3), self.now + lives + self.numbers as i64 * 1_000_000);
            let house = &self.houses[at];
            let mut body = None;
            let id = house.postback_with(self.db, due_at, expires_at, |event| body = Some(event.clone())).await;
            let of = Of {
                postback_id: id,
                game_id: house.game_id,
                network: house.network.into(),
                connection_id: house.connection_id,
                goal_id: house.goal_id,
                goal_name: "First Purchase".into(),
                event: "purchase".into(),
                test: false,
            };
            self.store.insert(of, body.expect("it is made"), due_at, expires_at);
        }
        self.say(format!("{} conversions by now", self.numbers));
    }

    pub async fn people(&mut self) {
        let at = self.any();
        let id = self.houses[at].connection_id;
        let connected = self.store.connections[&id].connected;
        let now = self.now;
        let mark = Mark { resend_id: None, now };
        let what = self.rng.random_range(0..12);
        self.say(format!("people {what} with {id}"));
        let mut tx = self.db.begin().await.unwrap();
        match what {
            0 if connected => {
                let routes = &self.routes[&id];
                let route = &routes[self.rng.random_range(0..routes.len())];
                let (secret, transport) = (route.secret.clone(), route.transport.clone());
                let park = Park { connection_id: id, secret, transport, cause: ParkCause::Permission, words: "no".into(), since: now };
                connections::park(&mut tx, &park).await.unwrap();
                self.store.park(&park);
                self.saw("parked", self.store.connections[&id].parked.is_some());
                self.saw("not parked for another token", self.store.connections[&id].parked.is_none());
            }
            1..4 if connected => {
                connections::unpark(&mut tx, id, now).await.unwrap();
                self.store.unpark(id, now);
            }
            4..6 if connected => {
                let enabled = self.rng.random();
                connections::set_enabled(&mut tx, id, enabled, now).await.unwrap();
                self.store.set_enabled(id, enabled, now);
            }
            6 if connected => {
                postbacks::cancel_waiting(&mut tx, id, WHY, now).await.unwrap();
                connection_changes::disconnect(&mut tx, id).await.unwrap();
                let gone = self.store.cancel_waiting(id, WHY, now);
                self.saw("cancelled", !gone.is_empty());
                self.store.disconnect(id);
            }
            7 if connected && self.houses[at].network == "google" => {
                connection_changes::set_transport(&mut tx, id, "ads_api").await.unwrap();
                let connection = self.store.connections.get_mut(&id).expect("it is kept");
                connection.route.transport = Some("ads_api".into());
                self.routes.get_mut(&id).expect("it is kept").push(connection.route.clone());
            }
            8 => {
                let ids = self.some_postbacks();
                let real = resent::put_back(&mut tx, &ids, mark).await.unwrap();
                assert_eq!(self.store.put_ended_back(&ids, now), real, "put back");
                self.saw("put back", real > 0);
            }
            9 => {
                let ids = self.some_postbacks();
                let real = resent::hurry(&mut tx, &ids, mark).await.unwrap();
                assert_eq!(self.store.hurry(&ids, now), real, "hurried");
                self.saw("hurried", real > 0);
            }
            10 => {
                let some = self.some_postbacks();
                // Mostly one that arrived.
                let arrived =
                    some.iter().find(|id| matches!(self.store.postbacks[*id].state, PostbackState::Accepted | PostbackState::Confirmed));
                if let Some(one) = arrived.or(some.first()) {
                    let known_since = self.rng.random::<bool>().then_some(now);
                    let real = resent::repeat(&mut tx, *one, known_since, mark).await.unwrap();
                    assert_eq!(self.store.repeat(*one, known_since, now), real, "repeated");
                    self.saw("repeated", real);
                }
            }
            _ if !connected || what == 11 => {
                drop(tx);
                return self.reconnect(at).await;
            }
            _ => {}
        }
        tx.commit().await.unwrap();
    }

    /// Somebody signs in again, which is a new token.
    async fn reconnect(&mut self, at: usize) {
        let (now, house) = (self.now, &self.houses[at]);
        let id = house.connection_id;
        let mut tx = self.db.begin().await.unwrap();
        house.connect(&mut tx, "TARGET", "another token").await;
        connections::unpark(&mut tx, id, now).await.unwrap();
        tx.commit().await.unwrap();
        let secret = house.secret(self.db).await;
        self.store.save(id, secret, "TARGET".into(), now);
        let route = &mut self.store.connections.get_mut(&id).expect("it is kept").route;
        route.account_through = (house.network == "google").then(|| crate::tests::dispatch::world::GOOGLE_MANAGER.to_owned());
        self.routes.get_mut(&id).expect("it is kept").push(route.clone());
    }

    fn some_postbacks(&mut self) -> Vec<Uuid> {
        let ids: Vec<Uuid> = self.store.postbacks.keys().copied().collect();
        ids.into_iter().filter(|_| self.rng.random_ratio(1, 3)).collect()
    }
}
