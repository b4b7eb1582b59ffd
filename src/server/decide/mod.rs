//! PURE: what a batch of messages changes. The writer loads what `keys` names, asks `decide` and writes the `Changes` in one
//! transaction. Rules and worked cases: `README.md` beside this file.

pub mod changes;
pub mod click;
pub mod consent;
mod contact;
mod conversion;
mod credit;
mod decimal;
pub mod erased;
pub mod facts;
pub mod goals;
mod identity;
mod ids;
pub mod keys;
pub mod news;
mod plan;
pub mod rehearsal;
pub mod send_now;
mod settle;
mod slots;
mod taxonomy;
mod world;

#[cfg(test)]
pub(crate) mod tests;

use crate::model::{DAY, Millis};
use changes::{Changes, StoredMessage};
use facts::{Facts, Message};
use std::sync::Arc;
use world::World;

pub use consent::consent;
pub use plan::AGE_MARGIN;

/// How long after its receipt a conversion that was not sent is decided again when its player's clicks or links change,
/// and how long one without a click waits.
pub const AGAIN_FOR: Millis = 7 * DAY;

/// What these messages change, in the order in which they came. `now` is the time of writing.
pub fn decide(batch: Vec<Arc<Message>>, facts: Facts, now: Millis) -> Changes {
    let mut world = World::new(facts, now);
    let messages = batch.into_iter().map(|message| hear(&mut world, message)).collect();
    settle::settle(&mut world);
    world.finish(messages)
}

/// Takes up one message: who it is of, what it shows, and which goals it reaches. Decisions come at the end of the batch.
fn hear(world: &mut World, mut message: Arc<Message>) -> StoredMessage {
    if erased::is_kept_out(world, &mut message) {
        return erased::keep_out(world, message);
    }
    let found = identity::find(world, &message);
    if let Some(player) = found.player {
        contact::learn(world, player, &message);
        click::see(world, player, found.by.as_ref(), &message);
        if message.test {
            // Test conversions see production clicks, whose messages do not look at tests: the next test message does.
            world.stir(player);
        }
    }
    for goal in world.rules.goals.iter().filter(|goal| goals::reached(goal, &message)) {
        let window_days = world.rules.window_days(message.game_id);
        world.conversions.add(conversion::of(&message, goal, &found, window_days, world.now));
    }
    StoredMessage { player_id: found.player, note: found.note, message }
}
