//! What `decide` is told: the validated messages and everything they may touch, as loaded from the database.

use crate::model::Millis;
use crate::model::connection::Connection;
use crate::model::conversion::{Consent, Surface};
use crate::model::goal::Goal;
use crate::model::money::Money;
use crate::server::networks::contract::Browser;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::HashMap;
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
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Player {
    pub id: Uuid,
    pub game_id: Uuid,
    pub test: bool,
    /// The newest stored consent and its event time.
    pub consent: Option<(Consent, Millis)>,
    pub identity_count: i32,
    pub created_at: Millis,
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
    /// `ttclid`, `fbclid`, …; `utm` for a paid touch without an id (its `click_id` is then the UTM set in one line).
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
    /// The postback of it that was queued and never attempted, with its id; None when attempted, ended or absent.
    pub untried_postback: Option<Uuid>,
    /// Whether an attempt was ever made: then the decision stands.
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
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    pub goal_id: Uuid,
    pub player_id: Uuid,
    pub conversion_id: Uuid,
    pub event_time: Millis,
    pub message_id: Uuid,
}

/// Everything a batch may touch. Messages already seen (30 days) are not in `messages`: the caller has left them out.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Attribution window in days, per game.
    pub window_days: HashMap<Uuid, i32>,
    /// Every span of every id that the batch names, and of every other id of the players found so.
    pub identities: HashMap<IdentityKey, Vec<Span>>,
    pub players: HashMap<Uuid, Player>,
    /// Clicks of those players.
    pub clicks: Vec<Click>,
    /// Once-per-player slots of those players.
    pub slots: Vec<Slot>,
    /// Conversions of those players that are waiting, or whose postback was never attempted, or that hold a slot.
    pub conversions: Vec<StoredConversion>,
    /// Goals of the games (any status but archived).
    pub goals: Vec<Goal>,
    /// Connected connections of the games.
    pub connections: Vec<Connection>,
    /// (goal id, network) -> event name, where it differs from the prefilled one.
    pub mappings: HashMap<(Uuid, String), String>,
}
