//! Conversion Goals: which events of a game count.

use super::Millis;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

super::words! {
    Trigger { OncePerPlayer = "once", Repeatable = "repeatable" }
}

impl Trigger {
    pub const fn label(self) -> &'static str {
        match self {
            Self::OncePerPlayer => "Once per player",
            Self::Repeatable => "Repeatable",
        }
    }
}

super::words! {
    GoalStatus { Active = "active", Paused = "paused", Archived = "archived" }
}

super::words! {
    /// How a filter compares. Numbers compare as numbers.
    Operator {
        Is = "is", IsNot = "is_not", GreaterThan = "gt", AtLeast = "gte", LessThan = "lt", AtMost = "lte",
        Contains = "contains", Exists = "exists",
    }
}

/// One test of one property value, e.g. `value` greater than `10`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    pub property: String,
    pub operator: Operator,
    /// As typed; empty for `exists`.
    pub value: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goal {
    pub id: Uuid,
    pub game_id: Uuid,
    /// 1 to 80 characters.
    pub name: String,
    /// Up to 500 characters.
    pub description: String,
    /// Event name, 1 to 256 characters.
    pub event: String,
    pub trigger: Trigger,
    pub filter: Option<Filter>,
    pub status: GoalStatus,
    pub created_at: Millis,
    pub updated_at: Millis,
}

pub const MAX_NAME: usize = 80;
pub const MAX_DESCRIPTION: usize = 500;

/// What a new goal may start from.
pub struct Template {
    pub slug: &'static str,
    pub name: &'static str,
    pub event: &'static str,
    pub trigger: Trigger,
    pub says: &'static str,
}

pub const TEMPLATES: &[Template] = &[
    Template {
        slug: "first-purchase",
        name: "First Purchase",
        event: "purchase",
        trigger: Trigger::OncePerPlayer,
        says: "The first time a player pays.",
    },
    Template {
        slug: "wishlist-add",
        name: "Wishlist Add",
        event: "wishlist_add",
        trigger: Trigger::OncePerPlayer,
        says: "The first time a player puts the game on a wishlist.",
    },
    Template {
        slug: "email-captured",
        name: "Email Captured",
        event: "email_acquired",
        trigger: Trigger::OncePerPlayer,
        says: "The first time a player leaves an email address.",
    },
];
