//! The question before a key is replaced.

use super::api::{RotateKey, read_keys};
use crate::error::AppError;
use crate::model::game::KeyKind;
use crate::model::tracking::KeysPage;
use crate::web::components::{Button, Confirm, Crumb, Crumbs, Flash, Look, Time, Tone};
use crate::web::page::{Page, param};
use crate::web::visit;
use leptos::prelude::*;

#[component]
pub fn RotatePage() -> impl IntoView {
    let game = param("slug");
    let kind = KeyKind::from_word(&param("kind")).filter(|kind| kind.prefix().is_some());
    let load = {
        let game = game.clone();
        async move {
            let kind = kind.ok_or(AppError::NotFound)?;
            let page = read_keys(game, false).await?;
            if page.may_change { Ok((page, kind)) } else { Err(AppError::NotAllowed) }
        }
    };
    view! { <Page title="Rotate key" load draw=move |(page, kind)| view! { <Rotate page kind game/> }.into_any()/> }
}

#[component]
fn Rotate(page: KeysPage, kind: KeyKind, game: String) -> impl IntoView {
    let action = ServerAction::<RotateKey>::new();
    let failed = visit::failure(action);
    let back = super::path(&game);
    let crumbs = vec![
        Crumb::link(page.game_name, format!("/games/{game}")),
        Crumb::here("Settings"),
        Crumb::link("API keys", back.clone()),
        Crumb::here("Rotate"),
    ];
    let (title, key, says) = match kind {
        KeyKind::Publishable | KeyKind::Carried => (
            "Rotate the publishable key?",
            page.publishable,
            "From that moment every message with the old key is refused: pixels and game builds that carry it send nothing until they carry the new one, and what they could not send may be lost.",
        ),
        KeyKind::Secret => (
            "Rotate the secret key?",
            page.secret,
            "From that moment every call with the old key is refused, until your servers have the new one.",
        ),
    };
    let used = match key.last_used_at {
        Some(at) => view! { "It was last used "<Time at/>"." }.into_any(),
        None => "It has not been used yet.".into_any(),
    };
    let says = view! { <p>{says}</p><p>{used}</p> };
    view! {
        <Crumbs path=crumbs/>
        {failed.map(|problem| view! { <Flash tone=Tone::Bad announce=true>{problem.to_string()}</Flash> })}
        <Confirm title back says=says.into_any()>
            <ActionForm action>
                <input type="hidden" name="game" value=game/>
                <input type="hidden" name="kind" value=kind.word()/>
                <Button text="Rotate key" look=Look::Danger/>
            </ActionForm>
        </Confirm>
    }
}
