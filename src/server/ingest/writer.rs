//! Group commit: one task takes all requests that wait, writes them in one transaction (load, decide, write) and answers each.
//! There is no timer: the busier it is, the more a commit carries.

use super::answer::{BUSY_SECONDS, Refusal};
use crate::model::Millis;
use crate::server::db::api_keys::{self, KeyOwner};
use crate::server::db::{self, Db, Tx, changes, facts, message_ids};
use crate::server::decide::changes::Changes;
use crate::server::decide::decide;
use crate::server::decide::facts::{Facts, Message};
use crate::server::{metrics, now};
use std::collections::{BTreeSet, HashSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

/// Requests that may wait; with 100 messages each that is some seconds of work.
const WAITING_REQUESTS: usize = 1_024;
/// Bytes of bodies that may wait: parsed, they take several times as much memory.
const WAITING_BYTES: usize = 32 * 1024 * 1024;
/// A transaction takes no more requests once it holds so many messages: others wait for the database, too.
const MESSAGES_A_COMMIT: usize = 2_000;
/// A key's last use is shown to the minute.
const LAST_USED_EVERY: Millis = 60_000;

/// In place of a key's id: messages that Postbacks makes itself.
pub const OURS: Uuid = Uuid::nil();

/// A validated request on its way to the database.
struct Request {
    key: KeyOwner,
    messages: Vec<Message>,
    answer: oneshot::Sender<Result<(), Refusal>>,
    /// Its share of `WAITING_BYTES`.
    _room: OwnedSemaphorePermit,
}

/// The way to the writer task.
pub struct Writer {
    requests: mpsc::Sender<Request>,
    room: Arc<Semaphore>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Writer {
    /// Starts the task. `wake` is told when postbacks were queued.
    pub fn start(db: Db, wake: Arc<Notify>) -> Self {
        let (requests, waiting) = mpsc::channel(WAITING_REQUESTS);
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        tasks.spawn(run(db, wake, waiting, stop.clone()));
        tasks.close();
        Self { requests, room: Arc::new(Semaphore::new(WAITING_BYTES)), stop, tasks }
    }

    /// Makes room for a body of so many bytes, before it is parsed.
    pub fn room(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Refusal> {
        let bytes = u32::try_from(bytes.max(1)).expect("bodies are capped far below 4 GiB");
        self.room.clone().try_acquire_many_owned(bytes).map_err(|_| BUSY)
    }

    /// Returns once the messages are durable. On an error nothing of them was stored.
    pub async fn write(&self, key: KeyOwner, messages: Vec<Message>, room: OwnedSemaphorePermit) -> Result<(), Refusal> {
        let (answer, answered) = oneshot::channel();
        self.requests.try_send(Request { key, messages, answer, _room: room }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => BUSY,
            mpsc::error::TrySendError::Closed(_) => Refusal::Unavailable,
        })?;
        answered.await.unwrap_or(Err(Refusal::Unavailable))
    }

    /// Takes no more, writes what waits, and returns when that is done.
    pub async fn stop(&self) {
        self.stop.cancel();
        self.tasks.wait().await;
    }
}

const BUSY: Refusal = Refusal::TooMany { seconds: BUSY_SECONDS };

async fn run(db: Db, wake: Arc<Notify>, mut waiting: mpsc::Receiver<Request>, stop: CancellationToken) {
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled(), if !waiting.is_closed() => waiting.close(),
            first = waiting.recv() => match first {
                Some(first) => write_all(&db, &wake, take(first, &mut waiting)).await,
                None => return,
            },
        }
    }
}

/// The first request and all that wait behind it, up to a transaction's worth.
fn take(first: Request, waiting: &mut mpsc::Receiver<Request>) -> Vec<Request> {
    let mut messages = first.messages.len();
    let mut requests = vec![first];
    while messages < MESSAGES_A_COMMIT
        && let Ok(next) = waiting.try_recv()
    {
        messages += next.messages.len();
        requests.push(next);
    }
    requests
}

