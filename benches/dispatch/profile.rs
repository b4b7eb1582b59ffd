//! Where PostgreSQL's part of the time goes: every statement of a delivery, what it costs a postback, and what reaches the disk. The server has
//! to count (`shared_preload_libraries=pg_stat_statements`), as `make bench PART=profile` has it do.

use crate::rig::Rig;
use crate::{LOADS, simulate, table};
use sqlx::{FromRow, PgConnection};

/// Statements of less are left out, in µs a postback.
const LEAST: f64 = 0.5;
const START: &str =
    "create extension if not exists pg_stat_statements; select pg_stat_statements_reset(); select pg_stat_reset_shared('wal')";
const STATEMENTS: &str =
    "select regexp_replace(query, '\\s+', ' ', 'g') as query, calls, total_exec_time + total_plan_time as ms, wal_bytes::float8 as wal
     from pg_stat_statements where dbid = (select oid from pg_database where datname = current_database()) order by ms desc";
const WAL: &str = "select wal_sync, wal_bytes::float8 from pg_stat_wal";

#[derive(FromRow)]
struct Statement {
    query: String,
    calls: i64,
    ms: f64,
    wal: f64,
}

pub async fn measure(server: &str) {
    for (batch, count) in LOADS {
        let rig = Rig::start(server, simulate().await).await;
        rig.fill(count).await;
        let mut watch = rig.watch().await;
        sqlx::raw_sql(START).execute(&mut watch).await.expect("the server counts its statements");
        let rate = rig.send(batch, count).await;
        report(&mut watch, batch, count as f64, rate).await;
        drop(watch);
        rig.stop().await;
    }
}

async fn report(watch: &mut PgConnection, batch: usize, count: f64, rate: f64) {
    // Asked for first: the question counts too.
    let (syncs, wal): (i64, f64) = sqlx::query_as(WAL).fetch_one(&mut *watch).await.expect("the server tells");
    let statements: Vec<Statement> = sqlx::query_as(STATEMENTS).fetch_all(watch).await.expect("the server tells");
    let about = format!("postgres, {batch} a call: {} postbacks a second", table::number(rate));
    table::head(&[&about, "times", "µs a postback", "bytes of WAL a postback"]);
    let cost = |statement: &Statement| statement.ms * 1_000.0 / count;
    for statement in statements.iter().filter(|statement| cost(statement) >= LEAST) {
        let text: String = statement.query.chars().take(90).collect();
        let (times, took) = (statement.calls.to_string(), format!("{:.1}", cost(statement)));
        table::line(&[&format!("`{text}`"), &times, &took, &format!("{:.0}", statement.wal / count)]);
    }
    let took = format!("{:.1}", statements.iter().map(cost).sum::<f64>());
    table::line(&["all statements", &format!("{syncs} syncs"), &took, &format!("{:.0}", wal / count)]);
}
