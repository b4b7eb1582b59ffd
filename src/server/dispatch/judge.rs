//! PURE: which claimed postbacks may go out, and what becomes of each of a call's when it comes back.

use super::batch::{self, Shares};
use super::call::Called;
use super::meaning::Brought;
use super::pace::Signal;
use super::record::{self, Said, Sent, Went};
use super::retry::{self, Failure, History, Next, Try};
use super::target::{Target, park};
use crate::model::Millis;
use crate::model::connection::ParkCause;
use crate::server::db::postbacks::Claimed;
use crate::server::db::receipts::Receipt;
use crate::server::db::results::{Finish, Results};
use crate::server::networks::contract::{Events, Outcome, Spec};
use uuid::Uuid;

/// After so many claims without a recorded result a postback is taken for what stops the process.
pub const POISON: i32 = 5;
/// What a connection without words of the network is parked with.
const NO_WORDS: &str = "no reason given";

impl Shares for Claimed {
    /// A test event, because test consoles show only those; what was out at three deaths; what is to have the network's word for itself.
    fn alone(&self) -> bool {
        self.of.test || self.held.prime_suspect() || self.held.alone
    }
    fn suspect(&self) -> bool {
        self.held.suspect()
    }
    fn action(&self) -> Option<&str> {
        self.body.as_ref().and_then(|event| event.action.as_deref())
    }
}

/// How a call went, for the connection's pace.
#[derive(Debug)]
pub struct End {
    pub signal: Signal,
    /// The network refused the connection: nothing more of it goes out.
    pub refused: bool,
    pub calls: usize,
    /// Events of a refused call, in the calls to make next.
    pub again: Vec<Vec<Claimed>>,
}

impl End {
    /// Nothing of it could be sent.
    pub fn nothing() -> Self {
        Self { signal: Signal::Nothing, refused: false, calls: 0, again: Vec::new() }
    }
}

/// Those that may go out, and the ends of those that must not (any more).
pub fn sendable(target: &Target, group: Vec<Claimed>, now: Millis) -> (Vec<Claimed>, Results) {
    let spec = target.network.spec();
    let mut results = Results::default();
    let mut good = Vec::with_capacity(group.len());
    for one in group {
        match unsendable(target, &one, now) {
            Some(next) => results.finishes.push(record::finish_unsent(spec, one, next, now)),
            None => good.push(one),
        }
    }
    (good, results)
}

fn unsendable(target: &Target, one: &Claimed, now: Millis) -> Option<Next> {
    let (spec, to) = (target.network.spec(), &target.to);
    let Some(event) = &one.body else { return Some(Next::Failed(Failure::Unreadable)) };
    match () {
        () if one.held.claims > POISON => Some(Next::Failed(Failure::Poison)),
        // A test event never goes out as a real one.
        () if one.of.test && spec.test.is_some() && to.test_code.is_none() => Some(Next::Failed(Failure::TestWithoutCode)),
        () => retry::over(&history(spec, one), now).or_else(|| target.network.unfit(event).map(|why| Next::Failed(Failure::Unfit(why)))),
    }
}

/// Ends postbacks of any connection that are too old; for those the sweep found.
pub fn end_expired(spec: &Spec, one: Claimed, now: Millis) -> Finish {
    record::finish_unsent(spec, one, Next::Expired, now)
}

/// What follows from a call that came back. `first_question` overrides the network's own first wait; `jitter` draws a number from 0 to 1.
pub fn judged(
    target: &Target,
    group: Vec<Claimed>,
    called: Called,
    first_question: Option<Millis>,
    mut jitter: impl FnMut() -> f64,
) -> (Results, End) {
    let Called { request, started, latency_ms, brought, verdict, receipt, response, note, pause, count } = called;
    let signal = signal(brought, &verdict.events, pause);
    let said = Said { code: verdict.code, words: verdict.words };
    let Sent { call, events } = record::sent(request, response.as_deref(), started);
    let went = Went { started, latency_ms, brought, transport: target.network.transport(), said: &said, note, call: &call };
    let mut events = events.into_iter().map(Some).collect::<Vec<_>>();
    events.resize(group.len(), None);
    let receipt = receipt.and_then(|named| keep(target, named, group.len(), started + latency_ms, first_question));
    let of_receipt = receipt.as_ref().map(|receipt| receipt.id);
    let split = batch::split(group.into_iter().zip(events).collect(), verdict.events);
    let mut results = Results::default();
    for ((one, event), outcome, own) in split.judged {
        let said = own.or(&said);
        judge(target, one, &outcome, &Went { said: &said, ..went }, event, of_receipt, jitter(), &mut results);
    }
    let again = split.again.into_iter().map(|group| group.into_iter().map(|(one, _)| one).collect()).collect();
    let end = End { signal, refused: !results.parks.is_empty(), calls: count, again };
    if !results.finishes.is_empty() {
        results.calls.push(call);
        results.receipts.extend(receipt);
    }
    (results, end)
}

fn history(spec: &Spec, one: &Claimed) -> History {
    History {
        steps: one.held.steps,
        refusals: one.held.refusals,
        give_up_at: one.held.give_up_at,
        unknown_since: one.unknown_since,
        expires_at: one.held.expires_at,
        dedup_window: spec.dedup_window,
    }
}

#[allow(clippy::too_many_arguments)] // each is of another kind
fn judge(
    target: &Target,
    one: Claimed,
    outcome: &Outcome,
    went: &Went<'_>,
    event: Option<String>,
    receipt: Option<Uuid>,
    jitter: f64,
    results: &mut Results,
) {
    let spec = target.network.spec();
    let tried = Try { started: went.started, ended: went.started + went.latency_ms, outcome: outcome.clone(), jitter };
    let step = retry::next(&history(spec, &one), &tried);
    let cause = match outcome {
        Outcome::Credentials => Some(ParkCause::Credentials),
        Outcome::Permission => Some(ParkCause::Permission),
        Outcome::Closed => Some(ParkCause::Closed),
        Outcome::Accepted { .. } | Outcome::NotCredited { .. } => None,
        Outcome::Transient { .. } | Outcome::Throttled { .. } | Outcome::Payload => None,
    };
    if let Some(cause) = cause
        && results.parks.is_empty()
    {
        let words = went.said.words.clone().unwrap_or_else(|| NO_WORDS.to_owned());
        results.parks.push(park(&target.route, cause, words, tried.ended));
    }
    // Who judges an event takes the token.
    if matches!(step.next, Next::Accepted | Next::Failed(Failure::Payload)) && results.answered.is_empty() {
        results.answered.push(target.route.id);
    }
    results.finishes.push(record::finish(spec, one, outcome, step, went, event.unwrap_or_default(), receipt));
}

/// A receipt for so many events, to be asked about when the network's first wait is over.
fn keep(target: &Target, named: String, events: usize, now: Millis, first_question: Option<Millis>) -> Option<Receipt> {
    let first = target.network.later()?.waits().first()?;
    let due_at = now + first_question.unwrap_or(*first);
    Some(Receipt { id: Uuid::now_v7(), connection_id: target.route.id, named, events, due_at })
}

/// What a call says about how much the network can take: whatever it cannot judge now is a reason to ask less.
fn signal(brought: Brought, events: &Events, pause: Option<Millis>) -> Signal {
    match (brought, events) {
        (Brought::Unreached | Brought::Silence, _) => Signal::Congested { pause: None },
        (Brought::Status(_), Events::All(Outcome::Transient { .. } | Outcome::Throttled { .. })) => Signal::Congested { pause },
        (Brought::Status(_), _) => Signal::Clean,
    }
}
