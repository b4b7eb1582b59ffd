//! PURE: which claimed postbacks share a call, and what becomes of each when a call comes back.

use super::record::Said;
use crate::server::networks::contract::{Events, Outcome, Ruling};
use std::collections::VecDeque;

/// What decides whether two postbacks may share a call.
pub trait Shares {
    /// It goes in a call of its own.
    fn alone(&self) -> bool;
    /// It may be what stops the process: it goes with such only.
    fn suspect(&self) -> bool {
        false
    }
    /// What it counts under, where the network has such: a call carries those of one, so that a refusal of it concerns all of the call.
    fn action(&self) -> Option<&str> {
        None
    }
}

/// Takes the postbacks of the next call, at most `most` in their order. Empty only when there are none.
pub fn next_call<T: Shares>(backlog: &mut VecDeque<T>, most: usize) -> Vec<T> {
    let Some(first) = backlog.pop_front() else { return Vec::new() };
    if first.alone() {
        return vec![first];
    }
    let (action, suspect) = (first.action().map(str::to_owned), first.suspect());
    let mut call = vec![first];
    let mut later = VecDeque::new();
    while call.len() < most.max(1)
        && let Some(next) = backlog.pop_front()
    {
        let shares = next.action() == action.as_deref() && next.suspect() == suspect && !next.alone();
        if shares { call.push(next) } else { later.push_back(next) }
    }
    while let Some(passed) = later.pop_back() {
        backlog.push_front(passed);
    }
    call
}

/// A call's postbacks after its answer.
#[derive(Debug, PartialEq)]
pub struct Split<T> {
    /// Those that have their outcome, with what the network said of them alone.
    pub judged: Vec<(T, Outcome, Said)>,
    /// The others, in the calls to make at once.
    pub again: Vec<Vec<T>>,
}

/// Who of a call is judged by `events`, and who goes again: a refused event never takes its neighbours along.
pub fn split<T>(call: Vec<T>, events: Events) -> Split<T> {
    match events {
        Events::All(outcome) => {
            Split { judged: call.into_iter().map(|one| (one, outcome.clone(), Said::default())).collect(), again: Vec::new() }
        }
        Events::Each(rulings) => Split {
            judged: call.into_iter().zip(rulings.into_iter().map(Some).chain(std::iter::repeat(None))).map(ruled).collect(),
            again: Vec::new(),
        },
        Events::Bad(named) if named.iter().any(|(index, _)| *index < call.len()) => {
            let (mut judged, mut rest) = (Vec::new(), Vec::new());
            for (index, one) in call.into_iter().enumerate() {
                match named.iter().find(|(bad, _)| *bad == index) {
                    Some((_, words)) => judged.push((one, Outcome::Payload, Said { code: None, words: Some(words.clone()) })),
                    None => rest.push(one),
                }
            }
            Split { judged, again: if rest.is_empty() { Vec::new() } else { vec![rest] } }
        }
        Events::Bad(_) | Events::Some if call.len() > 1 => {
            let mut first = call;
            let second = first.split_off(first.len() / 2);
            Split { judged: Vec::new(), again: vec![first, second] }
        }
        Events::Bad(_) | Events::Some => {
            Split { judged: call.into_iter().map(|one| (one, Outcome::Payload, Said::default())).collect(), again: Vec::new() }
        }
    }
}

