//! The ad networks of a game: the list, and the page of each.

pub mod api;
pub mod attempt;
pub mod changes;
mod connected;
mod connecting;
pub mod disconnect;
mod health;
pub mod list;
pub mod network;
pub mod not_sent;
pub mod pick;
mod popup;

/// `/games/{game}/settings/integrations/{network}`
pub fn path(game: &str, network: &str) -> String {
    format!("/games/{game}/settings/integrations/{network}")
}

/// Where a saved connection leads: to its page, or in the popup to the page that closes it.
pub fn path_after_connect(game: &str, network: &str, popup: bool) -> String {
    let path = path(game, network);
    if popup { format!("{path}?connected=popup") } else { format!("{path}?connected=yes") }
}
