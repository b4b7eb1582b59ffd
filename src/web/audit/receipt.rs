//! The receipt of an erasure: what was held, what was cancelled, and what had gone to which network and when. Until it is done, how far it is.

use super::api::read_erasure;
use crate::model::erasure::{ErasurePage, Gone, Receipt};
use crate::model::game_settings::COUNTED_UP_TO;
use crate::model::number::counted;
use crate::web::components::{Copy, Crumb, Crumbs, Fact, Facts, Flash, Head, LookAgain, Section, Time, Tone};
use crate::web::page::{Page, param};
use leptos::prelude::*;
use std::collections::BTreeMap;

/// `/games/{game}/settings/audit-log/erasures/{trace}`
pub fn path(game: &str, trace: &str) -> String {
    format!("{}/erasures/{trace}", super::path(game))
}

#[component]
pub fn ReceiptPage() -> impl IntoView {
    let (game, trace) = (param("slug"), param("trace"));
    let load = read_erasure(game.clone(), trace);
    view! { <Page title="Erasure" load draw=move |loaded| view! { <Erasure loaded game/> }.into_any()/> }
}

#[component]
fn Erasure(loaded: ErasurePage, game: String) -> impl IntoView {
    let ErasurePage { game_name, trace_id, who, asked_at, done_at, receipt, says } = loaded;
    let crumbs = vec![
        Crumb::link(game_name, format!("/games/{game}")),
        Crumb::here("Settings"),
        Crumb::link("Audit log", super::path(&game)),
        Crumb::here("Erasure"),
    ];
    let again = path(&game, &trace_id);
    let state = match done_at {
        Some(at) => view! {
            <Flash tone=Tone::Ok title="The player is erased">"Done "<Time at/>". Nothing that tells who it was is kept here, but for backups of the database, which are yours to age out."</Flash>
        }
        .into_any(),
        None => view! {
            <Flash tone=Tone::Info title="The player is being erased" announce=true action=move || view! { <LookAgain href=again.clone()/> }>
                "Nothing finds them any more, and nothing of theirs goes out. Their rows are deleted in small steps; this is what has gone so far."
            </Flash>
        }
        .into_any(),
    };
    let body = match receipt {
        Some(receipt) => {
            let gone = receipt.gone.clone();
            view! {
            <Section id="held" title="Held and deleted"><Held receipt/></Section>
            <Section id="sent" title="Sent before" hint="What a network has is not taken back from here: ask it there, with the event ids of the delivery log.">
                <Sent gone/>
            </Section>
            }
            .into_any()
        }
        None => view! { <Section id="held" title="What was held and sent"><p class="card">{says}</p></Section> }.into_any(),
    };
    view! {
        <Crumbs path=crumbs/>
        <Head title=|| "Erasure of a player"/>
        <div class="stack loose">
            {state}
            <div class="card">
                <Facts>
                    <Fact label="Asked by">{super::who(&who)}</Fact>
                    {asked_at.map(|at| view! { <Fact label="Asked"><Time at/></Fact> })}
                    {done_at.map(|at| view! { <Fact label="Done"><Time at/></Fact> })}
                    <Fact label="Request id" full=true><code class="wraps" id="trace">{trace_id}</code>" "<Copy from="trace".to_owned() label="Copy: request id".to_owned()/></Fact>
                </Facts>
            </div>
            {body}
        </div>
    }
}

/// The counts; `over`: it has happened.
#[component]
pub fn Held(receipt: Receipt, #[prop(default = true)] over: bool) -> impl IntoView {
    let cancelled = receipt.cancelled;
    let rows = [
        ("Ids", receipt.identities),
        ("Messages", receipt.messages),
        ("Ad clicks and visits", receipt.clicks),
        ("Conversions", receipt.conversions),
        (if over { "Postbacks cancelled before they went out" } else { "Postbacks that wait, and are cancelled" }, cancelled),
    ];
    if over && !receipt.held_something() {
        return view! { <p class="card">"Nothing was held. The id is kept out from now on."</p> }.into_any();
    }
    let rows = rows.map(|(label, count)| view! { <Fact label>{up_to(count)}</Fact> }).collect_view();
    view! { <div class=over.then_some("card")><Facts rows=true>{rows}</Facts></div> }.into_any()
}

/// What had gone to which network, and when.
#[component]
pub fn Sent(gone: BTreeMap<String, Gone>, #[prop(default = true)] over: bool) -> impl IntoView {
    if gone.is_empty() {
        let says = if over { "Nothing had gone to a network." } else { "Nothing has gone to a network." };
        return view! { <p class=over.then_some("card")>{says}</p> }.into_any();
    }
    let rows = gone.into_iter().map(|(name, gone)| view! { <Fact label=name><To gone/></Fact> }).collect_view();
    view! {
        {(!over).then(|| view! { <p>"What went to a network is not taken back from here; ask it there:"</p> })}
        <div class=over.then_some("card")><Facts rows=true>{rows}</Facts></div>
    }
    .into_any()
}

#[component]
fn To(gone: Gone) -> impl IntoView {
    let Gone { accepted, first, last, unknown } = gone;
    let when = match (first, last) {
        (Some(first), Some(last)) if first != last => view! { ", "<Time at=first/>" to "<Time at=last/> }.into_any(),
        (Some(at), _) => view! { ", "<Time at/> }.into_any(),
        (None, _) => ().into_any(),
    };
    let sent = (accepted > 0).then(|| view! { {counted(accepted, "postback", "postbacks")}{when} });
    let between = (accepted > 0 && unknown > 0).then_some("; ");
    let unsure = (unknown > 0).then(|| format!("{} may have arrived: the answer is not known", counted(unknown, "postback", "postbacks")));
    view! { {sent}{between}{unsure} }
}

fn up_to(count: i64) -> String {
    let more = if count >= COUNTED_UP_TO { "more than " } else { "" };
    format!("{more}{}", crate::model::number::thousands(count))
}
