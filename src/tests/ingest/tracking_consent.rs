//! What players agree to, set and asked for over the API.

use super::the_loop::{landing, purchase};
use super::*;
use crate::tests::engines::{both_engines, sqlite};

const PATH: &str = "/v1/audience/tracking-consent";

impl Api {
    async fn put_consent(&self, body: impl Into<Body>) -> Answer {
        let request = Request::put(PATH).header("x-immutable-publishable-key", KEY).header("content-type", "application/json");
        self.send(request.body(body.into()).unwrap()).await
    }

    pub async fn set_consent(&self, anonymous_id: &str, status: &str) {
        let body = json!({ "anonymousId": anonymous_id, "status": status, "source": "cookie-banner-v1" });
        let answer = self.put_consent(body.to_string()).await;
        assert_eq!((answer.status, &answer.body), (StatusCode::NO_CONTENT, &Value::Null));
        assert_eq!(answer.header("x-trace-id").len(), 32);
    }

    async fn get_consent(&self, key: &str, query: &str) -> Answer {
        let request = Request::get(format!("{PATH}{query}")).header("x-immutable-publishable-key", key);
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub async fn consent_of(&self, anonymous_id: &str) -> String {
        let answer = self.get_consent(KEY, &format!("?anonymousId={anonymous_id}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer.body["status"].as_str().unwrap().to_owned()
    }
}

both_engines! {
    async fn the_last_status_counts_and_nobody_knows_what_was_never_set(db: TestDb) {
        let api = Api::new(db).await;
        assert_eq!(api.consent_of("browser-1").await, "not_set");
        for status in ["none", "full", "anonymous"] {
            api.set_consent("browser-1", status).await;
            assert_eq!(api.consent_of("browser-1").await, status);
        }
        assert_eq!(api.consent_of("browser-2").await, "not_set");
        assert_eq!(api.count("select count(*) from players where consent = 'anonymous' and consent_source = 'cookie-banner-v1'").await, 1);
        game(&api.db, "tidewater", "pk_tide").await;
        assert_eq!(api.get_consent("pk_tide", "?anonymousId=browser-1").await.body["status"], "not_set");
        api.accept(&[track(json!({ "anonymousId": "browser-3" }))]).await;
        assert_eq!(api.consent_of("browser-3").await, "not_set");
    }

    async fn none_cancels_what_waits_and_blocks_what_comes_until_it_is_raised(db: TestDb) {
        let api = Api::with_goal_and_connection(db).await;
        api.accept(&[landing(), purchase(json!({}))]).await;
        assert_eq!(api.count("select count(*) from queue").await, 1);
        api.set_consent("browser-1", "none").await;
        assert_eq!(api.count("select count(*) from queue").await, 0);
        assert_eq!(api.count("select count(*) from postbacks where state = 'cancelled' and ended = 'The player has not agreed to this.'").await, 1);
        assert_eq!(api.count("select count(*) from attempts where status = 'failed' and http is null").await, 1);
        api.accept(&[purchase(json!({ "deviceId": "phone-1" }))]).await;
        assert_eq!(api.count("select count(*) from conversions where reason = 'consent'").await, 1);
        api.set_consent("browser-1", "anonymous").await;
        api.accept(&[purchase(json!({}))]).await;
        assert_eq!(api.count("select count(*) from conversions where reason = 'consent'").await, 1, "what came meanwhile stays here");
    }

    async fn a_refusal_of_one_browser_counts_for_the_whole_player(db: TestDb) {
        let api = Api::with_goal_and_connection(db).await;
        let user = |browser: &str| message("identify", json!({ "anonymousId": browser, "userId": "7656", "identityType": "steam" }));
        api.accept(&[landing(), user("browser-1"), user("browser-2"), purchase(json!({}))]).await;
        api.set_consent("browser-2", "none").await;
        assert_eq!(api.count("select count(*) from queue").await, 0);
        assert_eq!((api.consent_of("browser-1").await.as_str(), api.consent_of("browser-2").await.as_str()), ("none", "none"));
        assert_eq!(api.count("select count(*) from players where identity_count = 3").await, 1);
    }

    async fn players_who_turn_out_to_be_one_keep_the_newest_status_and_where_it_was_given(db: TestDb) {
        let api = Api::new(db).await;
        for (browser, status, source) in [("browser-1", "none", "pixel"), ("browser-2", "full", "WebSDK")] {
            api.put_consent(json!({ "anonymousId": browser, "status": status, "source": source }).to_string()).await;
        }
        let user = |browser: &str| message("identify", json!({ "anonymousId": browser, "userId": "7656", "identityType": "steam" }));
        api.accept(&[user("browser-1"), user("browser-2")]).await;
        assert_eq!(api.consent_of("browser-1").await, "full");
        assert_eq!(api.count("select count(*) from players where consent = 'full' and consent_source = 'WebSDK'").await, 1);
        assert_eq!(api.count("select count(*) from players").await, 1);
    }

    async fn many_statuses_at_once_are_all_kept(db: TestDb) {
        let api = Api::new(db).await;
        let mut names: Vec<String> = (0..40).map(|n| format!("browser-{}", n % 20)).collect();
        names.extend((0..20).map(|n| format!("browser-{n}")));
        futures::future::join_all(names.iter().map(|name| api.set_consent(name, "none"))).await;
        assert_eq!(api.count("select count(*) from players where consent = 'none' and identity_count = 1").await, 20);
    }

    async fn an_id_that_everybody_has_is_nobodys(db: TestDb) {
        let api = Api::new(db).await;
        api.set_consent("undefined", "none").await;
        assert_eq!((api.consent_of("undefined").await.as_str(), api.count("select count(*) from players").await), ("not_set", 0));
    }

    async fn a_rotated_key_neither_sets_nor_reads(db: TestDb) {
        let api = Api::new(db).await;
        api.set_consent("browser-1", "none").await;
        replace_key(&api.db, api.game_id, KeyKind::Publishable, "pk_new").await;
        let get = api.get_consent(KEY, "?anonymousId=browser-1").await;
        assert_eq!((get.status, get.refusal()), (StatusCode::UNAUTHORIZED, "UNAUTHORISED_REQUEST"));
        let put = api.put_consent(json!({ "anonymousId": "browser-1", "status": "full", "source": "x" }).to_string()).await;
        assert_eq!((put.status, put.refusal()), (StatusCode::UNAUTHORIZED, "UNAUTHORISED_REQUEST"));
        assert_eq!(api.get_consent("pk_new", "?anonymousId=browser-1").await.body["status"], "none");
    }
}

#[tokio::test]
async fn a_status_that_is_not_one_is_told_what_is_wrong() {
    let api = Api::new(sqlite().await).await;
    let long = |length: usize| "x".repeat(length);
    let body = |field: &str, value: Value| {
        let mut body = json!({ "anonymousId": "browser-1", "status": "none", "source": "pixel" });
        body[field] = value;
        body.to_string()
    };
    for (body, field, code) in [
        (body("anonymousId", Value::Null), "anonymousId", "MISSING_REQUIRED_FIELD"),
        (body("anonymousId", json!(" ")), "anonymousId", "MISSING_REQUIRED_FIELD"),
        (body("anonymousId", json!(7)), "anonymousId", "INVALID_FORMAT"),
        (body("anonymousId", json!(long(257))), "anonymousId", "INVALID_VALUE"),
        (body("status", json!("not_set")), "status", "INVALID_ENUM"),
        (body("status", json!("some")), "status", "INVALID_ENUM"),
        (body("status", Value::Null), "status", "MISSING_REQUIRED_FIELD"),
        (body("source", json!(long(129))), "source", "INVALID_VALUE"),
        (body("source", json!("")), "source", "MISSING_REQUIRED_FIELD"),
    ] {
        let answer = api.put_consent(body.clone()).await;
        assert_eq!((answer.status, answer.refusal()), (StatusCode::BAD_REQUEST, "VALIDATION_ERROR"), "{body}");
        let error = &answer.body["details"]["errors"][0];
        assert_eq!((error["field"].as_str(), error["code"].as_str()), (Some(field), Some(code)), "{body}");
    }
    for body in ["", "[]", "null", "\"x\"", "{\"anonymousId\":"] {
        let answer = api.put_consent(body).await;
        assert_eq!((answer.status, answer.refusal()), (StatusCode::BAD_REQUEST, "VALIDATION_ERROR"), "{body}");
    }
    for query in ["", "?anonymousId=", "?anonymousId=a&anonymousId=b", &format!("?anonymousId={}", long(257)), "?userId=x"] {
        let answer = api.get_consent(KEY, query).await;
        assert_eq!((answer.status, answer.refusal()), (StatusCode::BAD_REQUEST, "VALIDATION_ERROR"), "{query}");
    }
    assert_eq!(api.count("select count(*) from players").await, 0);
    api.set_consent(&"é".repeat(256), "full").await;
}

#[tokio::test]
async fn a_status_is_the_games_whose_key_came_with_it() {
    let api = Api::new(sqlite().await).await;
    replace_key(&api.db, api.game_id, KeyKind::Secret, "sk_test").await;
    for key in ["", "pk_nobody", "sk_test"] {
        let answer = api.get_consent(key, "?anonymousId=browser-1").await;
        assert_eq!((answer.status, answer.refusal()), (StatusCode::UNAUTHORIZED, "UNAUTHORISED_REQUEST"), "{key}");
    }
}
