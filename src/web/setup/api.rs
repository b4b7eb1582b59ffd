//! The first owner.

use crate::error::AppError;
use leptos::prelude::*;

/// Open to whoever has the one-time code that the server printed at its start.
#[server]
pub async fn set_up(code: String, email: String, password: String) -> Result<(), AppError> {
    use crate::server::{auth, now, people, state::state};
    let (state, ip) = (state(), auth::client_ip()?);
    let account = people::set_up(&state, ip, &code, &email, password, now()).await?;
    people::enter(&auth::session()?, &account).await?;
    auth::go_to("/games");
    Ok(())
}
