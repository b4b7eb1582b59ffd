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
    /// The ways in which events can be sent, the usual one first; empty where there is but one.
    pub transports: Vec<Transport>,
    /// Connected through the network's consent page.
    pub by_consent: bool,
    /// Connected by a pasted token, and what the network calls that. At least one of the two ways is there.
    pub token_noun: Option<String>,
    /// Why an access that has an end date ends; empty where none has.
    pub token_ends: String,
    /// Where a person takes the access back at the network itself, in a sentence.
    pub revoke_at: String,
    /// Help shown beside the form, plain text paragraphs.
    pub help: Vec<String>,
}

/// One of several ways to send a network's events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transport {
    /// The word in forms and tables: `data_manager`.
    pub word: String,
    /// `Data Manager API`
    pub name: String,
    /// Whom it is for, in a sentence or two.
    pub says: String,
    /// What it means that the network takes no events this way, in a sentence; empty where that never happens.
    pub closed: String,
}

impl NetworkCard {
    /// The chosen transport; the usual one where none is chosen.
    pub fn transport(&self, chosen: Option<&str>) -> Option<&Transport> {
        self.transports.iter().find(|one| Some(one.word.as_str()) == chosen).or_else(|| self.transports.first())
    }

    /// The transport that an attempt took, where the network has several.
    pub fn taken(&self, word: Option<&str>) -> Option<&Transport> {
        self.transports.iter().find(|one| Some(one.word.as_str()) == word)
    }
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
