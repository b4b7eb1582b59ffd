//! The whole program under a steady load: events come in, are attributed, and conversions go out to the simulated networks, all on this
//! machine. The parts, each also by its word: `pipeline` (as much as is wanted, for ten minutes), `latency` (how soon a conversion goes
//! out), `hang` (one network that hangs, and the others), `idle`. SQLite, and PostgreSQL where TEST_DATABASE_URL names a server.
//!
//! `cargo bench --bench whole [-- pipeline|latency|hang|idle] [-- sqlite|postgres] [-- quick]`; SECONDS sets the length of the pipeline.

mod arrivals;
#[path = "../house.rs"]
mod house;
#[path = "../place.rs"]
mod place;
mod stream;
#[path = "../table.rs"]
mod table;

use arrivals::Arrivals;
use house::House;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use stream::{ADS, Acknowledged, Pace, flow};
use table::{Runs, at, number};
use uuid::Uuid;

const PARTS: [&str; 4] = ["idle", "latency", "hang", "pipeline"];
/// Conversions a second of the sustained load: a third of 6,000 events.
const PIPELINE: u32 = 2_000;
/// Conversions a second of the others.
const GENTLE: u32 = 500;
/// After the load ends everything is delivered within this, or it is called lost.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often the sustained load's queue and memory are looked at.
const WATCHED: Duration = Duration::from_millis(500);

#[tokio::main]
async fn main() {
    let words = table::words();
    let asked = |part: &str| !words.iter().any(|word| PARTS.contains(&word.as_str())) || words.iter().any(|word| word == part);
    let engines = place::engines();
    let one = engines.iter().map(|(engine, _)| *engine).find(|engine| words.iter().any(|word| word == engine));
    for (engine, server) in engines {
        if one.is_some_and(|one| one != engine) {
            continue;
        }
        if asked("idle") {
            idle(engine, &server).await;
        }
        if asked("latency") {
            latency(engine, &server).await;
        }
        if asked("hang") {
            hang(engine, &server).await;
        }
        if asked("pipeline") {
            pipeline(engine, &server).await;
        }
    }
}

async fn house(server: &str) -> House {
    House::start(server, |_, _, _| async {}).await
}

fn seconds(long: u64, quick: u64) -> Duration {
    Duration::from_secs(if table::quick() { quick } else { long })
}

async fn idle(engine: &str, server: &str) {
    let house = house(server).await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let mut shares = Runs::default();
    for _ in 0..table::runs() {
        let (cpu, clock) = (house.cpu(), Instant::now());
        tokio::time::sleep(seconds(10, 4)).await;
        shares.0.push((house.cpu() - cpu) / clock.elapsed().as_secs_f64() * 100.0);
    }
    table::head(&[&format!("{engine}, at rest"), "minimum / median / maximum"]);
    table::line(&["processor time of one core, %", &shares.spread()]);
    table::line(&["memory, MB", &number(house.memory("VmRSS"))]);
    house.stop().await;
}

/// Lags of what was acknowledged, in milliseconds and sorted, from the answer to the arrival; how many never came.
fn lags(told: &Acknowledged, came: &std::collections::HashMap<Uuid, i64>, of: impl Fn(&str) -> bool) -> (Vec<f64>, usize) {
    let (mut lags, mut lost) = (Vec::new(), 0);
    for (id, told) in told.conversions.iter().filter(|(_, told)| of(told.network)) {
        match came.get(id) {
            Some(at) => lags.push((at - told.answered).max(0) as f64),
            None => lost += 1,
        }
    }
    lags.sort_by(f64::total_cmp);
    (lags, lost)
}

