//! Conversion events as Google takes them: what is refused and for whom, repetitions, validation alone, and what is told later.

use super::{HASH, Sim, status_and_json, with};
use crate::server::simulator::world::*;
use serde_json::{Value, json};

fn event(id: &str) -> Value {
    json!({
        "destinationReferences": ["d1"], "eventTimestamp": "2026-11-23T11:59:00Z", "eventSource": "WEB", "transactionId": id,
        "adIdentifiers": {"gclid": "Cj0KCQiA"}, "userData": {"userIdentifiers": [{"emailAddress": HASH}, {"phoneNumber": HASH}]},
        "consent": {"adUserData": "CONSENT_GRANTED", "adPersonalization": "CONSENT_GRANTED"}, "conversionValue": 129.90, "currency": "USD"
    })
}

fn call(events: Vec<Value>) -> Value {
    json!({
        "destinations": [{"reference": "d1", "operatingAccount": {"accountType": "GOOGLE_ADS", "accountId": GOOGLE_CUSTOMER},
            "loginAccount": {"accountType": "GOOGLE_ADS", "accountId": GOOGLE_MANAGER}, "productDestinationId": GOOGLE_PURCHASE_ACTION}],
        "events": events, "encoding": "HEX", "validateOnly": false
    })
}

async fn says(sim: &Sim, body: &Value) -> (u16, Value) {
    let request = sim.client.post(sim.url("/v1/events:ingest")).bearer_auth(GOOGLE_ACCESS_TOKEN).json(body);
    status_and_json(request.send().await.unwrap()).await
}

/// Reason and field of the first violation.
fn first((status, body): &(u16, Value)) -> (u16, String, String) {
    let details = body["error"]["details"].as_array().cloned().unwrap_or_default();
    let violation = details.iter().find_map(|detail| detail["fieldViolations"].get(0).cloned()).unwrap_or_default();
    let text = |name: &str| violation[name].as_str().unwrap_or_default().to_owned();
    (*status, text("reason"), text("field"))
}

async fn one(sim: &Sim, place: &str, value: Value) -> (u16, String, String) {
    first(&says(sim, &call(vec![with(event("x"), place, value)])).await)
}

#[tokio::test]
async fn a_whole_call_is_taken_and_a_repetition_counts_once() {
    let sim = Sim::start().await;
    let (status, taken) = says(&sim, &call(vec![event("a"), event("b")])).await;
    assert_eq!((status, taken["requestId"].is_string()), (200, true));
    assert_eq!(says(&sim, &call(vec![event("a")])).await.0, 200);
    let lines = sim.ledger("network=google").await;
    let outcomes: Vec<_> = lines.iter().map(|line| (line["dedup_id"].as_str().unwrap(), line["outcome"].as_str().unwrap())).collect();
    assert_eq!(outcomes, [("a", "accepted"), ("b", "accepted"), ("a", "duplicate")]);
    assert_eq!((&lines[0]["event"], &lines[0]["target"]), (&json!(GOOGLE_PURCHASE_ACTION), &json!(GOOGLE_CUSTOMER)));

    let mut tested = call(vec![event("t")]);
    tested["validateOnly"] = json!(true);
    assert_eq!(says(&sim, &tested).await, (200, json!({})));
    assert_eq!(sim.ledger("network=google&test=true").await.len(), 1);

    let id = taken["requestId"].as_str().unwrap();
    let state = async || {
        let request = sim.client.get(sim.url("/v1/requestStatus:retrieve")).query(&[("requestId", id)]).bearer_auth(GOOGLE_ACCESS_TOKEN);
        let (_, body) = status_and_json(request.send().await.unwrap()).await;
        let one = &body["requestStatusPerDestination"][0];
        (one["requestStatus"].as_str().unwrap().to_owned(), one["eventsIngestionStatus"]["recordCount"].clone())
    };
    assert_eq!(state().await, ("PROCESSING".to_owned(), json!("2")));
    sim.pass(30 * 60_000);
    assert_eq!(state().await, ("SUCCESS".to_owned(), json!("2")));
    let unknown = sim.client.get(sim.url("/v1/requestStatus:retrieve?requestId=1")).bearer_auth(GOOGLE_ACCESS_TOKEN).send().await.unwrap();
    assert_eq!(unknown.status(), 400);
}

