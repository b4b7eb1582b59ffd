//! The instance under test: its database with a game that is connected to the simulated networks, and what is in its books.

use crate::networks::Networks;
use crate::place::{self, Place};
use crate::serving::Serving;
use postbacks::model::game::KeyKind;
use postbacks::model::goal::{Goal, GoalStatus, TEMPLATES, Trigger};
use postbacks::server::config::{Mode, Source, read};
use postbacks::server::db::{Db, goals};
use postbacks::server::demo::seed;
use postbacks::server::networks::played_at;
use postbacks::server::simulator::sample::SAMPLES;
use postbacks::server::start::start;
use postbacks::server::{games, now, people};
use sqlx::{Connection, PgConnection};
use std::collections::BTreeMap;
use std::time::Duration;
use uuid::Uuid;

/// 32 bytes of seven.
const KEY: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";
pub const EMAIL: &str = "mara@ashgrove.example";
pub const PASSWORD: &str = "correct horse battery";
const PUBLISHABLE_KEY: &str = "pk_emberfall";
/// Looks in a row that find the same, after which it stays so.
const STEADY: u32 = 25;
/// How often what no process tells us is looked at.
const LOOK: Duration = Duration::from_millis(20);

pub struct House {
    place: Place,
    url: String,
    environment: BTreeMap<&'static str, String>,
    goal: Uuid,
    pub key: &'static str,
}

impl House {
    /// A database as `serve` makes it, with an owner, a game, its goal, and a connection to every network that is played.
    pub async fn found(server: &str, networks: &Networks) -> Self {
        let (place, url, db) = Place::make(server).await;
        db.close().await;
        let environment = environment(&url, &networks.address);
        let given = environment.clone();
        let source = Source {
            flag: Box::new(|_| None),
            environment: Box::new(move |name| given.get(name).cloned()),
            file: Box::new(|path| std::fs::read_to_string(path)),
        };
        let started = start(read(Mode::Serve, &source).unwrap(), now()).await.unwrap();
        let state = &started.state;
        let account = people::make_owner(&state.db, EMAIL, PASSWORD.to_owned().into(), now()).await.unwrap().unwrap();
        let game = games::create(state, &account, "Emberfall", "emberfall", now()).await.unwrap();
        let goal = first_purchase(game.id);
        let mut tx = state.db.begin().await.unwrap();
        games::put_key(&mut tx, &state.sealer, game.id, KeyKind::Publishable, PUBLISHABLE_KEY, now()).await.unwrap();
        goals::insert(&mut tx, &goal).await.unwrap();
        tx.commit().await.unwrap();
        for sample in SAMPLES {
            seed::connect(state, &account, &game, sample.network, now()).await.unwrap();
        }
        state.ingest.stop().await;
        state.db.close().await;
        Self { place, url, environment, goal: goal.id, key: PUBLISHABLE_KEY }
    }

    /// The settings for another, empty database on the server, and what removes that.
    pub async fn settings_for_nobody(&self) -> (BTreeMap<&'static str, String>, Place, String) {
        let Place::Postgres { server, .. } = &self.place else { panic!("only there are several processes") };
        let (place, url) = Place::empty(server).await;
        let mut settings = self.settings();
        settings.insert("DATABASE_URL", url.clone());
        (settings, place, url)
    }

    pub async fn serve(&self) -> Serving {
        crate::within("it starts", Serving::start(&self.environment)).await
    }

