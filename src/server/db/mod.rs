//! All SQL lives here, a file a noun. One text of SQL runs on both engines; `on!` and `within!` expand it for either.

pub mod actions;
pub mod api_keys;
pub mod attempt_counts;
pub mod attempts;
pub mod audit;
pub mod changes;
pub mod checkpoints;
pub mod clock;
pub mod connection_changes;
pub mod connection_row;
pub mod connections;
pub mod consents;
pub mod conversions;
pub mod days;
pub mod deliveries;
mod durable;
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
pub mod log_rows;
pub mod memberships;
pub mod message_ids;
pub mod new_rows;
mod nodelay;
pub mod notices;
pub mod pixel;
pub mod player_search;
pub mod players;
pub mod postbacks;
pub mod processes;
pub mod queue;
pub mod receipts;
pub mod rehearsal;
pub mod resendable;
pub mod resends;
pub mod resent;
pub mod results;
pub mod retention;
pub mod rows;
pub mod sealed;
pub mod sessions;
pub mod users;
pub mod would_go;

use days::Days;
use durable::Disk;
use sqlx::migrate::MigrateError;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Executor, PgPool, Postgres, Sqlite, SqlitePool, Transaction};
use std::str::FromStr;
use std::time::Duration;

pub type Error = sqlx::Error;
pub type Result<T> = std::result::Result<T, Error>;

/// How long a SQLite statement waits for the file's lock (another program may hold it for a backup).
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
const SQLITE_READERS: u32 = 4;
/// Rows that SQLite's thread reads ahead of whoever takes them; with the driver's own 50 the two wait for each other all the time.
const ROWS_AHEAD: usize = 4_096;
/// Pages in the write-ahead log (128 MiB) at which a commit writes them back itself, where `checkpoints` does not keep up or does not run.
const WAL_PAGES: &str = "32768";
/// Bytes of the log's file that stay when it begins anew.
const WAL_KEEPS: &str = "67108864";
/// Pages that the SQLite writer keeps in memory, in KiB: the ends of all the indexes that it writes to. With SQLite's own 2 MiB it
/// reads them again and again.
const WRITER_CACHE: &str = "-65536";
const POSTGRES_CONNECTIONS: u32 = 16;
/// Every statement has an index. A plan is kept, and one that was made while a table was small would go on to read all of it; what reads a
/// small table whole for want of an index counts as dear then, and must not be compiled for that.
const PLANS: &str = "set enable_seqscan = off; set jit = off";
/// How long a statement waits for PostgreSQL when it is out of reach or all connections are taken: whoever asked is told to come again.
const POSTGRES_PATIENCE: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub enum Db {
    /// One writer connection, several readers, one file.
    Sqlite {
        read: SqlitePool,
        write: SqlitePool,
        /// For `checkpoints` alone.
        checkpoint: SqlitePool,
        disk: Disk,
    },
    Postgres(PgPool, Days),
}