/// Writes the requests together. If that fails they are written one by one, so that a bad one fails alone.
async fn write_all(db: &Db, wake: &Notify, requests: Vec<Request>) {
    let begun = Instant::now();
    let failed = match commit(db, &requests).await {
        Ok(done) => {
            metrics::committed(begun.elapsed());
            return answer(wake, requests, done);
        }
        Err(failed) => failed,
    };
    if requests.len() == 1 || failed.is_everybodys() {
        for request in requests {
            drop(request.answer.send(Err(failed.refusal())));
        }
        return;
    }
    for request in requests {
        let alone = vec![request];
        match commit(db, &alone).await {
            Ok(done) => answer(wake, alone, done),
            Err(failed) => alone.into_iter().for_each(|request| drop(request.answer.send(Err(failed.refusal())))),
        }
    }
}

fn answer(wake: &Notify, requests: Vec<Request>, done: Done) {
    if done.queued {
        wake.notify_one();
    }
    for request in requests {
        let result = if done.alive.contains(&request.key.key_id) { Ok(()) } else { Err(Refusal::UnknownKey) };
        // A client that is gone sends the same messages again, and they count once.
        drop(request.answer.send(result));
    }
}

/// What a commit brought.
struct Done {
    /// Keys that still existed; messages under others were left out.
    alive: HashSet<Uuid>,
    /// Whether postbacks were queued.
    queued: bool,
}

/// Why a commit failed.
enum Failed {
    Database(db::Error),
    /// `decide` panicked: a bug that these messages bring out.
    Panic,
}

impl Failed {
    /// Whether the database is out of reach, so that trying one by one is of no use.
    fn is_everybodys(&self) -> bool {
        matches!(
            self,
            Self::Database(
                db::Error::Io(_) | db::Error::PoolTimedOut | db::Error::PoolClosed | db::Error::Tls(_) | db::Error::WorkerCrashed
            )
        )
    }

    fn refusal(&self) -> Refusal {
        match self {
            Self::Database(error) => {
                tracing::error!(%error, "messages could not be stored");
                Refusal::Unavailable
            }
            Self::Panic => Refusal::Broken,
        }
    }
}

impl From<db::Error> for Failed {
    fn from(error: db::Error) -> Self {
        Self::Database(error)
    }
}

async fn commit(db: &Db, requests: &[Request]) -> Result<Done, Failed> {
    let now = now();
    let mut tx = db.begin().await?;
    let games: BTreeSet<Uuid> = requests.iter().map(|request| request.key.game_id).collect();
    facts::lock(&mut tx, &games).await?;
    let keys: BTreeSet<Uuid> = requests.iter().map(|request| request.key.key_id).collect();
    let mut alive = api_keys::used(&mut tx, &keys, now, LAST_USED_EVERY).await?;
    alive.insert(OURS);
    let batch = new_messages(&mut tx, requests, &alive, now).await?;
    let mut queued = false;
    if !batch.is_empty() {
        let facts = facts::load(&mut tx, &batch, now).await?;
        let changes = decided(batch, facts, now)?;
        changes::write(&mut tx, &changes, now).await?;
        queued = !changes.postbacks.is_empty();
    }
    tx.commit().await?;
    Ok(Done { alive, queued })
}

/// The messages under living keys that were never seen before, each once.
async fn new_messages(tx: &mut Tx, requests: &[Request], alive: &HashSet<Uuid>, now: Millis) -> db::Result<Vec<Message>> {
    let sent = || requests.iter().filter(|request| alive.contains(&request.key.key_id)).flat_map(|request| &request.messages);
    let ids: Vec<(Uuid, Uuid)> = sent().map(|message| (message.game_id, message.message_id)).collect();
    let mut new = message_ids::claim(tx, &ids, now).await?;
    Ok(sent().filter(|message| new.remove(&(message.game_id, message.message_id))).cloned().collect())
}

fn decided(batch: Vec<Message>, facts: Facts, now: Millis) -> Result<Changes, Failed> {
    std::panic::catch_unwind(AssertUnwindSafe(|| decide(batch, facts, now))).map_err(|_| Failed::Panic)
}
