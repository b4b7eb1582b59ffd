//! When a network asks to be left alone. RFC 9110, section 10.2.3.

use crate::model::{DAY, Millis, SECOND};
use jiff::fmt::rfc2822::DateTimeParser;

/// A longer wait than any that a network means; beyond it events grow too old.
const MAX_WAIT: Millis = 7 * DAY;

static HTTP_DATE: DateTimeParser = DateTimeParser::new().relaxed_weekday(true);

/// Milliseconds to wait, 0 to seven days, from a number of seconds or an HTTP date; None for anything else.
pub fn parse_retry_after(text: &str, now: Millis) -> Option<Millis> {
    let text = text.trim();
    let wait = if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse::<Millis>().unwrap_or(Millis::MAX).saturating_mul(SECOND)
    } else {
        HTTP_DATE.parse_timestamp(text).ok()?.as_millisecond().saturating_sub(now)
    };
    Some(wait.clamp(0, MAX_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// 2026-11-23 12:00:00 UTC.
    const NOW: Millis = 1_795_435_200_000;

    #[test]
    fn seconds_and_dates_are_understood() {
        for (text, wait) in [
            ("0", Some(0)),
            (" 120 ", Some(120_000)),
            ("Mon, 23 Nov 2026 12:00:30 GMT", Some(30_000)),
            ("Mon, 23 Nov 2026 11:00:00 GMT", Some(0)),
            ("Fri, 01 Jan 2100 00:00:00 GMT", Some(MAX_WAIT)),
            ("99999999999999999999999", Some(MAX_WAIT)),
            ("", None),
            ("-5", None),
            ("1.5", None),
            ("soon", None),
            ("12 s", None),
        ] {
            assert_eq!(parse_retry_after(text, NOW), wait, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_gives_a_bounded_wait_or_none(text in "\\PC{0,60}", now: Millis) {
            if let Some(wait) = parse_retry_after(&text, now) {
                prop_assert!((0..=MAX_WAIT).contains(&wait));
            }
        }

        #[test]
        fn any_number_of_seconds_counts(seconds in 0..=604_800_i64) {
            prop_assert_eq!(parse_retry_after(&seconds.to_string(), NOW), Some(seconds * SECOND));
        }
    }
}
