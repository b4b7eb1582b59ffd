//! Scripted faults: each kind, where it strikes, how often, and that it ends.

use super::{Sim, code_and_message, reddit_call, reddit_event, status_and_json, tiktok_call, tiktok_event};
use crate::server::simulator::world::*;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

fn tiktok() -> Value {
    tiktok_call(vec![tiktok_event("t")])
}

fn reddit() -> Value {
    reddit_call(vec![reddit_event("r")])
}

/// Waits until so many calls hang.
async fn hanging(sim: &Sim, count: usize) {
    while sim.json("/simulator/faults").await["hanging"] != count {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_status_is_answered_in_the_networks_words_as_often_as_asked() {
    let sim = Sim::start().await;
    sim.fault(json!({"network": "reddit", "status": 429, "retry_after": 7, "times": 2})).await;
    for _ in 0..2 {
        let answer = sim.reddit(&reddit()).send().await.unwrap();
        assert_eq!(answer.headers()["retry-after"], "7");
        let words = json!({"error": {"code": 429, "message": "Too many requests/events within timeframe."}});
        assert_eq!(status_and_json(answer).await, (429, words));
    }
    assert_eq!(sim.reddit_says(&reddit()).await.0, 200);
    sim.fault(json!({"network": "tiktok", "status": 502})).await;
    let answer = sim.tiktok(&tiktok()).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["content-type"].to_str().unwrap()), (502, "text/html"));
    assert!(answer.text().await.unwrap().contains("nginx"));
    let lines = sim.ledger("").await;
    let outcomes: Vec<_> = lines.iter().map(|line| (line["outcome"].as_str().unwrap(), line["fault"].as_u64())).collect();
    assert_eq!(outcomes, [("refused", Some(1)), ("refused", Some(1)), ("accepted", None), ("refused", Some(2))]);
}

#[tokio::test]
async fn a_code_over_http_200_and_a_body_word_for_word() {
    let sim = Sim::start().await;
    sim.fault(json!({"network": "tiktok", "code": 40100, "times": 1})).await;
    assert_eq!(sim.tiktok_says(&tiktok()).await, (40100, "Too many requests. Please retry in some time.".into()));
    sim.fault(json!({"network": "tiktok", "code": 51010, "message": "RPC failed", "times": 1})).await;
    assert_eq!(sim.tiktok_says(&tiktok()).await, (51010, "RPC failed".into()));
    sim.fault(json!({"network": "reddit", "status": 401, "body": "Authorization Required", "times": 1})).await;
    let answer = sim.reddit(&reddit()).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().as_str()), (401, "Authorization Required"));
    sim.fault(json!({"network": "reddit", "status": 401, "body": {"success": false}, "times": 1})).await;
    assert_eq!(sim.reddit_says(&reddit()).await, (401, json!({"success": false})));
}

#[tokio::test]
async fn a_reset_breaks_the_connection_before_or_after_the_work() {
    let sim = Sim::start().await;
    sim.fault(json!({"network": "tiktok", "reset": true, "times": 1})).await;
    let error = sim.tiktok(&tiktok()).send().await.unwrap_err();
    assert!(error.is_request() && !error.is_timeout(), "{error:?}");
    assert!(format!("{error:?}").contains("ConnectionReset"), "{error:?}");
    sim.fault(json!({"network": "tiktok", "reset": true, "after": true, "times": 1})).await;
    sim.tiktok(&tiktok()).send().await.unwrap_err();
    assert_eq!(sim.tiktok_says(&tiktok()).await.0, 0);
    let lines = sim.ledger("").await;
    let outcomes: Vec<_> = lines.iter().map(|line| (line["outcome"].as_str().unwrap(), line["answer"]["status"].as_u64())).collect();
    assert_eq!(outcomes, [("lost", None), ("accepted", None), ("duplicate", Some(200))]);
}

#[tokio::test]
async fn the_work_may_be_done_and_the_answer_be_trouble() {
    let sim = Sim::start().await;
    sim.fault(json!({"network": "reddit", "status": 500, "after": true, "times": 1})).await;
    assert_eq!(sim.reddit_says(&reddit()).await.0, 500);
    let line = &sim.ledger("").await[0];
    assert_eq!((&line["outcome"], &line["answer"]["status"]), (&json!("accepted"), &json!(500)));
}

