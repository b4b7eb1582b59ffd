//! Players as their pages show them: found by any id, and one player's whole story. Reads only, one game at a time.

pub mod export;
mod gates;
#[cfg(test)]
mod gates_tests;
mod masked;
mod search;
mod story;

pub use search::search;
pub use story::{of_conversion, read};

use super::db::players::Span;
use super::decide::changes::note;
use super::decide::keys::{ANONYMOUS, DEVICE};
use uuid::Uuid;

/// The letters at either end of a long id that are shown.
const ENDS: usize = 4;

/// `steam 7656…4471`: how people name an id. A userId's type, and for the others what they are.
fn label(kind: &str, value: &str) -> String {
    format!("{} {}", kind_name(kind), shortened(value))
}

/// A player by the first of their ids; by the end of our own where they have none.
pub fn label_of(spans: &[Span], player: Uuid) -> String {
    spans.first().map_or_else(|| masked::short(player), |span| label(&span.kind, &span.value))
}

fn kind_name(kind: &str) -> &str {
    match kind {
        ANONYMOUS => "anonymousId",
        DEVICE => "deviceId",
        kind => kind.strip_prefix("user:").unwrap_or(kind),
    }
}

fn shortened(value: &str) -> String {
    let letters: Vec<char> = value.chars().collect();
    match letters.len() {
        ..=12 => value.to_owned(),
        length => format!("{}…{}", letters[..ENDS].iter().collect::<String>(), letters[length - ENDS..].iter().collect::<String>()),
    }
}

/// Why a message, or the link in it, was stored and not applied.
fn note_says(word: &str) -> &'static str {
    match word {
        note::CONSENT => "Consent left it without an id, or without what it wanted to link.",
        note::PLACEHOLDER_ID => "An id that many players share (null, 0, …) was left out.",
        note::TOO_MANY_IDS => "The link was not made: a player has at most 100 ids.",
        note::OTHER_USER => "The browser or device had another user before: from this event on it is this user’s, and nothing was merged.",
        note::SHARED_ID => "The browser or device has changed hands so often that it is nobody’s: it was left out.",
        _ => "It was stored and not applied.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_id_is_known_by_its_ends() {
        assert_eq!(label("user:steam", "76561198020034471"), "steam 7656…4471");
        assert_eq!(label("anonymous", "web-1"), "anonymousId web-1");
        assert_eq!(label("device", "größer-als-zwölf-ß"), "deviceId größ…lf-ß");
    }

    #[test]
    fn every_note_is_explained() {
        for word in [note::CONSENT, note::PLACEHOLDER_ID, note::TOO_MANY_IDS, note::OTHER_USER, note::SHARED_ID] {
            assert_ne!(note_says(word), note_says("something else"));
        }
    }
}
