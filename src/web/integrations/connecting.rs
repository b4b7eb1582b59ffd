//! Conversion Postbacks while nothing is connected: the way in, with help beside it.

use super::changes::{ConnectByConsent, ConnectByToken};
use super::popup::InPopup;
use crate::error::AppError;
use crate::model::connect::{ConnectProblem, LastTry, NetworkSaid, Typed};
use crate::model::integration::Integration;
use crate::model::network::NetworkCard;
use crate::web::components::{Button, Choice, Flash, Icon, Look, Section, Shape, TextField, Tone};
use crate::web::deliveries::words::{it_says, postbacks_of_the_present_one};
use crate::web::visit;
use leptos::prelude::*;

#[component]
pub fn Connecting(integration: Integration, game: String, last: Option<LastTry>) -> impl IntoView {
    let network = integration.network.clone();
    let form = match integration.may_change {
        false => view! { <p class="muted">"Not connected. An owner or admin of this game can connect it."</p> }.into_any(),
        true => view! { <Ways integration game last/> }.into_any(),
    };
    view! {
        <Section id="connection" title="Conversion Postbacks">
            <div class="card">
                <div class="split">
                    <div class="stack form">{form}</div>
                    <Help network/>
                </div>
            </div>
        </Section>
    }
}

/// The ways in that the network has: its consent page first, a pasted token below it.
#[component]
fn Ways(integration: Integration, game: String, last: Option<LastTry>) -> impl IntoView {
    let network = integration.network.clone();
    let missing = integration.missing_setting.clone();
    let unset = missing.is_some();
    let consent = network.by_consent.then(|| match missing {
        Some(setting) => view! { <NotSetUp setting network=network.clone()/> }.into_any(),
        None => {
            let last = last.clone();
            view! { <ConsentFailure last/><Consent network=network.clone() game=game.clone() text="Connect" look=Look::Primary/> }
                .into_any()
        }
    });
    let token = network.token_noun.clone().map(|noun| match network.by_consent {
        true => {
            let open = unset || token_was_refused();
            let summary = format!("Or paste an {} instead", noun.to_lowercase());
            view! { <OrToken integration game last summary open/> }.into_any()
        }
        false => view! { <Token integration game last/> }.into_any(),
    });
    view! { {consent}{token} }
}

#[component]
fn NotSetUp(setting: String, network: NetworkCard) -> impl IntoView {
    let then = match &network.token_noun {
        Some(_) => format!("Then people can connect {} by signing in. A pasted token needs no setting.", network.name),
        None => format!("Then {} can be connected here.", network.name),
    };
    view! {
        <Flash tone=Tone::Warn title="Not set up on this instance">
            "The operator sets "<code>{setting}</code>" and the settings beside it; the README says how. "{then}
        </Flash>
    }
}

/// The pasted token as the second way, folded away.
#[component]
pub fn OrToken(integration: Integration, game: String, last: Option<LastTry>, summary: String, open: bool) -> impl IntoView {
    view! {
        <details class="more" open=open>
            <summary><Icon shape=Shape::Right/><span>{summary}</span></summary>
            <div class="card"><Token integration game last/></div>
        </details>
    }
}

/// Whether the last try of this page's token form failed.
pub fn token_was_refused() -> bool {
    visit::failure(ServerAction::<ConnectByToken>::new()).is_some()
}

/// What a person needs beside the form.
#[component]
pub fn Help(network: NetworkCard) -> impl IntoView {
    let paragraphs = network.help.into_iter().map(|paragraph| view! { <p class="small soft">{paragraph}</p> }).collect_view();
    view! { <aside class="stack snug" aria-label="How to connect">{paragraphs}</aside> }
}

/// Why the last try failed: our sentence, then the network's own words.
#[component]
pub fn Failure(problem: AppError, said: Option<NetworkSaid>) -> impl IntoView {
    let from_network =
        matches!(problem, AppError::Connect(ConnectProblem::Refused | ConnectProblem::NoAccess | ConnectProblem::Unavailable));
    let said = said.filter(|_| from_network);
    view! {
        <Flash tone=Tone::Bad title=problem.to_string() announce=true>
            {said.map(|said| view! { {it_says(&said.words)}{said.code.map(|code| format!("Its code is {code}."))} })}
        </Flash>
    }
}

