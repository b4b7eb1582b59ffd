//! `postbacks serve` as a process of its own: a fresh database with an owner, a game, a goal and a connection to each simulated network.
#![allow(dead_code)] // each bench takes what it needs

use crate::place::Place;
use postbacks::model::game::KeyKind;
use postbacks::model::goal::{Goal, GoalStatus, TEMPLATES, Trigger};
use postbacks::server::config::{Mode, Source, read};
use postbacks::server::db::{Db, goals};
use postbacks::server::demo::seed;
use postbacks::server::networks::played_at;
use postbacks::server::simulator::sample::SAMPLES;
use postbacks::server::simulator::{self, Limits, State};
use postbacks::server::start::start;
use postbacks::server::{games, now, people};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use uuid::Uuid;

/// 32 bytes of seven.
const SECRET_KEY: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";
const GREETING: &str = "Postbacks is at http://";
pub const EMAIL: &str = "mara@ashgrove.example";
pub const PASSWORD: &str = "correct horse battery";
pub const SLUG: &str = "emberfall";
pub const KEY: &str = "pk_emberfall";
/// The simulator remembers so much; what it took is read out meanwhile.
const REMEMBERED: Limits = Limits { events: 200_000, body_bytes: 1 << 20, ids: 10_000 };

pub struct House {
    pub address: SocketAddr,
    pub db: Db,
    pub game: Uuid,
    pub goal: Uuid,
    pub networks: State,
    pub networks_at: String,
    server: Child,
    /// Kept open: what it says goes somewhere.
    _lines: Lines<BufReader<ChildStdout>>,
    place: Place,
}

impl House {
    /// `fill` puts into the database what it is to begin with, before the program starts.
    pub async fn start<F: Future<Output = ()>>(server: &str, fill: impl FnOnce(Db, Uuid, Uuid) -> F) -> Self {
        let networks = State::new(Arc::new(now), REMEMBERED);
        let listen = "127.0.0.1:0".parse().expect("an address");
        let (networks_at, _) = simulator::serve(listen, networks.clone(), std::future::pending()).await.expect("the simulator listens");
        let networks_at = format!("http://{networks_at}");
        let (place, url, db) = Place::make(server).await;
        db.close().await;
        let environment = environment(&url, &networks_at);
        let (game, goal) = found(&environment).await;
        let db = Db::open(&url).await.expect("the database opens");
        fill(db.clone(), game, goal).await;
        let mut server = Command::new(env!("CARGO_BIN_EXE_postbacks"))
            .arg("serve")
            .envs(&environment)
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
        let address = address.expect("it greeted");
        Self { address, db, game, goal, networks, networks_at, server, _lines: lines, place }
    }

    fn id(&self) -> u32 {
        self.server.id().expect("it runs")
    }

    /// Memory of the process in MB, as the system counts it: `VmRSS` now, `VmHWM` at its highest.
    pub fn memory(&self, which: &str) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).expect("the system tells of its processes");
        let line = status.lines().find_map(|line| line.strip_prefix(which)).expect("a line of memory");
        let kilobytes: f64 = line.trim_matches([':', '\t', ' ', 'k', 'B']).parse().expect("a number of kB");
        kilobytes * 1_024.0 / 1_000_000.0
    }

    /// Processor time of the process so far, in seconds.
    pub fn cpu(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.id())).expect("the system tells of its processes");
        let rest = stat.rsplit_once(") ").expect("its name is in brackets").1;
        // User and system time, in hundredths (USER_HZ).
        rest.split(' ').skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
    }

    pub async fn stop(mut self) {
        self.server.kill().await.expect("it ends");
        self.place.remove(self.db).await;
    }
}

fn environment(url: &str, networks: &str) -> BTreeMap<&'static str, String> {
    let mut environment = BTreeMap::from([
        ("DATABASE_URL", url.to_owned()),
        ("POSTBACKS_LISTEN", "127.0.0.1:0".to_owned()),
        ("POSTBACKS_SECRET_KEY", SECRET_KEY.to_owned()),
        ("POSTBACKS_INGEST_RATE", "0".to_owned()),
        ("POSTBACKS_INGEST_RATE_IP", "0".to_owned()),
        ("RUST_LOG", "error".to_owned()),
    ]);
    environment.extend(played_at(networks));
    environment.extend(SAMPLES.iter().flat_map(|sample| sample.settings).map(|(name, value)| (*name, (*value).to_owned())));
    environment
}

/// Makes what a person makes in the browser. The game and its goal.
async fn found(environment: &BTreeMap<&'static str, String>) -> (Uuid, Uuid) {
    let given = environment.clone();
    let source = Source {
        flag: Box::new(|_| None),
        environment: Box::new(move |name| given.get(name).cloned()),
        file: Box::new(|path| std::fs::read_to_string(path)),
    };
    let started = start(read(Mode::Serve, &source).expect("the settings are good"), now()).await.expect("it starts");
    let state = &started.state;
    let account = people::make_owner(&state.db, EMAIL, PASSWORD.to_owned().into(), now()).await.expect("it is written").expect("the first");
    let game = games::create(state, &account, "Emberfall", SLUG, now()).await.expect("a game is made");
    let template = TEMPLATES.iter().find(|template| template.event == "purchase").expect("purchases have a template");
    let goal = Goal {
        id: Uuid::now_v7(),
        game_id: game.id,
        name: template.name.to_owned(),
        description: String::new(),
        event: template.event.to_owned(),
        trigger: Trigger::OncePerPlayer,
        filter: None,
        status: GoalStatus::Active,
        created_at: now(),
        updated_at: now(),
    };
    let mut tx = state.db.begin().await.expect("a transaction");
    games::put_key(&mut tx, &state.sealer, game.id, KeyKind::Publishable, KEY, now()).await.expect("a key is made");
    goals::insert(&mut tx, &goal).await.expect("a goal is made");
    tx.commit().await.expect("the commit holds");
    for sample in SAMPLES {
        seed::connect(state, &account, &game, sample.network, now()).await.unwrap_or_else(|_| panic!("{} is connected", sample.network));
    }
    state.ingest.stop().await;
    state.db.close().await;
    (game.id, goal.id)
}
