//! PURE: RFC 3339 times, and nothing that merely looks like one.

use crate::model::Millis;

/// `2026-04-08T12:00:00Z`, `2026-04-08 12:00:00.5+02:00`; None for anything RFC 3339 does not allow.
pub fn parse(text: &str) -> Option<Millis> {
    shaped(text.as_bytes()).then(|| text.parse::<jiff::Timestamp>().ok()).flatten().map(jiff::Timestamp::as_millisecond)
}

/// The grammar of RFC 3339, section 5.6; the parser behind it takes more (weeks, zone names, offsets with seconds).
fn shaped(text: &[u8]) -> bool {
    const DATE_AND_TIME: &[u8] = b"dddd-dd-ddTdd:dd:dd";
    let Some((head, tail)) = text.split_at_checked(DATE_AND_TIME.len()) else { return false };
    let head_fits = head.iter().zip(DATE_AND_TIME).all(|(byte, shape)| match shape {
        b'd' => byte.is_ascii_digit(),
        b'T' => matches!(byte, b'T' | b't' | b' '),
        _ => byte == shape,
    });
    let offset = match tail {
        [b'.', fraction @ ..] => {
            let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if !(1..=9).contains(&digits) {
                return false;
            }
            &fraction[digits..]
        }
        _ => tail,
    };
    head_fits
        && match offset {
            [b'Z' | b'z'] => true,
            [b'+' | b'-', a, b, b':', c, d] => [a, b, c, d].iter().all(|byte| byte.is_ascii_digit()),
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_3339_times_are_read_to_the_millisecond() {
        let noon = Some(1_775_649_600_000);
        for text in ["2026-04-08T12:00:00Z", "2026-04-08t12:00:00z", "2026-04-08 14:00:00+02:00", "2026-04-08T12:00:00.000000000-00:00"] {
            assert_eq!(parse(text), noon, "{text}");
        }
        assert_eq!(parse("2026-04-08T12:00:00.1239Z"), Some(1_775_649_600_123));
    }

    #[test]
    fn what_is_not_rfc_3339_is_not_a_time() {
        for text in [
            "",
            "now",
            "1775649600",
            "2026-04-08",
            "2026-04-08T12:00:00",
            "2026-04-08T12:00Z",
            "2026-13-08T12:00:00Z",
            "2026-02-30T12:00:00Z",
            "2026-04-08T25:00:00Z",
            "2026-04-08T12:00:00+0200",
            "2026-04-08T12:00:00.Z",
            "2026-04-08T12:00:00Z[UTC]",
            "2026-04-08T12:00:00+99:00",
            "+002026-04-08T12:00:00Z",
            "2026-W15-3T12:00:00Z",
            "2026-04-08T12:00:00Z ",
            "２026-04-08T12:00:00Z",
            "2026-04-08T12:00:00.1234567890Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
