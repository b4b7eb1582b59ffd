//! A publishable key of another service, or of another Postbacks, that a game's pages and builds carry already. It is taken over as it is:
//! any text that fits into a header and is no secret.

use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// Characters. Shorter ones are typing errors, or the demo's; longer ones no service gives out.
pub const KEY_LENGTH: RangeInclusive<usize> = 8..=256;

/// Why a key is not taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum KeyProblem {
    #[error("Paste the publishable key that your pages and builds carry.")]
    Missing,
    #[error("A key has 8 to 256 letters, digits and marks, without spaces, and is pasted without quotes.")]
    Unfit,
    #[error(
        "This looks like a secret key, which belongs in no page and no build. Nothing was saved; if pages carry it, replace it where it was made."
    )]
    Secret,
    #[error("This is a key of this game already.")]
    OfThisGame,
    /// Whose it is, or was, is nobody else's business.
    #[error("This key cannot be taken over: it is, or was, another game’s.")]
    Taken,
    #[error("This game has taken over a key already. Remove that one first.")]
    One,
}

/// The key as it is stored, where nothing can be said against its form.
pub fn check(typed: &str) -> Result<&str, KeyProblem> {
    let key = typed.trim();
    if key.is_empty() {
        return Err(KeyProblem::Missing);
    }
    if is_secret(key) {
        return Err(KeyProblem::Secret);
    }
    let fits = KEY_LENGTH.contains(&key.len()) && key.bytes().all(|c| c.is_ascii_graphic() && !b"\"'`<>\\".contains(&c));
    if fits { Ok(key) } else { Err(KeyProblem::Unfit) }
}

/// Secret keys begin `sk_` here and there, and `sk-` elsewhere.
fn is_secret(key: &str) -> bool {
    let key = key.trim_start_matches(['"', '\'', '`']);
    key.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("sk_") || start.eq_ignore_ascii_case("sk-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_pages_carry_is_any_text_that_a_header_carries() {
        let long = "k".repeat(256);
        for key in ["pk_imapik-A1b2.C3-d4_e5", "pk_imapik-test-0001", "a1B2c3D4", "~!@#$%^&*()", &long] {
            assert_eq!(check(&format!(" {key}\n")), Ok(key));
        }
        for (typed, problem) in [
            ("", KeyProblem::Missing),
            ("  \n", KeyProblem::Missing),
            ("pk_demo", KeyProblem::Unfit),
            ("pk_im apik-123", KeyProblem::Unfit),
            ("pk_imapik-ü123", KeyProblem::Unfit),
            ("\"pk_imapik-123\"", KeyProblem::Unfit),
            ("pk_imapik\0-123", KeyProblem::Unfit),
            (&format!("{long}k"), KeyProblem::Unfit),
            ("sk_imapik-123456", KeyProblem::Secret),
            ("SK_demo", KeyProblem::Secret),
            ("'sk_imapik-123456'", KeyProblem::Secret),
            ("sk-123456789", KeyProblem::Secret),
        ] {
            assert_eq!(check(typed), Err(problem), "{typed}");
        }
    }
}
