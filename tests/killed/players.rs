//! Players who click an ad and buy, over the real API; their clients send a request again until it is acknowledged.

use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use uuid::Uuid;

const CLIENTS: u64 = 4;
/// Players whose first message is in a request.
const PLAYERS_A_REQUEST: usize = 4;

/// The processes that take requests now: how often that has changed, and their addresses.
type Address = Option<(usize, Vec<String>)>;

pub struct Players {
    clients: Vec<JoinHandle<Vec<Uuid>>>,
    address: watch::Sender<Address>,
    /// Requests acknowledged so far.
    answered: watch::Sender<usize>,
    enough: Arc<AtomicBool>,
}

impl Players {
    pub fn start(key: &'static str, seed: u64) -> Self {
        let (address, answered, enough) = (watch::Sender::new(None), watch::Sender::new(0), Arc::new(AtomicBool::new(false)));
        let clients = (0..CLIENTS).map(|number| {
            let client = Client {
                key,
                rng: StdRng::seed_from_u64(seed.wrapping_add(number)),
                http: reqwest::Client::builder().no_proxy().build().unwrap(),
                address: address.subscribe(),
                answered: answered.clone(),
                later: Vec::new(),
                purchases: Vec::new(),
            };
            tokio::spawn(client.play(Arc::clone(&enough)))
        });
        Self { clients: clients.collect(), address, answered, enough }
    }

    /// Requests go to this process from now on.
    pub fn meet(&self, origin: &str) {
        self.meet_any(&[origin]);
    }

    /// Requests go to any of these processes from now on.
    pub fn meet_any(&self, origins: &[&str]) {
        self.address.send_modify(|address| {
            let number = address.as_ref().map_or(0, |(number, _)| *number + 1);
            *address = Some((number, origins.iter().map(|origin| (*origin).to_owned()).collect()));
        });
    }

    /// Returns when so many more requests are acknowledged.
    pub async fn answered(&self, requests: usize) {
        let mut answered = self.answered.subscribe();
        let from = *answered.borrow();
        answered.wait_for(|count| *count >= from + requests).await.unwrap();
    }

    /// Nobody new comes; once everything is acknowledged, the message ids of all purchases.
    pub async fn finish(self) -> Vec<Uuid> {
        self.enough.store(true, Ordering::Relaxed);
        let mut purchases = Vec::new();
        for client in self.clients {
            purchases.extend(client.await.unwrap());
        }
        purchases
    }
}

struct Client {
    key: &'static str,
    rng: StdRng,
    http: reqwest::Client,
    address: watch::Receiver<Address>,
    answered: watch::Sender<usize>,
    /// What goes into the next request.
    later: Vec<Value>,
    purchases: Vec<Uuid>,
}

impl Client {
    async fn play(mut self, enough: Arc<AtomicBool>) -> Vec<Uuid> {
        while !enough.load(Ordering::Relaxed) {
            let mut messages = std::mem::take(&mut self.later);
            for _ in 0..PLAYERS_A_REQUEST {
                self.add_player(&mut messages);
            }
            messages.shuffle(&mut self.rng);
            self.post(&messages).await;
        }
        let rest = std::mem::take(&mut self.later);
        if !rest.is_empty() {
            self.post(&rest).await;
        }
        self.purchases
    }

    /// A click and a purchase, in one request or in two, whichever comes first.
    fn add_player(&mut self, messages: &mut Vec<Value>) {
        let (anonymous_id, purchase) = (self.uuid(), self.uuid());
        let parameter = if self.rng.random() { "ttclid" } else { "rdt_cid" };
        let landing = format!("https://emberfall.example/?{parameter}=E.C.P.{}", anonymous_id.simple());
        let page = json!({ "type": "page", "messageId": self.uuid(), "surface": "pixel", "properties": { "landing_page": landing } });
        let bought = json!({ "type": "track", "messageId": purchase, "eventName": "purchase", "properties": { "value": "12.99", "currency": "USD" } });
        self.purchases.push(purchase);
        for mut message in [page, bought] {
            message["eventTimestamp"] = json!(jiff::Timestamp::now().to_string());
            message["anonymousId"] = json!(anonymous_id);
            message["consentLevel"] = json!("anonymous");
            message["context"] = json!({ "library": "test", "libraryVersion": "1", "pageUrl": landing });
            if self.rng.random_ratio(1, 4) { self.later.push(message) } else { messages.push(message) }
        }
    }

    fn uuid(&mut self) -> Uuid {
        uuid::Builder::from_random_bytes(self.rng.random()).into_uuid()
    }

    /// Posts until it is acknowledged, by whichever process.
    async fn post(&mut self, messages: &[Value]) {
        loop {
            let (number, origins) = self.address.wait_for(Option::is_some).await.unwrap().clone().unwrap();
            let origin = origins.choose(&mut self.rng).unwrap();
            let request = self.http.post(format!("{origin}/v1/audience/messages")).header("x-immutable-publishable-key", self.key);
            match acknowledged(request.json(&json!({ "messages": messages }))).await {
                Ok(answer) => {
                    assert_eq!((&answer["accepted"], &answer["rejected"]), (&json!(messages.len()), &json!(0)), "{answer}");
                    self.answered.send_modify(|count| *count += 1);
                    return;
                }
                // It was killed.
                Err(_) => drop(self.address.wait_for(|address| address.as_ref().is_some_and(|(next, _)| *next > number)).await.unwrap()),
            }
        }
    }
}

async fn acknowledged(request: reqwest::RequestBuilder) -> reqwest::Result<Value> {
    request.send().await?.json().await
}
