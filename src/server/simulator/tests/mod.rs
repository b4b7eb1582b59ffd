//! Round trips over real HTTP against the simulator on a port of its own, with a clock that the test turns.

mod captured;
mod faults;
mod google_connect;
mod google_events;
mod google_imports;
mod ledger;
mod meta_connect;
mod meta_events;
mod page;
mod reddit_events;
mod reddit_rules;
mod tiktok_connect;
mod tiktok_events;
mod tiktok_rules;

use super::world::{META_APP_SECRET, META_PASTED_TOKEN, META_PIXEL, REDDIT_PIXEL, REDDIT_TOKEN, TIKTOK_PIXEL, TIKTOK_TOKEN};
use super::{Limits, State, serve};
use crate::model::Millis;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio::sync::oneshot;

/// 2026-11-23 12:00:00 UTC.
pub const NOW: Millis = 1_795_435_200_000;
/// SHA-256 of nothing in particular.
pub const HASH: &str = "ff8d9819fc0e12bf0d24892e45987e249a28dce836a85cad60e28eaaa8c6d976";
const USER_AGENT: &str = "linux:postbacks-tests:1.0 (by /u/postbacks)";

/// A running simulator; it ends with the value.
pub struct Sim {
    pub base: String,
    pub client: Client,
    clock: Arc<AtomicI64>,
    stop: Option<oneshot::Sender<()>>,
    ended: tokio::task::JoinHandle<()>,
}

impl Sim {
    pub async fn start() -> Self {
        Self::with(Limits::default()).await
    }

    pub async fn with(limits: Limits) -> Self {
        let clock = Arc::new(AtomicI64::new(NOW));
        let reads = clock.clone();
        let state = State::new(Arc::new(move || reads.load(Ordering::Relaxed)), limits);
        let (stop, stopped) = oneshot::channel::<()>();
        let (address, ended) = serve("127.0.0.1:0".parse().unwrap(), state, async { drop(stopped.await) }).await.unwrap();
        let client = Client::builder().user_agent(USER_AGENT).redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
        Self { base: format!("http://{address}"), client, clock, stop: Some(stop), ended }
    }

    /// Lets time pass.
    pub fn pass(&self, millis: Millis) {
        self.clock.fetch_add(millis, Ordering::Relaxed);
    }

    /// Shuts it down and waits for the end.
    pub async fn end(mut self) {
        self.stop.take();
        self.ended.await.unwrap();
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    pub async fn json(&self, path: &str) -> Value {
        self.client.get(self.url(path)).send().await.unwrap().json().await.unwrap()
    }

    pub async fn post(&self, path: &str, body: Value) -> Response {
        self.client.post(self.url(path)).json(&body).send().await.unwrap()
    }

    pub async fn fault(&self, fault: Value) {
        let answer = self.post("/simulator/faults", fault).await;
        assert_eq!(answer.status(), 201, "{}", answer.text().await.unwrap());
    }

    /// A call to TikTok's event/track as it should be, with this body.
    pub fn tiktok(&self, body: &Value) -> RequestBuilder {
        self.client.post(self.url("/open_api/v1.3/event/track/")).header("Access-Token", TIKTOK_TOKEN).json(body)
    }

    /// Code and message that TikTok answers with, over HTTP 200.
    pub async fn tiktok_says(&self, body: &Value) -> (i64, String) {
        code_and_message(self.tiktok(body).send().await.unwrap()).await
    }

    /// A call to Meta's events of the sample dataset with this body, which names its token.
    pub fn meta(&self, body: &Value) -> RequestBuilder {
        self.client.post(self.url(&format!("/v26.0/{META_PIXEL}/events"))).json(body)
    }

    /// Status and body of Meta's answer.
    pub async fn meta_says(&self, body: &Value) -> (u16, Value) {
        status_and_json(self.meta(body).send().await.unwrap()).await
    }

    /// A call to Reddit as it should be, with this body.
    pub fn reddit(&self, body: &Value) -> RequestBuilder {
        self.client.post(self.url(&format!("/api/v3/pixels/{REDDIT_PIXEL}/conversion_events"))).bearer_auth(REDDIT_TOKEN).json(body)
    }

    /// Status and body of Reddit's answer.
    pub async fn reddit_says(&self, body: &Value) -> (u16, Value) {
        status_and_json(self.reddit(body).send().await.unwrap()).await
    }

    /// The ledger's lines for that query.
    pub async fn ledger(&self, query: &str) -> Vec<Value> {
        self.json(&format!("/simulator/ledger?{query}")).await["events"].as_array().unwrap().clone()
    }
}

pub async fn code_and_message(answer: Response) -> (i64, String) {
    assert_eq!(answer.status(), 200);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["request_id"].as_str().unwrap().len(), 34);
    (body["code"].as_i64().unwrap(), body["message"].as_str().unwrap().to_owned())
}

