//! Conversion Postbacks of what is connected: where it sends, the switch, the test code, Reconnect, Disconnect.

use super::changes::{SaveTestCode, SendTestEvent, SwitchSending, TryAgain};
use super::connecting::{Consent, ConsentFailure, Failure, OrToken, token_was_refused};
use super::transport::TransportForm;
use crate::error::AppError;
use crate::model::connect::{ConnectProblem, LastTry};
use crate::model::connection::{Connection, ParkCause};
use crate::model::integration::{GoalName, Integration};
use crate::model::network::{NetworkCard, TestCodeField};
use crate::web::components::{Button, ButtonLink, Fact, Facts, Look, Section, SelectField, Shape, Switch, TextField, Time};
use crate::web::visit;
use leptos::prelude::*;

#[component]
pub fn Connected(integration: Integration, connection: Connection, game: String, last: Option<LastTry>) -> impl IntoView {
    let network = integration.network.clone();
    let may = integration.may_change;
    let base = super::path(&game, &network.slug);
    let parked = connection.parked.is_some();
    // Signing in again does not open what the network has closed.
    let mends = connection.parked.as_ref().is_some_and(|parked| parked.cause != ParkCause::Closed);
    let slug = network.slug.clone();
    let has_code = connection.test_code.is_some();
    let facts = view! { <Where connection=connection.clone() network=network.clone() game=game.clone() may/> };
    let test_code = network.test.clone().filter(|_| may).map(|field| {
        view! { <div class="pad"><TestCode field code=connection.test_code.clone() game=game.clone() network=slug.clone() last=last.clone()/></div> }
    });
    let test_event = (may && !integration.goals.is_empty()).then(|| {
        view! { <div class="pad"><TestEvent network=network.clone() goals=integration.goals.clone() has_code game=game.clone()/></div> }
    });
    let transport = (may && network.transports.len() > 1).then(|| {
        view! { <div class="pad"><TransportForm network=network.clone() connection=connection.clone() game=game.clone()/></div> }
    });
    // Where a pasted token sends, nothing is missing.
    let by_consent = network.by_consent && integration.missing_setting.is_none();
    // Nothing asks for attention while all is well.
    let look = if mends { Look::Primary } else { Look::Plain };
    let again = parked.then(|| view! { <Again game=game.clone() network=slug.clone()/> });
    let renew = by_consent.then(|| view! { <Consent network=network.clone() game=game.clone() text="Reconnect" look small=true/> });
    let target = network.target_noun.to_lowercase();
    let hint = (by_consent && !parked).then(|| view! { <span class="small muted">"Also to change the account or "{target}"."</span> });
    let failure = (may && by_consent).then(|| view! { <ConsentFailure last=last.clone()/> });
    let footer = may.then(|| {
        let label = format!("Disconnect {}", network.name);
        view! {
            <footer>
                {renew}{hint}{again}
                <span class="push"></span>
                <ButtonLink href=format!("{base}/disconnect") text="Disconnect" look=Look::QuietDanger small=true label/>
            </footer>
        }
    });
    let token = may.then(|| view! { <NewToken integration game last parked/> });
    view! {
        <Section id="connection" title="Conversion Postbacks">
            {failure}
            <div class="card flush">{facts}{transport}{test_code}{test_event}{footer}</div>
            {token}
        </Section>
    }
}

/// Where it sends, since when, and whether it does.
#[component]
fn Where(connection: Connection, network: NetworkCard, game: String, may: bool) -> impl IntoView {
    let account = connection.account_id.map(|id| {
        view! { <Fact label=network.account_noun.clone()><Named name=connection.account_name.clone() id/></Fact> }
    });
    let through = connection.account_through.map(|id| view! { <Fact label="Through manager"><span class="mono">{id}</span></Fact> });
    let tail = connection.secret_tail.map(|tail| view! { <Fact label="Token"><span class="mono">"••••••••"{tail}</span></Fact> });
    let ends = connection.token_ends_at.map(|at| view! { <Fact label="Token ends"><Time at/></Fact> });
    let over = network.transport(connection.transport.as_deref()).map(|one| one.name.clone());
    let over = over.map(|name| view! { <Fact label="Sends over">{name}</Fact> });
    let by = connection.connected_by.map(|by| view! { <br/><span class="muted">"by "{by}</span> });
    let test_code = network.test.filter(|_| !may).map(|field| {
        view! { <Fact label=field.label>{connection.test_code.unwrap_or_else(|| "None".to_owned())}</Fact> }
    });
    view! {
        <Facts>
            {account}
            {through}
            <Fact label=network.target_noun><Named name=connection.target_name id=connection.target_id/></Fact>
            {tail}
            {ends}
            <Fact label="Connected"><Time at=connection.connected_at/>{by}</Fact>
            <Fact label="Sending"><Sending enabled=connection.enabled may game network=network.slug/></Fact>
            {over}
            {test_code}
        </Facts>
    }
}

