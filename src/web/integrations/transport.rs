//! Which of a network's transports a connection sends over: the choice among the connection's fields, and the way out of one that is closed.

use super::changes::ChooseTransport;
use super::connecting::Failure;
use crate::model::connection::{Connection, ParkCause};
use crate::model::integration::Integration;
use crate::model::network::{NetworkCard, Transport};
use crate::web::components::{Button, Choice, Flash, Look, Shape, Time, Tone};
use crate::web::deliveries::words::it_says;
use crate::web::visit;
use leptos::prelude::*;

/// The choice, for who may change the connection.
#[component]
pub fn TransportForm(network: NetworkCard, connection: Connection, game: String) -> impl IntoView {
    let action = ServerAction::<ChooseTransport>::new();
    let failed = visit::failure(action).map(|problem| view! { <Failure problem said=None/> });
    let present = network.transport(connection.transport.as_deref()).map(|one| one.word.clone());
    let choices = network
        .transports
        .iter()
        .map(|one| {
            let checked = present.as_ref() == Some(&one.word);
            view! { <Choice name="transport" value=one.word.clone() checked label=one.name.clone() hint=one.says.clone()/> }
        })
        .collect_view();
    view! {
        {failed}
        <ActionForm action>
            <input type="hidden" name="game" value=game/>
            <input type="hidden" name="network" value=network.slug/>
            <div class="stack">
                <fieldset class="field">
                    <legend>"Send conversions over"</legend>
                    <div class="stack tight">{choices}</div>
                    <p class="hint">"A change holds from now on, also for what waits. Event ids stay the same, so that nothing counts twice."</p>
                </fieldset>
                <div class="row"><Button text="Save" label="Save how conversions are sent"/></div>
            </div>
        </ActionForm>
    }
}

/// Said after the choice: what holds now, whatever the link claims.
#[component]
pub fn Chosen(integration: Integration) -> impl IntoView {
    let Integration { network, connection, .. } = integration;
    let chosen = connection.and_then(|connection| network.transport(connection.transport.as_deref()).cloned());
    chosen.map(|one| {
        view! {
            <Flash tone=Tone::Ok announce=true><strong>"Saved."</strong>" Conversions are sent over the "{one.name}", also those that wait."</Flash>
        }
    })
}

/// The connection's transport is closed: what that means, what waits, and a button for each of the others.
#[component]
pub fn Closed(integration: Integration, game: String, waits: AnyView) -> impl IntoView {
    let Integration { network, connection, may_change: may, .. } = integration;
    let connection = connection.filter(|one| one.parked.as_ref().is_some_and(|parked| parked.cause == ParkCause::Closed));
    let Some((connection, parked)) = connection.and_then(|one| one.parked.clone().map(|parked| (one, parked))) else {
        return ().into_any();
    };
    let present = network.transport(connection.transport.as_deref()).cloned();
    let others: Vec<Transport> = network.transports.iter().filter(|one| Some(*one) != present.as_ref()).cloned().collect();
    let name = present.as_ref().map(|one| one.name.clone()).unwrap_or_default();
    let title = format!("{} takes no conversions over the {name}", network.short);
    let closed = present.map(|one| one.closed).unwrap_or_default();
    let slug = network.slug;
    let ways = move || match may {
        true => others.into_iter().map(|to| view! { <SwitchTo to game=game.clone() network=slug.clone()/> }).collect_view().into_any(),
        false => view! { <p class="small muted">"An owner or admin of this game can switch."</p> }.into_any(),
    };
    view! {
        <Flash tone=Tone::Bad title action=ways>
            {closed}" Since "<Time at=parked.since/>"."
            " "{(!parked.words.is_empty()).then(|| it_says(&parked.words))}{waits}
        </Flash>
    }
    .into_any()
}

#[component]
fn SwitchTo(to: Transport, game: String, network: String) -> impl IntoView {
    let action = ServerAction::<ChooseTransport>::new();
    view! {
        <ActionForm action>
            <input type="hidden" name="game" value=game/>
            <input type="hidden" name="network" value=network/>
            <input type="hidden" name="transport" value=to.word/>
            <Button text=format!("Switch to the {}", to.name) look=Look::Primary icon=Shape::Retry small=true/>
        </ActionForm>
    }
}
