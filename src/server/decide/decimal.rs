//! Decimal numbers compared exactly, however long: `0.1` is `0.10`, and 17 digits are 17 digits. Nothing passes a binary float.

use std::cmp::Ordering;

/// A number as sign, digits and the place of its point: `0.digits` times ten to the `point`, digits without zeros at either end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decimal {
    negative: bool,
    digits: Vec<u8>,
    point: i64,
}

impl Decimal {
    /// Reads what JSON calls a number (`-12.50`, `1e3`), and the same with a plus sign or with blanks around it. None for all else.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, decimals) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let point_alone = mantissa.ends_with('.') || whole.is_empty();
        if point_alone || !whole.bytes().chain(decimals.bytes()).all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let all: Vec<u8> = whole.bytes().chain(decimals.bytes()).collect();
        let leading = all.iter().take_while(|digit| **digit == b'0').count();
        let end = all.iter().rposition(|digit| *digit != b'0').map_or(leading, |last| last + 1);
        let digits = all[leading..end].to_vec();
        if digits.is_empty() {
            return Some(Self { negative: false, digits, point: 0 });
        }
        let point = i64::try_from(whole.len()).ok()? - i64::try_from(leading).ok()? + i64::from(exponent);
        Some(Self { negative, digits, point })
    }

    fn magnitude(&self, other: &Self) -> Ordering {
        match (self.digits.is_empty(), other.digits.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => self.point.cmp(&other.point).then_with(|| self.digits.cmp(&other.digits)),
        }
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => self.magnitude(other),
            (true, true) => other.magnitude(self),
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::Decimal;
    use proptest::prelude::*;

    fn of(text: &str) -> Decimal {
        Decimal::parse(text).unwrap_or_else(|| panic!("{text} is a number"))
    }

    #[test]
    fn numbers_compare_as_numbers_not_as_text() {
        for (less, more) in [
            ("9", "10"),
            ("9.99", "10"),
            ("-10", "-9"),
            ("-1", "0"),
            ("0", "0.000001"),
            ("0.1", "0.11"),
            ("99999999999999999998", "99999999999999999999"),
            ("0.30000000000000000", "0.30000000000000001"),
            ("9e2", "1e3"),
            ("1e-9", "1"),
        ] {
            assert!(of(less) < of(more), "{less} < {more}");
        }
        for (one, other) in [("10", "10.00"), ("1e3", "1000"), ("0", "-0"), ("0.0", "0e9"), ("007", "7"), (" 5 ", "+5"), ("0.05", "5e-2")] {
            assert_eq!(of(one), of(other), "{one} = {other}");
        }
    }

    #[test]
    fn what_is_no_number_is_none() {
        for text in
            ["", "-", ".", "5.", ".5", "1,5", "1 000", "$5", "five", "1e", "1e1.5", "--1", "0x10", "NaN", "Infinity", "1e99999999999"]
        {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn it_orders_as_whole_numbers_do(one in -1_000_000_i64..1_000_000, other in -1_000_000_i64..1_000_000, shift in 0..7_usize) {
            let text = |number: i64| {
                let digits = format!("{:0>7}", number.abs());
                let (whole, decimals) = digits.split_at(7 - shift.min(6));
                format!("{}{whole}{}{decimals}", if number < 0 { "-" } else { "" }, if decimals.is_empty() { "" } else { "." })
            };
            prop_assert_eq!(of(&text(one)).cmp(&of(&text(other))), one.cmp(&other));
        }
    }
}
