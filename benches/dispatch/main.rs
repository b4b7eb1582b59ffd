//! How many postbacks a second go from the queue to the network and into the log: dispatch, database and simulator on the same
//! machine, over real connections. `cargo bench --bench dispatch` measures SQLite in a file, and PostgreSQL too where
//! TEST_DATABASE_URL names a server. Prints the minimum, median and maximum of five runs.

#[path = "../place.rs"]
mod place;
mod rig;

use rig::Rig;

const RUNS: usize = 5;

/// What is measured: events a call, postbacks a run.
const LOADS: &[(usize, usize)] = &[(1, 20_000), (50, 100_000)];

#[tokio::main]
async fn main() {
    // cargo passes its own flags; the first plain word picks an engine.
    let only: Option<String> = std::env::args().skip(1).find(|word| !word.starts_with('-'));
    for (engine, server) in place::engines() {
        if only.as_deref().is_some_and(|only| only != engine) {
            continue;
        }
        for (batch, count) in LOADS {
            let rig = Rig::start(&server).await;
            let mut rates = Vec::with_capacity(RUNS);
            for _ in 0..RUNS {
                rates.push(rig.run(*batch, *count).await);
            }
            rates.sort_by(f64::total_cmp);
            println!(
                "{engine}: {batch} to a call: {:.0} / {:.0} / {:.0} postbacks/s (min / median / max of {RUNS} runs of {count}); {}",
                rates[0],
                rates[RUNS / 2],
                rates[RUNS - 1],
                rig.counted().await,
            );
            rig.stop().await;
        }
    }
}
