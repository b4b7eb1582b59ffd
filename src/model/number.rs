//! Numbers as people read them.

/// `12,480`
pub fn thousands(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number < 0 {
        text.push('-');
    }
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 postback`, `36 postbacks`: the number with the word that goes with it.
pub fn counted(number: i64, one: &str, many: &str) -> String {
    format!("{} {}", thousands(number), form(number, one, many))
}

/// The word that goes with the number: `waits` of one, `wait` of many.
pub const fn form<'a>(number: i64, one: &'a str, many: &'a str) -> &'a str {
    if number == 1 { one } else { many }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!([0, 999, 1_000, -12_480, 1_234_567].map(thousands), ["0", "999", "1,000", "-12,480", "1,234,567"]);
    }

    #[test]
    fn one_is_not_many() {
        let tries = |number| counted(number, "try", "tries");
        assert_eq!([0, 1, 2, 1_000].map(tries), ["0 tries", "1 try", "2 tries", "1,000 tries"]);
    }
}
