//! A trickle of players who land, play and buy, over the real API; and now and then something goes wrong at a network, so that
//! the log shows more than success.

use super::journey::{Step, journey};
use super::seed::PUBLISHABLE_KEY;
use crate::model::{MINUTE, Millis};
use crate::server::now;
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::{Instant, interval};
use tokio_util::sync::CancellationToken;

/// A new player this often.
const PLAYER_EVERY: u64 = 2;
/// Players of the quarter of an hour before the start, so that the first look is not an empty page.
const EARLIER_PLAYERS: i64 = 40;
const EARLIER: Millis = 15 * MINUTE;
/// A message that the server does not take is not the demo's last.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What goes wrong at which second of every three minutes: a refusal for rate, a server error, a refused event, a lost answer, a late refusal.
fn mishaps(second: u64) -> Option<Value> {
    match second % 180 {
        12 => Some(json!({ "network": "tiktok", "code": 40100, "message": "Too many requests. Please retry in some time.", "times": 2 })),
        25 => Some(json!({ "network": "reddit", "status": 500, "times": 1 })),
        40 => Some(
            json!({ "network": "tiktok", "bad_event": { "index": 0, "message": "Invalid value for content_id: not a valid string." }, "times": 1 }),
        ),
        33 => Some(json!({ "network": "meta", "code": 4, "times": 2 })),
        48 => Some(
            json!({ "network": "meta", "bad_event": { "index": 0, "message": "The parameter $['data'][0]['user_data']['ph'] must be hashed with SHA-256." }, "times": 1 }),
        ),
        62 => Some(json!({ "network": "google", "status": 429, "times": 1 })),
        70 => Some(json!({ "network": "google", "bad_event": { "index": 0, "message": "The currency code is invalid." }, "times": 1 })),
        55 => Some(json!({ "network": "reddit", "status": 429, "retry_after": 5, "times": 1 })),
        90 => Some(json!({ "network": "tiktok", "reset": true, "times": 1 })),
        100 => Some(json!({ "network": "google", "later": { "reason": "PROCESSING_ERROR_REASON_CLICK_NOT_FOUND" }, "times": 1 })),
        120 => Some(json!({ "network": "google", "later": { "reason": "PROCESSING_ERROR_REASON_INVALID_GCLID" }, "times": 1 })),
        _ => None,
    }
}

/// Plays until `shutdown`. `server` is this instance's own address, `simulator` the simulator's, where it runs.
pub async fn play(server: String, simulator: Option<String>, shutdown: CancellationToken) {
    let client = match reqwest::Client::builder().no_proxy().timeout(TIMEOUT).build() {
        Ok(client) => client,
        Err(cause) => return tracing::error!(%cause, "the demo's players have no way to the server"),
    };
    let mut rng = StdRng::from_os_rng();
    let mut due: BTreeMap<u64, Vec<Value>> = BTreeMap::new();
    for number in 0..EARLIER_PLAYERS {
        let steps = journey(&mut rng, now() - EARLIER + number * EARLIER / EARLIER_PLAYERS);
        due.entry(1).or_default().extend(steps.into_iter().map(|step| step.message));
    }
    let started = Instant::now();
    let mut second = interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = second.tick() => {}
        }
        let elapsed = started.elapsed().as_secs();
        if elapsed.is_multiple_of(PLAYER_EVERY) {
            for Step { second, message } in journey(&mut rng, now()) {
                due.entry(elapsed + second).or_default().push(message);
            }
        }
        let later = due.split_off(&(elapsed + 1));
        let ready: Vec<Value> = std::mem::replace(&mut due, later).into_values().flatten().collect();
        for batch in ready.chunks(100) {
            send(&client, &server, batch).await;
        }
        if let (Some(simulator), Some(fault)) = (&simulator, mishaps(elapsed)) {
            let sent = client.post(format!("{simulator}/simulator/faults")).json(&fault).send().await;
            if let Err(cause) = sent {
                tracing::warn!(%cause, "a mishap could not be scripted");
            }
        }
    }
}

async fn send(client: &reqwest::Client, server: &str, messages: &[Value]) {
    let sent = client
        .post(format!("{server}/v1/audience/messages"))
        .header("x-immutable-publishable-key", PUBLISHABLE_KEY)
        .json(&json!({ "messages": messages }))
        .send()
        .await
        .and_then(reqwest::Response::error_for_status);
    if let Err(cause) = sent {
        tracing::warn!(%cause, "messages of the demo's players were not taken");
    }
}
