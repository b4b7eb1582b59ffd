//! What the process holds of one connection: where it goes, how fast, and the postbacks claimed for it that are not sent yet.

use super::batch;
use super::judge::End;
use super::pace::{Pace, Signal};
use super::quota::Room;
use super::target::Target;
use crate::model::Millis;
use crate::server::db::connections::Route;
use crate::server::db::postbacks::Claimed;
use std::collections::VecDeque;
use std::sync::Arc;

/// Rounds of calls that are claimed ahead at first, so that calls go on while the next claim is made.
const ROUNDS_AHEAD: usize = 2;
/// More postbacks than this are not claimed ahead, however fast the network is.
const MOST_AHEAD: usize = 4_096;

pub struct Lane {
    target: Arc<Target>,
    pace: Pace,
    /// Events a call carries at most: by the network's way of sending, and by what was asked for.
    batch: usize,
    most_per_call: usize,
    /// Rounds claimed ahead: doubled when calls ran out before the next claim was made.
    rounds: usize,
    backlog: VecDeque<Claimed>,
    /// Calls that a refusal left to be made: they go first.
    again: VecDeque<Vec<Claimed>>,
    /// The last claim brought less than it could take: nothing more is due for now.
    dry: bool,
    /// What was due by then and is not here cannot be claimed just now: such a claim was asked for then.
    took_all_due_at: Option<Millis>,
    /// The network refused the connection, or somebody holds it, and nobody has seen since that it may send.
    shut: bool,
}

impl Lane {
    pub fn new(target: Arc<Target>, most_per_call: usize) -> Self {
        let spec = target.network.spec();
        let mut pace = Pace::new(spec.concurrency);
        pace.probe(target.route.probing);
        Self {
            target,
            pace,
            batch: spec.batch.min(most_per_call),
            most_per_call,
            rounds: ROUNDS_AHEAD,
            backlog: VecDeque::new(),
            again: VecDeque::new(),
            dry: false,
            took_all_due_at: None,
            shut: false,
        }
    }

    pub fn target(&self) -> &Arc<Target> {
        &self.target
    }

    /// So many processes send for the connection.
    pub fn shared_by(&mut self, sharers: usize) {
        self.pace.shared_by(sharers);
    }

    /// Takes the connection as it is now. What was claimed for another pixel or token comes back, to be given back.
    pub fn retarget(&mut self, target: Arc<Target>) -> Vec<Claimed> {
        self.shut = false;
        self.pace.probe(target.route.probing);
        let same = self.target.route.leads_to_same(&target.route);
        self.batch = target.network.spec().batch.min(self.most_per_call);
        self.target = target;
        if same { Vec::new() } else { self.empty() }
    }

    /// Whether it has enough to do, so that only a call that comes back makes room.
    pub fn full(&self, now: Millis) -> bool {
        !self.dry && self.pace.paused_until(now).is_none() && self.room(now) == 0
    }

    /// How many postbacks to claim now; 0 while half of what it can take is here already.
    pub fn room(&self, now: Millis) -> usize {
        if self.dry || self.pace.paused_until(now).is_some() {
            return 0;
        }
        let most = self.most(now);
        let here = self.backlog.len() + self.again.iter().map(Vec::len).sum::<usize>();
        if here * 2 > most { 0 } else { most - here }
    }

    fn most(&self, now: Millis) -> usize {
        if self.pace.probing(now) {
            return self.pace.free(now).min(1) * self.batch;
        }
        let round = self.pace.limit() * self.batch;
        self.pace.free(now) * self.batch + (self.rounds * round).min(MOST_AHEAD.max(ROUNDS_AHEAD * round))
    }

    /// Takes what a claim of `wanted` brought that was asked for at this time.
    pub fn fill(&mut self, claimed: Vec<Claimed>, wanted: usize, asked: Millis) {
        self.dry = claimed.len() < wanted;
        self.took_all_due_at = self.dry.then_some(asked);
        if self.backlog.is_empty() && !self.dry {
            self.rounds = (self.rounds * 2).min(MOST_AHEAD);
        }
        // What may stop the process does not wait here: while it does, it is out at every death.
        let (suspects, others): (Vec<Claimed>, Vec<Claimed>) = claimed.into_iter().partition(|one| one.held.suspect());
        suspects.into_iter().rev().for_each(|one| self.backlog.push_front(one));
        self.backlog.extend(others);
    }