#[tokio::test]
async fn each_wrong_field_has_its_reason() {
    let sim = Sim::start().await;
    for (place, value, reason) in [
        ("/eventTimestamp", Value::Null, "REQUIRED_FIELD_MISSING"),
        ("/eventTimestamp", json!("2026-11-23 11:59:00"), "EVENT_TIME_INVALID"),
        ("/eventSource", json!("SHOP"), "INVALID_ENUM_VALUE"),
        ("/transactionId", json!("x".repeat(65)), "FIELD_VALUE_TOO_LONG"),
        ("/adIdentifiers", json!({"fbclid": "x"}), "INVALID_FORMAT"),
        ("/userData/userIdentifiers", json!([{"emailAddress": "mia@example.com"}]), "INVALID_SHA256_FORMAT"),
        ("/userData/userIdentifiers", json!([{"emailAddress": HASH, "phoneNumber": HASH}]), "INVALID_FORMAT"),
        ("/userData/userIdentifiers", json!(vec![json!({"emailAddress": HASH}); 11]), "TOO_MANY_USER_IDENTIFIERS"),
        ("/consent/adUserData", json!("GRANTED"), "INVALID_ENUM_VALUE"),
        ("/currency", json!("usd"), "INVALID_CURRENCY_CODE"),
        ("/conversionValue", json!("129.90"), "INVALID_FORMAT"),
        ("/destinationReferences", json!(["d2"]), "INVALID_DESTINATION"),
    ] {
        let (status, found, field) = one(&sim, place, value).await;
        assert_eq!((status, found.as_str()), (400, reason), "{place}");
        assert!(field.starts_with("events.events[0]"), "{field}");
    }
    let mut nobody = event("x");
    nobody.as_object_mut().unwrap().retain(|name, _| name != "userData" && name != "adIdentifiers");
    assert_eq!(
        first(&says(&sim, &call(vec![event("y"), nobody])).await),
        (400, "NO_IDENTIFIERS_PROVIDED".into(), "events.events[1]".into())
    );
    let mut plain = call(vec![event("x")]);
    plain.as_object_mut().unwrap().remove("encoding");
    assert_eq!(first(&says(&sim, &plain).await).1, "REQUIRED_FIELD_MISSING");
    assert_eq!(first(&says(&sim, &call(vec![])).await).2, "events");
    assert_eq!(first(&says(&sim, &call(vec![event("x"); 2_001])).await).1, "TOO_MANY_EVENTS");
    let mut unknown = call(vec![event("x")]);
    unknown["test"] = json!(true);
    assert!(says(&sim, &unknown).await.1["error"]["message"].as_str().unwrap().contains("Unknown name"));
}

#[tokio::test]
async fn accounts_and_actions_must_fit_together() {
    let sim = Sim::start().await;
    let to = async |customer: &str, login: Option<&str>, action: &str| {
        let mut body = call(vec![event("x")]);
        let account = |id: &str| json!({"accountType": "GOOGLE_ADS", "accountId": id});
        body["destinations"][0] = json!({"reference": "d1", "operatingAccount": account(customer), "productDestinationId": action});
        if let Some(login) = login {
            body["destinations"][0]["loginAccount"] = account(login);
        }
        says(&sim, &body).await
    };
    assert_eq!(to(GOOGLE_DIRECT_CUSTOMER, None, "880000000").await.0, 200);
    assert_eq!(to(GOOGLE_MANAGER, None, GOOGLE_SHARED_ACTION).await.0, 200);
    assert_eq!(to(GOOGLE_CUSTOMER, None, GOOGLE_PURCHASE_ACTION).await.0, 403);
    assert_eq!(to(GOOGLE_FOREIGN_CUSTOMER, None, GOOGLE_FOREIGN_ACTION).await.0, 403);
    for (login, action, reason) in [
        (GOOGLE_CUSTOMER, GOOGLE_PURCHASE_ACTION, "OPERATING_ACCOUNT_LOGIN_ACCOUNT_MISMATCH"),
        (GOOGLE_MANAGER, GOOGLE_SHARED_ACTION, "INVALID_CONVERSION_ACTION_ID"),
        (GOOGLE_MANAGER, GOOGLE_HIDDEN_ACTION, "INVALID_CONVERSION_ACTION_ID"),
        (GOOGLE_MANAGER, GOOGLE_WEBPAGE_ACTION, "INVALID_CONVERSION_ACTION_TYPE"),
        (GOOGLE_MANAGER, GOOGLE_YOUNG_ACTION, "CONVERSION_ACTION_TOO_RECENTLY_CREATED"),
    ] {
        assert_eq!(first(&to(GOOGLE_CUSTOMER, Some(login), action).await).1, reason, "{action}");
    }
    let terms = to(GOOGLE_NO_TERMS_CUSTOMER, Some(GOOGLE_MANAGER), "1").await;
    let text = terms.1.to_string();
    assert!(text.contains("DESTINATION_ACCOUNT_ENHANCED_CONVERSIONS_TERMS_NOT_SIGNED"), "{text}");
}

