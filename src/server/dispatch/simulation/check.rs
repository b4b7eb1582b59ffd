//! What must hold at every step, and at the end.

use super::super::claim::Want;
use super::super::health::{self, Facts, Recent};
use super::super::target::Target;
use super::world::{Last, World};
use crate::model::attempt::AttemptStatus;
use crate::model::connection::{Health, Parked};
use crate::model::postback::PostbackState;
use crate::model::{HOUR, Millis, SECOND};
use crate::server::db::postbacks::Claimed;
use crate::server::db::results::{Finish, Results, Stand};
use std::collections::BTreeSet;
use uuid::Uuid;

/// How soon a process learns that a connection may not send: a poll, and what its statements take.
const LEARNS_WITHIN: Millis = SECOND + 200;

/// A call that was started goes out within this.
const STARTED: Millis = 5;

/// A postback is in the queue as long as it is open, and what waits for its last word is accepted.
pub fn always(world: &mut World) {
    if !world.told.steps.is_multiple_of(8) {
        return;
    }
    let wrong = world.store.postbacks.iter().find(|(id, stored)| stored.state.open() != world.store.queue.contains_key(id));
    if let Some((id, stored)) = wrong {
        let fault = format!("#{} is {:?} and its row in the queue says otherwise", world.number(*id), stored.state);
        return world.wrong(fault);
    }
    if world.one_file && world.processes[0].alive && world.processes[0].kept_house.is_some() {
        let life = world.processes[0].life;
        let lease = |row: &super::store::Row| row.lease.filter(|(lease, _)| world.holders.get(lease).is_some_and(|(_, of, _)| *of != life));
        if let Some((id, _)) = world.store.queue.iter().find(|(_, row)| lease(row).is_some()) {
            let fault = format!("#{} is still held by a dead process after a start", world.number(*id));
            return world.wrong(fault);
        }
    }
    let events = world.store.receipts.values().flat_map(|kept| kept.events.keys());
    let wrong = events.copied().find(|id| world.store.postbacks[id].state != PostbackState::Accepted);
    if let Some(id) = wrong {
        world.wrong(format!("#{} waits for its last word and is not accepted", world.number(id)));
    }
}

/// A call is about to go out.
pub fn call(world: &mut World, at: usize, target: &Target, group: &[Claimed], probing: bool) {
    let id = target.route.id;
    let fault = group.iter().find_map(|one| of_one(world, at, target, one)).or_else(|| {
        let held = world.held.get(&id).filter(|since| world.now - **since > LEARNS_WITHIN && !world.lapses);
        held.map(|since| format!("process {at} calls a connection that may not send since {} ms", world.now - since))
    });
    let fault = fault.or_else(|| {
        let now = &world.store.connections[&id];
        let since = world.led.get(&id).map_or(0, |(_, since)| *since);
        let elsewhere = now.sends() && !now.route.leads_to_same(&target.route) && world.now - since > LEARNS_WITHIN && !world.lapses;
        elsewhere.then(|| format!("process {at} calls where the connection led {} ms ago", world.now - since))
    });
    let fault = fault.or_else(|| {
        let (when, route) = world.refused.get(&(at, world.processes[at].life, id))?;
        let let_go = world.store.connections[&id].resumed_at.is_some_and(|let_go| let_go >= *when);
        let knows = world.now - when > STARTED && route.leads_to_same(&target.route) && !let_go && !world.lapses;
        knows.then(|| format!("process {at} shows a token that it knows is refused since {} ms", world.now - when))
    });
    let fault = fault.or_else(|| {
        let others = world.processes[at].calls.values().filter(|out| out.started > 0 && out.probing && out.target.route.id == id);
        (probing && others.count() > 0).then(|| format!("process {at} makes a second call where one is to find out"))
    });
    let fault = fault.or_else(|| (group.len() > target.network.spec().batch).then(|| "a call carries more than the network takes".into()));
    let fault = fault.or_else(|| {
        let alone = group.iter().any(|one| one.held.alone || one.held.prime_suspect());
        let mixed = group.iter().any(|one| one.held.suspect()) && !group.iter().all(|one| one.held.suspect());
        (group.len() > 1 && alone || mixed).then(|| "what goes alone shares a call".into())
    });
    let fault = fault.or_else(|| late_deadline(world, target, group));
    if let Some(fault) = fault {
        world.wrong(fault);
    }
}

