//! One call of events, from the token that it shows to what its answer means. Where the stored secret buys access tokens, one that turns
//! out to be stale is bought anew and the call made once more; only then does a refusal count.

use super::meaning::Brought;
use super::target::Target;
use super::{Clock, Dispatch};
use crate::model::Millis;
use crate::server::access::{NotBought, Shop};
use crate::server::networks::contract::{Answer, ConnectError, Destination, Event, Events, Outcome, Request, Verdict};
use crate::server::networks::http::{Exchange, NoAnswer};
use secrecy::SecretString;

/// A call that was made, and what came of it.
pub struct Called {
    pub request: Request,
    pub started: Millis,
    pub latency_ms: Millis,
    pub brought: Brought,
    pub verdict: Verdict,
    /// What the network calls the request, where its yes is a receipt.
    pub receipt: Option<String>,
    pub response: Option<String>,
    pub note: Option<&'static str>,
    /// The wait that the network asked all callers for.
    pub pause: Option<Millis>,
    pub count: usize,
}

/// Sends the events (all test or all not).
pub async fn call(dispatch: &Dispatch, target: &Target, events: &[Event], clock: Clock) -> Called {
    let request = |to: &Destination| target.network.request(&dispatch.settings, to, events);
    let made = match make(dispatch, target, request, clock).await {
        Ok(made) => made,
        Err(none) => return not_bought(dispatch, target, events, none, clock.now()),
    };
    came_back(target, made, events.len(), of_test(events))
}

/// PURE: what the answer to a call of so many events means.
pub fn came_back(target: &Target, made: Made, sent: usize, test: bool) -> Called {
    let Made { request, started, exchange, count } = made;
    let (brought, verdict, answer) = read(target, exchange.result, sent, test);
    Called {
        request,
        started,
        latency_ms: exchange.latency_ms,
        pause: pause(answer.as_ref(), &verdict),
        receipt: answer.as_ref().and_then(|answer| receipt(target, answer, &verdict, test)),
        response: answer.map(|answer| answer.body),
        brought,
        verdict,
        note: exchange.note,
        count,
    }
}

/// A call that came back, or not.
pub struct Made {
    pub request: Request,
    pub started: Millis,
    pub exchange: Exchange,
    /// How often it was made.
    pub count: usize,
}

/// Makes a call with the token that it is to show; once more, where that turns out to be stale.
pub async fn make(
    dispatch: &Dispatch,
    target: &Target,
    request: impl Fn(&Destination) -> Request + Sync,
    clock: Clock,
) -> Result<Made, NotBought> {
    let first = token(dispatch, target, None, clock.now()).await?;
    let made = with_token(dispatch, target, &request, first.clone(), clock).await;
    let stale = match (&made.exchange.result, target.network.refresh()) {
        (Ok(answer), Some(refresh)) => refresh.stale(answer),
        _ => false,
    };
    if !stale {
        return Ok(made);
    }
    let token = token(dispatch, target, Some(&first), clock.now()).await?;
    Ok(Made { count: made.count + 1, ..with_token(dispatch, target, &request, token, clock).await })
}

async fn with_token(
    dispatch: &Dispatch,
    target: &Target,
    request: &(impl Fn(&Destination) -> Request + Sync),
    token: SecretString,
    clock: Clock,
) -> Made {
    let (request, started) = (request(&Destination { token, ..target.to.clone() }), clock.now());
    let exchange = dispatch.http.send(&request).await;
    Made { request, started, exchange, count: 1 }
}

/// What the call shows: the stored secret itself, or what it buys.
async fn token(dispatch: &Dispatch, target: &Target, stale: Option<&SecretString>, now: Millis) -> Result<SecretString, NotBought> {
    let Some(refresh) = target.network.refresh() else { return Ok(target.to.token.clone()) };
    let shop = Shop { http: &dispatch.http, settings: &dispatch.settings, refresh, secret: &target.to.token };
    dispatch.access.token(shop, stale, now).await
}

fn read(target: &Target, result: Result<Answer, NoAnswer>, sent: usize, test: bool) -> (Brought, Verdict, Option<Answer>) {
    match result {
        Ok(answer) => {
            let verdict = if test { target.network.verdict_of_test(&answer, sent) } else { target.network.verdict(&answer, sent) };
            (Brought::Status(answer.status), verdict, Some(answer))
        }
        Err(silence) => {
            let brought = if silence.sent { Brought::Silence } else { Brought::Unreached };
            let events = Events::All(Outcome::Transient { wait: None, unknown: silence.sent });
            (brought, Verdict { events, code: None, words: Some(silence.words) }, None)
        }
    }
}

fn of_test(events: &[Event]) -> bool {
    events.first().is_some_and(|event| event.test)
}

/// Nothing becomes of a test later.
fn receipt(target: &Target, answer: &Answer, verdict: &Verdict, test: bool) -> Option<String> {
    let accepted = matches!(verdict.events, Events::All(Outcome::Accepted { .. })) && !test;
    target.network.later().filter(|_| accepted)?.receipt(answer)
}

/// A throttle holds every call of the connection, whether the wait stands in the header or in the body; else the header alone does.
fn pause(answer: Option<&Answer>, verdict: &Verdict) -> Option<Millis> {
    let answer = answer?;
    let wait = match verdict.events {
        Events::All(Outcome::Throttled { wait }) => wait,
        _ => None,
    };
    answer.retry_after.or(wait)
}

/// No event left: what the place that sells tokens said stands for all of them.
fn not_bought(dispatch: &Dispatch, target: &Target, events: &[Event], none: NotBought, now: Millis) -> Called {
    let outcome = match &none.error {
        ConnectError::Refused { .. } | ConnectError::NoAccess { .. } | ConnectError::NotConfigured { .. } => Outcome::Credentials,
        ConnectError::Unavailable { .. } => Outcome::Transient { wait: None, unknown: false },
    };
    let (code, words) = said(none.error);
    let (latency_ms, result) = match &none.call {
        Some(call) => (call.latency_ms, Some(&call.result)),
        None => (0, None),
    };
    let called = usize::from(result.is_some());
    let (brought, response, pause) = match result {
        Some(Ok(answer)) => (Brought::Status(answer.status), Some(answer.body.clone()), answer.retry_after),
        Some(Err(_)) | None => (Brought::Unreached, None, None),
    };
    // What was sold on other occasions must not be read in the log; of a refusal there is nothing to hide.
    let response = response.filter(|_| matches!(outcome, Outcome::Credentials));
    Called {
        request: none.call.map_or_else(|| target.network.request(&dispatch.settings, &target.to, events), |call| call.request),
        started: now - latency_ms,
        latency_ms,
        brought,
        verdict: Verdict { events: Events::All(outcome), code, words: Some(words) },
        receipt: None,
        response,
        note: None,
        pause,
        count: called,
    }
}

/// Code and words of who sold no token.
pub fn said(error: ConnectError) -> (Option<String>, String) {
    match error {
        ConnectError::Refused { code, words } | ConnectError::NoAccess { code, words } => (code, words),
        ConnectError::Unavailable { words } => (None, words),
        ConnectError::NotConfigured { setting } => (None, format!("The operator of this instance has to set {setting} again.")),
    }
}
