//! What a claim costs with a million postbacks queued, against a queue that is nearly empty. The two take turns on two databases.
//!
//! `cargo bench --bench depth [-- sqlite|postgres] [-- quick]`

#[path = "../place.rs"]
mod place;
#[path = "../table.rs"]
mod table;

use place::Place;
use postbacks::model::{DAY, Millis, SECOND};
use postbacks::server::db::queue::{self, Share};
use postbacks::server::db::{Db, Tx, checkpoints};
use postbacks::server::now;
use std::time::Instant;
use table::{Runs, at, number};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const DEEP: i64 = 1_000_000;
/// Rows that a claim takes, and that are queued anew after it.
const CLAIMED: usize = 256;
/// Claims of a run.
const CLAIMS: usize = 200;

struct Queue {
    db: Db,
    place: Place,
    connection: Uuid,
}

#[tokio::main]
async fn main() {
    let words = table::words();
    let engines = place::engines();
    let one = engines.iter().map(|(engine, _)| *engine).find(|engine| words.iter().any(|word| word == engine));
    for (engine, server) in engines {
        if one.is_some_and(|one| one != engine) {
            continue;
        }
        let deep = if table::quick() { DEEP / 10 } else { DEEP };
        let queues = [Queue::of(&server, 2 * CLAIMED as i64).await, Queue::of(&server, deep).await];
        let mut p99 = [Runs::default(), Runs::default()];
        for _ in 0..table::runs() {
            for (queue, p99) in queues.iter().zip(&mut p99) {
                p99.0.push(queue.p99().await);
            }
        }
        let ratio = p99[1].median() / p99[0].median();
        table::head(&[&format!("{engine}, a claim of {CLAIMED}: p99, ms"), "minimum / median / maximum"]);
        table::line(&["an empty queue", &p99[0].spread()]);
        table::line(&[&format!("{} queued ({ratio:.2} x)", number(deep as f64)), &p99[1].spread()]);
        for Queue { db, place, .. } in queues {
            place.remove(db).await;
        }
    }
}

impl Queue {
    async fn of(server: &str, rows: i64) -> Self {
        let (place, _, db) = Place::make(server).await;
        let queue = Self { db, place, connection: Uuid::now_v7() };
        let mut tx = queue.db.begin().await.expect("a transaction");
        queue.add(&mut tx, rows, now() - DAY).await;
        tx.commit().await.expect("the commit holds");
        // As beside the web server; it ends with the bench.
        tokio::spawn(checkpoints::run(queue.db.clone(), CancellationToken::new()));
        if let Db::Postgres(pool, ..) = &queue.db {
            sqlx::query("vacuum analyze queue").execute(pool).await.expect("the server looks");
        }
        queue
    }

    /// Rows as ingest would queue them: due one after the other from then on, with ids in that order.
    async fn add(&self, tx: &mut Tx, rows: i64, from: Millis) {
        let values = "$1, $2 + n, $2 + $3 + n, 0, 0, 0";
        let into = "insert into queue (id, connection_id, due_at, expires_at, attempt, claims, refusals)";
        let done = match tx {
            Tx::Sqlite(tx, _) => {
                let text = format!(
                    "with recursive numbers (n) as (select 0 union all select n + 1 from numbers where n + 1 < $4) {into} select unhex(printf('%012x', $2 + n) || '7' || lower(hex(randomblob(9))) || '8'), {values} from numbers"
                );
                let query = sqlx::query(sqlx::AssertSqlSafe(text)).bind(self.connection).bind(from).bind(27 * DAY).bind(rows);
                query.execute(&mut **tx).await.map(|_| ())
            }
            Tx::Postgres(tx, ..) => {
                let text = format!(
                    "{into} select (lpad(to_hex($2::bigint + n), 12, '0') || '7' || substr(md5(random()::text), 1, 19))::uuid, {values} from generate_series(0, $4::bigint - 1) as n"
                );
                let query = sqlx::query(sqlx::AssertSqlSafe(text)).bind(self.connection).bind(from).bind(27 * DAY).bind(rows);
                query.execute(&mut **tx).await.map(|_| ())
            }
        };
        done.expect("rows are queued");
    }

    /// Claims, ends what was claimed and queues as much anew; only the claim with its commit is timed.
    async fn p99(&self) -> f64 {
        let mut took = Vec::with_capacity(CLAIMS);
        for _ in 0..CLAIMS {
            let started = Instant::now();
            let mut tx = self.db.begin().await.expect("a transaction");
            let held = queue::claim(&mut tx, self.connection, Share::Due, CLAIMED, now()).await.expect("they are claimed");
            tx.commit().await.expect("the commit holds");
            took.push(started.elapsed().as_secs_f64() * 1_000.0);
            assert_eq!(held.len(), CLAIMED);
            let pairs: Vec<(Uuid, Uuid)> = held.iter().map(|row| (row.id, row.lease_id)).collect();
            let mut tx = self.db.begin().await.expect("a transaction");
            queue::take_out(&mut tx, &pairs).await.expect("they leave");
            self.add(&mut tx, CLAIMED as i64, now() - SECOND).await;
            tx.commit().await.expect("the commit holds");
        }
        took.sort_by(f64::total_cmp);
        at(&took, 0.99)
    }
}
