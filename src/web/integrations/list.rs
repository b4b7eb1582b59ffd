//! Settings > Integrations: a card per network.

use super::api::read_integrations;
use super::health::CardHealth;
use crate::model::connection::Health;
use crate::model::integration::IntegrationCard;
use crate::web::components::{ButtonLink, Crumb, Crumbs, Fact, Facts, Glyph, Head, Look, Tone};
use crate::web::deliveries::words::{postbacks, thousands};
use crate::web::page::{Page, param};
use leptos::prelude::*;

#[component]
pub fn IntegrationsPage() -> impl IntoView {
    let game = param("slug");
    view! {
        <Page title="Integrations" load=read_integrations(game.clone()) draw=move |list| {
            let cards = list.cards.into_iter().map(|card| view! { <Card card game=game.clone()/> }).collect_view();
            view! {
                <Crumbs path=vec![Crumb::link(list.game_name, format!("/games/{game}")), Crumb::here("Settings"), Crumb::here("Integrations")]/>
                <Head title=|| "Integrations"/>
                <div class="stack loose">
                    <p class="soft narrow">"Connect the ad accounts that buy your players. Each network is told which of its clicks became a purchase, a wishlist add or a sign-up."</p>
                    <div class="cols">{cards}</div>
                    <p class="muted small">"One connection per game and network. Members read; admins and owners change."</p>
                </div>
            }
            .into_any()
        }/>
    }
}

#[component]
fn Card(card: IntegrationCard, game: String) -> impl IntoView {
    let IntegrationCard { network, connection, health, last_day, open, clicks } = card;
    let href = super::path(&game, &network.slug);
    let bad = matches!(health, Some(Health::CredentialFailures { .. } | Health::Failing { .. }));
    let way = match (&connection, network.by_consent, network.token_noun.is_some()) {
        (None, true, true) => "Connected by sign-in or token",
        (None, true, false) => "Connected by sign-in",
        (Some(connection), ..) if !connection.pasted => "Connected by sign-in",
        _ => "Connected by token",
    };
    let facts = match connection.clone() {
        Some(connection) => view! {
            {connection.account_name.map(|name| view! { <Fact label=network.account_noun.clone()>{name}</Fact> })}
            <Fact label=network.target_noun.clone()>{connection.target_name.unwrap_or(connection.target_id)}</Fact>
            <Fact label="Delivered, 24 h">{thousands(last_day.success)}</Fact>
            <Fact label="Still to send">{if open.count == 0 { "None".to_owned() } else { postbacks(open.count) }}</Fact>
        }
        .into_any(),
        None => view! {
            <Fact label="Clicks kept, 30 d">{if clicks == 0 { "None".to_owned() } else { thousands(clicks) }}</Fact>
            <Fact label="Takes">"About 3 minutes"</Fact>
        }
        .into_any(),
    };
    let (text, look) = match (&connection, bad) {
        (None, _) => ("Connect", Look::Plain),
        (Some(_), true) => ("Open and mend", Look::Primary),
        (Some(_), false) => ("Open", Look::Plain),
    };
    let label = format!("{text}: {}", network.name);
    view! {
        <article class="card" data-tone=bad.then_some(Tone::Bad.word())>
            <header class="row tied">
                <Glyph name=network.name.clone() picture=network.picture.clone() large=true/>
                <div><h2>{network.name.clone()}</h2><p class="muted small">{way}</p></div>
            </header>
            <CardHealth connection health/>
            <Facts rows=true>{facts}</Facts>
            <footer><ButtonLink href text look label/></footer>
        </article>
    }
}
