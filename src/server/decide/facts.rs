//! What `decide` is told: the validated messages and everything they may touch, as loaded from the database.

use crate::model::Millis;
use crate::model::connection::Connection;
use crate::model::conversion::{Consent, Surface};
use crate::model::goal::Goal;
use crate::model::money::Money;
use crate::server::networks::contract::Browser;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

crate::model::words! {
    MessageKind { Track = "track", Page = "page", Screen = "screen", Identify = "identify", Alias = "alias" }
}

crate::model::words! {
    IdentityType {
        Passport = "passport", Steam = "steam", Epic = "epic", Google = "google", Apple = "apple", Discord = "discord",
        Email = "email", Custom = "custom",
    }
}

/// One validated message on its way in. Consent is already applied: `none`/`not_set` never get here, and at `anonymous`
/// there is no user, no traits, no email hash.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Our id (UUIDv7).
    pub id: Uuid,
    pub game_id: Uuid,
    pub message_id: Uuid,
    pub kind: MessageKind,
    /// The earlier of eventTimestamp and the time of receipt.
    pub event_time: Millis,
    /// eventTimestamp as sent.
    pub original_time: Millis,
    pub received_at: Millis,
    pub anonymous_id: Option<String>,
    pub device_id: Option<String>,
    pub session_id: Option<String>,
    /// userId with its identityType where given.
    pub user: Option<UserRef>,
    /// alias only: from -> to.
    pub alias: Option<(UserRef, UserRef)>,
    pub event_name: Option<String>,
    pub surface: Option<Surface>,
    pub consent: Consent,
    pub test: bool,
    /// The player's address: the peer's, or the right-most untrusted of X-Forwarded-For.
    pub ip: Option<String>,
    /// `context.userAgent`, else the request's.
    pub user_agent: Option<String>,
    pub properties: Map<String, Value>,
    pub context: Map<String, Value>,
    pub traits: Map<String, Value>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct UserRef {
    pub kind: Option<IdentityType>,
    pub id: String,
}

/// One id of the identity graph: kind is `anonymous`, `device` or `user:<identityType>`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IdentityKey {
    pub game_id: Uuid,
    pub test: bool,
    pub kind: String,
    pub value: String,
}

/// From `since` (event time) on the id belongs to `player_id`; the first span of an id starts at 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    pub since: Millis,
    pub player_id: Uuid,
    /// The earliest event time at which somebody said so: for an anonymousId or deviceId the first userId named beside it, for a
    /// userId the first time it came with its type. None: nobody has. What lies before it is inferred backwards, and gives way to
    /// somebody who was there earlier.
    pub claimed: Option<Millis>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Player {
    pub id: Uuid,
    pub game_id: Uuid,
    pub test: bool,
    /// The newest consent status set for the player, and when (messages carry their own level and do not change it).
    pub consent: Option<(Consent, Millis)>,
    /// Stored as JSON text; `{}` where nothing is known.
    pub contact: Contact,
    pub identity_count: i32,
    pub created_at: Millis,
}

/// What messages at full consent told about how to reach the player, each with the event time of the newest such message.
/// Emptied when the player's consent falls below full.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Contact {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<(String, Millis)>,
    /// Lower-case hex, where a form told the hash alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_sha256: Option<(String, Millis)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<(String, Millis)>,
}

/// One ad click of a player, as of its first sighting.
#[derive(Debug, Clone, PartialEq)]
pub struct Click {
    pub id: Uuid,
    pub game_id: Uuid,
    pub player_id: Uuid,
    pub test: bool,
    /// Network slug by the classifier: `tiktok`, `meta`, `google`, `reddit`, `x`, `amazon`, `other`.
    pub network: String,
    /// `ttclid`, `fbclid`, …; `utm` for a paid touch without an id (its `click_id` is then the UTM set in one line); `visit` (network
    /// `organic`, `click_id` empty) for the first visit of a player who came without an ad.
    pub kind: String,
    pub click_id: String,
    pub time: Millis,
    pub body: ClickBody,
}

