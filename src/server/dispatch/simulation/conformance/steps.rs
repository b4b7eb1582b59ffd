//! What processes do to the tables.

use super::pair::Pair;
use crate::model::{HOUR, Millis, SECOND};
use crate::server::db::queue::{self, Share};
use crate::server::db::receipts::{self, Open};
use crate::server::db::results::{self, Results};
use crate::server::db::results::{Call, id_at};
use crate::server::db::{Tx, connections, last_words};
use crate::server::dispatch::call::Called;
use crate::server::dispatch::claim::{self, Want};
use crate::server::dispatch::meaning::Brought;
use crate::server::dispatch::simulation::calls;
use crate::server::dispatch::simulation::process::aim;
use crate::server::dispatch::told::{self, After, Reply};
use crate::server::dispatch::{attempt, judge};
use crate::server::networks::contract::{Events, Outcome, Ruling, Told, Verdict, Word};
use rand::Rng;
use std::collections::HashSet;
use uuid::Uuid;

impl Pair<'_> {
    pub async fn step(&mut self) {
        self.time_passes();
        match self.rng.random_range(0..44) {
            0..5 => self.conversions().await,
            5..13 => self.claim().await,
            13 => self.claim_expired().await,
            14..16 => self.hand_back().await,
            16..18 => self.renew().await,
            18..21 => self.reclaim().await,
            21..28 => self.finish().await,
            28 => self.dies().await,
            29..31 => self.ask().await,
            31..34 => self.is_told().await,
            _ => self.people().await,
        }
    }

    async fn claim(&mut self) {
        let ready = self.store.ready(self.now);
        let mut wants: Vec<Want> = ready
            .iter()
            .map(|ready| {
                // Of what is told of suspects some is old by the time of the claim: they must then be let be.
                let suspects = ready.suspects && self.rng.random_ratio(3, 4);
                Want { connection_id: ready.route.id, most: self.rng.random_range(1..12), suspects }
            })
            .collect();
        self.saw("suspects let be", ready.iter().zip(&wants).any(|(ready, want)| ready.suspects && !want.suspects));
        if wants.is_empty() || self.rng.random_ratio(1, 8) {
            wants = vec![Want { connection_id: self.ids()[self.any()], most: self.rng.random_range(1..6), suspects: self.rng.random() }];
        }
        self.say(format!("claim {wants:?}"));
        let real = claim::claim(self.db, &wants, self.now).await.unwrap();
        let model = self.store.claim(&wants, self.now);
        model.into_iter().zip(real).for_each(|(model, real)| self.same_claimed(model, real));
    }

    async fn claim_expired(&mut self) {
        let most = self.rng.random_range(1..5);
        self.say(format!("claim up to {most} too old ones"));
        let real = claim::claim_expired(self.db, most, self.now).await.unwrap();
        let model = self.store.claim_expired(most, self.now);
        self.saw("too old", !model.is_empty());
        self.same_claimed(model, real);
    }

    async fn hand_back(&mut self) {
        let pairs = attempt::pairs(&self.some_in_hand());
        self.say(format!("hand back {pairs:?}"));
        queue::hand_back(self.db, &self.real(&pairs)).await.unwrap();
        self.store.hand_back(&pairs);
    }

    async fn renew(&mut self) {
        let some = self.some_in_hand();
        let pairs = attempt::pairs(&some);
        self.say(format!("renew {pairs:?}"));
        let real: HashSet<Uuid> = queue::renew(self.db, &self.real(&pairs), self.now).await.unwrap().into_iter().collect();
        assert_eq!(self.store.renew(&pairs, self.now), real, "what is still ours");
        self.saw("renewed", !real.is_empty());
        self.saw("not renewed", real.len() < pairs.len());
        self.hands.extend(attempt::renewed(some, &real, self.now));
    }

    async fn reclaim(&mut self) {
        let all = self.rng.random_ratio(1, 4);
        self.say(format!("reclaim, at a start {all}"));
        let (real, model) = if all {
            (queue::clear_leases(self.db, self.now).await, self.store.reclaim(Millis::MAX, self.now))
        } else {
            (queue::reclaim(self.db, self.now).await, self.store.reclaim(self.now, self.now))
        };
        assert_eq!(model.len() as u64, real.unwrap(), "leases that ran out");
        self.saw("leases ran out", !all && !model.is_empty());
        if all {
            receipts::clear_leases(self.db).await.unwrap();
        } else {
            receipts::reclaim(self.db, self.now).await.unwrap();
        }
        self.store.reclaim_receipts(if all { Millis::MAX } else { self.now });
    }

    /// A transaction that nobody commits, and whoever held something is gone.
    async fn dies(&mut self) {
        let (some, id) = (self.some_in_hand(), self.ids()[self.any()]);
        self.say("a process dies".into());
        let mut tx = self.db.begin().await.unwrap();
        queue::claim(&mut tx, id, Share::Due, 5, self.now).await.unwrap();
        queue::take_out(&mut tx, &self.real(&attempt::pairs(&some))).await.unwrap();
        connections::unpark(&mut tx, id, self.now).await.unwrap();
        // The server lets go at once of what a dead process had locked, a pool that lives on does so in its own time: a claim would pass it over.
        match tx {
            Tx::Sqlite(tx, _) => tx.rollback().await.unwrap(),
            Tx::Postgres(tx, _) => tx.rollback().await.unwrap(),
        }
        if self.rng.random() {
            self.hands.clear();
            self.questions.clear();
        }
    }

    async fn finish(&mut self) {
        let mut list = Vec::new();
        for _ in 0..self.rng.random_range(1..4) {
            let Some(id) = self.hands.first().map(|one| one.of.connection_id) else { break };
            let (group, others): (Vec<_>, Vec<_>) = self.some_in_hand().into_iter().partition(|one| one.of.connection_id == id);
            self.hands.extend(others);
            if !group.is_empty() {
                list.push(self.results(id, group));
            }
        }
        self.say(format!(
            "finish {:?}",
            list.iter().flat_map(|results| &results.finishes).map(|one| (one.of.postback_id, &one.stand)).collect::<Vec<_>>()
        ));
        results::finish(self.db, &self.real_results(list.clone())).await.unwrap();
        let ours = self.store.finish(&list);
        self.saw("results", ours.contains(&true));
        self.saw("late results", ours.contains(&false));
        self.saw("receipts", list.iter().any(|results| !results.receipts.is_empty()));
    }

    fn results(&mut self, id: Uuid, group: Vec<crate::server::db::postbacks::Claimed>) -> Results {
        let routes = &self.routes[&id];
        // Mostly as it leads now.
        let place = if self.rng.random_ratio(1, 4) { self.rng.random_range(0..routes.len()) } else { routes.len() - 1 };
        let target = aim(routes[place].clone());
        let (group, ended) = judge::sendable(&target, group, self.now);
        if group.is_empty() {
            return ended;
        }
        self.numbers += 1;
        let latency_ms = self.rng.random_range(1..20 * SECOND);
        let (brought, events) = self.answer(group.len());
        let accepted = matches!(events, Events::All(Outcome::Accepted { .. }));
        let called = Called {
            request: calls::request(),
            // No two questions are due at the same time: whose turn it is would be left to chance.
            started: self.now - latency_ms - self.numbers as Millis * 10_007,
            latency_ms,
            brought,
            receipt: (accepted && target.network.later().is_some()).then(|| format!("r{}", self.numbers)),
            verdict: Verdict { events, code: None, words: Some("words".into()) },
            response: None,
            note: None,
            pause: None,
            count: 1,
        };
        let rng = &mut self.rng;
        let (mut results, end) = judge::judged(&target, group, called, None, || rng.random());
        results.finishes.extend(ended.finishes);
        self.hands.extend(end.again.into_iter().flatten());
        results
    }

    fn answer(&mut self, sent: usize) -> (Brought, Events) {
        let unknown = Outcome::Transient { wait: None, unknown: true };
        let ruling = |outcome| Ruling { outcome, code: None, words: None };
        let events = match self.rng.random_range(0..14) {
            0..5 => Events::All(Outcome::Accepted { note: None }),
            5 => return (Brought::Silence, Events::All(unknown)),
            6 => return (Brought::Unreached, Events::All(Outcome::Transient { wait: None, unknown: false })),
            7 => Events::All(Outcome::Throttled { wait: Some(HOUR) }),
            8 => Events::All(Outcome::Credentials),
            9 => Events::All(Outcome::Permission),
            10 => Events::All(Outcome::Closed),
            11 => Events::All(Outcome::Payload),
            12 => Events::Bad(vec![(0, "bad".into())]),
            _ => Events::Each((0..sent).map(|at| ruling(if at % 2 == 0 { Outcome::Payload } else { unknown.clone() })).collect()),
        };
        (Brought::Status(200), events)
    }

    async fn ask(&mut self) {
        let (id, most) = (self.ids()[self.any()], self.rng.random_range(1..4));
        self.say(format!("ask up to {most}"));
        let mut tx = self.db.begin().await.unwrap();
        let mut real = receipts::claim(&mut tx, id, most, self.now).await.unwrap();
        tx.commit().await.unwrap();
        let mut model = self.store.claim_receipts(id, most, self.now);
        real.sort_by_key(|open| open.id);
        model.sort_by_key(|open| open.id);
        for (ours, theirs) in model.iter().zip(&mut real) {
            self.leases.insert(ours.lease_id, theirs.lease_id);
            theirs.lease_id = ours.lease_id;
        }
        assert_eq!(model, real, "what is asked about");
        self.questions.extend(model);
    }

    async fn is_told(&mut self) {
        if self.questions.is_empty() {
            return self.ask().await;
        }
        let at = self.rng.random_range(0..self.questions.len());
        let open = if self.rng.random_ratio(1, 5) { self.questions[at].clone() } else { self.questions.remove(at) };
        let target = aim(self.routes[&open.connection_id].last().expect("it leads somewhere").clone());
        let word = match self.rng.random_range(0..9) {
            0 => Word::Nothing { wait: None },
            1 => Word::Credentials,
            2 => Word::NotCredited,
            3 => Word::Uncounted(Outcome::Payload),
            4 => Word::Uncounted(Outcome::Transient { wait: Some(HOUR), unknown: false }),
            5 => Word::Uncounted(Outcome::Permission),
            6 => Word::Some,
            _ => Word::Counted,
        };
        self.say(format!("told of {}: {word:?}", open.named));
        let said = Told { word, code: None, says: None };
        match told::after(&target, &open, &said, true, None, self.now) {
            After::Back { asked, due_at, park } => {
                let mut tx = self.db.begin().await.unwrap();
                receipts::put_back(&mut tx, &self.real_open(&open), asked, due_at).await.unwrap();
                if let Some(park) = &park {
                    connections::park(&mut tx, park).await.unwrap();
                }
                tx.commit().await.unwrap();
                self.store.put_back(&open, asked, due_at, park.as_ref());
            }
            After::Last => self.last_word(open, said).await,
        }
    }

    async fn last_word(&mut self, open: Open, said: Told) {
        let target = aim(self.routes[&open.connection_id].last().expect("it leads somewhere").clone());
        let events: Vec<_> = self.store.receipts.get(&open.id).map(|kept| kept.events.values().cloned().collect()).unwrap_or_default();
        assert_eq!(events, receipts::events(self.db, open.id).await.unwrap(), "the events that are told");
        let let_go = self.store.connections[&open.connection_id].resumed_at;
        assert_eq!(let_go, connections::resumed_at(self.db, open.connection_id).await.unwrap());
        let call = Call {
            id: id_at(self.now),
            time: self.now,
            method: "GET".into(),
            url: "http://127.0.0.1/".into(),
            headers: "[]".into(),
            envelope: String::new(),
            response: None,
        };
        let reply = Reply { call, status: Some(200), latency_ms: 20 };
        let rng = &mut self.rng;
        let last = told::last(&target, open, events, &said, reply, let_go, self.now, || rng.random());
        let theirs = last_words::Final { open: self.real_open(&last.open), ..last.clone() };
        let ours = self.store.tell(&last);
        assert_eq!(ours, last_words::finish(self.db, &theirs).await.unwrap(), "whether it was ours to tell");
        self.saw("last words", ours);
        self.saw("last words that come too late", !ours);
        self.saw("sent again after a last word", ours && last.events.iter().any(|told| told.again.is_some()));
    }
}
