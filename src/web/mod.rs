//! The pages, drawn on the server, and the few islands that move in the browser.

pub mod account;
pub mod app;
pub mod audit;
pub mod components;
pub mod deliveries;
pub mod games;
pub mod gate;
pub mod general;
pub mod goals;
pub mod integrations;
pub mod keys;
pub mod layout;
pub mod overview;
pub mod page;
pub mod pixel;
pub mod players;
pub mod problem;
pub mod resend;
pub mod setup;
pub mod sign_in;
pub mod visit;
