//! The person behind several identities, as the player pages show them.

use super::Millis;
use super::attempt::Attempt;
use super::conversion::{Consent, Decision, Surface};
use super::filter::Cursor;
use super::integration::Page;
use super::money::Money;
use super::postback::Postback;
use super::story::Story;
use super::trace::Gate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The longest id that is looked for: click ids have up to 1,024 characters.
pub const MAX_ASKED: usize = 1_100;

/// The search page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlayerSearch {
    pub game_name: String,
    /// What was looked for, without spaces around; empty: who was seen last.
    pub asked: String,
    pub players: Vec<PlayerRow>,
    /// The last one shown, where there are more.
    pub older: Option<Uuid>,
    /// An event of this id is known, and belongs to no player.
    pub without_player: bool,
    /// Whoever reads sees ids as dots.
    pub masked: bool,
    /// How long the messages are kept by which a player is found, in days.
    pub keep_messages_days: i32,
}

/// A player in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlayerRow {
    pub id: Uuid,
    /// The id by which people know them best, shortened.
    pub label: String,
    pub test: bool,
    pub ids: i32,
    pub first_seen: Millis,
    /// Event time of the newest message that is kept.
    pub last_seen: Option<Millis>,
}

/// Everything about one player on one page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlayerPage {
    pub game_name: String,
    pub may_change: bool,
    pub id: Uuid,
    pub label: String,
    pub test: bool,
    pub first_seen: Millis,
    pub consent: Option<(Consent, Millis)>,
    /// What is known to reach the player by, by kind: `email`, `phone`.
    pub contact: Vec<(String, String)>,
    pub identities: Vec<Identity>,
    /// The player has more ids than the list.
    pub more_identities: bool,
    /// The event that is followed, where there is one.
    pub trace: Option<Trace>,
    pub conversions: Page<ConversionRow>,
    pub clicks: Page<ClickRow>,
    pub messages: Page<MessageRow>,
    pub now: Millis,
}

/// One id of the player.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// `anonymous`, `device`, `user:steam`, …
    pub kind: String,
    pub value: String,
    /// From this event time on; None: from the beginning.
    pub since: Option<Millis>,
    /// Until this event time, when somebody else had it; None: to this day.
    pub until: Option<Millis>,
}

/// One event on its way to a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    pub conversion: ConversionRow,
    pub gates: Vec<Gate>,
    /// Who was in the running; None where nobody was asked, or the decision is older than the page.
    pub story: Option<Story>,
    pub postback: Option<Postback>,
    /// Oldest first.
    pub attempts: Vec<Attempt>,
    /// Slug and name of the credited network.
    pub network: Option<(String, String)>,
}

/// A goal that the player reached, with what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversionRow {
    pub id: Uuid,
    pub goal_id: Uuid,
    pub goal_name: String,
    pub event: String,
    pub event_time: Millis,
    pub received_at: Millis,
    pub test: bool,
    pub decision: Decision,
    /// Name of the credited network.
    pub network_name: Option<String>,
    pub value: Option<Money>,
}

/// A click, a paid visit without a click id, or a visit without an ad.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClickRow {
    pub id: Uuid,
    /// Name of the network, or its slug where Postbacks does not send to it.
    pub network: String,
    pub kind: String,
    pub click_id: String,
    /// Of the first sighting.
    pub time: Millis,
    pub campaign: Option<String>,
    pub landing_page: Option<String>,
}

/// A message as it was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageRow {
    pub id: Uuid,
    pub message_id: Uuid,
    pub kind: String,
    pub event_name: Option<String>,
    pub event_time: Millis,
    pub received_at: Millis,
    pub surface: Option<Surface>,
    pub consent: Consent,
    pub test: bool,
    /// Why it, or the link in it, was stored and not applied: a sentence.
    pub note: Option<String>,
    /// As JSON; None for who may not see it.
    pub body: Option<String>,
}

/// What the address of a player's page asks for besides the player.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// The event to follow.
    pub event: Option<Uuid>,
    /// Where each list begins.
    pub conversions: Option<Cursor>,
    pub clicks: Option<Cursor>,
    pub messages: Option<Cursor>,
}
