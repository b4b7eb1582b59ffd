//! Resend: what ended without success goes out again when a person asks for it, under the same event id, over the ordinary queue. One is put
//! back at once; many are a job that outlives a stopped process, done in bounded steps beside the web server.

mod ask;
mod one;
mod work;

pub use ask::{cancel, page, question, running, start};
pub use one::{ask_of_one, send_one};
#[cfg(test)]
pub use work::{AHEAD, AT_ONCE};
pub use work::{Step, step};

use super::db::{Db, resends};
use crate::model::{Millis, SECOND};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// How often a process looks for what another one, stopped since, has left.
const EVERY: Duration = Duration::from_secs(1);
/// How often it looks whether the queue has room again, while a resend waits for that.
const WHILE_WAITING: Duration = Duration::from_millis(250);
/// Pause after a step, in which whoever waits for the writer or for the game gets it.
const BREATH: Duration = Duration::from_millis(20);
/// Resends that a round takes a step of each.
const TOGETHER: i64 = 64;
/// A resend whose step the database refused is tried again after so long; the others go on.
const PUT_OFF: Millis = 5 * SECOND;

/// Wakes the worker of this process, and dispatch where it has put something into the queue; clones share it.
#[derive(Clone)]
pub struct Resend {
    asked: Arc<Notify>,
    dispatch: Arc<Notify>,
}

/// What a round came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Round {
    Worked,
    /// Nothing but waiting for room in the queue.
    Waited,
    Idle,
}

impl Resend {
    /// `dispatch` is notified after every commit that put something into the queue.
    pub fn new(dispatch: Arc<Notify>) -> Self {
        Self { asked: Arc::default(), dispatch }
    }

    /// Wakes the worker: a resend was taken on.
    pub fn begin(&self) {
        self.asked.notify_one();
    }

    /// Something is due at once.
    pub fn wake_dispatch(&self) {
        self.dispatch.notify_one();
    }

    /// Works until `shutdown`; what is not done then stays in the books.
    pub async fn run(self, db: Db, shutdown: CancellationToken) {
        let mut waits = false;
        while !shutdown.is_cancelled() {
            // A step that is under way is finished: it is short.
            let pause = match self.round(&db, super::now()).await {
                Round::Worked => BREATH,
                Round::Waited => WHILE_WAITING,
                Round::Idle if waits => WHILE_WAITING,
                Round::Idle => EVERY,
            };
            waits = pause == WHILE_WAITING && resends::any(&db).await.unwrap_or(false);
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = self.asked.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Takes steps until nothing is due at `now` any more: for tests, whose time stands still.
    #[cfg(test)]
    pub async fn work_off(&self, db: &Db, now: Millis) {
        while self.round(db, now).await == Round::Worked {}
    }

    /// A step of each resend that is due.
    async fn round(&self, db: &Db, now: Millis) -> Round {
        let due = match resends::due(db, now, TOGETHER).await {
            Ok(due) => due,
            Err(cause) => {
                tracing::warn!(%cause, "resends were not looked for");
                return Round::Idle;
            }
        };
        let mut came_to = Round::Idle;
        for id in due {
            match work::step(db, id, now).await {
                Ok(Step::More | Step::Ended) => {
                    self.wake_dispatch();
                    came_to = Round::Worked;
                }
                Ok(Step::Wait) if came_to == Round::Idle => came_to = Round::Waited,
                Ok(Step::Wait | Step::NotOurs) => {}
                Err(cause) => {
                    tracing::error!(%cause, %id, "a resend did not get on; it is tried again");
                    if let Err(cause) = resends::put_off(db, id, now + PUT_OFF).await {
                        tracing::warn!(%cause, %id, "it is tried again at once");
                    }
                }
            }
        }
        came_to
    }
}
