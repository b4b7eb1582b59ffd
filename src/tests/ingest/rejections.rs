//! What is wrong with a message, by the published codes; the others of its batch are taken all the same.

use super::*;
use crate::model::{DAY, HOUR, MINUTE};
use crate::tests::engines::{both_engines, sqlite};

both_engines! {
    async fn good_messages_are_taken_beside_bad_ones(db: TestDb) {
        let api = Api::new(db).await;
        let answer = api.post(&[track(json!({})), message("track", json!({})), track(json!({})), json!("x")]).await;
        assert_eq!((answer.status, answer.counts()), (StatusCode::OK, (2, 2)));
        assert_eq!(answer.body["success"], false);
        assert_eq!(answer.body["rejections"].as_array().unwrap().len(), 2);
        assert_eq!(api.count("select count(*) from messages").await, 2);
        let none = api.post(&[track(json!({}))]).await;
        assert_eq!(none.body, json!({ "success": true, "accepted": 1, "rejected": 0, "rejections": [] }));
    }

    async fn a_message_id_that_comes_twice_is_rejected_each_time_and_named_once(db: TestDb) {
        let api = Api::new(db).await;
        let id = Uuid::new_v4();
        let upper = id.to_string().to_uppercase();
        let answer = api.post(&[track(json!({ "messageId": id.to_string() })), track(json!({})), track(json!({ "messageId": upper }))]).await;
        assert_eq!((answer.status, answer.counts()), (StatusCode::OK, (1, 2)));
        assert_eq!(answer.body["rejections"][0]["messageId"], id.to_string());
        assert_eq!(answer.errors(), [("messageId".to_owned(), "DUPLICATE_MESSAGE_ID".to_owned())]);
        assert_eq!(api.count("select count(*) from messages").await, 1);
    }
}

#[tokio::test]
async fn each_wrong_field_has_its_code() {
    let api = Api::new(sqlite().await).await;
    let long = "x".repeat(257);
    let big = json!({ "note": "x".repeat(33 * 1024) });
    let user = |id: &str| json!({ "userId": id, "identityType": "steam" });
    let alias = |to: &str| json!({ "fromId": "a", "fromType": "steam", "toId": to, "toType": "epic" });
    for (bad, field, code) in [
        (json!("text"), "message", "INVALID_FORMAT"),
        (message("track", json!({ "type": null, "eventName": "x" })), "type", "MISSING_REQUIRED_FIELD"),
        (message("click", json!({})), "type", "UNSUPPORTED_TYPE"),
        (track(json!({ "messageId": "" })), "messageId", "MISSING_REQUIRED_FIELD"),
        (track(json!({ "messageId": "order-17" })), "messageId", "INVALID_FORMAT"),
        (track(json!({ "messageId": 17 })), "messageId", "INVALID_FORMAT"),
        (track(json!({ "messageId": "{550e8400-e29b-41d4-a716-446655440000}" })), "messageId", "INVALID_FORMAT"),
        (message("page", json!({ "eventTimestamp": null })), "eventTimestamp", "MISSING_REQUIRED_FIELD"),
        (track(json!({ "eventTimestamp": "yesterday" })), "eventTimestamp", "INVALID_FORMAT"),
        (track(json!({ "eventTimestamp": 1775649600 })), "eventTimestamp", "INVALID_FORMAT"),
        (track(json!({ "eventTimestamp": time(now() - 30 * DAY - MINUTE) })), "eventTimestamp", "INVALID_VALUE"),
        (track(json!({ "eventTimestamp": time(now() + 24 * HOUR + MINUTE) })), "eventTimestamp", "INVALID_VALUE"),
        (message("track", json!({})), "eventName", "MISSING_REQUIRED_FIELD"),
        (track(json!({ "eventName": "  " })), "eventName", "MISSING_REQUIRED_FIELD"),
        (track(json!({ "eventName": long })), "eventName", "INVALID_VALUE"),
        (track(json!({ "anonymousId": long })), "anonymousId", "INVALID_VALUE"),
        (track(json!({ "deviceId": "a\u{0}b" })), "deviceId", "INVALID_VALUE"),
        (track(json!({ "sessionId": ["s"] })), "sessionId", "INVALID_FORMAT"),
        (track(json!({ "identityType": "myspace" })), "identityType", "INVALID_ENUM"),
        (track(json!({ "surface": "fridge" })), "surface", "INVALID_ENUM"),
        (track(json!({ "consentLevel": "some" })), "consentLevel", "INVALID_ENUM"),
        (track(json!({ "test": "yes" })), "test", "INVALID_FORMAT"),
        (track(json!({ "properties": [1] })), "properties", "INVALID_FORMAT"),
        (track(json!({ "properties": { "a": { "b": ["x\u{0}"] } } })), "properties", "INVALID_VALUE"),
        (track(json!({ "properties": big })), "properties", "INVALID_VALUE"),
        (track(json!({ "traits": { "na\u{0}me": 1 } })), "traits", "INVALID_VALUE"),
        (track(json!({ "context": "web" })), "context", "INVALID_FORMAT"),
        (track(json!({ "context": { "libraryVersion": "1" } })), "context.library", "MISSING_REQUIRED_FIELD"),
        (track(json!({ "context": { "library": "a", "libraryVersion": " " } })), "context.libraryVersion", "MISSING_REQUIRED_FIELD"),
        (track(json!({ "context": { "library": "a", "libraryVersion": "1", "pageUrl": 7 } })), "context.pageUrl", "INVALID_FORMAT"),
        (track(json!({ "context": { "library": "a", "libraryVersion": "1", "more": "x".repeat(17_000) } })), "context", "INVALID_VALUE"),
        (
            track(json!({ "context": { "library": "a", "libraryVersion": "1", "screenDensity": "high" } })),
            "context.screenDensity",
            "INVALID_FORMAT",
        ),
        (message("page", json!({ "anonymousId": null })), "message", "MISSING_REQUIRED_FIELD"),
        (message("identify", json!({ "identityType": "steam" })), "userId", "MISSING_REQUIRED_FIELD"),
        (message("identify", json!({ "userId": "u" })), "identityType", "MISSING_REQUIRED_FIELD"),
        (
            message("identify", {
                let mut u = user("u");
                u["identityType"] = json!("xbox");
                u
            }),
            "identityType",
            "INVALID_ENUM",
        ),
        (message("alias", json!({ "fromId": "a", "fromType": "steam", "toId": "b" })), "toType", "MISSING_REQUIRED_FIELD"),
        (message("alias", alias("a")), "toId", "INVALID_VALUE"),
    ] {
        let answer = api.post(std::slice::from_ref(&bad)).await;
        assert_eq!((answer.status, answer.counts()), (StatusCode::BAD_REQUEST, (0, 1)), "{bad}: {}", answer.body);
        assert_eq!(answer.body["success"], false);
        assert_eq!(answer.errors(), [(field.to_owned(), code.to_owned())], "{bad}");
        let sent = bad.get("messageId").map_or(String::new(), |id| id.as_str().map_or_else(|| id.to_string(), str::to_owned));
        assert_eq!(answer.body["rejections"][0]["messageId"], sent, "echoed as sent");
    }
    assert_eq!(api.count("select count(*) from messages").await, 0);
}

