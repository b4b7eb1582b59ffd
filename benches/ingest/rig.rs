//! The real router on a real listener, with a game that has a goal and a connection, in a fresh database.

use crate::place::{Place, run};
use axum::Router;
use postbacks::model::game::{DEFAULT_WINDOW_DAYS, Game, KeyKind};
use postbacks::server::db::{Db, api_keys, games};
use postbacks::server::ingest::{self, Ingest, Rates};
use postbacks::server::now;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use uuid::Uuid;

pub struct Rig {
    pub address: SocketAddr,
    pub key: String,
    db: Db,
    ingest: Ingest,
    server: JoinHandle<()>,
    place: Place,
}

impl Rig {
    pub async fn start(server: &str) -> Self {
        let (place, url, db) = Place::make(server).await;
        let game_id = Uuid::now_v7();
        let key = fill(&db, game_id).await;
        run(&url, &rules(&url, game_id)).await;
        let ingest = Ingest::start(db.clone(), Rates { per_key: 0, per_ip: 0 }, &[], Arc::new(Notify::new()));
        let router: Router = ingest::router(ingest.clone());
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let server = tokio::spawn(async move { axum::serve(listener, service).await.expect("the server runs") });
        Self { address, key, db, ingest, server, place }
    }

    /// What the load left behind.
    pub async fn stored(&self) -> String {
        let text = "select (select count(*) from messages), (select count(*) from clicks), (select count(*) from postbacks)";
        let (messages, clicks, postbacks): (i64, i64, i64) = match &self.db {
            Db::Sqlite { read, .. } => sqlx::query_as(text).fetch_one(read).await,
            Db::Postgres(pool) => sqlx::query_as(text).fetch_one(pool).await,
        }
        .expect("the database counts");
        format!("{messages} messages, {clicks} clicks, {postbacks} postbacks stored")
    }

    pub async fn stop(self) {
        self.server.abort();
        self.ingest.stop().await;
        self.place.remove(self.db).await;
    }
}

async fn fill(db: &Db, game_id: Uuid) -> String {
    let key = format!("pk_{}", game_id.simple());
    let mut tx = db.begin().await.expect("a transaction");
    let game = Game {
        id: game_id,
        slug: "emberfall".into(),
        name: "Emberfall".into(),
        time_zone: "UTC".into(),
        window_days: DEFAULT_WINDOW_DAYS,
        created_at: now(),
    };
    games::insert(&mut tx, &game).await.expect("a game is made");
    let new = api_keys::NewKey { id: Uuid::now_v7(), game_id, kind: KeyKind::Publishable, text: &key, sealed: None, created_at: now() };
    api_keys::replace(&mut tx, &new).await.expect("a key is made");
    tx.commit().await.expect("the commit holds");
    key
}

/// A once-per-player goal on purchases and an enabled TikTok connection.
fn rules(url: &str, game_id: Uuid) -> String {
    let id = |id: Uuid| if url.starts_with("sqlite") { format!("x'{}'", id.simple()) } else { format!("'{id}'") };
    let (game, goal, connection) = (id(game_id), id(Uuid::now_v7()), id(Uuid::now_v7()));
    format!(
        "insert into goals (id, game_id, name, description, event, trigger_kind, status, created_at, updated_at)
         values ({goal}, {game}, 'First Purchase', '', 'purchase', 'once', 'active', 1, 1);
         insert into connections (id, game_id, network, connected, enabled, target_id, connected_at)
         values ({connection}, {game}, 'tiktok', true, true, 'PIXEL1', 1);"
    )
}
