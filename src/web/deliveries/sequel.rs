//! The second stage of an accepted attempt, where a network's yes is a receipt: in the title, in the timeline, and as it came over the wire.

use super::words::sequel_tone;
use crate::model::Millis;
use crate::model::attempt::{Attempt, Exchange, LastWord, Sequel};
use crate::web::components::{JsonCode, Moment, Section, Shape, Time, Tone, clock};
use leptos::prelude::*;

/// What an accepted attempt came to.
pub fn title(attempt: &Attempt, short: &str) -> String {
    match attempt.sequel.as_ref().map(|sequel| sequel.word) {
        Some(LastWord::Confirmed) => format!("{short} accepted the postback and confirmed it"),
        Some(LastWord::NotCredited) => format!("{short} accepted the postback and credited no ad"),
        Some(LastWord::Refused) => format!("{short} accepted the postback and refused it later"),
        Some(LastWord::SentAgain) => format!("{short} accepted the postback, and it was sent again alone"),
        Some(LastWord::NoAnswer) => format!("{short} accepted the postback and never confirmed it"),
        Some(LastWord::Waiting) => format!("{short} accepted the postback; it is not confirmed yet"),
        None => format!("{short} accepted the postback"),
    }
}

pub fn tone_of(attempt: &Attempt) -> Tone {
    match attempt.sequel.as_ref().map(|sequel| sequel.word) {
        None | Some(LastWord::Waiting) => Tone::Ok,
        Some(word) => sequel_tone(word).0,
    }
}

/// What was told later, in the timeline. A late refusal has a row of its own, and what came with the answer is said there.
#[component]
pub fn After(sequel: Sequel) -> impl IntoView {
    let Sequel { word, at, says } = sequel;
    let (tone, shape) = sequel_tone(word);
    let what = match word {
        LastWord::Waiting | LastWord::Refused => return None,
        LastWord::Confirmed => "Confirmed",
        LastWord::NotCredited => "Accepted, not credited",
        LastWord::SentAgain => "To be sent again alone",
        LastWord::NoAnswer => "No last word",
    };
    let when = clock().time_of_day(at?);
    Some(view! { <Moment shape tone what=move || what when=move || when><p class="small soft">{says}</p></Moment> })
}

/// While it is not told yet.
#[component]
pub fn Waiting(at: Millis, short: String) -> impl IntoView {
    let what = format!("{short} is asked whether it counts");
    view! { <Moment shape=Shape::Clock what=move || what when=move || view! { <Time at/> } ahead=true/> }
}

/// The question and its answer.
#[component]
pub fn LaterWord(exchange: Exchange, short: String) -> impl IntoView {
    let line = format!("{} {}", exchange.method, exchange.url);
    view! {
        <Section id="last-word" title=format!("What {short} said later") hint="The answer is about the whole request that carried this event.">
            <JsonCode id="last-word-body" says="Answer to the later question" caption=move || line text=exchange.response.unwrap_or_default()/>
        </Section>
    }
}
