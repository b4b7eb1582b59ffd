//! What a game relies on, said message by message. `say` makes messages, `memory` keeps what `decide` changes, as the database does.

mod loading;
mod memory;
mod news;
pub mod say;

mod attribution;
mod clicks;
mod consent;
mod erased;
mod goals;
mod late;
mod limits;
mod plan;
mod players;
pub mod properties;
mod sent_now;
mod test_messages;
