//! What TikTok's answers mean. PURE. HTTP is nearly always 200: the body's `code` decides.
//! https://business-api.tiktok.com/portal/docs?id=1737172488964097

use super::code_of;
use crate::model::{MINUTE, Millis};
use crate::server::networks::answers;
use crate::server::networks::contract::{Answer, Events, Outcome, Verdict};
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

/// Maintenance is announced in hours; TikTok names no end.
const MAINTENANCE_WAIT: Millis = 30 * MINUTE;

/// What a code means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Means {
    Accepted(Option<&'static str>),
    /// Refused for what an event says: the others of the call are good.
    Content,
    /// The call as such is refused, not retried.
    Call,
    Credentials,
    Permission,
    /// Too much was asked of it.
    Throttled,
    /// Not taken; may work later.
    Later(Option<Millis>),
    /// It broke inside; TikTok may have taken the events.
    Unknown,
}

/// TikTok's codes, each in one row.
#[rustfmt::skip]
pub const CODES: &[(RangeInclusive<i64>, Means)] = &[
    (0..=0, Means::Accepted(None)),
    (20001..=20001, Means::Accepted(Some("TikTok reports partial success; which event it left out is not said."))),
    (40000..=40000, Means::Content),                 // INVALID_PARAMS
    (40001..=40001, Means::Permission),              // no admin or operator of the pixel's account
    (40002..=40002, Means::Content),                 // PARAM_ERROR
    (40003..=40003, Means::Permission),              // forbidden
    (40006..=40010, Means::Call),                    // version, not there, not built, domain
    (40016..=40016, Means::Throttled),               // too frequent, by app
    (40050..=40050, Means::Accepted(Some("TikTok had this event already."))),
    (40051..=40051, Means::Call),                    // API version
    (40061..=40062, Means::Content),                 // batch size, personal field not hashed
    (40063..=40063, Means::Call),                    // partner name
    (40100..=40100, Means::Throttled),               // too many requests
    (40101..=40107, Means::Credentials),             // app or token wrong, expired, empty or revoked
    (40110..=40116, Means::Credentials),             // authorization code, app blocked
    (40117..=40130, Means::Permission),              // method, allowlist, developer, scope
    (40132..=40133, Means::Throttled),               // by pixel, by advertiser
    (40202..=40202, Means::Later(None)),             // write conflict
    (40300..=40301, Means::Permission),              // advertiser missing or another one
    (41000..=41000, Means::Permission),              // the server's address is blocked
    (41001..=41002, Means::Call),                    // interface or fields taken offline
    (50000..=50002, Means::Unknown),                 // system, time-out
    (51000..=51099, Means::Unknown),                 // RPC
    (51305..=51305, Means::Unknown),                 // service
    (52000..=53999, Means::Unknown),                 // database, serialisation
    (60001..=60001, Means::Later(Some(MAINTENANCE_WAIT))),
    (61000..=61000, Means::Throttled),               // too many requests, blocked list
];

/// Codes of no row. 4xxxx is the family of refusals: the same call would be refused again, and which event is at fault must be
/// found. All others may pass, and asking again is safe while TikTok knows the event id.
fn unlisted(code: i64) -> Means {
    if (40000..50000).contains(&code) { Means::Content } else { Means::Unknown }
}

/// Fields of the envelope: named in a message, they are the connection's fault and no single event's.
const ENVELOPE: &[&str] = &["event_source_id", "test_event_code", "partner_name"];

pub fn read(answer: &Answer, sent: usize) -> Verdict {
    let body = answer.json();
    let words = answers::words(&body["message"]).or_else(|| answer.prose().filter(|_| body.is_null()));
    let Some(code) = code_of(&body) else { return answer.verdict_by_status(sent, words) };
    let listed = CODES.iter().find(|(codes, _)| codes.contains(&code)).map(|(_, means)| *means);
    let events = match listed.unwrap_or_else(|| unlisted(code)) {
        _ if listed.is_none() && !answer.success() => answer.verdict_by_status(sent, None).events,
        // A code of success under an HTTP error is none: the status decides.
        Means::Accepted(_) if !answer.success() => answer.verdict_by_status(sent, None).events,
        Means::Accepted(note) => Events::All(Outcome::Accepted { note: note.map(str::to_owned) }),
        Means::Content => content(words.as_deref().unwrap_or_default(), sent),
        Means::Call => Events::All(Outcome::Payload),
        Means::Credentials => Events::All(Outcome::Credentials),
        Means::Permission => Events::All(Outcome::Permission),
        Means::Throttled => Events::All(Outcome::Throttled { wait: answer.retry_after }),
        Means::Later(wait) => Events::All(Outcome::Transient { wait: answer.retry_after.or(wait), unknown: false }),
        Means::Unknown => Events::All(Outcome::Transient { wait: answer.retry_after, unknown: true }),
    };
    Verdict { events, code: Some(code.to_string()), words }
}

/// One bad event has the whole call refused. Some messages name its index (`Batch.0.properties…`), most do not.
fn content(words: &str, sent: usize) -> Events {
    let named = indexes(words).into_iter().filter(|&index| index < sent).collect::<BTreeSet<_>>();
    if !named.is_empty() {
        return Events::Bad(named.into_iter().map(|index| (index, words.to_owned())).collect());
    }
    if ENVELOPE.iter().any(|field| words.contains(field)) {
        return Events::All(Outcome::Payload);
    }
    answers::refused_content(sent)
}

/// Indexes after `batch` or `data`, written `.0.`, `.0:` or `[0]`.
fn indexes(words: &str) -> Vec<usize> {
    let words = words.to_ascii_lowercase();
    let after = |name| words.match_indices(name).map(|(at, name)| &words[at + name.len()..]).collect::<Vec<_>>();
    ["batch", "data"].into_iter().flat_map(after).filter_map(index).collect()
}

fn index(rest: &str) -> Option<usize> {
    let digits = rest.strip_prefix(['.', '['])?;
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits[..end].parse().ok()
}