/// Why the way to the consent page and back ended without a connection.
#[component]
pub fn ConsentFailure(last: Option<LastTry>) -> impl IntoView {
    let failed = super::returned_problem().or_else(|| visit::failure(ServerAction::<ConnectByConsent>::new()));
    failed.map(|problem| view! { <Failure problem said=last.and_then(|last| last.said)/> })
}

/// The button to the network's consent page: Connect, or Reconnect.
#[component]
pub fn Consent(network: NetworkCard, game: String, text: &'static str, look: Look, #[prop(optional)] small: bool) -> impl IntoView {
    let action = ServerAction::<ConnectByConsent>::new();
    let label = format!("{text} {}", network.name);
    view! {
        <ActionForm action>
            <input type="hidden" name="game" value=game/>
            <input type="hidden" name="network" value=network.slug/>
            <InPopup/>
            <Button text look small icon=Shape::Plug label/>
        </ActionForm>
    }
}

/// Pixel id, token and test id; also rotates the token of what is connected.
#[component]
pub fn Token(integration: Integration, game: String, last: Option<LastTry>) -> impl IntoView {
    let action = ServerAction::<ConnectByToken>::new();
    let failed = visit::failure(action);
    let of = |problem: ConnectProblem| (failed == Some(AppError::Connect(problem))).then(|| problem.says().to_owned());
    let (target_error, token_error, test_error) = (of(ConnectProblem::Target), of(ConnectProblem::Token), of(ConnectProblem::TestCode));
    let confirm = of(ConnectProblem::Confirm);
    let elsewhere = failed.filter(|_| target_error.is_none() && token_error.is_none() && test_error.is_none());
    let network = integration.network.clone();
    let present = integration.connection.clone();
    let text = if present.is_some() { "Save token" } else { "Connect" };
    let stands = || Typed {
        target: present.as_ref().map(|connection| connection.target_id.clone()).unwrap_or_default(),
        test_code: present.as_ref().and_then(|connection| connection.test_code.clone()).unwrap_or_default(),
    };
    let (said, typed) = last.filter(|_| failed.is_some()).map(|last| (last.said, last.typed)).unzip();
    let (said, Typed { target, test_code }) = (said.flatten(), typed.unwrap_or_else(stands));
    // The field of what is connected stands above.
    let test = match present.is_some() {
        true => view! { <input type="hidden" name="test_code" value=test_code/> }.into_any(),
        false => network.test.as_ref().map(|test| view! {
            <TextField name="test_code" label=test.label.clone() value=test_code error=test_error.clone() max=128usize code=true hint=test.hint()/>
        })
        .into_any(),
    };
    let token_noun = network.token_noun.clone().unwrap_or_default();
    // The consent page is the first way where there is one.
    let look = if network.by_consent && integration.missing_setting.is_none() { Look::Plain } else { Look::Primary };
    let waiting = postbacks_of_the_present_one(integration.open.count);
    view! {
        {elsewhere.map(|problem| view! { <Failure problem said/> })}
        <ActionForm action>
            <div class="stack">
                <input type="hidden" name="game" value=game/>
                <input type="hidden" name="network" value=network.slug/>
                <TextField name="target" label=format!("{} id", network.target_noun) value=target error=target_error required=true max=128usize code=true/>
                <TextField name="token" label=token_noun kind="password" error=token_error required=true max=2048usize code=true
                    hint="Kept sealed. After saving, only its last four characters are shown."/>
                {test}
                {confirm.map(|_| view! {
                    <Choice kind="checkbox" name="confirmed" value="true" label=format!("Cancel {waiting}")/>
                })}
                <div class="row"><Button text look/></div>
            </div>
        </ActionForm>
    }
}
