//! Whatever networks answer: retries come in time, are bounded, and end for the reason that was reached first.

use super::*;
use crate::model::DAY;
use proptest::prelude::*;

const NOW: Millis = 1_800_000_000_000;

fn fresh() -> History {
    History { steps: 0, refusals: 0, give_up_at: None, unknown_since: None, expires_at: NOW + 27 * DAY, dedup_window: 48 * HOUR }
}

fn transient(started: Millis) -> Try {
    Try { started, ended: started, outcome: Outcome::Transient { wait: None, unknown: false }, jitter: 0.0 }
}

/// Tries until it ends; each answer comes from `answer`. Gives the start of every try and the end.
fn play(mut history: History, from: Millis, mut answer: impl FnMut(usize, Millis) -> Try) -> (Vec<Millis>, Next) {
    let (mut starts, mut now) = (Vec::new(), from);
    loop {
        starts.push(now);
        let step = next(&history, &answer(starts.len(), now));
        let Next::Again { at } = step.next else { return (starts, step.next) };
        history = History {
            steps: step.steps,
            refusals: step.refusals,
            give_up_at: Some(step.give_up_at),
            unknown_since: step.unknown_since,
            ..history
        };
        now = at;
    }
}

#[test]
fn a_network_that_is_down_is_asked_for_72_hours_by_the_schedule() {
    let (starts, end) = play(fresh(), NOW, |_, now| transient(now));
    let waits: Vec<_> = starts.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(waits[..6], SCHEDULE);
    assert!(waits[6..].iter().all(|wait| *wait == 6 * HOUR));
    assert_eq!(end, Next::Failed(Failure::GaveUp));
    let last = starts.last().unwrap() - NOW;
    assert!(last <= 72 * HOUR && last > 66 * HOUR, "{last}");
}

#[test]
fn the_network_names_the_wait() {
    let asked = |wait| Try { outcome: Outcome::Transient { wait: Some(wait), unknown: false }, ..transient(NOW) };
    assert_eq!(next(&fresh(), &asked(90 * SECOND)).next, Next::Again { at: NOW + 90 * SECOND });
    assert_eq!(next(&fresh(), &asked(2 * SECOND)).next, Next::Again { at: NOW + 2 * SECOND });
    // Sooner than the schedule only so often: no network makes us hammer it for three days.
    assert_eq!(next(&History { steps: SHORT_WAITS, ..fresh() }, &asked(0)).next, Next::Again { at: NOW + 6 * HOUR });
    assert_eq!(next(&fresh(), &asked(400 * DAY)).next, Next::Again { at: NOW + LONGEST_WAIT });
}

#[test]
fn after_an_unknown_result_retries_end_with_the_dedup_window_of_that_try() {
    let (starts, end) = play(fresh(), NOW, |n, now| Try { outcome: Outcome::Transient { wait: None, unknown: n == 4 }, ..transient(now) });
    assert_eq!(end, Next::Failed(Failure::UnknownResult));
    assert!(starts.last().unwrap() - starts[3] < 48 * HOUR);
    // A later known result does not make the unknown one known.
    let history = History { steps: 3, unknown_since: Some(NOW - 47 * HOUR), ..fresh() };
    assert_eq!(next(&history, &transient(NOW)).unknown_since, Some(NOW - 47 * HOUR));
    assert_eq!(over(&history, NOW), None);
    assert_eq!(over(&history, NOW + HOUR), Some(Next::Failed(Failure::UnknownResult)));
}

#[test]
fn what_ends_first_is_the_reason() {
    let soon = History { expires_at: NOW + 5 * SECOND, ..fresh() };
    assert_eq!(next(&soon, &transient(NOW)).next, Next::Expired);
    let both = History { unknown_since: Some(NOW - 48 * HOUR + 2 * MINUTE), steps: 2, ..soon };
    assert_eq!(next(&both, &transient(NOW)).next, Next::Expired);
    let unknown_first = History { expires_at: NOW + 3 * MINUTE, ..both };
    assert_eq!(next(&unknown_first, &transient(NOW)).next, Next::Failed(Failure::UnknownResult));
    assert_eq!(over(&soon, NOW + 5 * SECOND), Some(Next::Expired));
    assert_eq!(over(&soon, NOW), None);
}

#[test]
fn refused_credentials_wait_as_long_as_it_takes_and_refused_rights_for_five_drains() {
    let refuse = |outcome| Try { outcome, ..transient(NOW) };
    let tired = History { refusals: 40, steps: 40, ..fresh() };
    assert_eq!(next(&tired, &refuse(Outcome::Credentials)).next, Next::Park { cause: ParkCause::Credentials });
    for (outcome, cause) in [(Outcome::Permission, ParkCause::Permission), (Outcome::Closed, ParkCause::Closed)] {
        let mut history = fresh();
        for _ in 0..REFUSED_DRAINS {
            let step = next(&history, &refuse(outcome.clone()));
            assert_eq!(step.next, Next::Park { cause });
            history.refusals = step.refusals;
        }
        assert_eq!(next(&history, &refuse(outcome)).next, Next::Failed(Failure::NoPermission), "the fifth drain");
        assert_eq!(next(&history, &transient(NOW)).refusals, 0, "another answer starts the count again");
    }
}

