//! Google by its second transport: each conversion of a call has its own fate, and a way that is closed loses nothing.

use super::rig::Rig;
use super::world::{GOOGLE_CUSTOMER, GOOGLE_REFRESH_TOKEN, NOW, World, log, queued, stored};
use crate::model::attempt::LastWord;
use crate::model::connection::{Health, ParkCause};
use crate::model::{DAY, HOUR, MINUTE};
use crate::server::db::connections::{self, Park};
use crate::server::db::{Db, attempts, health};
use crate::server::dispatch::health as judge;
use crate::tests::engines::both_engines;
use serde_json::json;
use uuid::Uuid;

async fn world(db: &Db, transport: &str) -> World {
    let world = World::of(db, "google", GOOGLE_CUSTOMER, GOOGLE_REFRESH_TOKEN).await;
    world.send_over(db, transport).await;
    world
}

async fn closed(rig: &Rig) {
    rig.fault(json!({"network": "google", "on": "imports", "status": 200, "message": "CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE"})).await;
}

/// Transport and path of each call that carried the postback.
async fn ways(db: &Db, world: &World, id: Uuid) -> Vec<(Option<String>, String)> {
    let mut ways = Vec::new();
    for row in attempts::of_postback(db, world.game_id, id).await.unwrap() {
        let exchange = attempts::exchange(db, world.game_id, row.id).await.unwrap().unwrap();
        ways.push((row.transport, exchange.url.rsplit('/').next().unwrap().to_owned()));
    }
    ways
}

