//! Settings > Integrations > [Network]: Conversion Postbacks and Delivery logs.

use super::actions::MappingSection;
use super::api::{read_integration, read_last_try};
use super::connected::Connected;
use super::connecting::Connecting;
use super::health::HealthBadges;
use super::names::{NamesSection, typed_of};
use super::popup::{ClosePopup, Reloads};
use super::transport::{Chosen, Closed};
use crate::error::AppError;
use crate::model::connect::LastTry;
use crate::model::connection::{Health, ParkCause};
use crate::model::integration::{Integration, Open};
use crate::model::log_query::LogQuery;
use crate::model::number::form;
use crate::model::{DAY, Millis};
use crate::web::components::{Crumb, Crumbs, Flash, Glyph, Head, Time, Tone};
use crate::web::deliveries::log::Log;
use crate::web::deliveries::not_sent::SendNow;
use crate::web::deliveries::words::{it_says, postbacks};
use crate::web::page::{Page, param, query};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// A token's end is announced from here on.
const WARNED_BEFORE: Millis = 10 * DAY;

#[component]
pub fn NetworkPage() -> impl IntoView {
    let (game, network) = (param("slug"), param("network"));
    let asked = LogQuery { range: query("range"), status: query("status"), older: query("older"), newer: query("newer") };
    let unknown = asked.meaning().unknown;
    let connected = query("connected");
    let typed = use_query_map().with_untracked(typed_of);
    let load = {
        let (game, network) = (game.clone(), network.clone());
        async move {
            let last = read_last_try(game.clone(), network.clone()).await?;
            Ok::<_, AppError>((read_integration(game, network, asked, typed).await?, last))
        }
    };
    view! {
        <Page title="Integrations" load draw=move |(integration, last)| {
            // A link can say anything: only what is so is repeated.
            match connected.as_deref().filter(|_| integration.connection.is_some()) {
                Some("popup") => view! { <ClosePopup back=super::path(&game, &network)/> }.into_any(),
                connected => {
                    let just_connected = connected.is_some();
                    view! { <NetworkView integration last game unknown just_connected/> }.into_any()
                }
            }
        }/>
    }
}

#[component]
fn NetworkView(integration: Integration, last: Option<LastTry>, game: String, unknown: bool, just_connected: bool) -> impl IntoView {
    let base = super::path(&game, &integration.network.slug);
    let network = integration.network.clone();
    let crumbs = vec![
        Crumb::link(integration.game_name.clone(), format!("/games/{game}")),
        Crumb::here("Settings"),
        Crumb::link("Integrations", format!("/games/{game}/settings/integrations")),
        Crumb::here(network.name.clone()),
    ];
    let (title, name, picture) = (network.name.clone(), network.name.clone(), network.picture.clone());
    let mapped_said = last.clone().and_then(|last| last.said);
    let parts = match integration.connection.clone() {
        Some(connection) => view! { <Connected integration=integration.clone() connection game=game.clone() last/> }.into_any(),
        None => view! { <Connecting integration=integration.clone() game=game.clone() last/> }.into_any(),
    };
    let (may, now, slug) = (integration.may_change, integration.now, network.slug.clone());
    let mapping = integration.mapping.clone().map(|mapping| {
        view! { <MappingSection mapping game=game.clone() network=slug may said=mapped_said now/> }
    });
    let asks = mapping.is_some();
    let names = integration.names.clone().map(|names| {
        let (short, network) = (network.short.clone(), network.slug.clone());
        view! { <NamesSection names short game=game.clone() network may/> }
    });
    let badges = view! { <HealthBadges connection=integration.connection.clone() health=integration.health.clone()/> };
    let trouble = view! { <Trouble integration=integration.clone() game=game.clone()/> };
    let chosen = query("sends").is_some().then(|| view! { <Chosen integration=integration.clone()/> });
    let sendable = (integration.sendable > 0).then(|| {
        view! { <SendNow count=integration.sendable base=base.clone() may/> }
    });
    let ends = view! { <TokenEnds integration=integration.clone()/> };
    view! {
        <Reloads/>
        <Crumbs path=crumbs/>
        <Head before=move || view! { <Glyph name=name.clone() picture=picture.clone() large=true/> } title=move || title.clone()>
            {badges}
        </Head>
        <div class="stack loose">
            {query("mapped").is_some().then(|| view! { <Flash tone=Tone::Ok announce=true><strong>"Saved."</strong>" It holds for conversions from now on."</Flash> })}
            {just_connected.then(|| view! {
                <Flash tone=Tone::Ok title=format!("{} is connected", network.name) announce=true>
                    {match asks {
                        true => "Choose below what each goal counts under: until then its conversions stay here.",
                        false => "Conversions that its clicks earn are sent from now on.",
                    }}
                </Flash>
            })}
            {(query("test").as_deref() == Some("waiting")).then(|| view! {
                <Flash tone=Tone::Info title="The test event is on its way" announce=true>
                    "The network has not answered yet. The log below shows it once it was sent."
                </Flash>
            })}
            {chosen}
            {trouble}
            {ends}
            {sendable}
            {parts}
            {mapping}
            {names}
            <Log integration base unknown/>
        </div>
    }
}

