//! What the first page of a game reads.

use crate::error::AppError;
use crate::model::overview::Overview;
use leptos::prelude::*;

#[server]
pub async fn read_overview(game: String) -> Result<Overview, AppError> {
    use crate::server::{auth, now, overview, state::state};
    let access = auth::require_game(&game).await?;
    overview::read(&state(), &access, now()).await
}
