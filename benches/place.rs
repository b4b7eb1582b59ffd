//! Where a bench keeps its database: a folder beside the build, or a database of its own on a PostgreSQL server.

use postbacks::server::db::Db;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};
use uuid::Uuid;

const POSTGRES_VARIABLE: &str = "TEST_DATABASE_URL";

/// Removed at the end of the bench.
pub enum Place {
    Folder { folder: tempfile::TempDir },
    Postgres { server: String, name: String },
}

/// The engines to measure, with where to make a database: a folder, or a PostgreSQL server.
pub fn engines() -> Vec<(&'static str, String)> {
    let postgres = std::env::var(POSTGRES_VARIABLE).ok().map(|url| ("postgres", url));
    [("sqlite", "target".to_owned())].into_iter().chain(postgres).collect()
}

impl Place {
    /// A fresh, migrated database with its URL.
    pub async fn make(server: &str) -> (Self, String, Db) {
        let (place, url) = Self::empty(server).await;
        let db = Db::open(&url).await.expect("the database opens");
        db.migrate().await.expect("the database migrates");
        (place, url, db)
    }

    /// A fresh database of somebody else's, empty.
    #[allow(dead_code)] // one bench has a peer
    pub async fn empty_database(server: &str) -> (Self, String, Db) {
        let (place, url) = Self::empty(server).await;
        let db = Db::open(&url).await.expect("the database opens");
        (place, url, db)
    }

    pub async fn empty(server: &str) -> (Self, String) {
        if !server.starts_with("postgres") {
            // Not under /tmp: that may be memory, and this measures a disk.
            let folder = tempfile::tempdir_in(server).expect("a temporary folder");
            let url = format!("sqlite://{}", folder.path().join("postbacks.db").display());
            return (Self::Folder { folder }, url);
        }
        let name = format!("bench_{}", Uuid::new_v4().simple());
        run(server, &format!("create database {name}")).await;
        let url = format!("{}/{name}", server.rsplit_once('/').expect("a URL with a database name").0);
        (Self::Postgres { server: server.to_owned(), name }, url)
    }

    /// Closes the database and removes it.
    pub async fn remove(self, db: Db) {
        db.close().await;
        match self {
            Self::Folder { folder } => folder.close().expect("the folder goes"),
            Self::Postgres { server, name } => run(&server, &format!("drop database {name}")).await,
        }
    }
}

/// Runs statements of the bench's own on a connection of their own.
pub async fn run(url: &str, sql: &str) {
    let done = if url.starts_with("sqlite") {
        SqliteConnection::connect(url).await.expect("the file opens").execute(AssertSqlSafe(sql)).await.map(drop)
    } else {
        PgConnection::connect(url).await.expect("the server answers").execute(AssertSqlSafe(sql)).await.map(drop)
    };
    done.expect("a statement of the bench runs");
}
