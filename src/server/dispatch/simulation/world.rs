//! The world: its clock, what happens when, and who lives.

use super::super::target::Target;
use super::check;
use super::network::{BAD, Network, Weather};
use super::process::{self, Process};
use super::store::{Connection, Store};
use super::story::{Happens, Kind, Story};
use crate::model::conversion::Consent;
use crate::model::{DAY, HOUR, MINUTE, Millis, SECOND};
use crate::server::db::connections::Route;
use crate::server::db::postbacks::Claimed;
use crate::server::db::receipts::Open;
use crate::server::db::results::{Of, Results};
use crate::server::networks::contract::{Answer, ClickIds, Event as Body, Request};
use crate::server::networks::http::NoAnswer;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use uuid::Uuid;

/// When worlds begin.
pub const BEGIN: Millis = 1_790_000_000_000;
/// So long after calm began everything has ended: 72 h of retries, what is asked later, and all that once more.
const LONGEST: Millis = 20 * DAY;
/// More steps than this is a loop that runs for nothing.
const MOST_STEPS: usize = 300_000;
/// How often people look after their connections once it is calm.
const CARE: Millis = 10 * MINUTE;
/// How long a dead process stays away.
const AWAY: std::ops::Range<Millis> = 50..20 * SECOND;

/// What happens next: of a process with the life that it belongs to.
pub enum Event {
    Story(Happens),
    Calm,
    Care,
    Start(usize),
    /// It did not stop in time.
    StopNow(usize, u32),
    Turn(usize, u32),
    Claim(usize, u32),
    Begin(usize, u32, u64),
    Answer(usize, u32, u64, Box<Back>),
    Flush(usize, u32),
    Ask(usize, u32),
    Told(usize, u32, Box<(Arc<Target>, Open, Back)>),
}

/// What comes back of a call, and what it took.
pub type Back = (Result<Answer, NoAnswer>, Millis);

/// What is known of the latest call with a postback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Last {
    /// It is out, from this process.
    Out(usize),
    /// It came back and its result is not written.
    Back,
    /// The call was refused for another event, or the network's last word sends it again.
    Again,
    /// Written; whether it goes on.
    Written { open: bool },
    /// Written too late to count.
    Late,
    /// Whoever knew it died.
    Lost,
}

/// How it went.
#[derive(Debug, Default)]
pub struct Told {
    pub seed: u64,
    pub fault: Option<String>,
    pub trace: Vec<String>,
    pub postbacks: usize,
    pub calls: usize,
    pub steps: usize,
    pub kills: usize,
    /// Healthy postbacks that were set aside because processes died with them in hand.
    pub set_aside: usize,
}

pub struct World {
    pub rng: StdRng,
    pub now: Millis,
    pub store: Store,
    pub networks: BTreeMap<Uuid, Network>,
    pub processes: Vec<Process>,
    pub one_file: bool,
    pub most_per_call: usize,
    pub request: Request,
    pub numbers: u64,
    pub poison: BTreeSet<Uuid>,
    pub last: BTreeMap<Uuid, Last>,
    /// Which process holds a lease, and in which of its lives.
    pub holders: BTreeMap<Uuid, (usize, u32)>,
    /// Calls with a postback that left no row in the log, for a reason.
    pub unlogged: BTreeMap<Uuid, usize>,
    pub cancelled: BTreeMap<Uuid, Millis>,
    /// Where each postback is to go.
    pub meant: BTreeMap<Uuid, String>,
    /// Where each connection led before, and until when.
    pub led: BTreeMap<Uuid, (Route, Millis)>,
    /// When a process, in one of its lives, heard that the connection is refused, and with which secret.
    pub refused: BTreeMap<(usize, u32, Uuid), (Millis, Route)>,
    /// Claims of each postback that ended without a result, in a row.
    pub deaths: BTreeMap<Uuid, i32>,
    /// Since when a connection may not send, or not as it could before.
    pub held: BTreeMap<Uuid, Millis>,
    /// Some process was held up, or the database away: until then leases may have run out on the living.
    pub lapses: bool,
    pub told: Told,
    pub(super) calm: bool,
    pub(super) last_away: Millis,
    away_until: Millis,
    events: BTreeMap<(Millis, u64), Event>,
    order: u64,
    deadly: Option<u32>,
    calm_at: Millis,
    tracing: bool,
    secrets: usize,
}