#[tokio::test]
async fn trouble_is_worded_as_google_words_it() {
    let sim = Sim::start().await;
    for (fault, status, word) in [
        (json!({"status": 429}), 429, "RESOURCE_EXHAUSTED"),
        (json!({"status": 503}), 503, "UNAVAILABLE"),
        (json!({"status": 403}), 403, "PERMISSION_DENIED"),
        (json!({"expire_token": true}), 401, "UNAUTHENTICATED"),
    ] {
        let mut wanted = json!({"network": "google", "times": 1});
        wanted.as_object_mut().unwrap().extend(fault.as_object().unwrap().clone());
        sim.fault(wanted).await;
        let (found, body) = says(&sim, &call(vec![event("x")])).await;
        assert_eq!((found, &body["error"]["status"]), (status, &json!(word)));
    }
    sim.post("/simulator/tokens/restore", json!({"network": "google"})).await;
    sim.fault(json!({"network": "google", "bad_event": {"index": 1, "message": "bad luck"}, "times": 1})).await;
    assert_eq!(first(&says(&sim, &call(vec![event("a"), event("b")])).await), (400, "INVALID_EVENT".into(), "events.events[1]".into()));
    assert_eq!(says(&sim, &call(vec![event("a"), event("b")])).await.0, 200);
}

/// Status, counts per reason and number of events, as told of a call's only destination.
async fn told(sim: &Sim, taken: &(u16, Value)) -> (String, Value, String) {
    let id = taken.1["requestId"].as_str().unwrap();
    let request = sim.client.get(sim.url("/v1/requestStatus:retrieve")).query(&[("requestId", id)]).bearer_auth(GOOGLE_ACCESS_TOKEN);
    let (_, body) = status_and_json(request.send().await.unwrap()).await;
    let one = &body["requestStatusPerDestination"][0];
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&one["requestStatus"]), one["errorInfo"]["errorCounts"].clone(), text(&one["eventsIngestionStatus"]["recordCount"]))
}

#[tokio::test]
async fn what_was_taken_may_be_refused_later() {
    let sim = Sim::start().await;
    let later = |reason: &str| json!({"reason": format!("PROCESSING_ERROR_REASON_{reason}")});
    let counts = |reason: &str, count: &str| json!([{"recordCount": count, "reason": format!("PROCESSING_ERROR_REASON_{reason}")}]);
    let mut of_b = later("CLICK_NOT_FOUND");
    of_b["dedup_id"] = json!("b");
    sim.fault(json!({"network": "google", "later": of_b, "times": 1})).await;
    assert_eq!(says(&sim, &call(vec![event("x")])).await.0, 200, "it waits for its event");
    let some = says(&sim, &call(vec![event("a"), event("b"), event("c")])).await;
    sim.fault(json!({"network": "google", "later": later("INVALID_GCLID"), "times": 1})).await;
    let none = says(&sim, &call(vec![event("d"), event("e")])).await;
    sim.fault(json!({"network": "google", "later": {"at_work_ms": 3_600_000}, "times": 1})).await;
    let slow = says(&sim, &call(vec![event("f")])).await;
    let (counted, not) = (says(&sim, &call(vec![event("a")])).await, says(&sim, &call(vec![event("b")])).await);
    assert_eq!(told(&sim, &some).await, ("PROCESSING".into(), Value::Null, "3".into()));
    sim.pass(30 * 60_000);
    assert_eq!(told(&sim, &some).await, ("PARTIAL_SUCCESS".into(), counts("CLICK_NOT_FOUND", "1"), "3".into()));
    assert_eq!(told(&sim, &none).await, ("FAILED".into(), counts("INVALID_GCLID", "2"), "2".into()));
    assert_eq!(told(&sim, &slow).await.0, "PROCESSING");
    assert_eq!(told(&sim, &counted).await, ("FAILED".into(), counts("DUPLICATE_TRANSACTION_ID", "1"), "1".into()), "it counts once");
    assert_eq!(told(&sim, &not).await.0, "SUCCESS", "and this one did not before");
    sim.pass(30 * 60_000);
    assert_eq!(told(&sim, &slow).await.0, "SUCCESS");
    sim.pass(50 * 86_400_000);
    let id = some.1["requestId"].as_str().unwrap();
    let old = sim.client.get(sim.url(&format!("/v1/requestStatus:retrieve?requestId={id}"))).bearer_auth(GOOGLE_ACCESS_TOKEN);
    assert_eq!(old.send().await.unwrap().status(), 400);
}
