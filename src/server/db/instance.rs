//! Facts about this instance itself, by key.

use super::{Db, Result, on};

/// Whether the database answers.
pub async fn ping(db: &Db) -> Result<()> {
    on!(db, pool => sqlx::query("select 1").execute(pool).await.map(drop))
}
