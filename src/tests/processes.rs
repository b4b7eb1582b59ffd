//! Processes that share a database know how many they are, and tell each other.

use super::dispatch::rig::Rig;
use super::engines::{both_engines, postgres};
use super::ingest::count;
use crate::server::db::{Db, notices, processes, within};
use crate::server::dispatch::run;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

both_engines! {
    async fn the_living_are_counted(db: TestDb) {
        let several = usize::from(matches!(db.db, Db::Postgres(..)));
        let [one, two, three] = [(); 3].map(|()| Uuid::new_v4());
        assert_eq!(processes::beat(&db, one).await.unwrap(), 1);
        assert_eq!(processes::beat(&db, one).await.unwrap(), 1, "oneself is no other");
        assert_eq!(processes::beat(&db, two).await.unwrap(), 1 + several);
        assert_eq!(processes::beat(&db, three).await.unwrap(), 1 + 2 * several);
        processes::leave(&db, three).await.unwrap();
        assert_eq!(processes::beat(&db, one).await.unwrap(), 1 + several, "one took leave");
        // Two was killed a while ago.
        for (ago, left) in [(5_000_i64, several), (700_000, 0)] {
            let mut tx = db.begin().await.unwrap();
            within!(&mut tx, c => sqlx::query("update processes set seen_at = seen_at - $1 where id = $2").bind(ago).bind(two).execute(c).await.map(drop)).unwrap();
            tx.commit().await.unwrap();
            assert_eq!(processes::beat(&db, one).await.unwrap(), 1);
            let row = count(&db, "select count(*) from processes").await;
            assert_eq!(row, i64::try_from(several + left).unwrap(), "after {ago} ms");
        }
    }
}

#[tokio::test]
async fn one_hears_the_others_and_not_itself() {
    let db = postgres().await;
    let other = Db::open(&db.url).await.unwrap();
    let [here, there] = [(); 2].map(|()| Uuid::new_v4());
    let mut ear = notices::listen(&db).await.unwrap().unwrap();
    notices::tell(&db, here).await.unwrap();
    notices::tell(&other, there).await.unwrap();
    ear.hears(here).await.unwrap();
    notices::tell(&db, here).await.unwrap();
    assert!(tokio::time::timeout(Duration::from_millis(100), ear.hears(here)).await.is_err());
}

/// The loop of one process tells the other what it was woken for.
#[tokio::test(flavor = "multi_thread")]
async fn what_wakes_one_wakes_the_other() {
    let db = postgres().await;
    let other = Db::open(&db.url).await.unwrap();
    let mut ear = notices::listen(&other).await.unwrap().unwrap();
    let rig = Rig::by_the_wall(&db).await;
    let shutdown = CancellationToken::new();
    let running = tokio::spawn(run(rig.dispatch.clone(), shutdown.clone()));
    rig.dispatch.wake_up();
    ear.hears(Uuid::nil()).await.unwrap();
    let living = "select count(*) from processes";
    assert_eq!(count(&db, living).await, 1);
    shutdown.cancel();
    running.await.unwrap();
    assert_eq!(count(&db, living).await, 0, "it took leave");
}
