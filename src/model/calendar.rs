//! UTC calendar texts of a moment, the same in both builds.

use super::{DAY, HOUR, MINUTE, Millis, SECOND};

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `23 Nov 2026, 08:41:22.518 UTC`
pub fn exact(at: Millis) -> String {
    let (hour, minute, second, milli) = clock(at);
    format!("{}, {hour:02}:{minute:02}:{second:02}.{milli:03} UTC", day(at))
}

/// `23 Nov 2026`
pub fn day(at: Millis) -> String {
    let (year, month, day) = date(at);
    format!("{day} {} {year}", MONTHS[month as usize - 1])
}

/// `23 Nov 2026, 08:41 UTC`
pub fn minute(at: Millis) -> String {
    let (hour, minute, ..) = clock(at);
    format!("{}, {hour:02}:{minute:02} UTC", day(at))
}

/// `08:41:22`
pub fn time_of_day(at: Millis) -> String {
    let (hour, minute, second, _) = clock(at);
    format!("{hour:02}:{minute:02}:{second:02}")
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
        assert_eq!(exact(1_795_423_282_518), "23 Nov 2026, 08:41:22.518 UTC");
        assert_eq!(minute(1_795_423_282_518), "23 Nov 2026, 08:41 UTC");
        assert_eq!(time_of_day(1_795_423_282_518), "08:41:22");
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
