//! Rehearses a goal on the last 30 days: how often it would have counted, and which networks' clicks would have earned it.

use crate::model::Millis;
use crate::model::filter::Cursor;
use crate::model::game::Game;
use crate::model::goal_form::Draft;
use crate::model::rehearsal::{MAX_REHEARSED, REHEARSED_DAYS, Rehearsal};
use crate::server::db::{self, Db, rehearsal};
use crate::server::decide::rehearsal::Run;
use crate::server::zone;

/// Messages read at a time: a message may hold 32 KiB.
const PAGE: usize = 500;

pub async fn rehearse(db: &Db, game: &Game, draft: &Draft, now: Millis) -> db::Result<Rehearsal> {
    let rule = draft.rule();
    let since = zone::days_back(game, now, REHEARSED_DAYS);
    let mut run = Run::of(&draft.event, &rule);
    let (mut heard, mut before) = (0, Cursor::END);
    let cut = loop {
        let page = rehearsal::tracks(db, game.id, &draft.event, since, before, PAGE as i64).await?;
        page.iter().for_each(|(_, past)| run.hear(past));
        heard += page.len();
        match page.last() {
            Some((place, _)) if page.len() == PAGE && heard < MAX_REHEARSED => before = *place,
            _ => break page.len() == PAGE,
        }
    };
    let clicks = rehearsal::clicks(db, &run.players()).await?;
    Ok(run.finish(&clicks, game.window_days, cut))
}
