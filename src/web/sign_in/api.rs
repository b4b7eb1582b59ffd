//! Signing in and out.

use crate::error::AppError;
use crate::model::user::Door;
use leptos::prelude::*;

/// Open to everybody: it is how one stops being a stranger.
#[server]
pub async fn sign_in(email: String, password: String, #[server(default)] next: String) -> Result<(), AppError> {
    use crate::server::{auth, now, people, state::state};
    let (state, ip) = (state(), auth::client_ip()?);
    let account = people::check(&state, ip, &email, password, now()).await.inspect_err(|_| auth::keep_typed_email(&email))?;
    people::enter(&auth::session()?, &account).await?;
    auth::go_to(auth::own_path(&next).unwrap_or("/games"));
    Ok(())
}

/// Whether to ask for the one-time code first (nobody can sign in yet), or to go on (somebody is signed in).
#[server]
pub async fn sign_in_door() -> Result<Door, AppError> {
    use crate::server::{auth, people, state::state};
    people::door(&state(), &auth::session()?).await
}

#[server]
pub async fn sign_out() -> Result<(), AppError> {
    use crate::server::{auth, people};
    auth::require_user().await?;
    people::leave(&auth::session()?).await?;
    auth::go_to("/sign-in");
    Ok(())
}
