//! Conversion Postbacks of what is connected: where it sends, the switch, the test code, Reconnect, Disconnect.

use super::changes::{ConnectByToken, SaveTestCode, SwitchSending, TryAgain};
use super::connecting::{Consent, ConsentFailure, Token};
use crate::error::AppError;
use crate::model::connect::{ConnectProblem, LastTry};
use crate::model::connection::Connection;
use crate::model::integration::Integration;
use crate::model::network::{ConnectKind, NetworkCard};
use crate::web::components::{Button, ButtonLink, Fact, Facts, Icon, Look, Section, Shape, Switch, TextField, Time};
use crate::web::visit;
use leptos::prelude::*;

#[component]
pub fn Connected(integration: Integration, connection: Connection, game: String, last: Option<LastTry>) -> impl IntoView {
    let network = integration.network.clone();
    let may = integration.may_change;
    let base = super::path(&game, &network.slug);
    let parked = connection.parked.is_some();
    let slug = network.slug.clone();
    let facts = view! { <Where connection=connection.clone() network=network.clone() game=game.clone() may/> };
    let test_code = network.test_label.clone().filter(|_| may).map(|label| {
        view! { <div class="pad"><TestCode label code=connection.test_code.clone() game=game.clone() network=slug.clone() last=last.clone()/></div> }
    });
    let by_consent = network.connect == ConnectKind::OAuth;
    // Nothing asks for attention while all is well.
    let look = if parked { Look::Primary } else { Look::Plain };
    let again = parked.then(|| view! { <Again game=game.clone() network=slug.clone()/> });
    let renew = by_consent.then(|| {
        view! {
            <Consent network=network.clone() game=game.clone() text="Reconnect" look small=true/>
            <span class="small muted">"Also to change the account or pixel."</span>
        }
    });
    let failure = (may && by_consent).then(|| view! { <ConsentFailure last=last.clone()/> });
    let footer = may.then(|| {
        let label = format!("Disconnect {}", network.name);
        view! {
            <footer>
                {renew}{again}
                <span class="push"></span>
                <ButtonLink href=format!("{base}/disconnect") text="Disconnect" look=Look::QuietDanger small=true label/>
            </footer>
        }
    });
    let token = (may && !by_consent).then(|| view! { <NewToken integration game last parked/> });
    view! {
        <Section id="connection" title="Conversion Postbacks">
            {failure}
            <div class="card flush">{facts}{test_code}{footer}</div>
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
    let tail = connection.secret_tail.map(|tail| view! { <Fact label="Token"><span class="mono">"••••••••"{tail}</span></Fact> });
    let by = connection.connected_by.map(|by| view! { <br/><span class="muted">"by "{by}</span> });
    let test_code = network.test_label.filter(|_| !may).map(|label| {
        view! { <Fact label>{connection.test_code.unwrap_or_else(|| "None".to_owned())}</Fact> }
    });
    view! {
        <Facts>
            {account}
            <Fact label=network.target_noun><Named name=connection.target_name id=connection.target_id/></Fact>
            {tail}
            <Fact label="Connected"><Time at=connection.connected_at/>{by}</Fact>
            <Fact label="Sending"><Sending enabled=connection.enabled may game network=network.slug/></Fact>
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
fn TestCode(label: String, code: Option<String>, game: String, network: String, last: Option<LastTry>) -> impl IntoView {
    let action = ServerAction::<SaveTestCode>::new();
    let failed = visit::failure(action);
    let code = last.filter(|_| failed.is_some()).map(|last| last.typed.test_code).or(code);
    let error = (failed == Some(AppError::Connect(ConnectProblem::TestCode))).then(|| ConnectProblem::TestCode.says().to_owned());
    view! {
        <ActionForm action>
            <input type="hidden" name="game" value=game/>
            <input type="hidden" name="network" value=network/>
            <div class="row">
                <TextField name="test_code" label value=code.unwrap_or_default() error max=128usize code=true
                    hint="Optional. Only events marked as test carry it; production events never do."/>
                <Button text="Save" label="Save the test code"/>
            </div>
        </ActionForm>
    }
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
    let target = integration.network.target_noun.to_lowercase();
    let open = parked || visit::failure(ServerAction::<ConnectByToken>::new()).is_some();
    view! {
        <details class="more" open=open>
            <summary><Icon shape=Shape::Right/>"Rotate the token, or change the "{target}</summary>
            <div class="card"><Token integration game last/></div>
        </details>
    }
}