#[tokio::test]
async fn hanging_ends_when_the_client_goes_away() {
    let sim = Sim::start().await;
    sim.fault(json!({"network": "reddit", "hang": true, "times": 1})).await;
    let call = tokio::spawn(sim.reddit(&reddit()).send());
    hanging(&sim, 1).await;
    call.abort();
    hanging(&sim, 0).await;
    assert_eq!(sim.ledger("outcome=lost").await.len(), 1);
    assert_eq!(sim.reddit_says(&reddit()).await.0, 200);
}

#[tokio::test]
async fn hanging_ends_when_the_simulator_shuts_down() {
    let sim = Sim::start().await;
    sim.fault(json!({"hang": true})).await;
    let call = tokio::spawn(sim.tiktok(&tiktok()).send());
    hanging(&sim, 1).await;
    let begun = Instant::now();
    sim.end().await;
    assert!(begun.elapsed() < super::super::GRACE);
    call.await.unwrap().unwrap_err();
}

#[tokio::test]
async fn a_late_answer_comes_late_and_a_dripping_one_drips() {
    let sim = Sim::start().await;
    let taken = async |fault: Value| {
        sim.fault(fault).await;
        let begun = Instant::now();
        let answer = sim.reddit(&reddit()).send().await.unwrap();
        let head = begun.elapsed();
        assert_eq!(status_and_json(answer).await.0, 200);
        (head, begun.elapsed())
    };
    let late = taken(json!({"network": "reddit", "hang_ms": 80, "times": 1})).await;
    assert!(late.0 >= Duration::from_millis(80), "{late:?}");
    let slow = taken(json!({"network": "reddit", "slow_ms": 80, "times": 1})).await;
    assert!(slow.1 >= Duration::from_millis(80), "{slow:?}");
}

#[tokio::test]
async fn an_expired_token_stays_expired_until_restored() {
    let sim = Sim::start().await;
    sim.fault(json!({"network": "reddit", "expire_token": true, "times": 1})).await;
    for _ in 0..2 {
        assert_eq!(sim.reddit_says(&reddit()).await.0, 401);
    }
    let spare = sim.client.post(sim.url(&format!("/api/v3/pixels/{REDDIT_PIXEL}/conversion_events"))).bearer_auth(REDDIT_SPARE_TOKEN);
    assert_eq!(spare.json(&reddit()).send().await.unwrap().status(), 200);
    let turned: Value =
        sim.post("/simulator/tokens/restore", json!({"network": "reddit", "token": REDDIT_TOKEN})).await.json().await.unwrap();
    assert_eq!(turned["turned"], 1);
    assert_eq!(sim.reddit_says(&reddit()).await.0, 200);
    let turned: Value = sim.post("/simulator/tokens/expire", json!({"network": "tiktok"})).await.json().await.unwrap();
    assert_eq!(turned["turned"], 1);
    assert_eq!(sim.tiktok_says(&tiktok()).await, (40105, "Access token is incorrect or has been revoked.".into()));
    assert_eq!(sim.post("/simulator/tokens/expire", json!({"network": "myspace"})).await.status(), 400);
}

#[tokio::test]
async fn one_bad_event_by_place_id_or_name() {
    let sim = Sim::start().await;
    let events = |ids: &[&str]| ids.iter().map(|id| reddit_event(id)).collect::<Vec<_>>();
    sim.fault(json!({"network": "reddit", "bad_event": {"dedup_id": "b", "message": "no"}})).await;
    let (status, body) = sim.reddit_says(&reddit_call(events(&["a", "b", "c"]))).await;
    assert_eq!((status, &body["error"]["fields"]), (400, &json!([{"field": "$.data.events[1]", "message": "no"}])));
    assert_eq!(sim.reddit_says(&reddit_call(events(&["a", "c"]))).await.0, 200);
    sim.fault(json!({"network": "tiktok", "bad_event": {"index": 1}, "times": 1})).await;
    assert_eq!(sim.tiktok_says(&tiktok()).await.0, 0);
    let two = tiktok_call(vec![tiktok_event("x"), tiktok_event("y")]);
    assert_eq!(sim.tiktok_says(&two).await, (40002, "Invalid value for event: refused by a scripted fault".into()));
    assert_eq!(sim.tiktok_says(&two).await.0, 0);
    sim.fault(json!({"network": "tiktok", "bad_event": {"event": "Lead"}})).await;
    assert_eq!(sim.tiktok_says(&two).await.0, 0);
}

