//! conversion_events: what decodes and breaks a rule is named by its place, and nothing of the call is processed.

use super::{HASH, NOW, Sim, reddit_call, reddit_event, with};
use serde_json::{Value, json};

/// Breaks the second of two events in one place each; the field and words come back.
async fn refused(cases: &[(Value, &str, Value, &str, &str)]) {
    let sim = Sim::start().await;
    for (event, place, value, field, words) in cases {
        let (status, body) = sim.reddit_says(&reddit_call(vec![reddit_event("good"), with(event.clone(), place, value.clone())])).await;
        assert_eq!(status, 400, "{place}: {body}");
        assert_eq!(body["error"]["message"], "There were 1 invalid conversion events. None were processed.");
        let point = if field.is_empty() { "" } else { "." };
        assert_eq!(body["error"]["fields"], json!([{"field": format!("$.data.events[1]{point}{field}"), "message": words}]), "{place}");
    }
    assert_eq!(sim.json("/simulator/counts").await["networks"]["reddit"]["accepted"], 0);
}

async fn taken(event: Value) {
    let sim = Sim::start().await;
    let (status, body) = sim.reddit_says(&reddit_call(vec![event])).await;
    assert_eq!(status, 200, "{body}");
}

fn bare(kind: &str) -> Value {
    json!({"event_at": NOW, "action_source": "OTHER", "click_id": "1", "type": {"tracking_type": kind}, "metadata": {"conversion_id": "c"}})
}

#[tokio::test]
async fn times_are_milliseconds_of_the_last_168_hours() {
    let (old, ahead) = ("event_at timestamp must be less than 168h0m0s old", "event_at timestamp must not be more than 5m0s in the future");
    refused(&[
        (reddit_event("e"), "/event_at", json!(NOW - 168 * 3_600_000), "event_at", old),
        (reddit_event("e"), "/event_at", json!(NOW / 1000), "event_at", old),
        (reddit_event("e"), "/event_at", json!(i64::MIN), "event_at", old),
        (reddit_event("e"), "/event_at", json!(NOW + 300_001), "event_at", ahead),
        (reddit_event("e"), "/event_at", json!(i64::MAX), "event_at", ahead),
    ])
    .await;
    taken(with(reddit_event("e"), "/event_at", json!(NOW - 168 * 3_600_000 + 1))).await;
    taken(with(reddit_event("e"), "/event_at", json!(NOW + 300_000))).await;
}

#[tokio::test]
async fn a_uuid_follows_rfc_4122_as_captured() {
    let words = "user.UUID: ... invalid UUID: UUID must be RFC-4122 compliant";
    refused(&[
        (reddit_event("e"), "/user/uuid", json!("1700000000.abcd-uuid"), "user.UUID", words),
        (reddit_event("e"), "/user/uuid", json!(HASH), "user.UUID", words),
        (reddit_event("e"), "/user/uuid", json!("b8f7eb7db357437b8bd3e1c8166c7132"), "user.UUID", words),
    ])
    .await;
    taken(with(reddit_event("e"), "/user/uuid", json!("b8f7eb7d-b357-437b-8bd3-e1c8166c7132"))).await;
}

#[tokio::test]
async fn identifiers_are_plain_or_hashed() {
    let event = || reddit_event("e");
    refused(&[
        (event(), "/user/email", json!("alice"), "user.email", "user.email: must be an email address or its SHA-256 in lower-case hex"),
        (
            event(),
            "/user/email",
            json!(HASH.to_uppercase()),
            "user.email",
            "user.email: must be an email address or its SHA-256 in lower-case hex",
        ),
        (
            event(),
            "/user/phone_number",
            json!("none"),
            "user.phone_number",
            "user.phone_number: must be a phone number or its SHA-256 in lower-case hex",
        ),
        (
            event(),
            "/user/ip_address",
            json!("localhost"),
            "user.ip_address",
            "user.ip_address: must be an IP address or its SHA-256 in lower-case hex",
        ),
        (event(), "/user/idfa", json!("x"), "user.idfa", "user.idfa: must be an advertising id or its SHA-256 in lower-case hex"),
        (event(), "/user/external_id", json!(""), "user.external_id", "user.external_id: must not be empty"),
    ])
    .await;
    for (place, value) in
        [("/user/email", "alice@example.com"), ("/user/phone_number", HASH), ("/user/ip_address", HASH), ("/user/aaid", HASH)]
    {
        taken(with(reddit_event("e"), place, json!(value))).await;
    }
}

#[tokio::test]
async fn every_event_needs_something_to_match() {
    let words =
        "at least one match key is required: click_id or user email, phone_number, external_id, ip_address, user_agent, uuid, idfa, aaid";
    let screen = with(bare("LEAD"), "/user", json!({"screen_dimensions": {"width": 1, "height": 1}}));
    refused(&[
        (bare("LEAD"), "/click_id", json!(null), "", words),
        (bare("LEAD"), "/click_id", json!(""), "", words),
        (screen, "/click_id", json!(null), "", words),
    ])
    .await;
    taken(with(with(bare("LEAD"), "/click_id", json!(null)), "/user", json!({"user_agent": "Mozilla/5.0"}))).await;
}

