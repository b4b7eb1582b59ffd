//! What a resend does to the clock of retries, and to what is known of earlier tries.

use super::ground::{ASKED, WINDOW, ask, ask_for, job, people, refused, resend, standing};
use crate::model::resend::Standing;
use crate::model::{DAY, HOUR, MINUTE, SECOND};
use crate::server::db::queue::LEASE;
use crate::server::db::{Db, queue, within};
use crate::tests::dispatch::rig::Rig;
use crate::tests::dispatch::world::{NOW, World, count, log, queued, stored};
use crate::tests::engines::both_engines;
use serde_json::json;
use uuid::Uuid;

/// Fails after 72 hours of retries.
async fn given_up(db: &Db, rig: &Rig, world: &World) -> (Uuid, i64) {
    let id = world.postback_with(db, NOW, NOW + 20 * DAY, |_| {}).await;
    people(db).await;
    // Not an unknown result: 429 was not taken.
    rig.fault(json!({"network": "tiktok", "status": 429})).await;
    let mut now = NOW;
    while let Some(row) = queued(db, id).await {
        now = row.due_at.max(now);
        rig.drain(now).await;
    }
    assert_eq!(stored(db, id).await.ended.as_deref(), Some("no success in 72 hours of retries"));
    (id, now)
}

both_engines! {
    async fn its_72_hours_and_its_waits_begin_anew(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, World::new(&db).await);
        let (id, gave_up) = given_up(&db, &rig, &world).await;
        let tries = log(&db, id).await.len();
        assert!(tries > 10, "{tries}");
        let now = gave_up + HOUR;
        ask(&db, &world, now).await;
        resend().work_off(&db, now).await;
        rig.drain(now).await;
        let row = queued(&db, id).await.expect("it is tried again");
        assert!((now + 10 * SECOND..now + 13 * SECOND).contains(&row.due_at), "the first wait is short again: {}", row.due_at - now);
        assert!(row.give_up_at.unwrap() >= now + 72 * HOUR);
        let numbers: Vec<i32> = log(&db, id).await.iter().map(|row| row.attempt).collect();
        assert_eq!(numbers, (1..=i32::try_from(tries).unwrap() + 1).collect::<Vec<_>>(), "numbers go on");
        let mut at = now;
        while let Some(row) = queued(&db, id).await {
            at = row.due_at.max(at);
            rig.drain(at).await;
        }
        assert!(at > now + 60 * HOUR, "another 72 hours");
    }

    async fn what_may_have_arrived_is_tried_again_within_the_networks_window_alone(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, World::new(&db).await);
        let id = world.postback(&db).await;
        people(&db).await;
        let mut tx = db.begin().await.unwrap();
        queue::claim(&mut tx, world.connection_id, queue::Share::Due, 1, NOW).await.unwrap();
        tx.commit().await.unwrap();
        queue::reclaim(&db, NOW + LEASE + 1).await.unwrap();
        assert_eq!(stored(&db, id).await.unknown_since, Some(NOW));
        rig.fault(json!({"network": "tiktok", "code": 40002, "times": 1})).await;
        rig.drain(NOW + LEASE + 1).await;
        assert_eq!(stored(&db, id).await.state, "failed");

        let now = NOW + 47 * HOUR;
        assert_eq!(standing(&db, &world, id, now).await, Standing::Ready);
        let resent = ask_for(&db, &world, None, Some(&[id]), now).await.unwrap();
        resend().work_off(&db, now).await;
        assert_eq!(job(&db, &world, resent).await.put_back, 1);
        rig.fault(json!({"network": "tiktok", "status": 429})).await;
        rig.drain(now).await;
        let mut at = now;
        while let Some(row) = queued(&db, id).await {
            at = row.due_at.max(at);
            assert!(at < NOW + WINDOW, "no call when the network would not know the id again");
            rig.drain(at).await;
        }
        assert_eq!(stored(&db, id).await.ended.as_deref(), Some("unknown result"));
        assert_eq!(standing(&db, &world, id, NOW + WINDOW + MINUTE).await, Standing::Unknown);
        let resent = ask_for(&db, &world, None, Some(&[id]), NOW + WINDOW + MINUTE).await.unwrap();
        resend().work_off(&db, NOW + WINDOW + MINUTE).await;
        assert_eq!(job(&db, &world, resent).await.put_back, 0);
    }

    async fn the_age_limit_holds(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, World::new(&db).await);
        let ids = refused(&db, &world, 1).await;
        let mut tx = db.begin().await.unwrap();
        within!(&mut tx, c => sqlx::query("update postbacks set expires_at = $1").bind(ASKED + MINUTE).execute(c).await.map(drop)).unwrap();
        tx.commit().await.unwrap();
        ask(&db, &world, ASKED).await;
        resend().work_off(&db, ASKED).await;
        assert_eq!(count(&db, "select count(*) from queue").await, 1);
        assert_eq!(rig.drain(ASKED + MINUTE).await, 0, "too old when its turn came");
        assert_eq!(stored(&db, ids[0]).await.state, "expired");
    }
}