#[test]
fn a_refused_connection_uses_up_no_step_of_the_schedule() {
    let mut history = fresh();
    for outcome in [Outcome::Credentials, Outcome::Permission, Outcome::Credentials, Outcome::Closed] {
        history.steps = next(&history, &Try { outcome, ..transient(NOW) }).steps;
    }
    let step = next(&history, &transient(NOW));
    assert_eq!((step.next, step.steps), (Next::Again { at: NOW + SCHEDULE[0] }, 1));
}

#[test]
fn an_answer_ends_it() {
    let answered = |outcome| next(&fresh(), &Try { outcome, ..transient(NOW) }).next;
    assert_eq!(answered(Outcome::Accepted { note: None }), Next::Accepted);
    assert_eq!(answered(Outcome::Payload), Next::Failed(Failure::Payload));
}

prop_compose! {
    fn any_history()(steps in 0..60i32, refusals in 0..8i32, first in 0..80 * HOUR, unknown in proptest::option::of(0..60 * HOUR), left in -DAY..28 * DAY) -> History {
        let first = (steps > 0).then_some(NOW - first);
        History {
            steps,
            refusals,
            give_up_at: first.map(|at| at + GIVE_UP_AFTER),
            unknown_since: unknown.filter(|_| steps > 0).map(|ago| NOW - ago),
            expires_at: NOW + left,
            dedup_window: 48 * HOUR,
        }
    }
}

prop_compose! {
    fn any_wait()(wait in proptest::option::of(prop_oneof![0..MINUTE, -DAY..400 * DAY])) -> Option<Millis> { wait }
}

proptest! {
    #[test]
    fn a_retry_is_in_the_future_and_before_every_end(history in any_history(), wait in any_wait(), took in 0..25 * SECOND, unknown: bool, jitter in 0.0..1.0f64) {
        let ended = NOW + took;
        let step = next(&history, &Try { started: NOW, ended, outcome: Outcome::Transient { wait, unknown }, jitter });
        match step.next {
            Next::Again { at } => {
                prop_assert!(at > ended);
                prop_assert!(at < history.expires_at);
                prop_assert!(at <= step.give_up_at);
                prop_assert!(step.unknown_since.is_none_or(|since| at < since + history.dedup_window));
                prop_assert!(wait.is_none_or(|wait| at >= ended + wait.min(LONGEST_WAIT)), "never sooner than asked");
                let next_time = History { steps: step.steps, give_up_at: Some(step.give_up_at), unknown_since: step.unknown_since, ..history };
                prop_assert_eq!(over(&next_time, at), None, "what is due may be sent");
            }
            Next::Expired => prop_assert!(history.expires_at < ended + 2 * LONGEST_WAIT),
            Next::Failed(Failure::UnknownResult) => prop_assert!(step.unknown_since.is_some()),
            Next::Failed(Failure::GaveUp) => prop_assert!(step.give_up_at < ended + 2 * LONGEST_WAIT),
            other => prop_assert!(false, "{:?}", other),
        }
    }

    #[test]
    fn waits_grow_and_jitter_is_bounded(attempts in 0..60i32, asked in any_wait(), jitter in 0.0..1.0f64) {
        let plain = waits(attempts, asked, 0.0);
        let jittered = waits(attempts, asked, jitter);
        prop_assert!(jittered >= plain);
        prop_assert!(jittered as f64 <= plain as f64 * (1.0 + JITTER));
        prop_assert!(waits(attempts + 1, None, 0.0) >= waits(attempts, None, 0.0));
    }

    #[test]
    fn tries_are_bounded_whatever_the_network_asks(answers in proptest::collection::vec((any_wait(), 0..25 * SECOND, any::<bool>(), 0.0..1.0f64), 1..40)) {
        let (starts, end) = play(fresh(), NOW, |n, now| {
            let (wait, took, unknown, jitter) = answers[n % answers.len()];
            Try { started: now, ended: now + took, outcome: Outcome::Transient { wait, unknown }, jitter }
        });
        prop_assert!(starts.len() <= 30, "{} tries", starts.len());
        prop_assert!(starts.is_sorted());
        prop_assert!(starts.iter().all(|start| start - NOW <= GIVE_UP_AFTER));
        prop_assert!(matches!(end, Next::Failed(Failure::GaveUp | Failure::UnknownResult)));
    }
}
