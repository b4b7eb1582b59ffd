//! What the player pages read. Each function: who are you, one call, return.

use crate::error::AppError;
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