/// From some days before the token ends: until when it is good, and what to do.
#[component]
fn TokenEnds(integration: Integration) -> impl IntoView {
    let Integration { network, connection, now, .. } = integration;
    let ends = connection.filter(|connection| connection.parked.is_none()).and_then(|connection| connection.token_ends_at);
    let Some(at) = ends.filter(|at| at - WARNED_BEFORE <= now) else { return ().into_any() };
    let title = match at > now {
        true => format!("{}'s token ends soon", network.short),
        false => format!("{}'s token has ended", network.short),
    };
    view! {
        <Flash tone=Tone::Warn title action=|| view! { <a href="#connection">"Reconnect"</a> }>
            {if at > now { "It is good until " } else { "It was good until " }}<Time at/>
            ". "{network.token_ends}" Nothing is lost when it ends: what is to be sent waits until somebody reconnects, but no longer than the network takes it."
        </Flash>
    }
    .into_any()
}

/// A standing warning: cause, since when, what waits, by when.
#[component]
fn Trouble(integration: Integration, game: String) -> impl IntoView {
    let waits = view! { <Waits open=integration.open/> }.into_any();
    let short = integration.network.short.clone();
    let parked = integration.connection.as_ref().and_then(|connection| connection.parked.clone());
    let (title, since, words) = match (parked, &integration.health) {
        (Some(parked), _) if parked.cause == ParkCause::Closed => return view! { <Closed integration game waits/> }.into_any(),
        (Some(parked), _) => {
            let title = match parked.cause {
                ParkCause::Credentials => format!("{short} refuses the token"),
                ParkCause::Permission | ParkCause::Closed => {
                    format!("{short} does not let this token send to the {}", integration.network.target_noun.to_lowercase())
                }
            };
            (title, parked.since, parked.words)
        }
        (None, Some(Health::CredentialFailures { since, words })) => (format!("{short} refused the token"), *since, words.clone()),
        (None, Some(Health::Failing { since, words })) => (format!("Most deliveries to {short} are failing"), *since, words.clone()),
        _ => return ().into_any(),
    };
    view! {
        <Flash tone=Tone::Bad title action=|| view! { <a href="#log">"See the attempts"</a> }>
            "Since "<Time at=since/>"."
            " "{(!words.is_empty()).then(|| it_says(&words))}
            {waits}
        </Flash>
    }
    .into_any()
}

/// How much waits for the trouble to end, and until when.
#[component]
fn Waits(open: Open) -> impl IntoView {
    let waits = (open.count > 0).then(|| {
        let promise = form(open.count, " waits and sends itself once this is mended", " wait and send themselves once this is mended");
        view! { <strong>{postbacks(open.count)}</strong>{promise} }
    });
    let first = form(open.count, "; it is lost ", "; the first of them is lost ");
    let deadline = open.first_deadline.filter(|_| open.count > 0).map(|deadline| view! { {first}<Time at=deadline/> });
    view! { {waits}{deadline}{(open.count > 0).then_some(".")} }
}
