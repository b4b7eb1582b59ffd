//! Conversion Goals: which events of a game count.

use super::Millis;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

super::words! {
    #[derive(Default)]
    Trigger { #[default] OncePerPlayer = "once", Repeatable = "repeatable" }
}

impl Trigger {
    /// What it means, in a sentence.
    pub const fn says(self) -> &'static str {
        match self {
            Self::OncePerPlayer => "Only a player’s first event counts.",
            Self::Repeatable => "Every event counts.",
        }
    }

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

impl Operator {
    /// As it stands between the property and the value.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Is => "is",
            Self::IsNot => "is not",
            Self::GreaterThan => "is greater than",
            Self::AtLeast => "is at least",
            Self::LessThan => "is less than",
            Self::AtMost => "is at most",
            Self::Contains => "contains",
            Self::Exists => "exists",
        }
    }

    /// Whether it tells more from less, which only numbers have.
    pub const fn ranks(self) -> bool {
        matches!(self, Self::GreaterThan | Self::AtLeast | Self::LessThan | Self::AtMost)
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

impl Filter {
    /// `value is at least 19.99`
    pub fn says(&self) -> String {
        format!("{} {} {}", self.property, self.operator.label(), self.value).trim_end().to_owned()
    }

    /// Without spaces around, and without a value that is not looked at.
    pub fn trimmed(&self) -> Self {
        let value = if self.operator == Operator::Exists { "" } else { self.value.trim() };
        Self { property: self.property.trim().to_owned(), operator: self.operator, value: value.to_owned() }
    }
}

/// When a goal's event counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    pub trigger: Trigger,
    pub filter: Option<Filter>,
}

impl Rule {
    /// `once per player, value is at least 19.99`
    pub fn says(&self) -> String {
        let trigger = self.trigger.label().to_lowercase();
        self.filter.as_ref().map_or_else(|| trigger.clone(), |filter| format!("{trigger}, {}", filter.says()))
    }
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
/// Characters of a filter's property and of its value.
pub const MAX_PROPERTY: usize = 128;
pub const MAX_FILTER_VALUE: usize = 256;

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
