//! The audience API: takes a game's messages, validates each, applies consent, and answers once they are durable; keeps what players
//! agreed to, and takes requests to erase them. Messages, attribution and postbacks are written together; see `writer`.

pub mod address;
mod admit;
mod answer;
mod batch;
mod body;
mod consent;
mod cors;
mod data;
mod decoration;
mod fields;
#[cfg(test)]
mod fuzz;
mod keys;
mod limits;
mod message;
mod messages;
mod openapi;
mod query;
mod routes;
mod timestamp;
mod tracking_consent;
mod writer;

pub use answer::Counts;
pub use limits::Rates;
pub use routes::router;

use crate::model::game::KeyKind;
use crate::server::db::Db;
use crate::server::db::api_keys::KeyOwner;
use crate::server::decide::facts::Message;
use crate::server::erasure::Erasure;
use answer::Refusal;
use ipnet::IpNet;
use keys::Keys;
use limits::Limits;
use std::sync::Arc;
use tokio::sync::{Notify, OwnedSemaphorePermit};
use uuid::Uuid;
use writer::{Wanted, Writer};

/// Room that a few messages of our own take.
const OWN_BYTES: usize = 16 * 1024;

/// Nothing of it was stored; the cause is in the log.
#[derive(Debug, thiserror::Error)]
#[error("the messages could not be stored now")]
pub struct NotTaken;

/// The audience API's state; clones share it.
#[derive(Clone)]
pub struct Ingest {
    db: Db,
    writer: Arc<Writer>,
    erasure: Erasure,
    keys: Arc<Keys>,
    limits: Arc<Limits>,
    trusted_proxies: Arc<[IpNet]>,
}

impl Ingest {
    /// Starts the writer on the current runtime. `wake` is told when postbacks were queued.
    pub fn start(db: Db, erasure: Erasure, rates: Rates, trusted_proxies: &[IpNet], wake: Arc<Notify>) -> Self {
        Self {
            writer: Arc::new(Writer::start(db.clone(), erasure.salt.clone(), wake)),
            erasure,
            db,
            keys: Arc::default(),
            limits: Arc::new(Limits::new(rates)),
            trusted_proxies: trusted_proxies.into(),
        }
    }

    /// Writes messages of our own making as if the game had sent them, but under no key of it. Returns once they are durable.
    pub async fn take(&self, game_id: Uuid, messages: Vec<Message>) -> Result<(), NotTaken> {
        let room = self.writer.room(OWN_BYTES).map_err(|_| NotTaken)?;
        let ours = KeyOwner { key_id: writer::OURS, game_id, kind: KeyKind::Secret };
        self.writer.write(ours, Wanted::Messages(messages.into_iter().map(Arc::new).collect()), room).await.map_err(|_| NotTaken)
    }

    /// Returns once it is durable; a key that the writer found gone is forgotten.
    async fn write(&self, key: KeyOwner, wanted: Wanted, room: OwnedSemaphorePermit) -> Result<(), Refusal> {
        let written = self.writer.write(key, wanted, room).await;
        if written == Err(Refusal::UnknownKey) {
            self.keys.forget(key);
        }
        written
    }

    /// Takes no more messages, and returns once those that wait are written and answered.
    pub async fn stop(&self) {
        self.writer.stop().await;
    }
}
