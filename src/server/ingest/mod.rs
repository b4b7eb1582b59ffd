//! The audience API: takes a game's messages, validates each, applies consent, and answers once they are durable.
//! Messages, attribution and postbacks are written together; see `writer`.

pub mod address;
mod answer;
mod batch;
mod body;
mod consent;
mod cors;
mod fields;
mod keys;
mod limits;
mod message;
mod routes;
mod timestamp;
mod writer;

pub use answer::Counts;
pub use limits::Rates;
pub use routes::router;

use crate::server::db::Db;
use ipnet::IpNet;
use keys::Keys;
use limits::Limits;
use std::sync::Arc;
use tokio::sync::Notify;
use writer::Writer;

/// The audience API's state; clones share it.
#[derive(Clone)]
pub struct Ingest {
    db: Db,
    writer: Arc<Writer>,
    keys: Arc<Keys>,
    limits: Arc<Limits>,
    trusted_proxies: Arc<[IpNet]>,
}

impl Ingest {
    /// Starts the writer on the current runtime. `wake` is told when postbacks were queued.
    pub fn start(db: Db, rates: Rates, trusted_proxies: &[IpNet], wake: Arc<Notify>) -> Self {
        Self {
            writer: Arc::new(Writer::start(db.clone(), wake)),
            db,
            keys: Arc::default(),
            limits: Arc::new(Limits::new(rates)),
            trusted_proxies: trusted_proxies.into(),
        }
    }

    /// Takes no more messages, and returns once those that wait are written and answered.
    pub async fn stop(&self) {
        self.writer.stop().await;
    }
}
