//! Does delivery keep its speed while the log grows? One database for each size, filled by delivering, and measured in turns.

use crate::rig::Rig;
use crate::{simulate, table};
use table::{Runs, number};

/// Postbacks delivered before, with their rows of the log: once, ten times and a hundred times as many as a run delivers.
const SIZES: [usize; 3] = [RUN, 10 * RUN, 100 * RUN];
/// Postbacks of a run, each in a call of its own.
const RUN: usize = 20_000;
/// While filling: events a call, and postbacks at a time.
const FILLING: (usize, usize) = (50, 100_000);

pub async fn measure(engine: &str, server: &str) {
    let shorter = if table::quick() { 10 } else { 1 };
    let (sizes, count) = (SIZES.map(|size| size / shorter), RUN / shorter);
    let mut logs = Vec::with_capacity(sizes.len());
    for size in sizes {
        let rig = Rig::start(server, simulate().await).await;
        let mut left = size;
        while left > 0 {
            let part = left.min(FILLING.1);
            rig.run(FILLING.0, part).await;
            left -= part;
        }
        logs.push((size, rig, Runs::default()));
    }
    for _ in 0..table::runs() {
        for (_, rig, rates) in &mut logs {
            rates.0.push(rig.run(1, count).await);
        }
    }
    table::head(&[
        &format!("{engine}, one event a call, delivered before the first run of {}", number(count as f64)),
        "postbacks a second, minimum / median / maximum",
        "of the least",
    ]);
    let least = logs[0].2.median();
    for (size, rig, rates) in logs {
        table::line(&[&number(size as f64), &rates.spread(), &format!("{:.0} %", rates.median() / least * 100.0)]);
        rig.stop().await;
    }
}
