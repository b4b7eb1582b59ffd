//! Days that are too old for every game go whole: nothing of them is deleted row by row, and nobody waits. What a day leaves behind is seen to
//! before: players of whom nothing is left, and postbacks that still need their log. A day that is needed is left to the rows' own turn, and
//! goes when they have gone.

use super::{BEGINNING, BREATH, Keeping, longest};
use crate::model::filter::Cursor;
use crate::model::{DAY, Millis};
use crate::server::db::days::{self, ATTEMPTS, CALLS, MESSAGES, Part};
use crate::server::db::{Db, Result, facts, retention};
use std::collections::BTreeSet;

/// The beginning of the day of a time.
pub fn begun(time: Millis) -> Millis {
    time.div_euclid(DAY) * DAY
}

/// Lets every day go that is too old at `now` for all of the games.
pub async fn pass(db: &Db, games: &[Keeping], now: Millis) -> Result<()> {
    if !db.has_days() || games.is_empty() {
        return Ok(());
    }
    for part in days::parts(db).await?.iter().filter(|part| part.leaving) {
        finish(db, part).await?;
    }
    let (messages, attempts) = longest(games);
    for part in old(db, MESSAGES, now - messages).await? {
        for game in games {
            see_to_players(db, game, &part).await?;
        }
        finish(db, &part).await?;
    }
    let then = now - attempts;
    for part in old(db, ATTEMPTS, then).await? {
        if !retention::part_is_needed(db, &part, then).await? {
            finish(db, &part).await?;
        }
    }
    // What was told of an attempt came with a call of that day or a later one.
    let first = days::parts(db).await?.into_iter().filter(|part| part.parent == ATTEMPTS).map(|part| part.from.unwrap_or(i32::MIN)).min();
    for part in old(db, CALLS, then).await? {
        if first.is_none_or(|first| first >= part.until) {
            finish(db, &part).await?;
        }
    }
    Ok(())
}

/// The parts of a table of which everything is from before `then`.
async fn old(db: &Db, table: &str, then: Millis) -> Result<Vec<Part>> {
    let mut parts = days::parts(db).await?;
    parts.retain(|part| part.parent == table && !part.leaving && part.until <= days::day(then));
    Ok(parts)
}

async fn finish(db: &Db, part: &Part) -> Result<()> {
    if days::drop(db, part).await? {
        tracing::info!(part = part.name, "a day that was too old for every game is gone");
    }
    Ok(())
}

/// Of whom the part holds the last message, nothing personal is kept, and nothing at all where nothing else is. Each step holds the game as
/// ingest does, so that nothing is decided meanwhile for who is going.
async fn see_to_players(db: &Db, game: &Keeping, part: &Part) -> Result<()> {
    let mut from: Option<Cursor> = Some(BEGINNING);
    while let Some(place) = from {
        let mut tx = db.begin().await?;
        facts::lock(&mut tx, &BTreeSet::from([game.game])).await?;
        let done = retention::of_part(&mut tx, game.game, part, place).await?;
        retention::players(&mut tx, &done.players, part.until).await?;
        tx.commit().await?;
        from = done.next;
        if from.is_some() {
            tokio::time::sleep(BREATH).await;
        }
    }
    Ok(())
}
