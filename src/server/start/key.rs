//! The key that seals secrets: from the setting, or on SQLite made once in a file beside the database.

use super::CannotStart;
use crate::server::config::{Config, key_bytes};
use crate::server::db::{Db, Result as DbResult, instance, sealed};
use crate::server::secrets::{Sealer, random_bytes};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// What the check value is sealed for, and what it says.
const CHECK_OWNER: &str = "instance:key_check";
const CHECK: &str = "postbacks";

/// The sealer of this instance, proved against the check value in the database. With a previous key, what that one sealed is sealed anew.
pub async fn sealer(config: &Config, db: &Db, file: Option<&Path>) -> Result<Sealer, CannotStart> {
    let check = instance::get(db, instance::KEY_CHECK).await?;
    let current = match (&config.secret_key, file) {
        (Some(key), _) => bytes(key)?,
        (None, Some(database)) => from_file(&database.with_extension("key"), check.is_none())?,
        (None, None) => return Err(CannotStart::KeyMissing),
    };
    let previous = config.secret_key_previous.as_ref().map(bytes).transpose()?;
    let sealer = Sealer::new(&current, previous.as_ref());
    match check {
        None => write_check(db, &sealer).await?,
        Some(sealed) => {
            sealer.open(CHECK_OWNER, &sealed).map_err(|_| CannotStart::WrongKey)?;
        }
    }
    if previous.is_some() {
        seal_anew(db, &sealer).await?;
    }
    Ok(sealer)
}

fn bytes(key: &SecretString) -> Result<[u8; 32], CannotStart> {
    key_bytes(key.expose_secret()).ok_or(CannotStart::WrongKey)
}

/// The key in the file; made where the database has sealed nothing yet.
fn from_file(path: &Path, may_make: bool) -> Result<[u8; 32], CannotStart> {
    let unusable = |cause: std::io::Error| CannotStart::KeyFile { path: path.to_owned(), cause };
    match std::fs::read_to_string(path) {
        Ok(text) => key_bytes(&text).ok_or_else(|| unusable(ErrorKind::InvalidData.into())),
        Err(cause) if cause.kind() == ErrorKind::NotFound && may_make => {
            let key = random_bytes::<32>();
            make_file(path, &STANDARD.encode(key)).map_err(unusable)?;
            Ok(key)
        }
        Err(cause) => Err(unusable(cause)),
    }
}

/// Readable by its owner alone, and on disk before anything is sealed with it.
fn make_file(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    writeln!(file, "{text}")?;
    file.sync_all()
}

async fn write_check(db: &Db, sealer: &Sealer) -> Result<(), CannotStart> {
    let mut tx = db.begin().await?;
    let first = instance::set_once(&mut tx, instance::KEY_CHECK, &sealer.seal(CHECK_OWNER, &SecretString::from(CHECK))).await?;
    tx.commit().await?;
    if first {
        return Ok(());
    }
    // Another process was first: its key must be ours.
    let sealed = instance::get(db, instance::KEY_CHECK).await?.unwrap_or_default();
    sealer.open(CHECK_OWNER, &sealed).map(drop).map_err(|_| CannotStart::WrongKey)
}

/// One transaction over every sealed value; one that neither key opens is left as it is and said.
async fn seal_anew(db: &Db, sealer: &Sealer) -> DbResult<()> {
    let mut tx = db.begin().await?;
    let mut done = 0;
    for value in sealed::all(&mut tx).await? {
        match sealer.open(&value.owner, &value.text) {
            Ok(secret) => {
                sealed::replace(&mut tx, &value, &sealer.seal(&value.owner, &secret)).await?;
                done += 1;
            }
            Err(cause) => tracing::warn!(owner = value.owner, %cause, "not sealed anew"),
        }
    }
    tx.commit().await?;
    tracing::info!(done, "secrets are sealed with the new key; POSTBACKS_SECRET_KEY_PREVIOUS can be unset once every process has it");
    Ok(())
}
