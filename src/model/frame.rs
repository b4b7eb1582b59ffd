//! What stands around every page of a game: who reads, where they are, where they can go.

use super::connection::Health;
use super::game::Game;
use super::user::{Account, Role};
use super::zone::Zone;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    pub account: Account,
    pub game: Game,
    /// The game's time zone.
    pub zone: Zone,
    pub role: Role,
    /// All games of the person, by name.
    pub games: Vec<Link>,
    pub networks: Vec<NetworkLink>,
}

/// A game in the switcher.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    pub slug: String,
    pub name: String,
}

/// A network in the navigation; `trouble` only where its connection needs somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkLink {
    pub slug: String,
    pub name: String,
    pub trouble: Option<Health>,
}
