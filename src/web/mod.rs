//! The pages, drawn on the server, and the few islands that move in the browser.

pub mod app;
pub mod components;
pub mod deliveries;
pub mod goals;
pub mod integrations;
pub mod page;
pub mod problem;
pub mod visit;
