//! The answers that were captured from the real networks (reference vectors), got out of the simulator whole.

use super::{Sim, reddit_call, reddit_event, tiktok_call, tiktok_event, with};
use crate::server::simulator::world::REDDIT_PIXEL;
use serde_json::{Value, json};

#[tokio::test]
async fn tiktoks() {
    let sim = Sim::start().await;
    let body = async |request: reqwest::RequestBuilder| {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        with(answer.json().await.unwrap(), "/request_id", json!(null))
    };
    let number = tiktok_call(vec![with(tiktok_event("x"), "/event_id", json!(273196))]);
    assert_eq!(body(sim.tiktok(&number)).await, json!({"code": 40002, "message": "Invalid value for event_id: not a valid string."}));
    let offline = with(tiktok_call(vec![tiktok_event("x")]), "/event_source", json!("offline"));
    assert_eq!(
        body(sim.tiktok(&offline)).await,
        json!({"code": 40002, "message": "Invalid value for event_source_id: not a valid string."})
    );
    let nobody = sim.client.post(sim.url("/open_api/v1.3/event/track/")).json(&offline);
    let words = "Access token is null, you should set it in http header with key Access-Token.";
    assert_eq!(body(nobody).await, json!({"code": 40104, "message": words, "data": {}}));
}

#[tokio::test]
async fn reddits() {
    let sim = Sim::start().await;
    let one = |place: &str, value: Value| reddit_call(vec![with(reddit_event("x"), place, value)]);
    let invalid = |message: &str| (400, json!({"error": {"code": 400, "message": message}}));
    let fine = (200, json!({"data": {"message": "Successfully processed 1 conversion events."}}));
    assert_eq!(sim.reddit_says(&reddit_call(vec![reddit_event("x")])).await, fine);
    let mut uuid = invalid("There were 1 invalid conversion events. None were processed.");
    let words = "user.UUID: ... invalid UUID: UUID must be RFC-4122 compliant";
    uuid.1["error"]["fields"] = json!([{"field": "$.data.events[0].user.UUID", "message": words}]);
    assert_eq!(sim.reddit_says(&one("/user/uuid", json!("1700000000.abcd-uuid"))).await, uuid);
    assert_eq!(sim.reddit_says(&one("/test_id", json!("t2_x"))).await, invalid("JSON error \"unknown field\" on field \"test_id\""));
    assert_eq!(sim.reddit_says(&one("/action_source", json!("website"))).await, invalid("invalid action_source: website"));
    let older = json!({"success": false, "error": {"reason": "UNAUTHORIZED", "explanation": "This server could not verify that you are authorized to access the document you requested."}});
    for body in [json!("Authorization Required"), older] {
        sim.fault(json!({"target": REDDIT_PIXEL, "status": 401, "body": body, "times": 1})).await;
        let answer = sim.reddit(&reddit_call(vec![reddit_event("x")])).send().await.unwrap();
        assert_eq!(answer.status(), 401);
        let text = answer.text().await.unwrap();
        assert_eq!(serde_json::from_str(&text).unwrap_or(json!(text)), body);
    }
}
