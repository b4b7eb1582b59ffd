//! What is kept of a message, and that it counts once.

use super::*;
use crate::model::{DAY, HOUR};
use crate::server::db::within;
use crate::server::sweep::sweep;
use crate::tests::engines::both_engines;

both_engines! {
    async fn each_of_the_five_types_is_stored(db: TestDb) {
        let api = Api::new(db).await;
        api.accept(&[
            track(json!({ "sessionId": "s-1", "properties": { "value": serde_json::from_str::<Value>("12.990").unwrap() } })),
            message("page", json!({})),
            message("screen", json!({ "surface": "unity" })),
            message("identify", json!({ "userId": "7656", "identityType": "steam", "traits": { "email": "mira@example.com" }, "consentLevel": "full" })),
            message("alias", json!({ "fromId": "7656", "fromType": "steam", "toId": "e-1", "toType": "epic" })),
        ])
        .await;
        let rows: Vec<(String, Option<String>, String)> =
            on!(&api.db.db, pool => sqlx::query_as("select kind, event_name, body from messages order by id").fetch_all(pool).await).unwrap();
        let kinds: Vec<&str> = rows.iter().map(|(kind, ..)| kind.as_str()).collect();
        assert_eq!(kinds, ["track", "page", "screen", "identify", "alias"]);
        assert_eq!(rows[0].1.as_deref(), Some("level_up"));
        let body = |row: usize| serde_json::from_str::<Value>(&rows[row].2).unwrap();
        assert_eq!(body(0)["sessionId"], "s-1");
        assert_eq!(body(0)["properties"]["value"].to_string(), "12.990", "numbers keep their digits");
        assert_eq!((&body(3)["userId"], &body(3)["traits"]["email"]), (&json!("7656"), &json!("mira@example.com")));
        assert_eq!((&body(4)["fromType"], &body(4)["toId"]), (&json!("steam"), &json!("e-1")));
    }

    async fn a_message_sent_again_is_accepted_and_not_stored_again(db: TestDb) {
        let api = Api::new(db).await;
        let once = track(json!({}));
        api.accept(std::slice::from_ref(&once)).await;
        api.accept(&[once.clone(), track(json!({}))]).await;
        let bodies = futures::future::join_all((0..8).map(|_| api.post(std::slice::from_ref(&once)))).await;
        assert!(bodies.iter().all(|answer| answer.counts() == (1, 0)));
        assert_eq!(api.count("select count(*) from messages").await, 2);
    }

    async fn a_message_id_counts_once_in_thirty_days_whatever_else_it_comes_with(db: TestDb) {
        let api = Api::new(db).await;
        let first = track(json!({}));
        api.accept(std::slice::from_ref(&first)).await;
        let mut tx = api.db.begin().await.unwrap();
        within!(&mut tx, c => sqlx::query("update message_ids set received_at = received_at - $1").bind(30 * DAY).execute(c).await.map(drop)).unwrap();
        tx.commit().await.unwrap();
        sweep(&api.db, now()).await;
        let again = track(json!({ "messageId": first["messageId"], "eventName": "other", "anonymousId": "browser-2" }));
        api.accept(&[again]).await;
        assert_eq!(api.count("select count(*) from messages").await, 1);
        assert_eq!(api.count("select count(*) from players").await, 1);
    }

    async fn an_event_from_the_future_happened_when_it_arrived(db: TestDb) {
        let api = Api::new(db).await;
        let (past, future) = (now() - HOUR, now() + HOUR);
        api.accept(&[track(json!({ "eventTimestamp": time(past) })), track(json!({ "eventTimestamp": time(future) }))]).await;
        let times: Vec<(i64, i64, i64)> = on!(&api.db.db, pool => sqlx::query_as(
            "select event_time, original_time, received_at from messages order by id",
        ).fetch_all(pool).await).unwrap();
        assert_eq!((times[0].0, times[0].1), (past, past));
        assert_eq!((times[1].0, times[1].1), (times[1].2, future));
    }

    async fn the_players_browser_is_kept(db: TestDb) {
        let api = Api::new(db).await;
        let context = json!({ "library": "a", "libraryVersion": "1", "userAgent": "Of the context" });
        let body = json!({ "messages": [track(json!({})), track(json!({ "context": context }))] }).to_string();
        api.send(request(KEY).header("user-agent", "Of the request").body(body.into()).unwrap()).await;
        let agents: Vec<(String, String)> =
            on!(&api.db.db, pool => sqlx::query_as("select user_agent, ip from messages order by id").fetch_all(pool).await).unwrap();
        let expected = ["Of the request", "Of the context"].map(|agent| (agent.to_owned(), "192.0.2.7".to_owned()));
        assert_eq!(agents, expected);
    }

    async fn hundreds_of_messages_at_once_are_all_stored(db: TestDb) {
        let api = Api::new(db).await;
        let batches = (0..12).map(|batch| {
            let messages: Vec<Value> = (0..100).map(|n| track(json!({ "anonymousId": format!("b-{batch}-{}", n / 3) }))).collect();
            let api = &api;
            async move { api.accept(&messages).await }
        });
        futures::future::join_all(batches).await;
        assert_eq!(api.count("select count(*) from messages").await, 1_200);
        assert_eq!(api.count("select count(*) from message_ids").await, 1_200);
    }
}
