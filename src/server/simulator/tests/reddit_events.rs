//! conversion_events: who may call, what is answered and remembered.

use super::{NOW, Sim, reddit_call, reddit_event, status_and_json, with};
use crate::server::simulator::world::*;
use serde_json::{Value, json};

fn error(status: u16, words: &str) -> (u16, Value) {
    (status, json!({"error": {"code": status, "message": words}}))
}

#[tokio::test]
async fn a_right_call_is_accepted_and_written_down() {
    let sim = Sim::start().await;
    let answer = sim.reddit_says(&reddit_call(vec![reddit_event("order-1")])).await;
    assert_eq!(answer, (200, json!({"data": {"message": "Successfully processed 1 conversion events."}})));
    let answer = sim.reddit_says(&reddit_call(vec![reddit_event("order-2"), reddit_event("order-3")])).await;
    assert_eq!(answer.1["data"]["message"], "Successfully processed 2 conversion events.");
    let lines = sim.ledger("network=reddit").await;
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[2]["target"], REDDIT_PIXEL);
    assert_eq!((&lines[2]["event"], &lines[2]["dedup_id"], &lines[2]["received_at"]), (&json!("PURCHASE"), &json!("order-3"), &json!(NOW)));
    assert_eq!((&lines[2]["outcome"], &lines[2]["test"], &lines[2]["words"]), (&json!("accepted"), &json!(false), &json!(null)));
    assert_eq!(lines[2]["body"], reddit_event("order-3"));
}

#[tokio::test]
async fn the_token_comes_first_and_the_pixel_next() {
    let sim = Sim::start().await;
    let call = json!({"nonsense": true});
    let post = |pixel: &str| sim.client.post(sim.url(&format!("/api/v3/pixels/{pixel}/conversion_events"))).json(&call);
    let say = async |request: reqwest::RequestBuilder| status_and_json(request.send().await.unwrap()).await;
    assert_eq!(say(post(REDDIT_PIXEL)).await, error(401, "No bearer token provided"));
    assert_eq!(say(post(REDDIT_PIXEL).header("Authorization", REDDIT_TOKEN)).await, error(401, "No bearer token provided"));
    assert_eq!(say(post(REDDIT_PIXEL).bearer_auth("wrong")).await, error(401, "UNAUTHORIZED"));
    for pixel in [REDDIT_FOREIGN_PIXEL, "a2_nobody"] {
        let words = format!("You're not authorized to post conversions to Pixel ID {pixel}.");
        assert_eq!(say(post(pixel).bearer_auth(REDDIT_TOKEN)).await, error(403, &words));
    }
    let words = "Missing adsconversions scope to post conversions to Pixel.";
    assert_eq!(say(post(REDDIT_PIXEL).bearer_auth(REDDIT_READ_TOKEN)).await, error(403, words));
    assert_eq!(say(post(REDDIT_SHOP_PIXEL).bearer_auth(REDDIT_SPARE_TOKEN)).await, error(400, "missing data"));
}

