//! PURE: how many calls of one connection may be in flight. Starts low, grows by one for each clean round, halves when the
//! network is slow or says no, and stands still while it asks to wait, or while calls are not worth making. One hanging network cannot
//! take another's place.

use super::breaker::{Breaker, Lets};
use crate::model::{MINUTE, Millis};

/// More calls at once to one connection than this bring nothing.
const MOST: usize = 64;
/// A `Retry-After` beyond this holds single postbacks, not the whole connection.
const LONGEST_PAUSE: Millis = 15 * MINUTE;

/// What a call says about its network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// An answer that judges the events.
    Clean,
    /// No call was made.
    Nothing,
    /// A time-out, no connection, 429, 5xx; with the wait that the network asked all callers for.
    Congested { pause: Option<Millis> },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pace {
    limit: usize,
    /// It grows up to here: this process's part of `MOST`.
    most: usize,
    in_flight: usize,
    /// Clean answers since the limit last changed.
    clean: usize,
    paused_until: Millis,
    breaker: Breaker,
    /// After it was let go: one call at a time until one is answered well.
    probing: bool,
}

impl Pace {
    /// `start` is the SPEC's concurrency.
    pub fn new(start: usize) -> Self {
        Self {
            limit: start.clamp(1, MOST),
            most: MOST,
            in_flight: 0,
            clean: 0,
            paused_until: 0,
            breaker: Breaker::default(),
            probing: false,
        }
    }

    /// So many processes call the network for the connection: none makes more than its part of the calls, and one that joins does not
    /// begin with what all of them may.
    pub fn shared_by(&mut self, sharers: usize) {
        let most = (MOST / sharers.max(1)).max(1);
        if most < self.most {
            self.limit = (self.limit * most / self.most).max(1);
        }
        self.most = most;
    }

    /// How many more calls may start now.
    pub fn free(&self, now: Millis) -> usize {
        let limit = if self.probing(now) { 1 } else { self.limit };
        if self.paused_until(now).is_some() { 0 } else { limit.saturating_sub(self.in_flight) }
    }

    /// Calls at once that it has earned.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// When it may go on, while it is paused.
    pub fn paused_until(&self, now: Millis) -> Option<Millis> {
        // No pause is longer: one that seems so was asked for before the clock was turned back.
        let asked = (0..LONGEST_PAUSE).contains(&(self.paused_until - now - 1)).then_some(self.paused_until);
        let shut = match self.breaker.lets(now) {
            Lets::NoneUntil(until) => Some(until),
            Lets::One | Lets::All => None,
        };
        asked.max(shut)
    }

    /// Somebody else with the same quota was asked to wait.
    pub fn pause(&mut self, until: Millis, now: Millis) {
        self.paused_until = self.paused_until.max(until.min(now + LONGEST_PAUSE));
    }

    /// Whether one call goes alone, to find out.
    pub fn probing(&self, now: Millis) -> bool {
        self.probing || self.breaker.lets(now) == Lets::One
    }

    /// As the connection's row says.
    pub fn probe(&mut self, probing: bool) {
        self.probing = probing;
    }

    pub fn start(&mut self) {
        self.in_flight += 1;
    }