both_engines! {
    async fn a_conversion_is_imported_and_the_log_says_how(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, world(&db, "ads_api").await);
        let ids = world.postbacks(&db, 70).await;
        assert_eq!(rig.drain(NOW).await, 3, "32 to a call");
        assert_eq!(rig.counted().await, 70);
        let import = format!("{GOOGLE_CUSTOMER}:uploadClickConversions");
        assert_eq!(ways(&db, &world, ids[0]).await, [(Some("ads_api".into()), import)]);
        let row = &attempts::of_postback(&db, world.game_id, ids[69]).await.unwrap()[0];
        let kept = attempts::exchange(&db, world.game_id, row.id).await.unwrap().unwrap();
        assert!(kept.event.contains(&ids[69].to_string()) && kept.event.contains("conversionDateTime"), "{}", kept.event);
        assert_eq!(kept.envelope, r#"{"conversions":[],"partialFailure":true,"validateOnly":false}"#);
        assert!(kept.headers.iter().any(|(name, value)| name == "login-customer-id" && value == "6021148830"));
        assert!(kept.headers.iter().all(|(name, value)| name != "developer-token" && !value.contains("ya29")));
    }

    async fn each_conversion_of_a_call_has_its_own_fate(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, world(&db, "ads_api").await);
        let good = world.postback(&db).await;
        let bad = world.postback_with(&db, NOW, NOW + 27 * DAY, |event| event.value = Some(("5".into(), "USDX".into()))).await;
        let other = world.postback(&db).await;
        assert_eq!(rig.drain(NOW).await, 1, "nobody is sent again for the bad one");
        for id in [good, other] {
            assert_eq!((stored(&db, id).await.state.as_str(), queued(&db, id).await), ("accepted", None));
            assert_eq!((log(&db, id).await[0].code.clone(), log(&db, id).await[0].words.clone()), (None, None));
        }
        let end = stored(&db, bad).await;
        assert_eq!((end.state.as_str(), end.ended.as_deref()), ("failed", Some("refused by Google")));
        let row = &log(&db, bad).await[0];
        assert_eq!((row.status.as_str(), row.http, row.code.as_deref()), ("failed", Some(200), Some("UNSUPPORTED")));
        assert!(row.words.as_deref().is_some_and(|words| words.ends_with("(conversions[1].currency_code)")), "{row:?}");
        assert_eq!(world.parked(&db).await, None);
    }

    async fn a_click_that_google_does_not_know_is_accepted_and_not_credited(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, world(&db, "ads_api").await);
        let id = world.postback(&db).await;
        rig.fault(json!({"network": "google", "on": "imports", "status": 200, "message": "CLICK_NOT_FOUND", "times": 1})).await;
        rig.drain(NOW).await;
        let end = stored(&db, id).await;
        assert_eq!((end.state.as_str(), end.ended.as_deref(), queued(&db, id).await), ("accepted", Some("not credited: CLICK_NOT_FOUND"), None));
        let row = &attempts::of_postback(&db, world.game_id, id).await.unwrap()[0];
        assert_eq!((row.status.word(), row.code.as_deref()), ("success", Some("CLICK_NOT_FOUND")));
        assert_eq!(row.sequel.as_ref().map(|sequel| (sequel.word, sequel.at)), Some((LastWord::NotCredited, None)));
        assert!(row.meaning.as_deref().is_some_and(|meaning| meaning.contains("credits it to no ad")), "{row:?}");
        assert_eq!((rig.drain(NOW + DAY).await, world.parked(&db).await), (0, None));
    }

    async fn what_comes_too_early_waits_for_googles_clock(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, world(&db, "ads_api").await);
        let young = crate::server::simulator::world::GOOGLE_YOUNG_ACTION;
        let id = world.postback_with(&db, NOW, NOW + 27 * DAY, |event| event.action = Some(young.into())).await;
        rig.drain(NOW).await;
        assert_eq!(stored(&db, id).await.state, "retrying");
        assert!((NOW + 6 * HOUR..NOW + 8 * HOUR).contains(&queued(&db, id).await.unwrap().due_at));
        assert_eq!(log(&db, id).await[0].code.as_deref(), Some("TOO_RECENT_CONVERSION_ACTION"));
    }

    async fn an_answer_that_was_lost_is_told_at_the_next_try(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, world(&db, "ads_api").await);
        let id = world.postback(&db).await;
        rig.fault(json!({"network": "google", "reset": true, "after": true, "times": 1})).await;
        rig.drain(NOW).await;
        rig.drain(NOW + MINUTE).await;
        assert_eq!(rig.seen(id).await, ["accepted", "duplicate"]);
        assert_eq!(stored(&db, id).await.state, "accepted");
        let row = &log(&db, id).await[1];
        assert_eq!((row.status.as_str(), row.code.as_deref()), ("success", Some("ORDER_ID_ALREADY_IN_USE")));
    }

    async fn a_closed_import_parks_and_the_other_transport_drains_it(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, world(&db, "ads_api").await);
        let ids = world.postbacks(&db, 40).await;
        closed(&rig).await;
        rig.drain(NOW).await;
        let (cause, words) = world.parked(&db).await.expect("it is parked");
        assert_eq!(cause, ParkCause::Closed);
        assert!(words.contains("Data Manager API"), "{words}");
        assert_eq!((rig.counted().await, rig.drain(NOW + HOUR).await), (0, 0));
        let row = &attempts::of_postback(&db, world.game_id, ids[0]).await.unwrap()[0];
        assert!(row.meaning.as_deref().is_some_and(|meaning| meaning.contains("chooses another way of sending")), "{row:?}");
        let facts = health::of_network(&db, world.game_id, "google", NOW).await.unwrap().unwrap();
        assert!(matches!(judge::health(&facts), Health::Failing { .. }));

        world.send_over(&db, "data_manager").await;
        world.resume(&db, NOW + HOUR).await;
        rig.drain(NOW + HOUR).await;
        assert_eq!((rig.counted().await, world.parked(&db).await), (40, None));
        let import = format!("{GOOGLE_CUSTOMER}:uploadClickConversions");
        let both = [(Some("ads_api".into()), import), (Some("data_manager".into()), "events:ingest".into())];
        assert_eq!(ways(&db, &world, ids[0]).await, both);
        assert_eq!(rig.seen(ids[0]).await, ["refused", "accepted"]);
    }

    async fn a_refusal_of_the_former_transport_does_not_park_the_new_one(db: TestDb) {
        let world = world(&db, "data_manager").await;
        let late = |transport: Option<&str>| Park {
            connection_id: world.connection_id, secret: None, transport: transport.map(str::to_owned), cause: ParkCause::Closed,
            words: "closed".into(), since: NOW,
        };
        let secret = world.secret(&db).await;
        for (transport, parked) in [(Some("ads_api"), false), (None, false), (Some("data_manager"), true)] {
            let mut tx = db.begin().await.unwrap();
            connections::park(&mut tx, &Park { secret: secret.clone(), ..late(transport) }).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(world.parked(&db).await.is_some(), parked, "{transport:?}");
        }
    }

    async fn a_quota_of_one_transport_holds_its_own_connections_alone(db: TestDb) {
        let rig = Rig::start(&db).await;
        let (import, another, manager) = (world(&db, "ads_api").await, world(&db, "ads_api").await, world(&db, "data_manager").await);
        let id = import.postback(&db).await;
        rig.fault(json!({"network": "google", "on": "imports", "status": 429})).await;
        assert_eq!(rig.drain(NOW).await, 1);
        let row = &log(&db, id).await[0];
        assert_eq!((row.status.as_str(), row.http, row.code.as_deref()), ("retried", Some(429), Some("RESOURCE_EXHAUSTED")));
        assert!(queued(&db, id).await.unwrap().due_at >= NOW + 30_000);
        another.postback(&db).await;
        let free = manager.postback(&db).await;
        rig.drain(NOW).await;
        assert_eq!(stored(&db, free).await.state, "accepted");
    }
}
