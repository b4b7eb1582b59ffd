//! PURE: how much of a quota that all connections share is left to this process. Where several run, each keeps to its part, and the
//! network's own “slow down” holds them for what was spent before they knew of each other.

use crate::model::{DAY, HOUR, MINUTE, Millis};
use crate::server::networks::contract::{Network, Quota};
use std::collections::{BTreeMap, HashMap, HashSet};

/// The part of the room that is kept for calls with many events: one in so many.
const KEPT_FOR_MANY: i64 = 5;
/// Questions that are asked this long after their time have fallen behind.
const BEHIND: Millis = HOUR;

/// What the next call may carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// No call may be made.
    None,
    /// A call, as full as can be.
    Many,
    /// Calls to spare: one event each.
    One,
}

/// What is left for the calls of events of each network that counts all of this instance's together.
#[derive(Debug)]
pub struct Quotas {
    left: HashMap<&'static str, Left>,
    /// Processes that share them.
    sharers: usize,
    /// Networks whose questions are asked late: single events would make more of them.
    behind: HashSet<String>,
}

impl Default for Quotas {
    fn default() -> Self {
        Self { left: HashMap::new(), sharers: 1, behind: HashSet::new() }
    }
}

impl Quotas {
    /// So many processes share them from now on.
    pub fn shared_by(&mut self, sharers: usize) {
        self.sharers = sharers;
        self.left.values_mut().for_each(|left| left.shared_by(sharers));
    }

    /// What the network's next call may carry: as much as can be, where nobody is told later what became of it.
    pub fn room(&mut self, network: &'static dyn Network, now: Millis) -> Room {
        let Some(later) = network.later() else { return Room::Many };
        let slug = network.spec().slug;
        match self.left.entry(slug).or_insert_with(|| Left::of(later.sending(), self.sharers, now)).room(now) {
            Room::One if self.behind.contains(slug) => Room::Many,
            room => room,
        }
    }

    pub fn spend(&mut self, network: &'static dyn Network, calls: usize) {
        if network.later().is_some()
            && let Some(left) = self.left.get_mut(network.spec().slug)
        {
            left.spend(calls);
        }
    }

    /// Takes in when each network's next question is, or was, due.
    pub fn questions_due(&mut self, due: BTreeMap<String, Millis>, now: Millis) {
        self.behind = due.into_iter().filter(|(_, due)| due + BEHIND <= now).map(|(slug, _)| slug).collect();
    }
}

/// What is left of a quota, by the minute and by the day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    minute: Bucket,
    day: Bucket,
}

impl Left {
    /// Whoever is alone begins with all there is. Who joins others begins the minute with nothing, since they may have spent all of it.
    pub fn of(quota: Quota, sharers: usize, now: Millis) -> Self {
        let mut left = Self { minute: Bucket::full(quota.a_minute, MINUTE, now), day: Bucket::full(quota.a_day, DAY, now) };
        left.shared_by(sharers);
        if sharers > 1 {
            left.minute.level = 0;
        }
        left
    }

    /// So many processes share the quota from now on.
    pub fn shared_by(&mut self, sharers: usize) {
        self.minute.shared_by(sharers);
        self.day.shared_by(sharers);
    }

    pub fn room(&mut self, now: Millis) -> Room {
        let calls = self.calls(now);
        match () {
            () if calls == 0 => Room::None,
            () if self.minute.spare() && self.day.spare() => Room::One,
            () => Room::Many,
        }
    }

    /// Calls that may be made now.
    pub fn calls(&mut self, now: Millis) -> usize {
        self.minute.fill(now);
        self.day.fill(now);
        usize::try_from(self.minute.calls().min(self.day.calls())).unwrap_or(0)
    }

    /// Calls that were made; also more than there was room for, which then are owed.
    pub fn spend(&mut self, calls: usize) {
        let calls = i64::try_from(calls).unwrap_or(i64::MAX / DAY);
        self.minute.level = self.minute.level.saturating_sub(calls * self.minute.period);
        self.day.level = self.day.level.saturating_sub(calls * self.day.period);
    }
}

/// Holds half the quota and fills with the other half, so that no minute (or day), wherever it begins, sees more than the quota.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Bucket {
    quota: i64,
    /// Calls it holds, and that flow in over a period: this process's part of half the quota.
    half: i64,
    period: Millis,
    /// Calls that are left, times the period, so that parts of a call are whole numbers.
    level: i64,
    at: Millis,
}

impl Bucket {
    fn full(quota: i64, period: Millis, now: Millis) -> Self {
        let half = (quota / 2).max(1);
        Self { quota, half, period, level: half * period, at: now }
    }

    /// What another one's part was is not there any more; what becomes one's own flows in from now on.
    fn shared_by(&mut self, sharers: usize) {
        let sharers = i64::try_from(sharers).unwrap_or(i64::MAX).max(1);
        self.half = (self.quota / 2 / sharers).max(1);
        self.level = self.level.min(self.half * self.period);
    }

    fn fill(&mut self, now: Millis) {
        let passed = (now - self.at).clamp(0, self.period);
        self.level = (self.level + passed * self.half).min(self.half * self.period);
        // Also when the clock was turned back: what flows in from then on counts by the new one.
        self.at = now;
    }

