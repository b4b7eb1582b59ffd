//! Reading, replacing and taking over keys. Each function: who are you, one call, return.

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

/// The publishable key that pages and builds carry already.
#[server]
pub async fn take_over_key(game: String, #[server(default)] key: String) -> Result<(), AppError> {
    let access = crate::server::auth::require_change(&game).await?;
    crate::server::keys::take_over(&crate::server::state::state(), &access, &key, crate::server::now()).await?;
    leptos_axum::redirect(&format!("{}?taken_over=yes", super::path(&game)));
    Ok(())
}

#[server]
pub async fn remove_key(game: String) -> Result<(), AppError> {
    let access = crate::server::auth::require_change(&game).await?;
    crate::server::keys::remove(&crate::server::state::state(), &access, crate::server::now()).await?;
    leptos_axum::redirect(&format!("{}?removed=yes", super::path(&game)));
    Ok(())
}
