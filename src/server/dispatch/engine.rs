//! The moving parts of the loop: a lane for each connection, the calls in flight, the writer of results.

use super::attempt::{self, End, Target};
use super::claim::{self, Want};
use super::flush::Flush;
use super::lane::Lane;
use super::pace::Signal;
use super::{Clock, Dispatch};
use crate::model::Millis;
use crate::model::connection::ParkCause;
use crate::server::db::connections::{self, Route};
use crate::server::db::postbacks::Claimed;
use crate::server::db::results::Results;
use crate::server::db::{Result, queue};
use crate::server::networks;
use crate::server::networks::contract::Destination;
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
    calls: JoinSet<End>,
    /// Which connection a call is for, should it not say so itself.
    connections: HashMap<task::Id, Uuid>,
    flush: Flush,
    writer: JoinHandle<()>,
    /// Something may be due that was not when we looked last.
    stale: bool,
    made: usize,
}

impl Engine {
    pub fn start(dispatch: Dispatch, clock: Clock) -> Self {
        let (flush, writer) = Flush::start(dispatch.db.clone());
        Self {
            dispatch,
            clock,
            lanes: HashMap::new(),
            calls: JoinSet::new(),
            connections: HashMap::new(),
            flush,
            writer,
            stale: true,
            made: 0,
        }
    }

    pub fn wake(&self) -> Arc<Notify> {
        Arc::clone(&self.dispatch.wake)
    }

    pub fn in_flight(&self) -> usize {
        self.calls.len()
    }

    /// Calls that came back since the start.
    pub fn made(&self) -> usize {
        self.made
    }

    /// Something may be due: the next turn asks the database.
    pub fn look_again(&mut self) {
        self.stale = true;
    }

    /// Claims for the lanes that can take more and starts what may start. How many postbacks were claimed.
    pub async fn turn(&mut self) -> usize {
        let claimed = match self.refill().await {
            Ok(claimed) => claimed,
            Err(error) => {
                // Not again before the next alarm.
                self.lanes.values_mut().for_each(|lane| lane.dry());
                tracing::warn!(%error, "due postbacks were not claimed");
                0
            }
        };
        self.start_calls();
        claimed
    }

    async fn refill(&mut self) -> Result<usize> {
        let now = self.clock.now();
        if !self.stale && self.lanes.values().all(|lane| lane.room(now) == 0) || self.calls.len() >= MOST_CALLS {
            return Ok(0);
        }
        self.stale = false;
        let routes = connections::ready(&self.dispatch.db, now).await?;
        let due: HashSet<Uuid> = routes.iter().map(|route| route.id).collect();
        for (id, lane) in &mut self.lanes {
            if due.contains(id) { lane.wet() } else { lane.dry() }
        }
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
                wants.push(Want { connection_id: id, most: lane.room(now) });
            }
        }
        let claimed = claim::claim(&self.dispatch.db, &wants, now).await?;
        let count = claimed.iter().map(Vec::len).sum();
        for (want, claimed) in wants.iter().zip(claimed) {
            self.lanes.get_mut(&want.connection_id).expect("a claim is for a lane").fill(claimed, want.most);
        }
        Ok(count)
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
        let network = networks::find(&route.network)?;
        let secret = route.secret.as_deref().unwrap_or_default();
        match self.dispatch.sealer.open(&format!("connection:{}", route.id), secret) {
            Ok(token) => {
                let (account_id, target_id, test_code) = (route.account_id.clone(), route.target_id.clone(), route.test_code.clone());
                Some(Arc::new(Target { route, network, to: Destination { account_id, target_id, token, test_code } }))
            }
            Err(error) => {
                tracing::error!(%error, connection = %route.id, "a connection is parked");
                let parks = vec![attempt::park(&route, ParkCause::Credentials, CANNOT_OPEN.to_owned(), self.clock.now())];
                self.flush.write(Results { parks, ..Results::default() }, true).await;
                None
            }
        }
    }

    /// Starts the calls that every lane's pace allows; another lane is first each time, so that none is last for ever.
    pub fn start_calls(&mut self) {
        let now = self.clock.now();
        let mut lanes: Vec<&mut Lane> = self.lanes.values_mut().filter(|lane| lane.may_start(now)).collect();
        let first = self.made % lanes.len().max(1);
        lanes.rotate_left(first);
        for lane in lanes {
            while self.calls.len() < MOST_CALLS
                && let Some(postbacks) = lane.start(now)
            {
                let target = Arc::clone(lane.target());
                let connection_id = target.route.id;
                let call = attempt::deliver(self.dispatch.clone(), target, postbacks, self.flush.clone(), self.clock);
                self.connections.insert(self.calls.spawn(call).id(), connection_id);
            }
        }
    }

    /// Waits for a call to come back, and learns from it and all others that are back by then. For ever, where none is out.
    pub async fn call_ended(&mut self) {
        match self.calls.join_next_with_id().await {
            Some(end) => self.learn(end).await,
            None => std::future::pending().await,
        }
        while let Some(end) = self.calls.try_join_next_with_id() {
            self.learn(end).await;
        }
    }

    async fn learn(&mut self, end: std::result::Result<(task::Id, End), JoinError>) {
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
        let unsent = self.lanes.get_mut(&connection_id).map(|lane| lane.end(&end, now)).unwrap_or_default();
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
        let reclaimed = queue::reclaim(&self.dispatch.db, now).await?;
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
