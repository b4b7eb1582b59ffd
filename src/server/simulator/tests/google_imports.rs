//! Conversions over the import of the Google Ads API: who is let in, what is no message, what is refused of one, repetitions, and the list
//! that new integrations are not on.

use super::{HASH, Sim, status_and_json, with};
use crate::server::simulator::world::*;
use serde_json::{Value, json};

fn row(id: &str) -> Value {
    json!({
        "gclid": "Cj0KCQiA", "conversionAction": format!("customers/{GOOGLE_CUSTOMER}/conversionActions/{GOOGLE_PURCHASE_ACTION}"),
        "conversionDateTime": "2026-11-23 11:59:00+00:00", "conversionValue": 129.90, "currencyCode": "USD", "orderId": id,
        "consent": {"adUserData": "GRANTED"}, "userIdentifiers": [{"userIdentifierSource": "FIRST_PARTY", "hashedEmail": HASH}, {"hashedPhoneNumber": HASH}]
    })
}

fn call(rows: Vec<Value>) -> Value {
    json!({"conversions": rows, "partialFailure": true, "validateOnly": false})
}

async fn sent_to(sim: &Sim, path: &str, login: Option<&str>, token: &str, body: &Value) -> (u16, Value) {
    let request = sim.client.post(sim.url(path)).bearer_auth(token).json(body);
    let request = login.into_iter().fold(request, |request, login| request.header("login-customer-id", login));
    status_and_json(request.send().await.unwrap()).await
}

async fn says(sim: &Sim, body: &Value) -> (u16, Value) {
    let path = format!("/v26/customers/{GOOGLE_CUSTOMER}:uploadClickConversions");
    sent_to(sim, &path, Some(GOOGLE_MANAGER), GOOGLE_ACCESS_TOKEN, body).await
}

/// Code and path of every error, of the call or of its conversions.
fn errors(body: &Value) -> Vec<(String, String)> {
    let details = [&body["error"]["details"], &body["partialFailureError"]["details"]];
    let list = details.into_iter().filter_map(Value::as_array).flatten().filter_map(|detail| detail["errors"].as_array()).flatten();
    list.map(|error| {
        let code = error["errorCode"].as_object().unwrap().values().next().unwrap().as_str().unwrap().to_owned();
        let path = error["location"]["fieldPathElements"].as_array().cloned().unwrap_or_default();
        let part = |part: &Value| part["index"].as_i64().map_or(part["fieldName"].as_str().unwrap().to_owned(), |at| at.to_string());
        (code, path.iter().map(part).collect::<Vec<_>>().join("."))
    })
    .collect()
}

fn one(code: &str, path: &str) -> Vec<(String, String)> {
    vec![(code.to_owned(), path.to_owned())]
}

#[tokio::test]
async fn each_conversion_is_judged_by_itself() {
    let sim = Sim::start().await;
    let (status, body) = says(&sim, &call(vec![row("a"), with(row("b"), "/currencyCode", json!("usd")), row("c")])).await;
    assert_eq!((status, errors(&body)), (200, one("UNSUPPORTED", "1.currency_code")));
    let results = body["results"].as_array().unwrap();
    assert_eq!((results.len(), &results[1]), (3, &json!({})));
    assert_eq!(results[0]["gclid"], "Cj0KCQiA");
    assert!(results[0].get("orderId").is_none() && body["jobId"].is_string());
    let lines = sim.ledger("network=google").await;
    let outcomes: Vec<_> = lines.iter().map(|line| (line["dedup_id"].as_str().unwrap(), line["outcome"].as_str().unwrap())).collect();
    assert_eq!(outcomes, [("a", "accepted"), ("b", "refused"), ("c", "accepted")]);
    assert_eq!((&lines[0]["event"], &lines[0]["target"]), (&json!(GOOGLE_PURCHASE_ACTION), &json!(GOOGLE_CUSTOMER)));
    let (_, body) = says(&sim, &call(vec![row("x"), row("x")])).await;
    assert_eq!(errors(&body), one("DUPLICATE_ORDER_ID", "1.order_id"));
}

#[tokio::test]
async fn an_order_id_counts_once_whichever_way_it_comes() {
    let sim = Sim::start().await;
    says(&sim, &call(vec![row("a")])).await;
    let (_, body) = says(&sim, &call(vec![row("a")])).await;
    assert_eq!((errors(&body), &body["results"]), (one("ORDER_ID_ALREADY_IN_USE", "0.order_id"), &json!([{}])));
    let event = json!({"destinations": [{"operatingAccount": {"accountType": "GOOGLE_ADS", "accountId": GOOGLE_CUSTOMER},
        "loginAccount": {"accountType": "GOOGLE_ADS", "accountId": GOOGLE_MANAGER}, "productDestinationId": GOOGLE_PURCHASE_ACTION}],
        "events": [{"eventTimestamp": "2026-11-23T11:59:00Z", "eventSource": "WEB", "transactionId": "a", "adIdentifiers": {"gclid": "x"}}]});
    assert_eq!(sent_to(&sim, "/v1/events:ingest", None, GOOGLE_ACCESS_TOKEN, &event).await.0, 200);
    let outcomes: Vec<Value> = sim.ledger("network=google").await.iter().map(|line| line["outcome"].clone()).collect();
    assert_eq!(outcomes, ["accepted", "duplicate", "duplicate"]);
}

