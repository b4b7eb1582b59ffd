//! Calendar texts of a moment in UTC, the same in both builds; `zone` writes other clocks.

use super::zone::Day;
use super::{DAY, HOUR, MINUTE, Millis, SECOND};

/// Years that a day may be asked for of.
const YEARS: std::ops::RangeInclusive<i64> = 1970..=2999;
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `23 Nov 2026, 08:41:22.518`: what a clock shows that is so far from 1970.
pub fn wall(at: Millis) -> String {
    let (year, month, day) = date(at);
    let (hour, minute, second, milli) = clock(at);
    format!("{day} {} {year}, {hour:02}:{minute:02}:{second:02}.{milli:03}", MONTHS[month as usize - 1])
}

/// The day of `2026-11-23`, counted from 1 January 1970; None where there is no such day, or nobody means it.
pub fn day_from(text: &str) -> Option<Day> {
    let mut parts = text.split('-');
    let mut number =
        |digits: usize| parts.next().filter(|part| part.len() == digits && part.bytes().all(|c| c.is_ascii_digit()))?.parse().ok();
    let (year, month, day): (i64, i64, i64) = (number(4)?, number(2)?, number(2)?);
    if parts.next().is_some() || !YEARS.contains(&year) || !(1..=12).contains(&month) {
        return None;
    }
    let of_year = if month > 2 { year } else { year - 1 };
    let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    let days = of_year * 365 + of_year / 4 - of_year / 100 + of_year / 400 + day_of_year - 719_468;
    (day_text(days) == text).then_some(days)
}

/// `2026-11-23`
pub fn day_text(day: Day) -> String {
    let (year, month, day) = date(day * DAY);
    format!("{year:04}-{month:02}-{day:02}")
}

/// RFC 3339, for `<time datetime>`: `2026-11-23T08:41:22.518Z`
pub fn rfc3339(at: Millis) -> String {
    let (year, month, day) = date(at);
    let (hour, minute, second, milli) = clock(at);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
}

/// `3 min ago`, `in 2 h`; within a minute `just now`. The largest whole unit, up to days.
pub fn relative(at: Millis, now: Millis) -> String {
    let span = (now - at).abs();
    let text = match span {
        ..MINUTE => return "just now".into(),
        MINUTE..HOUR => format!("{} min", span / MINUTE),
        HOUR..DAY => format!("{} h", span / HOUR),
        _ => format!("{} d", span / DAY),
    };
    if at > now { format!("in {text}") } else { format!("{text} ago") }
}

/// A length of time in its two largest units: `2 d 23 h`, `9 min`, `40 s`.
pub fn span(millis: Millis) -> String {
    let (whole, unit, part, part_unit) = match millis.max(0) {
        span @ ..MINUTE => (span / SECOND, "s", 0, ""),
        span @ MINUTE..HOUR => (span / MINUTE, "min", 0, ""),
        span @ HOUR..DAY => (span / HOUR, "h", span % HOUR / MINUTE, "min"),
        span => (span / DAY, "d", span % DAY / HOUR, "h"),
    };
    if part == 0 { format!("{whole} {unit}") } else { format!("{whole} {unit} {part} {part_unit}") }
}

/// Hour, minute, second, millisecond.
fn clock(at: Millis) -> (i64, i64, i64, i64) {
    let in_day = at.rem_euclid(DAY);
    (in_day / HOUR, in_day % HOUR / MINUTE, in_day % MINUTE / SECOND, in_day % SECOND)
}

/// Year, month (1 to 12), day, by Howard Hinnant's `civil_from_days` (howardhinnant.github.io/date_algorithms.html).
fn date(at: Millis) -> (i64, i64, i64) {
    let shifted = at.div_euclid(DAY) + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn a_moment_reads_the_same_as_a_calendar_says() {
        for at in [0, 951_782_400_000, 951_868_799_999, 1_795_423_282_518, 4_102_444_799_999, -1, -62_135_596_800_000] {
            let known = jiff::Timestamp::from_millisecond(at).unwrap().strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string();
            assert_eq!(rfc3339(at), known);
        }
        assert_eq!(wall(1_795_423_282_518), "23 Nov 2026, 08:41:22.518");
    }

    #[test]
    fn a_day_is_one_of_the_calendar() {
        for at in (0..60_000).step_by(7) {
            let text = day_text(at);
            assert_eq!(text, jiff::Timestamp::from_millisecond(at * DAY).unwrap().strftime("%Y-%m-%d").to_string());
            assert_eq!(day_from(&text), Some(at));
        }
        for none in [
            "",
            "2026-02-29",
            "2026-04-31",
            "2026-13-01",
            "2026-00-10",
            "2026-1-1",
            "26-01-01",
            "2026-01-01T00",
            "2026-01-01-",
            "9999-01-01",
            "+026-01-01",
            "２０２６-01-01",
        ] {
            assert_eq!(day_from(none), None, "{none}");
        }
    }

    #[test]
    fn a_distance_is_told_in_whole_units() {
        let now = 1_795_423_282_518;
        assert_eq!(relative(now - 59_999, now), "just now");
        assert_eq!(relative(now - 31 * MINUTE - 30_000, now), "31 min ago");
        assert_eq!(relative(now + 2 * HOUR, now), "in 2 h");
        assert_eq!(relative(now - 9 * DAY, now), "9 d ago");
        assert_eq!((span(40_000), span(9 * MINUTE), span(3 * DAY - HOUR)), ("40 s".into(), "9 min".into(), "2 d 23 h".into()));
    }
}
