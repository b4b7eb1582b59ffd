//! What is kept of a try: the rows of the log and where the postback stands, within the log's limits.

use super::meaning::{self, Brought};
use super::retry::{Next, Step};
use crate::model::Millis;
use crate::model::attempt::LastWord;
use crate::model::postback::PostbackState;
use crate::server::db::postbacks::Claimed;
use crate::server::db::queue::Held;
use crate::server::db::receipts::Covered;
use crate::server::db::results::{Attempt, Call, Finish, Stand, id_at};
use crate::server::networks::contract::{Outcome, Request, Spec};
use crate::server::networks::http;
use uuid::Uuid;

/// Request and response are kept up to here, each.
const MAX_TEXT: usize = 16 * 1024;
/// A network's code and words are kept up to here.
const MAX_WORDS: usize = 2_000;

/// A call that went out, as the log keeps it.
pub struct Sent {
    pub call: Call,
    /// Each event alone as it was sent, in the order of the call.
    pub events: Vec<String>,
}

/// What the network said, for the log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    pub code: Option<String>,
    pub words: Option<String>,
}

impl Said {
    /// What it said of one event, else of the call.
    pub fn or(self, call: &Self) -> Self {
        Self { code: self.code.or_else(|| call.code.clone()), words: self.words.or_else(|| call.words.clone()) }
    }
}

/// Takes the request apart: the events go to their attempts, the rest is kept once.
pub fn sent(request: Request, response: Option<&str>, started: Millis) -> Sent {
    let logged = http::head(&request);
    let headers = serde_json::to_string(&logged.headers).expect("pairs of texts are JSON");
    let (envelope, events) = http::masked_body(request);
    let call = Call {
        id: id_at(started),
        time: started,
        method: logged.method,
        url: logged.url,
        headers,
        envelope: kept(&envelope, MAX_TEXT),
        response: response.map(|body| kept(body, MAX_TEXT)),
    };
    Sent { call, events: events.into_iter().map(|event| within(event, MAX_TEXT)).collect() }
}

/// How the call of a try went.
pub struct Went<'a> {
    pub started: Millis,
    pub latency_ms: Millis,
    pub brought: Brought,
    /// Which of the network's transports it took, where there are several.
    pub transport: Option<&'static str>,
    pub said: &'a Said,
    /// What the HTTP layer adds, e.g. that the answer's end was not read.
    pub note: Option<&'static str>,
    pub call: &'a Call,
}

/// The result of a postback that was in a call, which was answered with this receipt, if with any.
pub fn finish(
    spec: &Spec,
    claimed: Claimed,
    outcome: &Outcome,
    step: Step,
    went: &Went<'_>,
    event: String,
    receipt: Option<Uuid>,
) -> Finish {
    let Held { attempt, alone, .. } = claimed.held;
    let covered =
        |receipt_id| Covered { receipt_id, attempt, steps: step.steps, refusals: step.refusals, give_up_at: step.give_up_at, alone };
    let note = match outcome {
        Outcome::Accepted { note } | Outcome::NotCredited { note } => note.as_deref(),
        _ => None,
    };
    Finish {
        lease_id: claimed.held.lease_id,
        unknown_since: step.unknown_since,
        attempt: Attempt {
            id: id_at(went.started),
            time: went.started,
            status: meaning::status(step.next),
            http: match went.brought {
                Brought::Status(status) => Some(i32::from(status)),
                Brought::Unreached | Brought::Silence => None,
            },
            latency_ms: Some(i32::try_from(went.latency_ms).unwrap_or(i32::MAX)),
            number: attempt + 1,
            code: went.said.code.as_deref().map(|code| kept(code, MAX_WORDS)),
            words: note.or(went.said.words.as_deref()).map(|words| kept(words, MAX_WORDS)),
            meaning: [&meaning::of_call(spec, went.brought, outcome, step.next, receipt.is_some()), went.note.unwrap_or_default()]
                .join(" ")
                .trim_end()
                .to_owned(),
            sent: Some((went.call.id, event)),
            transport: went.transport,
            told: match outcome {
                Outcome::NotCredited { .. } => Some(LastWord::NotCredited),
                _ => receipt.map(|_| LastWord::Waiting),
            },
            of_attempt: None,
        },
        stand: match outcome {
            Outcome::NotCredited { .. } => {
                Stand::Over { state: PostbackState::Accepted, ended: Some(meaning::not_credited(went.said.code.as_deref())) }
            }
            _ => stand(spec, step, went.started + went.latency_ms),
        },
        receipt: receipt.map(covered),
        of: claimed.of,
    }
}

/// The result of a postback that ends without a call.
pub fn finish_unsent(spec: &Spec, claimed: Claimed, next: Next, now: Millis) -> Finish {
    let step = Step { next, steps: claimed.held.steps, refusals: 0, give_up_at: now, unknown_since: claimed.unknown_since };
    Finish {
        lease_id: claimed.held.lease_id,
        unknown_since: claimed.unknown_since,
        attempt: Attempt::unsent(now, meaning::of_no_call(spec, next)),
        stand: stand(spec, step, now),
        receipt: None,
        of: claimed.of,
    }
}

fn stand(spec: &Spec, step: Step, now: Millis) -> Stand {
    let over = |state| Stand::Over { state, ended: meaning::ended(spec, step.next) };
    let open = |due_at| Stand::Open { due_at, steps: step.steps, refusals: step.refusals, give_up_at: step.give_up_at };
    match step.next {
        Next::Accepted => over(PostbackState::Accepted),
        Next::Failed(_) => over(PostbackState::Failed),
        Next::Expired => over(PostbackState::Expired),
        Next::Again { at } => open(at),
        // Its connection is parked: it is due the moment that ends.
        Next::Park { .. } => open(now),
    }
}

/// The text within `most` bytes, with what PostgreSQL cannot store taken out.
pub fn kept(text: &str, most: usize) -> String {
    let end =
        if text.len() > most { (0..=most - '…'.len_utf8()).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0) } else { text.len() };
    let mut kept = text[..end].replace('\0', " ");
    if end < text.len() {
        kept.push('…');
    }
    kept
}

/// The same, without a copy where it fits.
fn within(text: String, most: usize) -> String {
    if text.len() > most || text.contains('\0') { kept(&text, most) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_text_fits_and_can_be_stored() {
        assert_eq!(kept("short", 10), "short");
        assert_eq!(kept("nul\0 inside", 20), "nul  inside");
        let cut = kept(&"ä".repeat(20_000), MAX_TEXT);
        assert!(cut.len() <= MAX_TEXT && cut.ends_with('…'));
    }
}
