//! The event catalogue: events that clients send by themselves or by a call of their own, with the properties that a filter may look at.

/// What a property holds, and so how it may be tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Number,
    /// `true` or `false`.
    Flag,
    OneOf(&'static [&'static str]),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Property {
    pub name: &'static str,
    pub kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    pub name: &'static str,
    /// Empty where there is nothing to filter by.
    pub properties: &'static [Property],
}

const fn text(name: &'static str) -> Property {
    Property { name, kind: Kind::Text }
}

const fn number(name: &'static str) -> Property {
    Property { name, kind: Kind::Number }
}

const fn flag(name: &'static str) -> Property {
    Property { name, kind: Kind::Flag }
}

const fn one_of(name: &'static str, words: &'static [&'static str]) -> Property {
    Property { name, kind: Kind::OneOf(words) }
}

const GAME: &[Property] = &[text("game_id"), text("source"), text("platform")];

/// In the order in which forms offer them. Any other event name is allowed too.
pub const EVENTS: &[Event] = &[
    Event {
        name: "purchase",
        properties: &[number("value"), text("currency"), text("item_id"), text("item_name"), number("quantity"), text("transaction_id")],
    },
    Event { name: "wishlist_add", properties: GAME },
    Event { name: "wishlist_remove", properties: &[text("game_id")] },
    Event { name: "email_acquired", properties: &[] },
    Event { name: "sign_up", properties: &[text("method")] },
    Event { name: "sign_in", properties: &[text("method")] },
    Event { name: "game_launch", properties: &[text("platform"), text("version"), text("build_id"), text("distribution_platform")] },
    Event {
        name: "progression",
        properties: &[
            one_of("status", &["start", "complete", "fail"]),
            text("world"),
            text("level"),
            text("stage"),
            number("score"),
            number("duration_sec"),
        ],
    },
    Event {
        name: "resource",
        properties: &[one_of("flow", &["sink", "source"]), text("currency"), number("amount"), text("item_type"), text("item_id")],
    },
    Event { name: "game_page_viewed", properties: &[text("game_id"), text("game_name"), text("slug")] },
    Event {
        name: "achievement_unlocked",
        properties: &[
            text("achievement_id"),
            text("achievement_name"),
            one_of("achievement_type", &["onboarding", "progression", "mastery", "social", "collection"]),
        ],
    },
    Event { name: "milestone_reached", properties: &[text("name")] },
    Event { name: "link_clicked", properties: &[text("url"), text("label"), text("source"), text("element_id"), flag("outbound")] },
    Event { name: "button_clicked", properties: &[text("button_text"), text("element_id"), text("element_type")] },
    Event { name: "form_submitted", properties: &[text("form_action"), text("form_id"), text("form_name"), text("field_names")] },
    Event { name: "scroll_depth", properties: &[number("depth")] },
];

/// None for an event of the game's own, whose properties are not known here.
pub fn find(event: &str) -> Option<&'static Event> {
    EVENTS.iter().find(|known| known.name == event)
}

/// Whether a goal on this event may have a filter: a known event with properties, or one of the game's own.
pub fn has_filters(event: &str) -> bool {
    find(event).is_none_or(|known| !known.properties.is_empty())
}

impl Event {
    pub fn property(&self, name: &str) -> Option<&'static Property> {
        self.properties.iter().find(|property| property.name == name)
    }
}

impl Kind {
    /// `number`, `text`, `true or false`, `start, complete or fail`
    pub fn says(self) -> String {
        match self {
            Self::Text => "text".to_owned(),
            Self::Number => "number".to_owned(),
            Self::Flag => "true or false".to_owned(),
            Self::OneOf(words) => match words.split_last() {
                Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
                _ => words.concat(),
            },
        }
    }
}
