//! One process of the world: what `engine` and `ask` do around the pure core, a step at a time, so that it can die between any two.

use super::super::attempt;
use super::super::call::{self, Made};
use super::super::core::{Brought, Core, Due, POLL, Wanted};
use super::super::judge::{self, End};
use super::super::target::Target;
use super::super::told::{self, After, Reply};
use super::check;
use super::world::{Event, Last, World};
use crate::model::{MINUTE, Millis, SECOND};
use crate::server::db::connections::Route;
use crate::server::db::postbacks::Claimed;
use crate::server::db::receipts::Open;
use crate::server::db::results::{Call, Results, id_at};
use crate::server::networks;
use crate::server::networks::contract::{Answer, Destination, Network, Request, Told, Word};
use crate::server::networks::http::{Exchange, NoAnswer};
use rand::Rng;
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::Arc;
use uuid::Uuid;

/// As in `run`.
const HOUSEKEEPING: Millis = 5 * SECOND;
/// As in `ask`.
const ASKS_EVERY: Millis = 5 * SECOND;
const AT_ONCE: usize = 8;
/// Nothing is asked sooner after an answer.
const FIRST_QUESTION: Millis = 30 * MINUTE;
const EXPIRED_AT_ONCE: usize = 256;

pub struct Process {
    /// Each start is another life: what was under way in an earlier one comes back to nobody.
    pub life: u32,
    pub alive: bool,
    pub stopping: bool,
    /// Held up until then: everything of it comes later.
    pub stalled_until: Millis,
    pub core: Core,
    pub claim: Option<(Wanted, Millis)>,
    pub brought: Option<Option<Brought>>,
    pub calls: BTreeMap<u64, Out>,
    pub ended: Vec<(Arc<Target>, Option<End>)>,
    /// Results on their way to the writer, and the call that waits for its to be written.
    pub results: VecDeque<(Results, Option<Waiting>)>,
    pub flushing: bool,
    pub kept_house: Option<Millis>,
    pub alarm: Millis,
    pub asks_at: Millis,
    pub questions: usize,
    pub turning: bool,
}

/// A call that ends when its results are written.
pub type Waiting = (Arc<Target>, End);

/// A call that is out.
pub struct Out {
    pub target: Arc<Target>,
    pub group: Vec<Claimed>,
    pub started: Millis,
    pub probing: bool,
}

impl Process {
    pub fn new() -> Self {
        Self {
            life: 0,
            alive: false,
            stopping: false,
            stalled_until: 0,
            core: Core::new(usize::MAX),
            claim: None,
            brought: None,
            calls: BTreeMap::new(),
            ended: Vec::new(),
            results: VecDeque::new(),
            flushing: false,
            kept_house: None,
            alarm: 0,
            asks_at: 0,
            questions: 0,
            turning: false,
        }
    }
}

impl World {
    /// A process starts; where it owns the file, it takes everything up at once.
    pub fn start(&mut self, at: usize) {
        let life = self.processes[at].life + 1;
        let most_per_call = self.most_per_call;
        self.processes[at] = Process { life, alive: true, core: Core::new(most_per_call), ..Process::new() };
        self.say(|| format!("process {at} starts"));
        if self.one_file {
            let back = self.store.reclaim(Millis::MAX, self.now);
            self.taken_back(back);
            self.store.reclaim_receipts(Millis::MAX);
        }
        self.turn_soon(at);
        self.after(0, Event::Ask(at, life));
    }

    pub fn turn_soon(&mut self, at: usize) {
        let process = &mut self.processes[at];
        if process.alive && !process.turning {
            process.turning = true;
            let life = process.life;
            self.after(0, Event::Turn(at, life));
        }
    }

    /// Housekeeping and one turn of the loop.
    pub fn turn(&mut self, at: usize) {
        let now = self.now;
        self.processes[at].turning = false;
        let process = &mut self.processes[at];
        if process.stopping {
            return self.turn_to_stop(at);
        }
        if process.kept_house.is_none_or(|kept| now - kept >= HOUSEKEEPING) {
            process.kept_house = Some(now);
            self.housekeeping(at);
        }
        if self.processes[at].alarm <= now {
            self.processes[at].core.look_again();
        }
        self.learn(at);
        if self.processes[at].core.looks(now) {
            self.look(at);
        }
        for (target, group) in self.processes[at].core.start(now) {
            self.start_call(at, target, group);
        }
        if self.processes[at].alarm <= now {
            self.set_alarm(at);
        }
    }

    fn turn_to_stop(&mut self, at: usize) {
        self.learn(at);
        let unsent = self.processes[at].core.empty();
        self.give_back(unsent);
        let process = &self.processes[at];
        if !process.core.busy() && process.results.is_empty() {
            self.say(|| format!("process {at} has stopped"));
            self.processes[at].alive = false;
            self.after(SECOND, Event::Start(at));
        }
    }

    /// The next time it wakes by itself. Polls that would find nothing are passed over: whoever changes something brings the alarm forward.
    fn set_alarm(&mut self, at: usize) {
        let due = if self.away() { Vec::new() } else { self.store.next_due() };
        let process = &self.processes[at];
        let sleep = process.core.sleep(&due, self.now);
        let next =
            if sleep < POLL { self.now + sleep } else { self.next_of_interest(process.core.alarm(&due, self.now)).max(self.now + POLL) };
        let life = process.life;
        self.processes[at].alarm = next;
        self.at(next, Event::Turn(at, life));
    }

