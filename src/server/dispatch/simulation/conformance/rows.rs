//! What is visible of both.

use super::pair::Pair;
use crate::model::Millis;
use crate::server::db::connections;
use crate::server::db::{on, queue};
use uuid::Uuid;

type Queued = (Uuid, Uuid, Millis, Millis, i32, i32, i32, i32, Option<Millis>, bool, Option<Uuid>, Option<Millis>);
type Stored = (Uuid, String, Option<String>, Option<Millis>, Millis, Option<String>, i32);
type Connected = (Uuid, bool, bool, Option<String>, Option<Millis>, Option<Millis>, bool);
type Kept = (Uuid, Uuid, String, i32, i32, Millis, Option<Millis>);
type Covered = (Uuid, Uuid, Uuid, i32, i32, i32, Millis, bool);
type Logged = (Uuid, Millis, String, bool, bool);

macro_rules! all {
    ($pair:expr, $text:literal) => {
        on!($pair.db, pool => sqlx::query_as($text).fetch_all(pool).await).unwrap()
    };
}

impl Pair<'_> {
    pub async fn compare(&self) {
        self.compare_rows().await;
        self.compare_receipts().await;
        let (now, ids) = (self.now, self.ids());
        let mut ready = connections::ready(self.db, now).await.unwrap();
        ready.sort_by_key(|ready| ready.route.id);
        assert_eq!(self.store.ready(now), ready, "who has something due");
        let mut sending = connections::sending(self.db, &ids).await.unwrap();
        sending.sort_by_key(|route| route.id);
        let mut order = ids;
        order.sort_unstable();
        assert_eq!(self.store.sending(&order), sending, "who may send");
        let mut asking = connections::asking(self.db, now).await.unwrap();
        asking.sort_by_key(|route| route.id);
        assert_eq!(self.store.asking(now), asking, "who has a question due");
        let mut due = queue::next_due(self.db).await.unwrap();
        due.sort_unstable();
        assert_eq!(self.store.next_due(), due, "what is due next");
    }

    async fn compare_rows(&self) {
        let real: Vec<Queued> = all!(
            self,
            "select id, connection_id, due_at, expires_at, attempt, steps, claims, refusals, give_up_at, alone, lease_id, lease_until
             from queue order by id"
        );
        let model: Vec<Queued> = self
            .store
            .queue
            .iter()
            .map(|(id, row)| {
                let lease = row.lease.map(|(lease, _)| self.leases[&lease]);
                let until = row.lease.map(|(_, until)| until);
                (
                    *id,
                    row.connection_id,
                    row.due_at,
                    row.expires_at,
                    row.attempt,
                    row.steps,
                    row.claims,
                    row.refusals,
                    row.give_up_at,
                    row.alone,
                    lease,
                    until,
                )
            })
            .collect();
        assert_eq!(model, real, "the queue");
        let real: Vec<Stored> =
            all!(self, "select id, state, ended, unknown_since, expires_at, delivered, attempts from postbacks order by id");
        let model: Vec<Stored> = self
            .store
            .postbacks
            .iter()
            .map(|(id, one)| {
                let delivered = one.delivered.map(|state| state.word().to_owned());
                (*id, one.state.word().to_owned(), one.ended.clone(), one.unknown_since, one.expires_at, delivered, one.attempts)
            })
            .collect();
        assert_eq!(model, real, "the postbacks");
        let mut real: Vec<Connected> = all!(
            self,
            "select id, connected, enabled, parked_cause, held_since, resumed_at, probe_at is not null from connections order by id"
        );
        real.retain(|row| self.store.connections.contains_key(&row.0));
        let model: Vec<Connected> = self
            .store
            .connections
            .iter()
            .map(|(id, one)| {
                let parked = one.parked.map(|cause| cause.word().to_owned());
                (*id, one.connected, one.enabled, parked, one.held_since, one.resumed_at, one.route.probing)
            })
            .collect();
        assert_eq!(model, real, "the connections");
        // What a late refusal adds is written with the last word, and nothing here goes by it.
        let mut real: Vec<Logged> =
            all!(self, "select postback_id, time, status, call_id is not null, late from attempts where of_attempt is null");
        let log = self.store.log.iter();
        let mut model: Vec<Logged> =
            log.map(|row| (row.postback_id, row.time, row.status.word().to_owned(), row.called, row.late)).collect();
        real.sort_unstable();
        model.sort_unstable();
        assert_eq!(model, real, "the log");
    }

    async fn compare_receipts(&self) {
        let real: Vec<Kept> = all!(self, "select id, connection_id, named, events, asked, due_at, lease_until from receipts order by id");
        let model: Vec<Kept> = self
            .store
            .receipts
            .iter()
            .map(|(id, kept)| {
                let until = kept.held.then_some(kept.lease_until);
                (*id, kept.open.connection_id, kept.open.named.clone(), kept.open.events, kept.open.asked, kept.due_at, until)
            })
            .collect();
        assert_eq!(model, real, "the receipts");
        let real: Vec<Covered> = all!(
            self,
            "select receipt_id, postback_id, attempt_id, attempt, steps, refusals, give_up_at, alone from receipt_events
             order by receipt_id, postback_id"
        );
        let covered = self.store.receipts.iter().flat_map(|(id, kept)| kept.events.iter().map(move |(of, event)| (id, of, event)));
        let model: Vec<Covered> = covered
            .map(|(id, of, one)| (*id, *of, one.attempt_id, one.attempt, one.steps, one.refusals, one.give_up_at, one.alone))
            .collect();
        assert_eq!(model, real, "the events of receipts");
    }
}
