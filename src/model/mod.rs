//! The nouns both builds share: plain values with serde and no IO. Names are those of the product page.

pub mod action;
pub mod attempt;
pub mod audit;
pub mod calendar;
pub mod carried_key;
pub mod catalogue;
pub mod connect;
pub mod connection;
pub mod conversion;
pub mod erasure;
pub mod event_names;
pub mod evidence;
pub mod filter;
pub mod frame;
pub mod game;
pub mod game_settings;
pub mod goal;
pub mod goal_form;
pub mod integration;
pub mod log_query;
pub mod money;
pub mod network;
pub mod number;
pub mod overview;
pub mod player;
pub mod postback;
pub mod rehearsal;
pub mod resend;
pub mod story;
pub mod trace;
pub mod tracking;
pub mod user;
pub mod zone;

/// Unix time in milliseconds, UTC. Every time in the database and in the model is one.
pub type Millis = i64;

pub const SECOND: Millis = 1_000;
pub const MINUTE: Millis = 60 * SECOND;
pub const HOUR: Millis = 60 * MINUTE;
pub const DAY: Millis = 24 * HOUR;

/// Declares a closed set of words that is stored, sent and shown by the same text.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$vmeta])* #[serde(rename = $word)] $variant),+ }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.word()) }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::model::UnknownWord;
            fn from_str(word: &str) -> Result<Self, Self::Err> {
                Self::from_word(word).ok_or($crate::model::UnknownWord(stringify!($name)))
            }
        }
    };
}
pub(crate) use words;

/// A text that is none of the words of the named set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not one of the words of {0}")]
pub struct UnknownWord(pub &'static str);