#[tokio::test]
async fn what_is_only_validated_counts_nowhere() {
    let sim = Sim::start().await;
    let mut test = call(vec![row("t"), with(row("u"), "/gclid", json!("x"))]);
    test["validateOnly"] = json!(true);
    let (status, body) = says(&sim, &test).await;
    assert_eq!((status, errors(&body), body.get("results")), (200, vec![], None));
    assert_eq!(sim.ledger("network=google&test=true").await.len(), 2);
    let (_, body) = says(&sim, &call(vec![row("t")])).await;
    assert_eq!(errors(&body), vec![]);
}

#[tokio::test]
async fn who_may_not_is_not_let_in() {
    let sim = Sim::start().await;
    let body = call(vec![row("a")]);
    let path = |id: &str| format!("/v26/customers/{id}:uploadClickConversions");
    let own = path(GOOGLE_CUSTOMER);
    assert_eq!(sent_to(&sim, &own, Some(GOOGLE_MANAGER), "wrong", &body).await.0, 401);
    assert_eq!(sent_to(&sim, &own, Some(GOOGLE_MANAGER), GOOGLE_REFRESH_TOKEN, &body).await.0, 401);
    for (path, login, code) in [
        (&own, None, "USER_PERMISSION_DENIED"),
        (&own, Some("602-114"), "INVALID_LOGIN_CUSTOMER_ID"),
        (&path(GOOGLE_FOREIGN_CUSTOMER), Some(GOOGLE_MANAGER), "USER_PERMISSION_DENIED"),
        (&path(GOOGLE_CLOSED_CUSTOMER), None, "CUSTOMER_NOT_ENABLED"),
    ] {
        let (_, answer) = sent_to(&sim, path, login, GOOGLE_ACCESS_TOKEN, &body).await;
        assert_eq!(errors(&answer), one(code, ""), "{path} {login:?}");
    }
    for path in [format!("/v26/customers/{GOOGLE_CUSTOMER}:uploadCallConversions"), format!("/v26/customers/{GOOGLE_CUSTOMER}")] {
        assert_eq!(sent_to(&sim, &path, Some(GOOGLE_MANAGER), GOOGLE_ACCESS_TOKEN, &body).await.0, 404);
    }
    assert_eq!(sim.post(&format!("/v9/customers/{GOOGLE_CUSTOMER}:uploadClickConversions"), body).await.status(), 404);
    assert!(sim.ledger("network=google&outcome=accepted").await.is_empty());
}

#[tokio::test]
async fn what_is_no_message_is_refused_whole() {
    let sim = Sim::start().await;
    for (place, value) in [
        ("/gclId", json!("x")),
        ("/gclid", json!(7)),
        ("/conversionValue", json!("1.5")),
        ("/conversionDateTime", json!(1_795_435_200)),
        ("/consent/adStorage", json!("GRANTED")),
        ("/consent/adUserData", json!("CONSENT_GRANTED")),
        ("/userIdentifiers/0/emailAddress", json!(HASH)),
        ("/userIdentifiers/0/userIdentifierSource", json!("OURS")),
        // The other one of the oneof is set already.
        ("/userIdentifiers/0/hashedPhoneNumber", json!(HASH)),
        ("/conversionEnvironment", json!("PC")),
    ] {
        let (status, body) = says(&sim, &call(vec![row("a"), with(row("b"), place, value)])).await;
        assert_eq!((status, &body["error"]["status"]), (400, &json!("INVALID_ARGUMENT")), "{place}: {body}");
        let field = body["error"]["details"][0]["fieldViolations"][0]["field"].as_str().unwrap().to_owned();
        assert!(field.starts_with("conversions[1]"), "{place}: {field}");
    }
    for (place, value) in [("/debugEnabled", json!(true)), ("/jobId", json!(-1)), ("/jobId", json!("x")), ("/conversions", json!({}))] {
        assert_eq!(says(&sim, &with(call(vec![row("a")]), place, value)).await.0, 400, "{place}");
    }
    for (place, value, code) in [
        ("/partialFailure", json!(false), "PARTIAL_FAILURE_MODE_REQUIRED"),
        ("/partialFailure", Value::Null, "PARTIAL_FAILURE_MODE_REQUIRED"),
        ("/conversions", json!([]), "REQUIRED"),
        ("/conversions", json!(vec![row("a"); 2_001]), "TOO_MANY_CONVERSIONS_IN_REQUEST"),
    ] {
        let (status, body) = says(&sim, &with(call(vec![row("a")]), place, value)).await;
        assert_eq!((status, errors(&body)), (400, one(code, "")), "{place}");
    }
    assert!(sim.ledger("network=google&outcome=accepted").await.is_empty());
}

