//! One event followed to its network: the gates in order, the first that did not let it through marked, with what would have to change.

use super::story::StoryView;
use crate::model::Millis;
use crate::model::attempt::Attempt;
use crate::model::conversion::Decision;
use crate::model::player::Trace;
use crate::model::trace::{Gate, GateState, Way};
use crate::web::components::{ButtonLink, Section, Shape, Time, Tone};
use crate::web::deliveries::words::{StatusBadge, attempt_name, http, latency, money};
use crate::web::resend::path_of_one;
use leptos::prelude::*;
use uuid::Uuid;

#[component]
pub fn TraceView(trace: Trace, game: String, player: Uuid, may_change: bool, now: Millis) -> impl IntoView {
    let Trace { conversion, gates, story, attempts, network, postback } = trace;
    let again = postback.and_then(|postback| postback.resend(now)).filter(|_| may_change);
    let event = conversion.event.clone();
    let title = match conversion.decision {
        Decision::NotSent { .. } => format!("Why was this {event} not sent?"),
        Decision::Waiting { .. } => format!("What does this {event} wait for?"),
        Decision::Credited { .. } => format!("What became of this {event}"),
    };
    let value = conversion.value.as_ref().map(|value| format!(" of {}", money(value)));
    let at = conversion.event_time;
    let first = gates.iter().position(|gate| gate.state != GateState::Passed);
    let slug = network.map(|(slug, _)| slug);
    let gates = gates
        .into_iter()
        .enumerate()
        .map(|(at, gate)| view! { <GateView gate here=first == Some(at) game=game.clone() player/> })
        .collect_view();
    let log = slug.filter(|_| !attempts.is_empty()).map(|slug| {
        let base = crate::web::integrations::path(&game, &slug);
        view! { <Attempts attempts base again/> }
    });
    view! {
        <Section id="trace" title>
            <p class="soft"><code>{event}</code>{value}", "<Time at/></p>
            <ol class="timeline card">{gates}</ol>
            {log}
        </Section>
        {story.map(|story| view! { <StoryView story/> })}
    }
}

#[component]
fn GateView(gate: Gate, here: bool, game: String, player: Uuid) -> impl IntoView {
    let Gate { kind, state, says, fix, way, at } = gate;
    let (tone, shape, word) = match state {
        GateState::Passed => (Tone::Ok, Shape::Check, None),
        GateState::Stopped => (Tone::Bad, Shape::Failed, Some("Stopped here")),
        GateState::Waiting => (Tone::Hold, Shape::Clock, Some("Waits here")),
        GateState::NotReached => (Tone::Off, Shape::Dot, Some("Not reached")),
    };
    let marked = here && matches!(state, GateState::Stopped | GateState::Waiting);
    let until = state == GateState::Waiting;
    // Some reasons say that nothing has to, or can, be done.
    let can_change = !fix.starts_with("Nothing");
    view! {
        <li data-tone=tone.word() class=marked.then_some("here") aria-current=marked.then_some("step")>
            <span class="dot"><crate::web::components::Icon shape/></span>
            <div>
                <h3 class="what"><span>{kind.title()}</span>{word.map(|word| view! { <span class="muted small">{word}</span> })}</h3>
                {(!says.is_empty()).then(|| view! { <p class="soft">{says}</p> })}
                {at.map(|at| view! { <p class="muted small">{if until { "Until " } else { "" }}<Time at/></p> })}
                {(!fix.is_empty()).then(|| view! { <p>{can_change.then(|| view! { <strong>"What would change it: "</strong> })}{fix}</p> })}
                {way.map(|way| view! { <WayLink way game player/> })}
            </div>
        </li>
    }
}

#[component]
fn WayLink(way: Way, game: String, player: Uuid) -> impl IntoView {
    let settings = format!("/games/{game}/settings");
    let (href, text) = match way {
        Way::Window => (format!("{}#attribution", crate::web::general::path(&game)), "See the attribution window"),
        Way::Integrations => (format!("{settings}/integrations"), "Open Integrations"),
        Way::Network(slug) => (crate::web::integrations::path(&game, &slug), "Open the network’s page"),
        Way::Goal(id) => (crate::web::goals::path_of(&game, id), "Open the goal"),
        Way::Event(id) => (format!("{}#trace", super::path_of_event(&game, player, id)), "See the event that has the place"),
        Way::Pixel => (format!("{settings}/pixel"), "Check the pixel"),
    };
    view! { <p><a href=href>{text}</a></p> }
}

/// Every try, each a link to what was sent and answered.
#[component]
fn Attempts(attempts: Vec<Attempt>, base: String, again: Option<&'static str>) -> impl IntoView {
    let again = again.zip(attempts.last()).map(|(text, last)| (text, path_of_one(&base, last.id)));
    let again = again.map(|(text, href)| view! { <p><ButtonLink href text icon=Shape::Retry small=true/></p> });
    let rows = attempts
        .into_iter()
        .map(|attempt| {
            let (http, code) = http(&attempt);
            let says = match (attempt.latency_ms, code) {
                (None, _) => attempt.meaning.clone().unwrap_or_default(),
                (Some(_), Some(code)) => format!("HTTP {http}, code {code}, {}", latency(&attempt)),
                (Some(_), None) => format!("HTTP {http}, {}", latency(&attempt)),
            };
            let later = attempt.sequel.as_ref().map(|sequel| format!(", {}", sequel.word.label()));
            view! {
                <li>
                    <a href=format!("{base}/attempts/{}", attempt.id)>{attempt_name(&attempt)}</a>" "<StatusBadge status=attempt.status quiet=true/>" "
                    <span class="muted small"><Time at=attempt.time/>", "{says}{later}</span>
                </li>
            }
        })
        .collect_view();
    view! { <h3>"Attempts"</h3><ul class="stack tight">{rows}</ul>{again} }
}
