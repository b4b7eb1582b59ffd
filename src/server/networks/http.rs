//! The only place that talks to networks: one pooled client, time-outs, capped bodies, no redirects, masked logs.

use super::contract::{Answer, Request};
use crate::model::Millis;

/// No answer came. `sent` tells whether the network may have acted on it all the same (then the result is unknown).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{words}")]
pub struct NoAnswer {
    pub sent: bool,
    /// Plain words for the log: `Timed out after 20 s`, `Connection refused`.
    pub words: String,
}

/// A request as the log keeps it: secrets masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    pub method: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
}

/// What one call took and brought.
#[derive(Debug)]
pub struct Exchange {
    pub result: Result<Answer, NoAnswer>,
    pub latency_ms: Millis,
}

#[derive(Clone)]
pub struct Http {
    client: reqwest::Client,
}

impl Http {
    /// The one pooled client of the process.
    pub fn new() -> Self {
        Self { client: reqwest::Client::new() }
    }

    pub async fn send(&self, request: &Request) -> Exchange {
        let _ = (&self.client, request);
        Exchange { result: Err(NoAnswer { sent: false, words: "not built yet".into() }), latency_ms: 0 }
    }
}

impl Default for Http {
    fn default() -> Self {
        Self::new()
    }
}
