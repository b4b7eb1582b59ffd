//! What stands around every page of a game, read in one go.

use super::auth::Access;
use super::games;
use super::networks;
use super::state::AppState;
use crate::error::AppError;
use crate::model::frame::{Frame, Link, NetworkLink};

pub async fn around(state: &AppState, (account, game, role): Access) -> Result<Frame, AppError> {
    let games = games::list(state, &account).await?.into_iter().map(|game| Link { slug: game.slug, name: game.name }).collect();
    let networks =
        networks::specs().map(|spec| NetworkLink { slug: spec.slug.to_owned(), name: spec.name.to_owned(), trouble: None }).collect();
    Ok(Frame { account, game, role, games, networks })
}