    fn calls(&self) -> i64 {
        (self.level / self.period).max(0)
    }

    fn spare(&self) -> bool {
        self.calls() > self.half / KEPT_FOR_MANY
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SECOND;
    use proptest::prelude::*;

    const NOW: Millis = 1_800_000_000_000;
    const QUOTA: Quota = Quota { a_minute: 300, a_day: 100_000 };

    /// Makes as many calls of one event as there is room for.
    fn singles(left: &mut Left, now: Millis) -> usize {
        let mut made = 0;
        while left.room(now) == Room::One {
            left.spend(1);
            made += 1;
        }
        made
    }

    #[test]
    fn single_events_leave_room_for_full_calls() {
        let mut left = Left::of(QUOTA, 1, NOW);
        assert_eq!(singles(&mut left, NOW), 120);
        assert_eq!((left.room(NOW), left.calls(NOW)), (Room::Many, 30));
        left.spend(30);
        assert_eq!(left.room(NOW), Room::None);
        assert_eq!(left.room(NOW + SECOND), Room::Many, "2.5 a second come in");
        assert_eq!(left.room(NOW + MINUTE), Room::One);
    }

    #[test]
    fn the_day_has_its_own_end() {
        let mut left = Left::of(QUOTA, 1, NOW);
        let mut made = 0;
        for minute in 0..24 * 60 {
            made += singles(&mut left, NOW + minute * MINUTE);
        }
        assert!((85_000..100_000).contains(&made), "{made}");
        assert_eq!(left.room(NOW + DAY - MINUTE), Room::Many);
    }

    #[test]
    fn what_was_not_there_is_owed() {
        let mut left = Left::of(Quota { a_minute: 20, a_day: 2_000 }, 1, NOW);
        left.spend(20);
        assert_eq!(left.room(NOW + MINUTE - SECOND), Room::None);
        assert_eq!(left.room(NOW + 90 * SECOND), Room::One);
        assert_eq!(left.room(NOW - HOUR), Room::One, "a clock that was set back takes nothing away");
    }

    #[test]
    fn each_of_several_has_its_part() {
        for (sharers, a_minute) in [(1, 150), (2, 75), (3, 50), (5, 30)] {
            let mut left = Left::of(QUOTA, sharers, NOW);
            let all = left.calls(NOW);
            left.spend(all);
            assert_eq!((left.calls(NOW), left.calls(NOW + MINUTE)), (0, a_minute), "{sharers}");
        }
        assert_eq!(Left::of(QUOTA, 3, NOW).calls(NOW), 0, "the others may have spent this minute's");
        let mut left = Left::of(QUOTA, 1, NOW);
        left.shared_by(3);
        assert_eq!(left.calls(NOW), 50, "another's part is not there any more");
        left.shared_by(1);
        assert_eq!((left.calls(NOW), left.calls(NOW + MINUTE)), (50, 150), "what a dead one leaves flows in");
    }

    proptest! {
        /// Processes come and go, and each spends all it may at once: together they keep to the quota.
        #[test]
        fn no_minute_sees_more_than_the_quota_of_all(
            quota in 20..600i64,
            steps in proptest::collection::vec((0..20_000i64, 0..3u8), 1..80),
        ) {
            let quota = Quota { a_minute: quota, a_day: 1_000_000 };
            let mut living = vec![Left::of(quota, 1, NOW)];
            let (mut now, mut calls) = (NOW, Vec::new());
            for (wait, what) in steps {
                now += wait;
                match what {
                    0 if living.len() < 8 => {
                        let sharers = living.len() + 1;
                        living.iter_mut().for_each(|left| left.shared_by(sharers));
                        living.push(Left::of(quota, sharers, now));
                    }
                    1 if living.len() > 1 => {
                        living.pop();
                        let sharers = living.len();
                        living.iter_mut().for_each(|left| left.shared_by(sharers));
                    }
                    _ => {}
                }
                for left in &mut living {
                    let may = left.calls(now);
                    left.spend(may);
                    calls.extend(std::iter::repeat_n(now, may));
                }
            }
            for (at, start) in calls.iter().enumerate() {
                let within = calls[at..].iter().take_while(|call| **call < start + MINUTE).count();
                prop_assert!(within <= usize::try_from(quota.a_minute).unwrap(), "{within} of {}", quota.a_minute);
            }
        }

        #[test]
        fn no_minute_sees_more_than_the_quota(quota in 2..600i64, steps in proptest::collection::vec((0..30_000i64, 0..400usize), 1..80)) {
            let mut left = Left::of(Quota { a_minute: quota, a_day: 1_000_000 }, 1, NOW);
            let (mut now, mut calls) = (NOW, Vec::new());
            for (wait, wanted) in steps {
                now += wait;
                for _ in 0..wanted {
                    if left.room(now) == Room::None {
                        break;
                    }
                    left.spend(1);
                    calls.push(now);
                }
            }
            for (at, start) in calls.iter().enumerate() {
                let within = calls[at..].iter().take_while(|call| **call < start + MINUTE).count();
                prop_assert!(within <= usize::try_from(quota).unwrap());
            }
        }
    }
}
