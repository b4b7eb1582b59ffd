//! What stands around every page of a game, read in one go.

use super::auth::Access;
use super::masking::Masked;
use super::state::AppState;
use super::{db, dispatch, games, networks};
use crate::error::AppError;
use crate::model::Millis;
use crate::model::connection::Health;
use crate::model::frame::{Frame, Link, NetworkLink};

pub async fn around(state: &AppState, (account, game, role): Access, now: Millis) -> Result<Frame, AppError> {
    let games = games::list(state, &account).await?.into_iter().map(|game| Link { slug: game.slug, name: game.name }).collect();
    let facts = db::health::of_game(&state.db, game.id, now).await?;
    let trouble = |slug: &str| {
        let (_, facts) = facts.iter().find(|(network, _)| network == slug)?;
        let health = Some(dispatch::health::health(facts)).filter(|health| *health != Health::Delivering);
        if role.may_change() { health } else { health.masked() }
    };
    let link = |slug: &str, name: &str| NetworkLink { slug: slug.to_owned(), name: name.to_owned(), trouble: trouble(slug) };
    let networks = networks::specs().map(|spec| link(spec.slug, spec.name)).collect();
    let zone = super::zone::of(&game.time_zone);
    Ok(Frame { account, game, zone, role, games, networks })
}
