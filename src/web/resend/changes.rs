//! What people have sent again. Each function: who are you, one call, on to the next page.
#![allow(clippy::too_many_arguments)] // a form is as wide as its fields

use crate::error::AppError;
use crate::model::Millis;
use leptos::prelude::*;
use uuid::Uuid;

/// Sends again what was counted: all that the log showed up to `until`, or the selected rows.
#[server]
pub async fn start_resend(
    game: String,
    network: String,
    #[server(default)] range: Option<String>,
    #[server(default)] status: Option<String>,
    #[server(default)] until: Millis,
    #[server(default)] selected: bool,
    #[server(default)] rows: Vec<Uuid>,
) -> Result<(), AppError> {
    use crate::model::{log_query::LogQuery, resend::Wanted};
    use crate::server::{now, resend, state::state};
    use crate::web::integrations::path;
    let access = crate::server::auth::require_change(&game).await?;
    let meaning = LogQuery { range, status, ..LogQuery::default() }.meaning();
    let wanted = match selected {
        true => Wanted::Rows(rows),
        false if meaning.unknown => return Err(AppError::BadForm),
        false => Wanted::Shown { filter: meaning.filter, until },
    };
    let id = resend::start(&state(), &access, &network, &wanted, now()).await?;
    leptos_axum::redirect(&super::path_of_job(&path(&game, &network), id));
    Ok(())
}

/// Ends a resend: what it has not put back stays as it was.
#[server]
pub async fn cancel_resend(game: String, network: String, id: Uuid) -> Result<(), AppError> {
    use crate::server::{now, resend, state::state};
    use crate::web::integrations::path;
    let access = crate::server::auth::require_change(&game).await?;
    resend::cancel(&state().db, &access, &network, id, now()).await?;
    leptos_axum::redirect(&super::path_of_job(&path(&game, &network), id));
    Ok(())
}

/// Sends the postback of an attempt again, if that does what the form said (`saw`).
#[server]
pub async fn send_one_again(
    game: String,
    network: String,
    id: Uuid,
    #[server(default)] saw: String,
    #[server(default)] typed: String,
) -> Result<(), AppError> {
    use crate::server::{now, resend, state::state};
    use crate::web::integrations::path;
    let access = crate::server::auth::require_change(&game).await?;
    resend::send_one(&state(), &access, &network, id, &saw, &typed, now()).await?;
    leptos_axum::redirect(&format!("{}/attempts/{id}?resent=yes", path(&game, &network)));
    Ok(())
}