    fn housekeeping(&mut self, at: usize) {
        if self.away() {
            return;
        }
        let now = self.now;
        let unsent = self.processes[at].core.overdue(now);
        self.give_back(unsent);
        let back = self.store.reclaim(now, now);
        self.taken_back(back);
        let mut due: BTreeMap<String, Millis> = BTreeMap::new();
        for kept in self.store.receipts.values().filter(|kept| !kept.held && self.store.connections[&kept.open.connection_id].sends()) {
            let network = &self.store.connections[&kept.open.connection_id].route.network;
            let first = due.entry(network.clone()).or_insert(kept.due_at);
            *first = (*first).min(kept.due_at);
        }
        self.processes[at].core.questions_due(due, now);
        let expired = self.store.claim_expired(EXPIRED_AT_ONCE, now);
        self.leased(at, &expired);
        let end = |one: Claimed| networks::find(&one.of.network).map(|network| judge::end_expired(network.spec(), one, now));
        let finishes: Vec<_> = expired.into_iter().filter_map(end).collect();
        if !finishes.is_empty() {
            self.write(at, Results { finishes, ..Results::default() }, None);
        }
    }

    fn learn(&mut self, at: usize) {
        let now = self.now;
        let process = &mut self.processes[at];
        let mut unsent = match process.brought.take() {
            Some(Some(brought)) => process.core.brought(brought, now),
            Some(None) => {
                process.core.not_claimed();
                Vec::new()
            }
            None => Vec::new(),
        };
        for (target, end) in std::mem::take(&mut process.ended) {
            unsent.extend(process.core.ended(&target, end, now));
        }
        self.give_back(unsent);
    }

    fn look(&mut self, at: usize) {
        if self.away() {
            return self.processes[at].core.not_claimed();
        }
        let ready = self.store.ready(self.now);
        let due: HashSet<Uuid> = ready.iter().map(|ready| ready.route.id).collect();
        let routes = self.store.sending(&self.processes[at].core.holding(&due));
        let core = &mut self.processes[at].core;
        let mut target = |route: &Route| match core.target(route.id) {
            Some(known) if known.route == *route => Arc::clone(known),
            _ => aim(route.clone()),
        };
        let due = ready.iter().map(|ready| Due { target: target(&ready.route), suspects: ready.suspects }).collect();
        let sending = routes.iter().map(&mut target).collect();
        let (wanted, unsent) = core.looked(due, sending, self.now);
        self.give_back(unsent);
        if !wanted.is_empty() {
            self.processes[at].claim = Some((wanted, self.now));
            let (life, takes) = (self.processes[at].life, self.rng.random_range(1..20));
            self.after(takes, Event::Claim(at, life));
        }
    }

    /// The claim's transaction.
    pub fn claims(&mut self, at: usize) {
        let Some((wanted, asked_at)) = self.processes[at].claim.take() else { return };
        let brought = (!self.away()).then(|| {
            let wants: Vec<_> = wanted.iter().map(|(want, _)| *want).collect();
            let claimed = self.store.claim(&wants, asked_at);
            check::shares(self, &wants, &claimed, asked_at);
            for list in &claimed {
                self.leased(at, list);
            }
            wanted.into_iter().zip(claimed).map(|((want, target), claimed)| (want, target, claimed)).collect::<Brought>()
        });
        self.processes[at].brought = Some(brought);
        let (life, takes) = (self.processes[at].life, self.rng.random_range(0..10));
        self.after(takes, Event::Turn(at, life));
    }

    fn start_call(&mut self, at: usize, target: Arc<Target>, group: Vec<Claimed>) {
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
        if group.iter().any(|one| self.poison.contains(&one.held.id)) {
            return self.kill(at, "by what it sent");
        }
        self.processes[at].calls.insert(number, Out { target, group, started: now, probing });
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
        if end.refused {
            self.refused.insert((at, self.processes[at].life, target.route.id), (self.now, target.route.clone()));
        }
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

    fn write(&mut self, at: usize, results: Results, waits: Option<Waiting>) {
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
        self.store.hand_back(&attempt::pairs(&unsent));
    }

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
                    let target = aim_at(find(&route.network), route.clone());
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

/// Where the connection's calls go.
pub fn aim(route: Route) -> Arc<Target> {
    aim_at(networks::over(&route.network, route.transport.as_deref()).expect("it is one of ours"), route)
}

fn find(slug: &str) -> &'static dyn Network {
    networks::find(slug).expect("it is one of ours")
}

fn aim_at(network: &'static dyn Network, route: Route) -> Arc<Target> {
    let to = Destination {
        account_id: None,
        through: None,
        target_id: route.target_id.clone(),
        token: "token".to_owned().into(),
        pasted: false,
        test_code: None,
    };
    Arc::new(Target { route, network, to })
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

fn question(time: Millis) -> Call {
    let (method, url) = ("GET".to_owned(), "http://127.0.0.1/".to_owned());
    Call { id: id_at(time), time, method, url, headers: "[]".into(), envelope: String::new(), response: None }
}
