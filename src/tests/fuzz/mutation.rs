//! Inputs that are nearly good.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::Value;

/// What readers stumble over.
const PIECES: &[&[u8]] = &[
    b"\0",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"\xc3",
    b"%",
    b"%00",
    b"%ff",
    b"%u0041",
    b"+",
    b"&",
    b"=",
    b"?",
    b"#",
    b"/../",
    b"\r\n",
    b"\n",
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b",",
    b":",
    b"null",
    b"1e999",
    b"-",
    b"9999999999999999999999",
    b"\xe2\x80\xae",
    b"\xf0\x9d\x95\x8f",
    b";",
    b"Batch.99999999999999999999.",
    b"events[-1]",
    b"data[4294967296]",
    b"Mon, 31 Feb 2026 25:61:61 GMT",
    b"Thu, 01 Jan 1970 00:00:00 +9999",
    b"ttclid=",
    b"gclid=",
    b"fbclid=",
    b"utm_source=",
    b"&&&&",
    b"javascript:",
    b"xn--",
    b"::1",
    b"[::ffff:127.0.0.1]:0",
];
/// Values that a field may hold and seldom does.
const VALUES: &[&str] = &[
    "null",
    "true",
    "false",
    "0",
    "-0",
    "-1",
    "1",
    "0.1",
    "1e400",
    "1E-400",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551616",
    "0.123456789012345678901234567890",
    "1000000000000.000001",
    "\"\"",
    "\" \"",
    "\"\\u0000\"",
    "\"null\"",
    "\"0\"",
    "\"-1\"",
    "\"1e3\"",
    "\"USD\"",
    "\"usd\"",
    "\"\\u202e\"",
    "\"𝕏\"",
    "[]",
    "{}",
    "[null]",
    "[[[[[[[[]]]]]]]]",
    "{\"a\":{\"a\":{\"a\":{}}}}",
    "\"9999-12-31T23:59:59Z\"",
    "\"2026-02-30T00:00:00Z\"",
    "\"0000-01-01T00:00:00Z\"",
    "\"1970-01-01T00:00:00.999999999+23:59\"",
    "\"00000000-0000-0000-0000-000000000000\"",
    "\"{}\"",
    "\"https://\"",
    "\"https://user:pass@[::1]:0/?ttclid=%00#\"",
];

/// Around limits.
const LENGTHS: &[usize] = &[100, 256, 257, 1_000, 2_049, 40_000];

#[derive(Debug, Clone)]
pub enum Mutation {
    Put(Index, Vec<u8>),
    Cut(Index, usize),
    /// A stretch, so many times more.
    Again(Index, usize, usize),
    /// The beginning of this and the end of another.
    Join(Index, Index),
    Value(Index, &'static str),
    /// A text as long as this.
    Long(Index, usize),
    /// The value within so many lists.
    Deep(Index, usize),
    Without(Index),
    /// The same value in the place of another.
    Moved(Index, Index),
}

pub fn mutation() -> impl Strategy<Value = Mutation> {
    let at = any::<Index>;
    let piece = prop_oneof![3 => select(PIECES).prop_map(<[u8]>::to_vec), 1 => proptest::collection::vec(any::<u8>(), 1..9)];
    prop_oneof![
        3 => (at(), piece).prop_map(|(at, piece)| Mutation::Put(at, piece)),
        2 => (at(), 1..20usize).prop_map(|(at, length)| Mutation::Cut(at, length)),
        1 => (at(), 1..60usize, 1..60usize).prop_map(|(at, length, times)| Mutation::Again(at, length, times)),
        1 => (at(), at()).prop_map(|(of, at)| Mutation::Join(of, at)),
        6 => (at(), select(VALUES)).prop_map(|(at, value)| Mutation::Value(at, value)),
        1 => (at(), select(LENGTHS)).prop_map(|(at, length)| Mutation::Long(at, length)),
        1 => (at(), 1..40usize).prop_map(|(at, depth)| Mutation::Deep(at, depth)),
        2 => at().prop_map(Mutation::Without),
        2 => (at(), at()).prop_map(|(from, to)| Mutation::Moved(from, to)),
    ]
}

pub fn mutated(mut bytes: Vec<u8>, mutation: &Mutation, corpus: &[Vec<u8>]) -> Vec<u8> {
    let place = |at: &Index, bytes: &[u8]| at.index(bytes.len() + 1);
    match mutation {
        Mutation::Put(at, piece) => {
            let at = place(at, &bytes);
            bytes.splice(at..at, piece.iter().copied());
        }
        Mutation::Cut(at, length) => {
            let at = place(at, &bytes);
            let end = (at + length).min(bytes.len());
            bytes.drain(at..end);
        }
        Mutation::Again(at, length, times) => {
            let at = place(at, &bytes);
            let stretch = bytes[at..(at + length).min(bytes.len())].repeat(*times);
            bytes.splice(at..at, stretch);
        }
        Mutation::Join(of, at) => {
            let other = of.get(corpus);
            bytes.truncate(place(at, &bytes));
            bytes.extend_from_slice(&other[place(at, other)..]);
        }
        Mutation::Value(at, value) => return in_json(bytes, at, |_, place| *place = serde_json::from_str(value).unwrap_or_default()),
        Mutation::Long(at, length) => return in_json(bytes, at, |_, place| *place = Value::from("x".repeat(*length))),
        Mutation::Deep(at, depth) => {
            return in_json(bytes, at, |_, place| {
                *place = (0..*depth).fold(place.take(), |within, _| Value::Array(vec![within]));
            });
        }
        Mutation::Without(at) => {
            return in_json(bytes, at, |_, place| match place {
                Value::Object(object) => drop(object.shift_remove(&object.keys().next().cloned().unwrap_or_default())),
                Value::Array(list) => drop(list.pop()),
                other => *other = Value::Null,
            });
        }
        Mutation::Moved(from, to) => {
            return in_json(bytes, to, |whole, place| {
                let mut whole = whole.clone();
                let from = from.index(count(&whole));
                *place = nth(&mut whole, &mut { from }).map(|value| value.take()).unwrap_or_default();
            });
        }
    }
    bytes
}

/// Changes one value of the JSON that the bytes hold, from the first bracket on; bytes without JSON stay as they are.
fn in_json(bytes: Vec<u8>, at: &Index, change: impl FnOnce(&Value, &mut Value)) -> Vec<u8> {
    let Some(begins) = bytes.iter().position(|byte| matches!(byte, b'{' | b'[')) else { return bytes };
    let Ok(mut value) = serde_json::from_slice::<Value>(&bytes[begins..]) else { return bytes };
    let whole = value.clone();
    let place = at.index(count(&whole));
    change(&whole, nth(&mut value, &mut { place }).expect("it is one of them"));
    [&bytes[..begins], value.to_string().as_bytes()].concat()
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(list) => list.iter().map(count).sum(),
        Value::Object(object) => object.values().map(count).sum(),
        _ => 0,
    }
}

/// The value at this place of a walk through all of them.
fn nth<'v>(value: &'v mut Value, left: &mut usize) -> Option<&'v mut Value> {
    if *left == 0 {
        return Some(value);
    }
    *left -= 1;
    match value {
        Value::Array(list) => list.iter_mut().find_map(|value| nth(value, left)),
        Value::Object(object) => object.values_mut().find_map(|value| nth(value, left)),
        _ => None,
    }
}
