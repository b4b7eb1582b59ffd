//! The second stage: asks the networks whose yes is a receipt what became of the events, and writes the last word. A loop of its own beside
//! the sending one, with leases of its own.

use super::call::{self, Made};
use super::quota::Left;
use super::record::{self, Sent};
use super::target::Target;
use super::told::{self, After, Reply};
use super::{Clock, Dispatch};
use crate::model::Millis;
use crate::server::access::NotBought;
use crate::server::db::connections::{self, Park, Route};
use crate::server::db::last_words;
use crate::server::db::receipts::{self, Open};
use crate::server::db::{Db, Result, clock};
use crate::server::networks::contract::{ConnectError, Later, Told, Word};
use crate::server::{metrics, networks, trouble};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Questions that are under way together: Google takes about ten calls at once.
const AT_ONCE: usize = 8;
/// How often it looks at the least: first questions are half an hour away, so that nobody need wake it.
const POLL: Duration = Duration::from_secs(5);
/// Between two looks, while what is due cannot be asked.
const LEAST_SLEEP: Duration = Duration::from_millis(500);

/// Asks until `shutdown`. What is under way then is asked again when its lease ends; on SQLite, at the next start.
pub async fn run(dispatch: Dispatch, shutdown: CancellationToken) {
    if let Db::Sqlite { .. } = dispatch.db
        && let Err(error) = receipts::clear_leases(&dispatch.db).await
    {
        tracing::error!(%error, "old leases of questions are not cleared; they run out in two minutes");
    }
    let mut asker = Asker::new(dispatch, Clock::at(super::super::now()));
    tokio::select! {
        () = shutdown.cancelled() => {}
        () = asker.for_ever() => {}
    }
}

/// Asks everything that is due at `now`, once; the number of questions. Time stands still meanwhile.
pub async fn ask_until_idle(dispatch: &Dispatch, now: Millis) -> usize {
    let mut asker = Asker::new(dispatch.clone(), Clock::Stopped(now));
    asker.housekeeping().await;
    let mut asked = 0;
    loop {
        match asker.turn().await {
            Ok(0) => return asked,
            Ok(more) => asked += more,
            Err(error) => {
                tracing::error!(%error, "questions were not asked");
                return asked;
            }
        }
    }
}

struct Asker {
    dispatch: Dispatch,
    clock: Clock,
    left: HashMap<&'static str, Left>,
    turns: usize,
}

/// A question and what it brought.
struct Asked {
    target: Arc<Target>,
    open: Open,
    told: Told,
    /// None: no token was to be had for it.
    made: Option<Made>,
    /// What the network said to the token, where it refuses it.
    words: Option<String>,
}

impl Asker {
    fn new(dispatch: Dispatch, clock: Clock) -> Self {
        Self { dispatch, clock, left: HashMap::new(), turns: 0 }
    }

    async fn for_ever(&mut self) {
        loop {
            self.housekeeping().await;
            loop {
                match self.turn().await {
                    Ok(0) => break,
                    Ok(_) => {}
                    Err(error) => {
                        trouble::met(&error, "what became of accepted events was not asked");
                        break;
                    }
                }
            }
            tokio::time::sleep(self.pause().await).await;
        }
    }

    async fn housekeeping(&mut self) {
        let tidy = async {
            if let Clock::Running { .. } = self.clock {
                self.clock = Clock::at(clock::read(&self.dispatch.db).await?);
            }
            receipts::reclaim(&self.dispatch.db, self.clock.now()).await
        };
        match tidy.await {
            Ok(0) => {}
            Ok(count) => tracing::warn!(count, "questions whose asker died or hangs are taken up again"),
            Err(error) => trouble::met(&error, "overdue leases of questions were left for later"),
        }
    }

    async fn pause(&self) -> Duration {
        let due = receipts::next_due(&self.dispatch.db).await.unwrap_or_default().into_values().min();
        let wait = due.map(|due| Duration::from_millis(u64::try_from(due - self.clock.now()).unwrap_or(0)));
        wait.map_or(POLL, |wait| wait.clamp(LEAST_SLEEP, POLL))
    }

    /// Asks a few questions that are due, of every connection its share; how many they were.
    async fn turn(&mut self) -> Result<usize> {
        let claimed = self.claim().await?;
        let count = claimed.len();
        let mut questions = JoinSet::new();
        for (target, later, open) in claimed {
            questions.spawn(ask(self.dispatch.clone(), target, later, open, self.clock));
        }
        while let Some(asked) = questions.join_next().await {
            let one = match asked {
                Ok(one) => one,
                Err(error) => {
                    tracing::error!(%error, "a question stopped half-way; it is asked again when its lease ends");
                    continue;
                }
            };
            let network = one.target.network;
            if let (Some(left), Some(made)) = (self.left.get_mut(network.spec().slug), &one.made) {
                left.spend(made.count);
            }
            // What is not written is asked again when its lease ends.
            if let Err(error) = self.settle(one).await {
                tracing::error!(%error, network = network.spec().slug, "a last word was not written");
            }
        }
        Ok(count)
    }

