//! Makes one call with claimed postbacks and hands on what came of it.

use super::call;
use super::flush::Flush;
use super::judge::{self, End};
use super::target::Target;
use super::{Clock, Dispatch};
use crate::model::{Millis, SECOND};
use crate::server::db::postbacks::Claimed;
use crate::server::db::queue;
use crate::server::{metrics, trouble};
use std::collections::HashSet;
use std::sync::Arc;
use uuid::Uuid;

/// No call starts with less of the lease left: a whole call takes up to 20 s, and its result must still be ours.
pub const LEAST_LEASE: Millis = 25 * SECOND;

/// Sends the postbacks (of one connection) in one call. Each of them is judged, ended without a call, or comes back to be sent again.
pub async fn deliver(dispatch: Dispatch, target: Arc<Target>, postbacks: Vec<Claimed>, flush: Flush, clock: Clock) -> End {
    let group = still_ours(&dispatch, postbacks, clock.now()).await;
    let (mut group, ended) = judge::sendable(&target, group, clock.now());
    if !ended.finishes.is_empty() {
        flush.write(ended, false).await;
    }
    if group.is_empty() {
        return End::nothing();
    }
    let slug = target.network.spec().slug;
    let begun = clock.now();
    group.iter().filter(|one| one.held.attempt == 0).for_each(|one| metrics::first_call(slug, begun - made_at(one.held.id)));
    // What may go out has a body, each its own; it is not copied for the call.
    let events: Vec<_> = group.iter_mut().filter_map(|one| one.body.take()).collect();
    let called = call::call(&dispatch, &target, &events, clock).await;
    group.iter_mut().zip(events).for_each(|(one, event)| one.body = Some(event));
    metrics::call_made(slug, called.latency_ms);
    metrics::judged(slug, &called.verdict.events, group.len());
    let (results, end) = judge::judged(&target, group, called, dispatch.first_question, rand::random::<f64>);
    if !results.finishes.is_empty() {
        // A refusal is written before the connection's next claim, or that claim would go out too.
        flush.write(results, end.refused).await;
    }
    end
}

/// A postback's id bears the time at which it was made.
fn made_at(id: Uuid) -> Millis {
    id.get_timestamp()
        .and_then(|stamp| Millis::try_from(stamp.to_unix().0 * 1_000 + u64::from(stamp.to_unix().1) / 1_000_000).ok())
        .unwrap_or(0)
}

/// Gives unsent postbacks back to the queue.
pub async fn give_back(dispatch: &Dispatch, postbacks: impl IntoIterator<Item = Claimed>) {
    let pairs = pairs(&postbacks.into_iter().collect::<Vec<_>>());
    if pairs.is_empty() {
        return;
    }
    if let Err(error) = queue::hand_back(&dispatch.db, &pairs).await {
        // Their leases run out by themselves.
        trouble::met(&error, "unsent postbacks were not given back");
    }
}

/// Whether a call with them must not start before their leases are prolonged.
pub fn must_renew(group: &[Claimed], now: Millis) -> bool {
    group.iter().any(|one| one.held.lease_until < now + LEAST_LEASE)
}

/// Those of the group that are `ours`, prolonged at `now`.
pub fn renewed(mut group: Vec<Claimed>, ours: &HashSet<Uuid>, now: Millis) -> Vec<Claimed> {
    group.retain_mut(|one| {
        one.held.lease_until = now + queue::LEASE;
        ours.contains(&one.held.id)
    });
    group
}

/// Each with the lease that holds it.
pub fn pairs(group: &[Claimed]) -> Vec<(Uuid, Uuid)> {
    group.iter().map(|one| (one.held.id, one.held.lease_id)).collect()
}

/// Renews leases that are about to end; what is not ours any more is dropped.
async fn still_ours(dispatch: &Dispatch, group: Vec<Claimed>, now: Millis) -> Vec<Claimed> {
    if !must_renew(&group, now) {
        return group;
    }
    let ours: HashSet<Uuid> = match queue::renew(&dispatch.db, &pairs(&group), now).await {
        Ok(ours) => ours.into_iter().collect(),
        Err(error) => {
            trouble::met(&error, "leases were not renewed");
            HashSet::new()
        }
    };
    renewed(group, &ours, now)
}