async fn all_came(arrivals: &Arrivals, told: &Acknowledged) {
    let patience = Instant::now();
    while (arrivals.count.load(Ordering::Relaxed) as usize) < told.conversions.len() && patience.elapsed() < PATIENCE {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn latency(engine: &str, server: &str) {
    let house = house(server).await;
    let (mut p50, mut p99, mut request) = (Runs::default(), Runs::default(), Runs::default());
    flow(&house, Pace::of(GENTLE, 1), seconds(5, 2), &ADS).await;
    for _ in 0..table::runs() {
        let arrivals = Arrivals::watch(&house.networks);
        let mut told = flow(&house, Pace::of(GENTLE, 1), seconds(20, 5), &ADS).await;
        all_came(&arrivals, &told).await;
        let (lags, lost) = lags(&told, &arrivals.end().await, |_| true);
        assert_eq!(lost, 0, "nothing that was acknowledged is lost");
        p50.0.push(at(&lags, 0.5));
        p99.0.push(at(&lags, 0.99));
        told.took.sort_by(f64::total_cmp);
        request.0.push(at(&told.took, 0.99));
    }
    table::head(&[&format!("{engine}, {GENTLE} conversions a second, from the answer to the call, ms"), "minimum / median / maximum"]);
    table::line(&["p50", &p50.spread()]);
    table::line(&["p99", &p99.spread()]);
    table::line(&["p99 of the requests themselves", &request.spread()]);
    house.stop().await;
}

async fn hang(engine: &str, server: &str) {
    let house = house(server).await;
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let faults = format!("{}/simulator/faults", house.networks_at);
    let (mut normal, mut hanging) = (Runs::default(), Runs::default());
    flow(&house, Pace::of(GENTLE, 1), seconds(5, 2), &ADS).await;
    for _ in 0..table::runs() {
        for (hangs, into) in [(false, &mut normal), (true, &mut hanging)] {
            if hangs {
                let fault = json!({"network": "tiktok", "hang_ms": 10_000});
                assert!(client.post(&faults).json(&fault).send().await.expect("the simulator answers").status().is_success());
            }
            let arrivals = Arrivals::watch(&house.networks);
            let told = flow(&house, Pace::of(GENTLE, 1), seconds(20, 5), &ADS).await;
            tokio::time::sleep(Duration::from_secs(1)).await;
            let (lags, lost) = lags(&told, &arrivals.end().await, |network| network != "tiktok");
            assert_eq!(lost, 0, "nothing for the networks that answer waits");
            into.0.push(at(&lags, 0.99));
            client.delete(&faults).send().await.expect("the simulator answers");
            if hangs {
                recovered(&house).await;
            }
        }
    }
    let ratio = hanging.median() / normal.median().max(1.0);
    table::head(&[&format!("{engine}, TikTok hangs 10 s a call: p99 lag of the others, ms"), "minimum / median / maximum"]);
    table::line(&["nobody hangs", &normal.spread()]);
    table::line(&[&format!("TikTok hangs ({ratio:.2} x)"), &hanging.spread()]);
    house.stop().await;
}

/// What waited for the network that hung is gone.
async fn recovered(house: &House) {
    let patience = Instant::now();
    while queued(house).await > 0 && patience.elapsed() < PATIENCE {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn queued(house: &House) -> i64 {
    let text = "select count(*) from queue";
    let (count,): (i64,) = match &house.db {
        postbacks::server::db::Db::Sqlite { read, .. } => sqlx::query_as(text).fetch_one(read).await,
        postbacks::server::db::Db::Postgres(pool, ..) => sqlx::query_as(text).fetch_one(pool).await,
    }
    .expect("the database counts");
    count
}

async fn pipeline(engine: &str, server: &str) {
    let time = std::env::var("SECONDS").ok().and_then(|text| text.parse().ok()).map_or_else(|| seconds(600, 20), Duration::from_secs);
    let house = Arc::new(house(server).await);
    let (arrivals, cpu) = (Arrivals::watch(&house.networks), house.cpu());
    let load = {
        let house = Arc::clone(&house);
        tokio::spawn(async move { flow(&house, Pace::of(PIPELINE, 7), time, &ADS).await })
    };
    let (mut waiting, mut memory) = (Runs::default(), Runs::default());
    while !load.is_finished() {
        tokio::time::sleep(WATCHED).await;
        waiting.0.push(queued(&house).await as f64);
        memory.0.push(house.memory("VmRSS"));
    }
    let mut told = load.await.expect("the load ends");
    // The watcher sees the end a moment late; nothing but what was queued is worked off in that time.
    let (took, cpu) = (told.lasted.as_secs_f64(), house.cpu() - cpu);
    let left = queued(&house).await;
    all_came(&arrivals, &told).await;
    let (lags, lost) = lags(&told, &arrivals.end().await, |_| true);
    told.took.sort_by(f64::total_cmp);
    table::head(&[&format!("{engine}, {} events a second for {} s", PIPELINE * 3, time.as_secs()), ""]);
    table::line(&["events stored a second", &number(told.messages as f64 / took)]);
    table::line(&["events refused", &told.refused.to_string()]);
    table::line(&["conversions told to networks a second", &number(lags.len() as f64 / took)]);
    table::line(&["conversions that never came", &lost.to_string()]);
    table::line(&["waiting in the queue: minimum / median / maximum, at the end", &format!("{}, {left}", waiting.spread())]);
    table::line(&["from the answer to the call, ms: p50, p99", &format!("{}, {}", number(at(&lags, 0.5)), number(at(&lags, 0.99)))]);
    table::line(&["requests, ms: p50, p99", &format!("{}, {}", number(at(&told.took, 0.5)), number(at(&told.took, 0.99)))]);
    table::line(&["memory, MB: median, most", &format!("{}, {}", number(memory.median()), number(house.memory("VmHWM")))]);
    table::line(&["processor time of the program a second, s", &format!("{:.2}", cpu / took)]);
    Arc::into_inner(house).expect("the load let go of it").stop().await;
}
