//! Who is calling, and what they may do: the first line of every server function.

use super::db;
use super::sessions;
use super::state::{AppState, state};
use crate::error::AppError;
use crate::model::game::Game;
use crate::model::user::{Account, Role};
use http::request::Parts;
use leptos::prelude::use_context;
use tower_sessions::Session;
use uuid::Uuid;

/// Who is calling, in which game, in which role.
pub type Access = (Account, Game, Role);

/// Whoever is signed in.
pub async fn require_user() -> Result<Account, AppError> {
    signed_in(&state(), &session()?).await?.ok_or(AppError::SignedOut)
}

/// The person, the game and their role in it. To a stranger the game does not exist.
pub async fn require_game(slug: &str) -> Result<Access, AppError> {
    let account = require_user().await?;
    let (game, role) = game_of(&state(), &account, slug).await?;
    Ok((account, game, role))
}

/// The same for who changes things: owners and admins.
pub async fn require_change(slug: &str) -> Result<Access, AppError> {
    let access = require_game(slug).await?;
    if access.2.may_change() { Ok(access) } else { Err(AppError::NotAllowed) }
}

/// The operator of the instance.
pub async fn require_operator() -> Result<Account, AppError> {
    let account = require_user().await?;
    if account.operator { Ok(account) } else { Err(AppError::NotAllowed) }
}

/// The session of the request being answered.
pub fn session() -> Result<Session, AppError> {
    use_context::<Parts>().and_then(|parts| sessions::of(&parts)).ok_or(AppError::SignedOut)
}

/// Who is signed in with a session; None for nobody and for someone who no longer exists. Also for routes outside Leptos.
pub async fn signed_in(state: &AppState, session: &Session) -> Result<Option<Account>, AppError> {
    match sessions::user(session).await {
        Some(id) => Ok(db::users::by_id(&state.db, id).await?),
        None => Ok(None),
    }
}

/// A game by its slug and the person's role in it. The operator sees every game, and changes those they belong to.
pub async fn game_of(state: &AppState, account: &Account, slug: &str) -> Result<(Game, Role), AppError> {
    let game = db::games::by_slug(&state.db, slug).await?.ok_or(AppError::NotFound)?;
    let role = role_in(state, account, game.id).await?.ok_or(AppError::NotFound)?;
    Ok((game, role))
}

async fn role_in(state: &AppState, account: &Account, game_id: Uuid) -> Result<Option<Role>, AppError> {
    let role = db::memberships::role(&state.db, account.id, game_id).await?;
    Ok(role.or(account.operator.then_some(Role::Member)))
}

/// The database's own words go to the log, never to a browser.
impl From<sqlx::Error> for AppError {
    fn from(cause: sqlx::Error) -> Self {
        tracing::error!(%cause, "the database refused");
        Self::Unavailable
    }
}
