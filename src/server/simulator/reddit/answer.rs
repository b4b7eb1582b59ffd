//! Reddit's answers (wire page 2.4). The bodies of 401 to 500 are in the envelope of the captured 400s.

use crate::server::simulator::role::Answer;
use serde_json::{Value, json};

/// One thing wrong with one event.
#[derive(Debug)]
pub struct Problem {
    /// Below `$.data.events[N]`, as Reddit writes it: `user.UUID`; empty for the event itself.
    pub path: &'static str,
    pub message: String,
}

pub fn processed(count: usize) -> Answer {
    let words = format!("Successfully processed {count} conversion events.");
    let body = format!("{{\"data\":{{\"message\":\"{words}\"}}}}");
    Answer { status: 200, content_type: "application/json", retry_after: None, code: None, words, body }
}

pub fn refused(status: u16, words: impl Into<String>) -> Answer {
    with_fields(status, words.into(), Vec::new())
}

/// None was processed; `problems` by the event's place in the call.
pub fn invalid(problems: &[(usize, Vec<Problem>)]) -> Answer {
    let field = |at: usize, problem: &Problem| {
        let point = if problem.path.is_empty() { "" } else { "." };
        json!({"field": format!("$.data.events[{at}]{point}{}", problem.path), "message": problem.message})
    };
    let fields = problems.iter().flat_map(|(at, list)| list.iter().map(|problem| field(*at, problem))).collect();
    with_fields(400, format!("There were {} invalid conversion events. None were processed.", problems.len()), fields)
}

pub fn trouble(status: Option<u16>, code: Option<i64>, message: Option<&str>) -> Answer {
    let status = status.or(code.and_then(|code| u16::try_from(code).ok()).filter(|code| (200..600).contains(code))).unwrap_or(400);
    let words = match status {
        200 => return processed(1),
        401 => "UNAUTHORIZED",
        403 => "Missing adsconversions scope to post conversions to Pixel.",
        404 => "Not Found",
        429 => "Too many requests/events within timeframe.",
        500.. => "The service is currently unavailable. No conversion events were processed.",
        _ => "Bad Request",
    };
    refused(status, message.unwrap_or(words))
}

fn with_fields(status: u16, words: String, fields: Vec<Value>) -> Answer {
    let mut error = json!({"code": status, "message": words});
    if !fields.is_empty() {
        error["fields"] = Value::Array(fields);
    }
    let body = json!({ "error": error }).to_string();
    Answer { status, content_type: "application/json", retry_after: None, code: Some(i64::from(status)), words, body }
}
