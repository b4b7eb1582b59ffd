//! Group commit: one task takes all requests that wait, writes them in one transaction (load, decide, write) and answers each. Consent
//! statuses go first: what came with or after a refusal must not slip out before it.
//! There is no timer: the busier it is, the more a commit carries.

use super::answer::{BUSY_SECONDS, Refusal};
use crate::model::Millis;
use crate::server::db::api_keys::{self, KeyOwner};
use crate::server::db::message_ids::{self, Seen};
use crate::server::db::{self, Committed, Db, Tx, changes, consents, days, erased_ids, facts};
use crate::server::decide::changes::Changes;
use crate::server::decide::consent::{ConsentStatus, keys_of};
use crate::server::decide::facts::{Facts, Message};
use crate::server::decide::{consent, decide, keys};
use crate::server::erasure::Salt;
use crate::server::{metrics, now, trouble};
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
/// A consent status takes a few statements of its own, as many as a handful of messages.
const CONSENT_SIZE: usize = 20;
/// A key's last use is shown to the minute.
pub const LAST_USED_EVERY: Millis = 60_000;

/// In place of a key's id: messages that Postbacks makes itself.
pub const OURS: Uuid = Uuid::nil();

/// What a validated request wants written.
#[derive(Debug, Clone)]
pub enum Wanted {
    Messages(Vec<Arc<Message>>),
    /// A player's consent, and where it was given.
    Consent(ConsentStatus, String),
}

impl Wanted {
    fn messages(&self) -> &[Arc<Message>] {
        match self {
            Self::Messages(messages) => messages,
            Self::Consent(..) => &[],
        }
    }

    /// Its part of `MESSAGES_A_COMMIT`.
    fn size(&self) -> usize {
        match self {
            Self::Messages(messages) => messages.len(),
            Self::Consent(..) => CONSENT_SIZE,
        }
    }
}

/// A request on its way to the database.
struct Request {
    key: KeyOwner,
    wanted: Wanted,
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
    pub fn start(db: Db, salt: Salt, wake: Arc<Notify>) -> Self {
        let (requests, waiting) = mpsc::channel(WAITING_REQUESTS);
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        tasks.spawn(run(Books { db, salt, seen: Seen::default() }, Answering { wake, tasks: tasks.clone() }, waiting, stop.clone()));
        tasks.close();
        Self { requests, room: Arc::new(Semaphore::new(WAITING_BYTES)), stop, tasks }
    }

