//! The publishable key that pages and builds carry already: taken over as it is, so that only the script's address changes.

use super::api::{RemoveKey, TakeOverKey, read_keys};
use crate::error::AppError;
use crate::model::carried_key::KEY_LENGTH;
use crate::model::game::ApiKey;
use crate::model::tracking::KeysPage;
use crate::web::components::{Button, ButtonLink, Confirm, Copy, Crumb, Crumbs, Fact, Facts, Flash, Look, Section, TextField, Time, Tone};
use crate::web::page::{Page, param};
use crate::web::visit;
use leptos::prelude::*;

/// `/games/{game}/settings/api-keys/carried/remove`
fn path_to_remove(game: &str) -> String {
    format!("{}/carried/remove", super::path(game))
}

/// Nothing for who may only read where there is none.
#[component]
pub fn Carried(key: Option<ApiKey>, game: String, may_change: bool) -> impl IntoView {
    let hint = "A site or build that sends to Immutable today carries a publishable key of theirs. Taken over, it names this game beside the publishable key above: in the pages, only the script’s address changes.";
    match key {
        None if !may_change => ().into_any(),
        None => view! { <Section id="carried" title="Key that your pages carry today" hint><TakeOver game/></Section> }.into_any(),
        Some(key) => {
            view! { <Section id="carried" title="Key that your pages carry today" hint><Shown key game may_change/></Section> }.into_any()
        }
    }
}

#[component]
fn TakeOver(game: String) -> impl IntoView {
    let action = ServerAction::<TakeOverKey>::new();
    let error = visit::failure(action).map(|problem| problem.to_string());
    view! {
        <ActionForm action>
            <input type="hidden" name="game" value=game/>
            <div class="stack form">
                <TextField name="key" label="Publishable key" error required=true max=*KEY_LENGTH.end() * 2 code=true placeholder="pk_imapik-…"
                    hint="As it stands in the snippet or in the game. It is no secret; a secret key is refused."/>
                <div class="row"><Button text="Take over key"/></div>
            </div>
        </ActionForm>
    }
}

#[component]
fn Shown(key: ApiKey, game: String, may_change: bool) -> impl IntoView {
    let used = match key.last_used_at {
        Some(at) => view! { <Time at/> }.into_any(),
        None => "Never".into_any(),
    };
    view! {
        <article class="card">
            <p class="row"><code class="wraps" id="carried-key">{key.shown}</code><Copy from="carried-key".to_owned() label="Copy: Key that your pages carry".to_owned()/></p>
            <Facts rows=true>
                <Fact label="Taken over"><Time at=key.created_at/></Fact>
                <Fact label="Last used">{used}</Fact>
            </Facts>
            {may_change.then(|| view! {
                <footer><span class="push"></span><ButtonLink href=path_to_remove(&game) text="Remove" look=Look::QuietDanger label="Remove the key that your pages carry"/></footer>
            })}
        </article>
    }
}

#[component]
pub fn RemovePage() -> impl IntoView {
    let game = param("slug");
    let load = {
        let game = game.clone();
        async move {
            let page = read_keys(game, false).await?;
            if !page.may_change {
                return Err(AppError::NotAllowed);
            }
            let key = page.carried.clone().ok_or(AppError::NotFound)?;
            Ok((page, key))
        }
    };
    view! { <Page title="Remove key" load draw=move |(page, key)| view! { <Remove page key game/> }.into_any()/> }
}

#[component]
fn Remove(page: KeysPage, key: ApiKey, game: String) -> impl IntoView {
    let action = ServerAction::<RemoveKey>::new();
    let failed = visit::failure(action);
    let back = super::path(&game);
    let crumbs = vec![
        Crumb::link(page.game_name, format!("/games/{game}")),
        Crumb::here("Settings"),
        Crumb::link("API keys", back.clone()),
        Crumb::here("Remove"),
    ];
    let used = match key.last_used_at {
        Some(at) => view! { "It was last used "<Time at/>"." }.into_any(),
        None => "It has not been used yet.".into_any(),
    };
    let says = view! {
        <p><code class="wraps">{key.shown}</code></p>
        <p>"From that moment every message with it is refused: pages and builds that carry it send nothing until they carry the game’s own publishable key, and what they could not send may be lost."</p>
        <p>{used}</p>
    };
    view! {
        <Crumbs path=crumbs/>
        {failed.map(|problem| view! { <Flash tone=Tone::Bad announce=true>{problem.to_string()}</Flash> })}
        <Confirm title="Remove the key that your pages carry?" back says=says.into_any()>
            <ActionForm action>
                <input type="hidden" name="game" value=game/>
                <Button text="Remove key" look=Look::Danger/>
            </ActionForm>
        </Confirm>
    }
}
