//! PURE: what members see of people. Who may only read a game gets dots for emails, IP addresses and digests, and for whatever
//! else identifies a player, wherever it shows: in what was sent, in what came back, in a network's own words.

use crate::model::attempt::{Attempt, Exchange, Sequel};
use crate::model::connection::{Connection, Health, Parked};
use serde_json::Value;
use std::net::IpAddr;

pub const DOTS: &str = "••••••••";
/// The objects and fields in which networks are told who a player is.
const PERSONAL: &[&str] = &[
    "user",
    "user_data",
    "userData",
    "adIdentifiers",
    "gclid",
    "wbraid",
    "gbraid",
    "userIdentifiers",
    // What an error is about: a click id as well as an order's.
    "trigger",
    "page",
    "event_source_url",
    "referrer_url",
    "click_id",
];
/// Hexadecimal digits of a SHA-256 digest.
const DIGEST: usize = 64;

/// What may hold something of a person.
pub trait Masked {
    fn masked(self) -> Self;
}

impl Masked for String {
    fn masked(self) -> Self {
        text(&self)
    }
}

impl<T: Masked> Masked for Option<T> {
    fn masked(self) -> Self {
        self.map(T::masked)
    }
}

impl<T: Masked> Masked for Vec<T> {
    fn masked(self) -> Self {
        self.into_iter().map(T::masked).collect()
    }
}

impl Masked for Attempt {
    fn masked(self) -> Self {
        let sequel = self.sequel.map(|sequel| Sequel { says: sequel.says.masked(), ..sequel });
        Self { words: self.words.masked(), meaning: self.meaning.masked(), sequel, ..self }
    }
}

impl Masked for Exchange {
    fn masked(self) -> Self {
        Self { event: event(&self.event), envelope: self.envelope.masked(), response: self.response.map(|text| response(&text)), ..self }
    }
}

impl Masked for Connection {
    fn masked(self) -> Self {
        Self { parked: self.parked.map(|parked| Parked { words: parked.words.masked(), ..parked }), ..self }
    }
}

impl Masked for Health {
    fn masked(self) -> Self {
        match self {
            Self::CredentialFailures { since, words } => Self::CredentialFailures { since, words: words.masked() },
            Self::Failing { since, words } => Self::Failing { since, words: words.masked() },
            Self::Delivering | Self::NoRecentActivity => self,
        }
    }
}

/// Who changed something, for who may only read: people by the first letter of their address, the rest as it is.
pub fn colleague(who: &str) -> String {
    let first = who.chars().next().filter(|_| is_personal(who));
    first.map_or_else(|| who.to_owned(), |letter| format!("{letter}{DOTS}"))
}

/// Stands where somebody was erased.
const ERASED: &str = "(erased)";

/// What stays of a text of the log once somebody in it was erased.
pub fn erased_text(said: &str) -> String {
    text(said).replace(DOTS, ERASED)
}

/// What stays of an event as it was sent once its player was erased: what it says of the conversion.
pub fn erased_event(sent: &str) -> String {
    let stays = serde_json::from_str::<Value>(sent).is_ok();
    if stays { event(sent).replace(DOTS, ERASED) } else { ERASED.to_owned() }
}

/// What stays of an answer once somebody in its call was erased.
pub fn erased_answer(said: &str) -> String {
    let cut = said.trim_start().starts_with(['{', '[']) && serde_json::from_str::<Value>(said).is_err();
    if cut { ERASED.to_owned() } else { response(said).replace(DOTS, ERASED) }
}

/// An event as it was sent, with what is personal as dots. One that was cut for its length is not shown at all.
fn event(text: &str) -> String {
    match serde_json::from_str::<Value>(text) {
        Ok(mut event) => {
            mask_people(&mut event);
            event.to_string().masked()
        }
        Err(_) => "Only people who may change this game see the event.".to_owned(),
    }
}

/// An answer: some networks repeat what they were told. One whose JSON was cut for its length is not shown at all.
fn response(text: &str) -> String {
    match serde_json::from_str::<Value>(text) {
        Ok(mut answer) => {
            mask_people(&mut answer);
            answer.to_string().masked()
        }
        Err(_) if text.trim_start().starts_with(['{', '[']) => "Only people who may change this game see the answer.".to_owned(),
        Err(_) => text.to_owned().masked(),
    }
}

fn mask_people(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                if PERSONAL.contains(&name.as_str()) {
                    *field = DOTS.into();
                } else {
                    mask_people(field);
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(mask_people),
        _ => {}
    }
}

/// The text with every email, IP address and digest as dots.
fn text(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(of_word) {
        let end = rest[start..].find(|c| !of_word(c)).map_or(rest.len(), |length| start + length);
        masked.push_str(&rest[..start]);
        push_word(&mut masked, &rest[start..end]);
        rest = &rest[end..];
    }
    masked.push_str(rest);
    masked
}

