//! The other processes on the same PostgreSQL: how many there are, for what networks take of all of them together; what they tell, and what
//! they are told. A SQLite file has one process.

use super::Dispatch;
use crate::server::db::{notices, processes};
use crate::server::trouble;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How often it says that it lives.
const BEAT: Duration = Duration::from_secs(1);
/// Notices in a burst are one.
const BURST: Duration = Duration::from_millis(50);
/// After it could not listen.
const AGAIN: Duration = Duration::from_secs(1);

/// What is known here of all processes. Clones share it.
#[derive(Clone)]
pub struct Others {
    own: Uuid,
    living: Arc<AtomicUsize>,
    /// Something here is for the others to know.
    tell: Arc<Notify>,
    /// One of the others told something.
    heard: Arc<Notify>,
}

impl Default for Others {
    fn default() -> Self {
        Self { own: Uuid::new_v4(), living: Arc::new(AtomicUsize::new(1)), tell: Arc::default(), heard: Arc::default() }
    }
}

impl Others {
    /// How many processes share the quotas, this one included.
    pub fn sharers(&self) -> usize {
        self.living.load(Ordering::Relaxed).max(1)
    }

    /// Has the others told.
    pub fn tell(&self) {
        self.tell.notify_one();
    }

    /// Returns when one of the others told something.
    pub async fn heard(&self) {
        self.heard.notified().await;
    }

    /// Counts the living once. When that fails, they are as many as they were.
    pub async fn count(&self, dispatch: &Dispatch) {
        match processes::beat(&dispatch.db, self.own).await {
            Ok(living) => {
                if self.living.swap(living, Ordering::Relaxed) != living {
                    tracing::info!(living, "processes share what networks take");
                }
            }
            Err(error) => trouble::met(&error, "nobody knows how many processes there are"),
        }
    }
}

/// Lives beside the loop until `shutdown`, and takes leave.
pub async fn run(dispatch: &Dispatch, shutdown: &CancellationToken) {
    let others = &dispatch.others;
    tokio::select! {
        () = shutdown.cancelled() => {}
        _ = async { tokio::join!(beat(dispatch), tell(dispatch), hear(dispatch)) } => {}
    }
    if let Err(error) = processes::leave(&dispatch.db, others.own).await {
        trouble::met(&error, "the others find out in a few seconds that this process ended");
    }
}

async fn beat(dispatch: &Dispatch) {
    loop {
        sleep(BEAT).await;
        dispatch.others.count(dispatch).await;
    }
}

async fn tell(dispatch: &Dispatch) {
    loop {
        dispatch.others.tell.notified().await;
        if let Err(error) = notices::tell(&dispatch.db, dispatch.others.own).await {
            trouble::met(&error, "the other processes find out at their next poll");
        }
        sleep(BURST).await;
    }
}

async fn hear(dispatch: &Dispatch) {
    loop {
        match notices::listen(&dispatch.db).await {
            Ok(None) => return std::future::pending().await,
            Ok(Some(mut ear)) => {
                while ear.hears(dispatch.others.own).await.is_ok() {
                    dispatch.others.heard.notify_one();
                }
            }
            Err(error) => trouble::met(&error, "what the other processes tell is not heard"),
        }
        sleep(AGAIN).await;
    }
}
