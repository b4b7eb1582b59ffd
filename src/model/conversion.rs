//! One message that matched one goal, with what was decided about it.

use super::Millis;
use super::money::Money;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

super::words! {
    /// How much a player allowed. `none` and `not_set` are counted and never stored.
    Consent { NotSet = "not_set", None = "none", Anonymous = "anonymous", Full = "full" }
}

super::words! {
    /// Where the event was made. Only `web` and `pixel` speak for the player's own browser.
    Surface { Web = "web", Pixel = "pixel", Unity = "unity", Unreal = "unreal" }
}

super::words! {
    /// Why a conversion is not sent.
    Reason {
        NoClick = "no_click", OutsideWindow = "outside_window", Organic = "organic", ClickUnusable = "click_unusable",
        ClickExpired = "click_expired", UnsupportedNetwork = "unsupported_network", NoConnection = "no_connection",
        ConnectionDisabled = "connection_disabled", GoalUnmapped = "goal_unmapped", AlreadyConverted = "already_converted",
        SameEvent = "same_event", Consent = "consent", Erased = "erased", TestWithoutCode = "test_without_code",
    }
}

impl Reason {
    /// The plain sentence and what would change it.
    pub const fn explain(self) -> (&'static str, &'static str) {
        match self {
            Self::NoClick => (
                "No ad click of this player is known.",
                "Check that the pixel is on every page your ads open, and that the game identifies its players.",
            ),
            Self::OutsideWindow => (
                "The player's last ad click was too long before the event.",
                "A longer attribution window counts later events; it applies to new events only.",
            ),
            Self::Organic => ("The player came without an ad.", "Nothing to fix: organic players are not reported to networks."),
            Self::ClickUnusable => (
                "The ad click carried no id that the network takes back.",
                "Turn on auto-tagging at the network, so that its links carry a click id.",
            ),
            Self::ClickExpired => ("The click is older than the network accepts.", "Nothing can be sent for this click any more."),
            Self::UnsupportedNetwork => (
                "The player's last ad click came from a network that Postbacks does not send to.",
                "Nothing to fix: exactly one network is credited.",
            ),
            Self::NoConnection => ("The credited network is not connected.", "Connect it under Integrations."),
            Self::ConnectionDisabled => ("The credited network's connection is switched off.", "Switch it on under Integrations."),
            Self::GoalUnmapped => (
                "The goal has no conversion action at the network, or an event name that the network does not take.",
                "Choose an action or a name for the goal on the network's page.",
            ),
            Self::AlreadyConverted => ("This player has already reached the goal.", "Nothing to fix: the goal counts once per player."),
            Self::SameEvent => (
                "Another goal already sent this event to the network under the same name and id.",
                "Give one of the goals another event name.",
            ),
            Self::Consent => ("The player has not agreed to this.", "Nothing is sent until the player raises their consent."),
            Self::Erased => ("The player's data was erased on request.", "Nothing to fix."),
            Self::TestWithoutCode => ("A test event, and the connection has no test code.", "Enter the network's test code on its page."),
        }
    }
}

impl Reason {
    /// Whether somebody can do something about the cause, after which the conversion can be sent all the same.
    pub const fn may_be_mended(self) -> bool {
        matches!(self, Self::NoConnection | Self::ConnectionDisabled | Self::GoalUnmapped)
    }
}

/// What was decided about a conversion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Decision {
    /// A click of this network earned it and a postback was queued.
    Credited { network: String },
    /// No click yet; decided again when one is linked, until this time. `otherwise` is the reason it ends with if none comes:
    /// stored beside it, so that the end of waiting is one statement.
    Waiting { until: Millis, otherwise: Reason },
    /// Not sent, and why. `network` is the credited one where there is one.
    NotSent { reason: Reason, network: Option<String> },
}

/// A conversion as pages show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversion {
    pub id: Uuid,
    pub goal_id: Uuid,
    pub goal_name: String,
    pub event: String,
    pub event_time: Millis,
    pub test: bool,
    pub value: Option<Money>,
    pub decision: Decision,
}

/// A conversion credited to a network that was not sent there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotSent {
    pub id: Uuid,
    pub goal_id: Uuid,
    /// None: its message told no player.
    pub player_id: Option<Uuid>,
    pub goal_name: String,
    pub event: String,
    pub event_time: Millis,
    pub received_at: Millis,
    pub test: bool,
    pub reason: Reason,
    pub mended: Mended,
    pub value: Option<Money>,
}

super::words! {
    /// Whether the cause for which a conversion was not sent is gone.
    Mended { No = "no", Yes = "yes", TooLate = "too_late" }
}

/// How many conversions of a goal stayed here for a cause that is gone, and can be sent now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptBack {
    pub goal_id: Uuid,
    pub goal_name: String,
    pub event: String,
    pub count: i64,
}

/// What became of a goal match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    Credited,
    Waiting,
    NotSent(Reason),
}

/// How many goal matches ended so, and for which network where one was credited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutcomeCount {
    pub outcome: Outcome,
    pub network: Option<String>,
    pub count: i64,
}
