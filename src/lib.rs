//! Postbacks tells ad networks which of their clicks became players. The map is in ARCHITECTURE.md.
#![recursion_limit = "256"]

pub mod error;
pub mod model;
#[cfg(feature = "ssr")]
pub mod server;
#[cfg(all(test, feature = "ssr"))]
mod tests;
