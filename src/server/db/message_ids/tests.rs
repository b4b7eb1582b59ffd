//! Whatever happens between two claims, an id is new once.

use super::stretches::Sizes;
use super::*;
use crate::server::db::Db;
use crate::tests::engines::{TestDb, sqlite, sqlite_plan};
use proptest::prelude::*;
use std::collections::HashMap;

/// So small that a few claims fill stretches and filters.
const SIZES: Sizes = Sizes { stretch: 8, filter: 24 };
const LATER: Millis = 1;

#[derive(Debug, Clone)]
enum Step {
    /// Ids by number, committed or rolled back.
    Claim { ids: Vec<u64>, kept: bool },
    /// The process ends and another begins.
    Restart,
    /// What was claimed before the last so many steps is forgotten.
    Forget { steps: i64 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (prop::collection::vec(0_u64..120, 1..20), prop::bool::weighted(0.8)).prop_map(|(ids, kept)| Step::Claim { ids, kept }),
        1 => Just(Step::Restart),
        1 => (1_i64..10).prop_map(|steps| Step::Forget { steps }),
    ]
}

fn id(number: u64) -> (Uuid, Uuid) {
    (Uuid::from_u64_pair(0, number % 2), Uuid::from_u64_pair(0, number))
}

async fn claimed(db: &TestDb, seen: &mut Seen, ids: &[u64], now: Millis, kept: bool) -> HashSet<(Uuid, Uuid)> {
    let mut tx = db.begin().await.unwrap();
    let ids: Vec<(Uuid, Uuid)> = ids.iter().map(|number| id(*number)).collect();
    let new = claim(&mut tx, seen, &ids, now).await.unwrap();
    if kept {
        tx.commit().await.unwrap();
    }
    new
}

async fn all_forgotten(db: &TestDb, then: Millis) {
    loop {
        let mut tx = db.begin().await.unwrap();
        let count = forget(&mut tx, then, 5).await.unwrap();
        tx.commit().await.unwrap();
        if count == 0 {
            return;
        }
    }
}

async fn play(steps: Vec<Step>) {
    let db = sqlite().await;
    let mut seen = Seen::of(SIZES);
    let mut known: HashMap<(Uuid, Uuid), Millis> = HashMap::new();
    for (now, step) in (0_i64..).zip(steps) {
        match step {
            Step::Restart => seen = Seen::of(SIZES),
            Step::Forget { steps } => {
                all_forgotten(&db, now - steps).await;
                known.retain(|_, claimed| *claimed >= now - steps);
            }
            Step::Claim { ids, kept } => {
                let new = claimed(&db, &mut seen, &ids, now, kept).await;
                let expected: HashSet<(Uuid, Uuid)> = ids.iter().map(|number| id(*number)).filter(|id| !known.contains_key(id)).collect();
                assert_eq!(new, expected);
                if kept {
                    known.extend(new.into_iter().map(|id| (id, now)));
                }
            }
        }
    }
    let Db::Sqlite { read, .. } = &db.db else { unreachable!("it is SQLite") };
    let stored: Vec<(Uuid, Uuid)> = sqlx::query_as("select game_id, message_id from known_message_ids").fetch_all(read).await.unwrap();
    assert_eq!(stored.len(), known.len());
    assert!(stored.iter().all(|id| known.contains_key(id)));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn an_id_is_new_once_until_it_is_forgotten(steps in prop::collection::vec(step(), 1..60)) {
        tokio::runtime::Runtime::new().unwrap().block_on(play(steps));
    }
}

/// A database of before there were stretches is one of them, however long.
#[tokio::test]
async fn ids_of_before_are_known() {
    let db = sqlite().await;
    let numbers: Vec<u64> = (0..100).collect();
    let mut tx = db.begin().await.unwrap();
    let Tx::Sqlite(c, _) = &mut tx else { unreachable!("it is SQLite") };
    for number in &numbers {
        let (game, message) = id(*number);
        let text = "insert into message_ids (stretch, game_id, message_id, received_at) values (0, $1, $2, 0)";
        sqlx::query(text).bind(game).bind(message).execute(&mut **c).await.unwrap();
    }
    sqlx::query("update stretches set ids = 100").execute(&mut **c).await.unwrap();
    tx.commit().await.unwrap();
    for _ in 0..3 {
        let mut seen = Seen::of(SIZES);
        assert!(claimed(&db, &mut seen, &numbers, LATER, true).await.is_empty());
        assert_eq!(claimed(&db, &mut seen, &[1_000], LATER, false).await.len(), 1);
    }
}

/// Another writer of the same file, which there should not be, is noticed.
#[tokio::test]
async fn what_another_writer_took_is_known() {
    let db = sqlite().await;
    let (mut one, mut other) = (Seen::of(SIZES), Seen::of(SIZES));
    for number in 0..60 {
        assert_eq!(claimed(&db, &mut one, &[2 * number], 0, true).await.len(), 1);
        assert_eq!(claimed(&db, &mut other, &[2 * number, 2 * number + 1], 0, true).await.len(), 1);
    }
}

#[tokio::test]
async fn sqlite_looks_up_what_it_asks_for() {
    for (text, places) in stretches::texts() {
        let steps = sqlite_plan(&text).await;
        assert!(places.iter().all(|place| steps.iter().any(|step| step.contains(place))), "{text}: {steps:?}");
        assert!(
            steps.iter().all(|step| !["SCAN i", "SCAN m", "SCAN message"].iter().any(|scan| step.starts_with(scan))),
            "{text}: {steps:?}"
        );
    }
}
