//! The question before a player is erased: what goes, what cannot be taken back, and a word to type.

use super::api::{ErasePlayer, read_erase};
use crate::error::AppError;
use crate::model::erasure::{EraseQuestion, Receipt, WORD};
use crate::web::audit::receipt::{Held, Sent};
use crate::web::components::{Button, Confirm, Crumb, Crumbs, Flash, Look, TextField, Tone};
use crate::web::page::{Page, param};
use crate::web::visit;
use leptos::prelude::*;
use uuid::Uuid;

/// `/games/{game}/players/{id}/erase`
pub fn path(game: &str, player: Uuid) -> String {
    format!("{}/erase", super::path_of(game, player))
}

#[component]
pub fn ErasePage() -> impl IntoView {
    let game = param("slug");
    let id = param("id").parse::<Uuid>();
    let load = {
        let game = game.clone();
        async move { read_erase(game, id.map_err(|_| AppError::NotFound)?).await }
    };
    view! { <Page title="Erase player" load draw=move |question| view! { <Erase question game/> }.into_any()/> }
}

#[component]
fn Erase(question: EraseQuestion, game: String) -> impl IntoView {
    let action = ServerAction::<ErasePlayer>::new();
    let failed = visit::failure(action);
    let EraseQuestion { game_name, id, label, would_go } = question;
    let back = super::path_of(&game, id);
    let crumbs = vec![
        Crumb::link(game_name, format!("/games/{game}")),
        Crumb::link("Players", super::path(&game)),
        Crumb::link(label.clone(), back.clone()),
        Crumb::here("Erase"),
    ];
    let (about_word, other) = match failed {
        Some(AppError::NotTyped) => (failed, None),
        other => (None, other),
    };
    let says = view! { <WouldGo would_go/> };
    view! {
        <Crumbs path=crumbs/>
        {other.map(|problem| view! { <Flash tone=Tone::Bad announce=true>{problem.to_string()}</Flash> })}
        <Confirm title=format!("Erase {label}?") back says=says.into_any()>
            <ActionForm action attr:id="erase">
                <input type="hidden" name="game" value=game/>
                <input type="hidden" name="id" value=id.to_string()/>
                <div class="stack form">
                    <TextField name="typed" label=format!("Type “{WORD}” to confirm") error=about_word.map(|problem| problem.to_string()) required=true max=WORD.len() * 2 code=true/>
                    <div class="row"><Button text="Erase player" look=Look::Danger/></div>
                </div>
            </ActionForm>
        </Confirm>
    }
}

#[component]
fn WouldGo(would_go: Receipt) -> impl IntoView {
    view! {
        <p>"Everything that is kept of this player goes, under every id that is theirs, and cannot be brought back:"</p>
        <Held receipt=would_go.clone() over=false/>
        <Sent gone=would_go.gone over=false/>
        <p>"The delivery log keeps its rows, without a word of who it was. What comes late under one of the ids is counted and not kept. If you may still be asked for a copy of the data, export it first."</p>
    }
}
