//! `/games/{slug}`: what reached the networks in the last day, how each network does, what became of the conversions, and how far the
//! set-up is.

pub mod api;
mod became;
mod set_up;

use super::components::{ButtonLink, Fact, Facts, Glyph, Head, Look, Section, Tone};
use super::deliveries::words::thousands;
use super::integrations::health::CardHealth;
use super::page::{Page, param};
use crate::model::connection::Health;
use crate::model::integration::IntegrationCard;
use crate::model::number::counted;
use crate::model::overview::Overview;
use api::read_overview;
use became::Conversions;
use leptos::prelude::*;
use set_up::SetUp;

#[component]
pub fn OverviewPage() -> impl IntoView {
    let game = param("slug");
    view! {
        <Page title="Overview" load=read_overview(game.clone()) draw=move |overview: Overview| {
            let Overview { cards, became, evidence } = overview;
            let delivered = cards.iter().map(|card| card.last_day.success).sum();
            let open: i64 = cards.iter().map(|card| card.open.count).sum();
            let connected = cards.iter().any(|card| card.connection.is_some());
            let settings = format!("/games/{game}/settings");
            let lead = lead(&cards, delivered, &settings);
            let networks = cards.into_iter().map(|card| view! { <Network card settings=settings.clone()/> }).collect_view();
            view! {
                <Head title=|| "Overview"/>
                <div class="stack loose">
                    {lead}
                    <Section id="networks" title="Networks" hint="Last 24 hours"><div class="cols">{networks}</div></Section>
                    <Conversions became open settings=settings.clone()/>
                    <SetUp evidence connected delivered settings/>
                </div>
            }
            .into_any()
        }/>
    }
}

/// The sentence that a marketer would repeat in a meeting.
fn lead(cards: &[IntegrationCard], delivered: i64, settings: &str) -> AnyView {
    let troubled: Vec<&IntegrationCard> = cards.iter().filter(|card| is_troubled(card)).collect();
    let conversions = counted(delivered, "conversion", "conversions");
    let told = match (cards.iter().any(|card| card.connection.is_some()), delivered) {
        (false, _) => view! { <strong>"No network is connected yet."</strong>" Nothing is sent until one is." }.into_any(),
        (true, 0) => view! { <strong>"Nothing was delivered in the last 24 hours."</strong> }.into_any(),
        (true, _) => view! { <strong>{conversions}</strong>" reached the networks in the last 24 hours." }.into_any(),
    };
    let trouble = match troubled.as_slice() {
        [] => None,
        [card] => Some((format!("{settings}/integrations/{}", card.network.slug), format!("{} needs you", card.network.name))),
        several => Some((format!("{settings}/integrations"), format!("{} networks need you", several.len()))),
    };
    let trouble = trouble.map(|(href, text)| view! { " "<a href=href data-tone="bad">{text}</a>"." });
    view! { <p class="lead">{told}{trouble}</p> }.into_any()
}

fn is_troubled(card: &IntegrationCard) -> bool {
    matches!(card.health, Some(Health::CredentialFailures { .. } | Health::Failing { .. }))
}

#[component]
fn Network(card: IntegrationCard, settings: String) -> impl IntoView {
    let bad = is_troubled(&card);
    let IntegrationCard { network, connection, health, last_day, open, clicks } = card;
    let href = format!("{settings}/integrations/{}", network.slug);
    let (text, look, href_of_button) = match (&connection, bad) {
        (None, _) => ("Connect", Look::Plain, href.clone()),
        (Some(_), true) => ("Open and mend", Look::Primary, href.clone()),
        (Some(_), false) => ("Open log", Look::Plain, format!("{href}#log")),
    };
    let label = format!("{text}: {}", network.name);
    let none_or = |count: i64| if count == 0 { "None".to_owned() } else { thousands(count) };
    view! {
        <article class="card" data-tone=bad.then_some("bad")>
            <header class="row">
                <Glyph name=network.name.clone() picture=network.picture/>
                <h3><a class="brand" href=href>{network.name}</a></h3>
            </header>
            <CardHealth connection health/>
            <Facts rows=true>
                <Fact label="Delivered">{none_or(last_day.success)}</Fact>
                <Fact label="Retried">{none_or(last_day.retried)}</Fact>
                <Fact label="Failed" tone=(last_day.failed > 0).then_some(Tone::Bad)>{none_or(last_day.failed)}</Fact>
                <Fact label="Still to send">{none_or(open.count)}</Fact>
                <Fact label="Clicks kept, 30 d">{none_or(clicks)}</Fact>
            </Facts>
            <footer><ButtonLink href=href_of_button text look label/></footer>
        </article>
    }
}
