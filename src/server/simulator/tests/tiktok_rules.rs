//! event/track: one rule after the other, each broken alone.

use super::{HASH, NOW, Sim, tiktok_call, tiktok_event, with};
use serde_json::{Value, json};

/// Every case breaks the one event of a call; the code and words come back, and nothing is accepted.
async fn refused(cases: &[(&str, Value, i64, &str)]) {
    let sim = Sim::start().await;
    for (place, value, code, words) in cases {
        let event = with(tiktok_event("e"), place, value.clone());
        assert_eq!(sim.tiktok_says(&tiktok_call(vec![event])).await, (*code, (*words).to_owned()), "{place} {value}");
    }
    let counts = sim.json("/simulator/counts").await;
    assert_eq!(counts["networks"]["tiktok"]["accepted"], 0);
    assert_eq!(counts["networks"]["tiktok"]["refused"], cases.len());
}

#[tokio::test]
async fn types_and_names() {
    refused(&[
        ("/event_id", json!(273196), 40002, "Invalid value for event_id: not a valid string."),
        ("/event", json!(null), 40002, "Invalid value for event: missing data for required field."),
        ("/event", json!(""), 40002, "Invalid value for event: missing data for required field."),
        ("/timestamp", json!("now"), 40002, "Invalid value for timestamp: unknown field."),
        ("/user/mail", json!(HASH), 40002, "Invalid value for user.mail: unknown field."),
        ("/user", json!([]), 40002, "Invalid value for user: not a valid object."),
        ("/user/ip", json!("203.0.113"), 40002, "Invalid value for user.ip: not a valid IP address."),
        ("/user/country", json!("U.S."), 40002, "Invalid value for user.country: must be lower case, without spaces and punctuation."),
        (
            "/user/att_status",
            json!("YES"),
            40002,
            "Invalid value for user.att_status: must be one of: AUTHORIZED, DENIED, NOT_DETERMINED, RESTRICTED, NOT_APPLICABLE.",
        ),
        ("/page/url", json!("game.example"), 40002, "Invalid value for page.url: not a valid URL."),
        ("/page/url", json!(null), 40002, "Invalid value for page.url: missing data for required field."),
        ("/page/title", json!("x"), 40002, "Invalid value for page.title: unknown field."),
        ("/limited_data_use", json!("false"), 40002, "Invalid value for limited_data_use: not a valid boolean."),
        ("/app", json!({}), 40002, "Invalid value for app: not allowed with event_source web."),
        ("/lead", json!({}), 40002, "Invalid value for lead: not allowed with event_source web."),
    ])
    .await;
}

#[tokio::test]
async fn amounts_are_numbers_and_currencies_three_capitals() {
    refused(&[
        ("/properties/value", json!("4.99"), 40002, "Invalid value for properties.value: not a valid number."),
        ("/properties/value", json!(-1), 40002, "Invalid value for properties.value: must not be negative."),
        ("/properties/currency", json!("usd"), 40002, "Invalid value for properties.currency: not a valid currency code."),
        ("/properties/currency", json!(840), 40002, "Invalid value for properties.currency: not a valid string."),
        ("/properties/order_id", json!(9001), 40002, "Invalid value for properties.order_id: not a valid string."),
        ("/properties/num_items", json!(1.5), 40002, "Invalid value for properties.num_items: not a valid integer."),
        ("/properties/level", json!(3), 40002, "Invalid value for properties.level: unknown field."),
        (
            "/properties/contents",
            json!([{"content_id": 7}]),
            40002,
            "Invalid value for properties.contents.0.content_id: not a valid string.",
        ),
        ("/properties/contents", json!([{"price": "(null)"}]), 40002, "Invalid value for properties.contents.0.price: not a valid number."),
        ("/properties/contents", json!({}), 40002, "Invalid value for properties.contents: not a valid list."),
    ])
    .await;
}

#[tokio::test]
async fn what_identifies_a_person_is_hashed() {
    let upper = HASH.to_uppercase();
    refused(&[
        ("/user/email", json!("alice@example.com"), 40062, "Invalid value for user.email: it must be hashed with SHA-256."),
        ("/user/email", json!(["alice@example.com"]), 40062, "Invalid value for user.email: it must be hashed with SHA-256."),
        ("/user/phone", json!("+15554441234"), 40062, "Invalid value for user.phone: it must be hashed with SHA-256."),
        ("/user/external_id", json!("customer12345"), 40062, "Invalid value for user.external_id: it must be hashed with SHA-256."),
        ("/user/first_name", json!(""), 40062, "Invalid value for user.first_name: it must be hashed with SHA-256."),
        ("/user/email", json!(upper), 40002, "Invalid value for user.email: a SHA-256 hash must be in lower case."),
        ("/user/email", json!(17), 40002, "Invalid value for user.email: not a valid string."),
    ])
    .await;
}

#[tokio::test]
async fn times_are_seconds_of_the_last_28_days() {
    let (late, early) = (
        "Invalid value for event_time: events must have occurred within the previous 28 days.",
        "Invalid value for event_time: must be a UNIX timestamp in seconds that is not in the future.",
    );
    let now = NOW / 1000;
    refused(&[
        ("/event_time", json!(NOW), 40002, early),
        ("/event_time", json!(now + 301), 40002, early),
        ("/event_time", json!(now - 28 * 86_400 - 1), 40002, late),
        ("/event_time", json!(0), 40002, late),
        ("/event_time", json!(i64::MIN), 40002, late),
        ("/event_time", json!(i64::MAX), 40002, early),
        ("/event_time", json!(now.to_string()), 40002, "Invalid value for event_time: not a valid integer."),
        ("/event_time", json!(1.5), 40002, "Invalid value for event_time: not a valid integer."),
        ("/event_time", json!(null), 40002, "Invalid value for event_time: missing data for required field."),
    ])
    .await;
    let sim = Sim::start().await;
    for time in [now - 28 * 86_400, now, now + 300] {
        assert_eq!(sim.tiktok_says(&tiktok_call(vec![with(tiktok_event("e"), "/event_time", json!(time))])).await.0, 0, "{time}");
    }
}

#[tokio::test]
async fn one_bad_event_refuses_the_whole_call_and_the_ledger_says_which() {
    let sim = Sim::start().await;
    let call = tiktok_call(vec![tiktok_event("good"), with(tiktok_event("bad"), "/properties/value", json!("1")), tiktok_event("fine")]);
    assert_eq!(sim.tiktok_says(&call).await.0, 40002);
    let lines = sim.ledger("").await;
    let words: Vec<_> = lines.iter().map(|line| (line["outcome"].as_str().unwrap(), line["words"].as_str())).collect();
    let blamed = Some("Invalid value for properties.value: not a valid number.");
    assert_eq!(words, [("refused", None), ("refused", blamed), ("refused", None)]);
}

#[tokio::test]
async fn what_tiktok_would_swallow_is_remarked() {
    let sim = Sim::start().await;
    let bare = json!({"event": "CompleteRegistration", "event_time": NOW / 1000, "user": {"ttclid": "E.C.P.x"}});
    let half = with(tiktok_event("half"), "/properties/currency", json!(null));
    assert_eq!(sim.tiktok_says(&tiktok_call(vec![bare, half, tiktok_event("whole")])).await.0, 0);
    let words: Vec<_> = sim.ledger("").await.iter().map(|line| line["words"].clone()).collect();
    assert_eq!(
        words,
        [json!("no event_id: TikTok cannot tell a repetition"), json!("value and currency count only together"), json!(null)]
    );
}
