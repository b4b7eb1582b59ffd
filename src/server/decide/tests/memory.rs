//! A game whose rows are kept in memory: loads facts and writes changes exactly as `facts` and `changes` say that the database does, and
//! checks on the way that the changes fit what is stored.

use super::say::{GAME, START, Say};
use crate::model::connection::Connection;
use crate::model::conversion::{Consent, Decision};
use crate::model::goal::{Filter, Goal, GoalStatus, Trigger};
use crate::model::{DAY, Millis};
use crate::server::decide::changes::{Changes, NewPostback, StoredMessage};
use crate::server::decide::consent::ConsentStatus;
use crate::server::decide::erased::{Asked, gone};
use crate::server::decide::facts::{Click, IdentityKey, MappedAction, Player, Slot, Span, StoredConversion};
use crate::server::decide::send_now::send_now;
use crate::server::decide::{consent, decide, keys};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use uuid::Uuid;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Untried,
    Attempted,
    Cancelled,
}

#[derive(Default)]
pub struct Game {
    pub now: Millis,
    pub window_days: Option<i32>,
    pub goals: Vec<Goal>,
    pub connections: Vec<Connection>,
    pub mappings: BTreeMap<(Uuid, String), String>,
    pub actions: BTreeMap<(Uuid, String), MappedAction>,
    pub identities: BTreeMap<IdentityKey, BTreeMap<Millis, Span>>,
    pub players: BTreeMap<Uuid, Player>,
    pub clicks: BTreeMap<Uuid, Click>,
    pub slots: BTreeMap<(Uuid, Uuid), Slot>,
    pub conversions: BTreeMap<Uuid, StoredConversion>,
    pub postbacks: BTreeMap<Uuid, (NewPostback, State)>,
    pub messages: Vec<StoredMessage>,
    /// Ids that were erased, with the time.
    pub erased: HashMap<IdentityKey, Millis>,
    /// Every dedup id ever queued, with its conversion.
    pub queued: Vec<(Uuid, String)>,
    seen: BTreeSet<Uuid>,
    arrived: u64,
}

/// A game with TikTok and Reddit connected and one goal: every purchase.
pub fn game() -> Game {
    let mut game = Game { now: START, ..Game::default() };
    game.connect("tiktok");
    game.connect("reddit");
    game.goal("purchase", Trigger::Repeatable);
    game
}

/// The same, with the first purchase of a player alone.
pub fn once_game() -> Game {
    let mut game = game();
    game.goals[0].trigger = Trigger::OncePerPlayer;
    game
}

impl Game {
    pub fn connect(&mut self, network: &str) -> &mut Connection {
        self.connections.push(Connection {
            id: Uuid::new_v5(&GAME, network.as_bytes()),
            game_id: GAME,
            network: network.to_owned(),
            account_id: None,
            account_name: None,
            account_through: None,
            target_id: "PIXEL123".into(),
            target_name: None,
            secret_tail: None,
            token_ends_at: None,
            pasted: false,
            test_code: None,
            transport: None,
            enabled: true,
            parked: None,
            connected_at: START,
            connected_by: None,
        });
        self.connections.last_mut().unwrap()
    }

    pub fn connection(&mut self, network: &str) -> &mut Connection {
        self.connections.iter_mut().find(|connection| connection.network == network).unwrap()
    }

    pub fn goal(&mut self, event: &str, trigger: Trigger) -> &mut Goal {
        let number = self.goals.len();
        self.goals.push(Goal {
            id: Uuid::from_u128(1 + number as u128),
            game_id: GAME,
            name: format!("{event} {number}"),
            description: String::new(),
            event: event.to_owned(),
            trigger,
            filter: None,
            status: GoalStatus::Active,
            created_at: START,
            updated_at: START,
        });
        self.goals.last_mut().unwrap()
    }

    pub fn filter(&mut self, property: &str, operator: crate::model::goal::Operator, value: &str) {
        self.goals[0].filter = Some(Filter { property: property.into(), operator, value: value.into() });
    }

    /// Messages that arrive one by one.
    pub fn hears(&mut self, said: impl IntoIterator<Item = Say>) {
        for one in said {
            self.hears_at_once([one]);
        }
    }

    /// Messages that arrive in one batch.
    pub fn hears_at_once(&mut self, said: impl IntoIterator<Item = Say>) {
        let mut batch = Vec::new();
        for one in said {
            self.arrived += 1;
            let message = one.arrive(self.arrived);
            self.now = self.now.max(message.received_at);
            // The caller leaves out what was seen before.
            if self.seen.insert(message.message_id) {
                batch.push(Arc::new(message));
            }
        }
        let count = batch.len();
        let changes = decide(batch.clone(), self.load(&batch), self.now);
        assert_eq!(
            changes,
            decide(batch.clone(), self.load_whole(keys::of_batch(&batch), &batch), self.now),
            "what was not loaded changes nothing"
        );
        assert_eq!(changes.messages.len(), count, "every message of the batch is stored");
        self.write(changes);
    }

