//! A game's postback config on one network, without its secret.

use super::Millis;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    pub id: Uuid,
    pub game_id: Uuid,
    /// Slug of the network.
    pub network: String,
    pub account_id: Option<String>,
    pub account_name: Option<String>,
    /// Id of the account over which that one is reached, where it is another.
    pub account_through: Option<String>,
    /// Pixel code, pixel id, dataset id or customer id: where events go.
    pub target_id: String,
    pub target_name: Option<String>,
    /// Last four characters of a pasted token.
    pub secret_tail: Option<String>,
    /// When the network stops taking the token; None where it does not say, or never does.
    pub token_ends_at: Option<Millis>,
    /// The token was pasted, not given to this instance's own app.
    pub pasted: bool,
    pub test_code: Option<String>,
    /// Which of the network's transports was chosen; None: the usual one.
    pub transport: Option<String>,
    pub enabled: bool,
    pub parked: Option<Parked>,
    pub connected_at: Millis,
    /// Email of the person who connected it.
    pub connected_by: Option<String>,
}

super::words! {
    /// Why nothing of a connection goes out although it is enabled.
    ParkCause {
        Credentials = "credentials",
        Permission = "permission",
        /// The network takes no events over the chosen transport.
        Closed = "closed",
    }
}

/// The network refused the connection's credentials or rights; its postbacks wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parked {
    pub cause: ParkCause,
    pub since: Millis,
    /// The network's own words.
    pub words: String,
}

/// The indicator beside the enabled badge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Health {
    /// Postbacks are delivered: no indicator.
    Delivering,
    /// “Credential failures detected”
    CredentialFailures { since: Millis, words: String },
    /// “No recent activity”: no delivery yet.
    NoRecentActivity,
    /// “Deliveries failing”: most of the last hour's attempts failed.
    Failing { since: Millis, words: String },
}

impl Health {
    pub const fn wording(&self) -> Option<&'static str> {
        match self {
            Self::Delivering => None,
            Self::CredentialFailures { .. } => Some("Credential failures detected"),
            Self::NoRecentActivity => Some("No recent activity"),
            Self::Failing { .. } => Some("Deliveries failing"),
        }
    }
}