#[tokio::test]
async fn a_conversion_is_refused_by_the_path_of_what_is_wrong() {
    let sim = Sim::start().await;
    let action = |id: &str| json!(format!("customers/1/conversionActions/{id}"));
    for (place, value, code, path) in [
        ("/conversionAction", Value::Null, "REQUIRED", "0.conversion_action"),
        ("/conversionAction", json!(GOOGLE_PURCHASE_ACTION), "RESOURCE_NAME_MALFORMED", "0.conversion_action"),
        ("/conversionAction", action(GOOGLE_FOREIGN_ACTION), "NO_CONVERSION_ACTION_FOUND", "0.conversion_action"),
        ("/conversionAction", action(GOOGLE_HIDDEN_ACTION), "NO_CONVERSION_ACTION_FOUND", "0.conversion_action"),
        ("/conversionAction", action(GOOGLE_WEBPAGE_ACTION), "INVALID_CONVERSION_ACTION_TYPE", "0.conversion_action"),
        ("/conversionAction", action(GOOGLE_YOUNG_ACTION), "TOO_RECENT_CONVERSION_ACTION", "0.conversion_action"),
        ("/conversionDateTime", Value::Null, "REQUIRED", "0.conversion_date_time"),
        ("/conversionDateTime", json!("2026-11-23T11:59:00Z"), "INVALID_STRING_DATE_TIME_SECONDS_WITH_OFFSET", "0.conversion_date_time"),
        ("/conversionDateTime", json!("2026-11-23 11:59:00"), "INVALID_STRING_DATE_TIME_SECONDS_WITH_OFFSET", "0.conversion_date_time"),
        (
            "/conversionDateTime",
            json!("2026-13-23 11:59:00+00:00"),
            "INVALID_STRING_DATE_TIME_SECONDS_WITH_OFFSET",
            "0.conversion_date_time",
        ),
        ("/conversionValue", json!(-1), "TOO_LOW", "0.conversion_value"),
        ("/currencyCode", json!("USDX"), "UNSUPPORTED", "0.currency_code"),
        ("/orderId", json!("player@example.com"), "ORDER_ID_CONTAINS_PII", "0.order_id"),
        ("/consent/adPersonalization", json!("GRANTED"), "VALUE_MUST_BE_UNSET", "0.consent"),
        ("/userIdentifiers/0/hashedEmail", json!("player@example.com"), "INVALID_USER_IDENTIFIER", "0.user_identifiers"),
        ("/userIdentifiers/0", json!({"mobileId": "x"}), "UNSUPPORTED_USER_IDENTIFIER", "0.user_identifiers"),
        ("/userIpAddress", json!("203.0.113.7"), "CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE", "0"),
    ] {
        let wrong = match place {
            "/userIdentifiers/0" => with(row("a"), "/userIdentifiers", json!([value])),
            _ => with(row("a"), place, value),
        };
        let (status, body) = says(&sim, &call(vec![wrong])).await;
        assert_eq!((status, errors(&body)), (200, one(code, path)), "{place}");
    }
    let nobody = with(with(row("a"), "/gclid", Value::Null), "/userIdentifiers", Value::Null);
    assert_eq!(errors(&says(&sim, &call(vec![nobody.clone()])).await.1), one("REQUIRED", "0.gclid"));
    let both = with(with(nobody, "/gbraid", json!("g")), "/wbraid", json!("w"));
    assert_eq!(errors(&says(&sim, &call(vec![both])).await.1), one("GBRAID_WBRAID_BOTH_SET", "0.gbraid"));
    // The customer in the name of an action is not looked at.
    let (_, body) = says(&sim, &call(vec![with(row("a"), "/conversionAction", action(GOOGLE_PURCHASE_ACTION))])).await;
    assert_eq!(errors(&body), vec![]);
}

#[tokio::test]
async fn the_import_can_be_closed_and_throttled_by_itself() {
    let sim = Sim::start().await;
    let closed = "CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE";
    sim.fault(json!({"network": "google", "on": "imports", "status": 200, "message": closed, "times": 1})).await;
    let (status, body) = says(&sim, &call(vec![row("a")])).await;
    assert_eq!((status, errors(&body)), (200, one(closed, "")));
    sim.fault(json!({"network": "google", "on": "imports", "status": 429, "times": 1})).await;
    let (status, body) = says(&sim, &call(vec![row("a")])).await;
    let delay = &body["error"]["details"][0]["errors"][0]["details"]["quotaErrorDetails"]["retryDelay"];
    assert_eq!((status, errors(&body), delay), (429, one("RESOURCE_EXHAUSTED", ""), &json!("30s")));
    // A fault on conversions strikes both ways of sending them.
    sim.fault(json!({"network": "google", "bad_event": {"dedup_id": "b", "message": "bad luck"}, "times": 1})).await;
    let (_, body) = says(&sim, &call(vec![row("a"), row("b")])).await;
    assert_eq!(errors(&body), one("UNPARSEABLE_GCLID", "1.gclid"));
    let form = [("network", ""), ("kind", "not_allowlisted"), ("on", "conversions"), ("times", "1")];
    sim.client.post(sim.url("/simulator/faults")).form(&form).send().await.unwrap();
    assert_eq!(errors(&says(&sim, &call(vec![row("c")])).await.1), one(closed, ""));
}
