//! The tenant: keys, goals, connections, players and logs belong to one game.

use super::Millis;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Days a click may lie before its event when a game says nothing else.
pub const DEFAULT_WINDOW_DAYS: i32 = 30;
pub const MAX_GAME_NAME: usize = 80;
/// A slug is part of every address: short enough to read aloud.
pub const MAX_SLUG: usize = 40;
/// Kept for a page of `/games` itself.
pub const SLUG_OF_FORM: &str = "new";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Game {
    pub id: Uuid,
    /// Part of every URL; never changes.
    pub slug: String,
    pub name: String,
    /// IANA name; days on charts and exports are its days.
    pub time_zone: String,
    /// Attribution window, 1 to 90 days.
    pub window_days: i32,
    pub created_at: Millis,
}

super::words! {
    /// The keys of a game: two of our making, and maybe one that its pages and builds carry already.
    KeyKind { Publishable = "publishable", Secret = "secret", Carried = "carried" }
}

impl KeyKind {
    /// Those that every game has, and that can be rotated; with the letters that they begin with.
    pub const OURS: [(Self, &'static str); 2] = [(Self::Publishable, "pk_"), (Self::Secret, "sk_")];

    /// How a key of our making begins; None for one that was made elsewhere.
    pub fn prefix(self) -> Option<&'static str> {
        Self::OURS.into_iter().find(|(kind, _)| *kind == self).map(|(_, prefix)| prefix)
    }

    /// Whether anybody may see it, since it only names the game.
    pub const fn is_publishable(self) -> bool {
        matches!(self, Self::Publishable | Self::Carried)
    }
}

/// A key as the API keys page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    pub kind: KeyKind,
    /// Whole for a publishable key; the secret one shows its last four characters unless revealed.
    pub shown: String,
    pub created_at: Millis,
    pub last_used_at: Option<Millis>,
}
