//! People: who may do what in which game.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

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
