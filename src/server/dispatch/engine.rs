//! The loop's hands: carries out what `core` decides, with the database, the calls in flight and the writer of results.

use super::attempt;
use super::claim;
use super::core::{Brought, Core, Due};
use super::flush::Flush;
use super::judge::{self, End};
use super::others::Others;
use super::target::{self, Target};
use super::{Clock, Dispatch};
use crate::model::connection::ParkCause;
use crate::model::{MINUTE, Millis, SECOND};
use crate::server::db::connections::{self, Ready, Route};
use crate::server::db::postbacks::Claimed;
use crate::server::db::results::Results;
use crate::server::db::{Db, Error, Result, clock, queue, receipts};
use crate::server::{metrics, networks, trouble};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::{self, JoinError, JoinHandle, JoinSet};

/// Too old postbacks that one transaction ends.
const EXPIRED_AT_ONCE: usize = 256;
/// How long calls in flight may take to end at shutdown: as long as one call takes at the most. Then the same for what is to be written.
const SHUTDOWN: Duration = Duration::from_secs(20);
/// After the database was away nobody is taken for dead before whoever has results in hand has had the time to write them: twice what
/// the writer waits at the most before it tries again.
pub const PATIENCE: Millis = 10 * SECOND;
/// A clock that is so far from where it should be has jumped; less than that is its correction.
const JUMP: Millis = MINUTE;
/// What a connection is parked with whose secret was sealed with another key.
const CANNOT_OPEN: &str = "The stored token does not open: it was sealed with another POSTBACKS_SECRET_KEY.";

pub struct Engine {
    dispatch: Dispatch,
    clock: Clock,
    core: Core,
    /// No lease is taken back before then.
    patient_until: Millis,
    claim: Option<JoinHandle<Result<Brought>>>,
    /// A claim that ended and is not taken in yet.
    brought: Option<Claim>,
    calls: JoinSet<End>,
    /// Calls that ended and are not learnt from yet.
    ended: Vec<Ended>,
    /// Where a call goes, should it not say so itself.
    under_way: HashMap<task::Id, Arc<Target>>,
    flush: Flush,
    writer: JoinHandle<()>,
}

type Claim = std::result::Result<Result<Brought>, JoinError>;
type Ended = std::result::Result<(task::Id, End), JoinError>;

impl Engine {
    pub fn start(dispatch: Dispatch, clock: Clock) -> Self {
        let (flush, writer) = Flush::start(dispatch.db.clone());
        let core = Core::new(dispatch.most_per_call);
        Self {
            dispatch,
            clock,
            core,
            patient_until: 0,
            claim: None,
            brought: None,
            calls: JoinSet::new(),
            ended: Vec::new(),
            under_way: HashMap::new(),
            flush,
            writer,
        }
    }

    pub fn wake(&self) -> Arc<Notify> {
        Arc::clone(&self.dispatch.wake)
    }

    pub fn others(&self) -> Others {
        self.dispatch.others.clone()
    }

    /// Postbacks claimed since the start.
    pub fn claimed(&self) -> usize {
        self.core.claimed()
    }

    /// Calls that came back since the start.
    pub fn made(&self) -> usize {
        self.core.made()
    }

    /// Something may be due: the next turn asks the database.
    pub fn look_again(&mut self) {
        self.core.look_again();
    }

    /// Whether a claim or a call is under way.
    pub fn busy(&self) -> bool {
        self.core.busy()
    }

    /// Learns from what ended, begins a claim for the lanes that can take more, and starts what may start.
    pub async fn turn(&mut self) {
        self.core.shared_by(self.dispatch.others.sharers());
        self.learn().await;
        if self.core.looks(self.clock.now())
            && let Err(error) = self.begin_claim().await
        {
            self.not_claimed(&error);
        }
        self.start_calls();
    }

    fn not_claimed(&mut self, error: &Error) {
        trouble::met(error, "due postbacks were not claimed");
        self.core.not_claimed();
    }

    async fn begin_claim(&mut self) -> Result<()> {
        let now = self.clock.now();
        let ready = connections::ready(&self.dispatch.db, now).await?;
        let holding = self.core.holding(&ready.iter().map(|ready| ready.route.id).collect());
        let routes = if holding.is_empty() { Vec::new() } else { connections::sending(&self.dispatch.db, &holding).await? };
        let (mut due, mut sending) = (Vec::with_capacity(ready.len()), Vec::with_capacity(routes.len()));
        for Ready { route, suspects } in ready {
            due.extend(self.open(route).await.map(|target| Due { target, suspects }));
        }
        for route in routes {
            sending.extend(self.open(route).await);
        }
        let (wanted, unsent) = self.core.looked(due, sending, now);
        attempt::give_back(&self.dispatch, unsent).await;
        if !wanted.is_empty() {
            let db = self.dispatch.db.clone();
            self.claim = Some(tokio::spawn(async move {
                let claimed = claim::claim(&db, &wanted.iter().map(|(want, _)| *want).collect::<Vec<_>>(), now).await?;
                Ok(wanted.into_iter().zip(claimed).map(|((want, target), claimed)| (want, target, claimed)).collect())
            }));
        }
        Ok(())
    }