fn of_one(world: &World, at: usize, target: &Target, one: &Claimed) -> Option<String> {
    let id = one.held.id;
    let number = world.number(id);
    let stored = &world.store.postbacks[&id];
    let body = one.body.as_ref()?;
    if body.dedup_id != stored.body.dedup_id || body.dedup_id != id.to_string() {
        return Some(format!("#{number} goes out under a second id"));
    }
    if world.now >= one.held.expires_at {
        return Some(format!("#{number} goes out though the network does not take it any more"));
    }
    if target.route.target_id != world.meant[&id] {
        return Some(format!("#{number} goes to another target than it was meant for"));
    }
    if one.unknown_since.is_some_and(|since| world.now >= since + target.network.spec().dedup_window) {
        return Some(format!("#{number} goes out when the network may not know its id any more"));
    }
    if one.held.lease_until < world.now + 20 * SECOND {
        return Some(format!("#{number} goes out with a lease that ends before the call may"));
    }
    if !world.lapses && world.cancelled.get(&id).is_some_and(|at| world.now - at > LEARNS_WITHIN) {
        return Some(format!("#{number} goes out though it was cancelled"));
    }
    let bad = match world.last.get(&id) {
        None | Some(Last::Again | Last::Lost | Last::Written { open: true }) => false,
        Some(Last::Written { open: false }) => !stored.state.open(),
        // Only where a lease could run out on the living.
        Some(Last::Out(_) | Last::Back | Last::Late) => !world.lapses,
    };
    bad.then(|| format!("process {at} sends #{number} again after {:?}", world.last[&id]))
}

/// After a connection was let go the first call carries what the network takes least long still.
fn late_deadline(world: &World, target: &Target, group: &[Claimed]) -> Option<String> {
    let connection = &world.store.connections[&target.route.id];
    let let_go = connection.resumed_at.filter(|_| target.route.probing && connection.route.probing)?;
    let tried = |attempt: i32, suspect: bool| attempt > 0 && !suspect;
    let action = group.first()?.body.as_ref()?.action.clone();
    let drained = |id: &Uuid| world.store.queue.get(id).is_some_and(|row| row.due_at == let_go);
    let claimed_at = |lease: &Uuid| world.holders.get(lease).map_or(0, |(.., at)| *at);
    let latest = group
        .iter()
        .filter(|one| tried(one.held.attempt, one.held.suspect()) && !one.held.alone && drained(&one.held.id))
        .max_by_key(|one| one.held.expires_at)?;
    let waits = world.store.queue.iter().find(|(id, row)| {
        row.connection_id == target.route.id
            && row.lease.is_none()
            && row.due_at == let_go
            && tried(row.attempt, row.claims >= 2)
            && !row.alone
            && row.expires_at < latest.held.expires_at
            && world.store.postbacks[id].body.action == action
            // What another process gave back since could not be had when this was claimed.
            && world.freed.get(id).is_none_or(|freed| *freed < claimed_at(&latest.held.lease_id))
    });
    waits.map(|(id, _)| format!("#{} goes out before #{}, which ends sooner", world.number(latest.held.id), world.number(*id)))
}

/// First attempts had their share of the claim.
pub fn shares(world: &mut World, wants: &[Want], claimed: &[Vec<Claimed>], now: Millis) {
    for (want, claimed) in wants.iter().zip(claimed) {
        let fresh = claimed.iter().filter(|one| one.held.attempt == 0 && !one.held.suspect()).count();
        let waits = world.store.queue.values().any(|row| {
            row.connection_id == want.connection_id && row.lease.is_none() && row.due_at <= now && row.attempt == 0 && row.claims < 2
        });
        let suspects = claimed.iter().filter(|one| one.held.suspect()).count();
        if waits && fresh < (want.most / 4).min(want.most - suspects) {
            world.wrong(format!("a claim of {} brought {fresh} first attempts while others wait", want.most));
        }
        if claimed.len() > want.most {
            world.wrong(format!("a claim of {} brought {}", want.most, claimed.len()));
        }
    }
}

/// Results whose lease is not theirs any more, and what they must not change.
pub fn strangers(world: &World, list: &[Results]) -> Vec<(Uuid, String)> {
    let finishes = || list.iter().flat_map(|results| &results.finishes);
    let holds = |finish: &Finish| {
        let row = world.store.queue.get(&finish.of.postback_id);
        row.and_then(|row| row.lease).is_some_and(|(lease, _)| lease == finish.lease_id)
    };
    let ours: BTreeSet<Uuid> = finishes().filter(|finish| holds(finish)).map(|finish| finish.of.postback_id).collect();
    let others = finishes().map(|finish| finish.of.postback_id).filter(|id| !ours.contains(id));
    others.map(|id| (id, picture(world, id))).collect()
}

