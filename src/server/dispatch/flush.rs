//! Writes results: all that wait, in one transaction; a second one beside it where many wait. A result is not given up because the
//! database is away for a moment.

use crate::server::db::results::{self, Results};
use crate::server::db::{self, Db, Error};
use crate::server::{metrics, trouble};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinError, JoinHandle, JoinSet};

/// Results that may wait to be written; beyond, calls wait.
const WAITING: usize = 1_024;
/// A transaction is full with so many results.
const MOST_RESULTS: usize = 2_048;
/// So many transactions are under way at once at the most: while the database is at one, or waits for the disk, the next is put together.
const AT_ONCE: usize = 2;
/// For fewer results no second one begins: they go with those that come meanwhile.
const ENOUGH: usize = 256;
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

/// What one transaction is to write.
#[derive(Default)]
struct Writing {
    results: Vec<Results>,
    count: usize,
    written: Vec<oneshot::Sender<()>>,
}

impl Writing {
    fn add(&mut self, Message { results, written }: Message) {
        self.count += results.finishes.len();
        self.results.push(results);
        self.written.extend(written);
    }

    /// Takes what waits, as far as there is room.
    fn fill(&mut self, receiver: &mut mpsc::Receiver<Message>) {
        while self.count < MOST_RESULTS
            && let Ok(message) = receiver.try_recv()
        {
            self.add(message);
        }
    }

    /// Whether it is to begin beside so many others.
    fn may_begin(&self, under_way: usize) -> bool {
        under_way == 0 || (under_way < AT_ONCE && self.count >= ENOUGH)
    }
}

async fn write_all(db: Db, mut receiver: mpsc::Receiver<Message>) {
    let mut under_way = JoinSet::new();
    while let Some(first) = receiver.recv().await {
        let mut writing = Writing::default();
        writing.add(first);
        writing.fill(&mut receiver);
        while !writing.may_begin(under_way.len()) {
            tokio::select! {
                Some(ended) = under_way.join_next() => learn(ended),
                Some(message) = receiver.recv(), if writing.count < MOST_RESULTS => writing.add(message),
            }
            writing.fill(&mut receiver);
        }
        under_way.spawn(carry_out(db.clone(), writing));
    }
    while let Some(ended) = under_way.join_next().await {
        learn(ended);
    }
}

fn learn(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "results are lost; their postbacks are sent again when their leases end");
    }
}

async fn carry_out(db: Db, Writing { results, written, .. }: Writing) {
    if let Err(error) = write(&db, &results).await {
        // One of them may be what the database refuses: the others must not go down with it.
        tracing::error!(%error, calls = results.len(), "results are written one call at a time");
        for one in &results {
            if let Err(error) = write(&db, std::slice::from_ref(one)).await {
                tracing::error!(%error, "a result is lost; its postbacks are sent again when their leases end");
            }
        }
    }
    for written in written {
        // Who asked may be gone by now.
        let _ = written.send(());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_transaction_begins_for_many_results_alone() {
        let of = |count| Writing { count, ..Writing::default() };
        assert!(of(1).may_begin(0) && of(0).may_begin(0));
        assert!(!of(ENOUGH - 1).may_begin(1) && of(ENOUGH).may_begin(1));
        assert!(!of(MOST_RESULTS).may_begin(AT_ONCE));
    }
}
