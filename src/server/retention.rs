//! How long things are kept: what each game's settings call too old is deleted, in small transactions that let ingest in between. On
//! PostgreSQL days that are too old for every game go whole, before that. What goes with what is written in ARCHITECTURE.md.

mod by_day;

use super::db::retention::{self, Done};
use super::db::{self, Db, Tx, facts, games};
use super::networks;
use crate::model::filter::Cursor;
use crate::model::game_settings::WINDOW_DAYS;
use crate::model::{DAY, Millis};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How often it looks.
const EVERY: Duration = Duration::from_secs(60 * 60);
/// Pause after each transaction, in which whoever waits for the writer or for the game gets it.
const BREATH: Duration = Duration::from_millis(20);
/// A click can earn something as long as this: the longest window that a game may set, for an event that comes a month late, which is
/// decided again for a week.
pub const CLICK_COUNTS_FOR: Millis = *WINDOW_DAYS.end() as Millis * DAY + 30 * DAY + 7 * DAY;
/// The beginning of a list by time.
const BEGINNING: Cursor = Cursor { time: Millis::MIN, id: Uuid::nil() };

/// What is deleted, in this order: conversions go when their log has gone, clicks when their conversions have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Messages,
    Attempts(&'static str),
    Conversions,
    Clicks,
}

/// How long a game keeps what.
#[derive(Debug, Clone, Copy)]
struct Keeping {
    game: Uuid,
    messages: Millis,
    attempts: Millis,
}

impl Keeping {
    fn of((game, messages, attempts): (Uuid, i32, i32)) -> Self {
        Self { game, messages: Millis::from(messages) * DAY, attempts: Millis::from(attempts) * DAY }
    }

    /// On PostgreSQL, who keeps something as long as anybody keeps it until its day is over: it then goes with the day, and not row by row
    /// hour by hour before.
    fn among(self, games: &[Self], db: &Db, now: Millis) -> Self {
        let (messages, attempts) = longest(games);
        let kept = |own: Millis, longest| if own == longest && db.has_days() { now - by_day::begun(now - own) } else { own };
        Self { game: self.game, messages: kept(self.messages, messages), attempts: kept(self.attempts, attempts) }
    }

    /// What is older goes.
    fn since(&self, kind: Kind, now: Millis) -> Millis {
        now - match kind {
            Kind::Messages => self.messages,
            Kind::Attempts(_) => self.attempts,
            Kind::Conversions => self.messages.max(self.attempts),
            Kind::Clicks => self.messages.max(CLICK_COUNTS_FOR),
        }
    }
}

/// Deletes at once and then every hour, until `shutdown`.
pub async fn run(db: &Db, shutdown: &CancellationToken) {
    while !shutdown.is_cancelled() {
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = pass(db, super::now()) => {}
        }
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

/// Deletes all that is too old at `now`, in every game. What the database refuses is left for the next pass.
pub async fn pass(db: &Db, now: Millis) {
    let list = match games::keeping(db).await {
        Ok(list) => list,
        Err(cause) => return crate::server::trouble::met(&cause, "nobody knows what is too old"),
    };
    let games: Vec<Keeping> = list.into_iter().map(Keeping::of).collect();
    if let Err(cause) = by_day::pass(db, &games, now).await {
        crate::server::trouble::met(&cause, "days that are too old were left for later");
    }
    for keeping in games.iter().map(|one| one.among(&games, db, now)) {
        let logs = networks::specs().map(|spec| Kind::Attempts(spec.slug));
        for kind in [Kind::Messages].into_iter().chain(logs).chain([Kind::Conversions, Kind::Clicks]) {
            if let Err(cause) = all_of(db, keeping, kind, now).await {
                crate::server::trouble::met(&cause, "what is too old was not deleted");
            }
        }
    }
}

/// How long some game keeps its messages, and its log.
fn longest(games: &[Keeping]) -> (Millis, Millis) {
    games.iter().fold((0, 0), |(messages, attempts), one| (messages.max(one.messages), attempts.max(one.attempts)))
}

async fn all_of(db: &Db, keeping: Keeping, kind: Kind, now: Millis) -> db::Result<()> {
    let mut from = BEGINNING;
    let mut count = 0;
    loop {
        let Done { deleted, next, .. } = part(db, keeping, kind, from, now).await?;
        count += deleted;
        let Some(next) = next else { break };
        from = next;
        tokio::time::sleep(BREATH).await;
    }
    if count > 0 {
        tracing::info!(count, ?kind, game = %keeping.game, "deleted what was too old");
    }
    Ok(())
}

/// One transaction's worth. It holds the game as ingest does, so that nothing is decided meanwhile for what is going.
async fn part(db: &Db, keeping: Keeping, kind: Kind, from: Cursor, now: Millis) -> db::Result<Done> {
    let mut tx: Tx = db.begin().await?;
    facts::lock(&mut tx, &BTreeSet::from([keeping.game])).await?;
    let (game, then) = (keeping.game, keeping.since(kind, now));
    let done = match kind {
        Kind::Messages => retention::messages(&mut tx, game, then).await?,
        Kind::Attempts(network) => retention::attempts(&mut tx, game, network, then, from).await?,
        Kind::Conversions => retention::conversions(&mut tx, game, then, from).await?,
        Kind::Clicks => retention::clicks(&mut tx, game, then, from).await?,
    };
    retention::players(&mut tx, &done.players, i32::MIN).await?;
    tx.commit().await?;
    Ok(done)
}
