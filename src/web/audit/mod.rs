//! Settings > Audit log: who changed what, and the receipts of erasures.

pub mod api;
pub mod log;
pub mod receipt;

/// `/games/{game}/settings/audit-log`
pub fn path(game: &str) -> String {
    format!("/games/{game}/settings/audit-log")
}

/// Whoever changed something, as a sentence begins: people by their address, the rest by what they are.
pub fn who(who: &str) -> String {
    match who {
        "the secret key" => "A server with the secret key".to_owned(),
        "command line" => "Somebody at the command line".to_owned(),
        person => person.to_owned(),
    }
}
