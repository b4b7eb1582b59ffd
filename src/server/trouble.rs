//! The database is out of reach, full or read-only: the operator reads it in one line when it begins, one a minute while it lasts, and one when
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
    said: Instant,
    times: u64,
}

/// Something could not be stored.
pub fn begins(error: &Error) {
    let (mut now, at) = (lock(), Instant::now());
    let lasting = now.get_or_insert(Lasting { since: at, said: at, times: 0 });
    lasting.times += 1;
    TROUBLE.store(true, Ordering::Release);
    if lasting.times == 1 {
        tracing::error!(%error, "the database cannot keep anything just now: messages are refused with 503, postbacks wait, both go on by themselves");
    } else if at - lasting.said >= REMIND_EVERY {
        lasting.said = at;
        tracing::error!(%error, seconds = (at - lasting.since).as_secs(), times = lasting.times, "the database still cannot keep anything");
    }
}

/// Something was stored.
pub fn is_over() {
    if !TROUBLE.load(Ordering::Acquire) {
        return;
    }
    if let Some(lasted) = lock().take() {
        TROUBLE.store(false, Ordering::Release);
        tracing::info!(seconds = lasted.since.elapsed().as_secs(), times = lasted.times, "the database works again");
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

fn lock() -> std::sync::MutexGuard<'static, Option<Lasting>> {
    NOW.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
