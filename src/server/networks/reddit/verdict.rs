//! What Reddit's answers mean. PURE. The status leads; a 400 refuses the whole call and names the events at fault.

use crate::server::networks::answers;
use crate::server::networks::contract::{Answer, Events, Outcome, Verdict};
use serde_json::Value;
use std::collections::BTreeMap;

pub fn read(answer: &Answer, sent: usize) -> Verdict {
    let body = answer.json();
    let error = error_of(&body);
    let words = words_of(&body).or_else(|| answer.prose());
    let code = error.and_then(|error| answers::id(&error["reason"]).or_else(|| answers::id(&error["code"])));
    let verdict = match (answer.success(), error) {
        (true, None) if body.is_object() => accepted(&body, sent, words),
        // 200 is not success: an error inside decides by its own status.
        (true, Some(error)) => by_code(answer, error, sent, words),
        (false, Some(error)) if answer.status == 400 => refused(error, answer, sent, words),
        _ => answer.verdict_by_status(sent, words),
    };
    Verdict { code, ..verdict }
}

/// `{"error":{…}}`, or the older `{"success":false,…}`.
pub fn error_of(body: &Value) -> Option<&Value> {
    let refused = body["success"] == Value::Bool(false) || body["error"].is_string();
    if body["error"].is_object() { Some(&body["error"]) } else { refused.then_some(body) }
}

/// The network's own words, wherever the body has them.
pub fn words_of(body: &Value) -> Option<String> {
    let error = &body["error"];
    let places = [&error["message"], &error["explanation"], &error["reason"], error, &body["message"], &body["data"]["message"]];
    places.into_iter().find_map(answers::words)
}

/// `{"data":{"message":"Successfully processed 1 conversion events."}}`; a number that differs from what was sent is said.
fn accepted(body: &Value, sent: usize, words: Option<String>) -> Verdict {
    let message = body["data"]["message"].as_str().unwrap_or_default();
    let processed = message.split_whitespace().find_map(|word| word.parse::<usize>().ok());
    let note = processed.filter(|&n| n != sent).map(|n| format!("Reddit says that it processed {n} of {sent} events."));
    Verdict { events: Events::All(Outcome::Accepted { note }), code: None, words }
}

fn by_code(answer: &Answer, error: &Value, sent: usize, words: Option<String>) -> Verdict {
    let status = error["code"].as_u64().and_then(|code| u16::try_from(code).ok()).filter(|code| (400..600).contains(code));
    match status {
        Some(400) => refused(error, answer, sent, words),
        Some(status) => Answer { status, ..answer.clone() }.verdict_by_status(sent, words),
        None => answer.verdict_by_status(sent, words),
    }
}

/// All or nothing: `fields` names the events at fault as `$.data.events[3].user.uuid`.
fn refused(error: &Value, answer: &Answer, sent: usize, words: Option<String>) -> Verdict {
    let mut bad: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for field in error["fields"].as_array().into_iter().flatten() {
        let Some(index) = field["field"].as_str().and_then(event_index).filter(|&index| index < sent) else { continue };
        let said = answers::words(&field["message"]).or_else(|| answers::words(&field["field"])).or_else(|| words.clone());
        bad.entry(index).or_default().extend(said);
    }
    let events = match bad.is_empty() {
        true => return Answer { status: 400, ..answer.clone() }.verdict_by_status(sent, words),
        false => Events::Bad(bad.into_iter().map(|(index, said)| (index, said.join("; "))).collect()),
    };
    Verdict { events, code: None, words }
}

fn event_index(field: &str) -> Option<usize> {
    let (_, rest) = field.split_once("events[")?;
    rest.split_once(']')?.0.parse().ok()
}