#[tokio::test]
async fn a_custom_event_has_a_name_and_only_it() {
    let path = "type.custom_event_name";
    refused(&[
        (bare("CUSTOM"), "/click_id", json!("2"), path, "custom_event_name is required for tracking_type CUSTOM"),
        (bare("CUSTOM"), "/type/custom_event_name", json!(""), path, "custom_event_name must be 1 to 64 characters"),
        (bare("CUSTOM"), "/type/custom_event_name", json!("é".repeat(65)), path, "custom_event_name must be 1 to 64 characters"),
        (bare("LEAD"), "/type/custom_event_name", json!("x"), path, "custom_event_name is not supported for tracking_type LEAD"),
    ])
    .await;
    let sim = Sim::start().await;
    sim.reddit_says(&reddit_call(vec![with(bare("CUSTOM"), "/type/custom_event_name", json!("é".repeat(64)))])).await;
    assert_eq!(sim.ledger("outcome=accepted").await[0]["event"], format!("CUSTOM:{}", "é".repeat(64)));
}

#[tokio::test]
async fn metadata_fits_the_tracking_type() {
    refused(&[
        (bare("PAGE_VISIT"), "/metadata/value", json!(1), "metadata.value", "value is not supported for tracking_type PAGE_VISIT"),
        (
            bare("VIEW_CONTENT"),
            "/metadata/currency",
            json!("USD"),
            "metadata.currency",
            "currency is not supported for tracking_type VIEW_CONTENT",
        ),
        (bare("SEARCH"), "/metadata/item_count", json!(1), "metadata.item_count", "item_count is not supported for tracking_type SEARCH"),
        (bare("SIGN_UP"), "/metadata/item_count", json!(1), "metadata.item_count", "item_count is not supported for tracking_type SIGN_UP"),
        (bare("PURCHASE"), "/metadata/value", json!(-0.01), "metadata.value", "value must not be negative"),
        (bare("PURCHASE"), "/metadata/products", json!([{"name": "x"}]), "metadata.products", "products.id is required"),
    ])
    .await;
    taken(with(bare("SIGN_UP"), "/metadata", json!({"conversion_id": "c", "value": 1, "currency": "EUR"}))).await;
    taken(bare("PAGE_VISIT")).await;
}

#[tokio::test]
async fn the_source_says_what_may_come_along() {
    let shop = json!({"event_at": NOW, "action_source": "PHYSICAL_STORE", "type": {"tracking_type": "LEAD"}, "user": {"email": HASH}});
    refused(&[
        (reddit_event("e"), "/event_source_url", json!("game"), "event_source_url", "event_source_url must be a valid URL"),
        (
            reddit_event("e"),
            "/action_source",
            json!("OTHER"),
            "event_source_url",
            "event_source_url is only supported for action_source WEBSITE, not OTHER",
        ),
        (shop.clone(), "/click_id", json!("1"), "click_id", "click_id is not supported for action_source PHYSICAL_STORE"),
        (shop.clone(), "/user/aaid", json!(HASH), "user.aaid", "user.aaid is not supported for action_source PHYSICAL_STORE"),
        (
            shop.clone(),
            "/user/data_processing_options",
            json!({"modes": ["X"]}),
            "user.data_processing_options.modes",
            "modes: the only mode is LDU",
        ),
    ])
    .await;
    taken(shop).await;
}

#[tokio::test]
async fn every_bad_event_is_named_and_the_good_ones_wait() {
    let sim = Sim::start().await;
    let old = with(with(reddit_event("old"), "/event_at", json!(1)), "/user/uuid", json!("x"));
    let call = reddit_call(vec![old, reddit_event("good"), with(reddit_event("bare"), "/user/email", json!("x"))]);
    let (status, body) = sim.reddit_says(&call).await;
    assert_eq!(status, 400);
    assert_eq!(body["error"]["message"], "There were 2 invalid conversion events. None were processed.");
    let fields: Vec<_> = body["error"]["fields"].as_array().unwrap().iter().map(|field| field["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["$.data.events[0].event_at", "$.data.events[0].user.UUID", "$.data.events[2].user.email"]);
    let blamed: Vec<_> = sim.ledger("outcome=refused").await.iter().map(|line| line["words"].is_string()).collect();
    assert_eq!(blamed, [true, false, true]);
}

#[tokio::test]
async fn what_reddit_would_read_otherwise_is_remarked() {
    let sim = Sim::start().await;
    let event = |metadata: Value| with(bare("PURCHASE"), "/metadata", metadata);
    let call = reddit_call(vec![
        event(json!({"conversion_id": "1", "value": 1})),
        event(json!({"conversion_id": "2", "value": 1, "currency": "usd"})),
        event(json!({"conversion_id": "3", "currency": "USD"})),
        event(json!({"value": 1, "currency": "USD"})),
    ]);
    assert_eq!(sim.reddit_says(&call).await.0, 200);
    let words: Vec<_> = sim.ledger("").await.iter().map(|line| line["words"].as_str().unwrap().to_owned()).collect();
    assert_eq!(
        words,
        [
            "value without currency: the account's own is assumed",
            "malformed currency: the account's own is assumed",
            "currency without value",
            "no conversion_id: Reddit may count a repetition twice",
        ]
    );
}
