//! A time zone as pages need it: where its clocks stand, from when on. The server makes it from the IANA rules; it is plain values, so that
//! every day is cut and every time is written by the same pure functions in both builds.

use super::{DAY, HOUR, MINUTE, Millis, calendar};
use serde::{Deserialize, Serialize};

/// A civil day, counted from 1 January 1970.
pub type Day = i64;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zone {
    /// IANA name.
    pub name: String,
    /// From when on the clocks are how far ahead of UTC, in milliseconds, in order of time. The first one holds for all that was before.
    pub spans: Vec<(Millis, Millis)>,
}

impl Default for Zone {
    fn default() -> Self {
        Self::utc()
    }
}

impl Zone {
    pub fn utc() -> Self {
        Self { name: "UTC".into(), spans: vec![(Millis::MIN, 0)] }
    }

    fn offset(&self, at: Millis) -> Millis {
        let after = self.spans.partition_point(|(from, _)| *from <= at);
        self.spans.get(after.saturating_sub(1)).map_or(0, |(_, offset)| *offset)
    }

    /// The day that the clocks show.
    pub fn day_of(&self, at: Millis) -> Day {
        (at + self.offset(at)).div_euclid(DAY)
    }

    /// The first moment of a day; of one that the clocks leave out, of the next. Days have 23 to 25 hours where clocks change.
    pub fn start_of(&self, day: Day) -> Millis {
        let midnights = self.spans.iter().map(|(_, offset)| day * DAY - offset);
        let changes = self.spans.iter().map(|(from, _)| *from).filter(|from| *from > Millis::MIN);
        let begun = midnights.chain(changes).filter(|at| self.day_of(*at) >= day);
        begun.min().unwrap_or(day * DAY)
    }

    /// Since when the last so many days are: today, and those before it whole.
    pub fn days_back(&self, now: Millis, days: i64) -> Millis {
        self.start_of(self.day_of(now) - (days - 1).max(0))
    }

    /// `23 Nov 2026, 09:41:22.518 Europe/Berlin, UTC+1`
    pub fn exact(&self, at: Millis) -> String {
        format!("{} {}", calendar::wall(at + self.offset(at)), self.named(at))
    }

    /// `23 Nov 2026, 09:41 Europe/Berlin, UTC+1`
    pub fn minute(&self, at: Millis) -> String {
        let wall = calendar::wall(at + self.offset(at));
        format!("{} {}", wall.rsplit_once(':').map_or(wall.as_str(), |(minute, _)| minute), self.named(at))
    }

    /// `09:41:22`
    pub fn time_of_day(&self, at: Millis) -> String {
        let wall = calendar::wall(at + self.offset(at));
        wall.split(", ").nth(1).and_then(|time| time.split('.').next()).unwrap_or_default().to_owned()
    }

    /// The zone with how far its clocks are from UTC then: an hour that comes twice is told apart.
    fn named(&self, at: Millis) -> String {
        if self.name == "UTC" {
            return self.name.clone();
        }
        let offset = self.offset(at);
        let (sign, ahead) = if offset < 0 { ('−', -offset) } else { ('+', offset) };
        let minutes = match ahead % HOUR / MINUTE {
            0 => String::new(),
            minutes => format!(":{minutes:02}"),
        };
        format!("{}, UTC{sign}{}{minutes}", self.name, ahead / HOUR)
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use crate::server::zone::{named, of};
    use proptest::prelude::*;

    fn at(text: &str) -> Millis {
        text.parse::<jiff::Timestamp>().expect("a time").as_millisecond()
    }

    fn day(text: &str) -> Day {
        at(&format!("{text}T00:00:00Z")) / DAY
    }

    #[test]
    fn days_begin_when_the_clocks_say_so() {
        for (zone, civil, start, hours) in [
            ("UTC", "2026-11-23", "2026-11-23T00:00:00Z", 24),
            ("Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00Z", 23),
            ("Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00Z", 25),
            ("America/New_York", "2026-03-08", "2026-03-08T05:00:00Z", 23),
            ("America/New_York", "2026-11-01", "2026-11-01T04:00:00Z", 25),
            ("Pacific/Tongatapu", "2026-11-23", "2026-11-22T11:00:00Z", 24),
            ("Pacific/Pago_Pago", "2026-11-23", "2026-11-23T11:00:00Z", 24),
            // Midnight itself is left out: the day begins at one.
            ("Africa/Cairo", "2026-04-24", "2026-04-23T22:00:00Z", 23),
            // Half an hour of a change.
            ("Australia/Lord_Howe", "2026-10-04", "2026-10-03T13:30:00Z", 23),
        ] {
            let (zone, civil) = (of(zone), day(civil));
            assert_eq!(zone.start_of(civil), at(start), "{}", zone.name);
            assert_eq!((zone.start_of(civil + 1) - zone.start_of(civil)) / HOUR, hours, "{}", zone.name);
            assert_eq!((zone.day_of(at(start)), zone.day_of(at(start) - 1)), (civil, civil - 1), "{}", zone.name);
        }
    }

    #[test]
    fn the_last_days_are_today_and_those_before_it() {
        let berlin = of("Europe/Berlin");
        assert_eq!(berlin.days_back(at("2026-11-23T22:59:59Z"), 30), at("2026-10-24T22:00:00Z"), "over the change of clocks");
        assert_eq!(berlin.days_back(at("2026-11-23T23:00:00Z"), 30), at("2026-10-25T23:00:00Z"), "after midnight it is another day");
        assert_eq!(Zone::utc().days_back(at("2026-11-23T09:12:00Z"), 1), at("2026-11-23T00:00:00Z"));
    }

    #[test]
    fn a_time_is_written_in_its_zone_which_is_named() {
        let moment = at("2026-11-23T08:41:22.518Z");
        for (zone, written) in [
            ("UTC", "23 Nov 2026, 08:41:22.518 UTC"),
            ("Europe/Berlin", "23 Nov 2026, 09:41:22.518 Europe/Berlin, UTC+1"),
            ("Pacific/Pago_Pago", "22 Nov 2026, 21:41:22.518 Pacific/Pago_Pago, UTC−11"),
            ("Pacific/Tongatapu", "23 Nov 2026, 21:41:22.518 Pacific/Tongatapu, UTC+13"),
            ("Asia/Kathmandu", "23 Nov 2026, 14:26:22.518 Asia/Kathmandu, UTC+5:45"),
        ] {
            assert_eq!(of(zone).exact(moment), written);
            assert_eq!(of(zone).minute(moment), written.replace(":22.518", ""));
            assert!(written.contains(&format!(", {}.518", of(zone).time_of_day(moment))));
        }
        let berlin = of("Europe/Berlin");
        assert_ne!(berlin.exact(at("2026-10-25T00:30:00Z")), berlin.exact(at("2026-10-25T01:30:00Z")), "an hour that comes twice");
    }

    proptest! {
        #[test]
        fn days_and_clocks_are_those_of_the_rules(
            which in 0_usize..600,
            at in 1_577_836_800_000_i64..1_830_000_000_000,
        ) {
            let names = crate::server::zone::names();
            let name = &names[which % names.len()];
            let (zone, rules) = (of(name), named(name).expect("a zone of the list"));
            let known = jiff::Timestamp::from_millisecond(at).expect("a time of this century").to_zoned(rules.clone());
            prop_assert_eq!(zone.offset(at) / 1000, i64::from(known.offset().seconds()), "{}", name);
            let start = known.start_of_day().expect("a day").timestamp().as_millisecond();
            prop_assert_eq!(zone.start_of(zone.day_of(at)), start, "{} at {}", name, at);
        }
    }
}
