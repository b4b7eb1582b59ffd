//! How soon the first byte of the delivery log's page comes with ten million attempts in it, for every filter that the page has, through
//! the real program. The log is filled by the database itself; that takes minutes.
//!
//! `cargo bench --bench log [-- sqlite|postgres] [-- quick] [-- 1000000]`

mod fill;
#[path = "../house.rs"]
mod house;
#[path = "../place.rs"]
mod place;
#[path = "../table.rs"]
mod table;
mod visitor;

use house::House;
use table::{Runs, at, number};
use visitor::Visitor;

const ATTEMPTS: i64 = 10_000_000;
/// Times that a page is asked for in a run.
const VISITS: usize = 20;
const RANGES: [&str; 4] = ["1h", "24h", "7d", "30d"];
const STATUSES: [&str; 4] = ["", "success", "retried", "failed"];

#[tokio::main]
async fn main() {
    let words = table::words();
    let engines = place::engines();
    let one = engines.iter().map(|(engine, _)| *engine).find(|engine| words.iter().any(|word| word == engine));
    let given = words.iter().find_map(|word| word.parse().ok());
    let attempts = given.unwrap_or(if table::quick() { ATTEMPTS / 50 } else { ATTEMPTS });
    for (engine, server) in engines {
        if one.is_some_and(|one| one != engine) {
            continue;
        }
        let began = std::time::Instant::now();
        let house = House::start(&server, |db, game, goal| async move { fill::attempts(&db, game, goal, attempts).await }).await;
        eprintln!("{engine}: filled in {:.0} s", began.elapsed().as_secs_f64());
        let visitor = Visitor::enter(&house).await;
        table::head(&[&format!("{engine}, {} attempts: first byte p95, ms", number(attempts as f64)), "minimum / median / maximum"]);
        let overview = format!("/games/{}/settings/integrations", house::SLUG);
        measure(&visitor, "the list of integrations", &overview).await;
        for range in RANGES {
            for status in STATUSES {
                let path = format!("/games/{}/settings/integrations/tiktok?range={range}&status={status}", house::SLUG);
                let shown = if status.is_empty() { "all" } else { status };
                measure(&visitor, &format!("{range}, {shown}"), &path).await;
                if let Some(older) = visitor.older(&path).await {
                    measure(&visitor, &format!("{range}, {shown}, older"), &older).await;
                }
            }
        }
        house.stop().await;
    }
}

async fn measure(visitor: &Visitor, what: &str, path: &str) {
    let mut p95 = Runs::default();
    // The first visit after the start reads from the disk.
    visitor.first_byte(path).await;
    for _ in 0..table::runs() {
        let mut took = Vec::with_capacity(VISITS);
        for _ in 0..VISITS {
            took.push(visitor.first_byte(path).await);
        }
        took.sort_by(f64::total_cmp);
        p95.0.push(at(&took, 0.95));
    }
    table::line(&[what, &p95.spread()]);
}
