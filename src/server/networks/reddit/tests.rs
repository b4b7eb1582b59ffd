//! What Reddit alone does: the check of a pasted token. Bytes and verdicts are in the contract's suite.

use super::*;
use crate::server::networks::contract::ConnectError;

fn probe(status: u16, body: &str) -> Result<(), ConnectError> {
    Reddit.read_probe(&Answer { status, retry_after: None, body: body.into() })
}

fn refused_for(field: &str, message: &str) -> String {
    let fields = format!(r#"[{{"field":"{field}","message":"{message}"}}]"#);
    format!(r#"{{"error":{{"code":400,"message":"There were 1 invalid conversion events. None were processed.","fields":{fields}}}}}"#)
}

#[test]
fn a_good_token_and_pixel_pass() {
    let too_old = refused_for("$.data.events[0].event_at", "event_at timestamp must be less than 168h0m0s old");
    assert_eq!(probe(400, &too_old), Ok(()));
    assert_eq!(probe(400, r#"{"error":{"code":400,"message":"There were 1 invalid conversion events. None were processed."}}"#), Ok(()));
    assert_eq!(probe(200, r#"{"data":{"message":"Successfully processed 1 conversion events."}}"#), Ok(()));
}

#[test]
fn a_wrong_token_a_wrong_pixel_and_a_wrong_test_id_are_told_apart() {
    let words = |text: &str| text.to_owned();
    assert_eq!(probe(401, "Authorization Required"), Err(ConnectError::Refused { code: None, words: words("Authorization Required") }));
    let pixel = "You're not authorized to post conversions to Pixel ID a2_gxyz12.";
    assert_eq!(
        probe(403, &format!(r#"{{"error":{{"code":403,"message":"{pixel}"}}}}"#)),
        Err(ConnectError::NoAccess { code: Some("403".into()), words: words(pixel) })
    );
    assert!(matches!(probe(404, ""), Err(ConnectError::NoAccess { .. })));
    assert!(matches!(probe(400, &refused_for("$.data.test_id", "unknown test id")), Err(ConnectError::Refused { .. })));
}

#[test]
fn no_usable_answer_is_no_judgement_of_the_token() {
    for (status, body) in [(429, ""), (500, "{}"), (502, "<html></html>"), (302, ""), (200, "<html></html>"), (200, "")] {
        assert!(matches!(probe(status, body), Err(ConnectError::Unavailable { .. })), "{status} {body}");
    }
}

#[test]
fn every_standard_name_has_a_word_on_the_wire() {
    let shown: std::collections::BTreeSet<&str> = payload::TYPES.iter().map(|(shown, ..)| *shown).collect();
    let naming = SPEC.naming.unwrap();
    assert_eq!(naming.standard.iter().copied().collect::<std::collections::BTreeSet<_>>(), shown);
    let taken = |word: &str| naming.refuses(word).is_none();
    assert!(payload::TYPES.iter().all(|(shown, word, _)| shown == word || !taken(word)));
}
