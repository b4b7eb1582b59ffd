//! PURE: the way of one event, gate by gate, read from what was decided and what became of it. Nothing is decided anew here: the page
//! says what happened, not what would happen today.

use crate::model::attempt::{Attempt, LastWord};
use crate::model::connection::Connection;
use crate::model::conversion::{Consent, Decision, Reason, Surface};
use crate::model::number::counted;
use crate::model::player::ConversionRow;
use crate::model::postback::{Postback, PostbackState};
use crate::model::story::Story;
use crate::model::trace::{Gate, GateKind, GateState, Way};
use crate::model::{Millis, calendar};
use uuid::Uuid;

/// What is known of an event and of its way.
pub struct Known<'a> {
    pub conversion: &'a ConversionRow,
    pub surface: Option<Surface>,
    pub consent: Consent,
    /// Whether its goal counted once per player when it came.
    pub once: bool,
    /// Whether it belongs to a player, and how many ids that one has.
    pub ids: Option<i32>,
    pub story: Option<&'a Story>,
    /// The conversion that holds the player's place for the goal.
    pub place: Option<Uuid>,
    /// The credited network.
    pub network: Option<Network<'a>>,
    pub connection: Option<&'a Connection>,
    pub postback: Option<&'a Postback>,
    /// Oldest first.
    pub attempts: &'a [Attempt],
}

#[derive(Clone, Copy)]
pub struct Network<'a> {
    pub slug: &'a str,
    pub name: &'a str,
    /// `TikTok`, as in “TikTok took it”.
    pub short: &'a str,
    /// Its yes is a receipt: it tells later what became of the event.
    pub tells_later: bool,
}

/// Every gate in order. At most one has stopped the event or has it wait; what lies behind that one was not reached.
pub fn gates(known: &Known<'_>) -> Vec<Gate> {
    let mut gates = Vec::with_capacity(GateKind::ALL.len());
    let mut open = true;
    for kind in GateKind::ALL.iter().copied().filter(|kind| known.has(*kind)) {
        let found = if open { known.found(kind) } else { Found::new(GateState::NotReached, "") };
        open = found.state == GateState::Passed;
        let Found { state, says, fix, way, at } = found;
        gates.push(Gate { kind, state, says, fix, way, at });
    }
    gates
}

/// The gate at which a reason lies. Without a network nobody was credited, so that no click got that far.
pub const fn gate_of(reason: Reason, network: bool) -> GateKind {
    match reason {
        Reason::Consent | Reason::Erased => GateKind::Consent,
        Reason::AlreadyConverted => GateKind::Once,
        Reason::NoClick | Reason::Organic | Reason::OutsideWindow => GateKind::Click,
        Reason::ClickUnusable | Reason::UnsupportedNetwork | Reason::ClickExpired if !network => GateKind::Click,
        Reason::ClickUnusable | Reason::UnsupportedNetwork | Reason::ClickExpired => GateKind::Usable,
        Reason::NoConnection | Reason::ConnectionDisabled | Reason::GoalUnmapped | Reason::SameEvent | Reason::TestWithoutCode => {
            GateKind::Connection
        }
    }
}

struct Found {
    state: GateState,
    says: String,
    fix: String,
    way: Option<Way>,
    at: Option<Millis>,
}

impl Found {
    fn new(state: GateState, says: impl Into<String>) -> Self {
        Self { state, says: says.into(), fix: String::new(), way: None, at: None }
    }

    fn passed(says: impl Into<String>) -> Self {
        Self::new(GateState::Passed, says)
    }

    fn at(self, at: Option<Millis>) -> Self {
        Self { at, ..self }
    }

    fn fix(self, fix: impl Into<String>, way: Option<Way>) -> Self {
        Self { fix: fix.into(), way, ..self }
    }
}

