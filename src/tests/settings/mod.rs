//! The pages of a game over the real router: who may do what, and what is said to whoever types something wrong.

mod access;
mod at_once;
mod audit;
mod clocks;
mod connecting;
mod erasure;
mod general;
mod goals;
mod keys;
mod log;
mod member;
mod names;
mod overview;
mod send_now;
pub mod stage;
mod switches;
mod token;
mod transports;
