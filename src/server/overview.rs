//! The first page of a game, read in one go.

use super::auth::Access;
use super::db::{conversions, evidence};
use super::state::AppState;
use super::{integrations, networks};
use crate::error::AppError;
use crate::model::overview::Overview;
use crate::model::{DAY, Millis};

/// How far back set-up is looked for: a game may have quiet weeks.
const SET_UP: Millis = 30 * DAY;

pub async fn read(state: &AppState, access: &Access, now: Millis) -> Result<Overview, AppError> {
    let game_id = access.1.id;
    // The evidence tells one network's clicks from the others'; the page adds them up, so any will do.
    let network = networks::specs().next().map_or("", |spec| spec.slug);
    Ok(Overview {
        cards: integrations::list(access).await?.cards,
        outcomes: conversions::outcomes(&state.db, game_id, now - DAY).await?,
        evidence: evidence::since(&state.db, game_id, network, now - SET_UP).await?,
    })
}
