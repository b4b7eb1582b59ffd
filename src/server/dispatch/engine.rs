//! The moving parts of the loop: a lane for each connection, the calls in flight, the writer of results.

use super::attempt::{self, End, Target};
use super::claim::{self, Want};
use super::flush::Flush;
use super::lane::Lane;
use super::pace::Signal;
use super::quota::Quotas;
use super::{Clock, Dispatch};
use crate::model::Millis;
use crate::model::connection::ParkCause;
use crate::server::db::connections::{self, Route};
use crate::server::db::postbacks::Claimed;
use crate::server::db::results::Results;
use crate::server::db::{Result, queue, receipts};
use crate::server::{metrics, networks};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::{self, JoinError, JoinHandle, JoinSet};
use uuid::Uuid;

/// Backstop for what nobody notified of: rows that another process queued, a connection that somebody let go.
const POLL: Duration = Duration::from_secs(1);
/// The timer never spins, even if what is due cannot be claimed just now.
const LEAST_SLEEP: Duration = Duration::from_millis(20);
/// Too old postbacks that one transaction ends.
const EXPIRED_AT_ONCE: usize = 256;
/// Calls in flight in the whole process.
const MOST_CALLS: usize = 512;
/// Connections that share a claim's transaction.
const MOST_TOGETHER: usize = 64;
/// How long calls in flight may take to end at shutdown: as long as one call takes at the most. Then the same for what is to be written.
const SHUTDOWN: Duration = Duration::from_secs(20);
/// What a connection is parked with whose secret was sealed with another key.
const CANNOT_OPEN: &str = "The stored token does not open: it was sealed with another POSTBACKS_SECRET_KEY.";

pub struct Engine {
    dispatch: Dispatch,
    clock: Clock,
    lanes: HashMap<Uuid, Lane>,
    /// A claim under way: calls go on meanwhile.
    claim: Option<JoinHandle<Result<Brought>>>,
    /// One that ended and is not taken in yet.
    brought: Option<Claim>,
    calls: JoinSet<End>,
    /// Calls that ended and are not learnt from yet.
    ended: Vec<Ended>,
    /// Which connection a call is for, should it not say so itself.
    connections: HashMap<task::Id, Uuid>,
    flush: Flush,
    writer: JoinHandle<()>,
    /// What the networks take of all connections together.
    quotas: Quotas,
    /// Something may be due that was not when we looked last.
    stale: bool,
    made: usize,
    claimed: usize,
}

/// What a claim brings each connection, with the target it was made for.
type Brought = Vec<(Want, Arc<Target>, Vec<Claimed>)>;
type Claim = std::result::Result<Result<Brought>, JoinError>;
type Ended = std::result::Result<(task::Id, End), JoinError>;

impl Engine {
    pub fn start(dispatch: Dispatch, clock: Clock) -> Self {
        let (flush, writer) = Flush::start(dispatch.db.clone());
        Self {
            dispatch,
            clock,
            lanes: HashMap::new(),
            claim: None,
            brought: None,
            calls: JoinSet::new(),
            ended: Vec::new(),
            connections: HashMap::new(),
            flush,
            writer,
            quotas: Quotas::default(),
            stale: true,
            made: 0,
            claimed: 0,
        }
    }

    pub fn wake(&self) -> Arc<Notify> {
        Arc::clone(&self.dispatch.wake)
    }

    /// Postbacks claimed since the start.
    pub fn claimed(&self) -> usize {
        self.claimed
    }

    /// Calls that came back since the start.
    pub fn made(&self) -> usize {
        self.made
    }

    /// Something may be due: the next turn asks the database.
    pub fn look_again(&mut self) {
        self.stale = true;
    }

    /// Whether a claim or a call is under way.
    pub fn busy(&self) -> bool {
        self.claim.is_some() || !self.calls.is_empty()
    }

