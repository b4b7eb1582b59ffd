//! What the world keeps beside the tables, to hold the engine against: who holds what, what became of each call, who died.

use super::check;
use super::process::Process;
use super::world::{AWAY, Event, Last, World};
use crate::server::db::postbacks::Claimed;
use crate::server::db::results::Results;
use rand::Rng;
use uuid::Uuid;

impl World {
    pub fn leased(&mut self, at: usize, claimed: &[Claimed]) {
        if !claimed.is_empty() {
            let numbers = self.numbers_of(claimed);
            self.say(|| format!("process {at} claims {numbers}"));
        }
        let (life, now) = (self.processes[at].life, self.now);
        self.holders.extend(claimed.iter().map(|one| (one.held.lease_id, (at, life, now))));
    }

    /// Leases that ended by themselves.
    pub fn taken_back(&mut self, back: Vec<(Uuid, Uuid)>) {
        for (id, lease) in back {
            *self.deaths.entry(id).or_default() += 1;
            self.freed.insert(id, self.now);
            let number = self.number(id);
            self.say(|| format!("#{number} is taken back"));
            let (at, life, _) = self.holders[&lease];
            if !self.lapses && self.processes[at].alive && self.processes[at].life == life {
                self.wrong(format!("the lease of #{number} runs out on process {at}, which lives"));
            }
        }
    }

    /// Results in one transaction.
    pub fn write_down(&mut self, list: &[Results]) {
        let strangers = check::strangers(self, list);
        let ours = self.store.finish(list);
        check::untouched(self, strangers);
        for (finish, ours) in list.iter().flat_map(|results| &results.finishes).zip(ours) {
            let id = finish.of.postback_id;
            check::finished(self, finish, ours);
            let open = self.store.queue.contains_key(&id);
            if finish.attempt.sent.is_some() {
                self.last.insert(id, if ours { Last::Written { open } } else { Last::Late });
            }
            if ours {
                self.deaths.remove(&id);
            }
            let (number, state) = (self.number(id), self.store.postbacks[&id].state);
            self.say(|| format!("#{number} is {state:?}, ours {ours}"));
        }
        self.held_since();
        self.changed();
    }

    pub fn kill(&mut self, at: usize, how: &str) {
        if !self.processes[at].alive {
            return;
        }
        self.told.kills += 1;
        let how = how.to_owned();
        self.say(|| format!("process {at} dies {how}"));
        let process = std::mem::replace(&mut self.processes[at], Process::new());
        self.processes[at].life = process.life;
        // Nobody writes what these calls brought. Another process, or this one, may have sent the same meanwhile: then that is the latest.
        let out = process.calls.values().filter(|out| out.started > 0).flat_map(|out| &out.group).map(|one| one.held.id);
        let finishes = process.results.iter().flat_map(|(results, _)| &results.finishes);
        let unwritten = finishes.filter(|finish| finish.attempt.sent.is_some()).map(|finish| finish.of.postback_id);
        for id in out.chain(unwritten) {
            *self.unlogged.entry(id).or_default() += 1;
            if let Some(last @ (Last::Out(_) | Last::Back)) = self.last.get_mut(&id) {
                *last = Last::Lost;
            }
        }
        let wait = self.rng.random_range(AWAY);
        self.after(wait, Event::Start(at));
    }

    /// Since when each connection may not send.
    pub fn held_since(&mut self) {
        for (id, connection) in &self.store.connections {
            let (route, since) = self.led.entry(*id).or_insert_with(|| (connection.route.clone(), self.now));
            if !route.leads_to_same(&connection.route) {
                (*route, *since) = (connection.route.clone(), self.now);
            }
            if connection.sends() {
                self.held.remove(id);
            } else {
                self.held.entry(*id).or_insert(self.now);
            }
        }
    }
}
