//! Networks whose stored secret is shown to nobody but the place that sells access tokens for it. Pure; the caller does the IO.

use super::{Answer, ConnectError, Request, Settings};
use crate::model::Millis;
use secrecy::SecretString;

/// What a call shows, until it ends. The stored secret stays as it is.
#[derive(Debug, Clone)]
pub struct Access {
    pub token: SecretString,
    pub until: Millis,
}

pub trait Refresh: Send + Sync {
    /// The call that buys an access token with the stored secret.
    fn refresh(&self, settings: &Settings, secret: &SecretString) -> Result<Request, ConnectError>;
    fn read_refresh(&self, answer: &Answer, now: Millis) -> Result<Access, ConnectError>;
    /// Whether the answer to a call may be about an access token that ended before its time: then a new one is tried, once.
    fn stale(&self, answer: &Answer) -> bool {
        answer.status == 401
    }
}
