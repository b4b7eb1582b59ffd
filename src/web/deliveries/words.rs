//! How attempts and money are told.

use crate::model::attempt::{Attempt, AttemptStatus};
use crate::model::money::Money;
use crate::web::components::{Badge, Shape, Tone};
use leptos::prelude::*;

pub const fn tone(status: AttemptStatus) -> (Tone, Shape) {
    match status {
        AttemptStatus::Success => (Tone::Ok, Shape::Check),
        AttemptStatus::Failed => (Tone::Bad, Shape::Failed),
        AttemptStatus::Retried => (Tone::Warn, Shape::Retry),
    }
}

/// In a table only trouble has a ground.
#[component]
pub fn StatusBadge(status: AttemptStatus, #[prop(optional)] quiet: bool) -> impl IntoView {
    let (tone, shape) = tone(status);
    let plain = quiet && status != AttemptStatus::Failed;
    view! { <Badge tone shape plain text=status.label()/> }
}

#[component]
pub fn TestBadge() -> impl IntoView {
    view! { <Badge tone=Tone::Info shape=Shape::Flask plain=true text="Test"/> }
}

/// `200 · 40105`; an end without a call has neither.
pub fn http(attempt: &Attempt) -> (String, Option<String>) {
    let http = match attempt.http {
        Some(status) => status.to_string(),
        None if attempt.latency_ms.is_some() => "No answer".to_owned(),
        None => "–".to_owned(),
    };
    // A network's code for “well” says nothing that the status does not.
    let code = attempt.code.clone().filter(|code| *code != http && attempt.status != AttemptStatus::Success);
    (http, code)
}

pub fn latency(attempt: &Attempt) -> String {
    attempt.latency_ms.map_or_else(|| "–".to_owned(), |latency| format!("{} ms", thousands(i64::from(latency))))
}

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

/// The amount as received, with its currency.
pub fn money(money: &Money) -> String {
    format!("{} {}", money.text, money.currency)
}

/// A network's own words, quoted as a sentence.
pub fn it_says(words: &str) -> String {
    let stop = if words.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("It says “{words}{stop}” ")
}

/// `1 postback`, `36 postbacks`
pub fn postbacks(count: i64) -> String {
    if count == 1 { "1 postback".to_owned() } else { format!("{} postbacks", thousands(count)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_thousands_separators() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (48_210, "48,210"), (-1_234_567, "-1,234,567")] {
            assert_eq!(thousands(number), text);
        }
    }
}