    /// Makes room for a body of so many bytes, before it is parsed.
    pub fn room(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Refusal> {
        let bytes = u32::try_from(bytes.max(1)).expect("bodies are capped far below 4 GiB");
        self.room.clone().try_acquire_many_owned(bytes).map_err(|_| BUSY)
    }

    /// Returns once what is wanted is durable. On an error nothing of it was stored.
    pub async fn write(&self, key: KeyOwner, wanted: Wanted, room: OwnedSemaphorePermit) -> Result<(), Refusal> {
        let (answer, answered) = oneshot::channel();
        self.requests.try_send(Request { key, wanted, answer, _room: room }).map_err(|error| match error {
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

/// Where it is written, the salt under which those stand who are to be kept out, and what is known of messages that were seen.
struct Books {
    db: Db,
    salt: Salt,
    seen: Seen,
}

async fn run(mut books: Books, answering: Answering, mut waiting: mpsc::Receiver<Request>, stop: CancellationToken) {
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled(), if !waiting.is_closed() => waiting.close(),
            first = waiting.recv() => match first {
                Some(first) => write_all(&mut books, &answering, take(first, &mut waiting)).await,
                None => return,
            },
        }
    }
}

/// The first request and all that wait behind it, up to a transaction's worth.
fn take(first: Request, waiting: &mut mpsc::Receiver<Request>) -> Vec<Request> {
    let mut size = first.wanted.size();
    let mut requests = vec![first];
    while size < MESSAGES_A_COMMIT
        && let Ok(next) = waiting.try_recv()
    {
        size += next.wanted.size();
        requests.push(next);
    }
    requests
}

/// Writes the requests together. If that fails they are written one by one, so that a bad one fails alone.
async fn write_all(books: &mut Books, answering: &Answering, requests: Vec<Request>) {
    let begun = Instant::now();
    let mut tried = commit(books, &requests).await;
    if matches!(&tried, Err(Failed::Database(error)) if days::was_missing(&books.db, error)) {
        tried = commit(books, &requests).await;
    }
    let failed = match tried {
        Ok(done) => return answering.begin(requests, done, begun),
        Err(failed) => failed,
    };
    if requests.len() == 1 || failed.is_everybodys() {
        return refuse(requests, &failed);
    }
    for request in requests {
        let alone = vec![request];
        match commit(books, &alone).await {
            Ok(done) => answering.begin(alone, done, begun),
            Err(failed) => refuse(alone, &failed),
        }
    }
}

fn refuse(requests: Vec<Request>, failed: &Failed) {
    for request in requests {
        drop(request.answer.send(Err(failed.refusal())));
    }
}

/// Answers what was committed once it is durable, while the next transaction is at work.
struct Answering {
    wake: Arc<Notify>,
    tasks: TaskTracker,
}

impl Answering {
    fn begin(&self, requests: Vec<Request>, done: Done, begun: Instant) {
        let wake = self.wake.clone();
        self.tasks.spawn(async move {
            if let Err(error) = done.committed.durable().await {
                return refuse(requests, &error.into());
            }
            metrics::committed(begun.elapsed());
            trouble::is_over();
            if done.queued {
                wake.notify_one();
            }
            for request in requests {
                let result = if done.alive.contains(&request.key.key_id) { Ok(()) } else { Err(Refusal::UnknownKey) };
                // A client that is gone sends the same messages again, and they count once.
                drop(request.answer.send(result));
            }
        });
    }
}

/// What a commit brought.
struct Done {
    /// Keys that still existed; messages under others were left out.
    alive: HashSet<Uuid>,
    /// Whether postbacks were queued.
    queued: bool,
    committed: Committed,
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
        matches!(self, Self::Database(error) if db::is_away(error))
    }

    fn refusal(&self) -> Refusal {
        match self {
            Self::Database(error) => Refusal::unavailable(error),
            Self::Panic => Refusal::Broken,
        }
    }
}

impl From<db::Error> for Failed {
    fn from(error: db::Error) -> Self {
        Self::Database(error)
    }
}

async fn commit(Books { db, salt, seen }: &mut Books, requests: &[Request]) -> Result<Done, Failed> {
    let now = now();
    let mut tx = db.begin().await?;
    let games: BTreeSet<Uuid> = requests.iter().map(|request| request.key.game_id).collect();
    facts::lock(&mut tx, &games).await?;
    let shown: BTreeSet<Uuid> = requests.iter().map(|request| request.key.key_id).collect();
    let mut alive = api_keys::used(&mut tx, &shown, now, LAST_USED_EVERY).await?;
    alive.insert(OURS);
    for request in requests.iter().filter(|request| alive.contains(&request.key.key_id)) {
        if let Wanted::Consent(status, source) = &request.wanted {
            set_consent(&mut tx, salt, status, source, now).await?;
        }
    }
    let batch = new_messages(&mut tx, seen, requests, &alive, now).await?;
    let mut queued = false;
    if !batch.is_empty() {
        let mut facts = facts::load(&mut tx, &batch, now).await?;
        facts.erased = erased_ids::among(&mut tx, salt, &keys::of_batch(&batch)).await?;
        let changes = caught(|| decide(batch, facts, now))?;
        changes::write(&mut tx, &changes, now).await?;
        queued = !changes.postbacks.is_empty();
    }
    let committed = tx.commit_early().await?;
    Ok(Done { alive, queued, committed })
}

/// The messages under living keys that were never seen before, each once.
async fn new_messages(
    tx: &mut Tx,
    seen: &mut Seen,
    requests: &[Request],
    alive: &HashSet<Uuid>,
    now: Millis,
) -> db::Result<Vec<Arc<Message>>> {
    let sent = || requests.iter().filter(|request| alive.contains(&request.key.key_id)).flat_map(|request| request.wanted.messages());
    let ids: Vec<(Uuid, Uuid)> = sent().map(|message| (message.game_id, message.message_id)).collect();
    let mut new = message_ids::claim(tx, seen, &ids, now).await?;
    Ok(sent().filter(|message| new.remove(&(message.game_id, message.message_id))).cloned().collect())
}

/// Of an id that was erased nothing is kept, also not what it wants: nothing of it goes out in any case.
async fn set_consent(tx: &mut Tx, salt: &Salt, status: &ConsentStatus, source: &str, now: Millis) -> Result<(), Failed> {
    let keys = keys_of(status);
    if !erased_ids::among(tx, salt, &keys).await?.is_empty() {
        return Ok(());
    }
    let mut facts = Facts::default();
    facts::load_ids(tx, &keys, &mut facts).await?;
    let changes = caught(|| consent(status, facts, now))?;
    changes::write(tx, &changes, now).await?;
    Ok(consents::note_source(tx, status.game_id, &status.anonymous_id, status.time, source).await?)
}

fn caught(decide: impl FnOnce() -> Changes) -> Result<Changes, Failed> {
    std::panic::catch_unwind(AssertUnwindSafe(decide)).map_err(|_| Failed::Panic)
}
