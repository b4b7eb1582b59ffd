//! PURE: what an erasure found and did, as it adds up step by step and as the audit log tells it. No word of who it was.

use crate::model::{Millis, calendar};
use crate::server::db::erased_rows::Postback;
use crate::server::networks;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Receipt {
    pub identities: i64,
    pub messages: i64,
    pub clicks: i64,
    pub conversions: i64,
    /// Postbacks that waited and were cancelled.
    pub cancelled: i64,
    /// What had gone out, by the network's slug.
    pub gone: BTreeMap<String, Gone>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Gone {
    pub accepted: i64,
    pub first: Option<Millis>,
    pub last: Option<Millis>,
    /// Calls without an answer, or under way: they may have arrived.
    pub unknown: i64,
}

impl Receipt {
    pub fn add(&mut self, postback: &Postback) {
        self.cancelled += i64::from(postback.cancelled);
        if postback.accepted_at.is_none() && !postback.unknown {
            return;
        }
        let gone = self.gone.entry(postback.network.clone()).or_default();
        gone.unknown += i64::from(postback.unknown);
        if let Some(time) = postback.accepted_at {
            gone.accepted += 1;
            gone.first = Some(gone.first.map_or(time, |first| first.min(time)));
            gone.last = gone.last.max(Some(time));
        }
    }

    /// In plain sentences.
    pub fn says(&self) -> String {
        let held = [
            counted(self.identities, "id", "ids"),
            counted(self.messages, "message", "messages"),
            counted(self.clicks, "ad click or visit", "ad clicks and visits"),
            counted(self.conversions, "conversion", "conversions"),
        ];
        let held: Vec<String> = held.into_iter().flatten().collect();
        if held.is_empty() {
            return "Nothing was held. The id is kept out from now on.".into();
        }
        let mut says = format!("Held and deleted: {}.", held.join(", "));
        says += &match counted(self.cancelled, "postback", "postbacks") {
            Some(count) => format!(" Cancelled before it went out: {count}."),
            None => " Nothing was waiting to go out.".into(),
        };
        if self.gone.is_empty() {
            says += " Nothing had gone to a network.";
        }
        for (slug, gone) in &self.gone {
            says += &format!(" {}", gone.says(networks::find(slug).map_or(slug.as_str(), |network| network.spec().name)));
        }
        says
    }
}

impl Gone {
    fn says(&self, network: &str) -> String {
        let mut parts = Vec::new();
        if let (Some(count), Some(first), Some(last)) = (counted(self.accepted, "postback", "postbacks"), self.first, self.last) {
            let when = if first == last {
                format!("on {}", calendar::rfc3339(first))
            } else {
                format!("from {} to {}", calendar::rfc3339(first), calendar::rfc3339(last))
            };
            parts.push(format!("{count} {when}"));
        }
        parts.extend(counted(self.unknown, "call whose answer is not known", "calls whose answers are not known"));
        format!("Had gone to {network}: {}.", parts.join(", "))
    }
}

fn counted(count: i64, one: &str, several: &str) -> Option<String> {
    (count > 0).then(|| format!("{count} {}", if count == 1 { one } else { several }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn postback(network: &str, accepted_at: Option<Millis>, unknown: bool, cancelled: bool) -> Postback {
        Postback { network: network.into(), accepted_at, unknown, cancelled }
    }

    #[test]
    fn a_receipt_says_what_was_held_cancelled_and_gone() {
        let mut receipt = Receipt { identities: 3, messages: 14, clicks: 1, conversions: 4, ..Receipt::default() };
        for postback in [
            postback("tiktok", Some(1_795_423_282_000), false, false),
            postback("tiktok", Some(1_795_423_200_000), false, false),
            postback("reddit", None, true, true),
            postback("meta", None, false, true),
            postback("meta", None, false, false),
        ] {
            receipt.add(&postback);
        }
        assert_eq!(
            receipt.says(),
            "Held and deleted: 3 ids, 14 messages, 1 ad click or visit, 4 conversions. Cancelled before it went out: 2 postbacks. \
             Had gone to Reddit Ads: 1 call whose answer is not known. \
             Had gone to TikTok Ads: 2 postbacks from 2026-11-23T08:40:00.000Z to 2026-11-23T08:41:22.000Z."
        );
    }

    #[test]
    fn a_receipt_of_somebody_unknown_says_so() {
        assert_eq!(Receipt::default().says(), "Nothing was held. The id is kept out from now on.");
        let seen = Receipt { identities: 1, messages: 1, ..Receipt::default() };
        assert_eq!(seen.says(), "Held and deleted: 1 id, 1 message. Nothing was waiting to go out. Nothing had gone to a network.");
    }
}