    /// The settings it is served with, and the same with the database at another address.
    pub fn settings(&self) -> BTreeMap<&'static str, String> {
        self.environment.clone()
    }

    pub fn settings_by_way_of(&self, port: u16) -> BTreeMap<&'static str, String> {
        let mut url = url::Url::parse(&self.url).unwrap();
        url.set_port(Some(port)).unwrap();
        let mut settings = self.settings();
        settings.insert("DATABASE_URL", url.to_string());
        settings
    }

    /// The files of its database that transactions write to.
    pub fn files(&self) -> Vec<String> {
        let file = self.url.strip_prefix("sqlite://").expect("it is a file");
        vec![file.to_owned(), format!("{file}-wal")]
    }

    /// The name of its database.
    pub fn name(&self) -> &str {
        self.url.rsplit_once('/').expect("a URL with a name").1
    }

    /// Where the server of its database is.
    pub fn server(&self) -> (String, u16) {
        let url = url::Url::parse(&self.url).unwrap();
        (url.host_str().unwrap().to_owned(), url.port().unwrap())
    }

    pub async fn messages(&self) -> i64 {
        let db = Db::open(&self.url).await.unwrap();
        let count = count(&db, "select count(*) from messages").await;
        db.close().await;
        count
    }

    /// The id under which a purchase must go out, however often it is sent.
    pub fn dedup_id(&self, purchase: Uuid) -> String {
        Uuid::new_v5(&self.goal, purchase.hyphenated().to_string().as_bytes()).hyphenated().to_string()
    }

    /// Returns when so many leases are held, or more; for 0, none.
    pub async fn hold(&self, leases: usize) {
        let db = Db::open(&self.url).await.unwrap();
        let mut look = tokio::time::interval(LOOK);
        let held = async || count(&db, "select count(distinct lease_id) from queue where lease_id is not null").await;
        loop {
            let held = usize::try_from(held().await).unwrap();
            if (leases == 0 && held == 0) || (leases > 0 && held >= leases) {
                break;
            }
            look.tick().await;
        }
        db.close().await;
    }

    /// Each postback that some process holds, under which lease.
    pub async fn leases(&self) -> Vec<(String, String)> {
        let db = Db::open(&self.url).await.unwrap();
        let Db::Postgres(pool, _) = &db else { panic!("only there are several processes") };
        let text = "select p.dedup_id, q.lease_id::text from queue q join postbacks p on p.id = q.id where q.lease_id is not null";
        let leases = sqlx::query_as(text).fetch_all(pool).await.unwrap();
        db.close().await;
        leases
    }

    /// Returns when only these leases are left in the queue and nothing has changed for a while: those of the dead. They then run out at
    /// once, so that nobody need wait for the minute.
    pub async fn let_the_dead_go(&self, leases: &[(String, String)]) {
        let db = Db::open(&self.url).await.unwrap();
        let (mut look, mut steady, mut before) = (tokio::time::interval(LOOK), 0, -1);
        while steady < STEADY {
            look.tick().await;
            let open = count(&db, "select count(*) from queue").await;
            let held = self.leases().await;
            let dead = held.iter().all(|one| leases.contains(one)) && i64::try_from(held.len()).unwrap() == open;
            steady = if dead && open == before { steady + 1 } else { 0 };
            before = open;
        }
        db.close().await;
        place::run(&self.url, "update queue set lease_until = lease_until - 60000 where lease_id is not null").await;
    }

    /// Dedup ids that the process held when it was killed. On PostgreSQL their leases then run out at once: the next process need not
    /// wait for the minute.
    pub async fn claimed_by_the_dead(&self) -> Vec<String> {
        let claimed = "select p.dedup_id from queue q join postbacks p on p.id = q.id where q.lease_id is not null";
        let Some(file) = self.url.strip_prefix("sqlite://") else {
            crate::within("its sessions end", self.sessions_end()).await;
            let db = Db::open(&self.url).await.unwrap();
            let ids = texts(&db, claimed).await;
            db.close().await;
            place::run(&self.url, "update queue set lease_until = lease_until - 60000 where lease_id is not null").await;
            return ids;
        };
        // A copy: the file itself is left for the next process to recover.
        let copy = format!("{file}.copy");
        for end in ["", "-wal"].into_iter().filter(|end| std::fs::exists(format!("{file}{end}")).unwrap()) {
            std::fs::copy(format!("{file}{end}"), format!("{copy}{end}")).unwrap();
        }
        let db = Db::open(&format!("sqlite://{copy}")).await.unwrap();
        let ids = texts(&db, claimed).await;
        db.close().await;
        ids
    }

    /// Returns when PostgreSQL has noticed that nobody is there any more; until then a commit may be on its way.
    async fn sessions_end(&self) {
        let mut own = PgConnection::connect(&self.url).await.unwrap();
        let mut look = tokio::time::interval(LOOK);
        while sqlx::query_scalar::<_, i64>(OTHER_SESSIONS).fetch_one(&mut own).await.unwrap() > 0 {
            look.tick().await;
        }
        own.close().await.unwrap();
    }

    pub async fn nothing_is_queued(&self) {
        let db = Db::open(&self.url).await.unwrap();
        let mut look = tokio::time::interval(LOOK);
        while count(&db, "select count(*) from queue").await > 0 {
            look.tick().await;
        }
        db.close().await;
    }

    /// Every purchase was credited once, and its one recorded attempt is a success. Gives the dedup ids of those that were set aside
    /// instead, because the process died again and again with them in hand.
    pub async fn check_the_books(&self, purchases: usize) -> Vec<String> {
        let db = Db::open(&self.url).await.unwrap();
        let set_aside =
            texts(&db, "select dedup_id from postbacks where state = 'failed' and ended like 'set aside%' and attempts = 0").await;
        let all = i64::try_from(purchases).unwrap();
        let sent = all - i64::try_from(set_aside.len()).unwrap();
        for (text, rows) in [
            ("select count(*) from messages", 2 * all),
            ("select count(*) from conversions", all),
            ("select count(*) from conversions where decision = 'credited'", all),
            ("select count(*) from postbacks", all),
            ("select count(*) from postbacks where state = 'accepted' and attempts = 1", sent),
            ("select count(*) from attempts", all),
            ("select count(*) from attempts where status = 'success' and attempt = 1", sent),
        ] {
            assert_eq!(count(&db, text).await, rows, "{text}");
        }
        db.close().await;
        set_aside
    }

    pub async fn leave(self) {
        let db = Db::open(&self.url).await.unwrap();
        self.place.remove(db).await;
    }
}

