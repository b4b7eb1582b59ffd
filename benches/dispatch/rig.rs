//! A game that is connected to the simulator's TikTok, and a queue to fill and empty.

use crate::place::{Place, run};
use crate::taken;
use postbacks::model::conversion::Consent;
use postbacks::model::game::{DEFAULT_WINDOW_DAYS, Game};
use postbacks::model::{DAY, MINUTE, Millis};
use postbacks::server::db::{Db, changes, checkpoints, games};
use postbacks::server::decide::changes::{Changes, NewPostback};
use postbacks::server::dispatch::{self, Dispatch};
use postbacks::server::networks;
use postbacks::server::networks::contract::{ClickIds, Event, Settings};
use postbacks::server::networks::http::Http;
use postbacks::server::secrets::Sealer;
use postbacks::server::simulator::world;
use postbacks::server::{now, simulator::State};
use secrecy::SecretString;
use sqlx::{Connection, PgConnection};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Postbacks that one transaction of the filling queues.
const QUEUED_AT_ONCE: usize = 5_000;

pub struct Rig {
    db: Db,
    place: Place,
    base: String,
    state: State,
    sealer: Sealer,
    game_id: Uuid,
    goal_id: Uuid,
    connection_id: Uuid,
}

impl Rig {
    pub async fn start(server: &str, (base, state): (String, State)) -> Self {
        let (place, url, db) = Place::make(server).await;
        let rig = Self {
            db,
            place,
            base,
            state,
            sealer: Sealer::new(&[7; 32], None),
            game_id: Uuid::now_v7(),
            goal_id: Uuid::now_v7(),
            connection_id: Uuid::now_v7(),
        };
        rig.found(&url).await;
        rig
    }

    async fn found(&self, url: &str) {
        let mut tx = self.db.begin().await.expect("a transaction");
        let game = Game {
            id: self.game_id,
            slug: "emberfall".into(),
            name: "Emberfall".into(),
            time_zone: "UTC".into(),
            window_days: DEFAULT_WINDOW_DAYS,
            created_at: now(),
        };
        games::insert(&mut tx, &game).await.expect("a game is made");
        tx.commit().await.expect("the commit holds");
        let id = |id: Uuid| if url.starts_with("sqlite") { format!("x'{}'", id.simple()) } else { format!("'{id}'") };
        let (game, goal, connection) = (id(self.game_id), id(self.goal_id), id(self.connection_id));
        let secret = self.sealer.seal(&format!("connection:{}", self.connection_id), &SecretString::from(world::TIKTOK_TOKEN));
        let pixel = world::TIKTOK_PIXEL;
        let sql = format!(
            "insert into goals (id, game_id, name, description, event, trigger_kind, status, created_at, updated_at)
             values ({goal}, {game}, 'First Purchase', '', 'purchase', 'once', 'active', 1, 1);
             insert into connections (id, game_id, network, connected, enabled, target_id, secret, connected_at)
             values ({connection}, {game}, 'tiktok', true, true, '{pixel}', '{secret}', 1);"
        );
        run(url, &sql).await;
    }

    /// Queues `count` postbacks, then has them sent `batch` to a call. Postbacks a second, the writing of every result included.
    pub async fn run(&self, batch: usize, count: usize) -> f64 {
        self.fill(count).await;
        self.send(batch, count).await
    }

    pub async fn fill(&self, count: usize) {
        let mut left = count;
        while left > 0 {
            let postbacks = (0..left.min(QUEUED_AT_ONCE)).map(|_| self.postback(now())).collect::<Vec<_>>();
            left -= postbacks.len();
            let mut tx = self.db.begin().await.expect("a transaction");
            changes::write(&mut tx, &Changes { postbacks, ..Changes::default() }, now()).await.expect("postbacks are queued");
            tx.commit().await.expect("the commit holds");
        }
        settle(&self.db).await;
    }

    /// Has the `count` postbacks that are queued sent.
    pub async fn send(&self, batch: usize, count: usize) -> f64 {
        let (shutdown, before) = (CancellationToken::new(), taken(&self.state));
        let started = Instant::now();
        let running = tokio::spawn(dispatch::run(self.dispatch(batch), shutdown.clone()));
        // As `serve` has it run beside.
        let writing_back = tokio::spawn(checkpoints::run(self.db.clone(), shutdown.clone()));
        // To ask the queue itself costs, and so only when everything was sent.
        while taken(&self.state) < before + count as u64
            || counted(&self.db, "select count(*) from (select 1 from queue limit 1) as first").await > 0
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let took = started.elapsed();
        shutdown.cancel();
        running.await.expect("dispatch ends");
        writing_back.await.expect("it ends");
        count as f64 / took.as_secs_f64()
    }

    /// A connection that looks at the server's figures.
    pub async fn watch(&self) -> PgConnection {
        let Db::Postgres(pool, ..) = &self.db else { panic!("only PostgreSQL counts its statements") };
        PgConnection::connect_with(&pool.connect_options()).await.expect("the server answers")
    }

    fn dispatch(&self, batch: usize) -> Dispatch {
        let mut settings = Settings::default();
        settings.plain.insert("POSTBACKS_TIKTOK_URL", self.base.clone());
        let http = Http::new(&networks::addresses(&settings)).expect("a client");
        let wake = Arc::new(Notify::new());
        Dispatch::new(self.db.clone(), self.sealer.clone(), settings, http, wake).with_most_per_call(batch)
    }

    fn postback(&self, now: Millis) -> NewPostback {
        let id = Uuid::now_v7();
        let click = ClickIds {
            kind: "ttclid".into(),
            id: format!("E.C.P.{}", id.simple()),
            time: now - DAY,
            fbp: None,
            fbc: None,
            ttp: None,
            rdt_uuid: None,
        };
        NewPostback {
            id,
            game_id: self.game_id,
            connection_id: self.connection_id,
            network: "tiktok".into(),
            conversion_id: id,
            goal_id: self.goal_id,
            event: "purchase".into(),
            event_time: now - MINUTE,
            value: None,
            test: false,
            body: Event {
                name: "Purchase".into(),
                goal_event: "purchase".into(),
                action: None,
                dedup_id: id.to_string(),
                time: now - MINUTE,
                click: Some(click),
                browser: None,
                external_id: Some(format!("player-{id}")),
                email: None,
                email_sha256: None,
                phone: None,
                value: Some(("12.99".into(), "USD".into())),
                consent: Consent::Full,
                test: false,
            },
            created_at: now,
            expires_at: now + 27 * DAY,
        }
    }

    pub async fn stop(self) {
        let attempts = counted(&self.db, "select count(*) from attempts").await;
        let accepted = counted(&self.db, "select count(*) from postbacks where state = 'accepted'").await;
        assert_eq!(attempts, accepted, "every postback was taken at its first attempt");
        self.place.remove(self.db).await;
    }
}

pub async fn counted(db: &Db, text: &'static str) -> i64 {
    let (count,): (i64,) = match db {
        Db::Sqlite { read, .. } => sqlx::query_as(text).fetch_one(read).await,
        Db::Postgres(pool, ..) => sqlx::query_as(text).fetch_one(pool).await,
    }
    .expect("the database counts");
    count
}

/// PostgreSQL looks at what was put in, as it does by itself a minute later.
pub async fn settle(db: &Db) {
    if let Db::Postgres(pool, ..) = db {
        sqlx::query("vacuum analyze").execute(pool).await.expect("the server looks");
    }
}
