//! The database is out of reach, full or read-only: the operator reads it in one line when it begins, one a minute while it lasts or comes and goes, and one when
//! it is over, however many requests and postbacks meet it.

use super::db::{self, Error};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const REMIND_EVERY: Duration = Duration::from_secs(60);

/// Asked on every commit.
static TROUBLE: AtomicBool = AtomicBool::new(false);
static NOW: Mutex<Option<Lasting>> = Mutex::new(None);

struct Lasting {
    since: Instant,
    times: u64,
    /// Whether its begin was said; not where another one had been a moment before.
    said: bool,
}

/// When the operator was last told of trouble: one that comes and goes is told of no more often than one that stays.
static TOLD: Mutex<Option<Instant>> = Mutex::new(None);

/// Something could not be stored.
pub fn begins(error: &Error) {
    let (mut now, mut told, at) = (lock(&NOW), lock(&TOLD), Instant::now());
    let lasting = now.get_or_insert(Lasting { since: at, times: 0, said: false });
    lasting.times += 1;
    TROUBLE.store(true, Ordering::Release);
    if told.is_some_and(|told| at - told < REMIND_EVERY) {
        return;
    }
    *told = Some(at);
    lasting.said = true;
    if lasting.times == 1 {
        tracing::error!(%error, "the database cannot keep anything just now: messages are refused with 503, postbacks wait, both go on by themselves");
    } else {
        tracing::error!(%error, seconds = (at - lasting.since).as_secs(), times = lasting.times, "the database still cannot keep anything");
    }
}

/// Something was stored.
pub fn is_over() {
    if !TROUBLE.load(Ordering::Acquire) {
        return;
    }
    if let Some(lasted) = lock(&NOW).take() {
        TROUBLE.store(false, Ordering::Release);
        if lasted.said {
            tracing::info!(seconds = lasted.since.elapsed().as_secs(), times = lasted.times, "the database works again");
        }
    }
}

/// Whether something could not be stored, and nothing was since.
pub fn lasts() -> bool {
    TROUBLE.load(Ordering::Acquire)
}

/// For what goes on by itself: the trouble with the database once, everything else each time, in these words.
pub fn met(error: &Error, otherwise: &str) {
    if db::is_away(error) {
        begins(error);
    } else {
        tracing::warn!(%error, "{otherwise}");
    }
}

fn lock<T>(mutex: &'static Mutex<T>) -> std::sync::MutexGuard<'static, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
