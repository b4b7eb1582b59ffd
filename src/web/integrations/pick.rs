//! After the consent page: pick the account and the target that events go to, from what the token may use.

use super::api::{read_grant, read_last_try};
use super::changes::PickTarget;
use super::connecting::Failure;
use crate::error::AppError;
use crate::model::connect::{ConnectProblem, LastTry};
use crate::model::integration::{Choice as Offered, Grant};
use crate::model::network::TestCodeField;
use crate::web::components::{Button, ButtonLink, Choice, Crumb, Crumbs, Empty, Glyph, Head, Look, SelectField, TextField};
use crate::web::deliveries::words::postbacks_of_the_present_one;
use crate::web::page::{Page, param, query};
use crate::web::visit;
use leptos::prelude::*;
use uuid::Uuid;

#[component]
pub fn PickPage() -> impl IntoView {
    let (game, network) = (param("slug"), param("network"));
    let id = query("grant").and_then(|id| id.parse::<Uuid>().ok()).unwrap_or_default();
    let account = query("account").filter(|account| !account.is_empty());
    let popup = query("popup").is_some();
    let picked = account.is_some();
    let load = {
        let (game, network) = (game.clone(), network.clone());
        async move {
            let offered = read_grant(game.clone(), network.clone(), id, account).await;
            let last = read_last_try(game, network).await?;
            match offered {
                Ok(offered) => Ok((Ok(offered), last)),
                Err(problem @ AppError::Connect(_)) => Ok((Err(problem), last)),
                Err(other) => Err(other),
            }
        }
    };
    view! {
        <Page title="Pick an account" load draw=move |(offered, last)| match offered {
            Ok(offered) => view! { <Picker offered game id popup last/> }.into_any(),
            Err(problem) => {
                let (back, said) = (super::path(&game, &network), last.and_then(|last| last.said));
                // The consent is good: only this account is not.
                let another = (picked && problem != AppError::Connect(ConnectProblem::Stale)).then(|| {
                    let others = format!("{back}/connect?grant={id}{}", if popup { "&popup=1" } else { "" });
                    view! { <ButtonLink href=others text="Pick another account" look=Look::Primary/> }
                });
                view! {
                    <Head title=|| "Pick an account"/>
                    <div class="stack narrow">
                        <Failure problem said/>
                        <div class="row">{another}<a class="btn" href=back>"Back to the integration"</a></div>
                    </div>
                }
                .into_any()
            }
        }/>
    }
}

#[component]
fn Picker(offered: Grant, game: String, id: Uuid, popup: bool, last: Option<LastTry>) -> impl IntoView {
    let Grant { game_name, network, accounts, account, targets, present, open } = offered;
    let crumbs = vec![
        Crumb::link(game_name, format!("/games/{game}")),
        Crumb::here("Settings"),
        Crumb::link("Integrations", format!("/games/{game}/settings/integrations")),
        Crumb::link(network.name.clone(), super::path(&game, &network.slug)),
        Crumb::here("Pick"),
    ];
    let noun = network.account_noun.to_lowercase();
    let target_noun = network.target_noun.to_lowercase();
    let (name, picture, title) = (network.name.clone(), network.picture.clone(), format!("Pick an {noun} and a {target_noun}"));
    let several = accounts.len() > 1;
    // What was picked without an account is refused here; otherwise its own form says why.
    let refused = if account.is_none() { visit::failure(ServerAction::<PickTarget>::new()) } else { None };
    let picked = account.as_ref().map(|account| account.id.clone()).unwrap_or_default();
    let no_account = accounts.is_empty();
    let accounts: Vec<(String, String)> =
        [(String::new(), format!("Choose an {noun}"))].into_iter().chain(accounts.into_iter().map(named)).collect();
    let step = super::path(&game, &network.slug) + "/connect";
    view! {
        <Crumbs path=crumbs/>
        <Head before=move || view! { <Glyph name=name.clone() picture=picture.clone() large=true/> } title=move || title.clone()/>
        <div class="stack loose narrow">
            {refused.map(|problem| view! { <Failure problem said=None/> })}
            {no_account.then(|| view! {
                <div class="card"><Empty title=format!("The token may use no {noun}.")>
                    <p>"Sign in at the network as somebody who administers the account, then connect again."</p>
                </Empty></div>
            })}
            {several.then(|| view! {
                <form class="card" method="get" action=step>
                    <input type="hidden" name="grant" value=id.to_string()/>
                    {popup.then(|| view! { <input type="hidden" name="popup" value="1"/> })}
                    <SelectField name="account" label=network.account_noun.clone() options=accounts value=picked required=true/>
                    <div class="row"><Button text="Show" label=format!("Show the {target_noun}s of this {noun}")/></div>
                </form>
            })}
            {account.map(|account| view! { <Targets network=network.slug.clone() noun=network.target_noun.clone() test=network.test.clone() account targets present open game id popup last/> })}
        </div>
    }
}

