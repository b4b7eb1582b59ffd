//! Attempts of the last 30 days, evenly, written by the database itself: of twenty 17 succeeded, two were retried and one failed.

use postbacks::model::{DAY, Millis};
use postbacks::server::db::Db;
use postbacks::server::now;
use sqlx::{AssertSqlSafe, SqlSafeStr};
use uuid::Uuid;

/// Rows of a transaction.
const AT_ONCE: i64 = 500_000;

/// `$1` is the first number, `$2` one more than the last, `$3` the time of number 0, `$4` the milliseconds (times a million) from one to the
/// next, `$5` game, `$6` connection and goal. `time` and `id` are those of the row.
fn insert(numbers: &str, id: &str, uuid: &str) -> String {
    format!(
        "insert into attempts (day, id, game_id, network, connection_id, postback_id, goal_id, goal_name, event, time, status, http, latency_ms,
             attempt, code, words, meaning, test, late, call_id, request)
         select time / {DAY}, {id}, $5, 'tiktok', $6, {uuid}, $6, 'First Purchase', 'purchase', time,
             case when n % 20 < 17 then 'success' when n % 20 < 19 then 'retried' else 'failed' end,
             case when n % 20 < 17 then 200 else 503 end, cast(20 + n % 300 as integer), 1, null, null, 'TikTok took the conversion.', false, false, {uuid},
             '{{\"event\":\"Purchase\",\"event_time\":1800000000,\"event_id\":\"0197e6a4-0000-7000-8000-000000000000\",\"user\":{{\"ttclid\":\"E.C.P.0197e6a4\"}},\"properties\":{{\"value\":12.99,\"currency\":\"USD\"}}}}'
         from (select n, $3 + n * $4 / 1000000 as time from {numbers}) made"
    )
}

const COUNTS: &str = "insert into attempt_counts (game_id, network, slot, id, status, test, attempts, merged)
     select game_id, network, time - time % 300000, UUID, status, test, count(*), true from attempts group by 1, 2, 3, 5, 6";

pub async fn attempts(db: &Db, game: Uuid, goal: Uuid, count: i64) {
    let begin: Millis = now() - 30 * DAY;
    let step = 30 * DAY * 1_000_000 / count;
    let random = "lower(hex(randomblob(16)))";
    let text = match db {
        Db::Sqlite { .. } => insert(
            "(with recursive numbers (n) as (select $1 union all select n + 1 from numbers where n + 1 < $2) select n from numbers)",
            &format!("unhex(printf('%012x', time) || '7' || substr({random}, 1, 3) || '8' || substr({random}, 1, 15))"),
            "randomblob(16)",
        ),
        Db::Postgres(..) => insert(
            "generate_series($1::bigint, $2::bigint - 1) as n",
            "(lpad(to_hex(time), 12, '0') || '7' || substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text), 4, 15))::uuid",
            "gen_random_uuid()",
        ),
    };
    if let Db::Postgres(pool, ..) = db {
        for day in begin.div_euclid(DAY)..=now().div_euclid(DAY) {
            sqlx::query("select make_day('attempts', $1::int) where to_regclass('attempts_' || to_char(date '1970-01-01' + $1::int, 'YYYYMMDD')) is null")
                .bind(i32::try_from(day).expect("days since 1970 are few"))
                .execute(pool)
                .await
                .expect("the day is made");
        }
    }
    let mut from = 0;
    while from < count {
        let to = (from + AT_ONCE).min(count);
        let text = AssertSqlSafe(text.clone()).into_sql_str();
        match db {
            Db::Sqlite { write, .. } => {
                sqlx::query(text).bind(from).bind(to).bind(begin).bind(step).bind(game).bind(goal).execute(write).await.map(drop)
            }
            Db::Postgres(pool, ..) => {
                sqlx::query(text).bind(from).bind(to).bind(begin).bind(step).bind(game).bind(goal).execute(pool).await.map(drop)
            }
        }
        .expect("attempts are written");
        from = to;
    }
    match db {
        Db::Sqlite { write, .. } => {
            sqlx::query(AssertSqlSafe(COUNTS.replace("UUID", "randomblob(16)"))).execute(write).await.map(drop).expect("they are counted");
        }
        Db::Postgres(pool, ..) => {
            sqlx::query(AssertSqlSafe(COUNTS.replace("UUID", "gen_random_uuid()"))).execute(pool).await.expect("they are counted");
            sqlx::query("vacuum analyze").execute(pool).await.expect("the server looks");
        }
    }
}