pub async fn status_and_json(answer: Response) -> (u16, Value) {
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// A call of events as TikTok documents it.
pub fn tiktok_call(events: Vec<Value>) -> Value {
    json!({"event_source": "web", "event_source_id": TIKTOK_PIXEL, "data": events})
}

/// One full web event with that event_id.
pub fn tiktok_event(id: &str) -> Value {
    json!({
        "event": "Purchase", "event_time": NOW / 1000 - 60, "event_id": id,
        "user": {"email": [HASH], "phone": HASH, "external_id": HASH, "ttclid": "E.C.P.x", "ttp": "2F7h37YkS1j57AYSKTI7IHhJPYH", "ip": "203.0.113.7",
                 "user_agent": "Mozilla/5.0", "country": "us", "locale": "en-US"},
        "properties": {"currency": "USD", "value": 4.99, "content_type": "product", "order_id": "9001",
                       "contents": [{"content_id": "abc", "price": 4.99, "quantity": 1}]},
        "page": {"url": "https://game.example/thanks", "referrer": "https://game.example/"}, "limited_data_use": false
    })
}

/// A call of events by a token made by hand.
pub fn meta_call(events: Vec<Value>) -> Value {
    json!({"data": events, "access_token": META_PASTED_TOKEN})
}

/// One full website event with that event_id.
pub fn meta_event(id: &str) -> Value {
    json!({
        "event_name": "Purchase", "event_time": NOW / 1000 - 60, "event_id": id, "action_source": "website",
        "event_source_url": "https://game.example/thanks", "referrer_url": "https://game.example/",
        "user_data": {"em": [HASH], "ph": HASH, "external_id": HASH, "client_ip_address": "203.0.113.7", "client_user_agent": "Mozilla/5.0",
                      "fbc": format!("fb.1.{}.IwAR0abc", NOW - 3_600_000), "fbp": "fb.1.1554763741205.234567890"},
        "custom_data": {"value": 4.99, "currency": "USD", "order_id": "9001"}
    })
}

/// The proof that our app knows its secret.
pub fn meta_proof(token: &str) -> String {
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(META_APP_SECRET.as_bytes()).unwrap();
    mac.update(token.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

pub fn reddit_call(events: Vec<Value>) -> Value {
    json!({"data": {"events": events}})
}

/// One full website event with that conversion_id.
pub fn reddit_event(id: &str) -> Value {
    json!({
        "event_at": NOW - 60_000, "action_source": "WEBSITE", "event_source_url": "https://game.example/thanks", "click_id": "3184742045291813272",
        "type": {"tracking_type": "PURCHASE"},
        "user": {"email": HASH, "phone_number": "+15554441234", "external_id": "customer12345", "ip_address": "192.0.2.1", "user_agent": "Mozilla/5.0",
                 "uuid": "1677712978045.b8f7eb7d-b357-437b-8bd3-e1c8166c7132", "screen_dimensions": {"width": 1920, "height": 1080},
                 "data_processing_options": {"modes": ["LDU"], "country": "US", "region": "US-CA"}},
        "metadata": {"conversion_id": id, "currency": "USD", "value": 100.0, "item_count": 2,
                     "products": [{"id": "SKU-1", "name": "Runner", "category": "shoes", "quantity": 2, "item_price": 50.0}]}
    })
}

/// The value with one place in it changed: `/user/email`. Null takes the field away.
pub fn with(mut value: Value, pointer: &str, new: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = value.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    if new.is_null() {
        drop(parent.shift_remove(name))
    } else {
        drop(parent.insert(name.to_owned(), new))
    }
    value
}
