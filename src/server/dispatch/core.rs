//! PURE: what this process holds of every connection and may do with it: what is claimed, which calls start, what is given back. The
//! engine carries it out; the simulation does the same without a network and a database.

use super::attempt::LEAST_LEASE;
use super::claim::Want;
use super::judge::End;
use super::lane::Lane;
use super::pace::Signal;
use super::quota::Quotas;
use super::target::Target;
use crate::model::{Millis, SECOND};
use crate::server::db::postbacks::Claimed;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use uuid::Uuid;

/// Backstop for what nobody notified of: rows that another process queued, a connection that somebody let go.
pub const POLL: Millis = SECOND;
/// The timer never spins, even if what is due cannot be claimed just now.
const LEAST_SLEEP: Millis = 20;
/// Calls in flight in the whole process.
pub const MOST_CALLS: usize = 512;
/// Connections that share a claim's transaction.
const MOST_TOGETHER: usize = 64;

pub struct Core {
    lanes: BTreeMap<Uuid, Lane>,
    /// What the networks take of all connections together.
    quotas: Quotas,
    /// Processes that share what networks take.
    sharers: usize,
    most_per_call: usize,
    /// Something may be due that was not when we looked last.
    stale: bool,
    /// A claim is under way: calls go on meanwhile.
    claiming: bool,
    /// When the last one was asked for.
    asked: Millis,
    calls: usize,
    made: usize,
    claimed: usize,
}

/// A connection that may send and has something due.
pub struct Due {
    pub target: Arc<Target>,
    /// Some of it may be what stops the process.
    pub suspects: bool,
}

/// What a claim is to bring each connection, with the target it is made for.
pub type Wanted = Vec<(Want, Arc<Target>)>;
/// What it brought.
pub type Brought = Vec<(Want, Arc<Target>, Vec<Claimed>)>;

impl Core {
    pub fn new(most_per_call: usize) -> Self {
        Self {
            lanes: BTreeMap::new(),
            quotas: Quotas::default(),
            sharers: 1,
            most_per_call,
            stale: true,
            claiming: false,
            asked: 0,
            calls: 0,
            made: 0,
            claimed: 0,
        }
    }

    /// So many processes are at it by now, this one included: each keeps to its part of what a network takes.
    pub fn shared_by(&mut self, sharers: usize) {
        if self.sharers != sharers {
            self.sharers = sharers;
            self.quotas.shared_by(sharers);
            self.lanes.values_mut().for_each(|lane| lane.shared_by(sharers));
        }
    }

    /// Postbacks claimed since the start.
    pub fn claimed(&self) -> usize {
        self.claimed
    }

    /// Calls that came back since the start.
    pub fn made(&self) -> usize {
        self.made
    }

    /// Whether a claim or a call is under way.
    pub fn busy(&self) -> bool {
        self.claiming || self.calls > 0
    }

    /// Something may be due: the next turn asks the database.
    pub fn look_again(&mut self) {
        self.stale = true;
    }

    /// Whether the database is to be asked now what is due.
    pub fn looks(&self, now: Millis) -> bool {
        !self.claiming && self.calls < MOST_CALLS && (self.stale || self.lanes.values().any(|lane| lane.room(now) > 0))
    }

    /// Connections of which something waits here and that are not among those with something due.
    pub fn holding(&self, due: &HashSet<Uuid>) -> Vec<Uuid> {
        self.lanes.iter().filter(|(id, lane)| lane.holds() && !due.contains(id)).map(|(id, _)| *id).collect()
    }

    /// Where the connection's calls go, as far as is known here.
    pub fn target(&self, id: Uuid) -> Option<&Arc<Target>> {
        self.lanes.get(&id).map(Lane::target)
    }

    /// Takes in which connections have something due, and which of those that hold something may send. What to claim, and what to give
    /// back of connections that may not send any more, or lead elsewhere now.
    pub fn looked(&mut self, due: Vec<Due>, sending: Vec<Arc<Target>>, now: Millis) -> (Wanted, Vec<Claimed>) {
        self.stale = false;
        let ids: HashSet<Uuid> = due.iter().map(|due| due.target.route.id).collect();
        for (id, lane) in &mut self.lanes {
            if ids.contains(id) { lane.wet() } else { lane.dry() }
        }
        let may: HashSet<Uuid> = sending.iter().map(|target| target.route.id).collect();
        let mut unsent: Vec<Claimed> = sending.into_iter().flat_map(|target| self.aim(target)).collect();
        unsent.extend(self.lanes.iter_mut().filter(|(id, _)| !ids.contains(id) && !may.contains(id)).flat_map(|(_, lane)| lane.shut()));
        let mut wanted = Vec::new();
        for Due { target, suspects } in due {
            if wanted.len() == MOST_TOGETHER {
                self.stale = true;
                break;
            }
            let connection_id = target.route.id;
            unsent.extend(self.aim(target));
            let lane = &self.lanes[&connection_id];
            if lane.room(now) > 0 {
                wanted.push((Want { connection_id, most: lane.room(now), suspects }, Arc::clone(lane.target())));
            }
        }
        self.claiming = !wanted.is_empty();
        self.asked = now;
        (wanted, unsent)
    }

