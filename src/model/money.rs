//! Value and currency of a conversion, exact from the wire to the network.

use serde::{Deserialize, Serialize};

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