/// A write transaction; dropped without `commit`, it is rolled back.
pub enum Tx {
    Sqlite(Transaction<'static, Sqlite>, Disk),
    Postgres(Transaction<'static, Postgres>, Days),
}

/// A commit that others see already and that is on its way to the disk.
#[must_use]
pub enum Committed {
    Sqlite(Disk),
    Postgres,
}

/// Runs one expression against the read pool of either engine: `on!(db, pool => sqlx::query("…").execute(pool).await)`.
macro_rules! on {
    ($db:expr, $pool:ident => $body:expr) => {
        match $db {
            $crate::server::db::Db::Sqlite { read: $pool, .. } => $body,
            $crate::server::db::Db::Postgres($pool, _) => $body,
        }
    };
}
pub(crate) use on;

/// Runs one expression inside a transaction of either engine: `within!(tx, c => sqlx::query("…").execute(c).await)`.
macro_rules! within {
    ($tx:expr, $connection:ident => $body:expr) => {
        match $tx {
            $crate::server::db::Tx::Sqlite(tx, _) => {
                let $connection = &mut **tx;
                $body
            }
            $crate::server::db::Tx::Postgres(tx, _) => {
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
                .synchronous(SqliteSynchronous::Normal)
                .foreign_keys(true)
                .busy_timeout(BUSY_TIMEOUT)
                .statement_cache_capacity(512)
                .row_buffer_size(ROWS_AHEAD)
                .pragma("temp_store", "memory");
            let disk = Disk::of(options.get_filename());
            let writing = options.clone().pragma("wal_autocheckpoint", WAL_PAGES).pragma("journal_size_limit", WAL_KEEPS);
            let checkpoint = one_for_ever().connect_lazy_with(writing.clone());
            let write = one_for_ever().connect_with(writing.pragma("cache_size", WRITER_CACHE)).await?;
            let read = SqlitePoolOptions::new().max_connections(SQLITE_READERS).connect_with(options.read_only(true)).await?;
            Ok(Self::Sqlite { read, write, checkpoint, disk })
        } else {
            let options = PgConnectOptions::from_str(url)?.statement_cache_capacity(512);
            let pool = PgPoolOptions::new().max_connections(POSTGRES_CONNECTIONS).acquire_timeout(POSTGRES_PATIENCE);
            let port = options.get_port();
            let pool = pool.after_connect(move |connection, _| {
                Box::pin(async move {
                    nodelay::on_connections_to(port);
                    connection.execute(PLANS).await.map(drop)
                })
            });
            let pool = pool.connect_with(options).await?;
            Ok(Self::Postgres(pool.clone(), Days::of(pool)))
        }
    }

    pub async fn migrate(&self) -> std::result::Result<(), MigrateError> {
        match self {
            Self::Sqlite { write, .. } => sqlx::migrate!("migrations/sqlite").run(write).await,
            Self::Postgres(pool, _) => sqlx::migrate!("migrations/postgres").run(pool).await,
        }
    }

    /// A write transaction. On SQLite it takes the one writer at once, so that it never fails half-way for the lock.
    pub async fn begin(&self) -> Result<Tx> {
        Ok(match self {
            Self::Sqlite { write, disk, .. } => {
                let begun = match write.begin_with("begin immediate").await {
                    Err(error) if is_stuck(&error) => {
                        write.acquire().await?.close().await?;
                        write.begin_with("begin immediate").await?
                    }
                    begun => begun?,
                };
                // Nobody writes now but who holds this.
                disk.settle().await?;
                Tx::Sqlite(begun, disk.clone())
            }
            Self::Postgres(pool, days) => Tx::Postgres(pool.begin().await?, days.clone()),
        })
    }

    /// Whether messages, attempts and calls lie in parts by day.
    pub fn has_days(&self) -> bool {
        matches!(self, Self::Postgres(..))
    }

    pub async fn close(&self) {
        match self {
            Self::Sqlite { read, write, checkpoint, .. } => {
                checkpoint.close().await;
                read.close().await;
                write.close().await;
            }
            Self::Postgres(pool, _) => pool.close().await,
        }
    }
}

/// One connection that keeps what it has in memory however long it rests.
fn one_for_ever() -> SqlitePoolOptions {
    SqlitePoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None)
}

impl Tx {
    /// Durable when it returns.
    pub async fn commit(self) -> Result<()> {
        self.commit_early().await?.durable().await
    }

    /// Lets the next transaction begin while this one is on its way to the disk.
    pub async fn commit_early(self) -> Result<Committed> {
        match self {
            Self::Sqlite(tx, disk) => tx.commit().await.map(|()| Committed::Sqlite(disk)),
            Self::Postgres(tx, _) => tx.commit().await.map(|()| Committed::Postgres),
        }
    }
}

impl Committed {
    /// Returns when it is durable. On an error it may be or not, and whoever relies on it is to be told no.
    pub async fn durable(self) -> Result<()> {
        match self {
            Self::Sqlite(disk) => disk.flush().await,
            Self::Postgres => Ok(()),
        }
    }
}

/// Whether the connection is of no use any more. After a commit that the file had no room for the driver takes the transaction for open, and
/// for ever; and one that was opened while the file was read-only (code 8) stays so when the file is not.
fn is_stuck(error: &Error) -> bool {
    match error {
        Error::InvalidSavePointStatement => true,
        Error::Database(database) => database.code().and_then(|code| code.parse::<u32>().ok()).is_some_and(|code| code & 0xff == 8),
        _ => false,
    }
}

/// The name of the constraint that a write broke, where it was one: names map to messages.
pub fn broken_constraint(error: &Error) -> Option<String> {
    let Error::Database(database) = error else { return None };
    // SQLite names the columns (`games.slug`), PostgreSQL the constraint; both texts hold what callers match on.
    database.is_unique_violation().then(|| database.constraint().map_or_else(|| database.message().to_owned(), str::to_owned))
}

/// Whether the database can keep nothing for anybody just now (out of reach, full, read-only), so that the same will work later.
pub fn is_away(error: &Error) -> bool {
    match error {
        Error::Io(_) | Error::PoolTimedOut | Error::PoolClosed | Error::Tls(_) | Error::WorkerCrashed => true,
        // A connection that broke off in the middle of a word, or a proxy without a server behind it.
        Error::Protocol(_) => true,
        // Somebody else's commit failed again while this one began anew (`begin`).
        Error::InvalidSavePointStatement => true,
        Error::Database(database) => database.code().is_some_and(|code| match code.parse::<u32>() {
            // SQLite's extended codes carry the code in their low byte: busy, locked, read-only, I/O error, full, cannot open.
            Ok(number) if code.len() < 5 => matches!(number & 0xff, 5 | 6 | 8 | 10 | 13 | 14),
            // PostgreSQL: no connection, no room, read-only, shut down or starting up.
            _ => code.starts_with("08") || code.starts_with("53") || code.starts_with("57P0") || &*code == "25006",
        }),
        _ => false,
    }
}
