//! Delivery on a real database: what is claimed, what becomes of it, and what holds it.

mod parking;
mod queue;
mod results;
mod world;
