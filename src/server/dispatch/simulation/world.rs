//! The world: its clock, what happens when, and who lives.

use super::super::target::Target;
use super::calls;
use super::check;
use super::network::Network;
use super::process::Process;
use super::store::Store;
use super::story::{Happens, Story};
use crate::model::{DAY, HOUR, Millis, SECOND};
use crate::server::db::connections::Route;
use crate::server::db::postbacks::Claimed;
use crate::server::db::receipts::Open;
use crate::server::networks::contract::{Answer, Request};
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
/// How long a dead process stays away.
pub const AWAY: std::ops::Range<Millis> = 50..20 * SECOND;

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
    /// Which process holds a lease, in which of its lives, and since when.
    pub holders: BTreeMap<Uuid, (usize, u32, Millis)>,
    /// When a postback that had been claimed came back to the queue unsent.
    pub freed: BTreeMap<Uuid, Millis>,
    /// Calls with a postback that left no row in the log, for a reason.
    pub unlogged: BTreeMap<Uuid, usize>,
    pub cancelled: BTreeMap<Uuid, Millis>,
    /// Where each connection leads as soon as it is connected.
    pub targets: BTreeMap<Uuid, String>,
    /// Where each postback is to go.
    pub meant: BTreeMap<Uuid, String>,
    /// Where each connection led before, and until when.
    pub led: BTreeMap<Uuid, (Route, Millis)>,
    /// When a process, in one of its lives, learnt that the connection is refused (which is written by then), and on which route.
    pub refused: BTreeMap<(usize, u32, Uuid), (Millis, Route)>,
    /// Claims of each postback that ended without a result, in a row.
    pub deaths: BTreeMap<Uuid, i32>,
    /// Since when a connection may not send, or not as it could before.
    pub held: BTreeMap<Uuid, Millis>,
    /// Some process was held up, or the database away: until then leases may have run out on the living.
    pub lapses: bool,
    pub told: Told,
    pub calm: bool,
    pub away_until: Millis,
    events: BTreeMap<(Millis, u64), Event>,
    order: u64,
    deadly: Option<u32>,
    pub calm_at: Millis,
    tracing: bool,
    pub secrets: usize,
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
            request: calls::request(),
            numbers: 0,
            poison: BTreeSet::new(),
            last: BTreeMap::new(),
            holders: BTreeMap::new(),
            freed: BTreeMap::new(),
            unlogged: BTreeMap::new(),
            cancelled: BTreeMap::new(),
            targets: BTreeMap::new(),
            meant: BTreeMap::new(),
            led: BTreeMap::new(),
            refused: BTreeMap::new(),
            deaths: BTreeMap::new(),
            held: BTreeMap::new(),
            lapses: false,
            told: Told { seed, ..Told::default() },
            calm: false,
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
}
