//! What is planned at the very moment when its connection goes: on PostgreSQL two may be at it at once, and nothing stays behind that nobody
//! sends, or that goes to another target than it was meant for.

use super::send_now::mended;
use super::stage::{Stage, TIKTOK, purchase};
use crate::server::db::on;
use crate::server::simulator::world;
use crate::tests::engines::postgres;
use crate::web::integrations::changes::{Disconnect, SendNow};
use sqlx::{Connection, Executor, PgConnection};
use std::time::Duration;

/// Sessions of this database that wait for a lock.
const WAITING: &str = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
const LEFT: &str = "select count(*) from queue q join connections c on c.id = q.connection_id where not c.connected";
const QUEUED: &str = "select count(*) from queue";

/// Whoever writes conversions stands still behind this, when all that it plans by is loaded.
struct Gate {
    lock: PgConnection,
    /// A session of its own: within a transaction PostgreSQL shows the sessions of its first look, and never one that the pool opened since.
    eye: PgConnection,
}

impl Gate {
    async fn shut(url: &str) -> Self {
        let (mut lock, eye) = (PgConnection::connect(url).await.unwrap(), PgConnection::connect(url).await.unwrap());
        lock.execute("begin").await.unwrap();
        lock.execute("lock table conversions in exclusive mode").await.unwrap();
        Self { lock, eye }
    }

    /// Returns when so many stand still, or `already`.
    async fn until_waiting(&mut self, count: i64, already: impl Fn() -> bool) {
        let waited = tokio::time::timeout(Duration::from_secs(60), async {
            let mut look = tokio::time::interval(Duration::from_millis(10));
            while !already() && sqlx::query_scalar::<_, i64>(WAITING).fetch_one(&mut self.eye).await.unwrap() < count {
                look.tick().await;
            }
        });
        waited.await.unwrap_or_else(|_| panic!("{count} sessions never waited for a lock"));
    }

    async fn open(mut self) {
        self.lock.execute("commit").await.unwrap();
        self.lock.close().await.unwrap();
        self.eye.close().await.unwrap();
    }
}

async fn count(stage: &Stage, sql: &'static str) -> i64 {
    let (count,): (i64,) = on!(stage.db(), pool => sqlx::query_as(sql).fetch_one(pool).await).unwrap();
    count
}

#[tokio::test(flavor = "multi_thread")]
async fn what_send_now_queues_while_somebody_disconnects_is_cancelled() {
    let db = postgres().await;
    let url = db.url.clone();
    let mut stage = Stage::connected(db).await;
    let goal = mended(&mut stage).await;
    let (mut one, mut other) = (stage.app.owner().await, stage.app.owner().await);
    let mut gate = Gate::shut(&url).await;
    let sending = tokio::spawn(async move {
        one.submit::<SendNow>(&[("game", "emberfall"), ("network", "tiktok"), ("goals[]", goal.as_str())]).await;
    });
    gate.until_waiting(1, || false).await;
    let leaving = tokio::spawn(async move { other.submit::<Disconnect>(&[("game", "emberfall"), ("network", "tiktok")]).await });
    gate.until_waiting(2, || leaving.is_finished()).await;
    gate.open().await;
    sending.await.unwrap();
    assert_eq!(leaving.await.unwrap().location(), TIKTOK);
    assert_eq!((count(&stage, LEFT).await, count(&stage, "select count(*) from postbacks where state = 'cancelled'").await), (0, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_message_queues_while_somebody_disconnects_is_cancelled() {
    let db = postgres().await;
    let url = db.url.clone();
    let stage = Stage::connected(db).await;
    let mut other = stage.app.owner().await;
    let mut gate = Gate::shut(&url).await;
    let leaving = async {
        gate.until_waiting(1, || false).await;
        let leaving = tokio::spawn(async move { other.submit::<Disconnect>(&[("game", "emberfall"), ("network", "tiktok")]).await });
        gate.until_waiting(2, || leaving.is_finished()).await;
        gate.open().await;
        leaving.await.unwrap();
    };
    let messages = purchase("ttclid");
    tokio::join!(stage.send(&messages), leaving);
    assert_eq!((count(&stage, LEFT).await, count(&stage, "select count(*) from postbacks where state = 'cancelled'").await), (0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_message_queues_while_somebody_picks_another_pixel_is_asked_about() {
    let db = postgres().await;
    let url = db.url.clone();
    let mut stage = Stage::connected(db).await;
    let messages = purchase("ttclid");
    let grant = stage.grant().await;
    let page = format!("{}{TIKTOK}/connect?grant={grant}&account={}", stage.app.origin, world::TIKTOK_ADVERTISER);
    let mut gate = Gate::shut(&url).await;
    let key = stage.publishable_key().await;
    let origin = stage.app.origin.clone();
    let sending = tokio::spawn(async move {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = client.post(format!("{origin}/v1/audience/messages")).header("x-immutable-publishable-key", &key);
        request.json(&serde_json::json!({ "messages": messages })).send().await.unwrap();
    });
    gate.until_waiting(1, || sending.is_finished()).await;
    assert!(!sending.is_finished(), "the message stands still before its conversion");
    let mut owner = std::mem::replace(&mut stage.owner, stage.app.visitor());
    let picking = tokio::spawn(async move {
        let fields = [
            ("game", "emberfall"),
            ("network", "tiktok"),
            ("grant", grant.as_str()),
            ("account", world::TIKTOK_ADVERTISER),
            ("target", world::TIKTOK_SHOP_PIXEL),
        ];
        owner.submit_from::<crate::web::integrations::changes::PickTarget>(&page, &fields).await;
    });
    gate.until_waiting(2, || picking.is_finished()).await;
    gate.open().await;
    sending.await.unwrap();
    picking.await.unwrap();
    let led: i64 = count(&stage, "select count(*) from connections where network = 'tiktok' and target_id = 'CSAMPLEGAME000000001'").await;
    assert_eq!((led, count(&stage, QUEUED).await), (1, 1), "nothing is led elsewhere before somebody confirms");
}
