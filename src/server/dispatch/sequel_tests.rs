use super::*;
use crate::model::{DAY, HOUR, MINUTE};
use crate::server::db::results::{Of, id_at};
use crate::server::networks::find;
use proptest::prelude::*;
use uuid::Uuid;

const NOW: Millis = 1_800_000_000_000;
const SAYS: &str = "Because.";

fn spec() -> &'static Spec {
    find("google").unwrap().spec()
}

/// Accepted half an hour ago at its first try.
fn event() -> Event {
    let of = Of {
        postback_id: Uuid::nil(),
        game_id: Uuid::nil(),
        network: "google".into(),
        connection_id: Uuid::nil(),
        goal_id: Uuid::nil(),
        goal_name: String::new(),
        event: "purchase".into(),
        test: false,
    };
    Event {
        of,
        attempt_id: id_at(NOW - 30 * MINUTE),
        attempt: 0,
        steps: 0,
        refusals: 0,
        give_up_at: NOW + 71 * HOUR,
        alone: false,
        expires_at: NOW + 80 * DAY,
        unknown_since: None,
    }
}

fn told(word: Word) -> Told {
    Told { word, code: Some("CODE".into()), says: Some(SAYS) }
}

fn becomes(event: &Event, word: Word) -> Sequel {
    of(spec(), event, &told(word), 0, NOW, 0.0)
}

fn later(wait: Option<Millis>) -> Word {
    Word::Uncounted(Outcome::Transient { wait, unknown: false })
}

#[test]
fn each_last_word_has_its_end() {
    let closed = |word, state, ended: Option<&str>, row| (word, state, ended.map(str::to_owned), false, row, None);
    for (word, expected) in [
        (Word::Counted, closed(LastWord::Confirmed, PostbackState::Confirmed, None, None)),
        (Word::NotCredited, closed(LastWord::NotCredited, PostbackState::Accepted, Some("not credited: CODE"), None)),
        (Word::Nothing { wait: None }, closed(LastWord::NoAnswer, PostbackState::Accepted, Some("Google gave no answer"), None)),
        (
            Word::Uncounted(Outcome::Payload),
            closed(LastWord::Refused, PostbackState::Failed, Some("refused by Google"), Some(AttemptStatus::Failed)),
        ),
        (later(Some(6 * HOUR)), (LastWord::Refused, PostbackState::Retrying, None, true, Some(AttemptStatus::Retried), None)),
        (
            Word::Uncounted(Outcome::Permission),
            (LastWord::Refused, PostbackState::Retrying, None, true, Some(AttemptStatus::Failed), Some(ParkCause::Permission)),
        ),
        (Word::Some, (LastWord::SentAgain, PostbackState::Retrying, None, true, None, None)),
    ] {
        let sequel = becomes(&event(), word.clone());
        let found = (sequel.word, sequel.state, sequel.ended, sequel.again.is_some(), sequel.row, sequel.parks);
        assert_eq!(found, expected, "{word:?}");
        assert!(sequel.says.ends_with('.') && !sequel.says.contains("  "), "{}", sequel.says);
    }
}

#[test]
fn a_late_refusal_goes_on_where_the_retries_were() {
    let event = Event { attempt: 1, steps: 1, alone: true, ..event() };
    let again = becomes(&event, later(Some(6 * HOUR))).again.unwrap();
    assert_eq!((again.due_at, again.attempt, again.alone), (NOW + 6 * HOUR, 2, true));
    assert_eq!((again.give_up_at, again.expires_at), (Some(event.give_up_at), event.expires_at));
    assert_eq!(becomes(&event, later(None)).again.unwrap().due_at, NOW + MINUTE, "the wait after a second try");
    let over = becomes(&Event { give_up_at: NOW + HOUR, ..event.clone() }, later(Some(6 * HOUR)));
    assert_eq!((over.state, over.ended.as_deref()), (PostbackState::Failed, Some("no success in 72 hours of retries")));
    let old = becomes(&Event { expires_at: NOW + HOUR, ..event.clone() }, later(Some(6 * HOUR)));
    assert_eq!((old.state, old.row), (PostbackState::Expired, Some(AttemptStatus::Failed)));
    let worn = becomes(&Event { refusals: 5, ..event }, Word::Uncounted(Outcome::Permission));
    assert_eq!((worn.state, worn.parks), (PostbackState::Failed, None));
}

#[test]
fn those_of_a_call_of_many_go_again_one_by_one() {
    let event = event();
    let at = |place| of(spec(), &event, &told(Word::Some), place, NOW, 0.0).again.unwrap();
    assert_eq!((at(0).due_at, at(9).due_at), (NOW, NOW + 9 * SECOND));
    assert_eq!((at(0).alone, at(0).attempt, at(0).give_up_at), (true, 1, None));
    for too_late in [Event { expires_at: NOW, ..event.clone() }, Event { unknown_since: Some(NOW - spec().dedup_window), ..event }] {
        let sequel = becomes(&too_late, Word::Some);
        assert_eq!((sequel.word, sequel.state, sequel.again), (LastWord::NoAnswer, PostbackState::Accepted, None));
    }
}

#[test]
fn questions_are_asked_at_growing_waits_for_a_day() {
    let waits = find("google").unwrap().later().unwrap().waits();
    let mut at = waits[0];
    let mut asked_at = vec![at];
    while let Some(next) = next_question(waits, asked_at.len(), None, at) {
        at = next;
        asked_at.push(at);
    }
    assert_eq!(asked_at.iter().map(|at| at / (30 * MINUTE)).collect::<Vec<_>>(), [1, 2, 4, 8, 16, 32, 48]);
    assert_eq!(next_question(waits, 1, Some(HOUR), NOW), Some(NOW + HOUR), "what the network asks for is kept");
    assert_eq!(next_question(waits, 1, Some(SECOND), NOW), Some(NOW + 30 * MINUTE));
    assert_eq!(next_question(waits, usize::MAX, None, NOW), None);
}

proptest! {
    #[test]
    fn what_goes_again_is_open_and_what_does_not_is_over(
        word in prop_oneof![
            Just(Word::Counted), Just(Word::NotCredited), Just(Word::Some), Just(Word::Nothing { wait: None }),
            Just(Word::Uncounted(Outcome::Payload)), Just(Word::Uncounted(Outcome::Permission)),
            (0..DAY).prop_map(|wait| later(Some(wait))), Just(later(None)),
        ],
        attempt in 0..20i32, refusals in 0..7i32, ends in 0..90 * DAY, gives_up in -DAY..3 * DAY, place in 0..2_000usize, jitter in 0.0..1.0f64,
    ) {
        let event = Event { attempt, steps: attempt, refusals, expires_at: NOW + ends, give_up_at: NOW + gives_up, ..event() };
        let sequel = of(spec(), &event, &told(word), place, NOW, jitter);
        prop_assert_eq!(sequel.again.is_some(), sequel.state.open());
        prop_assert!(sequel.again.is_none_or(|again| again.due_at >= NOW && again.attempt == attempt + 1));
        prop_assert!(sequel.parks.is_none() || sequel.again.is_some());
        prop_assert!(sequel.row.is_some() == (sequel.word == LastWord::Refused));
    }
}
