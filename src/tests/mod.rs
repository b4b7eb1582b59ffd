//! Tests of what crosses rooms: the real router on a real database, on both engines. The tree mirrors the routes.
#![allow(clippy::unwrap_used)]

pub mod app;
mod changes;
mod connecting;
mod days;
mod disconnecting;
pub mod dispatch;
mod dump;
pub mod engines;
pub mod fuzz;
mod games;
mod goals;
mod ingest;
mod keys;
mod mapping;
mod metrics;
mod networks;
mod people;
mod players;
mod processes;
mod refused;
mod resend;
mod retention;
mod schema;
mod security;
mod settings;
mod signing_in;
mod starting;
mod sweep;
