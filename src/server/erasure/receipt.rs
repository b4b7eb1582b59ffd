//! PURE: what an erasure found and did, step by step and in the words of the audit log. No word of who it was.

use crate::model::calendar;
use crate::model::erasure::{Gone, Receipt};
use crate::model::number::counted;
use crate::server::db::erased_rows::Postback;
use crate::server::networks;

/// Counts what became of a postback.
pub fn add(receipt: &mut Receipt, postback: &Postback) {
    receipt.cancelled += i64::from(postback.cancelled);
    if postback.accepted_at.is_none() && !postback.unknown {
        return;
    }
    let gone = receipt.gone.entry(postback.network.clone()).or_default();
    gone.unknown += i64::from(postback.unknown);
    if let Some(time) = postback.accepted_at {
        gone.accepted += 1;
        gone.first = Some(gone.first.map_or(time, |first| first.min(time)));
        gone.last = gone.last.max(Some(time));
    }
}

/// The same with networks under the names that people call them by.
pub fn spoken(receipt: Receipt) -> Receipt {
    let gone = receipt.gone.into_iter().map(|(slug, gone)| (networks::spoken(&slug).to_owned(), gone)).collect();
    Receipt { gone, ..receipt }
}

/// In plain sentences.
pub fn says(receipt: &Receipt) -> String {
    let held = [
        some(receipt.identities, "id", "ids"),
        some(receipt.messages, "message", "messages"),
        some(receipt.clicks, "ad click or visit", "ad clicks and visits"),
        some(receipt.conversions, "conversion", "conversions"),
    ];
    let held: Vec<String> = held.into_iter().flatten().collect();
    if held.is_empty() {
        return "Nothing was held. The id is kept out from now on.".into();
    }
    let mut says = format!("Held and deleted: {}.", held.join(", "));
    says += &match some(receipt.cancelled, "postback", "postbacks") {
        Some(count) => format!(" Cancelled before it went out: {count}."),
        None => " Nothing was waiting to go out.".into(),
    };
    if receipt.gone.is_empty() {
        says += " Nothing had gone to a network.";
    }
    for (slug, gone) in &receipt.gone {
        says += &format!(" {}", had_gone(gone, networks::spoken(slug)));
    }
    says
}

fn had_gone(gone: &Gone, network: &str) -> String {
    let mut parts = Vec::new();
    if let (Some(count), Some(first), Some(last)) = (some(gone.accepted, "postback", "postbacks"), gone.first, gone.last) {
        let when = if first == last {
            format!("on {}", calendar::rfc3339(first))
        } else {
            format!("from {} to {}", calendar::rfc3339(first), calendar::rfc3339(last))
        };
        parts.push(format!("{count} {when}"));
    }
    parts.extend(some(gone.unknown, "call whose answer is not known", "calls whose answers are not known"));
    format!("Had gone to {network}: {}.", parts.join(", "))
}

fn some(count: i64, one: &str, several: &str) -> Option<String> {
    (count > 0).then(|| counted(count, one, several))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Millis;

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
            add(&mut receipt, &postback);
        }
        assert_eq!(
            says(&receipt),
            "Held and deleted: 3 ids, 14 messages, 1 ad click or visit, 4 conversions. Cancelled before it went out: 2 postbacks. \
             Had gone to Reddit Ads: 1 call whose answer is not known. \
             Had gone to TikTok Ads: 2 postbacks from 2026-11-23T08:40:00.000Z to 2026-11-23T08:41:22.000Z."
        );
    }

    #[test]
    fn a_receipt_of_somebody_unknown_says_so() {
        assert_eq!(says(&Receipt::default()), "Nothing was held. The id is kept out from now on.");
        let seen = Receipt { identities: 1, messages: 1, ..Receipt::default() };
        assert_eq!(says(&seen), "Held and deleted: 1 id, 1 message. Nothing was waiting to go out. Nothing had gone to a network.");
    }
}