fn named(choice: Offered) -> (String, String) {
    let text = if choice.name.is_empty() { choice.id.clone() } else { format!("{} ({})", choice.name, choice.id) };
    (choice.id, text)
}

#[component]
#[allow(clippy::too_many_arguments)] // a form is as wide as its fields
fn Targets(
    network: String,
    noun: String,
    test: Option<TestCodeField>,
    account: Offered,
    targets: Vec<Offered>,
    present: Option<crate::model::connection::Connection>,
    open: crate::model::integration::Open,
    game: String,
    id: Uuid,
    popup: bool,
    last: Option<LastTry>,
) -> impl IntoView {
    let action = ServerAction::<PickTarget>::new();
    let failed = visit::failure(action);
    let (said, typed) = last.filter(|_| failed.is_some()).map(|last| (last.said, last.typed)).unzip();
    let asks = failed == Some(AppError::Connect(ConnectProblem::Confirm));
    let test_error = (failed == Some(AppError::Connect(ConnectProblem::TestCode))).then(|| ConnectProblem::TestCode.says().to_owned());
    let elsewhere = failed.filter(|_| test_error.is_none());
    let present_target = present.as_ref().map(|present| present.target_id.clone()).unwrap_or_default();
    let test_code = present.and_then(|present| present.test_code).unwrap_or_default();
    let (present_target, test_code) = match typed {
        Some(typed) => (typed.target, typed.test_code),
        None => (present_target, test_code),
    };
    if targets.is_empty() {
        let title = format!("{} has no {}.", account.name, noun.to_lowercase());
        return view! { <div class="card"><Empty title><p>"Create one at the network, or pick another account."</p></Empty></div> }
            .into_any();
    }
    let first = targets.first().map(|target| target.id.clone()).unwrap_or_default();
    let chosen = if targets.iter().any(|target| target.id == present_target) { present_target } else { first };
    let targets = targets
        .into_iter()
        .map(|target| {
            let checked = target.id == chosen;
            let label = if target.name.is_empty() { target.id.clone() } else { target.name.clone() };
            view! { <Choice name="target" value=target.id.clone() checked label hint=target.id/> }
        })
        .collect_view();
    view! {
        {elsewhere.map(|problem| view! { <Failure problem said=said.flatten()/> })}
        <ActionForm action>
            <div class="stack">
                <input type="hidden" name="game" value=game/>
                <input type="hidden" name="network" value=network/>
                <input type="hidden" name="grant" value=id.to_string()/>
                <input type="hidden" name="account" value=account.id.clone()/>
                <input type="hidden" name="popup" value=popup.to_string()/>
                <fieldset class="field"><legend>{noun}" of "{account.name}</legend><div class="stack tight">{targets}</div></fieldset>
                {test.map(|test| view! {
                    <TextField name="test_code" hint=test.hint() label=test.label value=test_code error=test_error max=128usize code=true/>
                })}
                {asks.then(|| view! {
                    <Choice kind="checkbox" name="confirmed" value="true" label=format!("Cancel {}", postbacks_of_the_present_one(open.count))/>
                })}
                <div class="row"><Button text="Connect" look=Look::Primary/></div>
            </div>
        </ActionForm>
    }
    .into_any()
}
