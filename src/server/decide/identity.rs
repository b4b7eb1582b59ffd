//! Who is this player? A userId named beside an anonymousId or deviceId links them, an alias links two users; players that turn out to
//! be one are merged, in whatever order messages arrive. What a link may not do is written in `link`.

use super::changes::note;
use super::facts::{Contact, IdentityKey, IdentityType, Message, MessageKind, Player, Span, UserRef};
use super::ids;
use super::keys::{self, ANONYMOUS, DEVICE, is_placeholder, user_kind};
use super::world::World;
use crate::model::Millis;
use crate::model::conversion::Consent;
use std::collections::BTreeSet;
use uuid::Uuid;

/// More ids than a person has; a shared id (a kiosk, a script) would otherwise swallow a game's players.
pub const MAX_IDS: usize = 100;
/// A browser or device that changed hands more often is nobody's: a kiosk, a test farm, a client that makes up userIds. From then on its
/// id alone tells nothing, and whoever is named beside it is known by their userId.
pub const MAX_HANDS: usize = 50;

/// What was found out about a message's sender.
#[derive(Default)]
pub struct Found {
    pub player: Option<Uuid>,
    /// The id that the player was found by.
    pub by: Option<IdentityKey>,
    pub note: Option<&'static str>,
}

/// Finds the player of a message, making or linking where it says so. Event times decide whom a shared id belongs to.
pub fn find(world: &mut World, message: &Message) -> Found {
    let sender = Sender { message, at: message.event_time };
    let mut found = Found::default();
    match &message.alias {
        Some((from, to)) => sender.alias(world, from, to, &mut found),
        None => sender.event(world, &mut found),
    }
    if let Some(player) = found.player {
        world.graph.came_by(player, message.received_at.min(world.now));
    }
    let link_dropped = matches!(message.kind, MessageKind::Identify | MessageKind::Alias) || found.player.is_none();
    if link_dropped && message.consent != Consent::Full {
        found.note = found.note.or(Some(note::CONSENT));
    }
    found
}

impl Found {
    fn is(&mut self, player: Uuid, by: IdentityKey) {
        (self.player, self.by) = (Some(player), Some(by));
    }

    /// The first thing that could not be applied is the one that is shown.
    fn tried(&mut self, result: Result<(), &'static str>) {
        self.note = self.note.or(result.err());
    }

    fn usable(&mut self, id: &str) -> bool {
        let usable = !is_placeholder(id);
        self.tried(if usable { Ok(()) } else { Err(note::PLACEHOLDER_ID) });
        usable
    }
}

struct Sender<'a> {
    message: &'a Message,
    at: Millis,
}