    /// Learns from what ended, begins a claim for the lanes that can take more, and starts what may start.
    pub async fn turn(&mut self) {
        self.learn().await;
        if self.claim.is_none()
            && let Err(error) = self.begin_claim().await
        {
            self.not_claimed(&error);
        }
        self.start_calls();
    }

    fn not_claimed(&mut self, error: &dyn std::fmt::Display) {
        tracing::warn!(%error, "due postbacks were not claimed");
        // Not again before the next alarm.
        self.lanes.values_mut().for_each(Lane::dry);
    }

    async fn begin_claim(&mut self) -> Result<()> {
        let now = self.clock.now();
        if !self.stale && self.lanes.values().all(|lane| lane.room(now) == 0) || self.calls.len() >= MOST_CALLS {
            return Ok(());
        }
        self.stale = false;
        let routes = connections::ready(&self.dispatch.db, now).await?;
        let due: HashSet<Uuid> = routes.iter().map(|route| route.id).collect();
        for (id, lane) in &mut self.lanes {
            if due.contains(id) { lane.wet() } else { lane.dry() }
        }
        self.hold_back(&due).await?;
        let mut wants = Vec::new();
        for route in routes {
            let id = route.id;
            if wants.len() == MOST_TOGETHER {
                self.stale = true;
                break;
            }
            if let Some(lane) = self.lane(route).await
                && lane.room(now) > 0
            {
                wants.push((Want { connection_id: id, most: lane.room(now) }, Arc::clone(lane.target())));
            }
        }
        if !wants.is_empty() {
            let db = self.dispatch.db.clone();
            self.claim = Some(tokio::spawn(async move {
                let claimed = claim::claim(&db, &wants.iter().map(|(want, _)| *want).collect::<Vec<_>>(), now).await?;
                Ok(wants.into_iter().zip(claimed).map(|((want, target), claimed)| (want, target, claimed)).collect())
            }));
        }
        Ok(())
    }

    /// Lets go of what is claimed for connections that may not send any more, or lead elsewhere now; `looked_at` are those with a route.
    async fn hold_back(&mut self, looked_at: &HashSet<Uuid>) -> Result<()> {
        let holds = |(id, lane): (&Uuid, &Lane)| (lane.holds() && !looked_at.contains(id)).then_some(*id);
        let mut holding: HashSet<Uuid> = self.lanes.iter().filter_map(holds).collect();
        if holding.is_empty() {
            return Ok(());
        }
        let ids: Vec<Uuid> = holding.iter().copied().collect();
        for route in connections::sending(&self.dispatch.db, &ids).await? {
            let id = route.id;
            if self.lane(route).await.is_some() {
                holding.remove(&id);
            }
        }
        let stopped = self.lanes.iter_mut().filter(|(id, _)| holding.contains(*id));
        let unsent: Vec<Claimed> = stopped.flat_map(|(_, lane)| lane.empty()).collect();
        attempt::give_back(&self.dispatch, unsent).await;
        Ok(())
    }

    /// Waits for the claim or a call under way, whichever ends first. For ever, where there is none. Only the next turn learns from
    /// it, so that nothing is lost when this is dropped for something else that happened.
    pub async fn something_ended(&mut self) {
        tokio::select! {
            claimed = under_way(&mut self.claim) => {
                self.claim = None;
                self.brought = Some(claimed);
            }
            end = call_ended(&mut self.calls) => self.ended.push(end),
        }
        while let Some(end) = self.calls.try_join_next_with_id() {
            self.ended.push(end);
        }
    }

    async fn learn(&mut self) {
        if let Some(claimed) = self.brought.take() {
            self.take(claimed).await;
        }
        for end in std::mem::take(&mut self.ended) {
            self.learn_from(end).await;
        }
    }

