//! The consent statuses that players set over the API: a player's newest one stands on the player's row.

use super::{Db, Error, Result, Tx, on, within};
use crate::model::Millis;
use crate::model::conversion::Consent;
use crate::server::decide::keys::ANONYMOUS;
use uuid::Uuid;

/// The newest status of the player who bears this anonymousId now; None where nobody does, or nothing was set.
pub async fn of_anonymous(db: &Db, game_id: Uuid, anonymous_id: &str) -> Result<Option<Consent>> {
    let row: Option<(Option<String>,)> = on!(db, pool => sqlx::query_as(
        "select p.consent from identities i join players p on p.id = i.player_id
         where i.game_id = $1 and i.test = $2 and i.kind = $3 and i.value = $4 order by i.since desc limit 1",
    )
    .bind(game_id)
    .bind(false)
    .bind(ANONYMOUS)
    .bind(anonymous_id)
    .fetch_optional(pool)
    .await)?;
    row.and_then(|(word,)| word).map(|word| word.parse()).transpose().map_err(Error::decode)
}

/// Notes where a status was given that has just become the newest of the player who bears this anonymousId.
pub async fn note_source(tx: &mut Tx, game_id: Uuid, anonymous_id: &str, time: Millis, source: &str) -> Result<()> {
    within!(tx, c => sqlx::query(
        "update players set consent_source = $6 where consent_at = $5 and id =
         (select i.player_id from identities i where i.game_id = $1 and i.test = $2 and i.kind = $3 and i.value = $4
          order by i.since desc limit 1)",
    )
    .bind(game_id)
    .bind(false)
    .bind(ANONYMOUS)
    .bind(anonymous_id)
    .bind(time)
    .bind(source)
    .execute(c)
    .await
    .map(drop))
}