const OTHER_SESSIONS: &str = "select count(*) from pg_stat_activity where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()";

fn environment(url: &str, networks: &str) -> BTreeMap<&'static str, String> {
    let mut environment = BTreeMap::from([
        ("DATABASE_URL", url.to_owned()),
        ("POSTBACKS_LISTEN", "127.0.0.1:0".to_owned()),
        ("POSTBACKS_SECRET_KEY", KEY.to_owned()),
        ("POSTBACKS_INGEST_RATE", "0".to_owned()),
        ("POSTBACKS_INGEST_RATE_IP", "0".to_owned()),
    ]);
    environment.extend(played_at(networks));
    environment.extend(SAMPLES.iter().flat_map(|sample| sample.settings).map(|(name, value)| (*name, (*value).to_owned())));
    environment
}

fn first_purchase(game_id: Uuid) -> Goal {
    let template = TEMPLATES.iter().find(|template| template.event == "purchase").unwrap();
    Goal {
        id: Uuid::now_v7(),
        game_id,
        name: template.name.to_owned(),
        description: String::new(),
        event: template.event.to_owned(),
        trigger: Trigger::OncePerPlayer,
        filter: None,
        status: GoalStatus::Active,
        created_at: now(),
        updated_at: now(),
    }
}

async fn count(db: &Db, text: &'static str) -> i64 {
    let (count,): (i64,) = match db {
        Db::Sqlite { read, .. } => sqlx::query_as(text).fetch_one(read).await,
        Db::Postgres(pool, _) => sqlx::query_as(text).fetch_one(pool).await,
    }
    .unwrap();
    count
}

async fn texts(db: &Db, text: &'static str) -> Vec<String> {
    let rows: Vec<(String,)> = match db {
        Db::Sqlite { read, .. } => sqlx::query_as(text).fetch_all(read).await,
        Db::Postgres(pool, _) => sqlx::query_as(text).fetch_all(pool).await,
    }
    .unwrap();
    rows.into_iter().map(|(text,)| text).collect()
}
