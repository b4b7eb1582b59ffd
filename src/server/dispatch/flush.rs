//! Writes results: all that wait, in one transaction. A result is not given up because the database is away for a moment.

use crate::server::db::results::{self, Results};
use crate::server::db::{self, Db, Error};
use crate::server::{metrics, trouble};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// Results that may wait to be written; beyond, calls wait.
const WAITING: usize = 1_024;
/// A transaction is full with so many results.
const MOST_RESULTS: usize = 2_048;
/// How often a transaction that the database refuses is tried; one that it cannot be reached for is tried for ever.
const TRIES: u32 = 6;
const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

struct Message {
    results: Results,
    written: Option<oneshot::Sender<()>>,
}

/// The way to the writer.
#[derive(Clone)]
pub struct Flush(mpsc::Sender<Message>);

impl Flush {
    /// Starts the writer; it ends when every way to it is dropped and all is written.
    pub fn start(db: Db) -> (Self, JoinHandle<()>) {
        let (sender, receiver) = mpsc::channel(WAITING);
        (Self(sender), tokio::spawn(write_all(db, receiver)))
    }

    /// Hands results to the writer; with `wait`, returns when they are written.
    pub async fn write(&self, results: Results, wait: bool) {
        let (written, done) = wait.then(oneshot::channel).unzip();
        // It is gone only after a shutdown that ran out of time; the leases then run out too.
        if self.0.send(Message { results, written }).await.is_ok()
            && let Some(done) = done
        {
            let _ = done.await;
        }
    }
}

async fn write_all(db: Db, mut receiver: mpsc::Receiver<Message>) {
    while let Some(first) = receiver.recv().await {
        let (mut count, mut messages) = (first.results.finishes.len(), vec![first]);
        while count < MOST_RESULTS
            && let Ok(message) = receiver.try_recv()
        {
            count += message.results.finishes.len();
            messages.push(message);
        }
        let (all, written): (Vec<Results>, Vec<_>) = messages.into_iter().map(|message| (message.results, message.written)).unzip();
        if let Err(error) = write(&db, &all).await {
            // One of them may be what the database refuses: the others must not go down with it.
            tracing::error!(%error, calls = all.len(), "results are written one call at a time");
            for one in &all {
                if let Err(error) = write(&db, std::slice::from_ref(one)).await {
                    tracing::error!(%error, "a result is lost; its postbacks are sent again when their leases end");
                }
            }
        }
        for written in written.into_iter().flatten() {
            // Who asked may be gone by now.
            let _ = written.send(());
        }
    }
}

async fn write(db: &Db, results: &[Results]) -> Result<(), Error> {
    let (mut wait, mut tries) = (FIRST_WAIT, 0);
    loop {
        let error = match results::finish(db, results).await {
            Ok(()) => {
                trouble::is_over();
                for park in results.iter().flat_map(|results| &results.parks) {
                    metrics::parked(park.connection_id, park.cause);
                }
                for finish in results.iter().flat_map(|results| &results.finishes) {
                    metrics::attempt_logged(&finish.of.network, finish.attempt.status);
                }
                return Ok(());
            }
            Err(error) => error,
        };
        if db::days::was_missing(db, &error) {
            tracing::warn!(%error, "a day of the log that was let go is made anew");
        }
        if db::is_away(&error) {
            trouble::begins(&error);
        } else {
            tries += 1;
            tracing::warn!(%error, "results are not written yet");
        }
        if tries >= TRIES {
            return Err(error);
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}
