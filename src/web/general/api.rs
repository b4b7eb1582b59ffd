//! Reading and changing what is set for a game. Each function: who are you, one call, return.

use crate::error::AppError;
use crate::model::game_settings::{Draft, SettingsPage};
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

/// `tried` is what could not be saved.
#[server(input = GetUrl)]
pub async fn read_settings(game: String, tried: Option<Draft>) -> Result<SettingsPage, AppError> {
    let access = crate::server::auth::require_game(&game).await?;
    crate::server::game_settings::read(&crate::server::state::state().db, &access, tried.as_ref(), crate::server::now()).await
}

#[server]
pub async fn change_settings(
    game: String,
    #[server(default)] name: String,
    #[server(default)] time_zone: String,
    #[server(default)] window_days: String,
    #[server(default)] keep_messages_days: String,
    #[server(default)] keep_attempts_days: String,
    #[server(default)] delete: bool,
) -> Result<(), AppError> {
    let access = crate::server::auth::require_change(&game).await?;
    let draft = Draft { name, time_zone, window_days, keep_messages_days, keep_attempts_days, delete };
    let kept = crate::server::game_settings::change(&crate::server::state::state().db, &access, &draft, crate::server::now()).await?;
    leptos_axum::redirect(&match kept {
        crate::server::game_settings::Kept::Saved => format!("{}?saved=yes", super::path(&game)),
        crate::server::game_settings::Kept::Refused => super::path_to_retry(&game, &draft),
    });
    Ok(())
}
