//! What the frame around a game's pages shows.

use crate::error::AppError;
use crate::model::frame::Frame;
use leptos::prelude::*;

#[server]
pub async fn read_frame(game: String) -> Result<Frame, AppError> {
    use crate::server::{auth, frame};
    let access = auth::require_game(&game).await?;
    frame::around(&crate::server::state::state(), access, crate::server::now()).await
}
