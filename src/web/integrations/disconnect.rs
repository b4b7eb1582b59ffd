//! The question before a network is disconnected, with what it costs.

use super::api::read_integration;
use super::changes::Disconnect;
use crate::error::AppError;
use crate::model::log_query::LogQuery;
use crate::model::number::form;
use crate::web::components::{Button, Confirm, Crumb, Crumbs, Look};
use crate::web::deliveries::words::postbacks;
use crate::web::page::{Page, param};
use leptos::prelude::*;

#[component]
pub fn DisconnectPage() -> impl IntoView {
    let (game, network) = (param("slug"), param("network"));
    let back = super::path(&game, &network);
    let action = ServerAction::<Disconnect>::new();
    let load = {
        let (game, network) = (game.clone(), network.clone());
        async move {
            let page = read_integration(game, network, LogQuery::default(), Default::default()).await?;
            if page.connection.is_none() {
                return Err(AppError::NotFound);
            }
            if page.may_change { Ok(page) } else { Err(AppError::NotAllowed) }
        }
    };
    view! {
        <Page title="Disconnect" load draw=move |page| {
            let waits = match page.open.count {
                0 => "No postback waits to be sent.".to_owned(),
                count => {
                    let are = form(count, "is", "are");
                    format!("{} still to be sent {are} cancelled and cannot be brought back.", postbacks(count))
                }
            };
            let short = page.network.short.clone();
            let given_back = match page.connection.as_ref().is_some_and(|connection| connection.pasted) {
                true => format!("{short} still takes the pasted token until it is removed there."),
                false => format!("{short} is told that the token is no longer wanted, where it takes that and no other connection of this Postbacks may hang on the same sign-in. To be sure:"),
            };
            let says = view! {
                <p>{waits}</p>
                <p>"The token is forgotten. The delivery log stays. New conversions are kept and say that nothing is connected."</p>
                <p>{given_back}" "{page.network.revoke_at.clone()}</p>
            }
            .into_any();
            let crumbs = vec![
                Crumb::link(page.game_name.clone(), format!("/games/{game}")),
                Crumb::here("Settings"),
                Crumb::link("Integrations", format!("/games/{game}/settings/integrations")),
                Crumb::link(page.network.name.clone(), back.clone()),
                Crumb::here("Disconnect"),
            ];
            view! {
                <Crumbs path=crumbs/>
                <Confirm title=format!("Disconnect {}?", page.network.name) back says>
                    <ActionForm action>
                        <input type="hidden" name="game" value=game/>
                        <input type="hidden" name="network" value=network/>
                        <Button text="Disconnect" look=Look::Danger/>
                    </ActionForm>
                </Confirm>
            }
            .into_any()
        }/>
    }
}
