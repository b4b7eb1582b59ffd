//! What the answers of all networks have in common: what a status means where the body says nothing better, and finding the
//! network's own words in any body, be it JSON, text or the HTML page of a proxy.

use super::contract::{Answer, ConnectError, Events, Outcome, Verdict};
use serde_json::Value;

/// The statuses that speak of a body's content or size; other refusals are of the call as such and the same for each part of it.
const CONTENT: &[u16] = &[400, 413, 422];

/// Longest words taken from a body that is no JSON.
const MAX_PROSE: usize = 300;

impl Answer {
    pub fn success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body where it is JSON; Null otherwise. Index it freely: what is missing is Null.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// Words for a person from a body that is no JSON: its text, or an HTML page's title.
    pub fn prose(&self) -> Option<String> {
        let body = self.body.trim();
        let text = if body.starts_with('<') {
            let lower = body.to_ascii_lowercase();
            let start = lower.find("<title>")? + "<title>".len();
            &body[start..start + lower[start..].find('<')?]
        } else {
            body
        };
        let words: String = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(MAX_PROSE).collect();
        (!words.is_empty()).then_some(words)
    }

    /// The verdict by status alone, for answers whose body does not say more.
    pub fn verdict_by_status(&self, sent: usize, words: Option<String>) -> Verdict {
        let events = match outcome_of(self.status) {
            Outcome::Payload if CONTENT.contains(&self.status) => refused_content(sent),
            Outcome::Throttled { .. } => Events::All(Outcome::Throttled { wait: self.retry_after }),
            Outcome::Transient { unknown, .. } => Events::All(Outcome::Transient { wait: self.retry_after, unknown }),
            outcome => Events::All(outcome),
        };
        Verdict { events, code: None, words }
    }

    /// Why connecting failed, by status alone.
    pub fn connect_error(&self, code: Option<String>, words: String) -> ConnectError {
        match outcome_of(self.status) {
            Outcome::Credentials | Outcome::Payload => ConnectError::Refused { code, words },
            Outcome::Permission | Outcome::Closed => ConnectError::NoAccess { code, words },
            Outcome::Transient { .. } | Outcome::Throttled { .. } | Outcome::Accepted { .. } | Outcome::NotCredited { .. } => {
                ConnectError::Unavailable { words }
            }
        }
    }
}

/// A call refused for what it says: one event is at fault alone, among several it must be found.
pub fn refused_content(sent: usize) -> Events {
    if sent <= 1 { Events::All(Outcome::Payload) } else { Events::Some }
}

/// A status never means accepted: 2xx without a readable body may be anybody's page (a proxy, a sign-in wall), and 3xx is not
/// followed. Both may pass, and the network may have taken the events.
fn outcome_of(status: u16) -> Outcome {
    match status {
        401 => Outcome::Credentials,
        403 => Outcome::Permission,
        408 => Outcome::Transient { wait: None, unknown: true },
        425 => Outcome::Transient { wait: None, unknown: false },
        429 => Outcome::Throttled { wait: None },
        400..=499 => Outcome::Payload,
        300..=399 => Outcome::Transient { wait: None, unknown: false },
        _ => Outcome::Transient { wait: None, unknown: true },
    }
}

/// The text at `value`, where it is one that says something.
pub fn words(value: &Value) -> Option<String> {
    value.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// An id or code at `value`, be it text or a number.
pub fn id(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(number.to_string()),
        other => words(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, retry_after: None, body: body.into() }
    }

    #[test]
    fn words_are_found_in_any_body() {
        let page = "<!DOCTYPE html><html><head><TITLE>502 Bad\n Gateway</TITLE></head><body>nginx</body></html>";
        assert_eq!(answer(502, page).prose().as_deref(), Some("502 Bad Gateway"));
        assert_eq!(answer(401, " Authorization  Required\n").prose().as_deref(), Some("Authorization Required"));
        assert_eq!(answer(500, "<html><title>").prose(), None);
        assert_eq!(answer(500, " ").prose(), None);
    }

    #[test]
    fn a_status_alone_is_never_success() {
        for status in 0..1000 {
            assert!(!matches!(outcome_of(status), Outcome::Accepted { .. } | Outcome::NotCredited { .. }), "{status}");
        }
    }

    #[test]
    fn among_several_events_the_refused_one_must_be_found() {
        assert_eq!(answer(413, "").verdict_by_status(1, None).events, Events::All(Outcome::Payload));
        assert_eq!(answer(413, "").verdict_by_status(2, None).events, Events::Some);
        assert_eq!(answer(404, "").verdict_by_status(2, None).events, Events::All(Outcome::Payload));
    }
}
