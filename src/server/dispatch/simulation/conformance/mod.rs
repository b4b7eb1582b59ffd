//! The model of the tables (`store`) held against the tables: the same sequence of statements on both, and after each what is visible must be
//! equal. Else the simulation proves something about tables that nobody has.

mod pair;
mod people;
mod rows;
mod steps;

use crate::model::{DAY, Millis};
use crate::server::db::days;
use crate::tests::dispatch::world::NOW;
use crate::tests::engines::{both_engines, has_day};
use pair::Pair;
use std::collections::BTreeSet;

/// In the ordinary tests; `POSTBACKS_SEQUENCES` plays more, `POSTBACKS_SEQUENCE` one alone.
const SEQUENCES: u64 = 100;
const STEPS: usize = 40;
/// Days that a sequence may last.
const DAYS: Millis = 40;

/// What happens in so many sequences, or they say little.
const HAPPENS: [&str; 15] = [
    "cancelled",
    "claimed",
    "hurried",
    "last words",
    "late results",
    "leases ran out",
    "not renewed",
    "parked",
    "put back",
    "receipts",
    "renewed",
    "repeated",
    "results",
    "suspects claimed",
    "suspects let be",
];

fn asked_for(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

both_engines! {
    async fn the_model_does_what_the_tables_do(db: TestDb) {
        let one = asked_for("POSTBACKS_SEQUENCE");
        let all = asked_for("POSTBACKS_SEQUENCES").unwrap_or(SEQUENCES);
        let mut seen = BTreeSet::new();
        // As `days::ahead` does before the clock gets there.
        for day in 0..=DAYS {
            for table in [days::ATTEMPTS, days::CALLS] {
                has_day(&db, table, NOW + day * DAY).await;
            }
        }
        for seed in one.map_or(0..all, |seed| seed..seed + 1) {
            let mut pair = Pair::of(&db, seed).await;
            for _ in 0..STEPS {
                pair.step().await;
                pair.compare().await;
            }
            let delivered = pair.store.postbacks.values().any(|one| one.delivered.is_some() && one.delivered == Some(one.state));
            pair.saw("what was delivered stays so", delivered);
            seen.extend(std::mem::take(&mut pair.seen));
        }
        if one.is_none() && all >= SEQUENCES {
            println!("{seen:?}");
            assert!(HAPPENS.iter().all(|happens| seen.contains(happens)), "{seen:?}");
        }
    }
}