    /// Something of it is due.
    pub fn wet(&mut self) {
        self.dry = false;
    }

    /// Nothing of it is due.
    pub fn dry(&mut self) {
        self.dry = true;
    }

    /// The connection may send, as far as the database knows.
    pub fn allowed(&mut self) {
        self.shut = false;
    }

    /// The connection may not send: what waits here comes back, and what calls under way leave to be made does not go out.
    pub fn shut(&mut self) -> Vec<Claimed> {
        self.shut |= self.holds();
        self.empty()
    }

    /// Whether what a claim brought may wait here: not while it is shut, nor while the network asked to wait.
    pub fn takes(&self, now: Millis) -> bool {
        !self.shut && self.paused_until(now).is_none()
    }

    /// Whether what is due since then is out of reach: another process holds its lock, or too many suspects are out.
    pub fn out_of_reach(&self, due: Millis) -> bool {
        self.took_all_due_at.is_some_and(|at| due <= at)
    }

    pub fn may_start(&self, now: Millis) -> bool {
        self.holds() && self.pace.free(now) > 0
    }

    /// The postbacks of the next call, if one may start now and there is room for it.
    pub fn start(&mut self, now: Millis, room: Room) -> Option<Vec<Claimed>> {
        let most = match room {
            Room::None => return None,
            Room::One => 1,
            Room::Many => self.batch,
        };
        if !self.may_start(now) {
            return None;
        }
        self.pace.start();
        Some(self.again.pop_front().unwrap_or_else(|| batch::next_call(&mut self.backlog, most)))
    }

    /// Learns from a call on the route that came back; what should not wait here any more comes back, to be given back.
    pub fn end(&mut self, end: End, route: &Route, now: Millis) -> Vec<Claimed> {
        self.pace.end(end.signal, now);
        let mut unsent = Vec::new();
        let same = self.target.route.leads_to_same(route);
        self.shut |= same && end.refused;
        if same && !self.shut {
            end.again.into_iter().rev().for_each(|group| self.again.push_front(group));
        } else {
            unsent.extend(end.again.into_iter().flatten());
        }
        match end.signal {
            // Of another account or token that says nothing of this one.
            _ if end.refused && same => unsent.extend(self.empty()),
            Signal::Clean | Signal::Nothing => {}
            Signal::Congested { .. } => {
                self.rounds = ROUNDS_AHEAD;
                let keep = if self.pace.paused_until(now).is_some() { 0 } else { self.most(now) };
                unsent.extend(self.backlog.drain(keep.min(self.backlog.len())..));
                self.took_all_due_at = None;
            }
        }
        unsent
    }

    /// What has waited here until its lease is nearly over (before `until`), to be given back: who finds it overdue must take it for sent.
    pub fn overdue(&mut self, until: Millis) -> Vec<Claimed> {
        let is_over = |one: &Claimed| one.held.lease_until < until;
        let (mut over, kept): (Vec<Claimed>, Vec<Claimed>) = self.backlog.drain(..).partition(is_over);
        self.backlog = kept.into();
        let (again_over, again): (Vec<_>, Vec<_>) = self.again.drain(..).partition(|group| group.iter().any(is_over));
        self.again = again.into();
        over.extend(again_over.into_iter().flatten());
        if !over.is_empty() {
            self.took_all_due_at = None;
        }
        over
    }

    /// Whether postbacks wait here.
    pub fn holds(&self) -> bool {
        !self.backlog.is_empty() || !self.again.is_empty()
    }

    /// Stands still with another connection whose quota it shares; what is not sent comes back, to be given back.
    pub fn pause(&mut self, until: Millis, now: Millis) -> Vec<Claimed> {
        self.pace.pause(until, now);
        self.empty()
    }

    /// When it may go on, while the network asked it to wait.
    pub fn paused_until(&self, now: Millis) -> Option<Millis> {
        self.pace.paused_until(now)
    }

