//! Everything that runs on the server: ingest, decide, dispatch, networks, simulator, database.

pub mod access;
pub mod audit_log;
pub mod auth;
pub mod command;
pub mod config;
pub mod connect;
pub mod db;
pub mod decide;
pub mod demo;
pub mod dispatch;
mod doors;
pub mod erasure;
pub mod event_names;
pub mod frame;
pub mod game_settings;
pub mod games;
pub mod goals;
pub mod ingest;
pub mod integrations;
pub mod keys;
pub mod masking;
pub mod metrics;
pub mod networks;
pub mod overview;
pub mod password;
pub mod people;
pub mod pixel;
pub mod players;
pub mod resend;
pub mod retention;
pub mod router;
pub mod secrets;
pub mod security;
pub mod send_now;
pub mod serve;
pub mod sessions;
pub mod simulator;
pub mod site;
pub mod start;
pub mod state;
pub mod sweep;
pub mod test_event;
pub mod tries;
pub mod trouble;
mod wrong_clock;
pub mod zone;

use crate::model::Millis;

/// Whoever frees here is mostly another thread than who allocated, and the system's own allocator spends a third of all the time on that.
/// `.cargo/config.toml` says how it gives memory back.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// The wall clock, read at the edge only; everything inside takes `now` as an argument.
pub fn now() -> Millis {
    jiff::Timestamp::now().as_millisecond() + wrong_clock::ahead()
}
