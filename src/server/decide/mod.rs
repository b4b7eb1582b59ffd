//! PURE: what a batch of messages changes. The writer loads what `keys` names, asks `decide` and writes the `Changes` in one transaction.

pub mod changes;
pub mod facts;
pub mod keys;

use crate::model::{DAY, Millis};
use changes::{Changes, StoredMessage};
use facts::{Facts, Message};

/// How long after its receipt a conversion without an attempted postback is decided again when its player's clicks or links change,
/// and how long one without a click waits.
pub const AGAIN_FOR: Millis = 7 * DAY;

/// What these messages change, in the order in which they came. `now` is the time of writing.
pub fn decide(batch: Vec<Message>, facts: Facts, now: Millis) -> Changes {
    let _ = (facts, now);
    let messages = batch.into_iter().map(|message| StoredMessage { message, player_id: None, note: None }).collect();
    Changes { messages, ..Changes::default() }
}
