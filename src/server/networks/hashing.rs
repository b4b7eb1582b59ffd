//! How personal identifiers become hashes. Networks choose among these rules: each has its own, and a hash made by another rule matches nobody.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// Longest and shortest international number, digits only (ITU-T E.164).
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 7..=15;

/// What starts an extension in a written phone number; cut with all that follows.
const EXTENSIONS: &[&str] = &["ext", "x", "anexo", "#", "poste", "int"];

/// Lower-case hex SHA-256 of the text as it is.
pub fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// Lower-case hex HMAC-SHA256 of the text under the key: proof that who sends the text knows the key.
pub fn hmac_sha256(key: &str, text: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(text.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

/// The text itself, lower-cased, where a game has hashed it already (64 hex digits); None for anything else.
pub fn already_hashed(text: &str) -> Option<String> {
    let text = text.trim();
    (text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit())).then(|| text.to_ascii_lowercase())
}

/// Trimmed and lower-cased; None for what is no address.
pub fn email(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let (local, domain) = text.rsplit_once('@')?;
    let clean = |part: &str| !part.is_empty() && !part.contains(char::is_whitespace);
    (clean(local) && clean(domain)).then_some(text)
}

/// As `email`, with the local part cut at its first `+` and stripped of all but ASCII letters and digits.
pub fn email_letters_and_digits(text: &str) -> Option<String> {
    let text = email(text)?;
    let (local, domain) = text.rsplit_once('@')?;
    let local: String = local.split('+').next()?.chars().filter(char::is_ascii_alphanumeric).collect();
    (!local.is_empty()).then(|| format!("{local}@{domain}"))
}

/// `+` and digits, extension dropped. A number written without `+` or `00` is taken to begin with its country code;
/// None for what cannot be an international number (too short or long, letters, a leading zero).
pub fn phone(text: &str) -> Option<String> {
    let number = written(text)?;
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let digits = if number.starts_with('+') { &digits } else { digits.strip_prefix("00").unwrap_or(&digits) };
    (PHONE_DIGITS.contains(&digits.len()) && !digits.starts_with('0')).then(|| format!("+{digits}"))
}

/// Digits alone, without any zero before them, extension dropped; None for what is too short or long, or has letters.
pub fn phone_digits(text: &str) -> Option<String> {
    let digits: String = written(text)?.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_start_matches('0');
    PHONE_DIGITS.contains(&digits.len()).then(|| digits.to_owned())
}

/// The number as it is written, without its extension; None where it has letters or a `+` inside.
fn written(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let end = EXTENSIONS.iter().filter_map(|mark| text.find(mark)).min().unwrap_or(text.len());
    let number = text[..end].trim();
    let odd = number.contains(|c: char| !c.is_ascii_digit() && !" \u{a0}+-–.()/".contains(c)) || number.rfind('+') > Some(0);
    (!odd).then(|| number.to_owned())
}

/// The hash of what `rule` makes of the text; a text that is a hash already passes through.
pub fn hashed(text: &str, rule: impl FnOnce(&str) -> Option<String>) -> Option<String> {
    already_hashed(text).or_else(|| rule(text).map(|normal| sha256(&normal)))
}

/// Trimmed, letter case kept; None for an empty text.
pub fn as_given(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_keyed_hash_is_that_of_the_standard() {
        // RFC 4231, test case 2.
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(hmac_sha256("Jefe", "what do ya want for nothing?"), expected);
    }

    #[test]
    fn emails_follow_either_rule() {
        assert_eq!(email("  Al.ice+Apple@Example.Com ").as_deref(), Some("al.ice+apple@example.com"));
        assert_eq!(email_letters_and_digits("Al.ice$_-+Apple@Example.Com").as_deref(), Some("alice@example.com"));
        for nothing in ["", " ", "alice", "@example.com", "alice@", "a b@example.com"] {
            assert_eq!(email(nothing), None, "{nothing:?}");
        }
        assert_eq!(email_letters_and_digits("+all@example.com"), None);
    }

    #[test]
    fn phones_become_international_or_nothing() {
        for written in
            ["+1 (555) 444-1234", "1-555-444-1234", "001 555 444 1234", "+1 555 444 1234 ext. 9", "+15554441234x9", "+1.555.444.1234 #9"]
        {
            assert_eq!(phone(written).as_deref(), Some("+15554441234"), "{written}");
        }
        assert_eq!(phone("123456789012345").as_deref(), Some("+123456789012345"));
        for nothing in ["", "+", "0171 1234567", "12345", "1234567890123456", "1-800-FLOWERS", "+1+5554441234"] {
            assert_eq!(phone(nothing), None, "{nothing:?}");
        }
    }

    #[test]
    fn phones_of_digits_alone_have_no_zero_before_them() {
        for (written, digits) in [
            ("+1 (616) 954-78 88", "16169547888"),
            ("1(650)123-4567", "16501234567"),
            ("+001 (616) 954-78 88", "16169547888"),
            ("01(650)123-4567", "16501234567"),
            ("555.123.4567 ext 3", "5551234567"),
        ] {
            assert_eq!(phone_digits(written).as_deref(), Some(digits), "{written}");
        }
        for nothing in ["", "000", "12345", "1234567890123456", "1-800-FLOWERS"] {
            assert_eq!(phone_digits(nothing), None, "{nothing:?}");
        }
    }

    #[test]
    fn a_hash_is_not_hashed_again() {
        let hash = sha256("alice@example.com");
        assert_eq!(hashed(&hash.to_uppercase(), email), Some(hash.clone()));
        assert_eq!(hashed("Alice@Example.com ", email), Some(hash));
        assert_eq!(hashed("no address", email), None);
    }

    proptest! {
        #[test]
        fn every_rule_takes_any_text_and_is_stable(text in "\\PC{0,40}") {
            for rule in [email, email_letters_and_digits, phone, phone_digits, as_given] {
                if let Some(once) = rule(&text) {
                    prop_assert_eq!(rule(&once), Some(once.clone()));
                }
            }
        }
    }
}