impl Known<'_> {
    /// Networks that never tell later have one gate less.
    fn has(&self, kind: GateKind) -> bool {
        let told = self.network.is_some_and(|network| network.tells_later)
            || self.postback.is_some_and(|postback| postback.state == PostbackState::Confirmed);
        kind != GateKind::Confirmed || told
    }

    fn found(&self, kind: GateKind) -> Found {
        match &self.conversion.decision {
            Decision::NotSent { reason, network } if gate_of(*reason, network.is_some()) == kind && self.ids.is_some() => {
                self.stopped(*reason)
            }
            Decision::Waiting { until, otherwise } if kind == GateKind::Click => self.waiting(*until, *otherwise),
            _ => self.passed(kind),
        }
    }

    fn stopped(&self, reason: Reason) -> Found {
        let (says, fix) = reason.explain();
        let says = match (reason, self.latest_click()) {
            (Reason::OutsideWindow, Some((network, time))) => {
                let window = self.story.map_or(0, |story| story.window_days);
                let before = calendar::span(self.conversion.event_time - time);
                format!("The last ad click, of {network}, is {before} older than the event. The window had {}.", days(window))
            }
            _ => says.to_owned(),
        };
        let network = || self.network.map(|network| Way::Network(network.slug.to_owned()));
        let way = match reason {
            Reason::OutsideWindow => Some(Way::Window),
            Reason::NoClick => Some(Way::Pixel),
            Reason::NoConnection => network().or(Some(Way::Integrations)),
            Reason::ConnectionDisabled | Reason::GoalUnmapped | Reason::TestWithoutCode => network(),
            Reason::SameEvent => Some(Way::Goal(self.conversion.goal_id)),
            Reason::AlreadyConverted => self.place.filter(|place| *place != self.conversion.id).map(Way::Event),
            _ => None,
        };
        Found::new(GateState::Stopped, says).fix(fix, way)
    }

    fn waiting(&self, until: Millis, otherwise: Reason) -> Found {
        let (says, fix) = otherwise.explain();
        let says = format!("{says} It waits for a click, or for a link to a player with one.");
        Found::new(GateState::Waiting, says).at(Some(until)).fix(fix, (otherwise == Reason::NoClick).then_some(Way::Pixel))
    }

    fn passed(&self, kind: GateKind) -> Found {
        match kind {
            GateKind::Message => {
                let from = self.surface.map_or_else(|| "Sent".to_owned(), |surface| format!("From {}", surface_name(surface)));
                Found::passed(format!("{from}, at {} consent.", consent_name(self.consent))).at(Some(self.conversion.received_at))
            }
            GateKind::Player => match self.ids {
                Some(ids) => Found::passed(format!("{} known.", counted(i64::from(ids), "id is", "ids are"))),
                None => Found::new(GateState::Stopped, "The message came without an id that tells a player."),
            },
            GateKind::Goal => Found::passed(self.conversion.goal_name.clone()),
            GateKind::Once => Found::passed(match (self.once, self.conversion.test) {
                (false, _) => "The goal counts every time.",
                (true, true) => "Test events take no place.",
                (true, false) => "It holds the player’s one place for this goal.",
            }),
            GateKind::Click => self.click(),
            GateKind::Consent | GateKind::Usable | GateKind::Connection => Found::passed(""),
            GateKind::Sent => self.sent(),
            GateKind::Accepted => self.accepted(),
            GateKind::Confirmed => self.confirmed(),
        }
    }

    fn click(&self) -> Found {
        let Some(winner) = self.story.and_then(|story| story.winner.as_ref()) else { return Found::passed("") };
        let name = self.network.map_or(winner.network.as_str(), |network| network.name);
        let what = if winner.kind == "utm" { "A paid visit without a click id".to_owned() } else { format!("A {} of {name}", winner.kind) };
        let says = match self.conversion.event_time - winner.time {
            before @ 1.. => format!("{what}, {} before the event.", calendar::span(before)),
            _ => format!("{what}, at the time of the event."),
        };
        Found::passed(says).at(Some(winner.time))
    }

    /// Network and time of the latest ad click that lost.
    fn latest_click(&self) -> Option<(&str, Millis)> {
        let lost = &self.story?.lost;
        lost.iter().find(|one| one.click.kind != "visit" && one.click.kind != "utm").map(|one| (one.click.network.as_str(), one.click.time))
    }

    fn sent(&self) -> Found {
        let Some(postback) = self.postback else { return Found::new(GateState::NotReached, "") };
        let first = self.attempts.iter().find(|attempt| attempt.attempt > 0).map(|attempt| attempt.time);
        match postback.state {
            _ if postback.attempts > 0 => {
                Found::passed(format!("{} made.", counted(i64::from(postback.attempts), "call was", "calls were"))).at(first)
            }
            state if state.open() => self.held(postback),
            _ => Found::new(GateState::Stopped, postback.ended.clone().unwrap_or_default()),
        }
    }

    /// Still in the queue: until when, or what holds it there.
    fn held(&self, postback: &Postback) -> Found {
        let short = self.network.map_or("The network", |network| network.short);
        let way = self.network.map(|network| Way::Network(network.slug.to_owned()));
        let waits = |says: String| Found::new(GateState::Waiting, says);
        match self.connection {
            Some(connection) if !connection.enabled => {
                waits("It is held, since the connection is switched off.".into()).fix("Switch it on under Integrations.", way)
            }
            Some(connection) if connection.parked.is_some() => {
                waits(format!("It is held, since {short} refuses the connection.")).fix("Mend the connection; then it sends itself.", way)
            }
            _ => waits("It is on its way.".into()).at(postback.due_at),
        }
    }

    fn accepted(&self) -> Found {
        let Some(postback) = self.postback else { return Found::new(GateState::NotReached, "") };
        let short = self.network.map_or("The network", |network| network.short);
        match postback.state {
            PostbackState::Queued | PostbackState::Retrying => {
                let held = self.held(postback);
                match held.fix.is_empty() {
                    true => Found { says: format!("{short} could not take it yet. It is tried again."), ..held },
                    false => held,
                }
            }
            PostbackState::Accepted | PostbackState::Confirmed => {
                Found::passed(format!("{short} took it.")).at(self.success().map(|one| one.time))
            }
            PostbackState::Failed | PostbackState::Expired | PostbackState::Cancelled => {
                let meaning = self.attempts.last().and_then(|attempt| attempt.meaning.clone());
                let way = self.network.map(|network| Way::Network(network.slug.to_owned()));
                Found::new(GateState::Stopped, postback.ended.clone().or(meaning).unwrap_or_default()).fix("", way)
            }
        }
    }

    fn confirmed(&self) -> Found {
        let Some(postback) = self.postback else { return Found::new(GateState::NotReached, "") };
        let sequel = self.success().and_then(|attempt| attempt.sequel.as_ref());
        let says = sequel.and_then(|sequel| sequel.says.clone()).unwrap_or_default();
        let at = sequel.and_then(|sequel| sequel.at);
        match sequel.map(|sequel| sequel.word) {
            _ if postback.state == PostbackState::Confirmed => Found::passed(says).at(at),
            Some(LastWord::Confirmed) => Found::passed(says).at(at),
            Some(LastWord::NotCredited | LastWord::Refused) => Found::new(GateState::Stopped, says).at(at),
            Some(LastWord::Waiting) => Found::new(GateState::Waiting, "Not told yet.").at(postback.asked_at),
            Some(LastWord::SentAgain | LastWord::NoAnswer) | None => Found::new(GateState::NotReached, says),
        }
    }

    fn success(&self) -> Option<&Attempt> {
        self.attempts.iter().rev().find(|attempt| attempt.status == crate::model::attempt::AttemptStatus::Success)
    }
}

fn days(days: i32) -> String {
    counted(i64::from(days), "day", "days")
}

const fn surface_name(surface: Surface) -> &'static str {
    match surface {
        Surface::Web => "the web",
        Surface::Pixel => "the pixel",
        Surface::Unity => "the Unity SDK",
        Surface::Unreal => "the Unreal SDK",
    }
}

const fn consent_name(consent: Consent) -> &'static str {
    match consent {
        Consent::Full => "full",
        Consent::Anonymous => "anonymous",
        Consent::None => "no",
        Consent::NotSet => "unknown",
    }
}
