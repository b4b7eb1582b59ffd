//! The processes that share a PostgreSQL. Each says every second that it lives; who was not heard for a while is dead.

use super::{Db, Result};
use crate::model::{MINUTE, Millis, SECOND};
use uuid::Uuid;

/// Who was not heard for so long does not count.
const SILENT: Millis = 4 * SECOND;
/// And is forgotten after so long.
const FORGOTTEN: Millis = 10 * MINUTE;

/// By the database's clock, as leases are: machines' clocks differ.
const BEAT: &str = "with here as (select (extract(epoch from clock_timestamp()) * 1000)::bigint as now),
     beat as (insert into processes (id, seen_at) select $1, now from here on conflict (id) do update set seen_at = excluded.seen_at),
     swept as (delete from processes using here where seen_at < now - $3 and id <> $1)
     select count(*) from processes, here where seen_at > now - $2 and id <> $1";

/// Says that this process lives, and answers how many do, this one included. A SQLite file is one process's.
pub async fn beat(db: &Db, id: Uuid) -> Result<usize> {
    let Db::Postgres(pool, _) = db else { return Ok(1) };
    let (others,): (i64,) = sqlx::query_as(BEAT).bind(id).bind(SILENT).bind(FORGOTTEN).fetch_one(pool).await?;
    Ok(usize::try_from(others).unwrap_or(0) + 1)
}

/// This process ends: what it had a share in is the others' at once.
pub async fn leave(db: &Db, id: Uuid) -> Result<()> {
    let Db::Postgres(pool, _) = db else { return Ok(()) };
    sqlx::query("delete from processes where id = $1").bind(id).execute(pool).await.map(drop)
}
