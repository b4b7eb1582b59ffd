//! Of whom does a batch tell anything new? Most messages tell nothing: a known player looks at one more page. What is stored of such a
//! player is not loaded, so that a message costs what it changes and not what its player has done before. PURE.
//! Whoever is not named here is not changed by `decide`: the tests' game holds every batch to that.

use super::click::Shown;
use super::facts::{Facts, IdentityKey, Message, Span, UserRef};
use super::keys::{self, ANONYMOUS, DEVICE, is_placeholder, user_kind};
use super::world::Clicks;
use super::{click, contact, goals};
use crate::model::Millis;
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use uuid::Uuid;

/// Whom to load before the batch is decided.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct News {
    /// May change, and are loaded whole.
    pub whole: BTreeSet<Uuid>,
    /// Change only if they have not clicked so before: their clicks are loaded, then `of_clicks` tells.
    pub clicks: BTreeSet<Uuid>,
    /// Change only if they never came before: who did is loaded, then `of_clicks` tells.
    pub visits: BTreeSet<Uuid>,
}

/// What the ids of a batch tell; their spans, and the goals of the games, are loaded.
pub fn of_ids(batch: &[Arc<Message>], facts: &Facts) -> News {
    let mut news = News::default();
    for message in batch {
        match nothing_but_clicks(message, facts).map(|player| (player, click::shown(message))) {
            Some((player, Shown::Click)) => drop(news.clicks.insert(player)),
            Some((player, Shown::Visit)) => drop(news.visits.insert(player)),
            Some((_, Shown::Nothing)) => {}
            None => news.whole.extend(keys::of_message(message).iter().flat_map(|key| spans(facts, key)).map(|span| span.player_id)),
        }
    }
    news.clicks.retain(|player| !news.whole.contains(player));
    news.visits.retain(|player| !news.whole.contains(player) && !news.clicks.contains(player));
    news
}

/// Those of `News::clicks` to whose clicks the batch adds something, and those of `News::visits` who come for the first time.
pub fn of_clicks(batch: &[Arc<Message>], facts: &Facts, news: &News, now: Millis) -> BTreeSet<Uuid> {
    let clicks = facts.clicks.iter().filter(|click| news.clicks.contains(&click.player_id)).cloned().collect();
    let mut clicks = Clicks::new(clicks, HashSet::new());
    for message in batch {
        if let Some(player) = nothing_but_clicks(message, facts).filter(|player| news.clicks.contains(player)) {
            click::look(&mut clicks, player, None, message, now);
        }
    }
    let mut moved = clicks.touched_players();
    moved.extend(news.visits.iter().filter(|player| !facts.visitors.contains(*player)));
    moved
}

/// The player of a message that links nobody, tells no contact and reaches no goal.
fn nothing_but_clicks(message: &Message, facts: &Facts) -> Option<Uuid> {
    let reaches = || facts.goals.iter().any(|goal| goals::reached(goal, message));
    known(message, facts).filter(|_| contact::is_silent(message) && !reaches())
}

/// The player whom all ids of a message name already, so that it links nothing. Tests see more than their own ids: they are not asked.
fn known(message: &Message, facts: &Facts) -> Option<Uuid> {
    if message.test || message.alias.is_some() {
        return None;
    }
    let key =
        |kind: &str, value: &str| IdentityKey { game_id: message.game_id, test: false, kind: kind.to_owned(), value: value.to_owned() };
    let ids = [(ANONYMOUS, &message.anonymous_id), (DEVICE, &message.device_id)];
    let mut ids = ids.into_iter().filter_map(|(kind, id)| Some(key(kind, id.as_ref().filter(|id| !is_placeholder(id))?)));
    let Some(user) = message.user.as_ref().filter(|user| !is_placeholder(&user.id)) else {
        // Only a userId links: the first id tells whose the message is.
        return only(facts, &ids.next()?).map(|span| span.player_id);
    };
    let named = |span: &&Span| span.claimed.is_some_and(|claimed| claimed <= message.event_time);
    let player = match user.kind {
        Some(kind) => only(facts, &key(user_kind(kind), &user.id)).filter(named)?.player_id,
        None => untyped(message, user, facts)?,
    };
    ids.all(|key| only(facts, &key).filter(named).is_some_and(|span| span.player_id == player)).then_some(player)
}

/// The one player who bears a userId under whatever types.
fn untyped(message: &Message, user: &UserRef, facts: &Facts) -> Option<Uuid> {
    let key = |kind: &&str| IdentityKey { game_id: message.game_id, test: false, kind: (*kind).to_owned(), value: user.id.clone() };
    let mut owners = BTreeSet::new();
    for key in keys::kinds_of(user).into_iter().map(user_kind).map(|kind| key(&kind)) {
        match spans(facts, &key) {
            [] => {}
            [span] => drop(owners.insert(span.player_id)),
            _ => return None,
        }
    }
    owners.pop_first().filter(|_| owners.is_empty())
}

/// The span of an id that never changed hands.
fn only<'a>(facts: &'a Facts, key: &IdentityKey) -> Option<&'a Span> {
    match spans(facts, key) {
        [span] => Some(span),
        _ => None,
    }
}

fn spans<'a>(facts: &'a Facts, key: &IdentityKey) -> &'a [Span] {
    facts.identities.get(key).map_or(&[], Vec::as_slice)
}
