//! What the pages know of an ad network. The networks themselves live under `server::networks`.

use serde::{Deserialize, Serialize};

/// A network that Postbacks can send to, as its pages show it; made from its SPEC on the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkCard {
    /// The word in URLs and tables: `tiktok`.
    pub slug: String,
    /// What people call it: `TikTok Ads`.
    pub name: String,
    /// The company that answers: `TikTok`, as in “TikTok refuses the token”.
    pub short: String,
    /// Path of its mark under `public/`.
    pub picture: String,
    /// What the dashboard of the network calls the thing that receives events: `Pixel`.
    pub target_noun: String,
    pub account_noun: String,
    /// `Test event code`, `Test id`; None where the network needs none.
    pub test_label: Option<String>,
    pub connect: ConnectKind,
    /// Help shown beside the form, plain text paragraphs.
    pub help: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConnectKind {
    OAuth,
    Token,
}
