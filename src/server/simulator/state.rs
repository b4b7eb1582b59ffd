//! What the simulator remembers while it runs: in memory, shared by all its routes, gone with the process.

use super::faults::{Door, Faults, Strike};
use super::google::results::Results;
use super::ledger::{Ledger, Limits, Report};
use super::role::{Role, Seen};
use super::tokens::Tokens;
use super::world::World;
use crate::model::Millis;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// Where the simulator reads the time, Unix milliseconds.
pub type Clock = Arc<dyn Fn() -> Millis + Send + Sync>;

/// The simulator's state. Clones share it.
#[derive(Clone)]
pub struct State(Arc<Shared>);

struct Shared {
    clock: Clock,
    world: World,
    tokens: Tokens,
    faults: Mutex<Faults>,
    /// Whether any fault is set: looked at on every call, without the lock.
    troubled: AtomicBool,
    ledger: Mutex<Ledger>,
    /// Number of the newest call in the ledger.
    newest: watch::Sender<u64>,
    /// What became of requests whose answer was a receipt.
    results: Results,
    hanging: AtomicUsize,
    requests: AtomicU64,
}

impl Default for State {
    fn default() -> Self {
        Self::new(Arc::new(crate::server::now), Limits::default())
    }
}

impl State {
    /// The sample world (see `world`), an empty ledger of that size, no faults.
    pub fn new(clock: Clock, limits: Limits) -> Self {
        let world = World::sample();
        let tokens = Tokens::sample(&world);
        Self(Arc::new(Shared {
            clock,
            world,
            tokens,
            faults: Mutex::default(),
            troubled: AtomicBool::new(false),
            ledger: Mutex::new(Ledger::new(limits)),
            newest: watch::Sender::new(0),
            results: Results::default(),
            hanging: AtomicUsize::new(0),
            requests: AtomicU64::new(0),
        }))
    }

    /// Networks whose yes is a receipt are at work on what they took for so long.
    pub fn at_work_for(self, time: Millis) -> Self {
        self.results().at_work_for(time);
        self
    }

    pub fn now(&self) -> Millis {
        (self.0.clock)()
    }

    pub fn world(&self) -> &World {
        &self.0.world
    }

    pub fn tokens(&self) -> &Tokens {
        &self.0.tokens
    }

    pub fn results(&self) -> &Results {
        &self.0.results
    }

    /// Writes a call into the ledger and wakes who waits for one.
    pub fn record(&self, report: Report) {
        let newest = {
            let mut ledger = self.ledger();
            ledger.record(report);
            ledger.last().1
        };
        self.0.newest.send_if_modified(|known| newest > std::mem::replace(known, newest.max(*known)));
    }

    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.0.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes whenever the ledger has a new call.
    pub fn newest(&self) -> watch::Receiver<u64> {
        self.0.newest.subscribe()
    }

    /// Reads or changes the faults.
    pub fn faults<T>(&self, with: impl FnOnce(&mut Faults) -> T) -> T {
        let mut faults = self.0.faults.lock().unwrap_or_else(PoisonError::into_inner);
        let result = with(&mut faults);
        self.0.troubled.store(!faults.list().is_empty(), Ordering::Release);
        result
    }

    /// Whether any fault is set.
    pub fn troubled(&self) -> bool {
        self.0.troubled.load(Ordering::Acquire)
    }

    /// The fault that strikes a call, if one does.
    pub fn strike(&self, role: &Role, door: Door, target: &str, events: impl Fn() -> Vec<Seen>) -> Option<Strike> {
        if !self.troubled() {
            return None;
        }
        let dice = rand::random::<f64>();
        self.faults(|faults| faults.strike(role.slug, door, target, dice, events))
    }

    /// Counts a call that hangs for as long as what it returns lives.
    pub fn hang(&self) -> Hanging {
        self.0.hanging.fetch_add(1, Ordering::AcqRel);
        Hanging(self.0.clone())
    }

    /// Calls that are kept without an answer right now.
    pub fn hanging(&self) -> usize {
        self.0.hanging.load(Ordering::Acquire)
    }

    /// A number that no other answer had.
    pub fn next_request(&self) -> u64 {
        self.0.requests.fetch_add(1, Ordering::Relaxed)
    }
}

/// A call that hangs.
pub struct Hanging(Arc<Shared>);

impl Drop for Hanging {
    fn drop(&mut self) {
        self.0.hanging.fetch_sub(1, Ordering::AcqRel);
    }
}
