//! `DELETE /v1/audience/data`: who may ask, what is gone afterwards, and what is left.

use super::the_loop::{landing, purchase};
use super::*;
use crate::server::db::{audit, erasures, within};
use crate::tests::dump::dump;
use crate::tests::engines::{both_engines, sqlite};

pub const SECRET: &str = "sk_test";

impl Api {
    async fn with_secret(db: TestDb) -> Self {
        let api = Self::with_goal_and_connection(db).await;
        replace_key(&api.db, api.game_id, KeyKind::Secret, SECRET).await;
        api
    }

    async fn delete(&self, key: &str, query: &str) -> Answer {
        let request = Request::delete(format!("/v1/audience/data{query}")).header("x-immutable-api-key", key);
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// Asks for an erasure and has it done; the id of the request.
    async fn erase(&self, query: &str) -> String {
        let answer = self.delete(SECRET, query).await;
        assert_eq!((answer.status, &answer.body), (StatusCode::ACCEPTED, &Value::Null));
        self.erasure.work_off(&self.db).await;
        answer.header("x-trace-id").to_owned()
    }

    /// What the audit log says of the erasure of that request.
    async fn receipt(&self, trace_id: &str) -> String {
        let lines = audit::newest(&self.db, Some(self.game_id), 100).await.unwrap();
        let mut of_it = lines.into_iter().filter(|line| line.subject == trace_id);
        let line = of_it.next().expect("a receipt");
        assert_eq!((line.action.as_str(), line.who.as_str(), of_it.next()), ("player.erased", "the secret key", None));
        line.detail
    }

    pub async fn run(&self, text: &'static str) {
        let mut tx = self.db.begin().await.unwrap();
        within!(&mut tx, c => sqlx::query(text).execute(c).await.map(drop)).unwrap();
        tx.commit().await.unwrap();
    }

    /// The words of the erased player that no row may hold afterwards.
    async fn says_nothing_of(&self, words: &[&str]) {
        let everything = dump(&self.db).await;
        for word in words {
            let found: Vec<&String> = everything.iter().filter(|row| row.contains(word)).collect();
            assert!(found.is_empty(), "{word} is in {found:?}");
        }
    }
}

fn user(browser: &str) -> Value {
    message(
        "identify",
        json!({ "anonymousId": browser, "deviceId": "device-mira", "userId": "76561198", "identityType": "steam", "consentLevel": "full",
                "traits": { "email": "mira@example.com", "phone": "+49 170 1234567" } }),
    )
}

/// Everything that the database knew of her.
const MIRA: &[&str] =
    &["browser-1", "browser-2", "device-mira", "76561198", "mira@example.com", "170 1234567", "E.C.P.abc", "192.0.2.7", "Of Mira"];

both_engines! {
    async fn a_player_is_gone_with_all_linked_ids_and_nobody_else_is(db: TestDb) {
        let api = Api::with_secret(db).await;
        api.accept(&[landing(), user("browser-1"), purchase(json!({ "sessionId": "s-mira", "context": { "library": "a", "libraryVersion": "1", "userAgent": "Of Mira" } }))]).await;
        api.accept(&[user("browser-2"), message("page", json!({ "anonymousId": "browser-2" }))]).await;
        let other = |kind, fields| { let mut one = message(kind, fields); one["anonymousId"] = json!("somebody"); one };
        api.accept(&[other("page", json!({})), other("track", json!({ "eventName": "purchase" }))]).await;
        api.run("update messages set ip = '198.51.100.1', user_agent = 'other' where player_id in (select player_id from identities where value = 'somebody')").await;
        api.run("update conversions set body = '{}' where player_id in (select player_id from identities where value = 'somebody')").await;
        api.run("update clicks set body = '{}' where player_id in (select player_id from identities where value = 'somebody')").await;
        assert!(dump(&api.db).await.iter().any(|row| row.contains("mira@example.com")), "the dump sees her");
        assert_eq!(api.count("select count(*) from queue").await, 1);

        let trace_id = api.erase("?userId=76561198").await;
        api.says_nothing_of(MIRA).await;
        api.says_nothing_of(&["s-mira"]).await;
        for (text, left) in [
            ("select count(*) from messages", 2),
            ("select count(*) from players", 1),
            ("select count(*) from identities", 1),
            ("select count(*) from clicks", 1),
            ("select count(*) from conversions", 1),
            ("select count(*) from slots", 1),
            ("select count(*) from queue", 0),
            ("select count(*) from erasures", 0),
            ("select count(*) from postbacks where state = 'cancelled' and ended like '%erased on request%' and body = '{}'", 1),
            ("select count(*) from attempts where status = 'failed' and http is null and meaning like '%erased on request%'", 1),
        ] {
            assert_eq!(api.count(text).await, left, "{text}");
        }
        assert_eq!(
            api.receipt(&trace_id).await,
            "Held and deleted: 4 ids, 5 messages, 1 ad click or visit, 1 conversion. Cancelled before it went out: 1 postback. \
             Nothing had gone to a network."
        );
    }

    async fn what_comes_late_is_counted_and_nothing_of_it_is_kept(db: TestDb) {
        let api = Api::with_secret(db).await;
        api.accept(&[landing(), user("browser-1")]).await;
        let sent_before = purchase(json!({}));
        api.erase("?anonymousId=browser-1").await;
        api.accept(&[sent_before.clone(), user("browser-9"), landing(), track(json!({ "anonymousId": "browser-9" }))]).await;
        api.accept(&[sent_before]).await;
        api.says_nothing_of(&MIRA[..7]).await;
        assert_eq!(api.count("select count(*) from messages where note = 'erased' and player_id is null and body = '{}'").await, 3);
        assert_eq!(api.count("select count(*) from conversions where decision = 'not_sent' and reason = 'erased'").await, 1);
        assert_eq!((api.count("select count(*) from players").await, api.count("select count(*) from queue").await), (1, 0));
        api.set_consent("browser-1", "full").await;
        assert_eq!(api.consent_of("browser-1").await, "not_set");
        api.says_nothing_of(&["browser-1"]).await;
        assert_eq!(api.count("select count(*) from erased_ids").await, 3, "a hash of each of the ids");
    }

    async fn an_unknown_id_gets_its_receipt_and_is_kept_out(db: TestDb) {
        let api = Api::with_secret(db).await;
        let trace_id = api.erase("?userId=never-seen").await;
        assert_eq!(api.receipt(&trace_id).await, "Nothing was held. The id is kept out from now on.");
        api.accept(&[message("identify", json!({ "anonymousId": null, "userId": "never-seen", "identityType": "epic" }))]).await;
        assert_eq!(api.count("select count(*) from players").await, 0);
        api.says_nothing_of(&["never-seen"]).await;
    }

    async fn another_game_keeps_its_player_of_the_same_id(db: TestDb) {
        let api = Api::with_secret(db).await;
        game(&api.db, "tidewater", "pk_tide").await;
        let body = json!({ "messages": [landing()] }).to_string();
        for key in [KEY, "pk_tide"] {
            assert_eq!(api.send(request(key).body(body.clone().into()).unwrap()).await.status, StatusCode::OK);
        }
        api.erase("?anonymousId=browser-1").await;
        assert_eq!((api.count("select count(*) from players").await, api.count("select count(*) from messages").await), (1, 1));
        let more = json!({ "messages": [track(json!({}))] }).to_string();
        assert_eq!(api.send(request("pk_tide").body(more.into()).unwrap()).await.status, StatusCode::OK);
        assert_eq!(api.count("select count(*) from messages where player_id is not null").await, 2);
    }

    async fn a_large_player_goes_step_by_step_and_a_stopped_process_is_followed_by_another(db: TestDb) {
        let api = Api::with_secret(db).await;
        for _ in 0..13 {
            let messages: Vec<Value> = (0..100).map(|_| track(json!({}))).collect();
            api.accept(&messages).await;
        }
        let answer = api.delete(SECRET, "?anonymousId=browser-1").await;
        // A process takes it up, and is stopped.
        assert!(erasures::claim(&api.db, now()).await.unwrap().is_some());
        api.erasure.work_off(&api.db).await;
        assert_eq!(api.count("select count(*) from messages").await, 1_300, "somebody is at it");
        api.run("update erasures set lease_until = 1").await;
        let other = Erasure::new(Salt::for_tests());
        tokio::join!(api.erasure.work_off(&api.db), other.work_off(&api.db));
        assert_eq!((api.count("select count(*) from messages").await, api.count("select count(*) from erasures").await), (0, 0));
        assert!(api.receipt(answer.header("x-trace-id")).await.starts_with("Held and deleted: 1 id, 1,300 messages."));
    }

    async fn many_erasures_are_done_by_several_processes_once_each(db: TestDb) {
        let api = Api::with_secret(db).await;
        let messages: Vec<Value> = (0..30).map(|n| track(json!({ "anonymousId": format!("browser-{n}") }))).collect();
        api.accept(&messages).await;
        let queries: Vec<String> = (0..30).map(|n| format!("?anonymousId=browser-{n}")).collect();
        let answers = futures::future::join_all(queries.iter().map(|query| api.delete(SECRET, query))).await;
        let workers: Vec<Erasure> = (0..4).map(|_| Erasure::new(Salt::for_tests())).collect();
        futures::future::join_all(workers.iter().map(|worker| worker.work_off(&api.db))).await;
        for answer in answers {
            assert!(api.receipt(answer.header("x-trace-id")).await.starts_with("Held and deleted: 1 id, 1 message"));
        }
        assert_eq!(api.count("select count(*) from players").await, 0);
    }

    async fn messages_that_come_while_a_player_is_erased_are_gone_or_kept_out(db: TestDb) {
        let api = Api::with_secret(db).await;
        api.accept(&[landing()]).await;
        assert_eq!(api.delete(SECRET, "?anonymousId=browser-1").await.status, StatusCode::ACCEPTED);
        let posts = futures::future::join_all((0..20).map(|_| async { api.accept(&[purchase(json!({}))]).await }));
        tokio::join!(posts, api.erasure.work_off(&api.db));
        api.says_nothing_of(&["browser-1", "E.C.P.abc"]).await;
        assert_eq!((api.count("select count(*) from players").await, api.count("select count(*) from queue").await), (0, 0));
    }

    async fn only_the_secret_key_erases_and_a_rotated_one_is_dead_at_once(db: TestDb) {
        let api = Api::with_secret(db).await;
        api.accept(&[track(json!({}))]).await;
        let unknown_long = "s".repeat(5_000);
        for key in ["", "sk_nobody", KEY, &unknown_long] {
            let answer = api.delete(key, "?anonymousId=browser-1").await;
            assert_eq!((answer.status, answer.refusal()), (StatusCode::UNAUTHORIZED, "UNAUTHORISED_REQUEST"), "{key}");
        }
        let publishable = Request::delete("/v1/audience/data?anonymousId=browser-1").header("x-immutable-publishable-key", SECRET);
        assert_eq!(api.send(publishable.body(Body::empty()).unwrap()).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(api.count("select count(*) from api_keys where kind = 'secret' and last_used_at is not null").await, 0);
        api.erase("?anonymousId=somebody").await;
        assert_eq!(api.count("select count(*) from api_keys where kind = 'secret' and last_used_at is not null").await, 1);
        replace_key(&api.db, api.game_id, KeyKind::Secret, "sk_new").await;
        assert_eq!(api.delete(SECRET, "?anonymousId=browser-1").await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(api.count("select count(*) from erasures").await, 0);
        assert_eq!(api.delete("sk_new", "?anonymousId=browser-1").await.status, StatusCode::ACCEPTED);
    }
}

#[tokio::test]
async fn one_id_is_asked_for_and_only_one() {
    let api = Api::with_secret(sqlite().await).await;
    let long = "x".repeat(257);
    for query in [
        "",
        "?anonymousId=a&userId=b",
        "?anonymousId=a&anonymousId=b",
        "?anonymousId=",
        "?userId=%20",
        "?userId=a%00b",
        "?deviceId=a",
        &format!("?userId={long}"),
    ] {
        let answer = api.delete(SECRET, query).await;
        assert_eq!((answer.status, answer.refusal()), (StatusCode::BAD_REQUEST, "VALIDATION_ERROR"), "{query}");
    }
    assert_eq!(api.count("select count(*) from erasures").await, 0);
}

#[tokio::test]
async fn a_secret_key_in_a_web_page_is_refused_and_the_page_is_told_why() {
    let api = Api::with_secret(sqlite().await).await;
    let from_page = |request: axum::http::request::Builder| {
        request
            .header("origin", "https://emberfall.example")
            .header("x-immutable-api-key", SECRET)
            .header("x-immutable-publishable-key", KEY)
    };
    let body = json!({ "messages": [track(json!({}))] }).to_string();
    for request in [
        from_page(Request::delete("/v1/audience/data?anonymousId=browser-1")).body(Body::empty()),
        from_page(Request::get("/v1/audience/tracking-consent?anonymousId=browser-1")).body(Body::empty()),
        from_page(Request::put("/v1/audience/tracking-consent")).body(Body::empty()),
        from_page(Request::post("/v1/audience/messages")).body(body.into()),
    ] {
        let answer = api.send(request.unwrap()).await;
        assert_eq!((answer.status, answer.refusal()), (StatusCode::UNAUTHORIZED, "UNAUTHORISED_REQUEST"));
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert!(answer.body["message"].as_str().unwrap().contains("came from a web page"), "{}", answer.body);
    }
    assert_eq!(api.count("select count(*) from erasures").await, 0);
    assert_eq!(api.count("select count(*) from messages").await, 0);
}

#[tokio::test]
async fn erasures_and_statuses_count_against_the_keys_rate() {
    let api = Api::with(sqlite().await, Rates { per_key: 2, per_ip: 0 }, &[]).await;
    replace_key(&api.db, api.game_id, KeyKind::Secret, SECRET).await;
    let mut statuses = Vec::new();
    for _ in 0..4 {
        let answer = api.delete(SECRET, "?anonymousId=browser-1").await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            assert_eq!((answer.refusal(), answer.header("retry-after")), ("TOO_MANY_REQUESTS_ERROR", "1"));
        }
        statuses.push(answer.status.as_u16());
    }
    assert!(statuses[..2] == [202, 202] && statuses[2..].contains(&429), "{statuses:?}");
}
