//! Reading and replacing keys. Each function: who are you, one call, return.

use crate::error::AppError;
use crate::model::game::KeyKind;
use crate::model::tracking::KeysPage;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

/// `reveal` asks for the whole secret key; members get it masked all the same.
#[server(input = GetUrl)]
pub async fn read_keys(game: String, #[server(default)] reveal: bool) -> Result<KeysPage, AppError> {
    let access = crate::server::auth::require_game(&game).await?;
    crate::server::keys::read(&crate::server::state::state(), &access, reveal, crate::server::now()).await
}

/// Makes a new key; the old one is dead at once.
#[server]
pub async fn rotate_key(game: String, kind: KeyKind) -> Result<(), AppError> {
    let access = crate::server::auth::require_change(&game).await?;
    crate::server::keys::rotate(&crate::server::state::state(), &access, kind, crate::server::now()).await?;
    leptos_axum::redirect(&format!("{}?rotated={kind}", super::path(&game)));
    Ok(())
}
