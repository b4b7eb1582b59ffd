//! A game with a connection and postbacks to send.

use crate::model::connection::ParkCause;
use crate::model::conversion::Consent;
use crate::model::game::{DEFAULT_WINDOW_DAYS, Game};
use crate::model::{DAY, HOUR, MINUTE, Millis};
use crate::server::db::connection_changes::{self, Saved};
use crate::server::db::results::id_at;
use crate::server::db::{Db, Tx, connections, games, on, within};
use crate::server::networks::contract::{ClickIds, Event};
use crate::server::secrets::Sealer;
pub use crate::server::simulator::world::{
    GOOGLE_CUSTOMER, GOOGLE_MANAGER, GOOGLE_PURCHASE_ACTION, GOOGLE_REFRESH_TOKEN, REDDIT_PIXEL, REDDIT_TOKEN, TIKTOK_PIXEL, TIKTOK_TOKEN,
};
use secrecy::SecretString;
use std::sync::atomic::{AtomicI64, Ordering};
use uuid::Uuid;

/// When the tests play.
pub const NOW: Millis = 1_790_000_000_000;
static MADE: AtomicI64 = AtomicI64::new(0);

pub struct World {
    pub game_id: Uuid,
    pub connection_id: Uuid,
    pub goal_id: Uuid,
    pub network: &'static str,
}

/// Where a postback stands, as it is stored.
#[derive(Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Stored {
    pub state: String,
    pub ended: Option<String>,
    pub attempts: i32,
    pub first_attempt_at: Option<Millis>,
    pub unknown_since: Option<Millis>,
}

/// A row of the log, as it is stored.
#[derive(Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Logged {
    pub status: String,
    pub http: Option<i32>,
    pub attempt: i32,
    pub code: Option<String>,
    pub words: Option<String>,
    pub late: bool,
    pub call_id: Option<Uuid>,
    pub request: Option<String>,
}

/// A row of the queue, as it is stored.
#[derive(Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Queued {
    pub due_at: Millis,
    pub attempt: i32,
    pub claims: i32,
    pub give_up_at: Option<Millis>,
    pub lease_id: Option<Uuid>,
}

pub fn sealer() -> Sealer {
    Sealer::new(&[7; 32], None)
}

impl World {
    pub async fn new(db: &Db) -> Self {
        Self::of(db, "tiktok", TIKTOK_PIXEL, TIKTOK_TOKEN).await
    }

    /// A game of its own, connected to the network's target.
    pub async fn of(db: &Db, network: &'static str, target_id: &str, token: &str) -> Self {
        let game_id = Uuid::now_v7();
        let game = Game {
            id: game_id,
            slug: format!("game-{}", game_id.simple()),
            name: "Emberfall".into(),
            time_zone: "UTC".into(),
            window_days: DEFAULT_WINDOW_DAYS,
            created_at: NOW,
        };
        let mut tx = db.begin().await.unwrap();
        games::insert(&mut tx, &game).await.unwrap();
        let goal_id = Uuid::now_v7();
        within!(&mut tx, c => sqlx::query(
            "insert into goals (id, game_id, name, description, event, trigger_kind, status, created_at, updated_at)
             values ($1, $2, 'First Purchase', '', 'purchase', 'once', 'active', 1, 1)",
        )
        .bind(goal_id)
        .bind(game_id)
        .execute(c)
        .await
        .map(drop))
        .unwrap();
        let (connection_id, _) = connection_changes::lock(&mut tx, game_id, network, NOW).await.unwrap();
        let world = Self { game_id, connection_id, goal_id, network };
        world.connect(&mut tx, target_id, token).await;
        tx.commit().await.unwrap();
        world
    }

    /// Writes the connection with this token.
    pub async fn connect(&self, tx: &mut Tx, target_id: &str, token: &str) {
        let sealed = sealer().seal(&format!("connection:{}", self.connection_id), &SecretString::from(token));
        let saved = Saved {
            game_id: self.game_id,
            network: self.network,
            account_id: None,
            account_name: None,
            account_through: (self.network == "google").then_some(GOOGLE_MANAGER),
            target_id,
            target_name: None,
            secret_tail: None,
            secret_expires_at: None,
            secret_pasted: self.network == "reddit",
            secret_holder: None,
            test_code: None,
            connected_at: NOW,
            connected_by: "owner@emberfall.test",
        };
        connection_changes::save(tx, self.connection_id, &sealed, &saved).await.unwrap();
    }

