//! All SQL lives here, a file a noun. One text of SQL runs on both engines; `on!` and `within!` expand it for either.

pub mod actions;
pub mod api_keys;
pub mod attempts;
pub mod audit;
pub mod changes;
pub mod connection_changes;
pub mod connection_row;
pub mod connections;
pub mod consents;
pub mod conversions;
pub mod deliveries;
pub mod erased_ids;
pub mod erased_rows;
pub mod erasures;
pub mod evidence;
pub mod facts;
pub mod games;
pub mod goals;
pub mod grants;
pub mod health;
pub mod instance;
pub mod kept_back;
pub mod last_words;
pub mod memberships;
pub mod message_ids;
pub mod pixel;
pub mod player_search;
pub mod players;
pub mod postbacks;
pub mod queue;
pub mod receipts;
pub mod rehearsal;
pub mod results;
pub mod retention;
pub mod rows;
pub mod sealed;
pub mod sessions;
pub mod users;
pub mod would_go;

use sqlx::migrate::MigrateError;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{PgPool, Postgres, Sqlite, SqlitePool, Transaction};
use std::str::FromStr;
use std::time::Duration;

pub type Error = sqlx::Error;
pub type Result<T> = std::result::Result<T, Error>;

/// How long a SQLite statement waits for the file's lock (another program may hold it for a backup).
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
const SQLITE_READERS: u32 = 4;
/// Pages that the SQLite writer keeps in memory, in KiB: the ends of all the indexes that it writes to. With SQLite's own 2 MiB it
/// reads them again and again.
const WRITER_CACHE: &str = "-65536";
const POSTGRES_CONNECTIONS: u32 = 16;

#[derive(Clone)]
pub enum Db {
    /// One writer connection, several readers, one file.
    Sqlite {
        read: SqlitePool,
        write: SqlitePool,
    },
    Postgres(PgPool),
}

/// A write transaction; dropped without `commit`, it is rolled back.
pub enum Tx {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// Runs one expression against the read pool of either engine: `on!(db, pool => sqlx::query("…").execute(pool).await)`.
macro_rules! on {
    ($db:expr, $pool:ident => $body:expr) => {
        match $db {
            $crate::server::db::Db::Sqlite { read: $pool, .. } => $body,
            $crate::server::db::Db::Postgres($pool) => $body,
        }
    };
}
pub(crate) use on;

/// Runs one expression inside a transaction of either engine: `within!(tx, c => sqlx::query("…").execute(c).await)`.
macro_rules! within {
    ($tx:expr, $connection:ident => $body:expr) => {
        match $tx {
            $crate::server::db::Tx::Sqlite(tx) => {
                let $connection = &mut **tx;
                $body
            }
            $crate::server::db::Tx::Postgres(tx) => {
                let $connection = &mut **tx;
                $body
            }
        }
    };
}
pub(crate) use within;

impl Db {
    /// Opens `sqlite://PATH` (made if missing) or `postgres://…`. Migrations are a step of their own.
    pub async fn open(url: &str) -> Result<Self> {
        if url.starts_with("sqlite:") {
            let options = SqliteConnectOptions::from_str(url)?
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .foreign_keys(true)
                .busy_timeout(BUSY_TIMEOUT)
                .statement_cache_capacity(512);
            let writing = options.clone().pragma("cache_size", WRITER_CACHE);
            let write = SqlitePoolOptions::new().max_connections(1).connect_with(writing).await?;
            let read = SqlitePoolOptions::new().max_connections(SQLITE_READERS).connect_with(options.read_only(true)).await?;
            Ok(Self::Sqlite { read, write })
        } else {
            let options = PgConnectOptions::from_str(url)?.statement_cache_capacity(512);
            Ok(Self::Postgres(PgPoolOptions::new().max_connections(POSTGRES_CONNECTIONS).connect_with(options).await?))
        }
    }

    pub async fn migrate(&self) -> std::result::Result<(), MigrateError> {
        match self {
            Self::Sqlite { write, .. } => sqlx::migrate!("migrations/sqlite").run(write).await,
            Self::Postgres(pool) => sqlx::migrate!("migrations/postgres").run(pool).await,
        }
    }

    /// A write transaction. On SQLite it takes the one writer at once, so that it never fails half-way for the lock.
    pub async fn begin(&self) -> Result<Tx> {
        Ok(match self {
            Self::Sqlite { write, .. } => Tx::Sqlite(write.begin_with("begin immediate").await?),
            Self::Postgres(pool) => Tx::Postgres(pool.begin().await?),
        })
    }

    pub async fn close(&self) {
        match self {
            Self::Sqlite { read, write } => {
                read.close().await;
                write.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

impl Tx {
    pub async fn commit(self) -> Result<()> {
        match self {
            Self::Sqlite(tx) => tx.commit().await,
            Self::Postgres(tx) => tx.commit().await,
        }
    }
}

/// The name of the constraint that a write broke, where it was one: names map to messages.
pub fn broken_constraint(error: &Error) -> Option<String> {
    let Error::Database(database) = error else { return None };
    // SQLite names the columns (`games.slug`), PostgreSQL the constraint; both texts hold what callers match on.
    database.is_unique_violation().then(|| database.constraint().map_or_else(|| database.message().to_owned(), str::to_owned))
}
