//! Dispatch beside a simulator that plays the networks, over real HTTP.

use super::world::{NOW, sealer};
use crate::model::Millis;
use crate::server::db::Db;
use crate::server::dispatch::{Dispatch, ask_until_idle, drain_until_idle};
use crate::server::networks;
use crate::server::networks::contract::{SettingKind, Settings};
use crate::server::networks::http::{Http, Limits};
use crate::server::secrets::Sealer;
use crate::server::simulator::{self, world};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tokio::sync::{Notify, oneshot};

/// Short, so that a test of a silent network does not take 20 s.
const LIMITS: Limits = Limits { connect: Duration::from_secs(2), whole: Duration::from_millis(700) };

pub struct Rig {
    pub dispatch: Dispatch,
    pub base: String,
    clock: Arc<AtomicI64>,
    client: reqwest::Client,
    _stop: oneshot::Sender<()>,
}

impl Rig {
    /// The simulator's clock stands at the tests' time until it is turned.
    pub async fn start(db: &Db) -> Self {
        let clock = Arc::new(AtomicI64::new(NOW));
        let reads = Arc::clone(&clock);
        Self::with_clock(db, clock, Arc::new(move || reads.load(Ordering::Relaxed))).await
    }

    /// Both sides go by the wall.
    pub async fn by_the_wall(db: &Db) -> Self {
        Self::with_clock(db, Arc::default(), Arc::new(crate::server::now)).await
    }

    async fn with_clock(db: &Db, clock: Arc<AtomicI64>, reads: simulator::Clock) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let state = simulator::State::new(reads, simulator::Limits::default());
        let shutdown = async { drop(stopped.await) };
        let (address, _) = simulator::serve("127.0.0.1:0".parse().unwrap(), state, shutdown).await.unwrap();
        let base = format!("http://{address}");
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { dispatch: dispatch_to(db, &base, sealer()), base, clock, client, _stop: stop }
    }

    /// Turns the clock to `now` and sends all that is due then; how many calls that took.
    pub async fn drain(&self, now: Millis) -> usize {
        self.set(now);
        drain_until_idle(&self.dispatch, now).await
    }

    /// Turns the clock to `now` and asks what became of accepted events, as far as that is due then; how many questions that took.
    pub async fn ask(&self, now: Millis) -> usize {
        self.set(now);
        ask_until_idle(&self.dispatch, now).await
    }

    /// Turns the clock.
    pub fn set(&self, now: Millis) {
        self.clock.store(now, Ordering::Relaxed);
    }

    /// Dispatch of another process.
    pub fn another(&self, db: &Db) -> Dispatch {
        dispatch_to(db, &self.base, sealer())
    }

    pub async fn fault(&self, fault: Value) {
        let answer = self.post("/simulator/faults", fault).await;
        assert!(answer.get("id").is_some(), "{answer}");
    }

    pub async fn expire_tokens(&self) {
        self.post("/simulator/tokens/expire", json!({"network": "tiktok"})).await;
    }

    pub async fn restore_tokens(&self) {
        self.post("/simulator/tokens/restore", json!({"network": "tiktok"})).await;
    }

    /// How many access tokens Google has sold.
    pub async fn sold(&self) -> usize {
        let tokens: Value = self.client.get(format!("{}/simulator/tokens", self.base)).send().await.unwrap().json().await.unwrap();
        let of_google = |token: &&Value| token["network"] == "google" && !token["token"].as_str().unwrap().contains("simulator");
        tokens["tokens"].as_array().unwrap().iter().filter(of_google).count()
    }

    pub async fn post(&self, path: &str, body: Value) -> Value {
        self.client.post(format!("{}{path}", self.base)).json(&body).send().await.unwrap().json().await.unwrap()
    }

    /// What the network saw of one dedup id, in order: `accepted`, `duplicate`, `refused`, `lost`. Waits a while for the first.
    pub async fn seen(&self, dedup_id: impl ToString) -> Vec<String> {
        let query = format!("/simulator/ledger?dedup_id={}&wait_ms=5000", dedup_id.to_string());
        let page: Value = self.client.get(format!("{}{query}", self.base)).send().await.unwrap().json().await.unwrap();
        page["events"].as_array().unwrap().iter().map(|event| event["outcome"].as_str().unwrap().to_owned()).collect()
    }

    /// Events of the newest thousand that the network counted.
    pub async fn counted(&self) -> usize {
        let url = format!("{}/simulator/ledger?outcome=accepted&limit=1000", self.base);
        let page: Value = self.client.get(url).send().await.unwrap().json().await.unwrap();
        page["events"].as_array().unwrap().len()
    }
}

/// Dispatch whose networks are all at this address.
pub fn dispatch_to(db: &Db, base: &str, sealer: Sealer) -> Dispatch {
    let mut settings = Settings::default();
    for setting in networks::settings().filter(|setting| setting.kind == SettingKind::Url) {
        settings.plain.insert(setting.env, base.to_owned());
    }
    settings.plain.insert("POSTBACKS_GOOGLE_CLIENT_ID", world::GOOGLE_CLIENT_ID.to_owned());
    settings.secret.insert("POSTBACKS_GOOGLE_CLIENT_SECRET", world::GOOGLE_CLIENT_SECRET.into());
    let http = Http::with_limits(&networks::addresses(&settings), LIMITS).unwrap();
    Dispatch::new(db.clone(), sealer, settings, http, Arc::new(Notify::new()))
}
