//! Value and currency of a conversion, exact from the wire to the network.

use super::number::thousands;
use serde::{Deserialize, Serialize};

/// Millionths of a unit.
const MICROS: i128 = 1_000_000;

/// An amount as received and as an integer count of millionths, so that sums are exact and nothing passes a binary float.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// Decimal text as received, e.g. `12.99`.
    pub text: String,
    /// 0 to 10^18 (10^12 units).
    pub micros: i64,
    /// ISO 4217, upper case.
    pub currency: String,
}

/// A sum of amounts in one currency, as people read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    pub currency: String,
    /// `7,312.40`
    pub text: String,
}

impl Amount {
    /// Of millionths: two decimals, and as many more as it takes to be exact.
    pub fn of(currency: impl Into<String>, micros: i128) -> Self {
        let (whole, rest) = (micros / MICROS, micros % MICROS);
        let decimals = format!("{rest:06}");
        let exact = decimals.trim_end_matches('0');
        let shown = &decimals[..exact.len().max(2)];
        let whole = i64::try_from(whole).unwrap_or(i64::MAX);
        Self { currency: currency.into(), text: format!("{}.{shown}", thousands(whole)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_is_shown_to_the_last_digit_that_counts() {
        let text = |micros| Amount::of("USD", micros).text;
        assert_eq!(
            [0, 12_990_000, 7_312_400_000, 1, 1_000_000_100_000].map(text),
            ["0.00", "12.99", "7,312.40", "0.000001", "1,000,000.10"]
        );
    }
}
