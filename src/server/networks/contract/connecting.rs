//! What connecting needs of a network: a consent page, a pasted token, or both. Requests and readers are pure; the caller does the IO.

use super::{Answer, Destination, Request, Settings};
use crate::model::Millis;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::Url;

/// A token as it came back from an exchange.
#[derive(Debug, Clone)]
pub struct Token {
    pub secret: SecretString,
    pub expires_at: Option<Millis>,
    /// The network's id of the person or system user who gave it; None where the network does not say.
    pub holder: Option<String>,
    /// How far the network's own code has come with it; 0 from the exchange (see `OAuth::next`).
    pub stage: u8,
}

/// An account, pixel or the like in a list that a token returned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    pub id: String,
    pub name: String,
    /// Id of the account over which the token reaches it, where it is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub through: Option<String>,
}

impl Choice {
    /// One that the token reaches by itself.
    pub fn new(id: impl Into<String>, name: impl Into<String>) -> Self {
        Self { id: id.into(), name: name.into(), through: None }
    }
}

/// A page of a list; `next` is the cursor of the page that follows: the network's own or one that its code makes up, never a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choices {
    pub list: Vec<Choice>,
    pub next: Option<String>,
}

/// Why connecting failed, for a person: what the network said and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// The network refuses the token, code or app.
    #[error("refused: {words}")]
    Refused { code: Option<String>, words: String },
    /// The token is good but may not use this account or pixel.
    #[error("no access: {words}")]
    NoAccess { code: Option<String>, words: String },
    /// No usable answer; try again.
    #[error("unavailable: {words}")]
    Unavailable { words: String },
    /// The operator has not set the app id and secret.
    #[error("not configured: {setting}")]
    NotConfigured { setting: &'static str },
}

/// Connecting through the network's consent page.
pub trait OAuth: Send + Sync {
    /// The dialog's address, or the setting that is missing.
    fn dialog(&self, settings: &Settings, redirect: &str, state: &str) -> Result<Url, ConnectError>;
    /// Where the dialog may send the browser on to before it comes back, as sources of a content security policy; its own origin is known.
    fn dialog_leads_to(&self, _settings: &Settings) -> Vec<String> {
        Vec::new()
    }
    /// The name of the callback's query parameter that carries the code: `auth_code`.
    fn code_parameter(&self) -> &'static str;
    fn exchange(&self, settings: &Settings, redirect: &str, code: &str) -> Result<Request, ConnectError>;
    /// The dialog's address with the hash of a secret (S256), where the network takes such a proof key. RFC 7636.
    fn with_challenge(&self, dialog: Url, _challenge: &str) -> Url {
        dialog
    }
    /// The exchange with that secret, which only who opened the dialog knows.
    fn with_verifier(&self, exchange: Request, _verifier: &SecretString) -> Request {
        exchange
    }
    fn read_exchange(&self, answer: &Answer, now: Millis) -> Result<Token, ConnectError>;
    /// The next call that a token needs before it is kept: a check, a longer-lived one in its place. Asked again after each, until None.
    fn next(&self, _settings: &Settings, _token: &Token) -> Result<Option<Request>, ConnectError> {
        Ok(None)
    }
    /// The token after the call that `next` asked for.
    fn read_next(&self, _settings: &Settings, token: Token, _answer: &Answer, _now: Millis) -> Result<Token, ConnectError> {
        Ok(token)
    }
    /// A page of the accounts that the token may use: the first one, or that of a cursor that an earlier page gave.
    fn accounts(&self, settings: &Settings, token: &SecretString, cursor: Option<&str>) -> Result<Request, ConnectError>;
    fn read_accounts(&self, cursor: Option<&str>, answer: &Answer) -> Result<Choices, ConnectError>;
    fn targets(&self, settings: &Settings, token: &SecretString, account: &Choice, cursor: Option<&str>) -> Result<Request, ConnectError>;
    fn read_targets(&self, account: &Choice, cursor: Option<&str>, answer: &Answer) -> Result<Choices, ConnectError>;
    /// The call that gives the token of this connection back on disconnect; None where the network has none.
    fn revoke(&self, settings: &Settings, of: &Destination) -> Option<Request>;
}

/// Connecting by a pasted token: checked against the network before it is saved.
pub trait Pasted: Send + Sync {
    /// What the network calls such a token: `Conversion access token`.
    fn token_noun(&self) -> &'static str;
    /// A call that changes nothing at the network and is refused for a bad token or a target that is not the token's.
    fn probe(&self, settings: &Settings, to: &Destination, now: Millis) -> Request;
    fn read_probe(&self, answer: &Answer) -> Result<(), ConnectError>;
}