/// Characters of emails, addresses and digests; a sentence's stop may stand behind them.
fn of_word(c: char) -> bool {
    c.is_alphanumeric() || ".:@_+-%".contains(c)
}

fn push_word(masked: &mut String, word: &str) {
    let core = word.trim_end_matches(['.', ':', '-']);
    if is_personal(core) {
        masked.push_str(DOTS);
        masked.push_str(&word[core.len()..]);
    } else if let Some((name, value)) = word.split_once(':') {
        // `ip:203.0.113.7`
        push_word(masked, name);
        masked.push(':');
        push_word(masked, value);
    } else {
        masked.push_str(word);
    }
}

fn is_personal(word: &str) -> bool {
    let email = word.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
    let address = word.contains(|c: char| c.is_ascii_hexdigit()) && word.parse::<IpAddr>().is_ok();
    let digest = word.len() == DIGEST && word.bytes().all(|c| c.is_ascii_hexdigit());
    email || address || digest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_a_person_becomes_dots_and_the_rest_stays() {
        let digest = "b4c9a289323b21a01c3e940f150eb9b8c542587f1abfd8f0e1cc1ffc5e475514";
        for (said, masked) in [
            ("player@example.com is not hashed.", "•••••••• is not hashed."),
            ("user.ip: 198.51.100.23.", "user.ip: ••••••••."),
            ("ip:198.51.100.23, 2001:db8::17", "ip:••••••••, ••••••••"),
            (r#"{"email":"a.b+c@x.example","code":40002}"#, r#"{"email":"••••••••","code":40002}"#),
            (digest, "••••••••"),
            ("Batch.0.properties.value: 12.99 is not a number at 08:41:22", "Batch.0.properties.value: 12.99 is not a number at 08:41:22"),
            ("0190c9a0-0000-7000-8000-000000000000 :: @ größer", "0190c9a0-0000-7000-8000-000000000000 :: @ größer"),
            ("", ""),
        ] {
            assert_eq!(text(said), masked);
        }
    }

    #[test]
    fn a_colleague_keeps_a_letter_and_who_is_nobody_stays() {
        assert_eq!(colleague("mara@ashgrove.example"), "m••••••••");
        assert_eq!([colleague("the secret key"), colleague("Postbacks"), colleague("")], ["the secret key", "Postbacks", ""]);
    }

    #[test]
    fn an_event_keeps_what_it_says_of_the_conversion() {
        let sent = r#"{"event":"Purchase","user":{"email":"x","ip":"1.2.3.4"},"list":[{"page":{"url":"https://a.example"}}],"properties":{"value":12.990}}"#;
        assert_eq!(event(sent), r#"{"event":"Purchase","user":"••••••••","list":[{"page":"••••••••"}],"properties":{"value":12.990}}"#);
        assert!(!event(r#"{"event":"Purch…"#).contains("Purch"));
    }

    #[test]
    fn what_is_left_of_the_erased_says_nothing_of_them() {
        let sent = r#"{"event":"Purchase","user":{"email":"x","ip":"1.2.3.4"},"properties":{"value":12.990}}"#;
        assert_eq!(erased_event(sent), r#"{"event":"Purchase","user":"(erased)","properties":{"value":12.990}}"#);
        assert_eq!(erased_event(r#"{"event":"Purchase","user":{"email":"mira@ex…"#), "(erased)");
        assert_eq!(
            erased_answer(r#"{"code":40002,"message":"ip 203.0.113.7 is wrong"}"#),
            r#"{"code":40002,"message":"ip (erased) is wrong"}"#
        );
        assert_eq!(erased_answer(r#"{"message":"mira@ex…"#), "(erased)");
        assert_eq!(erased_text("player@example.com is not hashed."), "(erased) is not hashed.");
        assert_eq!(erased_text(&erased_text("for player@example.com")), "for (erased)");
    }

    #[test]
    fn an_answer_that_repeats_who_clicked_is_masked() {
        let said = r#"{"results":[{"gclid":"Cj0","conversionAction":"customers/1/conversionActions/2"},{}],"jobId":"7"}"#;
        assert_eq!(
            response(said),
            r#"{"results":[{"gclid":"••••••••","conversionAction":"customers/1/conversionActions/2"},{}],"jobId":"7"}"#
        );
        let refused = r#"{"errors":[{"message":"The gclid is wrong.","trigger":{"stringValue":"Cj0"}}]}"#;
        assert_eq!(response(refused), r#"{"errors":[{"message":"The gclid is wrong.","trigger":"••••••••"}]}"#);
        assert!(!response(r#"{"results":[{"gclid":"Cj0…"#).contains("Cj0"));
        assert_eq!(response("<html>player@example.com</html>"), "<html>••••••••</html>");
    }
}
