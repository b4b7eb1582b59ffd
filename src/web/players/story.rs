//! Which click won a conversion, and why each of the others did not.

use crate::model::number::counted;
use crate::model::story::{Loser, Seen, Story};
use crate::web::components::{Badge, Section, Shape, Table, Time, Tone};
use leptos::prelude::*;

/// The winner and the runners-up; a decision without either had no click at all.
#[component]
pub fn StoryView(story: Story) -> impl IntoView {
    let Story { window_days, winner, lost } = story;
    if winner.is_none() && lost.is_empty() {
        return ().into_any();
    }
    let hint = format!("The last ad click before the event counts, within {}.", counted(i64::from(window_days), "day", "days"));
    let winner = winner.map(|seen| view! { <Row seen><Badge tone=Tone::Ok shape=Shape::Check plain=true text="It counts."/></Row> });
    let lost = lost
        .into_iter()
        .map(|Loser { click, because }| view! { <Row seen=click><span class="muted">{because.says()}</span></Row> })
        .collect_view();
    let heads = vec![("Time", ""), ("From", ""), ("Click id", ""), ("Decision", "")];
    view! {
        <Section id="clicks-compared" title="Why this click" hint>
            <div class="card flush"><Table caption="Clicks that were compared, the winner first" heads>{winner}{lost}</Table></div>
        </Section>
    }
    .into_any()
}

#[component]
fn Row(seen: Seen, children: Children) -> impl IntoView {
    let Seen { network, kind, id, time } = seen;
    let id = match kind.as_str() {
        "visit" | "utm" => view! { <span class="muted">"None"</span> }.into_any(),
        _ => view! { <code>{kind}</code>" "<code class="wraps">{id}</code> }.into_any(),
    };
    view! {
        <tr role="row">
            <td role="cell" class="main-cell"><Time at=time/></td>
            <td role="cell" class="side-cell">{network}</td>
            <td role="cell" class="full">{id}</td>
            <td role="cell" class="full">{children()}</td>
        </tr>
    }
}