    pub fn end(&mut self, signal: Signal, now: Millis) {
        self.in_flight = self.in_flight.saturating_sub(1);
        if signal != Signal::Nothing {
            // Who says how long to wait is there, and is waited for.
            self.breaker.ended(signal == Signal::Congested { pause: None }, now);
        }
        match signal {
            Signal::Nothing => {}
            Signal::Clean => {
                self.clean += 1;
                if self.clean >= self.limit {
                    self.limit = (self.limit + 1).min(self.most);
                    self.clean = 0;
                }
            }
            Signal::Congested { pause } => {
                self.limit = (self.limit / 2).max(1);
                self.clean = 0;
                if let Some(pause) = pause {
                    self.paused_until = self.paused_until.max(now + pause.clamp(0, LONGEST_PAUSE));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Millis = 1_800_000_000_000;

    fn calls(pace: &mut Pace, count: usize, signal: Signal) {
        for _ in 0..count {
            pace.start();
            pace.end(signal, NOW);
        }
    }

    #[test]
    fn a_clean_round_lets_one_more_in() {
        let mut pace = Pace::new(4);
        calls(&mut pace, 3, Signal::Clean);
        assert_eq!(pace.free(NOW), 4);
        calls(&mut pace, 1, Signal::Clean);
        assert_eq!(pace.free(NOW), 5);
        calls(&mut pace, 100_000, Signal::Clean);
        assert_eq!(pace.free(NOW), MOST);
    }

    #[test]
    fn trouble_halves_and_never_stops_it() {
        let mut pace = Pace::new(8);
        calls(&mut pace, 1, Signal::Congested { pause: None });
        assert_eq!(pace.free(NOW), 4);
        calls(&mut pace, 8, Signal::Congested { pause: None });
        assert_eq!(pace.free(NOW), 1);
    }

    #[test]
    fn a_network_that_answers_nothing_is_asked_once_in_a_while() {
        let mut pace = Pace::new(8);
        calls(&mut pace, 10, Signal::Congested { pause: None });
        assert_eq!((pace.free(NOW), pace.paused_until(NOW)), (0, Some(NOW + 30_000)));
        assert_eq!((pace.free(NOW + 30_000), pace.probing(NOW + 30_000)), (1, true));
        pace.start();
        assert_eq!(pace.free(NOW + 30_000), 0);
        pace.end(Signal::Clean, NOW + 30_000);
        assert_eq!((pace.free(NOW + 30_000), pace.probing(NOW + 30_000)), (2, false), "it grows again from one");
    }

    #[test]
    fn a_network_that_asks_to_wait_is_left_alone_that_long() {
        let mut pace = Pace::new(8);
        calls(&mut pace, 1, Signal::Congested { pause: Some(5_000) });
        assert_eq!((pace.free(NOW), pace.paused_until(NOW)), (0, Some(NOW + 5_000)));
        assert_eq!((pace.free(NOW + 5_000), pace.paused_until(NOW + 5_000)), (4, None));
    }

    #[test]
    fn a_call_that_was_not_made_says_nothing() {
        let mut pace = Pace::new(8);
        calls(&mut pace, 10, Signal::Congested { pause: None });
        calls(&mut pace, 1, Signal::Nothing);
        assert!(pace.probing(NOW + 30_000), "one call still has to find out");
    }

    #[test]
    fn a_clock_that_is_turned_back_prolongs_no_pause() {
        let mut pace = Pace::new(8);
        calls(&mut pace, 1, Signal::Congested { pause: Some(LONGEST_PAUSE) });
        assert_eq!(pace.paused_until(NOW), Some(NOW + LONGEST_PAUSE));
        assert_eq!((pace.paused_until(NOW - LONGEST_PAUSE), pace.free(NOW - LONGEST_PAUSE)), (None, 4));
    }

    #[test]
    fn after_it_was_let_go_one_call_goes_first() {
        let mut pace = Pace::new(8);
        pace.probe(true);
        assert_eq!(pace.free(NOW), 1);
        pace.start();
        assert_eq!(pace.free(NOW), 0);
        pace.probe(false);
        assert_eq!(pace.free(NOW), 7);
    }

    #[test]
    fn what_several_processes_may_call_at_once_is_divided_among_them() {
        for (sharers, starts, most) in [(1, 8, 64), (2, 4, 32), (3, 2, 21), (64, 1, 1), (1_000, 1, 1)] {
            let mut pace = Pace::new(8);
            pace.shared_by(sharers);
            assert_eq!(pace.free(NOW), starts, "{sharers}");
            calls(&mut pace, 5_000, Signal::Clean);
            assert_eq!(pace.free(NOW), most, "{sharers}");
        }
        let mut pace = Pace::new(8);
        calls(&mut pace, 5_000, Signal::Clean);
        pace.shared_by(2);
        assert_eq!(pace.free(NOW), 32, "one joined");
        pace.shared_by(1);
        calls(&mut pace, 5_000, Signal::Clean);
        assert_eq!(pace.free(NOW), 64, "and left");
    }

    proptest! {
        #[test]
        fn it_always_goes_on(signals in proptest::collection::vec(proptest::option::of(proptest::option::of(0..1_000_000i64)), 0..200), start in 0..500usize) {
            let mut pace = Pace::new(start);
            for signal in signals {
                pace.start();
                pace.end(signal.map_or(Signal::Clean, |pause| Signal::Congested { pause }), NOW);
                prop_assert_eq!(pace.in_flight, 0);
                prop_assert!((1..=MOST).contains(&pace.free(NOW + LONGEST_PAUSE)));
            }
        }
    }
}
