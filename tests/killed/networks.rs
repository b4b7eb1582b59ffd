//! The networks, played in the test's own process, and what they received.

use postbacks::server::simulator::{self, State};
use serde_json::json;
use std::collections::HashMap;

/// Some calls take longer than others, so that there are always some under way.
const SLOW_MS: u64 = 30;

pub struct Networks {
    state: State,
    pub address: String,
}

/// What came in under one dedup id.
#[derive(Debug, Default)]
pub struct Received {
    pub times: usize,
    /// How often the network counted it.
    pub counted: usize,
}

impl Networks {
    pub async fn start() -> Self {
        let state = State::default();
        let listen = "127.0.0.1:0".parse().unwrap();
        let (address, _) = simulator::serve(listen, state.clone(), std::future::pending()).await.unwrap();
        let networks = Self { state, address: format!("http://{address}") };
        networks.script(json!({ "hang_ms": SLOW_MS, "probability": 0.3 })).await;
        networks
    }

    /// Each call takes a while from now on, so that much waits in hand.
    pub async fn slow_down(&self) {
        self.script(json!({ "hang_ms": 20 * SLOW_MS })).await;
    }

    /// Calls so far.
    pub fn calls(&self) -> u64 {
        *self.state.newest().borrow()
    }

    /// Returns after so many more calls.
    pub async fn called(&self, calls: u64) {
        let mut newest = self.state.newest();
        let from = *newest.borrow();
        newest.wait_for(|call| *call >= from + calls).await.unwrap();
    }

    /// Returns once a call was taken whose answer will never come.
    pub async fn lose_an_answer(&self) {
        let fault = self.script(json!({ "hang": true, "after": true, "times": 1 })).await;
        let mut newest = self.state.newest();
        let taken = |state: &State| state.ledger().calls_after(0).any(|(call, _)| call.fault == Some(fault));
        newest.wait_for(|_| taken(&self.state)).await.unwrap();
    }

    async fn script(&self, fault: serde_json::Value) -> u64 {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = client.post(format!("{}/simulator/faults", self.address)).json(&fault).send().await.unwrap();
        answer.json::<serde_json::Value>().await.unwrap()["id"].as_u64().expect("the fault is set")
    }

    pub fn received(&self) -> HashMap<String, Received> {
        let mut all: HashMap<String, Received> = HashMap::new();
        for entry in self.state.ledger().events_after(0) {
            let one = all.entry(entry.dedup_id.to_string()).or_default();
            one.times += 1;
            match entry.outcome.word() {
                "accepted" => one.counted += 1,
                "duplicate" => {}
                other => panic!("{other}: {:?}", entry.words),
            }
        }
        all
    }
}
