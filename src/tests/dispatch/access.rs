//! Google: the stored secret buys access tokens, and what that means for what is sent.

use super::last_words::fall_behind;
use super::rig::Rig;
use super::world::{GOOGLE_CUSTOMER, GOOGLE_REFRESH_TOKEN, NOW, World, log, queued, stored};
use crate::model::connection::ParkCause;
use crate::model::{DAY, HOUR, MINUTE, SECOND};
use crate::server::db::Db;
use crate::tests::engines::both_engines;
use serde_json::json;
use uuid::Uuid;

async fn world(db: &Db) -> World {
    World::of(db, "google", GOOGLE_CUSTOMER, GOOGLE_REFRESH_TOKEN).await
}

async fn under(db: &Db, world: &World, action: &str) -> Uuid {
    world.postback_with(db, NOW, NOW + 27 * DAY, |event| event.action = Some(action.into())).await
}

both_engines! {
    async fn one_token_is_bought_for_all_connections_of_a_person_and_kept_for_its_hour(db: TestDb) {
        let rig = Rig::start(&db).await;
        let worlds = [world(&db).await, world(&db).await, world(&db).await];
        let mut ids = Vec::new();
        for world in &worlds {
            ids.extend(world.postbacks(&db, 3).await);
        }
        assert_eq!(rig.drain(NOW).await, 9, "one event to a call");
        for id in ids {
            assert_eq!(stored(&db, id).await.state, "accepted");
        }
        assert_eq!(rig.sold().await, 1);
        worlds[0].postback(&db).await;
        rig.drain(NOW + 30 * MINUTE).await;
        assert_eq!(rig.sold().await, 1);
        worlds[0].postback(&db).await;
        rig.drain(NOW + HOUR).await;
        assert_eq!(rig.sold().await, 2, "the first one ends");
    }

    async fn a_token_that_ended_early_is_bought_anew_before_a_refusal_counts(db: TestDb) {
        let rig = Rig::start(&db).await;
        let world = world(&db).await;
        rig.fault(json!({"network": "google", "expire_token": true, "times": 1})).await;
        let id = world.postback(&db).await;
        rig.drain(NOW).await;
        let rows = log(&db, id).await;
        assert_eq!((stored(&db, id).await.state.as_str(), rows.len(), rows[0].http), ("accepted", 1, Some(200)));
        assert_eq!((rig.sold().await, world.parked(&db).await), (2, None));
    }

    async fn a_secret_that_buys_nothing_parks_with_googles_words(db: TestDb) {
        let rig = Rig::start(&db).await;
        let world = world(&db).await;
        rig.post("/simulator/tokens/expire", json!({"network": "google"})).await;
        let id = world.postback(&db).await;
        rig.drain(NOW).await;
        assert_eq!(world.parked(&db).await, Some((ParkCause::Credentials, "Token has been expired or revoked.".into())));
        let rows = log(&db, id).await;
        assert_eq!((rows[0].status.as_str(), rows[0].http, rows[0].code.as_deref()), ("failed", Some(400), Some("invalid_grant")));
        assert!(rows[0].call_id.is_some());
        rig.post("/simulator/tokens/restore", json!({"network": "google"})).await;
        world.resume(&db, NOW + HOUR).await;
        rig.drain(NOW + HOUR).await;
        assert_eq!(stored(&db, id).await.state, "accepted");
    }

    async fn a_place_that_sells_no_tokens_for_now_is_asked_again_and_nothing_is_unknown(db: TestDb) {
        let rig = Rig::start(&db).await;
        let world = world(&db).await;
        rig.fault(json!({"network": "google", "on": "token", "status": 503, "times": 1})).await;
        rig.fault(json!({"network": "google", "on": "token", "reset": true, "times": 1})).await;
        let id = world.postback(&db).await;
        for wait in [0, MINUTE] {
            rig.drain(NOW + wait).await;
            let stood = stored(&db, id).await;
            assert_eq!((stood.state.as_str(), stood.unknown_since, world.parked(&db).await), ("retrying", None, None));
        }
        rig.drain(NOW + HOUR).await;
        assert_eq!(stored(&db, id).await.state, "accepted");
    }

    async fn a_call_carries_events_of_one_action(db: TestDb) {
        let rig = Rig::start(&db).await;
        let world = world(&db).await;
        let (wrong, young) = (under(&db, &world, "1").await, under(&db, &world, crate::server::simulator::world::GOOGLE_YOUNG_ACTION).await);
        let good = [world.postback(&db).await, world.postback(&db).await];
        fall_behind(&db, &world).await;
        assert_eq!(rig.drain(NOW).await, 3);
        for id in good {
            assert_eq!(stored(&db, id).await.state, "accepted");
        }
        assert_eq!((stored(&db, wrong).await.state.as_str(), stored(&db, wrong).await.ended.as_deref()), ("failed", Some("refused by Google")));
        assert_eq!(log(&db, wrong).await[0].code.as_deref(), Some("INVALID_CONVERSION_ACTION_ID"));
        let due = queued(&db, young).await.unwrap().due_at;
        assert!((NOW + 6 * HOUR..NOW + 8 * HOUR).contains(&due), "{}", due - NOW);
    }

    async fn the_event_that_google_names_fails_alone(db: TestDb) {
        let rig = Rig::start(&db).await;
        let world = world(&db).await;
        let bad = world.postback_with(&db, NOW, NOW + 26 * DAY, |event| event.value = Some(("5".into(), "USDX".into()))).await;
        let good = world.postbacks(&db, 3).await;
        fall_behind(&db, &world).await;
        assert_eq!(rig.drain(NOW).await, 2);
        assert_eq!(stored(&db, bad).await.state, "failed");
        assert!(log(&db, bad).await[0].words.as_deref().unwrap().starts_with("The currency code is invalid."));
        for id in good {
            assert_eq!(stored(&db, id).await.state, "accepted");
        }
    }

    async fn when_the_cloud_projects_quota_is_used_up_every_connection_waits(db: TestDb) {
        let rig = Rig::start(&db).await;
        let (one, other) = (world(&db).await, world(&db).await);
        let tiktok = World::new(&db).await;
        rig.fault(json!({"network": "google", "status": 429, "times": 1})).await;
        let (first, second) = (one.postback(&db).await, other.postback(&db).await);
        rig.drain(NOW).await;
        let states = [stored(&db, first).await.state, stored(&db, second).await.state];
        assert!(states.contains(&"retrying".to_owned()), "{states:?}");
        let waits = if states[0] == "retrying" { first } else { second };
        let due = queued(&db, waits).await.unwrap().due_at;
        assert!((NOW + MINUTE..NOW + 2 * MINUTE).contains(&due), "{}", due - NOW);
        let elsewhere = tiktok.postback(&db).await;
        rig.drain(NOW + SECOND).await;
        assert_eq!(stored(&db, elsewhere).await.state, "accepted");
        rig.drain(NOW + 3 * MINUTE).await;
        for id in [first, second] {
            assert_eq!(stored(&db, id).await.state, "accepted");
        }
    }

    async fn test_events_are_only_validated(db: TestDb) {
        let rig = Rig::start(&db).await;
        let world = world(&db).await;
        let id = world.postback_with(&db, NOW, NOW + DAY, |event| event.test = true).await;
        rig.drain(NOW).await;
        assert_eq!(stored(&db, id).await.state, "accepted");
        let seen: serde_json::Value = reqwest::get(format!("{}/simulator/ledger?dedup_id={id}", rig.base)).await.unwrap().json().await.unwrap();
        assert_eq!((&seen["events"][0]["test"], &seen["events"][0]["event"]), (&json!(true), &json!("700000001")));
    }
}
