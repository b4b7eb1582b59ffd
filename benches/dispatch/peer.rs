//! The peer as a process of its own: node, with a database of its own on the same server and the same simulator to send to.

use crate::place::Place;
use crate::taken;
use postbacks::model::SECOND;
use postbacks::server::db::Db;
use postbacks::server::now;
use postbacks::server::simulator::{State, world};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use uuid::Uuid;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peer");
const QUEUED_AT_ONCE: usize = 2_000;

pub fn installed() -> bool {
    Path::new(FOLDER).join("node_modules").is_dir()
}

pub struct Peer {
    db: Db,
    place: Place,
    state: State,
    process: Child,
    origin: String,
    client: reqwest::Client,
}

impl Peer {
    pub async fn start(server: &str, (target, state): (String, State)) -> Self {
        let (place, url, db) = Place::empty_database(server).await;
        let mut process = Command::new("node")
            .arg("main.js")
            .current_dir(FOLDER)
            .envs([("DATABASE_URL", url.as_str()), ("TOKEN", world::TIKTOK_TOKEN), ("NODE_ENV", "production")])
            .env("TARGET", format!("{target}/open_api/v1.3/event/track/"))
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("node is installed");
        let mut lines = BufReader::new(process.stdout.take().expect("its output is piped")).lines();
        let origin = lines.next_line().await.expect("its output is text").expect("it says where it listens");
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        Self { db, place, state, process, origin, client }
    }

    /// Queues `count` conversions, then has them sent. Conversions a second, the writing of every result included.
    pub async fn run(&mut self, count: usize) -> f64 {
        let mut left = count;
        while left > 0 {
            let bodies: Vec<Value> = (0..left.min(QUEUED_AT_ONCE)).map(|_| body()).collect();
            left -= bodies.len();
            self.post("conversions", &Value::Array(bodies)).await;
        }
        crate::rig::settle(&self.db).await;
        let before = taken(&self.state);
        let started = Instant::now();
        self.post("start", &json!({})).await;
        while taken(&self.state) < before + count as u64
            || crate::rig::counted(&self.db, "select count(*) from (select 1 from graphile_worker._private_jobs limit 1) as first").await
                > 0
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let took = started.elapsed();
        self.post("stop", &json!({})).await;
        count as f64 / took.as_secs_f64()
    }

    async fn post(&self, path: &str, body: &Value) {
        let sent = self.client.post(format!("{}/{path}", self.origin)).json(body).send().await;
        let answer = sent.expect("the peer answers");
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap_or_default());
    }

    pub async fn stop(mut self) {
        self.process.kill().await.expect("it ends");
        self.place.remove(self.db).await;
    }
}

/// What Postbacks sends of a postback in this bench, ready to be sent.
fn body() -> Value {
    let id = Uuid::now_v7();
    json!({"event_source": "web", "event_source_id": world::TIKTOK_PIXEL, "data": [{
        "event": "Purchase", "event_time": now() / SECOND - 60, "event_id": id.to_string(),
        "user": {"external_id": format!("{:064x}", id.as_u128()), "ttclid": format!("E.C.P.{}", id.simple())},
        "properties": {"value": 12.99, "currency": "USD"},
    }]})
}