    /// The lane of the connection leads there from now on; what waited for another place comes back.
    fn aim(&mut self, target: Arc<Target>) -> Vec<Claimed> {
        match self.lanes.get_mut(&target.route.id) {
            Some(lane) if lane.target().route == target.route => {
                lane.allowed();
                Vec::new()
            }
            Some(lane) => lane.retarget(target),
            None => {
                let id = target.route.id;
                let mut lane = Lane::new(target, self.most_per_call);
                lane.shared_by(self.sharers);
                self.lanes.insert(id, lane);
                Vec::new()
            }
        }
    }

    /// Takes what the claim brought; what was meant for another place, or for a lane that was refused or told to wait meanwhile, comes back.
    pub fn brought(&mut self, brought: Brought, now: Millis) -> Vec<Claimed> {
        self.claiming = false;
        let mut unsent = Vec::new();
        for (want, target, claimed) in brought {
            self.claimed += claimed.len();
            let lane = self.lanes.get_mut(&want.connection_id).expect("lanes are kept");
            if lane.target().route.leads_to_same(&target.route) && lane.takes(now) {
                lane.fill(claimed, want.most, self.asked);
            } else {
                unsent.extend(claimed);
            }
        }
        unsent
    }

    /// Nothing was claimed: not again before the next alarm.
    pub fn not_claimed(&mut self) {
        self.claiming = false;
        self.lanes.values_mut().for_each(Lane::dry);
    }

    /// The calls that every lane's pace allows now; another lane is first each time, so that none is last for ever.
    pub fn start(&mut self, now: Millis) -> Vec<(Arc<Target>, Vec<Claimed>)> {
        let mut lanes: Vec<&mut Lane> = self.lanes.values_mut().filter(|lane| lane.may_start(now)).collect();
        let first = self.made % lanes.len().max(1);
        lanes.rotate_left(first);
        let mut started = Vec::new();
        for lane in lanes {
            let network = lane.target().network;
            while self.calls < MOST_CALLS
                && let Some(postbacks) = lane.start(now, self.quotas.room(network, now))
            {
                self.quotas.spend(network, 1);
                self.calls += 1;
                started.push((Arc::clone(lane.target()), postbacks));
            }
        }
        started
    }

    /// Learns from a call that came back, or (None) stopped half-way; what is to be given back.
    pub fn ended(&mut self, target: &Target, end: Option<End>, now: Millis) -> Vec<Claimed> {
        let end = end.unwrap_or(End { signal: Signal::Congested { pause: None }, ..End::nothing() });
        self.calls = self.calls.saturating_sub(1);
        self.made += end.calls;
        // One was spent when it started.
        self.quotas.spend(target.network, end.calls.saturating_sub(1));
        let signal = end.signal;
        let Some(lane) = self.lanes.get_mut(&target.route.id) else { return Vec::new() };
        let mut unsent = lane.end(end, &target.route, now);
        if let Signal::Congested { pause: Some(pause) } = signal {
            unsent.extend(self.pause_those_with(target, now + pause, now));
        }
        unsent
    }

    /// Where the network counts all connections of this instance together, the wait of one is that of all.
    fn pause_those_with(&mut self, target: &Target, until: Millis, now: Millis) -> Vec<Claimed> {
        let (id, spec) = (target.route.id, target.network.spec());
        if !spec.shared_quota {
            return Vec::new();
        }
        // Each transport has a SPEC, and a quota, of its own.
        let same = |lane: &Lane| std::ptr::eq(lane.target().network.spec(), spec);
        let others = self.lanes.iter_mut().filter(|(other, lane)| **other != id && same(lane));
        others.flat_map(|(_, lane)| lane.pause(until, now)).collect()
    }

    /// What has waited here until its lease is nearly over.
    pub fn overdue(&mut self, now: Millis) -> Vec<Claimed> {
        self.lanes.values_mut().flat_map(|lane| lane.overdue(now + LEAST_LEASE)).collect()
    }

    /// Takes in when each network's next question is, or was, due.
    pub fn questions_due(&mut self, due: BTreeMap<String, Millis>, now: Millis) {
        self.quotas.questions_due(due, now);
    }

    /// When there is something to do without anybody notifying, as far as is known: `due` says of each connection that may send when its
    /// next row is, or was, due.
    pub fn alarm(&self, due: &[(Uuid, Millis)], now: Millis) -> Option<Millis> {
        let when = |(id, due): &(Uuid, Millis)| match self.lanes.get(id) {
            None => Some(*due),
            // The poll looks whether that has changed.
            Some(lane) if lane.out_of_reach(*due) => None,
            // It goes on when a call comes back.
            Some(lane) if lane.full(now) => None,
            Some(lane) => Some(lane.paused_until(now).unwrap_or(*due).max(*due)),
        };
        let pauses = self.lanes.values().filter(|lane| lane.holds()).filter_map(|lane| lane.paused_until(now));
        pauses.chain(due.iter().filter_map(when)).min()
    }

    /// How long until then, within what is sensible.
    pub fn sleep(&self, due: &[(Uuid, Millis)], now: Millis) -> Millis {
        self.alarm(due, now).map_or(POLL, |at| (at - now).clamp(LEAST_SLEEP, POLL))
    }

    /// Everything that is not sent, to be given back.
    pub fn empty(&mut self) -> Vec<Claimed> {
        self.lanes.values_mut().flat_map(Lane::empty).collect()
    }
}