    pub async fn reconnect(&self, db: &Db, token: &str, now: Millis) {
        let mut tx = db.begin().await.unwrap();
        self.connect(&mut tx, TIKTOK_PIXEL, token).await;
        connections::unpark(&mut tx, self.connection_id, now).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// As the choice of a transport does.
    pub async fn send_over(&self, db: &Db, word: &str) {
        let mut tx = db.begin().await.unwrap();
        connection_changes::set_transport(&mut tx, self.connection_id, word).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// As “Try again” does.
    pub async fn resume(&self, db: &Db, now: Millis) {
        let mut tx = db.begin().await.unwrap();
        connections::unpark(&mut tx, self.connection_id, now).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub async fn secret(&self, db: &Db) -> Option<String> {
        connection_changes::secret(db, self.connection_id).await.unwrap()
    }

    /// A purchase after a click, due at once.
    pub async fn postback(&self, db: &Db) -> Uuid {
        self.postback_with(db, NOW, NOW + 27 * DAY, |_| {}).await
    }

    /// A purchase of a minute ago, by the wall's clock.
    pub async fn fresh(&self, db: &Db) -> Uuid {
        let now = crate::server::now();
        self.postback_with(db, now, now + DAY, |event| {
            event.time = now - MINUTE;
            event.click.as_mut().expect("it has a click").time = now - HOUR;
        })
        .await
    }

    pub async fn postbacks(&self, db: &Db, count: usize) -> Vec<Uuid> {
        let mut ids = Vec::new();
        for _ in 0..count {
            ids.push(self.postback(db).await);
        }
        ids
    }

    pub async fn postback_with(&self, db: &Db, due_at: Millis, expires_at: Millis, change: impl FnOnce(&mut Event)) -> Uuid {
        // Made before the story begins, one after the other.
        let id = id_at(NOW - HOUR + MADE.fetch_add(1, Ordering::Relaxed));
        let (kind, click) = match self.network {
            "tiktok" => ("ttclid", "E.C.P.sample"),
            "google" => ("gclid", "Cj0KCQiA_sample"),
            _ => ("rdt_cid", "3184742045291813272"),
        };
        let mut event = Event {
            name: "Purchase".into(),
            goal_event: "purchase".into(),
            action: (self.network == "google").then(|| GOOGLE_PURCHASE_ACTION.into()),
            dedup_id: id.to_string(),
            time: NOW - DAY,
            click: Some(ClickIds {
                kind: kind.into(),
                id: click.into(),
                time: NOW - 2 * DAY,
                fbp: None,
                fbc: None,
                ttp: None,
                rdt_uuid: None,
            }),
            browser: None,
            external_id: None,
            email: None,
            email_sha256: None,
            phone: None,
            value: Some(("12.99".into(), "USD".into())),
            consent: Consent::Full,
            test: false,
        };
        change(&mut event);
        let mut tx = db.begin().await.unwrap();
        within!(&mut tx, c => sqlx::query(
            "insert into postbacks (id, game_id, connection_id, network, conversion_id, goal_id, event, sent_as, dedup_id, event_time, test,
             body, state, attempts, created_at, expires_at)
             values ($1, $2, $3, $4, $1, $5, 'purchase', $6, $7, $8, $9, $10, 'queued', 0, $11, $12)",
        )
        .bind(id)
        .bind(self.game_id)
        .bind(self.connection_id)
        .bind(self.network)
        .bind(self.goal_id)
        .bind(&event.name)
        .bind(&event.dedup_id)
        .bind(event.time)
        .bind(event.test)
        .bind(serde_json::to_string(&event).unwrap())
        .bind(NOW)
        .bind(expires_at)
        .execute(c)
        .await
        .map(drop))
        .unwrap();
        within!(&mut tx, c => sqlx::query(
            "insert into queue (id, connection_id, due_at, expires_at, attempt, claims, refusals) values ($1, $2, $3, $4, 0, 0, 0)",
        )
        .bind(id)
        .bind(self.connection_id)
        .bind(due_at)
        .bind(expires_at)
        .execute(c)
        .await
        .map(drop))
        .unwrap();
        tx.commit().await.unwrap();
        id
    }

    pub async fn parked(&self, db: &Db) -> Option<(ParkCause, String)> {
        let connection = connection_changes::of_network(db, self.game_id, self.network).await.unwrap().expect("it is connected");
        connection.parked.map(|parked| (parked.cause, parked.words))
    }
}

pub async fn stored(db: &Db, id: Uuid) -> Stored {
    on!(db, pool => sqlx::query_as("select state, ended, attempts, first_attempt_at, unknown_since from postbacks where id = $1")
        .bind(id)
        .fetch_one(pool)
        .await)
    .unwrap()
}

pub async fn queued(db: &Db, id: Uuid) -> Option<Queued> {
    on!(db, pool => sqlx::query_as("select due_at, attempt, claims, give_up_at, lease_id from queue where id = $1").bind(id).fetch_optional(pool).await)
        .unwrap()
}

pub async fn count(db: &Db, text: &'static str) -> i64 {
    let (count,): (i64,) = on!(db, pool => sqlx::query_as(text).fetch_one(pool).await).unwrap();
    count
}

pub async fn log(db: &Db, id: Uuid) -> Vec<Logged> {
    on!(db, pool => sqlx::query_as(
        "select status, http, attempt, code, words, late, call_id, request from attempts where postback_id = $1 order by time, id",
    )
    .bind(id)
    .fetch_all(pool)
    .await)
    .unwrap()
}