    pub fn hears_consent(&mut self, anonymous: &str, status: Consent, at: Millis) {
        self.now = self.now.max(START + at);
        self.arrived += 1;
        let id = Uuid::new_v5(&Uuid::nil(), &self.arrived.to_be_bytes());
        let status = ConsentStatus { id, game_id: GAME, anonymous_id: anonymous.into(), status, time: START + at };
        let facts = self.load_whole(consent::keys_of(&status), &[]);
        let changes = consent(&status, facts, self.now);
        self.write(changes);
    }

    /// Erases whoever bears this id, as the steps of an erasure do it.
    pub fn erases(&mut self, asked: &Asked, at: Millis) {
        self.now = self.now.max(START + at);
        let asked = asked.keys(GAME);
        let mut known = asked.clone();
        let gone = loop {
            let found = gone(&asked, None, &self.load_whole(known.clone(), &[]));
            if found.unknown.is_empty() {
                break found;
            }
            known.extend(found.unknown);
        };
        self.erased.extend(gone.ids.iter().map(|key| (IdentityKey { test: false, ..key.clone() }, self.now)));
        for spans in self.identities.values_mut() {
            spans.retain(|_, span| !gone.players.contains(&span.player_id));
        }
        self.identities.retain(|_, spans| !spans.is_empty());
        for (key, since) in gone.others {
            let spans = self.identities.get_mut(&key).unwrap();
            let span = spans.remove(&since).expect("it is the first that is left");
            spans.insert(0, Span { since: 0, ..span });
        }
        let theirs = |player: Option<Uuid>| player.is_some_and(|player| gone.players.contains(&player));
        self.players.retain(|id, _| !gone.players.contains(id));
        self.clicks.retain(|_, click| !theirs(Some(click.player_id)));
        self.slots.retain(|_, slot| !theirs(Some(slot.player_id)));
        self.messages.retain(|message| !theirs(message.player_id));
        self.conversions.retain(|_, conversion| !theirs(conversion.player_id));
        let left = &self.conversions;
        self.postbacks.retain(|_, (postback, _)| left.contains_key(&postback.conversion_id));
        self.check();
    }

    /// “Send now” for everything that is there.
    pub fn sends_now(&mut self) {
        let mut facts = self.load_whole(self.identities.keys().cloned().collect(), &[]);
        facts.conversions = self.conversions.values().map(|one| self.with_postbacks(one)).collect();
        let wanted: Vec<Uuid> = self.conversions.keys().copied().collect();
        let changes = send_now(&wanted, facts, self.now);
        self.write(changes);
    }

    /// Time passes: what waited too long ends with its reason, as one statement does it in the database.
    pub fn passes(&mut self, to: Millis) {
        self.now = START + to;
        for conversion in self.conversions.values_mut() {
            if let Decision::Waiting { until, otherwise } = conversion.decision
                && until <= self.now
            {
                conversion.decision = Decision::NotSent { reason: otherwise, network: None };
            }
        }
    }

    /// Dispatch tries everything that is queued.
    pub fn dispatches(&mut self) {
        for (_, state) in self.postbacks.values_mut().filter(|(_, state)| *state == State::Untried) {
            *state = State::Attempted;
        }
    }

    /// Writes changes in the order of their fields.
    fn write(&mut self, changes: Changes) {
        for place in changes.freed_slots {
            assert!(self.slots.remove(&place).is_some(), "a freed slot was there");
        }
        for same in changes.same_clicks {
            assert!(self.clicks.remove(&same.gone).is_some(), "a click that is gone was there");
            for conversion in self.conversions.values_mut().filter(|conversion| conversion.click_id == Some(same.gone)) {
                conversion.click_id = Some(same.kept);
            }
        }
        for merge in changes.merges {
            assert!(self.players.remove(&merge.from).is_some(), "a merged player was there");
            for span in self.identities.values_mut().flat_map(BTreeMap::values_mut).filter(|span| span.player_id == merge.from) {
                span.player_id = merge.into;
            }
            for click in self.clicks.values_mut().filter(|click| click.player_id == merge.from) {
                click.player_id = merge.into;
            }
            for conversion in self.conversions.values_mut().filter(|conversion| conversion.player_id == Some(merge.from)) {
                conversion.player_id = Some(merge.into);
            }
            for message in self.messages.iter_mut().filter(|message| message.player_id == Some(merge.from)) {
                message.player_id = Some(merge.into);
            }
        }
        self.players.extend(changes.players.into_iter().map(|player| (player.id, player)));
        for (key, span) in changes.identities {
            self.identities.entry(key).or_default().insert(span.since, span);
        }
        self.clicks.extend(changes.clicks.into_iter().map(|click| (click.id, click)));
        for conversion in changes.conversions {
            self.conversions.insert(conversion.id, conversion);
        }
        self.slots.extend(changes.slots.into_iter().map(|slot| ((slot.goal_id, slot.player_id), slot)));
        for id in changes.withdrawn {
            let (_, state) = self.postbacks.remove(&id).expect("a withdrawn postback was there");
            assert_eq!(state, State::Untried, "only what was never attempted is withdrawn");
        }
        for player in changes.silenced {
            let theirs = |id: &Uuid| self.conversions.get(id).is_some_and(|conversion| conversion.player_id == Some(player));
            for (_, state) in self.postbacks.values_mut().filter(|(postback, _)| theirs(&postback.conversion_id)) {
                *state = State::Cancelled;
            }
        }
        for postback in changes.postbacks {
            self.queued.push((postback.conversion_id, postback.body.dedup_id.clone()));
            assert!(self.postbacks.insert(postback.id, (postback, State::Untried)).is_none(), "a new postback has a new id");
        }
        self.messages.extend(changes.messages);
        self.check();
    }