    /// The target with its secret opened; one that does not open parks the connection.
    async fn open(&self, route: Route) -> Option<Arc<Target>> {
        if let Some(known) = self.core.target(route.id).filter(|known| known.route == route) {
            return Some(Arc::clone(known));
        }
        let network = networks::over(&route.network, route.transport.as_deref())?;
        match Target::open(&self.dispatch.sealer, network, route.clone()) {
            Ok(target) => Some(Arc::new(target)),
            Err(error) => {
                tracing::error!(%error, connection = %route.id, "a connection is parked");
                let parks = vec![target::park(&route, ParkCause::Credentials, CANNOT_OPEN.to_owned(), self.clock.now())];
                self.flush.write(Results { parks, ..Results::default() }, true).await;
                None
            }
        }
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
        match self.brought.take() {
            Some(Ok(Ok(brought))) => {
                let unsent = self.core.brought(brought, self.clock.now());
                attempt::give_back(&self.dispatch, unsent).await;
            }
            Some(Ok(Err(error))) => self.not_claimed(&error),
            Some(Err(error)) => {
                tracing::error!(%error, "a claim stopped half-way; its postbacks are sent when its lease ends");
                self.core.not_claimed();
            }
            None => {}
        }
        let now = self.clock.now();
        let mut unsent = Vec::new();
        for ended in std::mem::take(&mut self.ended) {
            let (id, end) = match ended {
                Ok((id, end)) => (id, Some(end)),
                Err(error) => {
                    tracing::error!(%error, "a call stopped half-way; its postbacks are sent again when their leases end");
                    (error.id(), None)
                }
            };
            if let Some(target) = self.under_way.remove(&id) {
                unsent.extend(self.core.ended(&target, end, now));
            }
        }
        attempt::give_back(&self.dispatch, unsent).await;
    }

    fn start_calls(&mut self) {
        for (target, postbacks) in self.core.start(self.clock.now()) {
            let call = attempt::deliver(self.dispatch.clone(), Arc::clone(&target), postbacks, self.flush.clone(), self.clock);
            // Boxed: it is large, and is else copied three times on its way into the task.
            self.under_way.insert(self.calls.spawn(Box::pin(call)).id(), target);
        }
    }

    /// Takes back what dead processes held and ends what grew too old, parked or not.
    pub async fn housekeeping(&mut self) {
        if let Err(error) = self.keep_house().await {
            self.patient_until = self.clock.now() + PATIENCE;
            trouble::met(&error, "overdue leases and too old postbacks were left for later");
        }
    }

    async fn keep_house(&mut self) -> Result<()> {
        self.read_clock().await?;
        let now = self.clock.now();
        let unsent = self.core.overdue(now);
        attempt::give_back(&self.dispatch, unsent).await;
        // One that seems far away was set before the clock was turned back.
        let patient = (0..PATIENCE).contains(&(self.patient_until - now));
        let reclaimed = if patient { 0 } else { queue::reclaim(&self.dispatch.db, now).await? };
        metrics::leases_reclaimed(reclaimed);
        self.core.questions_due(receipts::next_due(&self.dispatch.db).await?, now);
        if reclaimed > 0 {
            self.core.look_again();
            tracing::warn!(count = reclaimed, "postbacks whose sender died or hangs are taken up again");
        }
        loop {
            let expired: Vec<Claimed> = claim::claim_expired(&self.dispatch.db, EXPIRED_AT_ONCE, now).await?;
            let count = expired.len();
            expired.iter().for_each(|one| metrics::expired(&one.of.network));
            let end = |one: Claimed| networks::find(&one.of.network).map(|network| judge::end_expired(network.spec(), one, now));
            let finishes = expired.into_iter().filter_map(end).collect();
            if count > 0 {
                self.flush.write(Results { finishes, ..Results::default() }, true).await;
            }
            if count < EXPIRED_AT_ONCE {
                return Ok(());
            }
        }
    }

    /// Looks at the clock. Where it has jumped, leases and waits are moved along, so that none lasts a day longer or ends a day too soon.
    async fn read_clock(&mut self) -> Result<()> {
        let Clock::Running { .. } = self.clock else { return Ok(()) };
        let (before, read) = (self.clock.now(), clock::read(&self.dispatch.db).await?);
        let by = read - before;
        if let Db::Sqlite { .. } = self.dispatch.db
            && by.abs() > JUMP
        {
            tracing::warn!(seconds = by / SECOND, "the clock has jumped; leases and waits are moved along");
            let unsent = self.core.empty();
            attempt::give_back(&self.dispatch, unsent).await;
            clock::jumped(&self.dispatch.db, before, by).await?;
        }
        self.clock = Clock::at(read);
        if clock::bring_forward(&self.dispatch.db, read, JUMP).await? > 0 || by.abs() > JUMP {
            self.core.look_again();
        }
        Ok(())
    }

    /// How long there is nothing to do unless somebody notifies.
    pub async fn sleep(&self) -> Duration {
        let due = queue::next_due(&self.dispatch.db).await.unwrap_or_default();
        Duration::from_millis(self.core.sleep(&due, self.clock.now()).unsigned_abs())
    }

    /// Gives back what is not sent, lets the calls in flight end, writes their results.
    pub async fn stop(mut self) {
        let orderly = async {
            loop {
                self.learn().await;
                let unsent = self.core.empty();
                attempt::give_back(&self.dispatch, unsent).await;
                if !self.core.busy() {
                    break;
                }
                self.something_ended().await;
            }
        };
        if tokio::time::timeout(SHUTDOWN, orderly).await.is_err() {
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
