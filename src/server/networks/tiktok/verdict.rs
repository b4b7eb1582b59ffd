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
    /// Not taken; may work later.
    Later(Option<Millis>),
    /// It broke inside; TikTok may have taken the events.
    Unknown,
}

/// TikTok's codes; the first row that holds a code counts, so families stand below their members.
#[rustfmt::skip]
pub const CODES: &[(RangeInclusive<i64>, Means)] = &[
    (0..=0, Means::Accepted(None)),
    (20001..=20001, Means::Accepted(Some("TikTok reports partial success; which event it left out is not said."))),
    (40000..=40000, Means::Content),                 // INVALID_PARAMS
    (40001..=40001, Means::Permission),              // no admin or operator of the pixel's account
    (40002..=40002, Means::Content),                 // PARAM_ERROR
    (40003..=40003, Means::Permission),              // forbidden
    (40016..=40016, Means::Later(None)),             // too frequent, by app
    (40050..=40050, Means::Accepted(Some("TikTok had this event already."))),
    (40061..=40062, Means::Content),                 // batch size, personal field not hashed
    (40100..=40100, Means::Later(None)),             // too many requests
    (40101..=40107, Means::Credentials),             // app or token wrong, expired, empty or revoked
    (40110..=40116, Means::Credentials),             // authorization code, app blocked
    (40117..=40130, Means::Permission),              // method, allowlist, developer, scope
    (40132..=40133, Means::Later(None)),             // by pixel, by advertiser
    (40202..=40202, Means::Later(None)),             // write conflict
    (40300..=40301, Means::Permission),              // advertiser missing or another one
    (41000..=41000, Means::Permission),              // the server's address is blocked
    (61000..=61000, Means::Later(None)),             // too many requests, blocked list
    (60001..=60001, Means::Later(Some(MAINTENANCE_WAIT))),
    (50000..=69999, Means::Unknown),                 // system, time-out, RPC, service, database, serialisation
    // Versions and interfaces (40006, 40007, 40008, 40010, 40051, 40063, 41001, 41002), and client-side codes not known yet:
    // the same call would be refused again.
    (40000..=49999, Means::Call),
];

/// What a code of no row means: it is no refusal that we know, and asking again is safe while TikTok knows the event id.
const UNLISTED: Means = Means::Unknown;

/// Fields of the envelope: named in a message, they are the connection's fault and no single event's.
const ENVELOPE: &[&str] = &["event_source_id", "test_event_code", "partner_name"];

pub fn read(answer: &Answer, sent: usize) -> Verdict {
    let body = answer.json();
    let words = answers::words(&body["message"]).or_else(|| answer.prose().filter(|_| body.is_null()));
    let Some(code) = code_of(&body) else { return answer.verdict_by_status(sent, words) };
    let means = CODES.iter().find(|(codes, _)| codes.contains(&code)).map_or(UNLISTED, |(_, means)| *means);
    let events = match means {
        // A code of success under an HTTP error is none: the status decides.
        Means::Accepted(_) if !answer.success() => answer.verdict_by_status(sent, None).events,
        Means::Accepted(note) => Events::All(Outcome::Accepted { note: note.map(str::to_owned) }),
        Means::Content => content(words.as_deref().unwrap_or_default(), sent),
        Means::Call => Events::All(Outcome::Payload),
        Means::Credentials => Events::All(Outcome::Credentials),
        Means::Permission => Events::All(Outcome::Permission),
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
