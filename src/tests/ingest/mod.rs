//! The audience API over its real router and a real database.

mod clients;
mod consent;
mod described;
mod erasure;
mod keys;
mod rejections;
mod storing;
mod the_loop;
mod tracking_consent;
mod wire;
mod writer;

use super::engines::TestDb;
use crate::model::game::{DEFAULT_WINDOW_DAYS, Game, KeyKind};
use crate::server::db::{Db, api_keys, games, on};
use crate::server::erasure::{Erasure, Salt};
use crate::server::ingest::{self, Ingest, Rates};
use crate::server::now;
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::Notify;
use tower::ServiceExt;
use uuid::Uuid;

const KEY: &str = "pk_test";
const NO_LIMITS: Rates = Rates { per_key: 0, per_ip: 0 };

/// The API of one game.
struct Api {
    db: TestDb,
    game_id: Uuid,
    ingest: Ingest,
    router: Router,
    erasure: Erasure,
    wake: Arc<Notify>,
}

/// An answer, read whole.
#[derive(Debug)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("{name} is missing")).to_str().unwrap()
    }

    /// The error envelope's code, after checking that its shape is the published one.
    fn refusal(&self) -> &str {
        let text = |name: &str| self.body[name].as_str().unwrap_or_else(|| panic!("{name} is missing in {}", self.body));
        assert!(!text("message").is_empty() && text("link") == "https://postbacks.example/api/v1/openapi.json");
        assert_eq!(text("trace_id"), self.header("x-trace-id"));
        assert!(text("trace_id").len() == 32 && text("trace_id").chars().all(|c| c.is_ascii_hexdigit()));
        assert!(self.body.as_object().unwrap().contains_key("details"));
        text("code")
    }

    /// (accepted, rejected)
    fn counts(&self) -> (u64, u64) {
        (self.body["accepted"].as_u64().unwrap(), self.body["rejected"].as_u64().unwrap())
    }

    /// (field, code) of every error of the only rejected message.
    fn errors(&self) -> Vec<(String, String)> {
        let [rejection] = self.body["rejections"].as_array().unwrap().as_slice() else { panic!("one rejection, not {}", self.body) };
        let text = |error: &Value, name: &str| error[name].as_str().unwrap().to_owned();
        let errors = rejection["errors"].as_array().unwrap();
        assert!(errors.iter().all(|error| !text(error, "message").is_empty()));
        errors.iter().map(|error| (text(error, "field"), text(error, "code"))).collect()
    }
}

impl Api {
    async fn new(db: TestDb) -> Self {
        Self::with(db, NO_LIMITS, &[]).await
    }

    async fn with(db: TestDb, rates: Rates, proxies: &[&str]) -> Self {
        let game_id = game(&db, "emberfall", KEY).await;
        let proxies: Vec<ipnet::IpNet> = proxies.iter().map(|net| net.parse().unwrap()).collect();
        let wake = Arc::new(Notify::new());
        let erasure = Erasure::new(Salt::for_tests());
        let ingest = Ingest::start(db.db.clone(), erasure.clone(), rates, &proxies, wake.clone());
        let router = ingest::router(ingest.clone(), "https://postbacks.example");
        Self { db, game_id, ingest, router, erasure, wake }
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let mut request = request;
        if request.extensions().get::<ConnectInfo<SocketAddr>>().is_none() {
            request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([192, 0, 2, 7], 4711))));
        }
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).expect("every answer is JSON") };
        Answer { status: parts.status, headers: parts.headers, body }
    }

    async fn post_bytes(&self, body: impl Into<Body>) -> Answer {
        self.send(request(KEY).body(body.into()).unwrap()).await
    }

    async fn post(&self, messages: &[Value]) -> Answer {
        self.post_bytes(json!({ "messages": messages }).to_string()).await
    }

    /// Posts messages that must all be accepted.
    async fn accept(&self, messages: &[Value]) {
        let answer = self.post(messages).await;
        assert_eq!((answer.status, answer.counts()), (StatusCode::OK, (messages.len() as u64, 0)), "{}", answer.body);
    }

    async fn count(&self, text: &'static str) -> i64 {
        count(&self.db, text).await
    }
}

pub async fn count(db: &Db, text: &'static str) -> i64 {
    let (count,): (i64,) = on!(db, pool => sqlx::query_as(text).fetch_one(pool).await).unwrap();
    count
}

/// A game with a publishable key.
pub async fn game(db: &Db, slug: &str, key: &str) -> Uuid {
    let game = Game {
        id: Uuid::now_v7(),
        slug: slug.into(),
        name: slug.into(),
        time_zone: "UTC".into(),
        window_days: DEFAULT_WINDOW_DAYS,
        created_at: now(),
    };
    let mut tx = db.begin().await.unwrap();
    games::insert(&mut tx, &game).await.unwrap();
    tx.commit().await.unwrap();
    replace_key(db, game.id, KeyKind::Publishable, key).await;
    game.id
}

async fn replace_key(db: &Db, game_id: Uuid, kind: KeyKind, text: &str) {
    let sealed = (kind == KeyKind::Secret).then(|| "sealed".to_owned());
    let mut tx = db.begin().await.unwrap();
    let key = api_keys::NewKey { id: Uuid::now_v7(), game_id, kind, text, sealed, created_at: now() };
    api_keys::replace(&mut tx, &key).await.unwrap();
    tx.commit().await.unwrap();
}

fn request(key: &str) -> axum::http::request::Builder {
    Request::post("/v1/audience/messages").header("x-immutable-publishable-key", key).header("content-type", "application/json")
}

fn time(millis: i64) -> String {
    jiff::Timestamp::from_millisecond(millis).unwrap().to_string()
}

/// A valid message of the type, now, from one anonymous browser, with these fields added or (null) taken away.
fn message(kind: &str, fields: Value) -> Value {
    let mut message = json!({
        "type": kind, "messageId": Uuid::new_v4().to_string(), "eventTimestamp": time(now()), "anonymousId": "browser-1", "surface": "web",
        "context": { "library": "test", "libraryVersion": "1.0.0" },
    });
    for (name, value) in fields.as_object().unwrap() {
        if value.is_null() {
            message.as_object_mut().unwrap().remove(name);
        } else {
            message[name] = value.clone();
        }
    }
    message
}

fn track(fields: Value) -> Value {
    let mut message = message("track", json!({ "eventName": "level_up" }));
    for (name, value) in fields.as_object().unwrap() {
        message[name] = value.clone();
    }
    message
}
