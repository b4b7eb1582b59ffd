//! A resend under way: how far it is, what came of it, and the way to end it.

use super::api::read_resend;
use super::changes::CancelResend;
use super::crumbs;
use super::progress::Numbers;
use crate::error::AppError;
use crate::model::resend::ResendPage as Loaded;
use crate::web::components::{Button, Crumb, Crumbs, Flash, Follow, Glyph, Head, Time, Tone};
use crate::web::page::{Page, param};
use crate::web::visit;
use leptos::prelude::*;

#[component]
pub fn ResendPage() -> impl IntoView {
    let (game, network, id) = (param("slug"), param("network"), param("id"));
    let load = {
        let (game, network) = (game.clone(), network.clone());
        async move { read_resend(game, network, id.parse().map_err(|_| AppError::NotFound)?).await }
    };
    view! { <Page title="Resend" load draw=move |loaded| view! { <Job loaded game/> }.into_any()/> }
}

#[component]
fn Job(loaded: Loaded, game: String) -> impl IntoView {
    let Loaded { game_name, network, may_change, id, asked_by, asked_at, says, progress } = loaded;
    let base = crate::web::integrations::path(&game, &network.slug);
    let mut path = crumbs(game_name, network.name.clone(), &base);
    path.push(Crumb::here("Resend"));
    let action = ServerAction::<CancelResend>::new();
    let refused = visit::failure(action).map(|error| view! { <Flash tone=Tone::Warn announce=true>{error.to_string()}</Flash> });
    let (name, picture, slug) = (network.name.clone(), network.picture.clone(), network.slug.clone());
    let (here, moves, runs) = (super::path_of_job(&base, id), progress.moves(), progress.ended.is_none());
    view! {
        <Crumbs path/>
        <Head before=move || view! { <Glyph name=name.clone() picture=picture.clone() large=true/> } title=|| "Resend"/>
        <div class="stack">
            <p class="soft narrow">"Asked for by "{asked_by}", "<Time at=asked_at/>": "{says}"."</p>
            {refused}
            <div id="progress" class="stack"><Numbers progress short=network.short noun=network.target_noun/></div>
            <div id="cancel">
                {(may_change && runs).then(|| view! {
                    <ActionForm action>
                        <input type="hidden" name="game" value=game/>
                        <input type="hidden" name="network" value=slug/>
                        <input type="hidden" name="id" value=id.to_string()/>
                        <div class="row"><Button text="Cancel the rest"/><span class="muted small">"What is back in the queue goes out; the rest stays as it was."</span></div>
                    </ActionForm>
                })}
            </div>
            {moves.then(|| view! { <Follow parts=vec!["progress".to_owned(), "cancel".to_owned()]/><noscript><a class="btn" href=here>"Reload"</a></noscript> })}
            <p><a href=format!("{base}#log")>"See the delivery log"</a></p>
        </div>
    }
}
