//! How far a game is: from the first page view to the first delivery, each step with its evidence and what comes next.

use crate::model::evidence::Evidence;
use crate::web::components::{ButtonLink, Condition, Section, Tone};
use crate::web::deliveries::words::thousands;
use leptos::prelude::*;

/// One step. `href` leads to where it is done.
struct Step {
    question: &'static str,
    done: bool,
    evidence: String,
    href: String,
    button: &'static str,
}

/// Left out once everything is done. `settings` is the path of the game's settings.
#[component]
pub fn SetUp(evidence: Evidence, connected: bool, delivered: i64, settings: String) -> impl IntoView {
    let steps = steps(&evidence, connected, delivered, &settings);
    let done = steps.iter().filter(|step| step.done).count();
    let all = steps.len();
    if done == all {
        return None;
    }
    let first_open = steps.iter().position(|step| !step.done);
    let lines = steps
        .into_iter()
        .enumerate()
        .map(|(at, step)| {
            let tone = if step.done { Tone::Ok } else { Tone::Off };
            let likely = Some(at) == first_open;
            let Step { question, evidence, href, button, done } = step;
            if done {
                view! { <Condition tone question>{evidence}</Condition> }.into_any()
            } else {
                view! { <Condition tone question likely action=move || view! { <ButtonLink href text=button small=true/> }>{evidence}</Condition> }.into_any()
            }
        })
        .collect_view();
    Some(view! {
        <Section id="set-up" title="Set-up" hint=format!("{done} of {all} done")>
            <div class="card"><ol class="checklist">{lines}</ol></div>
        </Section>
    })
}

fn steps(evidence: &Evidence, connected: bool, delivered: i64, settings: &str) -> [Step; 6] {
    let clicks = evidence.clicks_of_network + evidence.clicks_of_others.iter().map(|(_, count)| count).sum::<i64>();
    let counted =
        |count: i64, what: &str| if count == 0 { format!("None in 30 days: {what}") } else { format!("{} in 30 days", thousands(count)) };
    let step = |question, done, evidence, page: &str, button| Step { question, done, evidence, href: format!("{settings}/{page}"), button };
    [
        step(
            "Pixel seen",
            evidence.page_messages > 0,
            counted(evidence.page_messages, "put the pixel on the pages your ads open."),
            "pixel",
            "Get the pixel",
        ),
        step("Click ids seen", clicks > 0, counted(clicks, "ads must link to a page with the pixel."), "pixel", "Get the pixel"),
        step(
            "Events seen",
            evidence.messages > 0,
            counted(evidence.messages, "the game sends them with its key."),
            "api-keys",
            "Get the key",
        ),
        step(
            "A goal is active",
            evidence.active_goals > 0,
            if evidence.active_goals == 0 {
                "A goal says which event counts.".into()
            } else {
                format!("{} active", thousands(evidence.active_goals))
            },
            "goals/new",
            "New goal",
        ),
        step(
            "A network is connected",
            connected,
            if connected { "Connected".into() } else { "Conversions go to the network whose ad brought the player.".into() },
            "integrations",
            "Connect",
        ),
        step(
            "Delivered in the last 24 hours",
            delivered > 0,
            if delivered == 0 { "The log says why not.".into() } else { thousands(delivered) },
            "integrations",
            "Open integrations",
        ),
    ]
}