    async fn take(&mut self, claimed: Claim) {
        let claimed = match claimed {
            Ok(Ok(claimed)) => claimed,
            Ok(Err(error)) => return self.not_claimed(&error),
            Err(error) => return self.not_claimed(&error),
        };
        for (want, target, claimed) in claimed {
            self.claimed += claimed.len();
            let lane = self.lanes.get_mut(&want.connection_id).expect("lanes are kept");
            if lane.target().route.leads_to_same(&target.route) {
                lane.fill(claimed, want.most);
            } else {
                attempt::give_back(&self.dispatch, claimed).await;
            }
        }
    }

    /// The lane of the connection, as its row is now; None where it cannot send.
    async fn lane(&mut self, route: Route) -> Option<&mut Lane> {
        let id = route.id;
        if self.lanes.get(&id).is_none_or(|lane| lane.target().route != route) {
            let target = self.open(route).await?;
            let unsent = match self.lanes.get_mut(&id) {
                Some(lane) => lane.retarget(target),
                None => {
                    self.lanes.insert(id, Lane::new(target, self.dispatch.most_per_call));
                    Vec::new()
                }
            };
            attempt::give_back(&self.dispatch, unsent).await;
        }
        self.lanes.get_mut(&id)
    }

    /// The target with its secret opened; one that does not open parks the connection.
    async fn open(&self, route: Route) -> Option<Arc<Target>> {
        let network = networks::over(&route.network, route.transport.as_deref())?;
        match Target::open(&self.dispatch.sealer, network, route.clone()) {
            Ok(target) => Some(Arc::new(target)),
            Err(error) => {
                tracing::error!(%error, connection = %route.id, "a connection is parked");
                let parks = vec![attempt::park(&route, ParkCause::Credentials, CANNOT_OPEN.to_owned(), self.clock.now())];
                self.flush.write(Results { parks, ..Results::default() }, true).await;
                None
            }
        }
    }

    /// Starts the calls that every lane's pace allows; another lane is first each time, so that none is last for ever.
    fn start_calls(&mut self) {
        let now = self.clock.now();
        let mut lanes: Vec<&mut Lane> = self.lanes.values_mut().filter(|lane| lane.may_start(now)).collect();
        let first = self.made % lanes.len().max(1);
        lanes.rotate_left(first);
        for lane in lanes {
            let network = lane.target().network;
            while self.calls.len() < MOST_CALLS
                && let Some(postbacks) = lane.start(now, self.quotas.room(network, now))
            {
                self.quotas.spend(network, 1);
                let target = Arc::clone(lane.target());
                let connection_id = target.route.id;
                let call = attempt::deliver(self.dispatch.clone(), target, postbacks, self.flush.clone(), self.clock);
                self.connections.insert(self.calls.spawn(call).id(), connection_id);
            }
        }
    }

    async fn learn_from(&mut self, end: Ended) {
        let (id, end) = match end {
            Ok((id, end)) => (id, Some(end)),
            Err(error) => {
                tracing::error!(%error, "a call stopped half-way; its postbacks are sent again when their leases end");
                (error.id(), None)
            }
        };
        let Some(connection_id) = self.connections.remove(&id) else { return };
        let end = end.unwrap_or(End { signal: Signal::Congested { pause: None }, refused: false, calls: 0 });
        self.made += end.calls;
        let now = self.clock.now();
        if let Some(lane) = self.lanes.get(&connection_id) {
            // One was spent when it started.
            self.quotas.spend(lane.target().network, end.calls.saturating_sub(1));
        }
        let unsent = self.lanes.get_mut(&connection_id).map(|lane| lane.end(&end, now)).unwrap_or_default();
        attempt::give_back(&self.dispatch, unsent).await;
        if let Signal::Congested { pause: Some(pause) } = end.signal {
            self.pause_those_with(connection_id, now + pause, now).await;
        }
    }

