//! event/track: who may call, the envelope, what is answered and remembered.

use super::{NOW, Sim, code_and_message, tiktok_call, tiktok_event, with};
use crate::server::simulator::world::{TIKTOK_FOREIGN_PIXEL, TIKTOK_TOKEN};
use serde_json::{Value, json};

#[tokio::test]
async fn a_right_call_is_accepted_and_written_down() {
    let sim = Sim::start().await;
    let call = with(tiktok_call(vec![tiktok_event("order-1"), tiktok_event("order-2")]), "/test_event_code", json!("TEST123"));
    let answer: Value = sim.tiktok(&call).send().await.unwrap().json().await.unwrap();
    assert_eq!((&answer["code"], &answer["message"], &answer["data"]), (&json!(0), &json!("OK"), &json!({})));
    let lines = sim.ledger("network=tiktok").await;
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[1]["dedup_id"], "order-2");
    assert_eq!(lines[1]["event"], "Purchase");
    assert_eq!(lines[1]["received_at"], NOW);
    assert_eq!(lines[1]["test"], true);
    assert_eq!(lines[1]["outcome"], "accepted");
    assert_eq!(lines[1]["answer"], json!({"status": 200, "code": 0, "message": "OK"}));
    assert_eq!(lines[1]["body"], tiktok_event("order-2"));
}

#[tokio::test]
async fn the_token_is_the_bare_header_of_a_living_token() {
    let sim = Sim::start().await;
    let call = tiktok_call(vec![tiktok_event("a")]);
    let url = sim.url("/open_api/v1.3/event/track/");
    let none = code_and_message(sim.client.post(&url).json(&call).send().await.unwrap()).await;
    assert_eq!(none, (40104, "Access token is null, you should set it in http header with key Access-Token.".into()));
    for token in ["Bearer 51ab1e70ce000000000000000000000000000001", "nonsense"] {
        let answer = sim.client.post(&url).header("Access-Token", token).json(&call).send().await.unwrap();
        assert_eq!(code_and_message(answer).await, (40105, "Access token is incorrect or has been revoked.".into()));
    }
    let bearer = sim.client.post(&url).bearer_auth(TIKTOK_TOKEN).json(&call).send().await.unwrap();
    assert_eq!(code_and_message(bearer).await.0, 40104);
    let lines = sim.ledger("outcome=refused").await;
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[0]["dedup_id"], "a");
    assert_eq!(lines[0]["answer"]["code"], 40104);
}

#[tokio::test]
async fn the_slash_and_the_method_are_part_of_the_address() {
    let sim = Sim::start().await;
    let call = tiktok_call(vec![tiktok_event("a")]);
    assert_eq!(sim.post("/open_api/v1.3/event/track", call).await.status(), 404);
    assert_eq!(sim.client.get(sim.url("/open_api/v1.3/event/track/")).send().await.unwrap().status(), 405);
}

#[tokio::test]
async fn what_is_not_a_json_object_is_refused() {
    let sim = Sim::start().await;
    let call = tiktok_call(vec![tiktok_event("a")]);
    let text = sim.tiktok(&call).header("content-type", "text/plain");
    let plain = sim.client.post(sim.url("/open_api/v1.3/event/track/")).header("Access-Token", TIKTOK_TOKEN).body(call.to_string());
    drop(text);
    let (code, words) = code_and_message(plain.send().await.unwrap()).await;
    assert_eq!((code, words.contains("Content-Type")), (40002, true));
    for body in ["", "{", "[]", "\"x\"", "{\"data\":[1}"] {
        let request = sim.client.post(sim.url("/open_api/v1.3/event/track/")).header("Access-Token", TIKTOK_TOKEN);
        let answer = request.header("content-type", "application/json").body(body).send().await.unwrap();
        assert_eq!(code_and_message(answer).await.0, 40002, "{body}");
    }
    let counts = sim.json("/simulator/counts").await;
    assert_eq!(counts["networks"]["tiktok"]["calls"], 6);
    assert_eq!(counts["networks"]["tiktok"]["accepted"], 0);
}

#[tokio::test]
async fn the_envelope_is_read_strictly() {
    let sim = Sim::start().await;
    let call = tiktok_call(vec![tiktok_event("a")]);
    let cases = [
        ("/event_source", json!(null), 40002, "Invalid value for event_source: missing data for required field."),
        ("/event_source", json!("Web"), 40002, "Invalid value for event_source: must be one of: web, app, offline, crm."),
        ("/event_source", json!("offline"), 40002, "Invalid value for event_source_id: not a valid string."),
        ("/event_source_id", json!(17), 40002, "Invalid value for event_source_id: not a valid string."),
        ("/pixel_code", json!("x"), 40002, "Invalid value for pixel_code: unknown field."),
        ("/partner_name", json!("Postbacks"), 40063, "Invalid partner name."),
        ("/test_event_code", json!(12345), 40002, "Invalid value for test_event_code: not a valid string."),
        ("/test_event_code", json!(""), 40002, "Invalid value for test_event_code: must not be empty."),
        ("/data", json!({}), 40002, "Invalid value for data: not a valid list."),
        ("/data", json!([]), 40002, "Invalid value for data: shorter than minimum length 1."),
        ("/data", json!(vec![tiktok_event("x"); 1_001]), 40061, "Invalid batch size: at most 1000 events."),
    ];
    for (place, value, code, words) in cases {
        assert_eq!(sim.tiktok_says(&with(call.clone(), place, value)).await, (code, words.into()), "{place}");
    }
    assert_eq!(sim.tiktok_says(&tiktok_call(vec![tiktok_event("x"); 1_000])).await.0, 0);
}

#[tokio::test]
async fn a_pixel_of_somebody_else_is_no_permission() {
    let sim = Sim::start().await;
    for pixel in [TIKTOK_FOREIGN_PIXEL, "CNOBODY0000000000001"] {
        let call = with(tiktok_call(vec![tiktok_event("a")]), "/event_source_id", json!(pixel));
        let words = format!("No permission to operate pixel code: {pixel}. You must be an admin or operator of this advertiser account.");
        assert_eq!(sim.tiktok_says(&call).await, (40001, words));
    }
}

#[tokio::test]
async fn a_repeated_id_counts_once_within_48_hours() {
    let sim = Sim::start().await;
    let hour = 3_600_000;
    let call = tiktok_call(vec![tiktok_event("same")]);
    let other = tiktok_call(vec![with(tiktok_event("same"), "/event", json!("Lead"))]);
    for call in [&call, &call, &other, &with(call.clone(), "/test_event_code", json!("TEST1"))] {
        assert_eq!(sim.tiktok_says(call).await.0, 0);
    }
    sim.pass(48 * hour);
    sim.tiktok_says(&call).await;
    sim.pass(1);
    sim.tiktok_says(&call).await;
    let outcomes: Vec<_> = sim.ledger("dedup_id=same").await.iter().map(|line| line["outcome"].as_str().unwrap().to_owned()).collect();
    assert_eq!(outcomes, ["accepted", "duplicate", "accepted", "accepted", "duplicate", "accepted"]);
    let twice = tiktok_call(vec![tiktok_event("twins"), tiktok_event("twins")]);
    sim.tiktok_says(&twice).await;
    let outcomes: Vec<_> = sim.ledger("dedup_id=twins").await.iter().map(|line| line["outcome"].clone()).collect();
    assert_eq!(outcomes, ["accepted", "duplicate"]);
}
