//! From the ad click's page to the queued postback, in the transaction that accepted the message.

use super::*;
use crate::model::{DAY, MINUTE};
use crate::server::db::within;
use crate::server::sweep::sweep;
use crate::tests::engines::both_engines;

const NETWORK: &str = "tiktok";

impl Api {
    /// A once-per-player goal on purchases and an enabled connection.
    pub async fn with_goal_and_connection(db: TestDb) -> Self {
        let api = Self::new(db).await;
        let (goal, connection, time) = (Uuid::now_v7(), Uuid::now_v7(), now());
        let mut tx = api.db.begin().await.unwrap();
        within!(&mut tx, c => sqlx::query(
            "insert into goals (id, game_id, name, description, event, trigger_kind, status, created_at, updated_at)
             values ($1, $2, 'First Purchase', '', 'purchase', 'once', 'active', $3, $3)",
        ).bind(goal).bind(api.game_id).bind(time).execute(c).await.map(drop))
        .unwrap();
        within!(&mut tx, c => sqlx::query(
            "insert into connections (id, game_id, network, connected, enabled, target_id, connected_at) values ($1, $2, $3, $4, $4, 'PIXEL1', $5)",
        ).bind(connection).bind(api.game_id).bind(NETWORK).bind(true).bind(time).execute(c).await.map(drop)).unwrap();
        tx.commit().await.unwrap();
        api
    }
}

pub fn landing() -> Value {
    message(
        "page",
        json!({
            "surface": "pixel",
            "context": { "library": "pixel", "libraryVersion": "1", "pageUrl": "https://emberfall.example/?ttclid=E.C.P.abc&utm_source=tiktok&utm_medium=cpc" },
            "properties": { "ttclid": "E.C.P.abc" },
        }),
    )
}

pub fn purchase(fields: Value) -> Value {
    let mut message = track(json!({ "eventName": "purchase", "properties": { "value": "12.99", "currency": "USD" } }));
    for (name, value) in fields.as_object().unwrap() {
        message[name] = value.clone();
    }
    message
}

