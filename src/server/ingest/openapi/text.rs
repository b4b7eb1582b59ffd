//! How texts are described: what counts as blank, and how long one may be.

use serde_json::{Value, json};

/// Unicode's white space: a text of nothing else counts as missing. Together with U+0000, which no text may hold.
const BLANK: &str = r"\u0009-\u000d\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000";

/// A text that says something.
pub fn required(max: usize) -> Value {
    let pattern = format!(r"^[^\u0000]*[^\u0000{BLANK}][^\u0000]*$");
    json!({ "type": "string", "minLength": 1, "maxLength": max, "pattern": pattern })
}

/// A text that may be missing, null or blank, which is all the same.
pub fn optional(max: usize) -> Value {
    json!({ "type": ["string", "null"], "maxLength": max, "pattern": r"^[^\u0000]*$" })
}

/// A text that may be missing, null or blank, and of which so many characters are kept.
pub fn cut(max: usize) -> Value {
    json!({ "type": ["string", "null"], "description": says_cut(max) })
}

/// A text that says something, of which so many characters are kept.
pub fn required_and_cut(max: usize) -> Value {
    json!({ "type": "string", "minLength": 1, "pattern": format!(r"[^\u0000{BLANK}]"), "description": says_cut(max) })
}

fn says_cut(max: usize) -> String {
    format!("{max} characters are kept; of a longer address, the parameters that tell an ad click before the others.")
}

/// One of these words; null and blank count as missing.
pub fn word(words: Value) -> Value {
    json!({ "anyOf": [{ "type": "string", "enum": words }, { "type": "null" }, { "type": "string", "pattern": format!("^[{BLANK}]*$") }] })
}
