//! The clock that leases and waits are compared by, and what is done where it, or that of whoever queued something, was wrong.

use super::{Db, Result, on, within};
use crate::model::Millis;
use uuid::Uuid;

/// The database's clock. SQLite has none of its own.
pub async fn read(db: &Db) -> Result<Millis> {
    let Db::Postgres(pool, _) = db else { return Ok(crate::server::now()) };
    let (now,): (i64,) = sqlx::query_as("select (extract(epoch from clock_timestamp()) * 1000)::bigint").fetch_one(pool).await?;
    Ok(now)
}

/// The clock that all times are of showed `before` and has jumped `by` so much, back where that is negative: leases end as long after now as
/// they would have, and after a jump back nothing waits longer for it: what is due later than now is due as much sooner.
pub async fn jumped(db: &Db, before: Millis, by: Millis) -> Result<()> {
    let mut tx = db.begin().await?;
    for text in [
        "update queue set lease_until = lease_until + $1 where lease_id is not null",
        "update receipts set lease_until = lease_until + $1 where lease_id is not null",
    ] {
        within!(&mut tx, c => sqlx::query(text).bind(by).execute(c).await.map(drop))?;
    }
    if by < 0 {
        for text in [
            "update queue set due_at = due_at + $1 where lease_id is null and due_at > $2",
            "update receipts set due_at = due_at + $1 where lease_id is null and due_at > $2",
        ] {
            within!(&mut tx, c => sqlx::query(text).bind(by).bind(before + by).execute(c).await.map(drop))?;
        }
    }
    tx.commit().await
}

const TOO_FAR_AHEAD: &str = "select c.id from connections c where exists
     (select 1 from queue q where q.connection_id = c.id and q.lease_id is null and q.attempt = 0 and q.claims < 2 and q.due_at > $1)
     or exists (select 1 from queue s where s.connection_id = c.id and s.lease_id is null and s.attempt = 0 and s.claims >= 2 and s.due_at > $1)";

/// What was never tried is due when it comes. One that is due later than `leeway` from now came while somebody's clock was wrong: it is due
/// now. How many.
pub async fn bring_forward(db: &Db, now: Millis, leeway: Millis) -> Result<u64> {
    let found: Vec<(Uuid,)> = on!(db, pool => sqlx::query_as(TOO_FAR_AHEAD).bind(now + leeway).fetch_all(pool).await)?;
    if found.is_empty() {
        return Ok(0);
    }
    let mut tx = db.begin().await?;
    let mut count = 0;
    for (connection,) in found {
        count += within!(&mut tx, c => sqlx::query(
            "update queue set due_at = $2 where connection_id = $1 and lease_id is null and attempt = 0 and due_at > $3",
        )
        .bind(connection)
        .bind(now)
        .bind(now + leeway)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    }
    tx.commit().await?;
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::engines;

    /// It is asked every few seconds, and mostly there is nothing.
    #[tokio::test]
    async fn sqlite_finds_what_is_due_too_late_by_an_index() {
        let steps = engines::sqlite_plan(TOO_FAR_AHEAD).await;
        for (name, index) in [("q", "queue_fresh"), ("s", "queue_suspects_due")] {
            assert!(steps.iter().any(|step| step.starts_with(&format!("SEARCH {name} ")) && step.contains(index)), "{steps:?}");
        }
    }
}
