//! What the pages of the audit log read. Each function: who are you, one call, return.

use crate::error::AppError;
use crate::model::audit::{AuditPage, AuditQuery};
use crate::model::erasure::ErasurePage;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

#[server(input = GetUrl)]
pub async fn read_audit(game: String, #[server(default)] asked: AuditQuery) -> Result<AuditPage, AppError> {
    let access = crate::server::auth::require_game(&game).await?;
    crate::server::audit_log::read(&crate::server::state::state(), &access, &asked).await
}

/// `trace`: the id of the request that asked for the erasure.
#[server(input = GetUrl)]
pub async fn read_erasure(game: String, #[server(default)] trace: String) -> Result<ErasurePage, AppError> {
    let access = crate::server::auth::require_game(&game).await?;
    crate::server::erasure::pages::read(&crate::server::state::state().db, &access, &trace).await
}
