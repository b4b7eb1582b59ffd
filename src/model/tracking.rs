//! What the pages about keys and the pixel show.

use super::Millis;
use super::game::ApiKey;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeysPage {
    pub game_name: String,
    pub may_change: bool,
    pub publishable: ApiKey,
    pub secret: ApiKey,
    /// The key that was taken over, where one was.
    pub carried: Option<ApiKey>,
    /// Whether the secret key is shown whole.
    pub revealed: bool,
    /// `https://postbacks.example`
    pub origin: String,
    pub sample: Sample,
}

/// What makes the sample calls new each time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    pub visit: Uuid,
    pub purchase: Uuid,
    pub player: String,
    pub time: Millis,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PixelPage {
    pub game_name: String,
    pub key: String,
    /// Whether a key that pages carried before was taken over.
    pub takes_carried_key: bool,
    /// `https://postbacks.example`
    pub origin: String,
    /// The newest `page` message of the last 30 days.
    pub seen: Option<PageSeen>,
    /// Clicks with an id in the last 30 days, most first: what people call the network, and how many.
    pub clicks: Vec<(String, i64)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageSeen {
    pub time: Millis,
    /// Host of the page.
    pub host: Option<String>,
    /// `anonymous` or `full`.
    pub consent: String,
    pub test: bool,
}
