//! Does ingest keep its speed while what is stored grows? A town of a million players, all of whom are known, measured at a few messages and at many.

use crate::client::{Load, Run};
use crate::rig::Rig;
use crate::{RUN_TIME, town};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Messages stored where it is measured. The last one can be chosen: `cargo bench --bench ingest -- growth 1000000`.
const FEW: u64 = 100_000;
pub const MANY: u64 = 10_000_000;
/// What the rate at many is to be of the rate at few, in percent.
const WANTED: f64 = 90.0;
/// More than elsewhere: runs of one size swing by a sixth.
const TURNS: usize = 9;
const FILL_TIME: Duration = Duration::from_secs(2);

/// Unmeasured before each run: what a server reads and writes all the time is in the system's memory, but not after the others had their turns.
const WARM_UP: Duration = Duration::from_secs(3);
/// Unmeasured before the first: much of what was filled long ago has gone from memory. What was filled last, the smallest, is all in it.
const FIRST_WARM_UP: Duration = Duration::from_secs(20);

/// One database for each size. They are measured in turns, so that what else the machine does troubles all alike.
pub async fn measure(engine: &str, url: &str, many: u64) {
    let mut sizes = vec![many, many / 10, FEW];
    sizes.retain(|size| *size >= FEW);
    sizes.dedup();
    let mut towns = Vec::new();
    for size in sizes {
        let rig = Rig::start(url).await;
        arrive(&rig, size).await;
        fill(&rig, size).await;
        rig.settle().await;
        towns.push((size, rig, Vec::with_capacity(TURNS)));
    }
    for (_, rig, _) in towns.iter().rev().skip(1) {
        load(FIRST_WARM_UP).run(rig).await;
    }
    for _ in 0..TURNS {
        for (_, rig, runs) in &mut towns {
            load(WARM_UP).run(rig).await;
            runs.push(load(RUN_TIME).run(rig).await);
        }
    }
    let few: Vec<f64> = towns.last().expect("there is a smallest").2.iter().map(|run| run.rate).collect();
    for (size, rig, mut runs) in towns {
        // Within a turn the machine is much the same; from one to the next it is not.
        let mut ratios: Vec<f64> = runs.iter().zip(&few).map(|(run, few)| run.rate / few * 100.0).collect();
        let in_turn = ratios.iter().map(|ratio| format!("{ratio:.0}")).collect::<Vec<_>>().join(", ");
        ratios.sort_by(f64::total_cmp);
        let Run { rate, p50_ms, p99_ms, .. } = *median(&mut runs);
        println!(
            "{engine}: a million players, {size} messages stored: {:.0} / {rate:.0} / {:.0} messages/s (min / median / max of {TURNS} runs of {} s, in turns), turn by turn {:.0} / {:.0} / {:.0} % of the rate at {FEW} ({in_turn}), {WANTED:.0} % is wanted; median run p50 {p50_ms:.1} ms, p99 {p99_ms:.1} ms; memory {:.0} MB at most; {}",
            runs[0].rate,
            runs[TURNS - 1].rate,
            RUN_TIME.as_secs(),
            ratios[0],
            ratios[TURNS / 2],
            ratios[TURNS - 1],
            rig.memory("VmHWM"),
            rig.stored().await,
        );
        rig.stop().await;
    }
}

fn median(runs: &mut [Run]) -> &Run {
    runs.sort_by(|a, b| a.rate.total_cmp(&b.rate));
    &runs[runs.len() / 2]
}

fn load(time: Duration) -> Load {
    Load { connections: 16, messages: 100, time, body: town::body }
}

/// Every player has come once, so that a message brings the same work at every size; what they said then is stored only where it fits.
async fn arrive(rig: &Rig, size: u64) {
    town::ARRIVED.store(0, Ordering::Relaxed);
    while town::ARRIVED.load(Ordering::Relaxed) < town::PLAYERS {
        Load { body: town::arrivals, ..load(FILL_TIME) }.run(rig).await;
    }
    if size < town::PLAYERS {
        rig.forget_messages().await;
    }
}

async fn fill(rig: &Rig, size: u64) {
    // To count them all each time would be most of the work.
    let mut stored = rig.messages().await;
    while stored < size {
        stored += load(FILL_TIME).run(rig).await.messages;
    }
}
