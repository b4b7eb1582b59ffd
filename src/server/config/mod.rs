//! What the operator has set. `settings` declares every setting once, `read` checks what is given.

mod read;
pub mod settings;
#[cfg(test)]
mod tests;

pub use read::{BadSetting, Source, read, read_database_url, read_network_addresses};

use super::networks::contract::Settings;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ipnet::IpNet;
use secrecy::SecretString;
use std::net::SocketAddr;
use url::Url;

/// Which of the two faces this process has; it names the session cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Serve,
    Demo,
}

impl Mode {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Serve => "serve",
            Self::Demo => "demo",
        }
    }
}

#[derive(Debug, Clone)]
pub struct Config {
    pub mode: Mode,
    pub listen: SocketAddr,
    /// What people type: origin of every page, of OAuth redirects and of the pixel snippet.
    pub public_url: Url,
    /// `sqlite://PATH` or `postgres://…`, which may carry a password.
    pub database_url: SecretString,
    pub trusted_proxies: Vec<IpNet>,
    /// Base64 of 32 bytes; None on SQLite means the key file beside the database.
    pub secret_key: Option<SecretString>,
    pub secret_key_previous: Option<SecretString>,
    /// Email and password of the first owner.
    pub admin: Option<(String, SecretString)>,
    /// Requests a second and key; 0 = no limit.
    pub ingest_rate: u32,
    /// Requests a second and IP; 0 = no limit.
    pub ingest_rate_ip: u32,
    pub metrics_token: Option<SecretString>,
    /// The networks' own settings.
    pub networks: Settings,
}

impl Config {
    /// The same once the listener has its port, where port 0 asked for any.
    pub fn bound_to(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        if self.public_url.port() == Some(0) {
            self.public_url.set_port(Some(address.port())).expect("an http URL takes a port");
        }
        self
    }

    /// `https://postbacks.example` without a trailing slash.
    pub fn origin(&self) -> String {
        self.public_url.origin().ascii_serialization()
    }

    pub fn secure(&self) -> bool {
        self.public_url.scheme() == "https"
    }

    /// Named by mode and port, so that two Postbacks on one host do not sign each other out.
    pub fn cookie_name(&self) -> String {
        format!("postbacks-{}-{}", self.mode.word(), self.listen.port())
    }
}

/// 32 bytes from base64.
pub fn key_bytes(text: &str) -> Option<[u8; 32]> {
    STANDARD.decode(text.trim()).ok()?.try_into().ok()
}