#[tokio::test]
async fn a_librarys_own_user_agent_is_slowed_down() {
    let sim = Sim::start().await;
    let call = reddit_call(vec![reddit_event("a")]);
    for agent in ["reqwest/0.13", "python-requests/2.31", "Go-http-client/1.1", "curl/8.5.0", "node-fetch/1.0", "Mozilla/5.0 (X11)", ""] {
        let answer = sim.reddit(&call).header("User-Agent", agent).send().await.unwrap();
        assert_eq!(status_and_json(answer).await, error(429, "Your user agent was automatically ratelimited."), "{agent}");
    }
    assert_eq!(sim.reddit(&call).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn old_and_wrong_addresses_are_not_found() {
    let sim = Sim::start().await;
    for path in [
        "/api/v2.0/conversions/events/a2_samplegame01",
        "/api/v3/conversions/events/a2_samplegame01",
        "/api/v3/pixels/a2_samplegame01/conversion_events/",
    ] {
        let answer = sim.client.post(sim.url(path)).bearer_auth(REDDIT_TOKEN).json(&json!({})).send().await.unwrap();
        assert_eq!(answer.status(), 404, "{path}");
    }
}

#[tokio::test]
async fn a_body_that_does_not_decode_is_refused_with_a_message_alone() {
    let sim = Sim::start().await;
    let unknown = |name: &str| format!("JSON error \"unknown field\" on field \"{name}\"");
    let wrong = |name: &str| format!("JSON error \"invalid type\" on field \"{name}\"");
    let call = reddit_call(vec![reddit_event("a"), reddit_event("b")]);
    let cases = [
        ("/test_mode", json!(true), unknown("test_mode")),
        ("/data", json!(null), "missing data".into()),
        ("/data/partner", json!("POSTBACKS"), "invalid partner: POSTBACKS".into()),
        ("/data/test_id", json!(7), wrong("test_id")),
        ("/data/events", json!({}), wrong("events")),
        ("/data/events", json!([]), "Bad Request".into()),
        ("/data/events", json!(vec![reddit_event("x"); 1_001]), "Bad Request".into()),
        ("/data/events/1/test_id", json!("t2_x"), unknown("test_id")),
        ("/data/events/1/event_type", json!({}), unknown("event_type")),
        ("/data/events/1/type/name", json!("x"), unknown("name")),
        ("/data/events/1/user/ip", json!("192.0.2.1"), unknown("ip")),
        ("/data/events/1/user/opt_out", json!(false), unknown("opt_out")),
        ("/data/events/1/metadata/value_decimal", json!(1), unknown("value_decimal")),
        ("/data/events/1/metadata/products", json!([{"id": "1", "price": 2}]), unknown("price")),
        ("/data/events/1/action_source", json!("website"), "invalid action_source: website".into()),
        ("/data/events/1/action_source", json!(null), "missing action_source".into()),
        ("/data/events/1/type/tracking_type", json!("Purchase"), "invalid tracking_type: Purchase".into()),
        ("/data/events/1/event_at", json!("1760346197562"), wrong("event_at")),
        ("/data/events/1/event_at", json!(1760346197.5), wrong("event_at")),
        ("/data/events/1/event_at", json!(null), "missing event_at".into()),
        ("/data/events/1/metadata/value", json!("100.0"), wrong("value")),
        ("/data/events/1/metadata/item_count", json!(1.5), wrong("item_count")),
        ("/data/events/1/metadata/conversion_id", json!(9001), wrong("conversion_id")),
        ("/data/events/1/user/screen_dimensions", json!({"width": "1920"}), wrong("screen_dimensions")),
    ];
    for (place, value, words) in cases {
        assert_eq!(sim.reddit_says(&with(call.clone(), place, value)).await, error(400, &words), "{place}");
    }
    let request = sim.reddit(&call).body("{\"data\":");
    assert_eq!(status_and_json(request.send().await.unwrap()).await, error(400, "JSON error \"syntax error\""));
    assert_eq!(sim.json("/simulator/counts").await["networks"]["reddit"]["accepted"], 0);
}

#[tokio::test]
async fn a_test_id_marks_the_call_and_is_best_alone() {
    let sim = Sim::start().await;
    let one = with(reddit_call(vec![reddit_event("a")]), "/data/test_id", json!("t2_abc"));
    let two = with(reddit_call(vec![reddit_event("b"), reddit_event("c")]), "/data/test_id", json!("t2_abc"));
    assert_eq!(sim.reddit_says(&one).await.0, 200);
    assert_eq!(sim.reddit_says(&two).await.0, 200);
    let lines = sim.ledger("test=true").await;
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[0]["words"], json!(null));
    assert_eq!(lines[2]["words"], "Event Testing shows test events of single-event calls only");
}

#[tokio::test]
async fn a_plain_and_a_hashed_conversion_id_are_the_same_conversion() {
    let sim = Sim::start().await;
    let hashed = "a4cc2fc5adf58a029291c1514d273989113a1d05e1d753c1d0c3a848af7109cc";
    for id in ["customer12345", hashed, " customer12345 ", "customer1234"] {
        assert_eq!(sim.reddit_says(&reddit_call(vec![reddit_event(id)])).await.0, 200);
    }
    let sign_up = json!({"event_at": NOW, "action_source": "OTHER", "click_id": "1", "type": {"tracking_type": "SIGN_UP"}, "metadata": {"conversion_id": hashed}});
    sim.reddit_says(&reddit_call(vec![sign_up])).await;
    let outcomes: Vec<_> = sim.ledger("").await.iter().map(|line| line["outcome"].clone()).collect();
    assert_eq!(outcomes, ["accepted", "duplicate", "duplicate", "accepted", "accepted"]);
}