#[component]
fn Named(name: Option<String>, id: String) -> impl IntoView {
    match name {
        Some(name) => view! { {name}<br/><span class="muted mono">{id}</span> }.into_any(),
        None => view! { <span class="mono">{id}</span> }.into_any(),
    }
}

#[component]
fn Sending(enabled: bool, may: bool, game: String, network: String) -> impl IntoView {
    let action = ServerAction::<SwitchSending>::new();
    let text = if enabled { "Enabled" } else { "Disabled" };
    if !may {
        return text.into_any();
    }
    view! {
        <ActionForm action>
            <input type="hidden" name="game" value=game/>
            <input type="hidden" name="network" value=network/>
            <input type="hidden" name="enabled" value=(!enabled).to_string()/>
            <Switch on=enabled text/>
        </ActionForm>
    }
    .into_any()
}

#[component]
fn TestCode(field: TestCodeField, code: Option<String>, game: String, network: String, last: Option<LastTry>) -> impl IntoView {
    let action = ServerAction::<SaveTestCode>::new();
    let failed = visit::failure(action);
    let code = last.filter(|_| failed.is_some()).map(|last| last.typed.test_code).or(code);
    let error = (failed == Some(AppError::Connect(ConnectProblem::TestCode))).then(|| ConnectProblem::TestCode.says().to_owned());
    view! {
        <ActionForm action>
            <input type="hidden" name="game" value=game/>
            <input type="hidden" name="network" value=network/>
            <div class="row beside">
                <TextField name="test_code" hint=field.hint() label=field.label value=code.unwrap_or_default() error max=128usize code=true/>
                <Button text="Save" label="Save the test code"/>
            </div>
        </ActionForm>
    }
}

/// Sends a made-up event for a goal on the road of every message; request and answer are shown next.
#[component]
fn TestEvent(network: NetworkCard, goals: Vec<GoalName>, has_code: bool, game: String) -> impl IntoView {
    let action = ServerAction::<SendTestEvent>::new();
    let failed = visit::failure(action);
    if let Some(field) = network.test.as_ref().filter(|_| !has_code) {
        let noun = field.label.to_lowercase();
        return view! { <p class="small muted">"With a "{noun}" saved, a test event can be sent from here."</p> }.into_any();
    }
    let options = goals.into_iter().map(|goal| (goal.id.to_string(), format!("{} ({})", goal.name, goal.event))).collect();
    view! {
        {failed.map(|problem| view! { <Failure problem said=None/> })}
        <ActionForm action>
            <input type="hidden" name="game" value=game/>
            <input type="hidden" name="network" value=network.slug/>
            <div class="row beside">
                <SelectField name="goal" label="Test event for the goal" options required=true
                    hint="A made-up click and event go the whole way; request and answer are shown next."/>
                <Button text="Send test event"/>
            </div>
        </ActionForm>
    }
    .into_any()
}

/// Sends what is parked with the present credentials.
#[component]
fn Again(game: String, network: String) -> impl IntoView {
    let action = ServerAction::<TryAgain>::new();
    view! {
        <ActionForm action>
            <input type="hidden" name="game" value=game/>
            <input type="hidden" name="network" value=network/>
            <Button text="Try again" icon=Shape::Retry small=true/>
        </ActionForm>
    }
}

/// A new token: what is parked drains; another target asks first.
#[component]
fn NewToken(integration: Integration, game: String, last: Option<LastTry>, parked: bool) -> impl IntoView {
    let network = integration.network.clone();
    let pasted = integration.connection.as_ref().is_some_and(|connection| connection.pasted);
    network.token_noun.map(|noun| {
        let open = token_was_refused() || (parked && pasted);
        let summary = match pasted {
            true => format!("Rotate the token, or change the {}", network.target_noun.to_lowercase()),
            false => format!("Or paste an {} instead", noun.to_lowercase()),
        };
        view! { <OrToken integration game last summary open/> }
    })
}