pub fn untouched(world: &mut World, strangers: Vec<(Uuid, String)>) {
    for (id, before) in strangers {
        if picture(world, id) != before {
            world.wrong(format!("a result without its lease changes #{}", world.number(id)));
        }
    }
}

fn picture(world: &World, id: Uuid) -> String {
    format!("{:?} {:?}", world.store.queue.get(&id), world.store.postbacks.get(&id).map(|stored| (stored.state, stored.unknown_since)))
}

/// A result was written.
pub fn finished(world: &mut World, finish: &Finish, ours: bool) {
    let id = finish.of.postback_id;
    let number = world.number(id);
    let stored = &world.store.postbacks[&id];
    if !ours {
        return;
    }
    let aside = stored.ended.as_deref().is_some_and(|ended| ended.starts_with("set aside"));
    let deaths = world.deaths.get(&id).copied().unwrap_or_default();
    let taken = world.networks.values().any(|network| network.seen.get(&stored.body.dedup_id).is_some_and(|(_, taken)| *taken));
    let fault = match stored.state {
        PostbackState::Failed if aside && deaths < 5 => Some(format!("#{number} is set aside after {deaths} deaths")),
        PostbackState::Failed
            if stored.body.name != super::network::BAD && stored.ended.as_deref().is_some_and(|ended| ended.starts_with("refused by")) =>
        {
            Some(format!("#{number} is refused and nothing is wrong with it"))
        }
        PostbackState::Retrying if finish.attempt.status == AttemptStatus::Retried && soon(finish) => {
            Some(format!("#{number} is tried again without a wait"))
        }
        PostbackState::Accepted if !taken => Some(format!("#{number} is accepted and the network did not take it")),
        PostbackState::Expired if finish.attempt.time < stored.expires_at - 29 * HOUR => Some(format!("#{number} expires before its time")),
        _ => None,
    };
    if aside && !world.poison.contains(&id) {
        world.told.set_aside += 1;
    }
    if let Some(fault) = fault {
        world.wrong(fault);
    }
}

fn soon(finish: &Finish) -> bool {
    matches!(finish.stand, Stand::Open { due_at, .. } if due_at < finish.attempt.time + SECOND)
}

/// Everything has ended, for a reason, and what the books say is true.
pub fn at_the_end(world: &mut World) {
    let mut fault = None;
    for (id, stored) in &world.store.postbacks {
        let number = world.number(*id);
        let sent: usize =
            world.networks.values().filter_map(|network| network.seen.get(&stored.body.dedup_id)).map(|(times, _)| times).sum();
        let rows = world.store.log.iter().filter(|row| row.postback_id == *id && row.called).count();
        let unlogged = world.unlogged.get(id).copied().unwrap_or_default();
        match stored.state {
            PostbackState::Queued | PostbackState::Retrying => fault = Some(format!("#{number} is still {:?}", stored.state)),
            PostbackState::Confirmed | PostbackState::Accepted if stored.body.name == super::network::BAD => {
                fault = Some(format!("#{number} is accepted though the network refuses it"));
            }
            // Each call is in the log, or was lost with its process, or was refused for another's sake.
            _ if sent > rows + unlogged => fault = Some(format!("#{number} was sent {sent} times, {rows} of them logged, {unlogged} lost")),
            PostbackState::Failed if stored.ended.is_none() => fault = Some(format!("#{number} failed for no reason")),
            _ => {}
        }
    }
    for (id, connection) in &world.store.connections {
        let recent = |row: &super::store::Logged| Recent { time: row.time, status: row.status, words: None };
        let log = || world.store.log.iter().rev().filter(|row| row.connection_id == *id && row.called);
        let parked = connection.parked.map(|cause| Parked { cause, since: 0, words: String::new() });
        let facts =
            Facts { parked, ever_delivered: true, last_hour: log().filter(|row| row.time > world.now - HOUR).map(recent).collect() };
        let refused = matches!(health::health(&facts), Health::CredentialFailures { .. });
        if refused != connection.parked.is_some_and(|cause| cause != crate::model::connection::ParkCause::Closed) {
            fault = Some("health does not say what holds the connection".into());
        }
    }
    if let Some(fault) = fault {
        world.wrong(fault);
    }
}
