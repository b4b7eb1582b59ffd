//! Access tokens that stored secrets buy: one purchase for all who wait for the same, kept until shortly before it ends, in memory alone.

use super::networks::contract::{Access, Answer, ConnectError, Refresh, Request, Settings};
use super::networks::http::{Http, NoAnswer};
use super::secrets::fingerprint;
use crate::model::{MINUTE, Millis};
use secrecy::{ExposeSecret, SecretString};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Mutex as Turn;

/// A token is not shown so shortly before its end: the call itself takes time, and clocks differ.
const MARGIN: Millis = 2 * MINUTE;
/// Secrets whose tokens are remembered; beyond it all are bought anew.
const KEPT: usize = 10_000;

/// Clones share what was bought.
#[derive(Clone, Default)]
pub struct AccessTokens(Arc<Mutex<HashMap<String, Arc<Turn<Last>>>>>);

/// What the last purchase with a secret came to.
type Last = Option<Result<Access, NotBought>>;

/// No token was to be had: what that means, and the call that was made, if there was one.
#[derive(Debug, Clone)]
pub struct NotBought {
    pub error: ConnectError,
    pub call: Option<Call>,
}

/// A call to where tokens are sold, which brought none.
#[derive(Debug, Clone)]
pub struct Call {
    pub request: Request,
    pub result: Result<Answer, NoAnswer>,
    pub latency_ms: Millis,
}

/// Where and with what a token is bought.
#[derive(Clone, Copy)]
pub struct Shop<'a> {
    pub http: &'a Http,
    pub settings: &'a Settings,
    pub refresh: &'a dyn Refresh,
    pub secret: &'a SecretString,
}

impl AccessTokens {
    /// A token that is good at `now`, and is not the one that turned out to be stale.
    pub async fn token(&self, shop: Shop<'_>, stale: Option<&SecretString>, now: Millis) -> Result<SecretString, NotBought> {
        let turn = self.turn(shop.secret);
        let (mut last, waited) = match turn.try_lock() {
            Ok(last) => (last, false),
            Err(_) => (turn.lock().await, true),
        };
        let good = |access: &Access| {
            access.until - MARGIN > now && stale.is_none_or(|stale| stale.expose_secret() != access.token.expose_secret())
        };
        match &*last {
            Some(Ok(access)) if good(access) => return Ok(access.token.clone()),
            // Somebody tried while we waited; what they heard goes for us.
            Some(Err(none)) if waited => return Err(none.clone()),
            _ => {}
        }
        let bought = buy(shop, now).await;
        let token = bought.as_ref().map(|access| access.token.clone()).map_err(Clone::clone);
        *last = Some(bought);
        token
    }

    fn turn(&self, secret: &SecretString) -> Arc<Turn<Last>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.clear();
        }
        Arc::clone(kept.entry(fingerprint(secret.expose_secret())).or_default())
    }
}

async fn buy(shop: Shop<'_>, now: Millis) -> Result<Access, NotBought> {
    let request = shop.refresh.refresh(shop.settings, shop.secret).map_err(|error| NotBought { error, call: None })?;
    let exchange = shop.http.send(&request).await;
    let read = match &exchange.result {
        Ok(answer) => shop.refresh.read_refresh(answer, now),
        Err(silence) => Err(ConnectError::Unavailable { words: silence.words.clone() }),
    };
    read.map_err(|error| NotBought { error, call: Some(Call { request, result: exchange.result, latency_ms: exchange.latency_ms }) })
}
