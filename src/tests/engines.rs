//! A fresh database for each test: a SQLite file in a temporary folder, or a database of its own on PostgreSQL.

use crate::model::Millis;
use crate::server::db::{Db, days};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use std::ops::Deref;
use std::sync::LazyLock;
use tokio::sync::OnceCell;
use uuid::Uuid;

/// Set by `scripts/test`, which starts a throw-away cluster; any empty PostgreSQL will do.
const POSTGRES_VARIABLE: &str = "TEST_DATABASE_URL";
const TEMPLATE: &str = "postbacks_test_template";

/// A migrated, empty database; derefs to `Db`.
pub struct TestDb {
    pub db: Db,
    #[allow(dead_code)] // for tests that start the real binary
    pub url: String,
    _folder: Option<tempfile::TempDir>,
}

impl Deref for TestDb {
    type Target = Db;
    fn deref(&self) -> &Db {
        &self.db
    }
}

pub async fn sqlite() -> TestDb {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = format!("sqlite://{}", folder.path().join("postbacks.db").display());
    let db = Db::open(&url).await.expect("SQLite opens");
    db.migrate().await.expect("SQLite migrates");
    TestDb { db, url, _folder: Some(folder) }
}

/// The steps by which SQLite would run the statement on a fresh database.
pub async fn sqlite_plan(text: &str) -> Vec<String> {
    let db = sqlite().await;
    let Db::Sqlite { read, .. } = &db.db else { unreachable!("it is SQLite") };
    let text = AssertSqlSafe(format!("explain query plan {text}"));
    let steps: Vec<(i64, i64, i64, String)> = sqlx::query_as(text).fetch_all(read).await.expect("SQLite plans it");
    steps.into_iter().map(|(.., step)| step).collect()
}

pub async fn postgres() -> TestDb {
    let base = std::env::var(POSTGRES_VARIABLE)
        .unwrap_or_else(|_| panic!("{POSTGRES_VARIABLE} is not set: run `make test`, which starts a throw-away PostgreSQL"));
    let server = base.rsplit_once('/').expect("a URL with a database name").0;
    static TEMPLATE_READY: OnceCell<()> = OnceCell::const_new();
    TEMPLATE_READY.get_or_init(|| make_template(&base, server)).await;
    let name = format!("test_{}", Uuid::new_v4().simple());
    run(&base, &format!("create database {name} template {}", template_name())).await;
    let url = format!("{server}/{name}");
    TestDb { db: Db::open(&url).await.expect("PostgreSQL opens"), url, _folder: None }
}

/// Of this process alone: numbers of processes come again, and templates stay until their server goes.
fn template_name() -> &'static str {
    static NAME: LazyLock<String> = LazyLock::new(|| format!("{TEMPLATE}_{}", Uuid::new_v4().simple()));
    &NAME
}

async fn make_template(base: &str, server: &str) {
    run(base, &format!("create database {}", template_name())).await;
    let db = Db::open(&format!("{server}/{}", template_name())).await.expect("the template opens");
    db.migrate().await.expect("PostgreSQL migrates");
    db.close().await;
}

async fn run(url: &str, sql: &str) {
    let mut connection = PgConnection::connect(url).await.expect("PostgreSQL answers");
    connection.execute(sqlx::AssertSqlSafe(sql.to_owned())).await.expect("a test database is made");
    connection.close().await.expect("the connection closes");
}

/// How PostgreSQL would run the statement with these values in it, a step a line.
pub async fn postgres_plan(db: &Db, text: &str) -> Vec<String> {
    let Db::Postgres(pool, _) = db else { unreachable!("it is PostgreSQL") };
    let steps: Vec<(String,)> =
        sqlx::query_as(AssertSqlSafe(format!("explain (costs off) {text}"))).fetch_all(pool).await.expect("PostgreSQL plans it");
    steps.into_iter().map(|(step,)| step).collect()
}

/// The day of this time is there: for rows that a test writes past the code which sees to that.
pub async fn has_day(db: &Db, table: &'static str, time: Millis) {
    let tx = db.begin().await.expect("a transaction");
    days::ready(&tx, table, std::iter::once(days::day(time))).await.expect("the day is made");
}

/// Declares one test for each engine: `both_engines!(async fn name(db: TestDb) { … })`.
macro_rules! both_engines {
    ($($(#[$meta:meta])* async fn $name:ident($db:ident: TestDb) $body:block)+) => { $(
        mod $name {
            #[allow(unused_imports)]
            use super::*;
            async fn check($db: $crate::tests::engines::TestDb) $body
            #[tokio::test(flavor = "multi_thread")]
            async fn sqlite() { check($crate::tests::engines::sqlite().await).await; }
            #[tokio::test(flavor = "multi_thread")]
            async fn postgres() { check($crate::tests::engines::postgres().await).await; }
        }
    )+ };
}
pub(crate) use both_engines;
