//! PURE: the parameters of an address, each at most once and none too long.

use super::answer::Refusal;
use super::fields::bad_text;

/// The named parameters that are there, with what they say; others are nobody's business. A blank one counts as missing.
pub fn read(query: Option<&str>, names: &[&'static str], max: usize) -> Result<Vec<(&'static str, String)>, Refusal> {
    let mut found: Vec<(&'static str, String)> = Vec::new();
    for (name, value) in url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        let Some(name) = names.iter().copied().find(|known| *known == name) else { continue };
        if found.iter().any(|(known, _)| *known == name) {
            return Err(Refusal::Query(format!("{name} must not come twice.")));
        }
        if value.trim().is_empty() {
            return Err(Refusal::Query(format!("{name} is empty.")));
        }
        if let Some(reason) = bad_text(&value, max) {
            return Err(Refusal::Query(format!("{name} {reason}.")));
        }
        found.push((name, value.into_owned()));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_comes_once_and_says_something() {
        let read = |query: &str| read(Some(query), &["a", "b"], 3).map_err(|refusal| refusal.to_string());
        assert_eq!(read("a=x%20y&c=z&c=z"), Ok(vec![("a", "x y".to_owned())]));
        assert_eq!(read("b=%C3%A9%C3%A9%C3%A9&a=1"), Ok(vec![("b", "ééé".to_owned()), ("a", "1".to_owned())]));
        assert_eq!(read(""), Ok(vec![]));
        for (query, says) in [
            ("a=1&a=1", "a must not come twice."),
            ("a=", "a is empty."),
            ("a=%20", "a is empty."),
            ("a=1234", "a is longer than 3 characters."),
            ("a=%00", "a contains the character U+0000."),
        ] {
            assert_eq!(read(query), Err(says.to_owned()), "{query}");
        }
    }
}
