//! PURE: when a postback is tried again, and when and why it ends. Time and randomness come in.

use crate::model::connection::ParkCause;
use crate::model::{HOUR, MINUTE, Millis, SECOND};
use crate::server::networks::contract::Outcome;

/// Waits after the first, second, … try that may work later; the last one repeats.
const SCHEDULE: [Millis; 6] = [10 * SECOND, MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 6 * HOUR];
/// Retries end this long after the first attempt; time spent parked does not count.
const GIVE_UP_AFTER: Millis = 72 * HOUR;
/// A wait is drawn from its length to this much more, so that what failed together does not come back together.
const JITTER: f64 = 0.2;
/// A longer wait than this is taken for a proxy's mistake.
const LONGEST_WAIT: Millis = 24 * HOUR;
/// A network that names waits shorter than the schedule's is obeyed this often; then the schedule holds, so that tries are bounded.
const SHORT_WAITS: i32 = 10;
/// Nothing is sent this close to the end of the network's dedup window: the call itself takes time.
const WINDOW_MARGIN: Millis = MINUTE;
/// How many drains may be refused for missing rights before the postback fails, so that one cannot park the rest for ever.
const REFUSED_DRAINS: i32 = 5;

/// What is known of a postback before a try. Times are Unix milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct History {
    /// Steps of the schedule that are used up: a refusal of the connection uses none.
    pub steps: i32,
    /// Refusals for missing rights, in a row.
    pub refusals: i32,
    /// When retries end; None before the first attempt.
    pub give_up_at: Option<Millis>,
    /// The first attempt that the network may have taken without our knowing.
    pub unknown_since: Option<Millis>,
    /// When the network stops taking the event for its age.
    pub expires_at: Millis,
    /// How long the network recognises a repeated dedup id.
    pub dedup_window: Millis,
}

/// One try and what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Try {
    pub started: Millis,
    pub ended: Millis,
    pub outcome: Outcome,
    /// A random number from 0 to 1.
    pub jitter: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    Accepted,
    Again { at: Millis },
    Park { cause: ParkCause },
    Failed(Failure),
    Expired,
}

/// Why a postback ends without the network's yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The network refuses what it says.
    Payload,
    /// 72 h of retries are over.
    GaveUp,
    /// It may have been taken, and after the dedup window a repetition could count twice.
    UnknownResult,
    /// Refused for missing rights again and again.
    NoPermission,
    /// Claimed again and again without a recorded result: something about it stops the process.
    Poison,
    /// A test event whose connection has no test code any more.
    TestWithoutCode,
    /// Stored in a form that this version does not read.
    Unreadable,
    /// The network would refuse it, for the reason given in this sentence.
    Unfit(&'static str),
}

/// What to do, and what is known from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    pub next: Next,
    pub steps: i32,
    pub refusals: i32,
    pub give_up_at: Millis,
    pub unknown_since: Option<Millis>,
}

/// What follows from a try.
pub fn next(history: &History, tried: &Try) -> Step {
    let give_up_at = history.give_up_at.unwrap_or(tried.started + GIVE_UP_AFTER);
    let unknown = matches!(tried.outcome, Outcome::Transient { unknown: true, .. });
    let unknown_since = history.unknown_since.or(unknown.then_some(tried.started));
    let refusals = if matches!(tried.outcome, Outcome::Permission | Outcome::Closed) { history.refusals + 1 } else { 0 };
    let later = matches!(tried.outcome, Outcome::Transient { .. } | Outcome::Throttled { .. });
    let steps = history.steps + i32::from(later);
    let next = match tried.outcome {
        Outcome::Accepted { .. } | Outcome::NotCredited { .. } => Next::Accepted,
        Outcome::Payload => Next::Failed(Failure::Payload),
        Outcome::Credentials => Next::Park { cause: ParkCause::Credentials },
        // The first refusal parks; each later one is a drain.
        Outcome::Permission | Outcome::Closed if refusals > REFUSED_DRAINS => Next::Failed(Failure::NoPermission),
        Outcome::Permission => Next::Park { cause: ParkCause::Permission },
        Outcome::Closed => Next::Park { cause: ParkCause::Closed },
        Outcome::Transient { wait, .. } | Outcome::Throttled { wait } => {
            let at = tried.ended + waits(history.steps, wait, tried.jitter);
            let ends = [
                Some((history.expires_at, Next::Expired)),
                unknown_since.map(|since| (window_end(since, history.dedup_window), Next::Failed(Failure::UnknownResult))),
                Some((give_up_at + 1, Next::Failed(Failure::GaveUp))),
            ];
            ends.into_iter()
                .flatten()
                .filter(|(end, _)| at >= *end)
                .min_by_key(|(end, _)| *end)
                .map_or(Next::Again { at }, |(_, next)| next)
        }
    };
    Step { next, steps, refusals, give_up_at, unknown_since }
}

/// Why the postback must not be sent (any more) at `now`, if so: asked before every call, because parked and crashed time passes too.
pub fn over(history: &History, now: Millis) -> Option<Next> {
    let too_late = history.unknown_since.is_some_and(|since| now >= window_end(since, history.dedup_window));
    match () {
        () if now >= history.expires_at => Some(Next::Expired),
        () if too_late => Some(Next::Failed(Failure::UnknownResult)),
        () => None,
    }
}

fn window_end(unknown_since: Millis, window: Millis) -> Millis {
    unknown_since + window - WINDOW_MARGIN
}

/// How long to wait after the try that follows so many used steps; never less than what the network asked for.
fn waits(steps: i32, asked: Option<Millis>, jitter: f64) -> Millis {
    let step = usize::try_from(steps).unwrap_or(0).min(SCHEDULE.len() - 1);
    let wait = match asked.map(|wait| wait.clamp(SECOND, LONGEST_WAIT)) {
        Some(wait) if steps >= SHORT_WAITS => wait.max(SCHEDULE[step]),
        Some(wait) => wait,
        None => SCHEDULE[step],
    };
    wait + (wait as f64 * JITTER * jitter.clamp(0.0, 1.0)) as Millis
}

#[cfg(test)]
#[path = "retry_tests.rs"]
mod tests;
