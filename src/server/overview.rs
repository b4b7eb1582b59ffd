//! The first page of a game, read in one go.

use super::auth::Access;
use super::db::{conversions, evidence};
use super::state::AppState;
use super::{integrations, networks, zone};
use crate::error::AppError;
use crate::model::Millis;
use crate::model::conversion::{Outcome, OutcomeCount};
use crate::model::overview::{Became, Credited, Overview, Unsent};
use std::cmp::Reverse;

/// Days that conversions and set-up are looked back at: a game may have quiet weeks.
const LOOKED_BACK: i64 = 30;

pub async fn read(state: &AppState, access: &Access, now: Millis) -> Result<Overview, AppError> {
    let (game_id, since) = (access.1.id, zone::days_back(&access.1, now, LOOKED_BACK));
    // The evidence tells one network's clicks from the others'; the page adds them up, so any will do.
    let network = networks::specs().next().map_or("", |spec| spec.slug);
    Ok(Overview {
        cards: integrations::list(access).await?.cards,
        became: became(conversions::outcomes(&state.db, game_id, since).await?),
        evidence: evidence::since(&state.db, game_id, network, since).await?,
    })
}

/// Adds the counts up, most first.
fn became(outcomes: Vec<OutcomeCount>) -> Became {
    let mut became = Became::default();
    for OutcomeCount { outcome, network, count } in outcomes {
        match outcome {
            Outcome::Credited => became.credited += count,
            Outcome::Waiting => became.waiting += count,
            Outcome::NotSent(reason) => {
                let at = became.not_sent.iter().position(|unsent| unsent.reason == reason).unwrap_or_else(|| {
                    became.not_sent.push(Unsent { reason, count: 0, networks: Vec::new() });
                    became.not_sent.len() - 1
                });
                let unsent = &mut became.not_sent[at];
                unsent.count += count;
                unsent.networks.extend(network.map(|slug| Credited {
                    name: networks::spoken(&slug).to_owned(),
                    slug: networks::find(&slug).map(|network| network.spec().slug.to_owned()),
                    count,
                }));
            }
        }
    }
    became.not_sent.sort_by_key(|unsent| (Reverse(unsent.count), unsent.reason));
    for unsent in &mut became.not_sent {
        unsent.networks.sort_by(|one, other| (Reverse(one.count), &one.name).cmp(&(Reverse(other.count), &other.name)));
    }
    became
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::conversion::Reason;

    #[test]
    fn reasons_are_added_up_over_the_networks() {
        let one = |outcome, network: Option<&str>, count| OutcomeCount { outcome, network: network.map(str::to_owned), count };
        let became = became(vec![
            one(Outcome::Credited, Some("tiktok"), 7),
            one(Outcome::NotSent(Reason::NoClick), None, 4),
            one(Outcome::NotSent(Reason::NoConnection), Some("reddit"), 2),
            one(Outcome::NotSent(Reason::NoConnection), Some("tiktok"), 3),
            one(Outcome::Waiting, None, 1),
            one(Outcome::Credited, Some("reddit"), 1),
        ]);
        assert_eq!((became.credited, became.waiting, became.unsent(), became.all()), (8, 1, 9, 18));
        assert_eq!(
            became.not_sent.iter().map(|unsent| (unsent.reason, unsent.count)).collect::<Vec<_>>(),
            [(Reason::NoConnection, 5), (Reason::NoClick, 4)]
        );
        let of: Vec<(&str, i64)> = became.not_sent[0].networks.iter().map(|credited| (credited.name.as_str(), credited.count)).collect();
        assert_eq!(of, [("TikTok Ads", 3), ("Reddit Ads", 2)]);
    }
}
