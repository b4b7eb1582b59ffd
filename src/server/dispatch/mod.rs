//! The delivery engine: claims postbacks, sends them, and writes what came of it. `claim -> network.request -> http.send ->
//! network.verdict -> retry::next -> finish`; the state between is in the database, so any process may die at any point.

mod attempt;
pub mod batch;
mod claim;
mod engine;
mod flush;
pub mod health;
mod lane;
pub mod meaning;
pub mod pace;
mod record;
pub mod retry;
mod run;

pub use run::{drain_until_idle, run};

use super::db::Db;
use super::networks::contract::Settings;
use super::networks::http::Http;
use super::secrets::Sealer;
use crate::model::Millis;
use std::sync::Arc;
use tokio::sync::Notify;

/// What dispatch needs to run beside the web server.
#[derive(Clone)]
pub struct Dispatch {
    pub db: Db,
    pub sealer: Sealer,
    /// The networks' settings.
    pub settings: Settings,
    /// The one pooled client of the process.
    pub http: Http,
    /// Notified after every commit that may have queued a postback or let a connection go.
    pub wake: Arc<Notify>,
}

/// Where the time comes from: the wall, or a test that has stopped it.
#[derive(Debug, Clone, Copy)]
enum Clock {
    /// `ahead` is how far the database's clock is ahead of ours: leases are compared by one clock, however many machines there are.
    Wall {
        ahead: Millis,
    },
    Stopped(Millis),
}

impl Clock {
    fn now(self) -> Millis {
        match self {
            Self::Wall { ahead } => super::now() + ahead,
            Self::Stopped(at) => at,
        }
    }
}
