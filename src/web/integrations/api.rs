//! What the integration pages read. Each function: who are you, one call, return.

use crate::error::AppError;
use crate::model::connect::LastTry;
use crate::model::integration::{AttemptPage, Grant, Integration, Integrations, NotSentPage};
use crate::model::log_query::LogQuery;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Every network with how it does in this game.
#[server(input = GetUrl)]
pub async fn read_integrations(game: String) -> Result<Integrations, AppError> {
    let access = crate::server::auth::require_game(&game).await?;
    crate::server::integrations::list(&access).await
}

/// The page of one network with a page of its log; `typed` are event names that could not be saved.
#[server(input = GetUrl)]
pub async fn read_integration(
    game: String,
    network: String,
    #[server(default)] query: LogQuery,
    #[server(default)] typed: BTreeMap<String, String>,
) -> Result<Integration, AppError> {
    let access = crate::server::auth::require_game(&game).await?;
    crate::server::integrations::read(&access, &network, &query, &typed).await
}

#[server(input = GetUrl)]
pub async fn read_attempt(game: String, network: String, id: Uuid) -> Result<AttemptPage, AppError> {
    let access = crate::server::auth::require_game(&game).await?;
    crate::server::integrations::attempt(&access, &network, id).await
}

#[server(input = GetUrl)]
pub async fn read_not_sent(game: String, network: String, #[server(default)] query: LogQuery) -> Result<NotSentPage, AppError> {
    let access = crate::server::auth::require_game(&game).await?;
    crate::server::integrations::not_sent(&access, &network, &query).await
}

/// Accounts and targets of a consent that was just given; asks the network.
#[server(input = GetUrl)]
pub async fn read_grant(game: String, network: String, grant: Uuid, account: Option<String>) -> Result<Grant, AppError> {
    let access = crate::server::auth::require_change(&game).await?;
    crate::server::connect::forms::offer(&access, &network, grant, account.as_deref()).await
}

/// This session's last try to connect the network, if it failed.
#[server(input = GetUrl)]
pub async fn read_last_try(game: String, network: String) -> Result<Option<LastTry>, AppError> {
    crate::server::auth::require_game(&game).await?;
    crate::server::connect::forms::last_try(&network).await
}
