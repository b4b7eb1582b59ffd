//! The real program under load, killed with SIGKILL at random moments. On one side the messages that it acknowledged, on the other
//! what the simulated networks received: nothing is lost, nothing is stuck, and nothing goes out under a second id. A run prints its
//! seed; with it in `POSTBACKS_TEST_SEED` the same moments are drawn again.
#![allow(clippy::unwrap_used)]

mod client;
mod clocks;
mod faults;
mod house;
mod many;
mod networks;
#[path = "../../benches/place.rs"]
#[allow(dead_code)] // the benches also ask it which engines there are
mod place;
mod players;
mod serving;
mod slow;
mod way;

use house::House;
use networks::Networks;
use players::Players;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::time::{Duration, Instant};

const SEED_VARIABLE: &str = "POSTBACKS_TEST_SEED";
/// How many kills, if not as many as a test takes.
const CYCLES_VARIABLE: &str = "POSTBACKS_TEST_CYCLES";
const KILLS: usize = 30;
/// With as many deaths in hand a postback is set aside, as what may be killing the process.
const POISON: usize = 5;
/// Nothing that is waited for takes longer on a slow machine.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_loses_and_doubles_nothing_on_sqlite() {
    check(env!("CARGO_TARGET_TMPDIR")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_loses_and_doubles_nothing_on_postgresql() {
    check(&std::env::var("TEST_DATABASE_URL").expect("TEST_DATABASE_URL is not set: run `make test`")).await;
}

async fn check(server: &str) {
    let seed = std::env::var(SEED_VARIABLE).map_or_else(|_| rand::random(), |seed| seed.parse().expect("a seed is a number"));
    println!("{SEED_VARIABLE}={seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    let networks = Networks::start().await;
    let house = House::found(server, &networks).await;
    let players = Players::start(house.key, rng.random());
    // How often each id was claimed when a process died.
    let mut claimed: HashMap<String, usize> = HashMap::new();
    let mut lost_answers = 0;

    let cycles = std::env::var(CYCLES_VARIABLE).map_or(KILLS, |cycles| cycles.parse().expect("cycles are a number"));
    let begun = Instant::now();
    for cycle in 1..=cycles {
        let mut serving = house.serve().await;
        let moment = Moment::any(&mut rng);
        players.meet(&serving.origin);
        within(&format!("{moment:?}"), moment.comes(&players, &networks)).await;
        breathe(&mut rng).await;
        serving.kill();
        lost_answers += usize::from(matches!(moment, Moment::AnAnswerIsLost(_)));
        let held = house.claimed_by_the_dead().await;
        if cycles > KILLS {
            println!("{cycle:>4} {moment:?}: {} calls so far, {} postbacks in hand", networks.calls(), held.len());
        }
        for id in held {
            *claimed.entry(id).or_default() += 1;
        }
    }

    let serving = house.serve().await;
    players.meet(&serving.origin);
    let acknowledged = within("all players are heard", players.finish()).await;
    let expected: HashSet<String> = acknowledged.iter().map(|purchase| house.dedup_id(*purchase)).collect();
    within("the queue is empty", house.nothing_is_queued()).await;
    within("it stops in order", serving.stop()).await;

    let set_aside: HashSet<String> = house.check_the_books(expected.len()).await.into_iter().collect();
    house.leave().await;
    let died_with = |id: &String| claimed.get(id).copied().unwrap_or_default();
    let received = networks.received();
    let repeats = received.values().map(|one| one.times - 1).sum::<usize>();
    println!(
        "{cycles} kills in {:.0} s: {} conversions, {} calls, {repeats} sent again, {lost_answers} answers lost, {} claimed at a kill, {} set aside",
        begun.elapsed().as_secs_f64(),
        expected.len(),
        networks.calls(),
        claimed.len(),
        set_aside.len()
    );
    for id in &set_aside {
        assert!(died_with(id) >= POISON, "{id} was set aside after {} deaths", died_with(id));
    }
    let lost: Vec<&String> = expected.iter().filter(|id| !received.contains_key(*id) && !set_aside.contains(*id)).collect();
    assert!(lost.is_empty(), "acknowledged and never arrived: {lost:?}");
    let strange: Vec<&String> = received.keys().filter(|id| !expected.contains(*id)).collect();
    assert!(strange.is_empty(), "sent under a second id: {strange:?}");
    for (id, one) in &received {
        assert_eq!(one.counted, 1, "{id} counts once");
        assert!(one.times <= 1 + died_with(id), "{id} was sent {} times after {} deaths", one.times, died_with(id));
    }
    assert!(repeats >= lost_answers, "what was taken without an answer is sent again");
}

/// What the kill waits for.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// So many requests of players were answered since the start.
    Answered(usize),
    /// So many calls have come to the networks since the start.
    Called(u64),
    /// The same, and then a network takes one more whose answer will never come.
    AnAnswerIsLost(u64),
}

impl Moment {
    fn any(rng: &mut StdRng) -> Self {
        match rng.random_range(0..3) {
            0 => Self::Answered(rng.random_range(0..40)),
            1 => Self::Called(rng.random_range(0..30)),
            _ => Self::AnAnswerIsLost(rng.random_range(0..30)),
        }
    }

    async fn comes(self, players: &Players, networks: &Networks) {
        match self {
            Self::Answered(requests) => players.answered(requests).await,
            Self::Called(calls) => networks.called(calls).await,
            Self::AnAnswerIsLost(calls) => {
                networks.called(calls).await;
                networks.lose_an_answer().await;
            }
        }
    }
}

/// A few microseconds more or less, so that kills hit every line.
async fn breathe(rng: &mut StdRng) {
    for _ in 0..rng.random_range(0..400) {
        tokio::task::yield_now().await;
    }
}

async fn within<T>(what: &str, done: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, done).await.unwrap_or_else(|_| panic!("{what}: not within {} s", PATIENCE.as_secs()))
}
