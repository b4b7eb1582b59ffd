//! How many messages a second the audience API stores durably, and how much memory that takes: the real program, load beside it on the
//! same machine, over real connections.
//! `cargo bench --bench ingest` measures SQLite in a file, and PostgreSQL too where TEST_DATABASE_URL names a server.
//! Prints the minimum, median and maximum of five runs. `cargo bench --bench ingest -- growth` measures whether the rate holds while ten
//! million messages pile up, which takes half an hour on each engine.

mod client;
mod growth;
mod mix;
#[path = "../place.rs"]
mod place;
mod rig;
mod town;

use client::Load;
use rig::Rig;
use std::time::Duration;

/// The word that asks for the long measurement.
const GROWTH: &str = "growth";
/// The word that asks for fewer and shorter runs.
const QUICK: &str = "quick";
const RUNS: usize = 5;
const RUN_TIME: Duration = Duration::from_secs(5);

/// What is measured: connections, messages a request.
const LOADS: &[(&str, usize, usize)] = &[("100-message batches, 16 connections", 16, 100), ("single messages, 256 connections", 256, 1)];

#[tokio::main]
async fn main() {
    // cargo passes its own flags; of the plain words one picks an engine.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let only = words.iter().find(|word| *word != GROWTH && *word != QUICK && word.parse::<u64>().is_err());
    let (count, time) = if words.iter().any(|word| word == QUICK) { (3, RUN_TIME / 2) } else { (RUNS, RUN_TIME) };
    for (engine, url) in place::engines() {
        if only.is_some_and(|only| only != engine) {
            continue;
        }
        if words.iter().any(|word| word == GROWTH) {
            let many = words.iter().find_map(|word| word.parse().ok()).unwrap_or(growth::MANY);
            growth::measure(engine, &url, many).await;
            continue;
        }
        for (name, connections, messages) in LOADS {
            let rig = Rig::start(&url).await;
            let idle = rig.memory("VmRSS");
            let before = rig.spent().await;
            let mut runs = Vec::with_capacity(count);
            for _ in 0..count {
                runs.push(Load { connections: *connections, messages: *messages, time, body: mix::body }.run(&rig).await);
            }
            runs.sort_by(|a, b| a.rate.total_cmp(&b.rate));
            let median = &runs[count / 2];
            println!(
                "{engine}: {name}: {:.0} / {:.0} / {:.0} messages/s (min / median / max of {count} runs of {} s); median run p50 {:.1} ms, p99 {:.1} ms; memory {idle:.0} MB at rest, {:.0} MB at most; a message costs {}; {}",
                runs[0].rate,
                median.rate,
                runs[count - 1].rate,
                time.as_secs_f64(),
                median.p50_ms,
                median.p99_ms,
                rig.memory("VmHWM"),
                rig.spent().await.since(&before, rig.messages().await as f64),
                rig.stored().await,
            );
            rig.stop().await;
        }
    }
}
