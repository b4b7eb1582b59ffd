//! Erasure: forgets a player on request. The request is a row that outlives a stopped process; the work is done beside the web server, a
//! bounded step a transaction, by whichever process holds the job's lease.

mod receipt;
mod salt;
mod work;

pub use salt::{NoSalt, Salt};

use super::db::erasures::{self, Asked as Row};
use super::db::{self, Db, Tx};
use super::decide::erased::Asked;
use crate::model::Millis;
use receipt::Receipt;
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
        let nothing = serde_json::to_string(&Receipt::default()).map_err(db::Error::decode)?;
        erasures::ask(tx, &Row { id: Uuid::now_v7(), game_id, kind, value, trace_id, time }, &nothing).await
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
