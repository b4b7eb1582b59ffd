//! From the request's bytes to its list of messages: capped after decompression, no deeper than the limit, 1 to 100 of them.

use super::answer::Refusal;
use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, EXPECT};
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use http_body_util::BodyExt;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::io::Read;
use std::time::Duration;

/// After decompression; a batch of 100 of the SDKs' messages is about 80 KiB.
pub const MAX_BODY: usize = 1024 * 1024;
/// How much of a body that is too large is read and thrown away, so that its sender reads the answer instead of a broken connection.
const THROWN_AWAY: usize = 16 * 1024 * 1024;
/// The SDKs give up after as long.
const READ_TIME: Duration = Duration::from_secs(30);
/// The whole body's nesting of objects and arrays.
pub const MAX_DEPTH: usize = 32;
pub const MAX_MESSAGES: usize = 100;

/// What a body may be packed in. Others cost more memory to unpack than the body limit can bound.
#[derive(Clone, Copy)]
enum Encoding {
    Plain,
    Gzip,
    Deflate,
}

/// Reads and unpacks a request's body; stops at the limit, also inside a small body that unpacks to a huge one.
pub async fn read(headers: &HeaderMap, body: Body) -> Result<Vec<u8>, Refusal> {
    let encoding = encoding(headers)?;
    let expects_permission = headers.contains_key(EXPECT);
    let sent = tokio::time::timeout(READ_TIME, collect(body, expects_permission)).await.map_err(|_| Refusal::Unreadable)??;
    match encoding {
        Encoding::Plain => Ok(sent),
        Encoding::Gzip => unpack(MultiGzDecoder::new(sent.as_slice())),
        Encoding::Deflate => unpack(ZlibDecoder::new(sent.as_slice())),
    }
}

/// Reads what a client sends that is not looked at, within reason, so that it reads the answer instead of a broken connection. One that waits for
/// `100 Continue` sends nothing.
pub async fn throw_away(headers: &HeaderMap, body: Body) {
    if !headers.contains_key(EXPECT) {
        let unread = tokio::time::timeout(READ_TIME, collect(body, false)).await;
        tracing::trace!(whole = unread.is_ok_and(|body| body.is_ok()), "a body was thrown away");
    }
}

fn encoding(headers: &HeaderMap) -> Result<Encoding, Refusal> {
    let mut names = headers.get_all(CONTENT_ENCODING).iter();
    let Some(name) = names.next() else { return Ok(Encoding::Plain) };
    match name.to_str().unwrap_or_default().to_ascii_lowercase().as_str() {
        _ if names.next().is_some() => Err(Refusal::Encoding),
        "identity" => Ok(Encoding::Plain),
        "gzip" | "x-gzip" => Ok(Encoding::Gzip),
        "deflate" => Ok(Encoding::Deflate),
        _ => Err(Refusal::Encoding),
    }
}

async fn collect(mut body: Body, expects_permission: bool) -> Result<Vec<u8>, Refusal> {
    use axum::body::HttpBody;
    let declared = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    // A client that waits for `100 Continue` reads the answer before it sends anything.
    if declared > MAX_BODY && (expects_permission || declared > THROWN_AWAY) {
        return Err(Refusal::TooLarge);
    }
    let (mut bytes, mut seen) = (Vec::with_capacity(declared.min(MAX_BODY)), 0);
    while let Some(frame) = body.frame().await {
        let Ok(piece) = frame.map_err(|_| Refusal::Unreadable)?.into_data() else { continue };
        seen += piece.len();
        if seen <= MAX_BODY {
            bytes.extend_from_slice(&piece);
        } else if seen > THROWN_AWAY {
            break;
        }
    }
    if seen > MAX_BODY { Err(Refusal::TooLarge) } else { Ok(bytes) }
}

fn unpack(packed: impl Read) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    packed.take(MAX_BODY as u64 + 1).read_to_end(&mut bytes).map_err(|_| Refusal::Unreadable)?;
    if bytes.len() > MAX_BODY { Err(Refusal::TooLarge) } else { Ok(bytes) }
}

#[derive(Deserialize)]
struct Envelope {
    messages: Value,
}

/// The object that a body is.
pub fn object(body: &[u8]) -> Result<Map<String, Value>, Refusal> {
    if too_deep(body) {
        return Err(Refusal::TooDeep);
    }
    match serde_json::from_slice(body).map_err(|error| refusal(&error))? {
        Value::Object(object) => Ok(object),
        _ => Err(Refusal::NoObject),
    }
}

/// The messages of a body, not yet validated.
pub fn messages(body: &[u8]) -> Result<Vec<Value>, Refusal> {
    if too_deep(body) {
        return Err(Refusal::TooDeep);
    }
    let envelope: Envelope = serde_json::from_slice(body).map_err(|error| refusal(&error))?;
    match envelope.messages {
        Value::Array(messages) if (1..=MAX_MESSAGES).contains(&messages.len()) => Ok(messages),
        Value::Array(messages) => Err(Refusal::Shape { found: format!("; it holds {}", messages.len()) }),
        _ => Err(Refusal::Shape { found: "; it is no array".into() }),
    }
}

fn refusal(error: &serde_json::Error) -> Refusal {
    if error.is_data() {
        return Refusal::Shape { found: String::new() };
    }
    let text = error.to_string();
    // serde_json says "… at line 1 column 7"; the place is said once, in the details and in the text.
    Refusal::Malformed { what: text, line: error.line(), column: error.column() }
}

/// Counts brackets outside of texts. Bytes that are not JSON are found by the parser afterwards.
fn too_deep(body: &[u8]) -> bool {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for byte in body {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return true;
                }
            }
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_two_levels_are_taken_and_one_more_is_not() {
        assert!(!too_deep(format!("{}{}", "[".repeat(32), "]".repeat(32)).as_bytes()));
        assert!(too_deep("[".repeat(33).as_bytes()));
        assert!(!too_deep(format!("[\"{}\\\"{}\"]", "[".repeat(40), "{".repeat(40)).as_bytes()));
        assert!(!too_deep("[]".repeat(50).as_bytes()));
    }

    #[test]
    fn a_malformed_body_is_told_where_it_breaks() {
        let Err(refusal) = messages(b"{\"messages\": [\n  oops]}") else { panic!("this is no JSON") };
        assert_eq!(refusal.to_string(), "The body is not JSON: expected value at line 2 column 3.");
        assert!(matches!(refusal, Refusal::Malformed { line: 2, column: 3, .. }));
    }

    #[test]
    fn one_to_a_hundred_messages_are_taken() {
        let body = |count: usize| format!("{{\"messages\": [{}]}}", vec!["{}"; count].join(","));
        for (text, taken) in [
            (body(0), false),
            (body(1), true),
            (body(100), true),
            (body(101), false),
            ("{}".into(), false),
            ("[]".into(), false),
            ("null".into(), false),
            ("{\"messages\": {}}".into(), false),
        ] {
            assert_eq!(messages(text.as_bytes()).is_ok(), taken, "{text}");
        }
    }
}