    /// Everything not sent, to be given back.
    pub fn empty(&mut self) -> Vec<Claimed> {
        self.took_all_due_at = None;
        self.again.drain(..).flatten().chain(self.backlog.drain(..)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SECOND;
    use crate::server::db::connections::Route;
    use crate::server::db::queue::{Held, LEASE};
    use crate::server::db::results::Of;
    use crate::server::networks;
    use crate::server::networks::contract::Destination;
    use uuid::Uuid;

    const NOW: Millis = 1_800_000_000_000;

    fn lane() -> Lane {
        Lane::new(target("tiktok", None), usize::MAX)
    }

    fn target(network: &str, transport: Option<&str>) -> Arc<Target> {
        let route = Route {
            id: Uuid::nil(),
            game_id: Uuid::nil(),
            network: network.into(),
            account_id: None,
            account_through: None,
            target_id: "CSAMPLE".into(),
            secret: None,
            secret_pasted: false,
            test_code: None,
            transport: transport.map(str::to_owned),
            probing: false,
        };
        let to = Destination {
            account_id: None,
            through: None,
            target_id: "CSAMPLE".into(),
            token: "token".to_owned().into(),
            pasted: false,
            test_code: None,
        };
        Arc::new(Target { route, network: networks::over(network, transport).unwrap(), to })
    }

    /// Claimed for `lane` at this time.
    fn claimed(at: Millis) -> Claimed {
        let held = Held {
            id: Uuid::now_v7(),
            lease_id: Uuid::nil(),
            lease_until: at + LEASE,
            attempt: 0,
            steps: 0,
            claims: 1,
            refusals: 0,
            give_up_at: None,
            expires_at: Millis::MAX,
            alone: false,
        };
        let of = Of {
            postback_id: held.id,
            game_id: Uuid::nil(),
            network: "tiktok".into(),
            connection_id: Uuid::nil(),
            goal_id: Uuid::nil(),
            goal_name: String::new(),
            event: "purchase".into(),
            test: true,
        };
        Claimed { held, of, body: None, unknown_since: None }
    }

    #[test]
    fn what_waits_for_one_transport_is_given_back_when_another_is_chosen() {
        let mut lane = Lane::new(target("google", None), 40);
        let all: Vec<Claimed> = (0..100).map(|_| claimed(NOW)).collect();
        lane.fill(all.clone(), 100, NOW);
        assert_eq!(lane.retarget(target("google", None)), []);
        assert_eq!(lane.retarget(target("google", Some("ads_api"))), all);
        lane.fill(all.iter().map(|one| Claimed { of: Of { test: false, ..one.of.clone() }, ..one.clone() }).collect(), 100, NOW);
        let most = networks::over("google", Some("ads_api")).unwrap().spec().batch;
        assert_eq!(lane.start(NOW, Room::Many).map(|call| call.len()), Some(most.min(40)), "the new one's calls are of its own size");
    }

    #[test]
    fn after_a_refusal_nothing_goes_out_before_somebody_has_looked() {
        let mut lane = lane();
        let route = lane.target().route.clone();
        let (first, second) = (claimed(NOW), claimed(NOW));
        lane.fill(vec![first.clone(), second.clone()], 2, NOW);
        assert_eq!(lane.start(NOW, Room::Many), Some(vec![first.clone()]));
        assert_eq!(lane.end(End { refused: true, ..End::nothing() }, &route, NOW), [second]);
        assert!(!lane.takes(NOW), "what a claim brings that was under way");
        let left = End { again: vec![vec![first.clone()]], ..End::nothing() };
        assert_eq!(lane.end(left, &route, NOW), [first], "what another call left to be made");
        lane.allowed();
        assert!(lane.takes(NOW));
    }

    #[test]
    fn what_no_claim_can_have_is_not_asked_for_again_and_again() {
        let mut lane = lane();
        assert!(!lane.out_of_reach(NOW));
        lane.fill(Vec::new(), 5, NOW);
        assert_eq!((lane.out_of_reach(NOW), lane.out_of_reach(NOW + 1)), (true, false));
        lane.fill(vec![claimed(NOW)], 5, NOW + 1);
        lane.empty();
        assert!(!lane.out_of_reach(NOW), "it is given back");
    }

    #[test]
    fn nobody_waits_here_until_the_lease_is_over() {
        let mut lane = lane();
        let all: Vec<Claimed> = [0, 30, 20].map(|seconds| claimed(NOW + seconds * SECOND)).into();
        lane.fill(all.clone(), 3, NOW);
        assert_eq!(lane.overdue(NOW + LEASE), []);
        assert_eq!(lane.overdue(NOW + LEASE + 25 * SECOND), [all[0].clone(), all[2].clone()]);
        assert_eq!(lane.empty(), [all[1].clone()]);
    }
}
