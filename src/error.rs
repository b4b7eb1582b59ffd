//! What a person may be told: a closed set without free text. Causes go to tracing, never to the browser.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum AppError {
    #[error("Sign in to go on.")]
    SignedOut,
    #[error("There is nothing at this address.")]
    NotFound,
    #[error("Your role in this game does not allow this. Ask an owner or admin.")]
    NotAllowed,
    #[error("Too many tries. Wait a minute and try again.")]
    TooMany,
    #[error("Postbacks cannot reach its database. Try again in a moment.")]
    Unavailable,
}
