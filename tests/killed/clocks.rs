//! The clock of the machine jumps a day ahead and back while players play: nothing is lost or doubled, and nothing waits for the day.

use crate::house::House;
use crate::networks::Networks;
use crate::players::Players;
use crate::serving::Serving;
use crate::within;
use std::collections::HashSet;

const DAY: i64 = 24 * 60 * 60 * 1_000;
/// Requests between two jumps.
const BETWEEN: usize = 15;

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_a_day_ahead_and_back_holds_nothing_up_on_sqlite() {
    check(env!("CARGO_TARGET_TMPDIR")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_a_day_ahead_and_back_holds_nothing_up_on_postgresql() {
    check(&std::env::var("TEST_DATABASE_URL").expect("TEST_DATABASE_URL is not set: run `make test`")).await;
}

async fn check(server: &str) {
    let networks = Networks::start().await;
    let house = House::found(server, &networks).await;
    let clock = tempfile::NamedTempFile::new().unwrap();
    let jump = |ahead: i64| std::fs::write(clock.path(), ahead.to_string()).unwrap();
    jump(0);
    let mut settings = house.settings();
    settings.insert("POSTBACKS_WRONG_CLOCK_FILE", clock.path().display().to_string());
    let serving = within("it starts", Serving::start(&settings)).await;
    let players = Players::start(house.key, 1);
    players.meet(&serving.origin);
    for ahead in [DAY, 0, DAY, 0] {
        within("players are heard", players.answered(BETWEEN)).await;
        within("calls are made", networks.called(5)).await;
        jump(ahead);
    }
    within("players are heard", players.answered(BETWEEN)).await;
    let acknowledged = within("all players are heard", players.finish()).await;
    let expected: HashSet<String> = acknowledged.iter().map(|purchase| house.dedup_id(*purchase)).collect();
    within("the queue is empty", house.nothing_is_queued()).await;
    within("it stops in order", serving.stop()).await;
    let set_aside = house.check_the_books(expected.len()).await;
    house.leave().await;
    let received = networks.received();
    assert_eq!(set_aside, Vec::<String>::new());
    assert_eq!(received.keys().cloned().collect::<HashSet<_>>(), expected);
    for (id, one) in received {
        assert_eq!((one.times, one.counted), (1, 1), "{id}");
    }
}
