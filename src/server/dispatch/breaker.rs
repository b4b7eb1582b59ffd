//! PURE: when calls to a network are not worth making for a while. It opens when nearly everything fails, and lets one call try before the
//! others may: a network that hangs or is down is asked once in a while instead of by every postback in turn.

use crate::model::{MINUTE, Millis, SECOND};
use std::collections::VecDeque;

/// So many failures in a row open it.
const IN_A_ROW: usize = 10;
/// So many calls within the span, of which so many in a hundred failed, do as well.
const SPAN: Millis = 5 * MINUTE;
const LEAST_CALLS: usize = 10;
const FAILING: usize = 70;
/// Calls that are remembered: as many as matter, however busy the connection is.
const REMEMBERED: usize = 64;
/// How long it stays open the first time; twice as long each time that the call that tries fails, up to the longest.
const FIRST: Millis = 30 * SECOND;
const LONGEST: Millis = 15 * MINUTE;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Breaker {
    /// The latest calls, oldest first: when they ended and whether they failed.
    recent: VecDeque<(Millis, bool)>,
    /// Set from the moment it opens until a call is answered well: until when nothing goes out.
    open: Option<Open>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Open {
    until: Millis,
    lasted: Millis,
}

/// What may go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lets {
    All,
    /// One call alone, to find out.
    One,
    /// Nothing until then.
    NoneUntil(Millis),
}

impl Breaker {
    pub fn lets(&self, now: Millis) -> Lets {
        match self.open {
            None => Lets::All,
            // One that is shut for longer was so before the clock was turned back.
            Some(Open { until, .. }) if now < until && until - now <= LONGEST => Lets::NoneUntil(until),
            Some(_) => Lets::One,
        }
    }

    /// A call ended.
    pub fn ended(&mut self, failed: bool, now: Millis) {
        match (self.lets(now), self.open) {
            // Begun before it opened: it says nothing new.
            (Lets::NoneUntil(_), _) => {}
            (Lets::One, Some(open)) if failed => self.open = Some(until(now, (open.lasted * 2).min(LONGEST))),
            (Lets::One, _) => *self = Self::default(),
            (Lets::All, _) => {
                self.remember(failed, now);
                if failed && self.nearly_all_fail(now) {
                    self.recent.clear();
                    self.open = Some(until(now, FIRST));
                }
            }
        }
    }

    fn remember(&mut self, failed: bool, now: Millis) {
        if self.recent.len() == REMEMBERED {
            self.recent.pop_front();
        }
        self.recent.push_back((now, failed));
    }

    fn nearly_all_fail(&self, now: Millis) -> bool {
        if self.recent.iter().rev().take_while(|(_, failed)| *failed).count() >= IN_A_ROW {
            return true;
        }
        let within = self.recent.iter().filter(|(at, _)| *at > now - SPAN);
        let (calls, failures) = within.fold((0, 0), |(calls, failures), (_, failed)| (calls + 1, failures + usize::from(*failed)));
        calls >= LEAST_CALLS && failures * 100 >= calls * FAILING
    }
}

fn until(now: Millis, lasted: Millis) -> Open {
    Open { until: now + lasted, lasted }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::DAY;
    use proptest::prelude::*;

    const NOW: Millis = 1_800_000_000_000;

    fn after(calls: &[bool]) -> Breaker {
        let mut breaker = Breaker::default();
        calls.iter().for_each(|failed| breaker.ended(*failed, NOW));
        breaker
    }

    #[test]
    fn ten_failures_open_it_and_nine_do_not() {
        assert_eq!(after(&[true; 9]).lets(NOW), Lets::All);
        assert_eq!(after(&[true; 10]).lets(NOW), Lets::NoneUntil(NOW + 30 * SECOND));
        assert_eq!(after(&[true, true, true, true, true, true, true, true, false]).lets(NOW), Lets::All);
    }

    #[test]
    fn so_does_a_network_of_which_most_calls_fail() {
        let mixed = [false, true, true, false, true, true, true, false, true];
        assert_eq!(after(&mixed).lets(NOW), Lets::All, "nine calls are too few to tell");
        assert_eq!(after(&[&mixed[..], &[true]].concat()).lets(NOW), Lets::NoneUntil(NOW + 30 * SECOND));
        let half: Vec<bool> = (0..200).map(|call| call % 2 == 0).collect();
        assert_eq!(after(&half).lets(NOW), Lets::All);
        // What is long ago counts no more, but in a row.
        let mut breaker = after(&mixed);
        breaker.ended(true, NOW + SPAN);
        assert_eq!(breaker.lets(NOW + SPAN), Lets::All);
    }

    #[test]
    fn a_clock_that_is_turned_back_does_not_keep_it_shut() {
        assert_eq!(after(&[true; 10]).lets(NOW - DAY), Lets::One);
    }

    #[test]
    fn one_call_tries_and_decides() {
        let mut breaker = after(&[true; 10]);
        let mut now = NOW;
        for wait in [30, 60, 120, 240, 480, 900, 900] {
            assert_eq!(breaker.lets(now + wait * SECOND - 1), Lets::NoneUntil(now + wait * SECOND));
            breaker.ended(false, now + wait * SECOND - 1);
            now += wait * SECOND;
            assert_eq!(breaker.lets(now), Lets::One, "a straggler decides nothing");
            breaker.ended(true, now);
        }
        now += 900 * SECOND;
        breaker.ended(false, now);
        assert_eq!(breaker, Breaker::default());
    }

    proptest! {
        #[test]
        fn it_never_stays_shut_and_good_calls_never_open_it(calls in proptest::collection::vec((any::<bool>(), 0..MINUTE), 0..300)) {
            let (mut breaker, mut now) = (Breaker::default(), NOW);
            for (failed, wait) in calls {
                now += wait;
                let before = breaker.lets(now);
                breaker.ended(failed, now);
                prop_assert!(breaker.recent.len() <= REMEMBERED);
                prop_assert_ne!(breaker.lets(now + LONGEST), Lets::NoneUntil(now + LONGEST));
                if !failed && before != Lets::All {
                    prop_assert!(breaker.lets(now) == before || before == Lets::One);
                }
                if !failed && !matches!(before, Lets::NoneUntil(_)) {
                    prop_assert_eq!(breaker.lets(now), Lets::All);
                }
            }
            prop_assert!(matches!(breaker.lets(now + LONGEST), Lets::All | Lets::One));
        }
    }
}
