//! One process of the world: what `engine` and `ask` do around the pure core, a step at a time, so that it can die between any two.

use super::check;
use super::world::{Event, World};
use crate::model::{Millis, SECOND};
use crate::server::db::connections::Route;
use crate::server::db::postbacks::Claimed;
use crate::server::db::results::Results;
use crate::server::dispatch::core::{Brought, Core, Due, POLL, Wanted};
use crate::server::dispatch::engine::PATIENCE;
use crate::server::dispatch::judge::{self, End};
use crate::server::dispatch::target::Target;
use crate::server::networks;
use crate::server::networks::contract::{Destination, Network};
use rand::Rng;
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::Arc;
use uuid::Uuid;

/// As in `run`.
const HOUSEKEEPING: Millis = 5 * SECOND;
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
    pub patient_until: Millis,
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
            patient_until: 0,
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
        // Of what it holds every poll looks whether it may still go out.
        let holds = !process.core.holding(&HashSet::new()).is_empty();
        let next = if sleep < POLL || holds {
            self.now + sleep
        } else {
            self.next_of_interest(process.core.alarm(&due, self.now)).max(self.now + POLL)
        };
        let life = process.life;
        self.processes[at].alarm = next;
        self.at(next, Event::Turn(at, life));
    }

    fn housekeeping(&mut self, at: usize) {
        let now = self.now;
        if self.away() {
            self.processes[at].patient_until = now + PATIENCE;
            return;
        }
        let unsent = self.processes[at].core.overdue(now);
        self.give_back(unsent);
        // As `engine` does it: whoever has results in hand writes them first.
        if self.processes[at].patient_until <= now {
            let back = self.store.reclaim(now, now);
            self.taken_back(back);
        }
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
        let (ended, life) = (std::mem::take(&mut process.ended), process.life);
        for (target, _) in ended.iter().filter(|(_, end)| end.as_ref().is_some_and(|end| end.refused)) {
            self.refused.insert((at, life, target.route.id), (now, target.route.clone()));
        }
        let process = &mut self.processes[at];
        for (target, end) in ended {
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
}

/// Where the connection's calls go.
pub fn aim(route: Route) -> Arc<Target> {
    aim_at(networks::over(&route.network, route.transport.as_deref()).expect("it is one of ours"), route)
}

pub fn aim_at(network: &'static dyn Network, route: Route) -> Arc<Target> {
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