/// Of what the network passed over nobody knows whether it was taken.
fn ruled<T>((one, ruling): (T, Option<Ruling>)) -> (T, Outcome, Said) {
    match ruling {
        Some(Ruling { outcome, code, words }) => (one, outcome, Said { code, words }),
        None => (one, Outcome::Transient { wait: None, unknown: true }, Said::default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Debug, Clone, PartialEq)]
    struct One {
        id: usize,
        alone: bool,
    }

    impl Shares for One {
        fn alone(&self) -> bool {
            self.alone
        }
    }

    fn backlog(alone: &[bool]) -> VecDeque<One> {
        alone.iter().enumerate().map(|(id, alone)| One { id, alone: *alone }).collect()
    }

    #[test]
    fn what_goes_alone_never_shares_and_holds_nobody_up() {
        let mut backlog = backlog(&[false, true, true, false, true, false]);
        let calls: Vec<Vec<usize>> = std::iter::from_fn(|| Some(next_call(&mut backlog, 50)).filter(|call| !call.is_empty()))
            .map(|call| call.into_iter().map(|one| one.id).collect())
            .collect();
        assert_eq!(calls, [vec![0, 3, 5], vec![1], vec![2], vec![4]]);
    }

    #[test]
    fn the_named_event_fails_alone() {
        let split = split(vec!['a', 'b', 'c'], Events::Bad(vec![(1, "no such currency".into())]));
        assert_eq!(split.judged, [('b', Outcome::Payload, Said { code: None, words: Some("no such currency".into()) })]);
        assert_eq!(split.again, [vec!['a', 'c']]);
    }

    #[test]
    fn each_event_gets_its_own_ruling_and_what_was_passed_over_is_unknown() {
        let ruling = |outcome: Outcome, code: &str| Ruling { outcome, code: Some(code.into()), words: Some(format!("words of {code}")) };
        let rulings = vec![ruling(Outcome::Accepted { note: None }, "A"), ruling(Outcome::Payload, "B")];
        let split = split(vec![1, 2, 3], Events::Each(rulings));
        let said = |code: &str| Said { code: Some(code.into()), words: Some(format!("words of {code}")) };
        let unknown = Outcome::Transient { wait: None, unknown: true };
        assert_eq!(
            split.judged,
            [(1, Outcome::Accepted { note: None }, said("A")), (2, Outcome::Payload, said("B")), (3, unknown, Said::default())]
        );
        assert_eq!(split.again, Vec::<Vec<i32>>::new());
    }

    proptest! {
        #[test]
        fn every_postback_is_in_exactly_one_call(alone in proptest::collection::vec(any::<bool>(), 0..60), most in 0..20usize) {
            let mut backlog = backlog(&alone);
            let mut seen = Vec::new();
            while !backlog.is_empty() {
                let call = next_call(&mut backlog, most);
                prop_assert!(!call.is_empty() && call.len() <= most.max(1));
                prop_assert!(call.len() == 1 || call.iter().all(|one| !one.alone));
                seen.extend(call.into_iter().map(|one| one.id));
            }
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..alone.len()).collect::<Vec<_>>());
        }

        #[test]
        fn halving_finds_exactly_the_bad_ones(bad in proptest::collection::btree_set(0..50usize, 0..50), size in 1..50usize) {
            // A network that refuses a call with a bad event in it and does not say which.
            let (mut work, mut refused, mut calls) = (vec![(0..size).collect::<Vec<_>>()], Vec::new(), 0);
            while let Some(call) = work.pop() {
                calls += 1;
                let events = if call.iter().any(|id| bad.contains(id)) { Events::Some } else { Events::All(Outcome::Accepted { note: None }) };
                let split = split(call, events);
                refused.extend(split.judged.into_iter().filter(|(_, outcome, _)| *outcome == Outcome::Payload).map(|(id, ..)| id));
                work.extend(split.again);
            }
            refused.sort_unstable();
            prop_assert_eq!(refused, bad.into_iter().filter(|id| *id < size).collect::<Vec<_>>());
            prop_assert!(calls < 2 * size);
        }

        #[test]
        fn an_answer_about_events_that_were_not_sent_judges_nobody_wrongly(size in 1..5usize, named in proptest::collection::vec(0..20usize, 0..4)) {
            let call: Vec<usize> = (0..size).collect();
            let split = split(call, Events::Bad(named.iter().map(|index| (*index, String::new())).collect()));
            let judged: Vec<usize> = split.judged.iter().map(|(id, ..)| *id).collect();
            prop_assert!(size == 1 || judged.iter().all(|id| named.contains(id)));
            let total = judged.len() + split.again.iter().map(Vec::len).sum::<usize>();
            prop_assert_eq!(total, size);
        }
    }
}
