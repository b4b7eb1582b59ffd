//! Delivery on a real database: what is claimed, what becomes of it, and what holds it.

mod access;
mod delivery;
mod held_back;
mod last_words;
mod parking;
mod queue;
mod results;
pub mod rig;
mod transports;
pub mod world;