    async fn claim(&mut self) -> Result<Vec<(Arc<Target>, &'static dyn Later, Open)>> {
        let now = self.clock.now();
        let mut routes = connections::asking(&self.dispatch.db, now).await?;
        if routes.is_empty() {
            return Ok(Vec::new());
        }
        // Another connection is first each time.
        let first = self.turns % routes.len();
        routes.rotate_left(first);
        self.turns += 1;
        let share = AT_ONCE.div_ceil(routes.len());
        let sharers = self.dispatch.others.sharers();
        self.left.values_mut().for_each(|left| left.shared_by(sharers));
        let mut room: HashMap<&str, usize> = HashMap::new();
        let mut claimed = Vec::new();
        let mut tx = self.dispatch.db.begin().await?;
        for route in routes {
            let Some((target, later)) = self.open(route) else { continue };
            let slug = target.network.spec().slug;
            let calls = || self.left.entry(slug).or_insert_with(|| Left::of(later.asking(), sharers, now)).calls(now);
            let room = room.entry(slug).or_insert_with(calls);
            let most = share.min(*room).min(AT_ONCE - claimed.len());
            if most == 0 {
                continue;
            }
            let open = receipts::claim(&mut tx, target.route.id, most, now).await?;
            *room -= open.len();
            claimed.extend(open.into_iter().map(|open| (Arc::clone(&target), later, open)));
        }
        tx.commit().await?;
        Ok(claimed)
    }

    fn open(&self, route: Route) -> Option<(Arc<Target>, &'static dyn Later)> {
        let network = networks::find(&route.network)?;
        let later = network.later()?;
        // The sending loop parks a connection whose secret does not open.
        let target = Target::open(&self.dispatch.sealer, network, route).ok()?;
        Some((Arc::new(target), later))
    }

    async fn settle(&self, asked: Asked) -> Result<()> {
        let Asked { target, open, told, made, words } = asked;
        let now = self.clock.now();
        match (told::after(&target, &open, &told, made.is_some(), words, now), made) {
            (After::Back { asked, due_at, park }, _) => self.put_back(&open, asked, due_at, park).await,
            (After::Last, made) => {
                let made = made.expect("the last word was said in an answer");
                self.conclude(&target, open, &told, made, now).await
            }
        }
    }

    async fn put_back(&self, open: &Open, asked: i32, due_at: Millis, park: Option<Park>) -> Result<()> {
        let mut tx = self.dispatch.db.begin().await?;
        receipts::put_back(&mut tx, open, asked, due_at).await?;
        if let Some(park) = park {
            connections::park(&mut tx, &park).await?;
        }
        tx.commit().await
    }

    /// Writes the last word on every event of the receipt.
    async fn conclude(&self, target: &Target, open: Open, told: &Told, made: Made, now: Millis) -> Result<()> {
        let spec = target.network.spec();
        let Made { request, started, exchange, .. } = made;
        let answer = exchange.result.ok();
        let Sent { call, .. } = record::sent(request, answer.as_ref().map(|answer| answer.body.as_str()), started);
        let events = receipts::events(&self.dispatch.db, open.id).await?;
        let let_go = connections::resumed_at(&self.dispatch.db, open.connection_id).await?;
        let reply = Reply { call, status: answer.map(|answer| answer.status), latency_ms: exchange.latency_ms };
        let last = told::last(target, open, events, told, reply, let_go, now, rand::random::<f64>);
        if last_words::finish(&self.dispatch.db, &last).await? {
            for told in &last.events {
                metrics::last_word(spec.slug, told.word);
                if let Some(row) = &told.row {
                    metrics::attempt_logged(spec.slug, row.status);
                }
            }
        }
        if last.events.iter().any(|told| told.again.is_some()) {
            self.dispatch.wake.notify_one();
        }
        Ok(())
    }
}

async fn ask(dispatch: Dispatch, target: Arc<Target>, later: &'static dyn Later, open: Open, clock: Clock) -> Asked {
    let made = call::make(&dispatch, &target, |to| later.ask(&dispatch.settings, to, &open.named), clock).await;
    let nothing = Told { word: Word::Nothing { wait: None }, code: None, says: None };
    let (told, made, words) = match made {
        Ok(made) => {
            metrics::call_made(target.network.spec().slug, made.exchange.latency_ms);
            let (told, words) = match &made.exchange.result {
                Ok(answer) => {
                    let told = later.told(answer, usize::try_from(open.events).unwrap_or(0));
                    let words = (told.word == Word::Credentials).then(|| target.network.verdict(answer, 1).words).flatten();
                    (told, words)
                }
                Err(_) => (nothing, None),
            };
            (told, Some(made), words)
        }
        Err(NotBought { error: ConnectError::Unavailable { .. }, .. }) => (nothing, None, None),
        Err(NotBought { error, .. }) => (Told { word: Word::Credentials, ..nothing }, None, Some(call::said(error).1)),
    };
    Asked { target, open, told, made, words }
}
