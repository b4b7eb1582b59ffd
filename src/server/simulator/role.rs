//! What a network is to the simulator: its routes, how it reads and judges a call of conversion events, and its words
//! for trouble. One value a network, all of them in `ALL`.

use super::faults::{Door, Later};
use super::json::Json;
use super::state::State;
use super::{google, meta, reddit, tiktok};
use crate::model::Millis;
use axum::Router;
use axum::http::HeaderMap;
use std::sync::Arc;

pub const ALL: &[&Role] = &[&tiktok::ROLE, &meta::ROLE, &google::ROLE, &reddit::ROLE];

pub struct Role {
    /// The word in faults, tokens and the ledger: `tiktok`.
    pub slug: &'static str,
    pub name: &'static str,
    pub routes: fn(&State) -> Router<State>,
    /// What the network says to a call of conversion events, by its own rules.
    pub judge: fn(&State, &Arrival) -> Judgement,
    /// The token that a call shows, if it shows one: in its headers, its query or its body.
    pub token: fn(&HeaderMap, &str, &[u8]) -> Option<String>,
    /// The events of a body as they stand in it; None when it holds no list of them.
    pub events: for<'a> fn(&'a [u8]) -> Option<Vec<Json<'a>>>,
    /// As much of a body as can be read without judging it: for the ledger, when the call is refused unread.
    pub glance: fn(&Arrival) -> Sighting,
    /// An answer of trouble as this network words it: HTTP status, code and message where scripted.
    pub trouble: fn(Option<u16>, Option<i64>, Option<&str>) -> Answer,
    /// Which faults strike its calls of conversion events, besides those on all of them.
    pub door: Door,
    /// How long a repeated id is taken for the same event.
    pub dedup_window: Millis,
    /// Reasons for which it refuses later what it took, where its yes is a receipt.
    pub tells: &'static [&'static str],
}

impl std::fmt::Debug for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.slug)
    }
}

pub fn of(slug: &str) -> Option<&'static Role> {
    ALL.iter().copied().find(|role| role.slug == slug)
}

/// A call of conversion events as it came in.
pub struct Arrival<'a> {
    /// What the path names as the target, where the path does.
    pub target: Option<&'a str>,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
    pub now: Millis,
    /// The event that a scripted fault has refused, and with which words.
    pub bad: Option<(usize, String)>,
    /// What a scripted fault lets become of the events later.
    pub later: Option<Later>,
}

/// What a call says it carries.
#[derive(Debug, Default)]
pub struct Sighting {
    pub target: Arc<str>,
    pub test: bool,
    pub events: Vec<Seen>,
}

/// One event of a call, as the ledger names it.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    pub name: Box<str>,
    pub dedup_id: Box<str>,
    /// What the network compares instead of the id, where it is not the id itself.
    pub compared: Option<Box<str>>,
    /// What the real network would swallow in silence and spoil.
    pub remark: Option<&'static str>,
}

#[derive(Debug)]
pub struct Judgement {
    pub answer: Answer,
    pub sighting: Sighting,
    pub ruling: Ruling,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Ruling {
    /// Every event is taken (a repeated one is then dropped as a duplicate).
    Taken,
    /// No event is taken; these are the ones to blame, by their index, and why.
    Refused(Vec<(usize, String)>),
    /// These events are refused, by their index, and why; the others are taken.
    Partly(Vec<(usize, String)>),
}

/// What goes back over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub content_type: &'static str,
    /// Seconds.
    pub retry_after: Option<u64>,
    /// The network's code and words, for the ledger.
    pub code: Option<i64>,
    pub words: String,
    pub body: String,
}
