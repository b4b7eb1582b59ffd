//! The ad networks of a game: the list, and the page of each.

mod actions;
pub mod api;
pub mod attempt;
pub mod changes;
mod connected;
mod connecting;
pub mod disconnect;
pub mod health;
pub mod list;
pub mod names;
pub mod network;
pub mod not_sent;
pub mod pick;
mod popup;
pub mod send_now;
mod transport;

use crate::error::AppError;
use crate::model::connect::ConnectProblem;

/// `/games/{game}/settings/integrations/{network}`
pub fn path(game: &str, network: &str) -> String {
    format!("/games/{game}/settings/integrations/{network}")
}

/// Where a saved connection leads: to its page, or in the popup to the page that closes it.
pub fn path_after_connect(game: &str, network: &str, popup: bool) -> String {
    let path = path(game, network);
    if popup { format!("{path}?connected=popup") } else { format!("{path}?connected=yes") }
}

/// Why the network's consent page led back without a connection, as the callback put it into the address.
pub fn returned_problem() -> Option<AppError> {
    crate::web::page::query("problem").and_then(|word| ConnectProblem::from_word(&word)).map(AppError::Connect)
}
