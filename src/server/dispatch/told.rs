//! PURE: what follows from an answer to the question what became of a request.

use super::sequel;
use super::target::{Target, park};
use crate::model::Millis;
use crate::model::connection::ParkCause;
use crate::server::db::connections::Park;
use crate::server::db::last_words::{self, Final};
use crate::server::db::receipts::{Event, Open};
use crate::server::db::results::{Attempt, Call, id_at};
use crate::server::networks::contract::{Told, Word};

/// What becomes of a receipt after a question.
#[derive(Debug, PartialEq, Eq)]
pub enum After {
    /// It waits for its next question.
    Back { asked: i32, due_at: Millis, park: Option<Park> },
    /// That was the last word.
    Last,
}

/// How the question went, for the log.
pub struct Reply {
    pub call: Call,
    /// None: no answer came.
    pub status: Option<u16>,
    pub latency_ms: Millis,
}

/// `made` says whether a call was made at all; `words` are the network's where it refuses the token.
pub fn after(target: &Target, open: &Open, told: &Told, made: bool, words: Option<String>, now: Millis) -> After {
    let waits = target.network.later().map(|later| later.waits()).unwrap_or_default();
    let times = open.asked + 1;
    let back = |asked, due_at| After::Back { asked, due_at, park: None };
    match &told.word {
        Word::Credentials => {
            let park = park(&target.route, ParkCause::Credentials, words.unwrap_or_default(), now);
            After::Back { asked: open.asked, due_at: now, park: Some(park) }
        }
        Word::Nothing { wait } => match sequel::next_question(waits, usize::try_from(times).unwrap_or(usize::MAX), *wait, now) {
            Some(due_at) => back(times, due_at),
            None if made => After::Last,
            // Without an answer of the network's there is nothing to write it with; the last question is asked once more.
            None => back(open.asked, now + waits.last().copied().unwrap_or_default()),
        },
        _ => After::Last,
    }
}

/// The last word on every event of the receipt; `let_go` is when the connection was let go last, and `jitter` draws a number from 0 to 1.
#[allow(clippy::too_many_arguments)] // each is of another kind
pub fn last(
    target: &Target,
    open: Open,
    events: Vec<Event>,
    told: &Told,
    reply: Reply,
    let_go: Option<Millis>,
    now: Millis,
    mut jitter: impl FnMut() -> f64,
) -> Final {
    let (mut tell, mut parked) = (Vec::with_capacity(events.len()), None);
    for (place, event) in events.into_iter().enumerate() {
        let sequel = sequel::of(target.network.spec(), &event, told, place, now, jitter());
        let row = sequel.row.map(|status| Attempt {
            id: id_at(reply.call.time),
            time: reply.call.time,
            status,
            http: reply.status.map(i32::from),
            latency_ms: Some(i32::try_from(reply.latency_ms).unwrap_or(i32::MAX)),
            number: event.attempt + 1,
            code: told.code.clone(),
            words: None,
            meaning: sequel.says.clone(),
            sent: Some((reply.call.id, String::new())),
            transport: target.network.transport(),
            told: None,
            of_attempt: Some(event.attempt_id),
        });
        // What was refused before somebody set it right parks nothing any more.
        let still = let_go.is_none_or(|let_go| let_go <= event.accepted_at());
        parked = parked.or_else(|| sequel.parks.filter(|_| still).map(|cause| park(&target.route, cause, sequel.says.clone(), now)));
        let (attempt_id, of) = (event.attempt_id, event.of);
        let sequel::Sequel { word, says, state, ended, again, .. } = sequel;
        tell.push(last_words::Told { of, attempt_id, word, says, state, ended, again, row });
    }
    Final { open, call: reply.call, events: tell, park: parked }
}
