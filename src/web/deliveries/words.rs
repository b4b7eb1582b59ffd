//! How attempts and money are told.

use crate::model::attempt::{Attempt, AttemptStatus, LastWord};
use crate::model::money::Money;
use crate::model::number::{counted, form};
use crate::web::components::{Badge, Shape, Tone};
use leptos::prelude::*;

pub use crate::model::number::thousands;

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

/// `Attempt 2`; what ended without a call, and what an accepted attempt was told later, have names of their own.
pub fn attempt_name(attempt: &Attempt) -> String {
    match (attempt.attempt, attempt.of_attempt) {
        (0, _) => "Ended without a call".to_owned(),
        (number, Some(_)) => format!("Attempt {number}, refused later"),
        (number, None) => format!("Attempt {number}"),
    }
}

/// Icon and tone of what was told later of an accepted attempt.
pub const fn sequel_tone(word: LastWord) -> (Tone, Shape) {
    match word {
        LastWord::Waiting => (Tone::Info, Shape::Clock),
        LastWord::Confirmed => (Tone::Ok, Shape::Check),
        LastWord::NotCredited | LastWord::NoAnswer => (Tone::Warn, Shape::Clock),
        LastWord::Refused => (Tone::Bad, Shape::Failed),
        LastWord::SentAgain => (Tone::Warn, Shape::Retry),
    }
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

/// The amount as received, with its currency.
pub fn money(money: &Money) -> String {
    format!("{} {}", money.text, money.currency)
}

/// A network's own words, quoted as a sentence.
pub fn it_says(words: &str) -> String {
    format!("It says “{}” ", sentence(words).trim_end())
}

/// Words with a stop behind them, and room for what follows.
pub fn sentence(words: &str) -> String {
    let stop = if words.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{words}{stop} ")
}

/// `1 postback`, `36 postbacks`
pub fn postbacks(count: i64) -> String {
    counted(count, "postback", "postbacks")
}

/// `1 postback that waits for the present one`: what another account or target costs.
pub fn postbacks_of_the_present_one(count: i64) -> String {
    format!("{} that {} for the present one", postbacks(count), form(count, "waits", "wait"))
}
