//! One that the network has, or may have, sent again because somebody insists.

use super::ground::{ASKED, WINDOW, people, standing};
use crate::model::postback::PostbackState;
use crate::model::resend::Standing;
use crate::model::{HOUR, MINUTE, Millis};
use crate::server::db::resent::{self, Mark};
use crate::server::db::{Db, deliveries, postbacks};
use crate::tests::dispatch::rig::Rig;
use crate::tests::dispatch::world::{GOOGLE_CUSTOMER, GOOGLE_REFRESH_TOKEN, NOW, World, count, log, queued, stored};
use crate::tests::engines::both_engines;
use serde_json::json;
use uuid::Uuid;

async fn delivered(db: &Db, rig: &Rig, world: &World) -> Uuid {
    let id = world.postback(db).await;
    people(db).await;
    rig.drain(NOW).await;
    assert_eq!(stored(db, id).await.state, "accepted");
    id
}

async fn repeat(db: &Db, id: Uuid, known_since: Option<Millis>, now: Millis) -> bool {
    let mut tx = db.begin().await.unwrap();
    let done = resent::repeat(&mut tx, id, known_since, Mark { resend_id: None, now }).await.unwrap();
    tx.commit().await.unwrap();
    done
}

both_engines! {
    async fn within_the_window_the_network_ignores_it(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, World::new(&db).await);
        let id = delivered(&db, &rig, &world).await;
        assert!(repeat(&db, id, Some(NOW), ASKED).await);
        assert!(!repeat(&db, id, Some(NOW), ASKED).await, "it is in the queue by now");
        rig.drain(ASKED).await;
        assert_eq!(rig.seen(id).await, ["accepted", "duplicate"]);
        assert_eq!((stored(&db, id).await.state.as_str(), log(&db, id).await.len()), ("accepted", 2));
    }

    async fn after_it_the_network_counts_it_twice(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, World::new(&db).await);
        let id = delivered(&db, &rig, &world).await;
        let now = NOW + WINDOW + MINUTE;
        assert!(repeat(&db, id, None, now).await);
        rig.drain(now).await;
        assert_eq!(rig.seen(id).await, ["accepted", "accepted"]);
    }

    async fn what_was_delivered_stays_so_whatever_becomes_of_the_repetition(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, World::new(&db).await);
        let (refused, silent, taken_away) = (delivered(&db, &rig, &world).await, delivered(&db, &rig, &world).await, delivered(&db, &rig, &world).await);
        repeat(&db, refused, Some(NOW), ASKED).await;
        rig.fault(json!({"network": "tiktok", "code": 40002, "times": 1})).await;
        rig.drain(ASKED).await;
        assert_eq!(log(&db, refused).await[1].status, "failed");

        rig.fault(json!({"network": "tiktok", "status": 429})).await;
        repeat(&db, silent, Some(NOW), ASKED).await;
        let mut at = ASKED;
        rig.drain(at).await;
        while let Some(row) = queued(&db, silent).await {
            at = row.due_at.max(at);
            assert!(at < NOW + WINDOW, "no try after the window, when it would count again");
            rig.drain(at).await;
        }
        repeat(&db, taken_away, None, ASKED).await;
        let mut tx = db.begin().await.unwrap();
        postbacks::cancel_waiting(&mut tx, world.connection_id, "The network was disconnected.", ASKED).await.unwrap();
        tx.commit().await.unwrap();
        for id in [refused, silent, taken_away] {
            let end = stored(&db, id).await;
            assert_eq!((end.state.as_str(), end.ended), ("accepted", None));
        }
    }

    async fn a_last_word_on_the_former_yes_opens_nothing_beside_it(db: TestDb) {
        let rig = Rig::start(&db).await;
        let world = World::of(&db, "google", GOOGLE_CUSTOMER, GOOGLE_REFRESH_TOKEN).await;
        let id = delivered(&db, &rig, &world).await;
        assert_eq!(count(&db, "select count(*) from receipt_events").await, 1);
        assert!(repeat(&db, id, Some(NOW), ASKED).await);
        assert_eq!(count(&db, "select count(*) from receipt_events").await, 0);
        assert_eq!(count(&db, "select count(*) from attempts where told = 'no_answer'").await, 1);
        rig.ask(NOW + HOUR).await;
        assert_eq!((stored(&db, id).await.state.as_str(), count(&db, "select count(*) from queue").await), ("queued", 1));
        rig.drain(NOW + HOUR).await;
        assert_eq!(count(&db, "select count(*) from receipt_events").await, 1, "its own receipt is asked about");
    }

    async fn its_page_says_when_it_was_sent_again(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, World::new(&db).await);
        let id = delivered(&db, &rig, &world).await;
        assert_eq!(standing(&db, &world, id, ASKED).await, Standing::Delivered);
        repeat(&db, id, Some(NOW), ASKED).await;
        let postback = deliveries::postback(&db, world.game_id, id).await.unwrap().unwrap();
        assert_eq!((postback.state, postback.resent_at, postback.attempts), (PostbackState::Queued, Some(ASKED), 1));
        assert_eq!(standing(&db, &world, id, ASKED).await, Standing::Due);
    }
}
