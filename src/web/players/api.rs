//! What the player pages read, and the erasure of a player. Each function: who are you, one call, return.

use crate::error::AppError;
use crate::model::erasure::EraseQuestion;
use crate::model::player::{Asked, PlayerPage, PlayerSearch};
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use uuid::Uuid;

/// Who bears this id; without one, who was seen last. `older`: the last player of the page before.
#[server(input = GetUrl)]
pub async fn read_players(game: String, #[server(default)] asked: String, older: Option<Uuid>) -> Result<PlayerSearch, AppError> {
    let access = crate::server::auth::require_game(&game).await?;
    crate::server::players::search(&crate::server::state::state().db, &access, &asked, older).await
}

#[server(input = GetUrl)]
pub async fn read_player(game: String, id: Uuid, #[server(default)] asked: Asked) -> Result<PlayerPage, AppError> {
    let access = crate::server::auth::require_game(&game).await?;
    crate::server::players::read(&crate::server::state::state().db, &access, id, &asked, crate::server::now()).await
}

#[server(input = GetUrl)]
pub async fn read_erase(game: String, id: Uuid) -> Result<EraseQuestion, AppError> {
    let access = crate::server::auth::require_game(&game).await?;
    crate::server::erasure::pages::question(&crate::server::state::state().db, &access, id).await
}

/// `typed` is the word that confirms it. Pressed twice, it is asked for once.
#[server]
pub async fn erase_player(game: String, id: Uuid, #[server(default)] typed: String) -> Result<(), AppError> {
    let access = crate::server::auth::require_change(&game).await?;
    crate::server::erasure::pages::erase(&crate::server::state::state(), &access, id, &typed, crate::server::now()).await?;
    leptos_axum::redirect(&crate::web::audit::receipt::path(&game, &crate::server::erasure::pages::trace_id(id)));
    Ok(())
}
