//! What the pixel page reads: who are you, one call, return.

use crate::error::AppError;
use crate::model::tracking::PixelPage;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

#[server(input = GetUrl)]
pub async fn read_pixel(game: String) -> Result<PixelPage, AppError> {
    let access = crate::server::auth::require_game(&game).await?;
    crate::server::pixel::read(&crate::server::state::state(), &access, crate::server::now()).await
}
