//! What the pixel page shows: the snippet's parts, and the evidence that the pixel runs.

use super::auth::Access;
use super::db::{api_keys, deliveries, pixel};
use super::state::AppState;
use super::{networks, zone};
use crate::error::AppError;
use crate::model::Millis;
use crate::model::game::KeyKind;
use crate::model::tracking::PixelPage;

/// Days that pages and clicks are looked for.
const LOOKED_BACK: i64 = 30;

pub async fn read(state: &AppState, (_, game, _): &Access, now: Millis) -> Result<PixelPage, AppError> {
    let since = zone::days_back(game, now, LOOKED_BACK);
    let keys = api_keys::of_game(&state.db, game.id).await?;
    let takes_carried_key = keys.iter().any(|key| key.kind == KeyKind::Carried.word());
    let key = keys.into_iter().find(|key| key.kind == KeyKind::Publishable.word()).and_then(|key| key.plain);
    let clicks = deliveries::clicks(&state.db, game.id, since).await?;
    Ok(PixelPage {
        game_name: game.name.clone(),
        key: key.ok_or(AppError::NotFound)?,
        takes_carried_key,
        origin: state.config.origin(),
        seen: pixel::last_page(&state.db, game.id, since).await?,
        clicks: clicks.into_iter().map(|(slug, count)| (networks::spoken(&slug).to_owned(), count)).collect(),
    })
}
