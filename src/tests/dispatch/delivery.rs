//! From the queue to the network and back: what each answer does to the postback, the log and the connection.

use super::rig::{Rig, dispatch_to};
use super::world::{NOW, REDDIT_PIXEL, REDDIT_TOKEN, World, log, queued, sealer, stored};
use crate::model::connection::{Health, ParkCause};
use crate::model::{DAY, HOUR, MINUTE, SECOND};
use crate::server::db::{Db, attempts, connection_changes, connections, health, on, queue, within};
use crate::server::dispatch::{drain_until_idle, health as judge, run};
use crate::server::secrets::Sealer;
use crate::tests::engines::both_engines;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

both_engines! {
    async fn a_conversion_arrives_and_the_log_shows_what_was_sent_and_said(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, World::new(&db).await);
        let id = world.postback(&db).await;
        assert_eq!(rig.drain(NOW).await, 1);
        assert_eq!(rig.seen(id).await, ["accepted"]);
        assert_eq!((stored(&db, id).await.state.as_str(), queued(&db, id).await), ("accepted", None));
        let row = &attempts::of_postback(&db, world.game_id, id).await.unwrap()[0];
        assert_eq!((row.http, row.attempt, row.code.as_deref(), row.time), (Some(200), 1, Some("0"), NOW));
        assert_eq!(row.meaning.as_deref(), Some("TikTok took the conversion."));
        let kept = attempts::exchange(&db, world.game_id, row.id).await.unwrap().unwrap();
        assert!(kept.event.contains(&id.to_string()) && !kept.envelope.contains(&id.to_string()));
        assert!(kept.headers.iter().any(|(name, value)| name.eq_ignore_ascii_case("access-token") && !value.contains("51ab1e70")));
        assert!(kept.response.unwrap().contains("OK"));
        let facts = health::of_network(&db, world.game_id, "tiktok", NOW).await.unwrap().unwrap();
        assert_eq!(judge::health(&facts), Health::Delivering);
    }

    async fn many_share_a_call_and_each_has_its_attempt(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, World::new(&db).await);
        let ids = world.postbacks(&db, 120).await;
        assert_eq!(rig.drain(NOW).await, 3, "fifty to a call");
        assert_eq!(rig.counted().await, 120);
        for id in [ids[0], ids[119]] {
            assert_eq!(log(&db, id).await.len(), 1);
        }
    }

    async fn results_that_are_written_side_by_side_are_each_written_once(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, World::new(&db).await);
        world.postbacks(&db, 3_000).await;
        assert_eq!(rig.drain(NOW).await, 60);
        let counts: (i64, i64, i64, i64) = on!(&*db, pool => sqlx::query_as(
            "select (select count(*) from postbacks where state = 'accepted' and attempts = 1), (select count(*) from attempts where not late),
             (select count(*) from calls), (select count(*) from queue)",
        )
        .fetch_one(pool)
        .await)
        .unwrap();
        assert_eq!(counts, (3_000, 3_000, 60, 0));
    }

    async fn a_network_that_asks_to_wait_is_asked_again_then_under_the_same_id(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, World::new(&db).await);
        let id = world.postback(&db).await;
        rig.fault(json!({"status": 429, "retry_after": 90, "times": 1})).await;
        rig.drain(NOW).await;
        let row = &log(&db, id).await[0];
        assert_eq!((row.status.as_str(), row.http), ("retried", Some(429)));
        let due_at = queued(&db, id).await.unwrap().due_at;
        assert!((NOW + 90 * SECOND..NOW + 2 * MINUTE).contains(&due_at));
        assert_eq!(rig.drain(due_at - 1).await, 0);
        assert_eq!(rig.drain(due_at).await, 1);
        assert_eq!(stored(&db, id).await.state, "accepted");
        assert_eq!(log(&db, id).await[1].attempt, 2);
    }

    async fn too_many_requests_is_said_whether_the_status_says_it_or_the_body(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, World::new(&db).await);
        for fault in [json!({"status": 429, "times": 1}), json!({"code": 40100, "times": 1})] {
            let id = world.postback(&db).await;
            rig.fault(fault).await;
            rig.drain(NOW).await;
            let row = &attempts::of_postback(&db, world.game_id, id).await.unwrap()[0];
            assert!(row.meaning.as_deref().is_some_and(|meaning| meaning.starts_with("TikTok asked to slow down. Postbacks tries again")), "{row:?}");
        }
    }

    async fn a_network_that_is_down_is_left_alone_and_costs_only_few_a_try(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, World::new(&db).await);
        world.postbacks(&db, 2_000).await;
        rig.fault(json!({"status": 503})).await;
        let calls = rig.drain(NOW).await;
        assert!((10..=16).contains(&calls), "{calls} calls of 40");
        let (tried,): (i64,) = on!(&*db, pool => sqlx::query_as("select count(*) from postbacks where attempts > 0").fetch_one(pool).await).unwrap();
        assert_eq!(tried, 50 * i64::try_from(calls).unwrap());
        let (held,): (i64,) = on!(&*db, pool => sqlx::query_as("select count(*) from queue where lease_id is not null").fetch_one(pool).await).unwrap();
        assert_eq!(held, 0, "what waits is not held");
    }

    async fn whoever_judges_an_event_has_taken_the_token(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, World::new(&db).await);
        rig.expire_tokens().await;
        world.postbacks(&db, 2).await;
        rig.drain(NOW).await;
        rig.restore_tokens().await;
        world.resume(&db, NOW + MINUTE).await;
        assert!(connections::ready(&db, NOW + MINUTE).await.unwrap()[0].route.probing);
        rig.fault(json!({"code": 40000, "times": 1})).await;
        world.postbacks(&db, 1).await;
        rig.drain(NOW + MINUTE).await;
        world.postbacks(&db, 1).await;
        assert!(!connections::ready(&db, NOW + MINUTE).await.unwrap()[0].route.probing);
    }

    async fn an_expired_token_parks_everything_and_a_good_one_drains_it(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, World::new(&db).await);
        let ids = world.postbacks(&db, 500).await;
        rig.expire_tokens().await;
        let calls = rig.drain(NOW).await;
        assert!((1..=4).contains(&calls), "{calls} calls for a token that the first one found refused");
        let (cause, words) = world.parked(&db).await.expect("it is parked");
        assert_eq!(cause, ParkCause::Credentials);
        assert!(!words.is_empty());
        assert_eq!(log(&db, ids[0]).await[0].status, "failed");
        assert_eq!(rig.drain(NOW + 6 * HOUR).await, 0, "nothing goes out");

        world.resume(&db, NOW + 6 * HOUR).await;
        assert_eq!(rig.drain(NOW + 6 * HOUR).await, 1, "one call finds out that it is still refused");
        rig.restore_tokens().await;
        world.resume(&db, NOW + 7 * HOUR).await;
        rig.drain(NOW + 7 * HOUR).await;
        assert_eq!(rig.counted().await, 500);
        assert_eq!(stored(&db, ids[0]).await.state, "accepted");
    }

    async fn missing_rights_park_and_after_five_drains_the_postback_fails(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, World::new(&db).await);
        let id = world.postback(&db).await;
        rig.fault(json!({"network": "tiktok", "code": 40001})).await;
        rig.drain(NOW).await;
        assert_eq!(world.parked(&db).await.unwrap().0, ParkCause::Permission);
        for hour in 1..=5 {
            assert_eq!(stored(&db, id).await.state, "retrying");
            world.resume(&db, NOW + hour * HOUR).await;
            rig.drain(NOW + hour * HOUR).await;
        }
        let end = stored(&db, id).await;
        assert_eq!((end.state.as_str(), end.ended.as_deref()), ("failed", Some("not allowed by TikTok")));
    }

    async fn a_silent_network_leaves_the_result_unknown(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, World::new(&db).await);
        let id = world.postback(&db).await;
        rig.fault(json!({"hang": true, "times": 1})).await;
        rig.drain(NOW).await;
        let row = &log(&db, id).await[0];
        assert_eq!((row.status.as_str(), row.http), ("retried", None));
        assert_eq!(stored(&db, id).await.unknown_since, Some(NOW));
        rig.drain(NOW + MINUTE).await;
        assert_eq!(stored(&db, id).await.state, "accepted");
    }

    async fn an_answer_that_was_lost_does_not_count_the_conversion_twice(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, World::new(&db).await);
        let id = world.postback(&db).await;
        rig.fault(json!({"reset": true, "after": true, "times": 1})).await;
        rig.drain(NOW).await;
        assert_eq!(stored(&db, id).await.unknown_since, Some(NOW));
        rig.drain(NOW + MINUTE).await;
        assert_eq!(rig.seen(id).await, ["accepted", "duplicate"]);
    }

    async fn an_unknown_result_is_not_tried_again_after_the_dedup_window(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, World::new(&db).await);
        let id = world.postback(&db).await;
        rig.fault(json!({"reset": true, "after": true, "times": 1})).await;
        rig.drain(NOW).await;
        assert_eq!(rig.drain(NOW + 48 * HOUR).await, 0, "whoever was down for two days must not send it now");
        let end = stored(&db, id).await;
        assert_eq!((end.state.as_str(), end.ended.as_deref()), ("failed", Some("unknown result")));
        let last = &log(&db, id).await[1];
        assert_eq!((last.status.as_str(), last.http, last.call_id), ("failed", None, None));
    }

    async fn a_200_that_says_no_is_no_success(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, World::new(&db).await);
        let id = world.postback(&db).await;
        rig.fault(json!({"network": "tiktok", "code": 50000, "times": 1})).await;
        rig.fault(json!({"status": 200, "body": "<html><title>Sign in</title></html>", "times": 1})).await;
        rig.drain(NOW).await;
        rig.drain(NOW + MINUTE).await;
        let rows = log(&db, id).await;
        assert_eq!(rows.iter().map(|row| (row.status.as_str(), row.http)).collect::<Vec<_>>(), [("retried", Some(200)), ("retried", Some(200))]);
        assert_eq!(rows[0].code.as_deref(), Some("50000"));
        rig.drain(NOW + 10 * MINUTE).await;
        assert_eq!(stored(&db, id).await.state, "accepted");
    }

    async fn one_bad_event_fails_alone_where_the_network_does_not_name_it(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, World::new(&db).await);
        let ids = world.postbacks(&db, 50).await;
        rig.fault(json!({"network": "tiktok", "bad_event": {"dedup_id": ids[17].to_string()}})).await;
        assert!(rig.drain(NOW).await <= 2 * 6 + 1, "found by halves");
        check_one_refused(&db, &rig, &ids, 17).await;
    }

    async fn one_bad_event_fails_alone_where_the_network_names_it(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, World::of(&db, "reddit", REDDIT_PIXEL, REDDIT_TOKEN).await);
        let ids = world.postbacks(&db, 50).await;
        rig.fault(json!({"network": "reddit", "bad_event": {"dedup_id": ids[17].to_string()}})).await;
        assert_eq!(rig.drain(NOW).await, 2, "the others at once, without it");
        check_one_refused(&db, &rig, &ids, 17).await;
    }

    async fn a_network_that_is_not_there_was_certainly_not_reached(db: TestDb) {
        let world = World::new(&db).await;
        let id = world.postback(&db).await;
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        drain_until_idle(&dispatch_to(&db, &format!("http://127.0.0.1:{port}"), sealer()), NOW).await;
        assert_eq!(log(&db, id).await[0].status, "retried");
        assert_eq!(stored(&db, id).await.unknown_since, None);
    }

    async fn what_is_too_old_ends_without_a_call_even_while_it_is_parked(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, World::new(&db).await);
        let id = world.postback_with(&db, NOW, NOW + DAY, |_| {}).await;
        rig.expire_tokens().await;
        rig.drain(NOW).await;
        rig.drain(NOW + DAY).await;
        let end = stored(&db, id).await;
        assert_eq!((end.state.as_str(), end.attempts), ("expired", 1));
        let last = &log(&db, id).await[1];
        assert_eq!((last.status.as_str(), last.http, last.attempt), ("failed", None, 0));
    }

    async fn a_test_event_never_goes_out_as_a_real_one(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, World::new(&db).await);
        let (real, test) = (world.postback(&db).await, world.postback_with(&db, NOW, NOW + DAY, |event| event.test = true).await);
        rig.drain(NOW).await;
        assert_eq!(stored(&db, real).await.state, "accepted");
        assert_eq!(stored(&db, test).await.ended.as_deref(), Some("a test event without a test code"));
    }

    async fn test_events_go_one_a_call(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, World::new(&db).await);
        let mut tx = db.begin().await.unwrap();
        connection_changes::set_test_code(&mut tx, world.connection_id, Some("TEST12345")).await.unwrap();
        tx.commit().await.unwrap();
        world.postbacks(&db, 2).await;
        let test = world.postback_with(&db, NOW, NOW + DAY, |event| event.test = true).await;
        world.postback_with(&db, NOW, NOW + DAY, |event| event.test = true).await;
        assert_eq!(rig.drain(NOW).await, 3, "both real ones share a call");
        assert_eq!(rig.seen(test).await, ["accepted"]);
        assert_eq!(rig.counted().await, 4);
    }

    async fn what_stops_the_process_again_and_again_is_set_aside(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, World::new(&db).await);
        let (poison, good) = (world.postback(&db).await, world.postback(&db).await);
        let mut tx = db.begin().await.unwrap();
        within!(&mut tx, c => sqlx::query("update queue set claims = 5 where id = $1").bind(poison).execute(c).await.map(drop)).unwrap();
        tx.commit().await.unwrap();
        rig.drain(NOW).await;
        assert_eq!(stored(&db, poison).await.state, "failed");
        assert_eq!(stored(&db, good).await.state, "accepted");
    }

    async fn a_token_sealed_with_another_key_parks_instead_of_failing(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, World::new(&db).await);
        let id = world.postback(&db).await;
        let dispatch = dispatch_to(&db, &rig.base, Sealer::new(&[8; 32], None));
        assert_eq!(drain_until_idle(&dispatch, NOW).await, 0);
        assert!(world.parked(&db).await.unwrap().1.contains("POSTBACKS_SECRET_KEY"));
        assert_eq!(stored(&db, id).await.state, "queued");
    }

    async fn a_hanging_network_does_not_hold_up_another(db: TestDb) {
        let rig = Rig::by_the_wall(&db).await;
        let (stuck, quick) = (World::new(&db).await, World::of(&db, "reddit", REDDIT_PIXEL, REDDIT_TOKEN).await);
        rig.fault(json!({"network": "tiktok", "hang": true})).await;
        for _ in 0..400 {
            stuck.fresh(&db).await;
        }
        let shutdown = CancellationToken::new();
        let running = tokio::spawn(run(rig.dispatch.clone(), shutdown.clone()));
        let id = quick.fresh(&db).await;
        assert_eq!(rig.seen(id).await, ["accepted"]);
        shutdown.cancel();
        running.await.unwrap();
        assert!(!queue::next_due(&db).await.unwrap().is_empty(), "unsent ones were given back");
    }
}

async fn check_one_refused(db: &Db, rig: &Rig, ids: &[Uuid], bad: usize) {
    assert_eq!(rig.counted().await, ids.len() - 1);
    for (index, id) in ids.iter().enumerate() {
        let rows = log(db, *id).await;
        let expected = if index == bad { ("failed", "failed") } else { ("accepted", "success") };
        assert_eq!((stored(db, *id).await.state.as_str(), rows[0].status.as_str(), rows.len()), (expected.0, expected.1, 1));
    }
    assert!(log(db, ids[bad]).await[0].words.is_some(), "in the network's words");
}
