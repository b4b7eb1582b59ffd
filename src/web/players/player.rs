//! One player: who they are, what they did, and what became of it.

use super::api::read_player;
use super::lists::{Clicks, Conversions, Messages};
use super::trace::TraceView;
use crate::error::AppError;
use crate::model::filter::Cursor;
use crate::model::player::{Asked, Identity, PlayerPage as Loaded};
use crate::web::components::{Button, ButtonLink, Crumb, Crumbs, Fact, Facts, Head, Look, Section, Shape, Time};
use crate::web::deliveries::words::TestBadge;
use crate::web::page::{Page, param, query};
use leptos::prelude::*;
use uuid::Uuid;

#[component]
pub fn PlayerPage() -> impl IntoView {
    let game = param("slug");
    let id = param("id").parse::<Uuid>();
    let cursor = |name: &str| query(name).and_then(|text| text.parse::<Cursor>().ok());
    let asked = Asked {
        event: query("event").and_then(|id| id.parse().ok()),
        conversions: cursor("conversions"),
        clicks: cursor("clicks"),
        messages: cursor("messages"),
    };
    let load = {
        let (game, asked) = (game.clone(), asked.clone());
        async move { read_player(game, id.map_err(|_| AppError::NotFound)?, asked).await }
    };
    view! { <Page title="Player" load draw=move |loaded| view! { <Player loaded game asked/> }.into_any()/> }
}

#[component]
fn Player(loaded: Loaded, game: String, asked: Asked) -> impl IntoView {
    let Loaded { id, label, test, may_change, trace, conversions, clicks, messages, now, .. } = loaded.clone();
    let crumbs = vec![
        Crumb::link(loaded.game_name.clone(), format!("/games/{game}")),
        Crumb::link("Players", super::path(&game)),
        Crumb::here(label.clone()),
    ];
    let actions = {
        let game = game.clone();
        move || may_change.then(|| view! { <Acts game=game.clone() id/> })
    };
    let here = trace.as_ref().map(|trace| trace.conversion.id);
    view! {
        <Crumbs path=crumbs/>
        <Head title=move || label.clone() actions>{test.then(|| view! { <TestBadge/> })}</Head>
        <div class="stack loose">
            {(!may_change).then(|| view! { <p class="muted small">"Ids and what tells a person are shown to the owners and admins of this game."</p> })}
            <div class="split">
                <aside class="section" aria-labelledby="who">
                    <header><div><h2 id="who">"Identities"</h2></div></header>
                    <Who loaded/>
                </aside>
                <div class="stack loose">
                    {match trace {
                        Some(trace) => view! { <TraceView trace game=game.clone() player=id may_change now/> }.into_any(),
                        None => view! {
                            <Section id="trace" title="What became of it"><p class="card muted">"This player has reached no goal yet, so there was nothing to send."</p></Section>
                        }
                        .into_any(),
                    }}
                </div>
            </div>
            <Conversions list=conversions game=game.clone() player=id asked=asked.clone() here/>
            <Clicks list=clicks game=game.clone() player=id asked=asked.clone()/>
            <Messages list=messages game player=id asked/>
        </div>
    }
}

/// What can be done about a player: taking their data out, and beside it erasing them.
#[component]
fn Acts(game: String, id: Uuid) -> impl IntoView {
    view! {
        <form method="post" action=format!("{}/export", super::path_of(&game, id))>
            <Button text="Export as JSON" icon=Shape::Down/>
        </form>
        <ButtonLink href=super::erase::path(&game, id) text="Erase player" look=Look::QuietDanger/>
    }
}

#[component]
fn Who(loaded: Loaded) -> impl IntoView {
    let Loaded { consent, contact, identities, more_identities, first_seen, .. } = loaded;
    let consent = match consent {
        Some((status, at)) => view! { {status.word().replace('_', " ")}", set "<Time at/> }.into_any(),
        None => "Never set; messages carry their own".into_any(),
    };
    let identities = identities.into_iter().map(|identity| view! { <IdentityFact identity/> }).collect_view();
    let contact = contact.into_iter().map(|(kind, value)| view! { <Fact label=kind>{value}</Fact> }).collect_view();
    view! {
        <Facts rows=true>
            {identities}
            {contact}
            <Fact label="Consent">{consent}</Fact>
            <Fact label="First seen"><Time at=first_seen/></Fact>
        </Facts>
        {more_identities.then(|| view! { <p class="muted small">"More ids than are listed here; the export has them all."</p> })}
    }
}

/// An id, and where it was not this player's all the time, when it was.
#[component]
fn IdentityFact(identity: Identity) -> impl IntoView {
    let Identity { kind, value, since, until } = identity;
    view! {
        <Fact label=kind>
            <code>{value}</code>
            {since.map(|at| view! { <span class="muted small">" since "<Time at/></span> })}
            {until.map(|at| view! { <span class="muted small">" until "<Time at/></span> })}
        </Fact>
    }
}