#[tokio::test]
async fn a_fault_strikes_only_where_it_is_meant_to() {
    let sim = Sim::start().await;
    sim.fault(json!({"network": "tiktok", "on": "token", "code": 50000})).await;
    sim.fault(json!({"network": "tiktok", "on": "lists", "reset": true, "times": 1})).await;
    sim.fault(json!({"network": "tiktok", "on": "consent", "status": 503})).await;
    sim.fault(json!({"network": "reddit", "target": REDDIT_SHOP_PIXEL, "status": 500})).await;
    sim.fault(json!({"probability": 0, "status": 500})).await;
    assert_eq!(sim.tiktok_says(&tiktok()).await.0, 0);
    assert_eq!(sim.reddit_says(&reddit()).await.0, 200);
    assert_eq!(code_and_message(sim.post("/open_api/v1.3/oauth2/access_token/", json!({})).await).await.0, 50000);
    let list = || sim.client.get(sim.url("/open_api/v1.3/pixel/list/?advertiser_id=1")).header("Access-Token", TIKTOK_TOKEN).send();
    list().await.unwrap_err();
    assert_eq!(code_and_message(list().await.unwrap()).await.0, 40001);
    assert_eq!(sim.client.get(sim.url("/portal/auth")).send().await.unwrap().status(), 503);
    let faults = sim.json("/simulator/faults").await["faults"].clone();
    let struck: Vec<_> =
        faults.as_array().unwrap().iter().map(|fault| (fault["id"].as_u64().unwrap(), fault["struck"].as_u64().unwrap())).collect();
    assert_eq!(struck, [(1, 1), (3, 1), (4, 0), (5, 0)]);
}

#[tokio::test]
async fn clearing_clears_one_or_all() {
    let sim = Sim::start().await;
    for _ in 0..3 {
        sim.fault(json!({"status": 500})).await;
    }
    let delete = async |path: &str| status_and_json(sim.client.delete(sim.url(path)).send().await.unwrap()).await;
    assert_eq!(delete("/simulator/faults/2").await, (200, json!({"cleared": 1})));
    assert_eq!(delete("/simulator/faults/2").await.0, 404);
    assert_eq!(delete("/simulator/faults").await, (200, json!({"cleared": 2})));
    assert_eq!(sim.reddit_says(&reddit()).await.0, 200);
}

#[tokio::test]
async fn a_fault_that_makes_no_sense_is_refused_with_a_reason() {
    let sim = Sim::start().await;
    for (fault, part) in [
        (json!({}), "say what goes wrong"),
        (json!({"network": "tiktok"}), "say what goes wrong"),
        (json!({"network": "myspace", "reset": true}), "`myspace`"),
        (json!({"reset": true, "hang": true}), "one thing"),
        (json!({"status": 500, "expire_token": true}), "one thing"),
        (json!({"status": 99}), "200 to 599"),
        (json!({"reset": true, "slow_ms": 5}), "slow_ms"),
        (json!({"reset": true, "retry_after": 5}), "retry_after"),
        (json!({"slow_ms": 600_001}), "600000"),
        (json!({"status": 500, "probability": 1.5}), "probability"),
        (json!({"status": 500, "times": 0}), "times"),
        (json!({"bad_event": {}, "on": "lists"}), "conversions"),
        (json!({"bad_event": {}, "after": true}), "after"),
        (json!({"network": "google", "later": {"reason": "CLICK_NOT_FOUND"}}), "is none of"),
        (json!({"network": "google", "later": {}}), "at_work_ms"),
        (json!({"network": "google", "later": {"at_work_ms": 1}, "on": "token"}), "conversions"),
        (json!({"network": "google", "later": {"at_work_ms": 1}, "status": 500}), "one thing"),
        (json!({"network": "tiktok", "later": {"at_work_ms": 1}}), "receipt"),
        (json!({"later": {"at_work_ms": 1}}), "receipt"),
        (json!({"colour": "red"}), "unknown field"),
        (json!({"status": "500"}), "not a fault"),
        (json!([]), "not a fault"),
    ] {
        let (status, body) = status_and_json(sim.post("/simulator/faults", fault.clone()).await).await;
        assert_eq!(status, 400, "{fault}");
        assert!(body["error"].as_str().unwrap().contains(part), "{fault}: {body}");
    }
    for _ in 0..100 {
        sim.fault(json!({"status": 500})).await;
    }
    assert_eq!(sim.post("/simulator/faults", json!({"status": 500})).await.status(), 400);
}
