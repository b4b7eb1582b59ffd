//! What one process tells the others on the same PostgreSQL, so that they look at once and not at their next poll. Nothing hangs on it: what
//! is due stands in tables.

use super::{Db, Result};
use sqlx::postgres::PgListener;
use uuid::Uuid;

const CHANNEL: &str = "postbacks_due";

/// Tells the others that something may be due, or may not go any more. In a transaction of its own, after the one that made it so: a notice
/// in a transaction makes commits wait for each other.
pub async fn tell(db: &Db, from: Uuid) -> Result<()> {
    let Db::Postgres(pool, _) = db else { return Ok(()) };
    sqlx::query("select pg_notify($1, $2)").bind(CHANNEL).bind(from.to_string()).execute(pool).await.map(drop)
}

/// The ear of a process; None on SQLite, where there are no others.
pub struct Ear(PgListener);

pub async fn listen(db: &Db) -> Result<Option<Ear>> {
    let Db::Postgres(pool, _) = db else { return Ok(None) };
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    Ok(Some(Ear(listener)))
}

impl Ear {
    /// Returns when another process than `own` has told something, or when the connection was lost and something may have been missed.
    pub async fn hears(&mut self, own: Uuid) -> Result<()> {
        let own = own.to_string();
        loop {
            match self.0.try_recv().await? {
                Some(notice) if notice.payload() == own => {}
                Some(_) | None => return Ok(()),
            }
        }
    }
}
