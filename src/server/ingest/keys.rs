//! Whose key a request carries. Answers are remembered for a few seconds; that is for speed only: the writer asks again inside its
//! transaction, so that a rotated key is dead at once in every process.

use super::answer::Refusal;
use crate::model::carried_key::KEY_LENGTH;
use crate::server::db::Db;
use crate::server::db::api_keys::{self, KeyOwner};
use axum::http::HeaderMap;
use axum::http::header::ORIGIN;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

pub const PUBLISHABLE: &str = "x-immutable-publishable-key";
pub const SECRET: &str = "x-immutable-api-key";
/// No key of ours or of the former service is longer.
const MAX_KEY: usize = *KEY_LENGTH.end();
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
        let key = shown(headers, PUBLISHABLE).ok_or(Refusal::NoKey)?;
        if key.len() > MAX_KEY {
            return Err(Refusal::UnknownKey);
        }
        let owner = match self.remembered(key) {
            Some(owner) => owner,
            None => {
                let found = api_keys::owner_of(db, key).await.map_err(|error| Refusal::unavailable(&error))?;
                let owner = found.ok_or(Refusal::UnknownKey)?;
                self.remember(key, owner);
                owner
            }
        };
        if owner.kind.is_publishable() { Ok(owner) } else { Err(Refusal::WrongKindOfKey) }
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

/// The owner of the request's publishable or secret key, as the database has it now.
pub async fn owner_now(db: &Db, headers: &HeaderMap, publishable: bool) -> Result<KeyOwner, Refusal> {
    let (header, missing, unknown, wrong) = match publishable {
        true => (PUBLISHABLE, Refusal::NoKey, Refusal::UnknownKey, Refusal::WrongKindOfKey),
        false => (SECRET, Refusal::NoSecretKey, Refusal::UnknownSecretKey, Refusal::NotSecret),
    };
    let key = shown(headers, header).ok_or(missing)?;
    if key.len() > MAX_KEY {
        return Err(unknown);
    }
    let owner = api_keys::owner_of(db, key).await.map_err(|error| Refusal::unavailable(&error))?.ok_or(unknown)?;
    if owner.kind.is_publishable() == publishable { Ok(owner) } else { Err(wrong) }
}

/// A secret key that a web page shows is no secret any more: no such request is carried out, whatever it asks for.
pub fn refuse_secret_from_browser(headers: &HeaderMap) -> Result<(), Refusal> {
    if headers.contains_key(ORIGIN) && shown(headers, SECRET).is_some() { Err(Refusal::SecretInBrowser) } else { Ok(()) }
}

fn shown<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim).filter(|key| !key.is_empty())
}
