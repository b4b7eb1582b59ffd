//! What the pages of a resend read. Each function: who are you, one call, return.

use crate::error::AppError;
use crate::model::log_query::LogQuery;
use crate::model::resend::{ResendOne, ResendPage, ResendQuestion};
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use uuid::Uuid;

/// The question with the count: of these rows where some were to be selected, else of all that the log shows.
#[server(input = GetUrl)]
pub async fn read_resend_question(
    game: String,
    network: String,
    #[server(default)] query: LogQuery,
    #[server(default)] selected: bool,
    #[server(default)] rows: Vec<Uuid>,
) -> Result<ResendQuestion, AppError> {
    let access = crate::server::auth::require_change(&game).await?;
    let now = crate::server::now();
    let wanted = if selected {
        crate::model::resend::Wanted::Rows(rows)
    } else {
        crate::model::resend::Wanted::Shown { filter: query.meaning().filter, until: now }
    };
    crate::server::resend::question(&crate::server::state::state().db, &access, &network, wanted, now).await
}

/// How far a resend is.
#[server(input = GetUrl)]
pub async fn read_resend(game: String, network: String, id: Uuid) -> Result<ResendPage, AppError> {
    let access = crate::server::auth::require_game(&game).await?;
    crate::server::resend::page(&crate::server::state::state().db, &access, &network, id).await
}

/// What sending the postback of an attempt again would do.
#[server(input = GetUrl)]
pub async fn read_resend_one(game: String, network: String, id: Uuid) -> Result<ResendOne, AppError> {
    let access = crate::server::auth::require_change(&game).await?;
    crate::server::resend::ask_of_one(&crate::server::state::state().db, &access, &network, id, crate::server::now()).await
}
