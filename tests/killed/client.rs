//! A client of the instance that counts what was acknowledged.

use crate::house::House;
use crate::serving::Serving;
use crate::within;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Requests that fill a little room.
const MANY: usize = 3_000;
/// Nothing is taken for so long: some times longer than it is until the log is written back.
const STEADILY: Duration = Duration::from_secs(5);

pub struct Client {
    http: reqwest::Client,
    origin: String,
    key: &'static str,
    pub acknowledged: i64,
}

impl Client {
    pub fn of(serving: &Serving, house: &House) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { http, origin: serving.origin.clone(), key: house.key, acknowledged: 0 }
    }

    /// Posts messages of new players; the status, and the seconds after which to come again.
    pub async fn post(&mut self) -> (u16, Option<String>) {
        let messages: Vec<Value> = (0..50).map(|_| json!({
            "type": "track", "messageId": Uuid::new_v4(), "eventName": "level_up", "eventTimestamp": jiff::Timestamp::now().to_string(),
            "anonymousId": Uuid::new_v4(), "consentLevel": "anonymous", "properties": { "note": "x".repeat(500) },
            "context": { "library": "test", "libraryVersion": "1" },
        })).collect();
        let request = self.http.post(format!("{}/v1/audience/messages", self.origin)).header("x-immutable-publishable-key", self.key);
        let answer = request.json(&json!({ "messages": messages })).send().await.unwrap();
        let retry_after = answer.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
        let status = answer.status().as_u16();
        if status == 400 {
            panic!("{}", answer.text().await.unwrap());
        }
        if status == 200 {
            let counts: Value = answer.json().await.unwrap();
            self.acknowledged += counts["accepted"].as_i64().unwrap();
        }
        (status, retry_after)
    }

    pub async fn status(&self, path: &str) -> u16 {
        self.http.get(format!("{}{path}", self.origin)).send().await.unwrap().status().as_u16()
    }

    /// Posts until it is answered so.
    pub async fn posts_until(&mut self, wanted: u16) -> Option<String> {
        for _ in 0..MANY {
            let (status, retry_after) = self.post().await;
            if status == wanted {
                return retry_after;
            }
            assert!([200, 429, 503].contains(&status), "{status}");
        }
        panic!("{MANY} requests and no {wanted}");
    }

    /// It refuses what it cannot keep, and says that it is not ready.
    pub async fn is_refused(&mut self) {
        let retry_after = within("it refuses", self.posts_until(503)).await;
        assert!(retry_after.is_some_and(|seconds| seconds.parse::<u64>().unwrap() > 0));
        // The log is written back beside that, and begins anew until the file is full, too.
        within("it refuses for good", async {
            let mut since = Instant::now();
            while since.elapsed() < STEADILY {
                if self.post().await.0 != 503 {
                    since = Instant::now();
                }
            }
        })
        .await;
        // While there is room for a word, if for no batch, each look takes some of it.
        within("it is not ready", async {
            while self.status("/readyz").await != 503 {
                self.post().await;
            }
        })
        .await;
        assert_eq!(self.status("/healthz").await, 200);
    }

    /// Nobody starts it again, and it takes messages.
    pub async fn is_taken(&mut self) {
        within("it is ready again", async {
            let mut look = tokio::time::interval(Duration::from_millis(50));
            while self.status("/readyz").await != 200 {
                look.tick().await;
            }
        })
        .await;
        within("it takes messages", self.posts_until(200)).await;
    }
}
