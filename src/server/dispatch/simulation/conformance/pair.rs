//! A database and the model of it, with what somebody holds of both.

use super::super::store::{Connection, Store};
use crate::model::{DAY, MINUTE, Millis, SECOND};
use crate::server::db::connections::{self, Route};
use crate::server::db::postbacks::Claimed;
use crate::server::db::receipts::Open;
use crate::server::db::results::Results;
use crate::server::db::{Db, within};
use crate::tests::dispatch::world::{GOOGLE_CUSTOMER, GOOGLE_REFRESH_TOKEN, NOW, TIKTOK_PIXEL, TIKTOK_TOKEN, World};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

pub struct Pair<'a> {
    pub db: &'a Db,
    pub store: Store,
    pub rng: StdRng,
    pub now: Millis,
    pub houses: Vec<World>,
    /// The lease of the database for each of the model's.
    pub leases: BTreeMap<Uuid, Uuid>,
    /// What somebody holds, or held.
    pub hands: Vec<Claimed>,
    pub questions: Vec<Open>,
    /// Routes as they were: what was claimed goes there.
    pub routes: BTreeMap<Uuid, Vec<Route>>,
    pub numbers: usize,
    /// What has happened at all.
    pub seen: BTreeSet<&'static str>,
    seed: u64,
    story: Vec<String>,
}

impl<'a> Pair<'a> {
    /// Two connections, and nothing else of interest in the database.
    pub async fn of(db: &'a Db, seed: u64) -> Self {
        for text in [
            "delete from queue",
            "delete from receipts",
            "delete from receipt_events",
            "delete from postbacks",
            "delete from attempts",
            "delete from calls",
            "update connections set connected = false",
        ] {
            let mut tx = db.begin().await.unwrap();
            within!(&mut tx, c => sqlx::query(text).execute(c).await.map(drop)).unwrap();
            tx.commit().await.unwrap();
        }
        let houses = vec![
            World::of(db, "tiktok", TIKTOK_PIXEL, TIKTOK_TOKEN).await,
            World::of(db, "google", GOOGLE_CUSTOMER, GOOGLE_REFRESH_TOKEN).await,
        ];
        let mut pair = Self {
            db,
            store: Store::default(),
            rng: StdRng::seed_from_u64(seed),
            now: NOW,
            houses,
            leases: BTreeMap::new(),
            hands: Vec::new(),
            questions: Vec::new(),
            routes: BTreeMap::new(),
            numbers: 0,
            seen: BTreeSet::new(),
            seed,
            story: Vec::new(),
        };
        for route in connections::sending(db, &pair.ids()).await.unwrap() {
            pair.routes.insert(route.id, vec![route.clone()]);
            let connection = Connection { route, connected: true, enabled: true, parked: None, held_since: None, resumed_at: None };
            pair.store.connections.insert(connection.route.id, connection);
        }
        pair
    }

    pub fn ids(&self) -> Vec<Uuid> {
        self.houses.iter().map(|house| house.connection_id).collect()
    }

    pub fn any(&mut self) -> usize {
        self.rng.random_range(0..self.houses.len())
    }

    pub fn say(&mut self, line: String) {
        self.story.push(format!("{:>9} {line}", self.now - NOW));
    }

    pub fn saw(&mut self, what: &'static str, happened: bool) {
        if happened {
            self.seen.insert(what);
        }
    }

    pub fn time_passes(&mut self) {
        self.now += match self.rng.random_range(0..12) {
            0..6 => self.rng.random_range(1..SECOND),
            6..9 => self.rng.random_range(SECOND..MINUTE),
            9..11 => self.rng.random_range(MINUTE..10 * MINUTE),
            _ => self.rng.random_range(MINUTE..2 * DAY),
        };
    }

    /// Takes some of what is held in the hand; what is kept there as well comes once more, and too late.
    pub fn some_in_hand(&mut self) -> Vec<Claimed> {
        let mut taken: Vec<Claimed> = Vec::new();
        let mut at = 0;
        while at < self.hands.len() {
            if self.rng.random_ratio(1, 3) && taken.iter().all(|one| one.held.id != self.hands[at].held.id) {
                taken.push(if self.rng.random_ratio(1, 5) { self.hands[at].clone() } else { self.hands.remove(at) });
            }
            at += 1;
        }
        taken
    }

    /// The pairs as the database knows them.
    pub fn real(&self, pairs: &[(Uuid, Uuid)]) -> Vec<(Uuid, Uuid)> {
        pairs.iter().map(|(id, lease)| (*id, self.leases[lease])).collect()
    }

    pub fn real_results(&self, mut list: Vec<Results>) -> Vec<Results> {
        for finish in list.iter_mut().flat_map(|results| &mut results.finishes) {
            finish.lease_id = self.leases[&finish.lease_id];
        }
        list
    }

    pub fn real_open(&self, open: &Open) -> Open {
        Open { lease_id: self.leases[&open.lease_id], ..open.clone() }
    }

    /// What the model and the database claimed must be the same, under leases of their own.
    pub fn same_claimed(&mut self, model: Vec<Claimed>, mut real: Vec<Claimed>) {
        for (ours, theirs) in model.iter().zip(&mut real) {
            self.leases.insert(ours.held.lease_id, theirs.held.lease_id);
            theirs.held.lease_id = ours.held.lease_id;
        }
        assert_eq!(model, real, "what is claimed");
        self.saw("claimed", !model.is_empty());
        self.saw("suspects claimed", model.iter().any(|one| one.held.suspect()));
        self.saw("prime suspects claimed", model.iter().any(|one| one.held.prime_suspect()));
        self.hands.extend(model);
    }
}

impl Drop for Pair<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("POSTBACKS_SEQUENCE={}", self.seed);
            self.story.iter().for_each(|line| println!("{line}"));
        }
    }
}
