//! Several ways to send a network's events: each has its own requests and verdicts, all else of the network is the same.

use super::Network;

/// One way to send a network's events, as people choose it for a connection.
pub struct Transport {
    /// The word in forms and tables: `data_manager`.
    pub word: &'static str,
    /// `Data Manager API`
    pub name: &'static str,
    /// Whom it is for, in a sentence or two.
    pub says: &'static str,
    /// What it means that the network takes no events this way, in a sentence for a marketer; empty where that never happens.
    pub closed: &'static str,
    /// The network with requests, limits and verdicts of this way.
    pub network: &'static dyn Network,
}
