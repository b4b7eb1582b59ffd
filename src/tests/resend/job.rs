//! A resend of many: what it puts back, what it leaves out, and what stops it.

use super::ground::{ASKED, WINDOW, ask, ask_for, job, people, refused, resend, run, standing};
use crate::model::resend::{ResendEnd, Standing};
use crate::model::{DAY, HOUR, MINUTE, SECOND};
use crate::server::db::resendable::{self, Span, Terms};
use crate::server::db::{audit, connection_changes, connections, postbacks, queue, resends, within};
use crate::server::dispatch::drain_until_idle;
use crate::server::resend::{AHEAD, AT_ONCE, Step, step};
use crate::server::simulator::world::TIKTOK_SHOP_PIXEL;
use crate::server::sweep::sweep;
use crate::tests::dispatch::rig::Rig;
use crate::tests::dispatch::world::{NOW, TIKTOK_TOKEN, World, count, log, queued, stored};
use crate::tests::engines::both_engines;
use serde_json::json;
use uuid::Uuid;

both_engines! {
    async fn what_was_refused_goes_out_again_under_the_same_id_and_its_attempts_go_on(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, World::new(&db).await);
        let ids = world.postbacks(&db, 3).await;
        people(&db).await;
        rig.fault(json!({"network": "tiktok", "code": 40002, "times": 3})).await;
        drain_until_idle(&rig.dispatch.clone().with_most_per_call(1), NOW).await;
        assert_eq!(count(&db, "select count(*) from postbacks where state = 'failed' and attempts = 1").await, 3);

        let id = ask(&db, &world, ASKED).await;
        resend().work_off(&db, ASKED).await;
        let done = job(&db, &world, id).await;
        assert_eq!((done.put_back, done.hurried, done.end().unwrap()), (3, 0, Some((ResendEnd::Done, ASKED))));
        rig.drain(ASKED).await;
        for id in ids {
            assert_eq!(rig.seen(id).await.last().unwrap(), "accepted", "under the id that it had");
            let rows = log(&db, id).await;
            assert_eq!(rows.iter().map(|row| (row.attempt, row.status.as_str())).collect::<Vec<_>>(), [(1, "failed"), (2, "success")]);
            assert_eq!(stored(&db, id).await.state, "accepted");
        }
        let lines = audit::newest(&db, Some(world.game_id), 9).await.unwrap();
        assert_eq!((lines[0].action.as_str(), lines[0].who.as_str()), ("resend.done", "mara@ashgrove.example"));
        assert_eq!(lines[0].detail, "3 put back into the queue, 0 tried at once");
    }

    async fn a_postback_with_many_rows_goes_back_once(db: TestDb) {
        let world = World::new(&db).await;
        for of in refused(&db, &world, 2).await {
            let mut tx = db.begin().await.unwrap();
            within!(&mut tx, c => sqlx::query(
                "insert into attempts (day, id, game_id, network, connection_id, postback_id, goal_id, goal_name, event, time, status, attempt, test, late)
                 select day, $1, game_id, network, connection_id, postback_id, goal_id, goal_name, event, time + 5, 'failed', 2, test, late
                 from attempts where postback_id = $2",
            ).bind(Uuid::now_v7()).bind(of).execute(c).await.map(drop)).unwrap();
            tx.commit().await.unwrap();
        }
        let id = ask_for(&db, &world, None, None, ASKED).await.unwrap();
        resend().work_off(&db, ASKED).await;
        let done = job(&db, &world, id).await;
        assert_eq!((done.put_back, done.left_out.as_str()), (2, "{}"));
        let span = Span { game_id: world.game_id, network: "tiktok".into(), since: NOW - DAY, until: ASKED, status: None };
        let terms = Terms { game_id: world.game_id, network: "tiktok", now: ASKED, window: WINDOW, asked_at: i64::MAX };
        assert_eq!(resendable::count(&db, &terms, &span).await.unwrap(), [(Standing::Due, 2)], "each is counted once");
    }

    async fn everybody_stands_as_the_rule_says(db: TestDb) {
        let world = World::new(&db).await;
        let ids = refused(&db, &world, 12).await;
        let id = |n: usize| ids[n];
        let all = [
            (Standing::Erased, "update postbacks set erased = true, body = '{}' where id = $1"),
            (Standing::Erased, "delete from players where id = $1"),
            (Standing::Consent, "update players set consent = 'none' where id = $1"),
            (Standing::Test, "update postbacks set test = true where id = $1"),
            (Standing::Delivered, "update postbacks set state = 'accepted' where id = $1"),
            (Standing::Delivered, "update postbacks set state = 'confirmed' where id = $1"),
            (Standing::Cancelled, "update postbacks set state = 'cancelled' where id = $1"),
            (Standing::Expired, "update postbacks set state = 'expired' where id = $1"),
            (Standing::Expired, "update postbacks set expires_at = 5 where id = $1"),
            (Standing::Elsewhere, "update postbacks set created_at = 5 where id = $1"),
            (Standing::Unknown, "update postbacks set unknown_since = 5 where id = $1"),
        ];
        let mut tx = db.begin().await.unwrap();
        for (n, (_, text)) in all.iter().enumerate() {
            crate::server::db::within!(&mut tx, c => sqlx::query(*text).bind(id(n)).execute(c).await.map(drop)).unwrap();
        }
        tx.commit().await.unwrap();
        for (n, (expected, text)) in all.iter().enumerate() {
            assert_eq!(standing(&db, &world, id(n), ASKED).await, *expected, "{text}");
        }
        assert_eq!(standing(&db, &world, id(11), ASKED).await, Standing::Ready);
        let resent = ask(&db, &world, ASKED).await;
        resend().work_off(&db, ASKED).await;
        let done = job(&db, &world, resent).await;
        assert_eq!(done.put_back, 1);
        let counts = done.left_out().unwrap();
        assert_eq!(counts.iter().map(|(_, count)| count).sum::<i64>(), 11, "{counts:?}");
        assert_eq!(count(&db, "select count(*) from queue").await, 1);
    }

    async fn a_pending_retry_is_made_now_and_not_twice(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, World::new(&db).await);
        let id = world.postback(&db).await;
        people(&db).await;
        rig.fault(json!({"network": "tiktok", "status": 503, "times": 4})).await;
        for now in [NOW, NOW + MINUTE, NOW + 5 * MINUTE, NOW + 30 * MINUTE] {
            rig.drain(now).await;
        }
        let later = queued(&db, id).await.unwrap();
        assert!(later.due_at > NOW + 50 * MINUTE && later.attempt == 4, "{later:?}");
        let now = NOW + 31 * MINUTE;
        let resent = ask_for(&db, &world, Some("retried"), None, now).await.unwrap();
        resend().work_off(&db, now).await;
        assert_eq!((job(&db, &world, resent).await.put_back, job(&db, &world, resent).await.hurried), (0, 1));
        assert_eq!(queued(&db, id).await.unwrap().due_at, now);
        assert_eq!(rig.drain(now).await, 1);
        assert_eq!(rig.drain(NOW + 3 * HOUR).await, 0, "the automatic one was replaced");
        assert_eq!(log(&db, id).await.last().map(|row| (row.attempt, row.status.clone())), Some((5, "success".into())));
    }

    async fn what_is_in_a_call_at_this_moment_is_left_to_it(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, World::new(&db).await);
        let id = world.postback(&db).await;
        people(&db).await;
        rig.fault(json!({"network": "tiktok", "status": 503, "times": 1})).await;
        rig.drain(NOW).await;
        let now = NOW + 15 * SECOND;
        let mut tx = db.begin().await.unwrap();
        let held = queue::claim(&mut tx, world.connection_id, queue::Share::Due, 9, now).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(held.len(), 1, "the automatic retry holds it");
        let resent = ask_for(&db, &world, None, None, now).await.unwrap();
        resend().work_off(&db, now).await;
        let done = job(&db, &world, resent).await;
        assert_eq!((done.put_back, done.hurried, done.left_out().unwrap()), (0, 0, vec![(Standing::Sending, 1)]));
        assert_eq!(rig.drain(now).await, 0, "nothing beside the one that holds it");
        let row = queued(&db, id).await.unwrap();
        assert_eq!((row.lease_id, row.claims), (Some(held[0].lease_id), 1), "its lease is untouched");
        queue::hand_back(&db, &[(id, held[0].lease_id)]).await.unwrap();
        assert_eq!(rig.drain(now).await, 1);
        assert_eq!(stored(&db, id).await.state, "accepted");
    }

    async fn cancelled_in_the_middle_the_rest_stays_as_it_was(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, World::new(&db).await);
        refused(&db, &world, 600).await;
        let id = ask(&db, &world, ASKED).await;
        assert_eq!(step(&db, id, ASKED).await.unwrap(), Step::More);
        let mut tx = db.begin().await.unwrap();
        assert!(resends::cancel(&mut tx, world.game_id, "tiktok", id, ASKED).await.unwrap().is_some());
        tx.commit().await.unwrap();
        assert_eq!(step(&db, id, ASKED).await.unwrap(), Step::NotOurs);
        resend().work_off(&db, ASKED).await;
        rig.drain(ASKED).await;
        let left = "select count(*) from postbacks where state = 'failed' and ended = 'refused by TikTok' and resent_at is null and attempts = 1";
        assert_eq!(count(&db, left).await, 600 - AT_ONCE);
        assert_eq!(count(&db, "select count(*) from postbacks where state = 'accepted' and attempts = 2").await, AT_ONCE);
        assert_eq!(rig.counted().await, usize::try_from(AT_ONCE).unwrap());
        assert!(ask_for(&db, &world, None, None, ASKED).await.is_some(), "another may be asked for");
    }

    async fn one_at_a_time_for_a_connection(db: TestDb) {
        let (world, other) = (World::new(&db).await, World::new(&db).await);
        let id = ask(&db, &world, ASKED).await;
        assert_eq!(ask_for(&db, &world, None, None, ASKED).await, None);
        assert!(ask_for(&db, &other, None, None, ASKED).await.is_some(), "another connection's");
        resend().work_off(&db, ASKED).await;
        assert!(job(&db, &world, id).await.ended_at.is_some());
        assert!(ask_for(&db, &world, None, None, ASKED).await.is_some());
    }

    async fn its_page_is_kept_for_90_days(db: TestDb) {
        let (world, other) = (World::new(&db).await, World::new(&db).await);
        ask(&db, &world, ASKED).await;
        resend().work_off(&db, ASKED).await;
        ask(&db, &other, ASKED).await;
        for (now, left) in [(ASKED + 90 * DAY, 2), (ASKED + 90 * DAY + 1, 1)] {
            sweep(&db, now).await;
            assert_eq!(count(&db, "select count(*) from resends").await, left, "one that runs is never forgotten");
        }
    }

    async fn it_does_not_flood_the_queue(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, World::new(&db).await);
        refused(&db, &world, 1_300).await;
        let id = ask(&db, &world, ASKED).await;
        resend().work_off(&db, ASKED).await;
        assert_eq!(job(&db, &world, id).await.put_back, AHEAD, "as much as the queue has room for");
        resend().work_off(&db, ASKED + SECOND).await;
        assert_eq!(job(&db, &world, id).await.put_back, AHEAD, "it waits");
        let fresh = world.postback(&db).await;
        let mut tx = db.begin().await.unwrap();
        let first = queue::claim(&mut tx, world.connection_id, queue::Share::Fresh, 4, ASKED + SECOND).await.unwrap();
        drop(tx);
        assert_eq!(first.iter().map(|row| row.id).collect::<Vec<_>>(), [fresh], "first attempts have their share");
        rig.drain(ASKED + SECOND).await;
        resend().work_off(&db, ASKED + 2 * SECOND).await;
        assert_eq!((job(&db, &world, id).await.put_back, job(&db, &world, id).await.ended.as_deref()), (1_300, Some("done")));
        rig.drain(ASKED + 2 * SECOND).await;
        assert_eq!(count(&db, "select count(*) from postbacks where state = 'accepted'").await, 1_301);
    }

    async fn who_says_no_or_is_erased_meanwhile_is_left_out(db: TestDb) {
        let world = World::new(&db).await;
        let ids = refused(&db, &world, 300).await;
        let id = ask(&db, &world, ASKED).await;
        assert_eq!(step(&db, id, ASKED).await.unwrap(), Step::More);
        let mut tx = db.begin().await.unwrap();
        crate::server::db::within!(&mut tx, c => sqlx::query("update players set consent = 'none' where id = $1").bind(ids[298]).execute(c).await.map(drop)).unwrap();
        crate::server::db::within!(&mut tx, c => sqlx::query("delete from players where id = $1").bind(ids[299]).execute(c).await.map(drop)).unwrap();
        tx.commit().await.unwrap();
        resend().work_off(&db, ASKED).await;
        let done = job(&db, &world, id).await;
        assert_eq!((done.put_back, done.left_out().unwrap()), (298, vec![(Standing::Consent, 1), (Standing::Erased, 1)]));
        for id in &ids[298..] {
            assert_eq!((stored(&db, *id).await.state.as_str(), queued(&db, *id).await), ("failed", None));
        }
    }

    async fn a_network_that_is_taken_away_stops_it_and_another_pixel_gets_nothing(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, World::new(&db).await);
        let ids = refused(&db, &world, 300).await;
        let id = ask(&db, &world, ASKED).await;
        assert_eq!(step(&db, id, ASKED).await.unwrap(), Step::More);
        let mut tx = db.begin().await.unwrap();
        postbacks::cancel_waiting(&mut tx, world.connection_id, "The network was disconnected.", ASKED).await.unwrap();
        connection_changes::disconnect(&mut tx, world.connection_id).await.unwrap();
        tx.commit().await.unwrap();
        resend().work_off(&db, ASKED).await;
        assert_eq!(job(&db, &world, id).await.end().unwrap(), Some((ResendEnd::Stopped, ASKED)));
        assert_eq!(count(&db, "select count(*) from queue").await, 0);

        let mut tx = db.begin().await.unwrap();
        world.connect(&mut tx, TIKTOK_SHOP_PIXEL, TIKTOK_TOKEN).await;
        tx.commit().await.unwrap();
        // The test's world is always connected at the same time.
        run(&db, "update connections set led_since = led_since + 1").await;
        assert_eq!(standing(&db, &world, ids[299], ASKED).await, Standing::Elsewhere);
        let id = ask(&db, &world, ASKED).await;
        resend().work_off(&db, ASKED).await;
        rig.drain(ASKED).await;
        assert_eq!((job(&db, &world, id).await.put_back, rig.counted().await), (0, 0));
    }

    async fn the_same_pixel_connected_anew_is_where_it_led(db: TestDb) {
        let world = World::new(&db).await;
        let ids = refused(&db, &world, 1).await;
        let mut tx = db.begin().await.unwrap();
        connection_changes::disconnect(&mut tx, world.connection_id).await.unwrap();
        tx.commit().await.unwrap();
        run(&db, "update connections set led_since = led_since - 1").await;
        world.reconnect(&db, TIKTOK_TOKEN, ASKED).await;
        assert_eq!(standing(&db, &world, ids[0], ASKED).await, Standing::Ready);
    }

    async fn switched_off_it_waits_in_the_queue(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, World::new(&db).await);
        refused(&db, &world, 2).await;
        let mut tx = db.begin().await.unwrap();
        connections::set_enabled(&mut tx, world.connection_id, false, ASKED).await.unwrap();
        tx.commit().await.unwrap();
        ask(&db, &world, ASKED).await;
        resend().work_off(&db, ASKED).await;
        assert_eq!(rig.drain(ASKED).await, 0);
        let mut tx = db.begin().await.unwrap();
        connections::set_enabled(&mut tx, world.connection_id, true, ASKED + HOUR).await.unwrap();
        tx.commit().await.unwrap();
        rig.drain(ASKED + HOUR).await;
        assert_eq!(rig.counted().await, 2);
    }
}
