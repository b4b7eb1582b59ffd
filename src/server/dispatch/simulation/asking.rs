//! The one that asks for last words.

use super::process::aim_at;
use super::world::{Event, Last, World};
use crate::model::{MINUTE, Millis, SECOND};
use crate::server::db::receipts::Open;
use crate::server::db::results::{Call, id_at};
use crate::server::dispatch::target::Target;
use crate::server::dispatch::told::{self, After, Reply};
use crate::server::networks;
use crate::server::networks::contract::{Answer, Told, Word};
use crate::server::networks::http::NoAnswer;
use rand::Rng;
use std::sync::Arc;

/// As in `ask`.
const ASKS_EVERY: Millis = 5 * SECOND;
const AT_ONCE: usize = 8;
/// Nothing is asked sooner after an answer.
const FIRST_QUESTION: Millis = 30 * MINUTE;

impl World {
    /// A turn of the one that asks for last words.
    pub fn ask(&mut self, at: usize) {
        let (now, life) = (self.now, self.processes[at].life);
        if self.processes[at].stopping {
            return;
        }
        let mut asked = 0;
        if !self.away() && self.processes[at].questions == 0 {
            self.store.reclaim_receipts(now);
            for route in self.store.asking(now) {
                for open in self.store.claim_receipts(route.id, AT_ONCE, now) {
                    asked += 1;
                    let target = aim_at(networks::find(&route.network).expect("it is one of ours"), route.clone());
                    let reply =
                        self.networks.get_mut(&route.id).expect("every connection has one").tells(&mut self.rng, &target, open.events);
                    self.after(reply.after, Event::Told(at, life, Box::new((target, open, (reply.result, reply.after)))));
                }
            }
        }
        self.processes[at].questions += asked;
        if asked == 0 {
            let next = self.store.receipts.values().map(|kept| kept.due_at.max(if kept.held { kept.lease_until } else { 0 })).min();
            let next = next.unwrap_or(Millis::MAX / 2).max(now + ASKS_EVERY).min(now + FIRST_QUESTION);
            self.at(next, Event::Ask(at, life));
        }
    }

    pub fn told(&mut self, at: usize, target: Arc<Target>, open: Open, result: Result<Answer, NoAnswer>, latency_ms: Millis) {
        let (now, life) = (self.now, self.processes[at].life);
        self.processes[at].questions -= 1;
        if self.processes[at].questions == 0 {
            self.after(0, Event::Ask(at, life));
        }
        if self.away() {
            return;
        }
        let later = target.network.later().expect("it is asked for that");
        let answer = result.ok();
        let nothing = || Told { word: Word::Nothing { wait: None }, code: None, says: None };
        let said = answer.as_ref().map_or_else(nothing, |answer| later.told(answer, usize::try_from(open.events).unwrap_or(0)));
        let what = said.word.clone();
        self.say(|| format!("process {at} is told of {}: {what:?}", open.named));
        match told::after(&target, &open, &said, true, None, now) {
            After::Back { asked, due_at, park } => self.store.put_back(&open, asked, due_at, park.as_ref()),
            After::Last => {
                let events = self.store.receipts.get(&open.id).map(|kept| kept.events.values().cloned().collect()).unwrap_or_default();
                let let_go = self.store.connections[&open.connection_id].resumed_at;
                let reply = Reply { call: question(now - latency_ms), status: answer.map(|answer| answer.status), latency_ms };
                let last = told::last(&target, open, events, &said, reply, let_go, now, || self.rng.random());
                let ours = self.store.receipts.get(&last.open.id).is_some_and(|kept| kept.held && kept.open.lease_id == last.open.lease_id);
                let told = self.store.tell(&last);
                if told && !ours {
                    self.wrong(format!("a last word without its lease counts for {}", last.open.named));
                }
                if told {
                    for told in last.events.iter().filter(|told| told.again.is_some()) {
                        self.last.insert(told.of.postback_id, Last::Again);
                    }
                    self.processes[at].core.look_again();
                    self.turn_soon(at);
                }
            }
        }
        self.changed();
    }
}

fn question(time: Millis) -> Call {
    let (method, url) = ("GET".to_owned(), "http://127.0.0.1/".to_owned());
    Call { id: id_at(time), time, method, url, headers: "[]".into(), envelope: String::new(), response: None }
}
