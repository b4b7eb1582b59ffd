//! The delivery engine: claims postbacks, sends them, and writes what came of it. `claim -> network.request -> http.send ->
//! network.verdict -> retry::next -> finish`; where a network's yes is a receipt, `ask` goes on from there. The state between is in the database,
//! so any process may die at any point.

mod ask;
mod attempt;
pub mod batch;
mod breaker;
mod call;
mod claim;
mod core;
pub mod engine;
mod flush;
pub mod health;
mod judge;
mod lane;
pub mod meaning;
mod others;
pub mod pace;
pub mod quota;
mod record;
pub mod retry;
mod run;
pub mod sequel;
#[cfg(any(test, feature = "simulation"))]
pub mod simulation;
mod target;
mod told;

pub use ask::ask_until_idle;
pub use run::{drain_until_idle, run};

use super::access::AccessTokens;
use super::db::Db;
use super::networks::contract::Settings;
use super::networks::http::Http;
use super::secrets::Sealer;
use crate::model::Millis;
use others::Others;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Notify;

/// What dispatch needs to run beside the web server. Clones share it.
#[derive(Clone)]
pub struct Dispatch {
    db: Db,
    sealer: Sealer,
    settings: Arc<Settings>,
    http: Http,
    access: AccessTokens,
    wake: Arc<Notify>,
    most_per_call: usize,
    first_question: Option<Millis>,
    others: Others,
}

impl Dispatch {
    /// `settings` are the networks' own; `http` is the one pooled client of the process; `wake` is notified after every commit that
    /// may have queued a postback or let a connection go.
    pub fn new(db: Db, sealer: Sealer, settings: Settings, http: Http, wake: Arc<Notify>) -> Self {
        Self {
            db,
            sealer,
            settings: Arc::new(settings),
            http,
            access: AccessTokens::default(),
            wake,
            most_per_call: usize::MAX,
            first_question: None,
            others: Others::default(),
        }
    }

    /// With the access tokens that the rest of the process buys and uses.
    pub fn sharing(self, access: AccessTokens) -> Self {
        Self { access, ..self }
    }

    /// Asks so soon what became of accepted events, whatever the networks wish: for the demo, whose networks are quick.
    pub fn with_first_question_after(self, wait: Millis) -> Self {
        Self { first_question: Some(wait), ..self }
    }

    /// As whoever queued something does.
    #[cfg(test)]
    pub fn wake_up(&self) {
        self.wake.notify_one();
    }

    /// Fewer events to a call than the networks' batches, for measuring.
    pub fn with_most_per_call(self, most: usize) -> Self {
        Self { most_per_call: most.max(1), ..self }
    }
}

/// Where the time comes from: the database's clock, or a test that has stopped it.
#[derive(Debug, Clone, Copy)]
pub enum Clock {
    /// Leases are compared by one clock, however many machines there are. Between two looks at it the time since is added, which no
    /// jump of this machine's clock touches.
    Running {
        read: Millis,
        since: Instant,
    },
    Stopped(Millis),
}

impl Clock {
    /// It shows this time now.
    fn at(read: Millis) -> Self {
        Self::Running { read, since: Instant::now() }
    }

    fn now(self) -> Millis {
        match self {
            Self::Running { read, since } => read + Millis::try_from(since.elapsed().as_millis()).unwrap_or(Millis::MAX / 2),
            Self::Stopped(at) => at,
        }
    }
}
