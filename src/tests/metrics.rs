//! What operators see from outside, and who is let in to see it.

use super::app::TestApp;
use super::engines::{self, both_engines};
use crate::server::db::within;
use crate::server::networks::ALL;
use crate::server::now;
use reqwest::{Method, StatusCode};
use serde_json::json;
use uuid::Uuid;

const TOKEN: (&str, &str) = ("POSTBACKS_METRICS_TOKEN", "a-token-of-the-operator");

/// Asks with this header, or none.
async fn ask(app: &TestApp, authorization: Option<&str>) -> super::app::Answer {
    let mut visitor = app.visitor();
    let request = visitor.bare(Method::GET, "/metrics");
    let request = match authorization {
        Some(value) => request.header("authorization", value),
        None => request,
    };
    visitor.send(request).await
}

#[tokio::test]
async fn without_a_token_there_are_no_metrics() {
    let app = TestApp::owned(engines::sqlite().await).await;
    assert_eq!(ask(&app, None).await.status, StatusCode::NOT_FOUND);
    assert_eq!(ask(&app, Some("Bearer anything")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn only_the_operators_token_opens_them() {
    let app = TestApp::with(engines::sqlite().await, &[TOKEN]).await;
    for wrong in [None, Some("Bearer "), Some("Bearer a-token-of-the-operato"), Some("a-token-of-the-operator"), Some("Basic YTpi")] {
        let answer = ask(&app, wrong).await;
        assert_eq!((answer.status, answer.header("www-authenticate")), (StatusCode::UNAUTHORIZED, "Bearer"), "{wrong:?}");
        assert!(!answer.body.contains("postbacks_"), "{}", answer.body);
    }
    let answer = ask(&app, Some("Bearer a-token-of-the-operator")).await;
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8"));
}

both_engines! {
    async fn they_tell_what_came_in_and_what_waits(db: TestDb) {
        let app = TestApp::with(db, &[TOKEN]).await;
        let game = crate::tests::ingest::game(&app.state.db, "emberfall", "pk_test").await;
        let connection = Uuid::now_v7();
        let network = ALL.iter().find(|network| network.oauth().is_some()).unwrap().spec().slug;
        let mut tx = app.state.db.begin().await.unwrap();
        within!(&mut tx, c => sqlx::query(
            "insert into connections (id, game_id, network, connected, enabled, target_id, connected_at) values ($1, $2, $3, $4, $5, 'P', 1)",
        ).bind(connection).bind(game).bind(network).bind(true).bind(false).execute(c).await.map(drop)).unwrap();
        within!(&mut tx, c => sqlx::query(
            "insert into queue (id, connection_id, due_at, expires_at, attempt, claims, refusals) values ($1, $2, $3, $4, 0, 0, 0)",
        ).bind(Uuid::now_v7()).bind(connection).bind(now() - 90_000).bind(now() + 90_000).execute(c).await.map(drop)).unwrap();
        tx.commit().await.unwrap();
        let mut visitor = app.visitor();
        let bad = json!({ "messages": [{ "type": "track", "messageId": "no uuid" }] });
        let request = visitor.bare(Method::POST, "/v1/audience/messages").header("x-immutable-publishable-key", "pk_test").json(&bad);
        assert_eq!(visitor.send(request).await.status, StatusCode::BAD_REQUEST);

        let body = ask(&app, Some("Bearer a-token-of-the-operator")).await.body;
        let value = |line: &str| -> f64 {
            let found = body.lines().find_map(|one| one.strip_prefix(line)).unwrap_or_else(|| panic!("{line} is not in\n{body}"));
            found.trim().parse().unwrap()
        };
        let labels = format!("{{network=\"{network}\",connection=\"{connection}\"}}");
        assert_eq!(value(&format!("postbacks_queue_postbacks{labels}")), 1.0);
        assert_eq!(value(&format!("postbacks_connection_held{labels}")), 1.0);
        assert!(value(&format!("postbacks_queue_overdue_seconds{labels}")) >= 90.0);
        // Other tests of the process count here too.
        assert!(value("postbacks_ingest_requests_total{status=\"400\"}") >= 1.0);
        assert!(value("postbacks_ingest_rejections_total{code=\"INVALID_FORMAT\"}") >= 1.0);
        assert!(!body.contains("emberfall"), "labels carry no names");
    }
}
