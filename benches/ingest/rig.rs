//! The real program as a process of its own, on a fresh database with a game that has a goal and a connection.

use crate::place::{Place, run};
use postbacks::model::game::{DEFAULT_WINDOW_DAYS, Game, KeyKind};
use postbacks::server::db::{Db, api_keys, games};
use postbacks::server::networks::played_at;
use postbacks::server::now;
use std::net::SocketAddr;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use uuid::Uuid;

/// What `serve` says once it listens.
const GREETING: &str = "Postbacks is at http://";
/// 32 bytes of seven.
const SECRET_KEY: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";
/// Nothing of a bench leaves the machine; nobody listens there.
const NOBODY: &str = "http://127.0.0.1:9";

/// Seconds of the server's processor; of PostgreSQL the bytes of its log, how often it was written out, and the bytes it takes on the disk.
pub struct Spent {
    processor: f64,
    database: Option<(f64, i64, i64)>,
}

impl Spent {
    /// What each of so many messages cost since `before`.
    pub fn since(&self, before: &Self, messages: f64) -> String {
        let own = format!("{:.0} µs of the server's processor", (self.processor - before.processor) / messages * 1e6);
        let Some(((wal, syncs, size), (wal_before, syncs_before, size_before))) = self.database.zip(before.database) else { return own };
        let each = |bytes: f64| bytes / messages;
        format!(
            "{own}, {:.0} bytes of WAL, {:.0} bytes on the disk; {:.0} messages a sync",
            each(wal - wal_before),
            each((size - size_before) as f64),
            messages / ((syncs - syncs_before).max(1) as f64)
        )
    }
}

pub struct Rig {
    pub address: SocketAddr,
    pub key: String,
    url: String,
    db: Db,
    server: Child,
    /// Kept open: what it says goes somewhere.
    _lines: Lines<BufReader<ChildStdout>>,
    place: Place,
}

impl Rig {
    pub async fn start(engine: &str) -> Self {
        let (place, url, db) = Place::make(engine).await;
        let game_id = Uuid::now_v7();
        let key = fill(&db, game_id).await;
        run(&url, &rules(&url, game_id)).await;
        let mut server = Command::new(env!("CARGO_BIN_EXE_postbacks"))
            .arg("serve")
            .envs([("DATABASE_URL", url.as_str()), ("POSTBACKS_SECRET_KEY", SECRET_KEY), ("POSTBACKS_LISTEN", "127.0.0.1:0")])
            .envs([("POSTBACKS_INGEST_RATE", "0"), ("POSTBACKS_INGEST_RATE_IP", "0"), ("RUST_LOG", "error")])
            .envs(played_at(NOBODY))
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::new(server.stdout.take().expect("its output is piped")).lines();
        let mut address = None;
        while address.is_none() {
            let line = lines.next_line().await.expect("its output is text").expect("it greets");
            address = line.strip_prefix(GREETING).map(|address| address.parse().expect("an address"));
        }
        Self { address: address.expect("it greeted"), key, url, db, server, _lines: lines, place }
    }

    /// What the load left behind.
    pub async fn stored(&self) -> String {
        let text = "select (select count(*) from messages), (select count(*) from clicks), (select count(*) from postbacks)";
        let (messages, clicks, postbacks): (i64, i64, i64) = match &self.db {
            Db::Sqlite { read, .. } => sqlx::query_as(text).fetch_one(read).await,
            Db::Postgres(pool, _) => sqlx::query_as(text).fetch_one(pool).await,
        }
        .expect("the database counts");
        format!("{messages} messages, {clicks} clicks, {postbacks} postbacks stored")
    }

    /// Messages stored so far.
    pub async fn messages(&self) -> u64 {
        let text = "select count(*) from messages";
        let (count,): (i64,) = match &self.db {
            Db::Sqlite { read, .. } => sqlx::query_as(text).fetch_one(read).await,
            Db::Postgres(pool, _) => sqlx::query_as(text).fetch_one(pool).await,
        }
        .expect("the database counts");
        u64::try_from(count).unwrap_or_default()
    }

    /// As if all messages so far had been too old for a while; the file is as small as if they had never been there.
    pub async fn forget_messages(&self) {
        run(&self.url, "delete from messages").await;
        run(&self.url, "delete from message_ids").await;
        if self.url.starts_with("sqlite") {
            run(&self.url, "delete from stretches where stretch < (select max(stretch) from stretches)").await;
        }
        run(&self.url, "vacuum").await;
    }

    /// PostgreSQL looks at what was put in, and writes it back, as it does by itself some minutes later.
    pub async fn settle(&self) {
        if self.url.starts_with("postgres") {
            run(&self.url, "vacuum analyze").await;
            run(&self.url, "checkpoint").await;
        }
    }

    /// Memory of the process in MB, as the system counts it: `VmRSS` now, `VmHWM` at its highest.
    pub fn memory(&self, which: &str) -> f64 {
        let id = self.server.id().expect("it runs");
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("the system tells of its processes");
        let line = status.lines().find_map(|line| line.strip_prefix(which)).expect("a line of memory");
        let kilobytes: f64 = line.trim_matches([':', '\t', ' ', 'k', 'B']).parse().expect("a number of kB");
        kilobytes * 1_024.0 / 1_000_000.0
    }

    /// What the process and its database have spent so far.
    pub async fn spent(&self) -> Spent {
        let id = self.server.id().expect("it runs");
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).expect("the system tells of its processes");
        // After the name in brackets; the 12th and 13th are ticks of a hundredth of a second, for itself and for the system.
        let ticks =
            stat.rsplit(')').next().expect("fields").split_whitespace().skip(11).take(2).map(|field| field.parse::<f64>().expect("ticks"));
        let processor = ticks.sum::<f64>() / 100.0;
        let text = "select wal_bytes::float8, wal_sync, pg_database_size(current_database()) from pg_stat_wal";
        let database: Option<(f64, i64, i64)> = match &self.db {
            Db::Sqlite { .. } => None,
            Db::Postgres(pool, _) => Some(sqlx::query_as(text).fetch_one(pool).await.expect("the database tells")),
        };
        Spent { processor, database }
    }

    pub async fn stop(mut self) {
        self.server.kill().await.expect("it ends");
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

/// A once-per-player goal on purchases and an enabled TikTok connection, parked, so that nothing is called.
fn rules(url: &str, game_id: Uuid) -> String {
    let id = |id: Uuid| if url.starts_with("sqlite") { format!("x'{}'", id.simple()) } else { format!("'{id}'") };
    let (game, goal, connection) = (id(game_id), id(Uuid::now_v7()), id(Uuid::now_v7()));
    format!(
        "insert into goals (id, game_id, name, description, event, trigger_kind, status, created_at, updated_at)
         values ({goal}, {game}, 'First Purchase', '', 'purchase', 'once', 'active', 1, 1);
         insert into connections (id, game_id, network, connected, enabled, target_id, connected_at, parked_cause, parked_since)
         values ({connection}, {game}, 'tiktok', true, true, 'PIXEL1', 1, 'credentials', 1);"
    )
}
