//! One call of a process, from its start to the result that is written.

use super::check;
use super::process::{Out, Waiting};
use super::world::{Event, Last, World};
use crate::model::{Millis, SECOND};
use crate::server::db::postbacks::Claimed;
use crate::server::db::results::Results;
use crate::server::dispatch::attempt;
use crate::server::dispatch::call::{self, Made};
use crate::server::dispatch::judge::{self, End};
use crate::server::dispatch::target::Target;
use crate::server::networks::contract::{Answer, Request};
use crate::server::networks::http::{Exchange, NoAnswer};
use rand::Rng;
use std::collections::HashSet;
use std::sync::Arc;

impl World {
    pub fn start_call(&mut self, at: usize, target: Arc<Target>, group: Vec<Claimed>) {
        self.numbers += 1;
        let (number, life) = (self.numbers, self.processes[at].life);
        let probing = target.route.probing;
        self.processes[at].calls.insert(number, Out { target, group, started: 0, probing });
        let takes = self.rng.random_range(0..3);
        self.after(takes, Event::Begin(at, life, number));
    }

    /// What `attempt::deliver` does up to the call.
    pub fn begin(&mut self, at: usize, number: u64) {
        let now = self.now;
        let Some(Out { target, mut group, probing, .. }) = self.processes[at].calls.remove(&number) else { return };
        if attempt::must_renew(&group, now) {
            let ours = if self.away() { HashSet::new() } else { self.store.renew(&attempt::pairs(&group), now) };
            group = attempt::renewed(group, &ours, now);
        }
        let (group, ended) = judge::sendable(&target, group, now);
        if !ended.finishes.is_empty() {
            self.write(at, ended, None);
        }
        if group.is_empty() {
            self.processes[at].ended.push((target, Some(End::nothing())));
            return self.turn_soon(at);
        }
        check::call(self, at, &target, &group, probing);
        if group.iter().any(|one| self.poison.contains(&one.held.id)) && self.rng.random() {
            return self.kill(at, "by what it sends");
        }
        let events: Vec<_> = group.iter().filter_map(|one| one.body.as_ref()).collect();
        let network = self.networks.get_mut(&target.route.id).expect("every connection has one");
        let reply = network.call(&mut self.rng, &target, &events);
        self.told.calls += 1;
        for one in &group {
            self.last.insert(one.held.id, Last::Out(at));
        }
        let (numbers, known) = (self.numbers_of(&group), reply.took);
        self.say(|| format!("process {at} sends {numbers} (call {number}, taken {known}, answer in {} ms)", reply.after));
        let poisoned = group.iter().any(|one| self.poison.contains(&one.held.id));
        self.processes[at].calls.insert(number, Out { target, group, started: now, probing });
        if poisoned {
            return self.kill(at, "by what it sent");
        }
        let life = self.processes[at].life;
        self.after(reply.after, Event::Answer(at, life, number, Box::new((reply.result, reply.after))));
    }

    /// What it does with the answer.
    pub fn answered(&mut self, at: usize, number: u64, result: Result<Answer, NoAnswer>, latency_ms: Millis) {
        let Some(Out { target, group, started, .. }) = self.processes[at].calls.remove(&number) else { return };
        let exchange = Exchange { result, latency_ms, note: None };
        let made = Made { request: self.request.clone(), started, exchange, count: 1 };
        let called = call::came_back(&target, made, group.len(), false);
        let (results, end) = judge::judged(&target, group, called, None, || self.rng.random());
        for finish in &results.finishes {
            self.last.insert(finish.of.postback_id, Last::Back);
        }
        for one in end.again.iter().flatten() {
            self.last.insert(one.held.id, Last::Again);
            *self.unlogged.entry(one.held.id).or_default() += 1;
        }
        self.say(|| format!("call {number} of process {at} is answered: {:?}, refused {}", end.signal, end.refused));
        if results.finishes.is_empty() {
            self.processes[at].ended.push((target, Some(end)));
            self.turn_soon(at);
        } else if end.refused {
            self.write(at, results, Some((target, end)));
        } else {
            self.write(at, results, None);
            self.processes[at].ended.push((target, Some(end)));
            self.turn_soon(at);
        }
    }

    pub fn write(&mut self, at: usize, results: Results, waits: Option<Waiting>) {
        self.processes[at].results.push_back((results, waits));
        if !self.processes[at].flushing {
            self.processes[at].flushing = true;
            let (life, takes) = (self.processes[at].life, self.rng.random_range(1..30));
            self.after(takes, Event::Flush(at, life));
        }
    }

    /// The writer's transaction: all that wait.
    pub fn flush(&mut self, at: usize) {
        let life = self.processes[at].life;
        if self.away() {
            let wait = self.rng.random_range(50..5 * SECOND);
            return self.after(wait, Event::Flush(at, life));
        }
        let messages: Vec<_> = self.processes[at].results.drain(..).collect();
        let (list, waiting): (Vec<Results>, Vec<_>) = messages.into_iter().unzip();
        self.write_down(&list);
        self.processes[at].flushing = false;
        self.processes[at].ended.extend(waiting.into_iter().flatten().map(|(target, end)| (target, Some(end))));
        self.turn_soon(at);
    }

    pub fn give_back(&mut self, unsent: Vec<Claimed>) {
        if unsent.is_empty() || self.away() {
            return;
        }
        let numbers = self.numbers_of(&unsent);
        self.say(|| format!("{numbers} given back"));
        self.freed.extend(unsent.iter().map(|one| (one.held.id, self.now)));
        self.store.hand_back(&attempt::pairs(&unsent));
        self.changed();
    }
}

/// What a call is logged as, which nothing here depends on.
pub fn request() -> Request {
    Request {
        method: http::Method::POST,
        url: url::Url::parse("http://127.0.0.1/").expect("it is an address"),
        secret_query: vec![],
        headers: vec![],
        body: None,
        secret_body: vec![],
    }
}
