//! Sends one call's postbacks and judges each: renews leases, splits a refused call until the bad event is found, and hands the
//! results on after every call.

use super::batch::{self, Shares};
use super::call::{self, Called};
use super::flush::Flush;
use super::meaning::Brought;
use super::pace::Signal;
use super::record::{self, Said, Sent, Went};
use super::retry::{self, Failure, History, Next, Try};
use super::{Clock, Dispatch};
use crate::model::connection::ParkCause;
use crate::model::{Millis, SECOND};
use crate::server::db::connections::{Park, Route};
use crate::server::db::postbacks::Claimed;
use crate::server::db::queue;
use crate::server::db::receipts::Receipt;
use crate::server::db::results::{Finish, Results};
use crate::server::metrics;
use crate::server::networks::contract::{Destination, Events, Network, Outcome, Spec};
use crate::server::secrets::{CannotOpen, Sealer};
use std::collections::HashSet;
use std::sync::Arc;
use uuid::Uuid;

/// No call starts with less of the lease left: a whole call takes up to 20 s, and its result must still be ours.
pub const LEAST_LEASE: Millis = 25 * SECOND;
/// After so many claims without a recorded result a postback is taken for what stops the process.
const POISON: i32 = 5;
/// What a connection without words of the network is parked with.
const NO_WORDS: &str = "no reason given";

impl Shares for Claimed {
    /// A test event, because test consoles show only those; what may be stopping the process; what is to have the network's word for itself.
    fn alone(&self) -> bool {
        self.of.test || self.held.suspect() || self.held.alone
    }
    fn action(&self) -> Option<&str> {
        self.body.as_ref().and_then(|event| event.action.as_deref())
    }
}

/// Where calls of a connection go: its route with the secret opened.
pub struct Target {
    pub route: Route,
    pub network: &'static dyn Network,
    pub to: Destination,
}

impl Target {
    /// The route of a connection to the network, its secret opened.
    pub fn open(sealer: &Sealer, network: &'static dyn Network, route: Route) -> Result<Self, CannotOpen> {
        let token = sealer.open(&format!("connection:{}", route.id), route.secret.as_deref().unwrap_or_default())?;
        let (account_id, through) = (route.account_id.clone(), route.account_through.clone());
        let (target_id, test_code) = (route.target_id.clone(), route.test_code.clone());
        let to = Destination { account_id, through, target_id, token, pasted: route.secret_pasted, test_code };
        Ok(Self { route, network, to })
    }
}

/// How the calls of a batch went, for the connection's pace.
#[derive(Debug, Clone, Copy)]
pub struct End {
    pub signal: Signal,
    /// The network refused the connection: nothing more of it goes out.
    pub refused: bool,
    pub calls: usize,
}

/// Sends the postbacks (of one connection; a test event alone). Every one of them is judged, ended without a call, or given back.
pub async fn deliver(dispatch: Dispatch, target: Arc<Target>, postbacks: Vec<Claimed>, flush: Flush, clock: Clock) -> End {
    let mut end = End { signal: Signal::Clean, refused: false, calls: 0 };
    let mut work = vec![postbacks];
    while let Some(group) = work.pop() {
        let group = still_ours(&dispatch, group, clock.now()).await;
        let group = end_unsendable(&target, group, &flush, clock.now()).await;
        if group.is_empty() {
            continue;
        }
        let events: Vec<_> = group.iter().filter_map(|one| one.body.clone()).collect();
        let called = call::call(&dispatch, &target, &events, clock).await;
        let Called { request, started, latency_ms, brought, verdict, receipt, response, note, pause, count } = called;
        end.calls += count;
        metrics::call_made(target.network.spec().slug, latency_ms);
        end.signal = signal(brought, &verdict.events, pause);
        let said = Said { code: verdict.code, words: verdict.words };
        let Sent { call, events } = record::sent(request, target.network.spec().events_at, response.as_deref(), started);
        let transport = target.network.transport();
        let went = Went { started, latency_ms, brought, transport, said: &said, note, call: &call };
        let mut events = events.into_iter().map(Some).collect::<Vec<_>>();
        events.resize(group.len(), None);
        let receipt = receipt.and_then(|named| keep(&dispatch, &target, named, group.len(), started + latency_ms));
        let of_receipt = receipt.as_ref().map(|receipt| receipt.id);
        let split = batch::split(group.into_iter().zip(events).collect(), verdict.events);
        let mut results = Results::default();
        for ((one, event), outcome, own) in split.judged {
            let said = own.or(&said);
            judge(&target, one, &outcome, &Went { said: &said, ..went }, event, of_receipt, &mut results);
        }
        work.extend(split.again.into_iter().rev().map(|group| group.into_iter().map(|(one, _)| one).collect()));
        end.refused = !results.parks.is_empty();
        if !results.finishes.is_empty() {
            results.calls.push(call);
            results.receipts.extend(receipt);
            // A refusal is written before the connection's next claim, or that claim would go out too.
            flush.write(results, end.refused).await;
        }
        if end.refused || end.signal != Signal::Clean {
            break;
        }
    }
    give_back(&dispatch, work.into_iter().flatten()).await;
    end
}

