//! Meta's events: who may call, the envelope, one rule after the other broken alone, what is remembered.

use super::{HASH, NOW, Sim, meta_call, meta_event, meta_proof, with};
use crate::server::simulator::world::*;
use serde_json::{Value, json};

fn error(answer: &(u16, Value)) -> (u16, i64, Option<i64>) {
    (answer.0, answer.1["error"]["code"].as_i64().unwrap(), answer.1["error"]["error_subcode"].as_i64())
}

#[tokio::test]
async fn a_right_call_is_accepted_and_written_down() {
    let sim = Sim::start().await;
    let call = with(meta_call(vec![meta_event("order-1"), meta_event("order-2")]), "/test_event_code", json!("TEST123"));
    let (status, answer) = sim.meta_says(&call).await;
    assert_eq!((status, &answer["events_received"], &answer["messages"]), (200, &json!(2), &json!([])));
    let lines = sim.ledger("network=meta").await;
    assert_eq!(
        (lines.len(), &lines[1]["dedup_id"], &lines[1]["event"], &lines[1]["test"]),
        (2, &json!("order-2"), &json!("Purchase"), &json!(true))
    );
    assert_eq!((&lines[1]["outcome"], &lines[1]["words"]), (&json!("accepted"), &Value::Null));
    assert_eq!(sim.meta_says(&call).await.0, 200);
    assert_eq!(sim.ledger("outcome=duplicate").await.len(), 2);
}

#[tokio::test]
async fn the_captured_answer_comes_back_word_for_word() {
    let sim = Sim::start().await;
    let (status, mut answer) = sim.meta_says(&meta_call(vec![with(meta_event("x"), "/event_time", json!(null))])).await;
    assert_eq!((status, answer["error"]["fbtrace_id"].take().is_string()), (400, true));
    let expected = json!({"error": {
        "message": "Invalid parameter", "type": "OAuthException", "code": 100, "error_subcode": 2_804_019, "is_transient": false,
        "error_user_title": "Server-side API parameter error", "error_user_msg": "The parameter $['data'][0]['event_time'] is required.",
        "fbtrace_id": null
    }});
    assert_eq!(answer, expected);
}

#[tokio::test]
async fn token_proof_and_dataset_are_asked_first() {
    let sim = Sim::start().await;
    let call = |token: Value, proof: Value| with(with(meta_call(vec![meta_event("a")]), "/access_token", token), "/appsecret_proof", proof);
    let says = async |body: Value| error(&sim.meta_says(&body).await);
    assert_eq!(says(call(json!(null), json!(null))).await, (400, 104, None));
    assert_eq!(says(call(json!("nonsense"), json!(null))).await, (400, 190, None));
    assert_eq!(says(call(json!(META_TOKEN), json!(null))).await, (400, 104, None));
    assert_eq!(says(call(json!(META_TOKEN), json!("ab"))).await, (400, 104, None));
    assert_eq!(says(call(json!(META_PASTED_TOKEN), json!(meta_proof(META_PASTED_TOKEN)))).await, (400, 104, None));
    assert_eq!(says(call(json!(META_READ_TOKEN), json!(null))).await, (400, 10, None));
    assert_eq!(sim.meta_says(&call(json!(META_TOKEN), json!(meta_proof(META_TOKEN)))).await.0, 200);
    let elsewhere =
        |dataset: &str| sim.client.post(sim.url(&format!("/v26.0/{dataset}/events"))).json(&meta_call(vec![meta_event("a")])).send();
    for dataset in [META_FOREIGN_PIXEL, "1"] {
        let answer = super::status_and_json(elsewhere(dataset).await.unwrap()).await;
        assert_eq!(error(&answer), (400, 100, Some(33)), "{dataset}");
    }
    let old =
        sim.client.post(sim.url(&format!("/v20.0/{META_PIXEL}/events"))).json(&meta_call(vec![meta_event("a")])).send().await.unwrap();
    assert_eq!(old.status(), 404, "a version that has ended is no path");
    sim.post("/simulator/tokens/expire", json!({"network": "meta"})).await;
    assert_eq!(says(call(json!(META_PASTED_TOKEN), json!(null))).await, (400, 190, Some(463)));
}

#[tokio::test]
async fn a_fault_expires_the_token_in_the_body() {
    let sim = Sim::start().await;
    sim.fault(json!({"network": "meta", "expire_token": true, "times": 1})).await;
    assert_eq!(error(&sim.meta_says(&meta_call(vec![meta_event("a")])).await), (400, 190, Some(463)));
    sim.fault(json!({"network": "meta", "code": 4, "times": 1})).await;
    assert_eq!(error(&sim.meta_says(&meta_call(vec![meta_event("a")])).await), (400, 4, None));
    sim.fault(json!({"network": "meta", "status": 503, "times": 1})).await;
    assert_eq!(error(&sim.meta_says(&meta_call(vec![meta_event("a")])).await), (503, 2, None));
}

