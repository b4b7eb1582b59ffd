//! Postbacks tells ad networks which of their clicks became players. The map is in ARCHITECTURE.md.
#![recursion_limit = "256"]

pub mod error;
pub mod model;
#[cfg(feature = "ssr")]
pub mod server;
#[cfg(all(test, feature = "ssr"))]
mod tests;
pub mod web;

/// Brings the islands of a page alive; the browser calls it once the module is loaded.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}