#[tokio::test]
async fn every_wrong_field_of_a_message_is_named() {
    let api = Api::new(sqlite().await).await;
    let answer = api.post(&[json!({ "type": "identify", "messageId": "x", "eventTimestamp": "x" })]).await;
    let fields: Vec<String> = answer.errors().into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["messageId", "eventTimestamp", "userId", "identityType"]);
}

#[tokio::test]
async fn what_only_describes_the_page_is_cut_and_costs_no_message() {
    let api = Api::new(sqlite().await).await;
    let long = |unit: &str| unit.repeat(20_000);
    let mut context = json!({ "library": long("l"), "libraryVersion": long("1") });
    for field in ["userAgent", "locale", "timezone", "screen", "pageTitle", "browserLanguage", "pagePath", "pageReferrer"] {
        context[field] = json!(format!("\u{0}{}", long("ä&?=#")));
    }
    context["pageUrl"] = json!(format!("https://emberfall.example/?noise={}&ttclid=E.C.P.kept&utm_source=tiktok#{}", long("n"), long("f")));
    for kind in ["page", "track", "screen"] {
        let mut said = message(kind, json!({ "surface": "web", "context": context }));
        said["eventName"] = json!("x");
        api.accept(&[said]).await;
    }
    assert_eq!(api.count("select count(*) from clicks where click_id = 'E.C.P.kept'").await, 1);
    assert_eq!(api.count("select count(*) from messages where length(body) > 10000").await, 0, "what is kept of it is short");
}

#[tokio::test]
async fn the_limits_themselves_are_taken() {
    let api = Api::new(sqlite().await).await;
    let edge = "é".repeat(256);
    api.accept(&[
        track(json!({ "eventName": edge, "anonymousId": edge, "deviceId": edge, "sessionId": edge, "userId": edge })),
        track(json!({ "eventTimestamp": time(now() - 30 * DAY + MINUTE) })),
        track(json!({ "eventTimestamp": time(now() + 24 * HOUR - MINUTE) })),
        track(json!({ "properties": { "value": 12.990, "nested": [[[[{}]]]] }, "traits": {}, "unknown": { "field": 1 } })),
        track(json!({ "surface": "pixel", "context": { "library": "a", "libraryVersion": "1", "pageUrl": "x".repeat(2048), "screenDensity": 1.5 } })),
        message("track", json!({ "anonymousId": null, "userId": "user-123", "eventName": "purchase", "context": null })),
        track(json!({ "messageId": Uuid::new_v4().simple().to_string().to_uppercase() })),
    ])
    .await;
}