/// What is kept of a click besides its id.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ClickBody {
    pub utm: Map<String, Value>,
    pub landing_page: Option<String>,
    pub referrer: Option<String>,
    pub fbp: Option<String>,
    pub fbc: Option<String>,
    pub ttp: Option<String>,
    pub rdt_uuid: Option<String>,
    pub ip: Option<String>,
    pub user_agent: Option<String>,
    /// The id that the player was known by: (kind, value). When that id turns out to be somebody else's, the click goes with it.
    pub found_by: Option<(String, String)>,
}

/// A conversion as stored, with all that a later decision needs.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredConversion {
    pub id: Uuid,
    pub game_id: Uuid,
    pub goal_id: Uuid,
    pub player_id: Option<Uuid>,
    pub message_id: Uuid,
    pub event: String,
    pub event_time: Millis,
    pub received_at: Millis,
    pub test: bool,
    pub decision: crate::model::conversion::Decision,
    pub click_id: Option<Uuid>,
    pub value: Option<Money>,
    pub body: ConversionBody,
    /// The postback of it that was queued and never attempted, with its id; None when attempted, ended or absent. One that is
    /// leased right now is being attempted; the queue's row stays locked until the changes are written.
    pub untried_postback: Option<Uuid>,
    /// Whether an attempt was ever made (or is being made): then the decision stands.
    pub attempted: bool,
}

/// The event's own part of a conversion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConversionBody {
    pub consent: Consent,
    pub surface: Option<Surface>,
    /// Only when the surface is web or pixel.
    pub browser: Option<Browser>,
    pub external_id: Option<String>,
    pub email: Option<String>,
    pub email_sha256: Option<String>,
    pub phone: Option<String>,
    /// `_imtbl_conversion_id` and `_imtbl_conversion_network`, where valid.
    pub own_dedup: Option<(String, String)>,
    /// Why value and currency were left out, where they were.
    pub value_note: Option<String>,
    /// Why the winner won: winning click and the runners-up with the reason each lost.
    pub credit: Option<Value>,
    /// Whether its goal counted once per player when it came; editing a goal does not look back.
    pub once: bool,
    /// The attribution window when it came; a changed one does not look back either.
    pub window_days: i32,
    /// The id that its player was found by: (kind, value). When that id turns out to be somebody else's, the conversion goes with it.
    pub found_by: Option<(String, String)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    pub goal_id: Uuid,
    pub player_id: Uuid,
    pub conversion_id: Uuid,
    pub event_time: Millis,
    pub message_id: Uuid,
}

/// What a goal counts under at a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappedAction {
    pub id: String,
    pub name: String,
    /// Days after the click in which it counts; None where the network does not say.
    pub window_days: Option<i32>,
}

/// Everything a batch may touch: the ids that `keys::of_batch` names, the players of whom `news` says that the batch tells something new,
/// and for test messages what `keys::further` names, until it names no more.
/// Messages already seen (30 days) are not in the batch: the caller has left them out.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Attribution window in days, per game.
    pub window_days: HashMap<Uuid, i32>,
    /// Every span of every id that was asked for, and of every other id of the players loaded whole. An id that was asked for and that
    /// nobody has is there with an empty list.
    pub identities: HashMap<IdentityKey, Vec<Span>>,
    pub players: HashMap<Uuid, Player>,
    /// Clicks of those players, and of those whose clicks alone were asked for.
    pub clicks: Vec<Click>,
    /// Of the players whose clicks were not loaded, those who have some.
    pub visitors: HashSet<Uuid>,
    /// Once-per-player slots of those players.
    pub slots: Vec<Slot>,
    /// Conversions of those players that hold a slot or may still be decided again: waiting; queued and never attempted; not sent
    /// and received within `AGAIN_FOR`.
    pub conversions: Vec<StoredConversion>,
    /// Active goals of the games.
    pub goals: Vec<Goal>,
    /// Connected connections of the games.
    pub connections: Vec<Connection>,
    /// (goal id, network) -> event name, where it differs from the prefilled one.
    pub mappings: HashMap<(Uuid, String), String>,
    /// (goal id, network) -> what it is mapped to at a network that asks for it, where that takes conversions.
    pub actions: HashMap<(Uuid, String), MappedAction>,
    /// Ids of the batch that were erased, with the time; a test id stands under its production twin.
    pub erased: HashMap<IdentityKey, Millis>,
}