/// Gives unsent postbacks back to the queue.
pub async fn give_back(dispatch: &Dispatch, postbacks: impl IntoIterator<Item = Claimed>) {
    let pairs: Vec<(Uuid, Uuid)> = postbacks.into_iter().map(|one| (one.held.id, one.held.lease_id)).collect();
    if pairs.is_empty() {
        return;
    }
    if let Err(error) = queue::hand_back(&dispatch.db, &pairs).await {
        // Their leases run out by themselves.
        tracing::warn!(%error, count = pairs.len(), "unsent postbacks were not given back");
    }
}

/// Renews leases that are about to end; what is not ours any more is dropped.
async fn still_ours(dispatch: &Dispatch, mut group: Vec<Claimed>, now: Millis) -> Vec<Claimed> {
    if group.iter().all(|one| one.held.lease_until >= now + LEAST_LEASE) {
        return group;
    }
    let pairs: Vec<(Uuid, Uuid)> = group.iter().map(|one| (one.held.id, one.held.lease_id)).collect();
    let ours: HashSet<Uuid> = match queue::renew(&dispatch.db, &pairs, now).await {
        Ok(ours) => ours.into_iter().collect(),
        Err(error) => {
            tracing::warn!(%error, "leases were not renewed");
            HashSet::new()
        }
    };
    group.retain_mut(|one| {
        one.held.lease_until = now + queue::LEASE;
        ours.contains(&one.held.id)
    });
    group
}

/// Ends those that must not go out (any more); the others come back.
async fn end_unsendable(target: &Target, group: Vec<Claimed>, flush: &Flush, now: Millis) -> Vec<Claimed> {
    let spec = target.network.spec();
    let mut results = Results::default();
    let mut good = Vec::with_capacity(group.len());
    for one in group {
        match unsendable(target, &one, now) {
            Some(next) => results.finishes.push(record::finish_unsent(spec, one, next, now)),
            None => good.push(one),
        }
    }
    if !results.finishes.is_empty() {
        flush.write(results, false).await;
    }
    good
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

fn history(spec: &Spec, one: &Claimed) -> History {
    History {
        attempts: one.held.attempt - one.held.tries_before,
        refusals: one.held.refusals,
        give_up_at: one.held.give_up_at,
        unknown_since: one.unknown_since,
        expires_at: one.held.expires_at,
        dedup_window: spec.dedup_window,
    }
}

fn judge(
    target: &Target,
    one: Claimed,
    outcome: &Outcome,
    went: &Went<'_>,
    event: Option<String>,
    receipt: Option<Uuid>,
    results: &mut Results,
) {
    let spec = target.network.spec();
    let tried =
        Try { started: went.started, ended: went.started + went.latency_ms, outcome: outcome.clone(), jitter: rand::random::<f64>() };
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
fn keep(dispatch: &Dispatch, target: &Target, named: String, events: usize, now: Millis) -> Option<Receipt> {
    let first = target.network.later()?.waits().first()?;
    let due_at = now + dispatch.first_question.unwrap_or(*first);
    Some(Receipt { id: Uuid::now_v7(), connection_id: target.route.id, named, events, due_at })
}

/// Holds the connection of the route, as long as its secret and its transport are the route's.
pub fn park(route: &Route, cause: ParkCause, words: String, since: Millis) -> Park {
    Park { connection_id: route.id, secret: route.secret.clone(), transport: route.transport.clone(), cause, words, since }
}

/// What a call says about how much the network can take: whatever it cannot judge now is a reason to ask less.
fn signal(brought: Brought, events: &Events, pause: Option<Millis>) -> Signal {
    match (brought, events) {
        (Brought::Unreached | Brought::Silence, _) => Signal::Congested { pause: None },
        (Brought::Status(_), Events::All(Outcome::Transient { .. } | Outcome::Throttled { .. })) => Signal::Congested { pause },
        (Brought::Status(_), _) => Signal::Clean,
    }
}
