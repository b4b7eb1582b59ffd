//! What the operator has set.

use super::networks::contract::Settings;
use ipnet::IpNet;
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
    pub trusted_proxies: Vec<IpNet>,
    /// Messages a second and key; 0 = no limit.
    pub ingest_rate: u32,
    /// Requests a second and IP; 0 = no limit.
    pub ingest_rate_ip: u32,
    /// The networks' own settings.
    pub networks: Settings,
}

impl Config {
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
