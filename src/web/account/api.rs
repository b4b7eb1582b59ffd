//! One's own account.

use crate::error::AppError;
use crate::model::user::Account;
use leptos::prelude::*;

#[server]
pub async fn read_account() -> Result<Account, AppError> {
    crate::server::auth::require_user().await
}

#[server]
pub async fn change_password(old: String, new: String) -> Result<(), AppError> {
    use crate::server::{auth, now, people, state::state};
    let account = auth::require_user().await?;
    let (session, ip) = (auth::session()?, auth::client_ip()?);
    people::change_password(&state(), (&session, ip), &account, (old, new), now()).await?;
    auth::go_to("/account?done=password");
    Ok(())
}

#[server]
pub async fn set_theme(theme: String) -> Result<(), AppError> {
    crate::server::auth::require_user().await?;
    crate::server::auth::set_theme(crate::web::visit::Theme::from_word(&theme));
    Ok(())
}

/// Whose clock times are written by: the name of a zone; anything else is each game's own.
#[server]
pub async fn set_clock(clock: String) -> Result<(), AppError> {
    crate::server::auth::require_user().await?;
    crate::server::auth::set_clock(&clock);
    Ok(())
}
