//! The same messages in any order, from one writer or several, end with the same players, the same credited clicks and the same
//! conversions, as `decide`'s own properties say without a database. Dispatch is held back until all have arrived.

use super::town::{Town, ingest};
use crate::server::db::Db;
use crate::server::decide::tests::properties::messages;
use crate::server::decide::tests::say::Say;
use crate::server::ingest::Ingest;
use crate::tests::engines::{TestDb, both_engines};
use futures::future::join_all;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// Stories that are told in two orders on each engine.
const STORIES: usize = 12;
/// Writers that take up messages of one game at once.
const WRITERS: usize = 4;

/// A story and the same one shuffled; the same ones in each run, so that a failure comes again.
fn told_twice(seed: u8) -> (Vec<Say>, Vec<Say>) {
    let strategy = prop::collection::vec(messages(), 3..5)
        .prop_map(|lists| lists.into_iter().flatten().collect::<Vec<Say>>())
        .prop_flat_map(|list| (Just(list.clone()), Just(list).prop_shuffle()));
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]));
    strategy.new_tree(&mut runner).expect("a story").current()
}

/// Everything that waits at once, spread over the writers.
async fn all_at_once(town: &Town, writers: &[Ingest], told: Vec<Say>) {
    let taken = told.into_iter().enumerate().map(|(at, said)| {
        let message = town.message(said);
        async move { writers[at % writers.len()].take(town.game, vec![message]).await.unwrap() }
    });
    join_all(taken).await;
}

async fn assert_alike(db: &Db, one: &Town, other: &Town, story: usize) {
    assert_eq!(one.people(db).await, other.people(db).await, "story {story}");
    let (left, right) = (one.outcomes(db).await, other.outcomes(db).await);
    assert!(!left.is_empty());
    assert_eq!(left, right, "story {story}");
}

/// Another way to the same database: on PostgreSQL a pool of its own, as another process has; SQLite has one writer.
async fn another(db: &TestDb) -> Db {
    match &db.db {
        Db::Sqlite { .. } => db.db.clone(),
        Db::Postgres(..) => Db::open(&db.url).await.unwrap(),
    }
}

both_engines! {
    async fn any_order_of_the_same_messages_ends_the_same(db: TestDb) {
        let ingest = ingest(&db);
        for story in 0..STORIES {
            let (told, shuffled) = told_twice(story as u8);
            let (one, other) = (Town::new(&db).await, Town::new(&db).await);
            one.hears(&ingest, told).await;
            other.hears(&ingest, shuffled).await;
            assert_alike(&db, &one, &other, story).await;
        }
    }

    async fn several_writers_at_once_end_as_one_does(db: TestDb) {
        let alone = ingest(&db);
        let mut writers = Vec::new();
        for _ in 0..WRITERS {
            writers.push(ingest(&another(&db).await));
        }
        for story in 0..STORIES {
            let (told, shuffled) = told_twice(100 + story as u8);
            let (one, other) = (Town::new(&db).await, Town::new(&db).await);
            one.hears(&alone, told).await;
            all_at_once(&other, &writers, shuffled).await;
            assert_alike(&db, &one, &other, story).await;
        }
    }
}
