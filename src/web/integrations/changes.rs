//! What people change about a connection. Each function: who are you, one call, on to the next page.
#![allow(clippy::too_many_arguments)] // a form is as wide as its fields

use crate::error::AppError;
use leptos::prelude::*;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Goes to the network's consent page.
#[server]
pub async fn connect_by_consent(game: String, network: String, #[server(default)] popup: bool) -> Result<(), AppError> {
    let access = crate::server::auth::require_change(&game).await?;
    let dialog = crate::server::connect::forms::begin(&access, &network, popup).await?;
    leptos_axum::redirect(&dialog);
    Ok(())
}

#[server]
pub async fn pick_target(
    game: String,
    network: String,
    grant: Uuid,
    account: String,
    #[server(default)] target: String,
    #[server(default)] test_code: String,
    #[server(default)] confirmed: bool,
    #[server(default)] popup: bool,
) -> Result<(), AppError> {
    let access = crate::server::auth::require_change(&game).await?;
    let pick = crate::server::connect::oauth::Pick { grant_id: grant, account, target, test_code, confirmed };
    crate::server::connect::forms::pick(&access, &network, &pick).await?;
    leptos_axum::redirect(&super::path_after_connect(&game, &network, popup));
    Ok(())
}

#[server]
pub async fn connect_by_token(
    game: String,
    network: String,
    target: String,
    token: String,
    #[server(default)] test_code: String,
    #[server(default)] confirmed: bool,
) -> Result<(), AppError> {
    let access = crate::server::auth::require_change(&game).await?;
    let paste = crate::server::connect::pasted::Paste { target, token: token.into(), test_code, confirmed };
    crate::server::connect::forms::paste(&access, &network, &paste).await?;
    leptos_axum::redirect(&super::path_after_connect(&game, &network, false));
    Ok(())
}

#[server]
pub async fn switch_sending(game: String, network: String, enabled: bool) -> Result<(), AppError> {
    let access = crate::server::auth::require_change(&game).await?;
    crate::server::connect::forms::set_enabled(&access, &network, enabled).await?;
    leptos_axum::redirect(&super::path(&game, &network));
    Ok(())
}

#[server]
pub async fn save_test_code(game: String, network: String, #[server(default)] test_code: String) -> Result<(), AppError> {
    let access = crate::server::auth::require_change(&game).await?;
    crate::server::connect::forms::set_test_code(&access, &network, &test_code).await?;
    leptos_axum::redirect(&super::path(&game, &network));
    Ok(())
}

/// Chooses which of the network's transports the connection sends over.
#[server]
pub async fn choose_transport(game: String, network: String, transport: String) -> Result<(), AppError> {
    let access = crate::server::auth::require_change(&game).await?;
    crate::server::connect::forms::set_transport(&access, &network, &transport).await?;
    leptos_axum::redirect(&format!("{}?sends=over#connection", super::path(&game, &network)));
    Ok(())
}

/// Sends a made-up event to the network's test environment; goes on to what became of it.
#[server]
pub async fn send_test_event(game: String, network: String, goal: Uuid) -> Result<(), AppError> {
    use crate::server::test_event::{Sent, send};
    let access = crate::server::auth::require_change(&game).await?;
    let base = super::path(&game, &network);
    let page = match send(&access, &network, goal).await? {
        Sent::Attempt(id) => format!("{base}/attempts/{id}"),
        Sent::NotSent => format!("{base}/not-sent"),
        Sent::Waiting => format!("{base}?test=waiting"),
    };
    leptos_axum::redirect(&page);
    Ok(())
}

/// Sends what is parked once more.
#[server]
pub async fn try_again(game: String, network: String) -> Result<(), AppError> {
    let access = crate::server::auth::require_change(&game).await?;
    crate::server::connect::forms::try_again(&access, &network).await?;
    leptos_axum::redirect(&super::path(&game, &network));
    Ok(())
}

/// Maps goals (`GOAL_KEY` and the id) to the network's actions; an empty id maps a goal to none.
#[server]
pub async fn map_goals(game: String, network: String, #[server(default)] actions: BTreeMap<String, String>) -> Result<(), AppError> {
    let access = crate::server::auth::require_change(&game).await?;
    crate::server::connect::forms::map(&access, &network, &actions).await?;
    leptos_axum::redirect(&format!("{}?mapped=yes#actions", super::path(&game, &network)));
    Ok(())
}

/// Sends goals (`GOAL_KEY` and the id) under these event names: one of the network's own, or the one that is typed.
#[server]
pub async fn name_goals(
    game: String,
    network: String,
    #[server(default)] names: BTreeMap<String, String>,
    #[server(default)] own: BTreeMap<String, String>,
) -> Result<(), AppError> {
    use crate::server::event_names::{Kept, save};
    let access = crate::server::auth::require_change(&game).await?;
    let typed = crate::model::action::by_goal(&super::names::chosen(names, own)).ok_or(AppError::NotFound)?;
    let base = super::path(&game, &network);
    leptos_axum::redirect(&match save(&crate::server::state::state().db, &access, &network, &typed, crate::server::now()).await? {
        Kept::Saved => format!("{base}?mapped=yes#event-names"),
        Kept::Refused(typed) => super::names::path_to_retry(&base, &typed),
    });
    Ok(())
}

/// Sends what stayed here for a cause that is gone, of these goals.
#[server]
pub async fn send_now(game: String, network: String, #[server(default)] goals: Vec<Uuid>) -> Result<(), AppError> {
    use crate::server::{now, send_now::send, state::state};
    let access = crate::server::auth::require_change(&game).await?;
    send(&state(), &access, &network, &goals, now()).await?;
    leptos_axum::redirect(&format!("{}/not-sent?sent=yes", super::path(&game, &network)));
    Ok(())
}

/// Reads the network's actions again.
#[server]
pub async fn refresh_actions(game: String, network: String) -> Result<(), AppError> {
    let access = crate::server::auth::require_change(&game).await?;
    crate::server::connect::forms::refresh_actions(&access, &network).await?;
    leptos_axum::redirect(&format!("{}#actions", super::path(&game, &network)));
    Ok(())
}

#[server]
pub async fn disconnect(game: String, network: String) -> Result<(), AppError> {
    let access = crate::server::auth::require_change(&game).await?;
    crate::server::connect::forms::disconnect(&access, &network).await?;
    leptos_axum::redirect(&super::path(&game, &network));
    Ok(())
}
