//! The delivery log: its rows, what an empty one means, an attempt, and what was not sent.

pub mod attempt;
mod empty;
pub mod log;
pub mod not_sent;
mod sequel;
pub mod words;
