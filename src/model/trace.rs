//! How far an event came on its way to a network: a gate after the other, up to the first that did not let it through.

use super::Millis;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

super::words! {
    /// What an event has to pass, in this order.
    GateKind {
        Message = "message", Player = "player", Goal = "goal", Consent = "consent", Once = "once", Click = "click", Usable = "usable",
        Connection = "connection", Sent = "sent", Accepted = "accepted", Confirmed = "confirmed",
    }
}

impl GateKind {
    pub const fn title(self) -> &'static str {
        match self {
            Self::Message => "Message received",
            Self::Player => "Player known",
            Self::Goal => "Goal reached",
            Self::Consent => "Consent given",
            Self::Once => "First for its goal",
            Self::Click => "Ad click in time",
            Self::Usable => "Click can be sent",
            Self::Connection => "Connection ready",
            Self::Sent => "Sent",
            Self::Accepted => "Accepted",
            Self::Confirmed => "Confirmed",
        }
    }
}

super::words! {
    GateState {
        Passed = "passed",
        /// The first that did not let it through; nothing behind it was reached.
        Stopped = "stopped",
        /// It may still pass.
        Waiting = "waiting",
        NotReached = "not_reached",
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    pub kind: GateKind,
    pub state: GateState,
    /// What was found there, in a sentence or two; empty where nothing is to be said.
    pub says: String,
    /// What would have to change; empty where nothing has to, or can.
    pub fix: String,
    /// Where that is done.
    pub way: Option<Way>,
    /// When it was passed, or when it is tried next.
    pub at: Option<Millis>,
}

/// A page where something can be done about a gate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Way {
    Window,
    Integrations,
    Network(String),
    Goal(Uuid),
    /// The conversion that holds the player's place for the goal.
    Event(Uuid),
    Pixel,
}