impl World {
    pub fn new(seed: u64, tracing: bool) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let story = Story::drawn(&mut rng);
        let mut world = Self {
            rng,
            now: BEGIN,
            store: Store::default(),
            networks: BTreeMap::new(),
            processes: (0..story.processes).map(|_| Process::new()).collect(),
            one_file: story.one_file,
            most_per_call: story.most_per_call,
            request: process::request(),
            numbers: 0,
            poison: BTreeSet::new(),
            last: BTreeMap::new(),
            holders: BTreeMap::new(),
            unlogged: BTreeMap::new(),
            cancelled: BTreeMap::new(),
            meant: BTreeMap::new(),
            led: BTreeMap::new(),
            refused: BTreeMap::new(),
            deaths: BTreeMap::new(),
            held: BTreeMap::new(),
            lapses: false,
            told: Told { seed, ..Told::default() },
            calm: false,
            last_away: 0,
            away_until: 0,
            events: BTreeMap::new(),
            order: 0,
            deadly: story.deadly,
            calm_at: BEGIN + story.calm,
            tracing,
            secrets: 0,
        };
        for (number, (network, transport)) in story.connections.iter().enumerate() {
            world.connect(number, network, *transport);
        }
        for (after, happens) in story.happenings {
            world.at(BEGIN + after, Event::Story(happens));
        }
        world.at(world.calm_at, Event::Calm);
        world.held_since();
        (0..story.processes).for_each(|at| world.at(BEGIN, Event::Start(at)));
        world
    }

    /// Steps until all has ended, or something is wrong.
    pub fn play(mut self) -> Told {
        while self.told.fault.is_none() {
            let Some(((at, _), event)) = self.events.pop_first() else {
                self.wrong("nothing happens any more".into());
                break;
            };
            self.now = self.now.max(at);
            self.told.steps += 1;
            if self.calm && self.at_rest() {
                break;
            }
            if self.now > self.calm_at + LONGEST || self.told.steps > MOST_STEPS {
                let left = self.store.queue.keys().next().map(|id| self.number(*id));
                let (steps, receipts) = (self.told.steps, self.store.receipts.len());
                self.wrong(format!("it does not come to rest: {left:?} is queued, {receipts} receipts, {steps} steps"));
                break;
            }
            self.step(event);
            check::always(&mut self);
        }
        if self.told.fault.is_none() {
            check::at_the_end(&mut self);
        }
        self.told.postbacks = self.store.postbacks.len();
        self.told
    }

    fn at_rest(&self) -> bool {
        let quiet = |process: &Process| !process.core.busy() && process.results.is_empty() && process.questions == 0;
        self.store.queue.is_empty() && self.store.receipts.is_empty() && self.processes.iter().all(quiet)
    }

    fn step(&mut self, event: Event) {
        let of = match &event {
            Event::Turn(at, life) | Event::Claim(at, life) | Event::Begin(at, life, _) | Event::Answer(at, life, ..) => Some((*at, *life)),
            Event::Flush(at, life) | Event::Ask(at, life) | Event::Told(at, life, _) | Event::StopNow(at, life) => Some((*at, *life)),
            Event::Story(_) | Event::Calm | Event::Care | Event::Start(_) => None,
        };
        if let Some((at, life)) = of {
            let process = &self.processes[at];
            if !process.alive || process.life != life {
                return;
            }
            if process.stalled_until > self.now {
                let until = process.stalled_until;
                return self.at(until, event);
            }
            if !self.calm && self.deadly.is_some_and(|odds| self.rng.random_ratio(1, odds)) {
                return self.kill(at, "at random");
            }
        }
        match event {
            Event::Story(happens) => self.happens(happens),
            Event::Calm => self.calm_begins(),
            Event::Care => self.care(),
            Event::Start(at) if self.processes[at].alive => {}
            Event::Start(at) => self.start(at),
            Event::StopNow(at, _) => self.kill(at, "because it did not stop in time"),
            Event::Turn(at, _) => self.turn(at),
            Event::Claim(at, _) => self.claims(at),
            Event::Begin(at, _, number) => self.begin(at, number),
            Event::Answer(at, _, number, back) => self.answered(at, number, back.0, back.1),
            Event::Flush(at, _) => self.flush(at),
            Event::Ask(at, _) => self.ask(at),
            Event::Told(at, _, back) => {
                let (target, open, (result, latency_ms)) = *back;
                self.told(at, target, open, result, latency_ms);
            }
        }
    }

    pub fn at(&mut self, at: Millis, event: Event) {
        self.order += 1;
        self.events.insert((at.max(self.now), self.order), event);
    }

    pub fn after(&mut self, wait: Millis, event: Event) {
        self.at(self.now + wait, event);
    }

    pub fn away(&self) -> bool {
        self.now < self.away_until
    }

    pub fn wrong(&mut self, fault: String) {
        self.say(|| format!("WRONG: {fault}"));
        self.told.fault.get_or_insert(fault);
    }

    pub fn say(&mut self, line: impl FnOnce() -> String) {
        if self.tracing {
            let at = self.now - BEGIN;
            self.told.trace.push(format!("{:>9}.{:03} {}", at / SECOND, at % SECOND, line()));
        }
    }

    /// The postback's place in the story.
    pub fn number(&self, id: Uuid) -> u128 {
        id.as_u128() & 0xffff
    }

    pub fn numbers_of(&self, group: &[Claimed]) -> String {
        if !self.tracing {
            return String::new();
        }
        group.iter().map(|one| format!("#{}", self.number(one.held.id))).collect::<Vec<_>>().join(" ")
    }

    /// Whoever sleeps wakes at the next poll.
    pub fn changed(&mut self) {
        for at in 0..self.processes.len() {
            let process = &self.processes[at];
            if process.alive && process.alarm > self.now + SECOND {
                let (life, next) = (process.life, self.now + self.rng.random_range(1..=SECOND));
                self.processes[at].alarm = next;
                self.at(next, Event::Turn(at, life));
            }
        }
    }

    /// When something becomes due, overdue or too old.
    pub fn next_of_interest(&self, alarm: Option<Millis>) -> Millis {
        let rows = self.store.queue.values().flat_map(|row| [row.due_at, row.expires_at, row.lease.map_or(0, |(_, until)| until + 1)]);
        rows.chain(alarm).chain([self.away_until]).filter(|at| *at > self.now).min().unwrap_or(self.now + HOUR)
    }

    pub fn leased(&mut self, at: usize, claimed: &[Claimed]) {
        if !claimed.is_empty() {
            let numbers = self.numbers_of(claimed);
            self.say(|| format!("process {at} claims {numbers}"));
        }
        let life = self.processes[at].life;
        self.holders.extend(claimed.iter().map(|one| (one.held.lease_id, (at, life))));
    }

    /// Leases that ended by themselves.
    pub fn taken_back(&mut self, back: Vec<(Uuid, Uuid)>) {
        for (id, lease) in back {
            *self.deaths.entry(id).or_default() += 1;
            let number = self.number(id);
            self.say(|| format!("#{number} is taken back"));
            let (at, life) = self.holders[&lease];
            if !self.lapses && self.processes[at].alive && self.processes[at].life == life {
                self.wrong(format!("the lease of #{number} runs out on process {at}, which lives"));
            }
        }
    }

    /// Results in one transaction.
    pub fn write_down(&mut self, list: &[Results]) {
        let strangers = check::strangers(self, list);
        let ours = self.store.finish(list);
        check::untouched(self, strangers);
        for (finish, ours) in list.iter().flat_map(|results| &results.finishes).zip(ours) {
            let id = finish.of.postback_id;
            check::finished(self, finish, ours);
            let open = self.store.queue.contains_key(&id);
            if finish.attempt.sent.is_some() {
                self.last.insert(id, if ours { Last::Written { open } } else { Last::Late });
            }
            if ours {
                self.deaths.remove(&id);
            }
            let (number, state) = (self.number(id), self.store.postbacks[&id].state);
            self.say(|| format!("#{number} is {state:?}, ours {ours}"));
        }
        self.held_since();
        self.changed();
    }

    pub fn kill(&mut self, at: usize, how: &str) {
        if !self.processes[at].alive {
            return;
        }
        self.told.kills += 1;
        let how = how.to_owned();
        self.say(|| format!("process {at} dies {how}"));
        let process = std::mem::replace(&mut self.processes[at], Process::new());
        self.processes[at].life = process.life;
        let out = process.calls.values().flat_map(|out| &out.group).map(|one| one.held.id);
        let unwritten = process.results.iter().flat_map(|(results, _)| &results.finishes).map(|finish| finish.of.postback_id);
        for id in out.chain(unwritten).collect::<Vec<_>>() {
            if matches!(self.last.get(&id), Some(Last::Out(_) | Last::Back)) {
                self.lost(id);
            }
        }
        let out = |(id, last): (&Uuid, &Last)| (*last == Last::Out(at)).then_some(*id);
        self.last.iter().filter_map(out).collect::<Vec<_>>().into_iter().for_each(|id| self.lost(id));
        let wait = self.rng.random_range(AWAY);
        self.after(wait, Event::Start(at));
    }

    fn lost(&mut self, id: Uuid) {
        self.last.insert(id, Last::Lost);
        *self.unlogged.entry(id).or_default() += 1;
    }

    fn happens(&mut self, happens: Happens) {
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
            Happens::Kill(at) => self.kill(at, "by SIGKILL"),
            Happens::Stop(at) => self.stop(at),
            Happens::Stall(at, wait) => {
                self.processes[at].stalled_until = self.now + wait;
                self.lapses = true;
            }
            Happens::DatabaseAway(wait) => {
                self.away_until = self.now + wait;
                self.last_away = self.away_until;
                self.lapses = true;
            }
        }
        self.held_since();
        self.changed();
    }

    /// Since when each connection may not send.
    fn held_since(&mut self) {
        for (id, connection) in &self.store.connections {
            let (route, since) = self.led.entry(*id).or_insert_with(|| (connection.route.clone(), self.now));
            if !route.leads_to_same(&connection.route) {
                (*route, *since) = (connection.route.clone(), self.now);
            }
            if connection.sends() {
                self.held.remove(id);
            } else {
                self.held.entry(*id).or_insert(self.now);
            }
        }
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

    fn connect(&mut self, number: usize, network: &str, transport: Option<&str>) {
        let id = Uuid::from_u128(0x1_0000 + number as u128);
        let secret = Some(self.new_secret());
        let route = Route {
            id,
            game_id: Uuid::nil(),
            network: network.into(),
            account_id: None,
            account_through: None,
            target_id: "TARGET".into(),
            secret: secret.clone(),
            secret_pasted: false,
            test_code: None,
            transport: transport.map(str::to_owned),
            probing: false,
        };
        let connection = Connection { route, connected: true, enabled: true, parked: None, held_since: None, resumed_at: None };
        self.store.connections.insert(id, connection);
        self.networks.insert(id, Network::new(secret));
    }

    fn new_secret(&mut self) -> String {
        self.secrets += 1;
        format!("sealed-{}", self.secrets)
    }

    fn reconnect(&mut self, id: Uuid) {
        let secret = Some(self.new_secret());
        self.network(id).secret.clone_from(&secret);
        let connection = self.store.connections.get_mut(&id).expect("connections are kept");
        connection.route.secret = secret;
        connection.connected = true;
        self.store.unpark(id, self.now);
    }

    fn try_again(&mut self, id: Uuid) {
        if self.store.connections[&id].parked.is_some() {
            self.store.unpark(id, self.now);
        }
    }

    fn disconnect(&mut self, id: Uuid) {
        let gone = self.store.cancel_waiting(id);
        self.cancelled.extend(gone.into_iter().map(|id| (id, self.now)));
        let connection = self.store.connections.get_mut(&id).expect("connections are kept");
        connection.connected = false;
        connection.route.secret = None;
    }

    /// Waiting ones are cancelled, never sent to it.
    fn other_target(&mut self, id: Uuid) {
        self.disconnect(id);
        let route = &mut self.store.connections.get_mut(&id).expect("connections are kept").route;
        route.target_id.push('X');
        self.reconnect(id);
    }

    fn other_transport(&mut self, id: Uuid) {
        let route = &mut self.store.connections.get_mut(&id).expect("connections are kept").route;
        if route.network == "google" {
            route.transport = if route.transport.is_some() { None } else { Some("ads_api".into()) };
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

    fn calm_begins(&mut self) {
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

    fn care(&mut self) {
        for id in self.store.connections.keys().copied().collect::<Vec<_>>() {
            self.try_again(id);
        }
        self.held_since();
        self.changed();
        let wait = if self.now < self.calm_at + HOUR { CARE } else { 12 * HOUR };
        self.after(wait, Event::Care);
    }
}
