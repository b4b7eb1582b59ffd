//! The question before what stayed here is sent all the same: of which goals, and how much.

use super::api::read_not_sent;
use super::changes::SendNow;
use crate::error::AppError;
use crate::model::conversion::KeptBack;
use crate::model::integration::NotSentPage;
use crate::model::log_query::LogQuery;
use crate::model::number::counted;
use crate::web::components::{Button, Choice, Confirm, Crumb, Crumbs, Look};
use crate::web::deliveries::words::thousands;
use crate::web::page::{Page, param};
use leptos::prelude::*;

#[component]
pub fn SendNowPage() -> impl IntoView {
    let (game, network) = (param("slug"), param("network"));
    let load = {
        let (game, network) = (game.clone(), network.clone());
        async move {
            let page = read_not_sent(game, network, LogQuery::default()).await?;
            if page.may_change { Ok(page) } else { Err(AppError::NotAllowed) }
        }
    };
    view! { <Page title="Send now" load draw=move |page| view! { <Question page game network/> }.into_any()/> }
}

#[component]
fn Question(page: NotSentPage, game: String, network: String) -> impl IntoView {
    let base = super::path(&game, &network);
    let back = format!("{base}/not-sent");
    let count: i64 = page.kept_back.iter().map(|goal| goal.count).sum();
    let crumbs = vec![
        Crumb::link(page.game_name.clone(), format!("/games/{game}")),
        Crumb::here("Settings"),
        Crumb::link("Integrations", format!("/games/{game}/settings/integrations")),
        Crumb::link(page.network.name.clone(), base),
        Crumb::link("Not sent", back.clone()),
        Crumb::here("Send now"),
    ];
    let short = page.network.short.clone();
    if count == 0 {
        let says = view! { <p>{format!("Nothing stayed here that {short} still takes and whose cause is gone.")}</p> }.into_any();
        return view! { <Crumbs path=crumbs/><Confirm title="Nothing to send" back says>""</Confirm> }.into_any();
    }
    let says = view! {
        <p>{format!("They stayed here while {} was not connected, switched off, or had nothing for their goal to count under. That is mended.", page.network.name)}</p>
        <p>{format!("Each goes out once, with the time at which it happened. {short} takes events up to {}; what is older stays here.", counted(page.max_age_days, "day old", "days old"))}</p>
    }
    .into_any();
    let action = ServerAction::<SendNow>::new();
    let goals = page.kept_back.into_iter().map(|goal| view! { <Goal goal/> }).collect_view();
    view! {
        <Crumbs path=crumbs/>
        <Confirm title=format!("Send {} now?", counted(count, "conversion", "conversions")) back says>
            <ActionForm action>
                <div class="stack">
                    <input type="hidden" name="game" value=game/>
                    <input type="hidden" name="network" value=network/>
                    <fieldset class="field"><legend>"Of these goals"</legend><div class="stack tight">{goals}</div></fieldset>
                    <div class="row"><Button text="Send now" look=Look::Primary/></div>
                </div>
            </ActionForm>
        </Confirm>
    }
    .into_any()
}

#[component]
fn Goal(goal: KeptBack) -> impl IntoView {
    let hint = format!("{} of {}", thousands(goal.count), goal.event);
    view! { <Choice kind="checkbox" name="goals[]" value=goal.goal_id.to_string() checked=true label=goal.goal_name hint/> }
}
