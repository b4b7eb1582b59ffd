//! Does ingest keep its speed while what is stored grows? A town of a million players, measured at a few messages and at many.

use crate::client::{Load, Run};
use crate::rig::Rig;
use crate::{RUN_TIME, RUNS, town};
use std::time::Duration;

/// Messages stored when it is measured; the last one can be chosen: `cargo bench --bench ingest -- growth 1000000`.
const FEW: u64 = 100_000;
pub const MANY: u64 = 10_000_000;
/// What the rate at many is to be of the rate at few, in percent.
const WANTED: f64 = 90.0;
const FILL_TIME: Duration = Duration::from_secs(2);

/// Fills the database to each size and measures there.
pub async fn measure(engine: &str, url: &str, many: u64) {
    let rig = Rig::start(url).await;
    let mut rates = Vec::new();
    for size in [FEW, many] {
        fill(&rig, size).await;
        let mut runs = Vec::with_capacity(RUNS);
        for _ in 0..RUNS {
            runs.push(load(RUN_TIME).run(&rig).await);
        }
        runs.sort_by(|a, b| a.rate.total_cmp(&b.rate));
        let Run { rate, p50_ms, p99_ms } = &runs[RUNS / 2];
        println!(
            "{engine}: a million players, {size} messages stored: {:.0} / {rate:.0} / {:.0} messages/s (min / median / max of {RUNS} runs of {} s); median run p50 {p50_ms:.1} ms, p99 {p99_ms:.1} ms",
            runs[0].rate,
            runs[RUNS - 1].rate,
            RUN_TIME.as_secs(),
        );
        rates.push(*rate);
    }
    let kept = rates[1] / rates[0] * 100.0;
    println!("{engine}: at {many} messages {kept:.0} % of the rate at {FEW}; {WANTED:.0} % is wanted; {}", rig.stored().await);
    rig.stop().await;
}

fn load(time: Duration) -> Load {
    Load { connections: 16, messages: 100, time, body: town::body }
}

async fn fill(rig: &Rig, size: u64) {
    while rig.messages().await < size {
        load(FILL_TIME).run(rig).await;
    }
}
