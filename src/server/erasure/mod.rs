//! Erasure: forgets a player on request. The request is a row that outlives a stopped process; the work is done beside the web server, a
//! bounded step a transaction, by whichever process holds the job's lease.

pub mod pages;
mod receipt;
mod salt;
mod work;

pub use salt::{NoSalt, Salt};

use super::auth::Access;
use super::db::audit::{self, Entry};
use super::db::erasures::{self, Asked as Row};
use super::db::{self, Db, Tx, facts};
use super::decide::erased::Asked;
use crate::model::Millis;
use crate::model::audit::Action;
use crate::model::erasure::Receipt;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How often a process looks for what another one, stopped since, has left.
const EVERY: Duration = Duration::from_secs(5);
/// Pause after a full step, in which whoever waits for the writer gets it.
const BREATH: Duration = Duration::from_millis(20);

/// The words of `erasures.kind`.
const ANONYMOUS: &str = "anonymous";
const USER: &str = "user";
/// Who asked, where it was no person.
const SECRET_KEY: &str = "the secret key";

/// Takes erasures on and knows who was erased; clones share it.
#[derive(Clone)]
pub struct Erasure {
    pub salt: Salt,
    asked: Arc<Notify>,
}

impl Erasure {
    pub fn new(salt: Salt) -> Self {
        Self { salt, asked: Arc::default() }
    }

    /// Puts an erasure into the books, to be called in the transaction that proves the key. `begin` it after the commit.
    pub async fn ask(&self, tx: &mut Tx, game_id: Uuid, asked: &Asked, trace_id: &str, time: Millis) -> db::Result<()> {
        let (kind, value) = match asked {
            Asked::Anonymous(value) => (ANONYMOUS, value),
            Asked::User(value) => (USER, value),
        };
        let nothing = json(&Receipt::default())?;
        let of = Some((kind, value.as_str()));
        let row = Row { id: Uuid::now_v7(), game_id, of, players: None, trace_id, user_id: None, who: SECRET_KEY, time };
        erasures::ask(tx, &row, &nothing).await
    }

    /// Erases a player on the word of who may change the game: from the commit on nothing finds them, and their rows go in the background.
    /// False where the game has no such player. Our own id of the player names the request; it says nothing of whom.
    pub async fn of_player(&self, db: &Db, (account, game, _): &Access, player: Uuid, now: Millis) -> db::Result<bool> {
        let mut tx = db.begin().await?;
        facts::lock(&mut tx, &BTreeSet::from([game.id])).await?;
        let Some(ids) = erasures::ids_of(&mut tx, game.id, player).await? else { return Ok(false) };
        let mut receipt = Receipt::default();
        let whose = work::Whose { game_id: game.id, ids, named: Some(player) };
        let players = work::leave(&mut tx, &self.salt, whose, &mut receipt, now).await?;
        let (players, receipt, trace_id) = (json(&players)?, json(&receipt)?, pages::trace_id(player));
        let (user_id, who) = (Some(account.id), account.email.as_str());
        let row =
            Row { id: Uuid::now_v7(), game_id: game.id, of: None, players: Some(&players), trace_id: &trace_id, user_id, who, time: now };
        erasures::ask(&mut tx, &row, &receipt).await?;
        audit::record(&mut tx, &Entry::of(account, game.id, now, Action::ErasureAsked, &trace_id, "")).await?;
        tx.commit().await?;
        self.begin();
        Ok(true)
    }

    /// Wakes the worker of this process.
    pub fn begin(&self) {
        self.asked.notify_one();
    }

    /// Works until `shutdown`; what is not done then stays in the books.
    pub async fn run(self, db: Db, shutdown: CancellationToken) {
        while !shutdown.is_cancelled() {
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = self.work_off(&db) => {}
            }
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = self.asked.notified() => {}
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }

    /// Does everything that is in the books and that nobody else is at. What the database refuses is left for the next time.
    pub async fn work_off(&self, db: &Db) {
        loop {
            match erasures::claim(db, super::now()).await {
                Ok(Some(job)) => {
                    if let Err(cause) = self.finish(db, job.clone()).await {
                        tracing::error!(%cause, id = %job.id, "an erasure did not get on; it is tried again");
                        if let Err(cause) = erasures::give_back(db, &job).await {
                            tracing::warn!(%cause, id = %job.id, "its lease runs out by itself");
                        }
                        return;
                    }
                }
                Ok(None) => return,
                Err(cause) => {
                    crate::server::trouble::met(&cause, "erasures were not looked for");
                    return;
                }
            }
        }
    }

    /// Does one job, step by step.
    async fn finish(&self, db: &Db, mut job: erasures::Job) -> db::Result<()> {
        loop {
            match work::step(db, &self.salt, &mut job, super::now()).await? {
                work::Step::More => tokio::time::sleep(BREATH).await,
                work::Step::Done => return Ok(()),
                work::Step::Lost => {
                    tracing::warn!(id = %job.id, "an erasure took too long and was taken up by another process");
                    return Ok(());
                }
            }
        }
    }
}

fn json(value: &impl serde::Serialize) -> db::Result<String> {
    serde_json::to_string(value).map_err(db::Error::decode)
}
