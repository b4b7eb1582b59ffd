//! Whose key a request carries. Answers are remembered for a few seconds; that is for speed only: the writer asks again inside its
//! transaction, so that a rotated key is dead at once in every process.

use super::answer::Refusal;
use crate::model::game::KeyKind;
use crate::server::db::api_keys::{self, KeyOwner};
use crate::server::db::{self, Db};
use axum::http::HeaderMap;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const HEADER: &str = "x-immutable-publishable-key";
/// No key of ours or of the former service is longer.
const MAX_KEY: usize = 256;
const REMEMBERED_FOR: Duration = Duration::from_secs(5);
/// Only keys that exist are remembered; above this many, those out of date are dropped.
const MANY: usize = 1_000;

#[derive(Default)]
pub struct Keys {
    known: Mutex<HashMap<String, (KeyOwner, Instant)>>,
}

impl Keys {
    /// The owner of the request's publishable key.
    pub async fn owner(&self, db: &Db, headers: &HeaderMap) -> Result<KeyOwner, Refusal> {
        let key = headers.get(HEADER).and_then(|value| value.to_str().ok()).map(str::trim).filter(|key| !key.is_empty());
        let key = key.ok_or(Refusal::NoKey)?;
        if key.len() > MAX_KEY {
            return Err(Refusal::UnknownKey);
        }
        let owner = match self.remembered(key) {
            Some(owner) => owner,
            None => {
                let found = api_keys::owner_of(db, key).await.map_err(|error| unavailable(&error))?;
                let owner = found.ok_or(Refusal::UnknownKey)?;
                self.remember(key, owner);
                owner
            }
        };
        match owner.kind {
            KeyKind::Publishable => Ok(owner),
            KeyKind::Secret => Err(Refusal::WrongKindOfKey),
        }
    }

    /// Forgets a key that the writer found gone.
    pub fn forget(&self, owner: KeyOwner) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, (known, _)| known.key_id != owner.key_id);
    }

    fn remembered(&self, key: &str) -> Option<KeyOwner> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(key).filter(|(_, since)| since.elapsed() < REMEMBERED_FOR).map(|(owner, _)| *owner)
    }

    fn remember(&self, key: &str, owner: KeyOwner) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MANY {
            known.retain(|_, (_, since)| since.elapsed() < REMEMBERED_FOR);
        }
        known.insert(key.to_owned(), (owner, Instant::now()));
    }
}

fn unavailable(error: &db::Error) -> Refusal {
    tracing::error!(%error, "a key could not be looked up");
    Refusal::Unavailable
}
