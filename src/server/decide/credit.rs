//! Which click earned a conversion? The last one with an id before the event, within the window, whatever its network. The table of
//! worked cases is in `README.md` beside this file.

use super::click::{UTM, VISIT};
use super::facts::Click;
use super::taxonomy;
use crate::model::conversion::Reason;
use crate::model::story::{Because, Loser, Seen, Story};
use crate::model::{DAY, MINUTE, Millis};
use crate::server::networks;
use serde_json::Value;

/// Clocks differ: a click this much later than the event still counts as before it.
pub const CLOCK_TOLERANCE: Millis = 5 * MINUTE;
/// Runners-up kept with a decision, the latest ones.
const MAX_LOSERS: usize = 20;

/// What a conversion knows of itself when clicks compete for it.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    pub event_time: Millis,
    pub window_days: i32,
    /// Whether the event and its player are at full consent with an email known: what the exception for touches without an id asks for.
    pub email_known: bool,
}

/// Who earned it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Credit<'a> {
    /// A click of a network that takes its id back.
    Click(&'a Click),
    /// A paid touch without an id, of a network that takes a hashed email instead.
    Email(&'a Click),
    /// A click that wins and cannot be sent.
    Lost(&'a Click, Reason),
    /// No click in the window, and clicks before it: nothing to wait for.
    Outside,
    /// No click: one may still be linked. The reason is what it ends with if none is.
    Nobody(Reason),
}

impl<'a> Credit<'a> {
    pub fn winner(&self) -> Option<&'a Click> {
        match self {
            Self::Click(click) | Self::Email(click) | Self::Lost(click, _) => Some(click),
            Self::Outside | Self::Nobody(_) => None,
        }
    }
}

/// Decides among all clicks, touches and visits that a player is seen with.
pub fn decide<'a>(clicks: &[&'a Click], terms: Terms) -> Credit<'a> {
    let latest = |wanted: fn(&Click) -> bool, place: Place| {
        clicks
            .iter()
            .copied()
            .filter(|click| wanted(click) && terms.place(click) == place)
            .max_by(|one, other| order(one).cmp(&order(other)))
    };
    if let Some(click) = latest(has_id, Place::Inside) {
        return if taxonomy::nothing_to_send(&click.kind) {
            Credit::Lost(click, Reason::ClickUnusable)
        } else if networks::find(&click.network).is_none() {
            Credit::Lost(click, Reason::UnsupportedNetwork)
        } else {
            Credit::Click(click)
        };
    }
    if let Some(touch) = latest(is_touch, Place::Inside) {
        return match networks::find(&touch.network).map(|network| network.spec().email_fallback) {
            Some(true) if terms.email_known => Credit::Email(touch),
            Some(_) => Credit::Nobody(Reason::ClickUnusable),
            None => Credit::Nobody(Reason::UnsupportedNetwork),
        };
    }
    if latest(has_id, Place::Before).is_some() {
        return Credit::Outside;
    }
    let came = |click: &&Click| terms.place(click) != Place::After;
    Credit::Nobody(if clicks.iter().copied().any(|click| came(&click)) { Reason::Organic } else { Reason::NoClick })
}

/// Where a click lies: before the window, in it, or after the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Before,
    Inside,
    After,
}

impl Terms {
    fn place(&self, click: &Click) -> Place {
        if click.time > self.event_time + CLOCK_TOLERANCE {
            Place::After
        } else if click.time < self.event_time - Millis::from(self.window_days) * DAY {
            Place::Before
        } else {
            Place::Inside
        }
    }
}

fn has_id(click: &Click) -> bool {
    click.kind != UTM && click.kind != VISIT
}

fn is_touch(click: &Click) -> bool {
    click.kind == UTM
}

/// The later one wins; at the same time the classifier's order, then the id, so that it never depends on who arrived first.
fn order(click: &Click) -> impl Ord + use<'_> {
    (click.time, std::cmp::Reverse(taxonomy::rank(&click.network)), click.network.as_str(), click.click_id.as_str())
}

/// The story of a decision as JSON.
pub fn story(clicks: &[&Click], terms: Terms, winner: Option<&Click>) -> Option<Value> {
    let seen =
        |click: &Click| Seen { network: click.network.clone(), kind: click.kind.clone(), id: click.click_id.clone(), time: click.time };
    let because = |click: &Click| match terms.place(click) {
        Place::After => Because::AfterEvent,
        Place::Before => Because::OutsideWindow,
        Place::Inside if click.kind == VISIT => Because::Organic,
        // Among touches without an id, for which an email may stand in, the later one counts too.
        Place::Inside if click.kind == UTM && winner.is_none_or(|winner| winner.kind != UTM) => Because::NoId,
        Place::Inside => Because::Earlier,
    };
    let mut losers: Vec<&Click> = clicks.iter().copied().filter(|click| winner.is_none_or(|winner| winner.id != click.id)).collect();
    losers.sort_by(|one, other| order(other).cmp(&order(one)));
    let lost = losers.into_iter().take(MAX_LOSERS).map(|click| Loser { click: seen(click), because: because(click) }).collect();
    serde_json::to_value(Story { window_days: terms.window_days, winner: winner.map(seen), lost }).ok()
}