both_engines! {
    async fn a_message_left_without_any_id_is_stored_without_a_player(db: TestDb) {
        let api = Api::new(db).await;
        api.accept(&[message("track", json!({ "eventName": "purchase", "anonymousId": null, "userId": "7656", "consentLevel": "anonymous" }))]).await;
        assert_eq!(api.count("select count(*) from messages where player_id is null and note = 'consent'").await, 1);
    }

    async fn each_browser_is_a_player_of_its_game(db: TestDb) {
        let api = Api::new(db).await;
        game(&api.db, "tidewater", "pk_tide").await;
        let bodies = (0..12).map(|batch| {
            let messages: Vec<Value> = (0..100).map(|n| track(json!({ "anonymousId": format!("b-{batch}-{}", n / 3) }))).collect();
            json!({ "messages": messages }).to_string()
        });
        for body in bodies {
            for key in [KEY, "pk_tide"] {
                assert_eq!(api.send(request(key).body(body.clone().into()).unwrap()).await.counts(), (100, 0));
            }
        }
        assert_eq!(api.count("select count(*) from players").await, 2 * 12 * 34);
        assert_eq!(api.count("select count(distinct player_id) from messages").await, 2 * 12 * 34);
    }

    async fn identify_and_alias_link_a_players_ids(db: TestDb) {
        let api = Api::new(db).await;
        api.accept(&[track(json!({ "deviceId": "phone-1" })), track(json!({ "anonymousId": "browser-2" }))]).await;
        assert_eq!(api.count("select count(*) from players").await, 2);
        let user = |browser: &str, id: &str, kind: &str| message("identify", json!({ "anonymousId": browser, "userId": id, "identityType": kind }));
        api.accept(&[user("browser-1", "7656", "steam"), user("browser-2", "e-1", "epic")]).await;
        assert_eq!(api.count("select count(*) from players").await, 2);
        api.accept(&[message("alias", json!({ "anonymousId": null, "fromId": "7656", "fromType": "steam", "toId": "e-1", "toType": "epic" }))]).await;
        assert_eq!(api.count("select count(*) from players").await, 1);
        assert_eq!(api.count("select count(distinct player_id) from identities").await, 1);
        assert_eq!(api.count("select count(distinct player_id) from messages").await, 1);
    }

    async fn a_purchase_after_an_ad_click_queues_a_postback(db: TestDb) {
        let api = Api::with_goal_and_connection(db).await;
        api.accept(&[landing()]).await;
        assert_eq!(api.count("select count(*) from clicks where network = 'tiktok' and kind = 'ttclid' and click_id = 'E.C.P.abc'").await, 1);
        api.accept(&[purchase(json!({}))]).await;
        assert_eq!(api.count("select count(*) from conversions where decision = 'credited' and network = 'tiktok' and currency = 'USD'").await, 1);
        assert_eq!(api.count("select count(*) from postbacks p join queue q on q.id = p.id where p.state = 'queued' and p.sent_as = 'Purchase'").await, 1);
        assert_eq!(api.count("select count(*) from slots").await, 1);
        tokio::time::timeout(std::time::Duration::from_secs(10), api.wake.notified()).await.expect("dispatch is woken");

        api.accept(&[purchase(json!({}))]).await;
        assert_eq!(api.count("select count(*) from conversions where decision = 'not_sent' and reason = 'already_converted'").await, 1);
        assert_eq!(api.count("select count(*) from queue").await, 1);
    }

    async fn a_value_is_kept_and_sent_to_the_digit(db: TestDb) {
        let api = Api::with_goal_and_connection(db).await;
        api.run("update goals set trigger_kind = 'repeatable'").await;
        api.accept(&[landing()]).await;
        let values = [
            ("12.990", Some(("12.990", 12_990_000))),
            ("\"0.1\"", Some(("0.1", 100_000))),
            ("0.000001", Some(("0.000001", 1))),
            ("999999999999.999999", Some(("999999999999.999999", 999_999_999_999_999_999))),
            ("0.1000000000000000055511151231257827", None),
            ("1e2", None),
            ("\"12,99\"", None),
            ("-1", None),
        ];
        for (value, exact) in values {
            let properties = format!(r#"{{ "value": {value}, "currency": "usd" }}"#);
            let message = purchase(json!({ "properties": serde_json::from_str::<Value>(&properties).unwrap() }));
            api.accept(std::slice::from_ref(&message)).await;
            let id: Uuid = message["messageId"].as_str().unwrap().parse().unwrap();
            let (text, micros, currency, body): (Option<String>, Option<i64>, Option<String>, String) = on!(&api.db.db, pool => sqlx::query_as(
                "select p.value_text, p.value_micros, p.currency, p.body from conversions c join postbacks p on p.conversion_id = c.id
                 where c.message_id = $1",
            ).bind(id).fetch_one(pool).await).unwrap();
            assert_eq!(text.as_deref().zip(micros), exact, "{value}");
            assert_eq!(currency.as_deref(), exact.map(|_| "USD"), "{value}");
            let body: Value = serde_json::from_str(&body).unwrap();
            assert_eq!(body["value"].get(0).and_then(Value::as_str), exact.map(|(text, _)| text), "{value}");
        }
    }

    async fn click_and_purchase_may_come_in_one_batch_and_in_any_order(db: TestDb) {
        let api = Api::with_goal_and_connection(db).await;
        api.accept(&[purchase(json!({})), landing()]).await;
        assert_eq!(api.count("select count(*) from conversions where decision = 'credited'").await, 1);
        assert_eq!(api.count("select count(*) from queue").await, 1);
    }

    async fn a_purchase_waits_until_its_player_is_linked_to_a_click(db: TestDb) {
        let api = Api::with_goal_and_connection(db).await;
        api.accept(&[landing()]).await;
        api.accept(&[purchase(json!({ "anonymousId": "console-1", "userId": "7656", "identityType": "steam" }))]).await;
        assert_eq!(api.count("select count(*) from conversions where decision = 'waiting'").await, 1);
        assert_eq!(api.count("select count(*) from queue").await, 0);
        api.accept(&[message("identify", json!({ "userId": "7656", "identityType": "steam" }))]).await;
        assert_eq!(api.count("select count(*) from conversions where decision = 'credited'").await, 1);
        assert_eq!(api.count("select count(*) from queue").await, 1);
    }

    async fn waiting_ends_after_seven_days_with_the_reason_that_was_kept(db: TestDb) {
        let api = Api::with_goal_and_connection(db).await;
        api.accept(&[landing()]).await;
        let elsewhere = purchase(json!({ "anonymousId": "console-1", "userId": "7656", "identityType": "steam" }));
        api.accept(&[elsewhere]).await;
        let waiting = "select count(*) from conversions where decision = 'waiting' and reason = 'no_click'";
        let ended = "select count(*) from conversions where decision = 'not_sent' and reason = 'no_click' and waiting_until is null";
        sweep(&api.db, now() + 7 * DAY - MINUTE).await;
        assert_eq!((api.count(waiting).await, api.count(ended).await), (1, 0));
        sweep(&api.db, now() + 7 * DAY).await;
        assert_eq!((api.count(waiting).await, api.count(ended).await), (0, 1));
        assert_eq!(api.count("select count(*) from slots").await, 1, "it still is the player's first purchase");
        assert_eq!(api.count("select count(*) from queue").await, 0);
    }
}
