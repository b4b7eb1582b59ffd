//! PURE: what a network's last word on accepted events means for each of them, and when it is asked again while there is none.

use super::meaning;
use super::retry::{self, History, Next, Try};
use crate::model::attempt::{AttemptStatus, LastWord};
use crate::model::connection::ParkCause;
use crate::model::postback::PostbackState;
use crate::model::{Millis, SECOND};
use crate::server::db::last_words::Again;
use crate::server::db::receipts::Event;
use crate::server::networks::contract::{Outcome, Spec, Told, Word};

/// Events of a call of many go again one by one this far apart, so that they leave others a share of the quota.
const AGAIN_EVERY: Millis = SECOND;

/// What becomes of one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequel {
    pub word: LastWord,
    /// What it means for a marketer.
    pub says: String,
    pub state: PostbackState,
    pub ended: Option<String>,
    pub again: Option<Again>,
    /// The word in the status column of the row that a late refusal adds.
    pub row: Option<AttemptStatus>,
    /// Why nothing of the connection may go out, where that follows.
    pub parks: Option<ParkCause>,
}

/// When to ask again, after so many questions without a last word; None when that was the last.
pub fn next_question(waits: &[Millis], asked: usize, wait: Option<Millis>, now: Millis) -> Option<Millis> {
    Some(now + waits.get(asked)?.max(&wait.unwrap_or(0)))
}

/// What becomes of the event, told at `now`; `place` is its place among those of the call. `jitter` is a random number from 0 to 1.
pub fn of(spec: &Spec, event: &Event, told: &Told, place: usize, now: Millis, jitter: f64) -> Sequel {
    let name = spec.short;
    let why = told.says.map(|says| format!(" {says}")).unwrap_or_default();
    let over = |word, state, says: String, ended: Option<String>| Sequel { word, says, state, ended, again: None, row: None, parks: None };
    match &told.word {
        Word::Nothing { .. } | Word::Credentials => over(
            LastWord::NoAnswer,
            PostbackState::Accepted,
            format!("{name} gave no answer to the question whether the conversion counts, and Postbacks has stopped asking."),
            Some(format!("{name} gave no answer")),
        ),
        Word::Counted if told.says.is_some() => over(LastWord::Confirmed, PostbackState::Confirmed, why.trim_start().to_owned(), None),
        Word::Counted => over(LastWord::Confirmed, PostbackState::Confirmed, format!("{name} counts the conversion."), None),
        Word::NotCredited => over(
            LastWord::NotCredited,
            PostbackState::Accepted,
            format!("{name} read the conversion and credits it to no ad.{why} Nothing is wrong with it, and it is not sent again."),
            Some(meaning::not_credited(told.code.as_deref())),
        ),
        Word::Uncounted(outcome) => uncounted(spec, event, outcome, &why, now, jitter),
        Word::Some => some(spec, event, place, now),
    }
}

fn history(spec: &Spec, event: &Event) -> History {
    History {
        steps: event.steps,
        refusals: event.refusals,
        give_up_at: Some(event.give_up_at),
        unknown_since: event.unknown_since,
        expires_at: event.expires_at,
        dedup_window: spec.dedup_window,
    }
}

/// As if it had been the first answer.
fn uncounted(spec: &Spec, event: &Event, outcome: &Outcome, why: &str, now: Millis, jitter: f64) -> Sequel {
    let step = retry::next(&history(spec, event), &Try { started: now, ended: now, outcome: outcome.clone(), jitter });
    let again = |due_at| Again {
        due_at,
        expires_at: event.expires_at,
        attempt: event.attempt + 1,
        steps: step.steps,
        refusals: step.refusals,
        give_up_at: Some(step.give_up_at),
        alone: event.alone,
    };
    let (state, again, parks) = match step.next {
        Next::Again { at } => (PostbackState::Retrying, Some(again(at)), None),
        Next::Park { cause } => (PostbackState::Retrying, Some(again(now)), Some(cause)),
        Next::Expired => (PostbackState::Expired, None, None),
        Next::Failed(_) | Next::Accepted => (PostbackState::Failed, None, None),
    };
    Sequel {
        word: LastWord::Refused,
        says: meaning::of_late_refusal(spec, outcome, why, step.next),
        state,
        ended: meaning::ended(spec, step.next),
        again,
        row: Some(meaning::status(step.next)),
        parks,
    }
}

/// Its retries begin anew: what follows is about this event alone.
fn some(spec: &Spec, event: &Event, place: usize, now: Millis) -> Sequel {
    let name = spec.short;
    let part = format!("{name} counts only a part of the conversions that were sent together and does not say which.");
    if retry::over(&history(spec, event), now).is_some() {
        return Sequel {
            word: LastWord::NoAnswer,
            says: format!("{part} This one is too old to be sent again, so nobody knows."),
            state: PostbackState::Accepted,
            ended: Some(format!("{name} did not say whether it counts")),
            again: None,
            row: None,
            parks: None,
        };
    }
    let again = Again {
        due_at: now + AGAIN_EVERY * Millis::try_from(place).unwrap_or(0),
        expires_at: event.expires_at,
        attempt: event.attempt + 1,
        steps: event.steps,
        refusals: event.refusals,
        give_up_at: None,
        alone: true,
    };
    Sequel {
        word: LastWord::SentAgain,
        says: format!("{part} Each is sent again by itself, with the same event id, so that none is counted twice."),
        state: PostbackState::Retrying,
        ended: None,
        again: Some(again),
        row: None,
        parks: None,
    }
}

#[cfg(test)]
#[path = "sequel_tests.rs"]
mod tests;
