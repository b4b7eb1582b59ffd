//! Every status and reason of the Data Manager API, and what it means for an event.

use super::*;
use serde_json::json;
use std::collections::HashSet;

fn answer(status: u16, body: Value) -> Answer {
    Answer { status, retry_after: None, body: body.to_string() }
}

/// As the API tells it of one destination.
fn status(status: &str, reasons: &[&str]) -> Value {
    let counts: Vec<Value> = reasons.iter().map(|reason| json!({"recordCount": "1", "reason": reason})).collect();
    let account = json!({"accountType": "GOOGLE_ADS", "accountId": "4182209913"});
    json!({"destination": {"operatingAccount": account, "productDestinationId": "5"}, "requestStatus": status,
        "errorInfo": {"errorCounts": counts}, "warningInfo": {}, "eventsIngestionStatus": {"recordCount": "1"}})
}

fn told(events: usize, destinations: Vec<Value>) -> Told {
    Google.told(&answer(200, json!({ "requestStatusPerDestination": destinations })), events)
}

fn word(reason: &str) -> Word {
    told(1, vec![status("FAILED", &[reason])]).word
}

fn later(wait: Option<Millis>) -> Word {
    Word::Uncounted(Outcome::Transient { wait, unknown: false })
}

#[test]
fn a_status_is_a_word() {
    let nothing = Word::Nothing { wait: None };
    for (name, events, expected) in [
        ("SUCCESS", 1, Word::Counted),
        ("SUCCESS", 2_000, Word::Counted),
        ("PROCESSING", 1, nothing.clone()),
        ("REQUEST_STATUS_UNKNOWN", 2, nothing.clone()),
        ("SOMETHING_NEW", 1, nothing.clone()),
        ("", 1, nothing.clone()),
        ("PARTIAL_SUCCESS", 2, Word::Some),
        ("FAILED", 2, Word::Some),
        ("FAILED", 1, Word::Uncounted(Outcome::Payload)),
    ] {
        assert_eq!(told(events, vec![status(name, &[])]).word, expected, "{name} of {events}");
    }
    let mixed = |one, other| told(1, vec![status(one, &[]), status(other, &["PROCESSING_ERROR_REASON_CLICK_NOT_FOUND"])]).word;
    assert_eq!((mixed("SUCCESS", "PROCESSING"), mixed("SUCCESS", "FAILED")), (nothing, Word::NotCredited));
}

#[test]
fn a_reason_is_told_without_its_prefix_and_explained() {
    let told = told(1, vec![status("FAILED", &["PROCESSING_ERROR_REASON_CLICK_NOT_FOUND"])]);
    assert_eq!(told.code.as_deref(), Some("CLICK_NOT_FOUND"));
    assert!(told.says.unwrap().contains("no ad click of this account"));
    for (reason, expected) in [
        ("PROCESSING_ERROR_REASON_DUPLICATE_TRANSACTION_ID", Word::Counted),
        ("PROCESSING_ERROR_REASON_DUPLICATE_GCLID", Word::Counted),
        ("PROCESSING_ERROR_REASON_USER_ID_NOT_FOUND", Word::NotCredited),
        ("PROCESSING_ERROR_REASON_USER_ID_NOT_FOUND_FOR_GCLID", Word::NotCredited),
        ("PROCESSING_ERROR_REASON_TOO_RECENT_CLICK", later(Some(6 * HOUR))),
        ("PROCESSING_ERROR_REASON_INTERNAL_ERROR", later(None)),
        ("PROCESSING_ERROR_REASON_NO_CONSENT", Word::Uncounted(Outcome::Payload)),
        ("PROCESSING_ERROR_REASON_INVALID_GCLID", Word::Uncounted(Outcome::Payload)),
        ("PROCESSING_ERROR_OPERATING_ACCOUNT_MISMATCH_FOR_AD_IDENTIFIER", Word::Uncounted(Outcome::Payload)),
        ("PROCESSING_ERROR_REASON_DESTINATION_ACCOUNT_ENHANCED_CONVERSIONS_TERMS_NOT_SIGNED", Word::Uncounted(Outcome::Permission)),
        ("PROCESSING_ERROR_REASON_OF_TOMORROW", Word::Uncounted(Outcome::Payload)),
    ] {
        assert_eq!(word(reason), expected, "{reason}");
    }
}

#[test]
fn of_several_reasons_the_worst_counts() {
    let prefixed = |reasons: &[&str]| {
        let full: Vec<String> = reasons.iter().map(|reason| format!("PROCESSING_ERROR_REASON_{reason}")).collect();
        told(1, vec![status("FAILED", &full.iter().map(String::as_str).collect::<Vec<_>>())])
    };
    assert_eq!(prefixed(&["DUPLICATE_GCLID", "CLICK_NOT_FOUND"]).word, Word::NotCredited);
    assert_eq!(prefixed(&["CLICK_NOT_FOUND", "TOO_RECENT_CLICK"]).word, later(Some(6 * HOUR)));
    assert_eq!(prefixed(&["INVALID_GCLID", "TOO_RECENT_CLICK"]).code.as_deref(), Some("INVALID_GCLID"));
}

#[test]
fn only_an_answer_about_the_token_has_anybody_act() {
    let error = |status: u16, reason: &str| {
        answer(status, json!({"error": {"code": status, "status": "X", "message": "m", "details": [{"reason": reason}]}}))
    };
    let of = |answer: &Answer| Google.told(answer, 1).word;
    assert_eq!(of(&error(401, "ACCESS_TOKEN_EXPIRED")), Word::Credentials);
    assert_eq!(of(&error(403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT")), Word::Credentials);
    for nothing in
        [error(403, "PERMISSION_DENIED"), error(400, "INVALID_REQUEST_ID"), error(400, "REQUEST_TOO_OLD"), answer(503, json!(""))]
    {
        assert_eq!(of(&nothing), Word::Nothing { wait: None }, "{nothing:?}");
    }
    let slower = Answer { retry_after: Some(7_000), ..answer(429, json!({})) };
    assert_eq!(of(&slower), Word::Nothing { wait: Some(7_000) });
    for odd in [json!({}), json!([]), json!({"requestStatusPerDestination": []}), json!({"requestStatusPerDestination": [7, null]})] {
        assert_eq!(of(&answer(200, odd)), Word::Nothing { wait: None });
    }
}

#[test]
fn every_reason_that_the_simulator_tells_is_known_and_none_twice() {
    let names: HashSet<&str> = REASONS.iter().map(|(name, ..)| *name).collect();
    assert_eq!(names.len(), REASONS.len());
    let told = crate::server::simulator::tells("google");
    assert_eq!(told.len(), names.len());
    for reason in told {
        let told = self::told(1, vec![status("FAILED", &[reason])]);
        assert!(names.contains(told.code.unwrap().as_str()) && told.says.is_some_and(|says| says.ends_with('.')), "{reason}");
    }
}

#[test]
fn a_receipt_has_a_name_or_there_is_none() {
    assert_eq!(Google.receipt(&answer(200, json!({"requestId": "r-1"}))).as_deref(), Some("r-1"));
    for none in [answer(200, json!({})), answer(200, json!({"requestId": " "})), answer(500, json!({"requestId": "r"}))] {
        assert_eq!(Google.receipt(&none), None);
    }
}