    /// Where the network counts all connections of this instance together, the wait of one is that of all.
    async fn pause_those_with(&mut self, connection_id: Uuid, until: Millis, now: Millis) {
        let spec = self.lanes.get(&connection_id).map(|lane| lane.target().network.spec()).filter(|spec| spec.shared_quota);
        let Some(spec) = spec else { return };
        // Each transport has a SPEC, and a quota, of its own.
        let others = self.lanes.iter_mut().filter(|(id, lane)| **id != connection_id && std::ptr::eq(lane.target().network.spec(), spec));
        let unsent: Vec<Claimed> = others.flat_map(|(_, lane)| lane.pause(until, now)).collect();
        attempt::give_back(&self.dispatch, unsent).await;
    }

    /// Takes back what dead processes held and ends what grew too old, parked or not.
    pub async fn housekeeping(&mut self) {
        if let Err(error) = self.keep_house().await {
            tracing::warn!(%error, "overdue leases and too old postbacks were left for later");
        }
    }

    async fn keep_house(&mut self) -> Result<()> {
        if let Clock::Wall { ahead } = &mut self.clock {
            *ahead = queue::clock_ahead(&self.dispatch.db).await?;
        }
        let now = self.clock.now();
        let unsent: Vec<Claimed> = self.lanes.values_mut().flat_map(|lane| lane.overdue(now + attempt::LEAST_LEASE)).collect();
        attempt::give_back(&self.dispatch, unsent).await;
        let reclaimed = queue::reclaim(&self.dispatch.db, now).await?;
        metrics::leases_reclaimed(reclaimed);
        self.quotas.questions_due(receipts::next_due(&self.dispatch.db).await?, now);
        if reclaimed > 0 {
            tracing::warn!(count = reclaimed, "postbacks whose sender died or hangs are taken up again");
        }
        loop {
            let expired: Vec<Claimed> = claim::claim_expired(&self.dispatch.db, EXPIRED_AT_ONCE, now).await?;
            let count = expired.len();
            let end = |one: Claimed| networks::find(&one.of.network).map(|network| attempt::end_expired(network.spec(), one, now));
            let finishes = expired.into_iter().filter_map(end).collect();
            if count > 0 {
                self.flush.write(Results { finishes, ..Results::default() }, true).await;
            }
            if count < EXPIRED_AT_ONCE {
                return Ok(());
            }
        }
    }

    /// How long there is nothing to do unless somebody notifies: to the next due row or the end of a pause, at most the poll.
    pub async fn sleep(&self) -> Duration {
        let now = self.clock.now();
        let due = queue::next_due(&self.dispatch.db).await.unwrap_or_default();
        let pauses = self.lanes.values().filter_map(|lane| lane.paused_until(now));
        let next: Option<Millis> = pauses.chain(due).min();
        next.map_or(POLL, |at| Duration::from_millis(u64::try_from(at - now).unwrap_or(0)).clamp(LEAST_SLEEP, POLL))
    }

    /// Gives back what is not sent, lets the calls in flight end, writes their results.
    pub async fn stop(mut self) {
        if let Some(claim) = self.claim.take() {
            self.brought = Some(claim.await);
        }
        self.learn().await;
        let unsent: Vec<Claimed> = self.lanes.values_mut().flat_map(Lane::empty).collect();
        attempt::give_back(&self.dispatch, unsent).await;
        let calls = async { while self.calls.join_next().await.is_some() {} };
        if tokio::time::timeout(SHUTDOWN, calls).await.is_err() {
            tracing::warn!(count = self.calls.len(), "calls did not end in time; their postbacks are sent again under the same ids");
        }
        self.calls.shutdown().await;
        drop(self.flush);
        if tokio::time::timeout(SHUTDOWN, self.writer).await.is_err() {
            tracing::error!("results were not written in time; their postbacks are sent again under the same ids");
        }
    }
}

async fn under_way<T>(task: &mut Option<JoinHandle<T>>) -> std::result::Result<T, JoinError> {
    match task {
        Some(task) => task.await,
        None => std::future::pending().await,
    }
}

async fn call_ended(calls: &mut JoinSet<End>) -> Ended {
    match calls.join_next_with_id().await {
        Some(end) => end,
        None => std::future::pending().await,
    }
}