/// Every case breaks the one event of a call.
async fn refused(cases: &[(&str, Value, i64, &str)]) {
    let sim = Sim::start().await;
    for (place, value, subcode, words) in cases {
        let answer = sim.meta_says(&meta_call(vec![with(meta_event("e"), place, value.clone())])).await;
        assert_eq!(error(&answer), (400, 100, Some(*subcode)), "{place} {value}");
        let said = answer.1["error"]["error_user_msg"].as_str().unwrap();
        assert!(said.contains(words), "{place} {value}: {said}");
    }
    assert_eq!(sim.json("/simulator/counts").await["networks"]["meta"]["accepted"], 0);
}

#[tokio::test]
async fn one_rule_after_the_other() {
    let cookie = |time: i64| json!(format!("fb.1.{time}.x"));
    refused(&[
        ("/event_name", json!(null), 2_804_019, "['event_name'] is required"),
        ("/event_name", json!(7), 2_804_048, "must be a string"),
        ("/action_source", json!(null), 2_804_019, "['action_source'] is required"),
        ("/action_source", json!("game"), 2_804_048, "must be one of"),
        ("/user_data", json!(null), 2_804_019, "['user_data'] is required"),
        ("/event_source_url", json!(null), 2_804_019, "['event_source_url'] is required"),
        ("/event_source_url", json!("game.example"), 2_804_048, "must be a URL"),
        ("/action_source", json!("system_generated"), 2_804_048, "goes with action_source website"),
        ("/user_data/client_user_agent", json!(null), 2_804_019, "client_user_agent'] is required"),
        ("/user_data/client_user_agent", json!(" "), 2_804_048, "must not be empty"),
        ("/user_data/client_ip_address", json!("203.0.113"), 2_804_048, "must be an IP address"),
        ("/user_data/em", json!("alice@example.com"), 2_804_048, "must be hashed"),
        ("/user_data/em", json!([HASH.to_uppercase()]), 2_804_048, "must be hashed"),
        ("/user_data/ph", json!("16505551234"), 2_804_048, "must be hashed"),
        ("/user_data/email", json!(HASH), 2_804_048, "is not known"),
        ("/user_data/fbc", json!("IwAR0abc"), 2_804_048, "must look like"),
        ("/user_data/fbc", cookie(NOW / 1000), 2_804_048, "must look like"),
        ("/custom_data/value", json!("4.99"), 2_804_048, "must be a number"),
        ("/custom_data/value", json!(-1), 2_804_048, "must be a number"),
        ("/custom_data/value", json!(null), 2_804_019, "['value'] is required"),
        ("/custom_data/currency", json!("usd"), 2_804_048, "ISO 4217"),
        ("/custom_data/currency", json!(null), 2_804_010, "include a currency parameter"),
        ("/event_time", json!(NOW), 2_804_048, "not in the future"),
        ("/event_time", json!((NOW / 1000).to_string()), 2_804_048, "in seconds"),
        ("/event_time", json!(NOW / 1000 - 7 * 86_400 - 1), 2_804_003, "within 7 days"),
        ("/level", json!(3), 2_804_048, "is not known"),
    ])
    .await;
}

#[tokio::test]
async fn who_cannot_be_found_is_refused() {
    let sim = Sim::start().await;
    let says = async |user: Value| {
        let event = with(
            with(with(meta_event("e"), "/user_data", user), "/action_source", json!("system_generated")),
            "/event_source_url",
            json!(null),
        );
        sim.meta_says(&meta_call(vec![event])).await.0
    };
    for weak in
        [json!({}), json!({"client_user_agent": "x"}), json!({"client_user_agent": "x", "ct": HASH}), json!({"fn": HASH, "ge": HASH})]
    {
        assert_eq!(says(weak.clone()).await, 400, "{weak}");
    }
    for enough in [json!({"client_user_agent": "x", "client_ip_address": "192.0.2.1"}), json!({"em": HASH}), json!({"external_id": "7"})] {
        assert_eq!(says(enough.clone()).await, 200, "{enough}");
    }
}

#[tokio::test]
async fn one_bad_event_refuses_all_and_what_would_be_spoiled_is_remarked() {
    let sim = Sim::start().await;
    let bad = meta_call(vec![meta_event("good"), with(meta_event("bad"), "/custom_data/value", json!("1"))]);
    assert_eq!(sim.meta_says(&bad).await.0, 400);
    let lines = sim.ledger("outcome=refused").await;
    assert_eq!((lines.len(), lines[0]["words"].is_null(), lines[1]["words"].is_string()), (2, true, true));
    let stale = json!(format!("fb.1.{}.x", NOW - 91 * 86_400_000));
    let early = json!(format!("fb.1.{}.x", NOW + 3_600_000));
    let events = vec![
        with(meta_event("stale"), "/user_data/fbc", stale),
        with(meta_event("early"), "/user_data/fbc", early),
        with(meta_event("none"), "/event_id", json!(null)),
    ];
    assert_eq!(sim.meta_says(&meta_call(events)).await.0, 200);
    let words: Vec<_> = sim.ledger("outcome=accepted").await.iter().map(|line| line["words"].as_str().unwrap().to_owned()).collect();
    assert!(words[0].contains("older than 90 days") && words[1].contains("younger") && words[2].contains("no event_id"), "{words:?}");
}
