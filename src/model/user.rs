//! People: who may do what in which game.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Characters of an email address (RFC 5321's path less its brackets).
pub const MAX_EMAIL: usize = 254;
/// Long enough that argon2id makes guessing it offline hopeless.
pub const MIN_PASSWORD: usize = 12;
/// No sentence is longer; a megabyte is an attack on the hash.
pub const MAX_PASSWORD: usize = 200;

super::words! {
    /// What a membership allows. Owners and admins change things; only owners manage owners and delete the game; members read.
    Role { Member = "member", Admin = "admin", Owner = "owner" }
}

impl Role {
    pub const fn may_change(self) -> bool {
        matches!(self, Self::Admin | Self::Owner)
    }
}

/// The person who is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub id: Uuid,
    pub email: String,
    /// The operator of the instance: creates games, sees all.
    pub operator: bool,
}

/// Where somebody stands who comes to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Door {
    /// There is no owner yet.
    NotSetUp,
    SignedOut,
    SignedIn,
}
