//! What the integration pages read and change. Each function: who are you, one call, return.

use crate::error::AppError;
use crate::model::integration::{AttemptPage, Integration, IntegrationCard, NotSentPage};
use crate::model::log_query::LogQuery;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use uuid::Uuid;

/// Every network with how it does in this game.
#[server(input = GetUrl)]
pub async fn integrations(game: String) -> Result<(String, bool, Vec<IntegrationCard>), AppError> {
    let access = crate::server::auth::require_game(&game).await?;
    crate::server::pages::integrations(&access).await
}

/// The page of one network with a page of its log.
#[server(input = GetUrl)]
pub async fn integration(game: String, network: String, #[server(default)] query: LogQuery) -> Result<Integration, AppError> {
    let access = crate::server::auth::require_game(&game).await?;
    crate::server::pages::integration(&access, &network, &query).await
}

#[server(input = GetUrl)]
pub async fn attempt(game: String, network: String, id: Uuid) -> Result<AttemptPage, AppError> {
    let access = crate::server::auth::require_game(&game).await?;
    crate::server::pages::attempt(&access, &network, id).await
}

#[server(input = GetUrl)]
pub async fn not_sent(game: String, network: String, #[server(default)] query: LogQuery) -> Result<NotSentPage, AppError> {
    let access = crate::server::auth::require_game(&game).await?;
    crate::server::pages::not_sent(&access, &network, &query).await
}
