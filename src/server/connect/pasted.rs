//! By a pasted token: held against the network before anything is saved.

use super::save::{NewConnection, save, valid_test_code};
use super::{Actor, ConnectFailure, Desk};
use crate::model::connection::Connection;
use crate::server::networks::contract::{Choice, Destination};
use crate::server::networks::find;
use secrecy::{ExposeSecret, SecretString};

/// The shortest and longest text that can be a token.
const TOKEN_LENGTH: std::ops::RangeInclusive<usize> = 8..=2_048;

/// What was typed and pasted.
pub struct Paste {
    pub target: String,
    pub token: SecretString,
    pub test_code: String,
    /// The person has seen how many postbacks of the former target are cancelled.
    pub confirmed: bool,
}

/// Saves the connection if the network takes the token for this target.
pub async fn paste(desk: &Desk, actor: Actor<'_>, slug: &str, paste: &Paste) -> Result<Connection, ConnectFailure> {
    let network = find(slug).ok_or(ConnectFailure::NotFound)?;
    let spec = network.spec();
    let pasted = network.pasted().ok_or(ConnectFailure::NotFound)?;
    let target = paste.target.trim();
    if !spec.target_id.fits(target) {
        return Err(ConnectFailure::Field { field: "target", says: spec.target_id.says });
    }
    let token = paste.token.expose_secret().trim();
    if !TOKEN_LENGTH.contains(&token.len()) || !token.chars().all(|c| c.is_ascii_graphic()) {
        return Err(ConnectFailure::Field { field: "token", says: "Paste the whole token, without spaces around or inside it." });
    }
    let token = SecretString::from(token);
    let test_code = valid_test_code(spec, paste.test_code.trim())?;
    let to = Destination {
        account_id: None,
        through: None,
        target_id: target.to_owned(),
        token: token.clone(),
        pasted: true,
        test_code: test_code.map(str::to_owned),
    };
    let answer = desk.ask(&pasted.probe(&desk.settings, &to, actor.now)).await?;
    pasted.read_probe(&answer)?;
    let new = NewConnection {
        network: spec,
        account: None,
        target: Choice::new(target, ""),
        token,
        token_expires_at: None,
        pasted: true,
        holder: None,
        test_code: test_code.unwrap_or_default(),
        confirmed: paste.confirmed,
        grant_id: None,
    };
    save(desk, actor, &new).await
}
