//! A database belongs to `serve` or to `demo`, for ever: the demo's keys and password are known to everybody.

use crate::server::db::{Db, instance};

const KEY: &str = "face";

/// Who a database belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Face {
    Serve,
    Demo,
}

impl Face {
    const fn word(self) -> &'static str {
        match self {
            Self::Serve => "serve",
            Self::Demo => "demo",
        }
    }
}

/// The database belongs to the other one.
#[derive(Debug, thiserror::Error)]
pub enum WrongFace {
    #[error("this database belongs to `postbacks {0}` and is not touched")]
    Other(&'static str),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Marks a fresh database, and refuses one that is marked as the other's.
pub async fn check(db: &Db, face: Face) -> Result<(), WrongFace> {
    let mut tx = db.begin().await?;
    instance::set_once(&mut tx, KEY, face.word()).await?;
    tx.commit().await?;
    match instance::get(db, KEY).await? {
        Some(word) if word == face.word() => Ok(()),
        _ => Err(WrongFace::Other(if face == Face::Serve { "demo" } else { "serve" })),
    }
}
