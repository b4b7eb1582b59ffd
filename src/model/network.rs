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
    /// What test events carry; None where the network needs nothing for them.
    pub test: Option<TestCodeField>,
    /// Connected through the network's consent page.
    pub by_consent: bool,
    /// Connected by a pasted token, and what the network calls that. At least one of the two ways is there.
    pub token_noun: Option<String>,
    /// Where a person takes the access back at the network itself, in a sentence.
    pub revoke_at: String,
    /// Help shown beside the form, plain text paragraphs.
    pub help: Vec<String>,
}

/// The optional field of a connection that only events marked as test carry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestCodeField {
    /// `Test event code`, `Test id`.
    pub label: String,
    /// What a person has to know before using it; empty where there is nothing.
    pub note: String,
}

impl TestCodeField {
    /// What stands under the field.
    pub fn hint(&self) -> String {
        let hint = "Optional. Only events marked as test carry it; production events never do.";
        if self.note.is_empty() { hint.to_owned() } else { format!("{hint} {}", self.note) }
    }
}