    /// What holds after every batch.
    fn check(&self) {
        for (key, spans) in &self.identities {
            assert_eq!(spans.keys().next(), Some(&0), "{key:?} belongs to somebody from the beginning");
            assert!(spans.values().all(|span| self.players.contains_key(&span.player_id)), "{key:?} belongs to a player that is there");
        }
        for player in self.players.values() {
            let ids = self.identities.values().filter(|spans| spans.values().any(|span| span.player_id == player.id)).count();
            assert_eq!(player.identity_count, ids as i32, "the ids of a player are counted");
        }
        let mut clicks = HashSet::new();
        for click in self.clicks.values() {
            assert!(self.players.contains_key(&click.player_id), "a click is of a player that is there");
            assert!(clicks.insert((click.player_id, &click.network, &click.kind, &click.click_id, click.test)), "a click is there once");
        }
        let mut sent = HashSet::new();
        for (postback, _) in self.postbacks.values() {
            assert!(sent.insert(postback.conversion_id), "a conversion has one postback");
        }
        let mut taken = HashSet::new();
        for conversion in self.conversions.values() {
            assert!(taken.insert((conversion.goal_id, conversion.message_id)), "a message counts once for a goal");
            assert!(conversion.player_id.is_none_or(|player| self.players.contains_key(&player)));
            let queued = self.postbacks.values().find(|(postback, _)| postback.conversion_id == conversion.id);
            match &conversion.decision {
                Decision::Credited { network } => assert_eq!(queued.map(|(postback, _)| &postback.network), Some(network)),
                Decision::Waiting { .. } | Decision::NotSent { .. } => assert_eq!(queued, None, "{:?}", conversion.decision),
            }
        }
        for (place, slot) in &self.slots {
            assert_eq!(*place, (slot.goal_id, slot.player_id));
            assert_eq!(self.conversions[&slot.conversion_id].player_id, Some(slot.player_id), "a slot is of its conversion's player");
        }
    }

    // What a test asks ------------------------------------------------------------------------------

    /// The conversions by event time, each as a line: `tiktok ttclid=T1`, `waiting (no_click)`, `not sent: organic`.
    pub fn outcomes(&self) -> Vec<String> {
        let mut list: Vec<&StoredConversion> = self.conversions.values().collect();
        list.sort_by_key(|one| (one.event_time, one.message_id, one.goal_id));
        list.into_iter().map(|one| self.outcome_of(one)).collect()
    }

    /// The only conversion's line.
    pub fn outcome(&self) -> String {
        let outcomes = self.outcomes();
        assert_eq!(outcomes.len(), 1, "{outcomes:?}");
        outcomes.into_iter().next().unwrap()
    }

    pub fn outcome_of(&self, conversion: &StoredConversion) -> String {
        let click = conversion.click_id.map(|id| &self.clicks[&id]);
        match (&conversion.decision, click) {
            (Decision::Credited { network }, Some(click)) => format!("{network} {}={}", click.kind, click.click_id),
            (Decision::Credited { network }, None) => panic!("credited to {network} without a click"),
            (Decision::Waiting { otherwise, .. }, _) => format!("waiting ({otherwise})"),
            (Decision::NotSent { reason, .. }, _) => format!("not sent: {reason}"),
        }
    }

    /// The only postback that is queued or was attempted.
    pub fn postback(&self) -> &NewPostback {
        let list: Vec<&NewPostback> = self.postbacks.values().map(|(postback, _)| postback).collect();
        assert_eq!(list.len(), 1, "{list:?}");
        list[0]
    }

    /// The note of the last message.
    pub fn note(&self) -> Option<&'static str> {
        self.messages.last().and_then(|message| message.note)
    }

    /// How many production players there are.
    pub fn people(&self) -> usize {
        self.players.values().filter(|player| !player.test).count()
    }
}

/// A day in the middle of the usual window.
pub const LATER: Millis = DAY;
