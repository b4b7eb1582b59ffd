//! Tests of what crosses rooms: the real router on a real database, on both engines. The tree mirrors the routes.
#![allow(clippy::unwrap_used)]

mod dispatch;
pub mod engines;
mod ingest;
mod goals;
mod keys;
mod schema;