impl Sender<'_> {
    fn alias(&self, world: &mut World, from: &UserRef, to: &UserRef, found: &mut Found) {
        if found.usable(&from.id) & found.usable(&to.id) {
            let (from, _) = self.user(world, from);
            let (to, key) = self.user(world, to);
            found.tried(join(world, world.graph.survivor(from), to).map(drop));
            found.is(world.graph.survivor(to), key);
        }
    }

    fn event(&self, world: &mut World, found: &mut Found) {
        if let Some(user) = self.message.user.as_ref().filter(|user| found.usable(&user.id)) {
            let (player, key) = self.user(world, user);
            found.is(player, key);
        }
        let user = found.player;
        for (kind, id) in [(ANONYMOUS, &self.message.anonymous_id), (DEVICE, &self.message.device_id)] {
            let Some(id) = id.as_ref().filter(|id| found.usable(id)) else { continue };
            let key = self.key(kind, id);
            if world.graph.hands(&key) > MAX_HANDS {
                found.tried(Err(note::SHARED_ID));
                continue;
            }
            match (user, found.player) {
                (Some(user), _) => {
                    found.tried(self.link(world, &key, world.graph.survivor(user)));
                    found.player = Some(world.graph.survivor(user));
                }
                (None, None) => {
                    let owner = world.graph.owner(&key, self.at);
                    found.is(owner.unwrap_or_else(|| self.make(world, &key, None)), key);
                }
                // Only a userId links: a device may be shared.
                (None, Some(_)) => {}
            }
        }
    }

    fn key(&self, kind: &str, value: &str) -> IdentityKey {
        IdentityKey { game_id: self.message.game_id, test: self.message.test, kind: kind.to_owned(), value: value.to_owned() }
    }

    /// A new player with this one id.
    fn make(&self, world: &mut World, key: &IdentityKey, claimed: Option<Millis>) -> Uuid {
        let id = ids::of(world.now, self.message.id, &format!("player {} {}", key.kind, key.value));
        let player = Player {
            id,
            game_id: key.game_id,
            test: key.test,
            consent: None,
            contact: Contact::default(),
            identity_count: 1,
            // Not later than any message of theirs.
            created_at: self.message.received_at.min(world.now),
        };
        world.graph.add_player(player);
        world.graph.put(key, Span { since: 0, player_id: id, claimed });
        id
    }

    /// The player of a userId, and the key it was found by.
    fn user(&self, world: &mut World, user: &UserRef) -> (Uuid, IdentityKey) {
        match user.kind {
            Some(kind) => self.typed_user(world, kind, &user.id),
            None => self.untyped_user(world, &user.id),
        }
    }

    /// A typed userId. When it is the first of its value, the `custom` one that untyped messages made joins it.
    fn typed_user(&self, world: &mut World, kind: IdentityType, id: &str) -> (Uuid, IdentityKey) {
        let key = self.key(user_kind(kind), id);
        if let Some(span) = world.graph.span_at(&key, self.at).cloned() {
            if span.claimed.is_none_or(|claimed| self.at < claimed) {
                world.graph.put(&key, Span { claimed: Some(self.at), ..span.clone() });
            }
            return (span.player_id, key);
        }
        let player = self.make(world, &key, Some(self.at));
        let custom = self.key(user_kind(IdentityType::Custom), id);
        let untyped = world.graph.span_at(&custom, self.at).filter(|span| span.claimed.is_none()).map(|span| span.player_id);
        let joins = untyped.filter(|untyped| !stands_for_typed(world, &custom, *untyped) && compatible(world, *untyped, player));
        let joined = joins.and_then(|untyped| join(world, untyped, player).ok());
        (joined.unwrap_or(player), key)
    }

    /// A userId without a type means the one player that has it, whatever its type. Nobody yet: `custom`, until a typed one comes.
    /// Several: `custom` alone.
    fn untyped_user(&self, world: &mut World, id: &str) -> (Uuid, IdentityKey) {
        let custom = self.key(user_kind(IdentityType::Custom), id);
        let typed: Vec<IdentityKey> = IdentityType::ALL.iter().map(|kind| self.key(user_kind(*kind), id)).collect();
        let owners: Vec<(Uuid, &IdentityKey)> = typed.iter().filter_map(|key| Some((world.graph.owner(key, self.at)?, key))).collect();
        let players: BTreeSet<Uuid> = owners.iter().map(|(player, _)| *player).collect();
        match (owners.first(), world.graph.owner(&custom, self.at)) {
            (Some((player, key)), None) if players.len() == 1 => (*player, (*key).clone()),
            (Some((player, _)), Some(_)) if players.len() == 1 => (*player, custom),
            (_, Some(player)) => (player, custom),
            (several, None) => (self.make(world, &custom, several.map(|_| self.at)), custom),
        }
    }

    /// Links an anonymousId or deviceId to the user's player. Both players become one unless each has a userId of the same type:
    /// then nothing is merged, and the id belongs to this user from this event time on. What came before the first user ever named
    /// beside the id is that user's.
    fn link(&self, world: &mut World, key: &IdentityKey, user: Uuid) -> Result<(), &'static str> {
        let Some(span) = world.graph.span_at(key, self.at).cloned() else {
            if world.graph.count_of(user) >= MAX_IDS {
                return Err(note::TOO_MANY_IDS);
            }
            world.graph.put(key, Span { since: 0, player_id: user, claimed: Some(self.at) });
            return Ok(());
        };
        let owner = span.player_id;
        if owner == user || compatible(world, owner, user) {
            let player = join(world, owner, user)?;
            if span.claimed.is_none_or(|claimed| self.at < claimed) {
                world.graph.put(key, Span { player_id: player, claimed: Some(self.at), ..span });
            }
            return Ok(());
        }
        if world.graph.count_of(user) >= MAX_IDS {
            return Err(note::TOO_MANY_IDS);
        }
        self.take_over(world, key, &span, user);
        Err(note::OTHER_USER)
    }

    fn take_over(&self, world: &mut World, key: &IdentityKey, span: &Span, user: Uuid) {
        let end = world.graph.end_of(key, span.since);
        let mine = |since: Millis| Span { since, player_id: user, claimed: Some(self.at) };
        match span.claimed.filter(|claimed| *claimed <= self.at) {
            Some(_) => {
                world.graph.put(key, mine(self.at));
                world.hand_over(key, self.at..end, span.player_id, user);
            }
            // The owner was first named later than this: the time before was only inferred to be theirs.
            None => {
                let theirs = span.claimed.unwrap_or(end);
                world.graph.put(key, mine(span.since));
                if theirs < end {
                    world.graph.put(key, Span { since: theirs, ..span.clone() });
                }
                world.hand_over(key, span.since..theirs, span.player_id, user);
            }
        }
    }
}

/// Makes one player of two, unless it would have too many ids.
fn join(world: &mut World, one: Uuid, other: Uuid) -> Result<Uuid, &'static str> {
    if one != other && world.graph.count_of(one) + world.graph.count_of(other) > MAX_IDS {
        return Err(note::TOO_MANY_IDS);
    }
    Ok(world.merge(one, other))
}

/// Whether two players may be one: no identityType of which both have a userId.
fn compatible(world: &World, one: Uuid, other: Uuid) -> bool {
    let kinds = |player: Uuid| -> BTreeSet<&str> {
        let users = world.graph.ids_of(player).filter(|key| keys::is_user(&key.kind) && !stands_for_typed(world, key, player));
        users.map(|key| key.kind.as_str()).collect()
    };
    kinds(one).is_disjoint(&kinds(other))
}

/// Whether this is a `custom` id that came without its type and has joined the typed one since: the same id twice, not a second one.
fn stands_for_typed(world: &World, key: &IdentityKey, player: Uuid) -> bool {
    let untyped = key.kind == user_kind(IdentityType::Custom) && world.graph.span_at(key, 0).is_some_and(|span| span.claimed.is_none());
    untyped && world.graph.ids_of(player).any(|other| keys::is_user(&other.kind) && other.value == key.value && other.kind != key.kind)
}
