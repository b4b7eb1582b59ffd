//! A person's games.

use crate::error::AppError;
use crate::model::game::Game;
use crate::model::user::Account;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What `/games` shows.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GameList {
    pub account: Account,
    pub games: Vec<Game>,
}

#[server]
pub async fn list_games() -> Result<GameList, AppError> {
    use crate::server::{auth, games, state::state};
    let account = auth::require_user().await?;
    let games = games::list(&state(), &account).await?;
    Ok(GameList { account, games })
}

#[server]
pub async fn create_game(name: String, #[server(default)] slug: String) -> Result<(), AppError> {
    use crate::server::{auth, games, now, state::state};
    let account = auth::require_operator().await?;
    let game = games::create(&state(), &account, &name, &slug, now()).await?;
    auth::go_to(&format!("/games/{}", game.slug));
    Ok(())
}
