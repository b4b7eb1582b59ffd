//! From a checked configuration to a running state: one owner of the file, the schema, the key, the first owner.

mod key;
mod lock;

use super::config::{BadSetting, Config, Mode};
use super::db::{self, Db, days, instance, users};
use super::erasure::{NoSalt, Salt};
use super::networks::http::NoClient;
use super::people;
use super::site;
use super::state::AppState;
use crate::error::AppError;
use crate::model::Millis;
use lock::Lock;
use secrecy::{ExposeSecret, SecretString};
use sqlx::sqlite::SqliteConnectOptions;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Why Postbacks does not start: one line for the operator.
#[derive(Debug, thiserror::Error)]
pub enum CannotStart {
    #[error("{0}")]
    Setting(#[from] BadSetting),
    #[error("{path}: another Postbacks process owns this database")]
    Locked { path: PathBuf },
    #[error("{path}: {cause}")]
    Folder { path: PathBuf, cause: std::io::Error },
    #[error("DATABASE_URL: the database does not answer ({0})")]
    Database(#[from] db::Error),
    #[error("{path}: there is no database here")]
    NoDatabase { path: PathBuf },
    #[error("DATABASE_URL: the database is not one of this version ({0})")]
    Schema(#[from] sqlx::migrate::MigrateError),
    #[error("DATABASE_URL: this database belongs to `postbacks demo`; its keys are public, so `serve` does not open it")]
    Demo,
    #[error("this database belongs to `postbacks serve`, so the demo does not touch it; give the demo another folder with --data")]
    NotDemo,
    #[error("POSTBACKS_SECRET_KEY: required with PostgreSQL (openssl rand -base64 32)")]
    KeyMissing,
    #[error("{path}: the key file cannot be used ({cause}); restore it, or set POSTBACKS_SECRET_KEY")]
    KeyFile { path: PathBuf, cause: std::io::Error },
    #[error("POSTBACKS_SECRET_KEY: not the key that this database was sealed with")]
    WrongKey,
    #[error("POSTBACKS_LISTEN: cannot listen on {address} ({cause})")]
    Listen { address: std::net::SocketAddr, cause: std::io::Error },
    #[error("{0}")]
    Https(#[from] NoClient),
    #[error("{0}")]
    People(AppError),
}

impl From<NoSalt> for CannotStart {
    fn from(cause: NoSalt) -> Self {
        match cause {
            NoSalt::Database(cause) => Self::Database(cause),
            NoSalt::Sealed(_) => Self::WrongKey,
        }
    }
}

/// A state whose database is this process's to write to while the lock is held.
pub struct Started {
    pub state: AppState,
    /// The one-time code, while nobody can sign in.
    pub setup_code: Option<String>,
    _lock: Option<Lock>,
}

pub async fn start(config: Config, now: Millis) -> Result<Started, CannotStart> {
    let url = config.database_url.expose_secret();
    let file = sqlite_file(url)?;
    let lock = file.as_deref().map(Lock::take).transpose()?;
    let db = Db::open(url).await?;
    db.migrate().await?;
    days::ahead(&db, now).await?;
    whose(&db, config.mode).await?;
    let sealer = key::sealer(&config, &db, file.as_deref()).await?;
    if let Some((email, password)) = &config.admin {
        people::make_owner(&db, email, password.clone(), now).await.map_err(CannotStart::People)?;
    }
    let salt = Salt::of_instance(&db, &sealer).await?;
    let state = AppState::start(site::options(), config, db, sealer, salt)?;
    let setup_code = people::setup_code(&state).await.map_err(CannotStart::People)?;
    Ok(Started { state, setup_code, _lock: lock })
}

/// A database is `serve`'s or the demo's for ever: the demo's keys and password are known to everybody.
async fn whose(db: &Db, mode: Mode) -> Result<(), CannotStart> {
    let of_demo = instance::get(db, instance::DEMO).await?.is_some();
    match mode {
        Mode::Serve if of_demo => Err(CannotStart::Demo),
        Mode::Demo if !of_demo && users::any(db).await? => Err(CannotStart::NotDemo),
        Mode::Demo if !of_demo => {
            let mut tx = db.begin().await?;
            instance::set_once(&mut tx, instance::DEMO, "yes").await?;
            Ok(tx.commit().await?)
        }
        Mode::Serve | Mode::Demo => Ok(()),
    }
}

/// The database of an instance that was started before, for a command beside it.
pub async fn open_existing(url: &SecretString) -> Result<Db, CannotStart> {
    let url = url.expose_secret();
    if let Some(path) = sqlite_path(url)?.filter(|path| !path.exists()) {
        return Err(CannotStart::NoDatabase { path });
    }
    Ok(Db::open(url).await?)
}

/// The SQLite file behind the address, its folder made; None for a server.
fn sqlite_file(url: &str) -> Result<Option<PathBuf>, CannotStart> {
    let file = sqlite_path(url)?;
    if let Some(folder) = file.as_deref().and_then(Path::parent).filter(|folder| !folder.as_os_str().is_empty()) {
        // Nobody else on the machine reads players' data.
        let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(|cause| CannotStart::Folder { path: folder.to_owned(), cause })?;
    }
    Ok(file)
}

fn sqlite_path(url: &str) -> Result<Option<PathBuf>, CannotStart> {
    let options = url.starts_with("sqlite:").then(|| SqliteConnectOptions::from_str(url)).transpose()?;
    Ok(options.map(|options| options.get_filename().to_path_buf()))
}
