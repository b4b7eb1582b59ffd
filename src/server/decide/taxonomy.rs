//! Which network a touch came from, by its click ids and its UTM set. Networks that Postbacks sends to say so in their SPEC; the others
//! are listed here, so that a click of theirs wins where it should and is not credited to somebody else.

use crate::server::networks;

/// What tells a network's touches.
struct Signs {
    network: &'static str,
    click_ids: &'static [&'static str],
    /// UTM sources that mean this network when the medium is a paid one.
    paid_sources: &'static [&'static str],
}

/// Networks without a folder of their own (yet). One that is in `networks::ALL` is taken from there.
const OTHERS: &[Signs] = &[
    Signs { network: "x", click_ids: &["twclid"], paid_sources: &["x", "twitter"] },
    Signs { network: "other", click_ids: &["msclkid", "li_fat_id"], paid_sources: &["linkedin"] },
];

/// A URL may carry ids of several networks (Facebook adds `fbclid` to any link): the first of this order names the touch, as in the
/// published clients. Networks not named here come last.
const ORDER: &[&str] = &["meta", "tiktok", "google", "reddit", "x", "other"];

/// Ids that name a network without being anything it takes back: a touch by them alone has nothing to send.
const NOTHING_TO_SEND: &[(&str, &str)] = &[("google", "dclid")];

/// UTM sources that are paid whatever the medium.
const ALWAYS_PAID: &[(&str, &str)] = &[("amazon_ads", "amazon"), ("adwords", "google"), ("ironsource", "other")];

const PAID_MEDIUMS: &[&str] = &["paid", "paid_social", "paidsocial", "cpc", "cpm", "ppc", "ads", "sponsored_post"];
/// Google's Performance Max writes its campaign type into the medium.
const PAID_MEDIUM_PREFIX: &str = "pmax";

/// Every parameter that carries a click id with its network, the first one found wins.
pub fn click_ids() -> Vec<(&'static str, &'static str)> {
    let mut ids: Vec<_> = signs().into_iter().flat_map(|signs| signs.click_ids.iter().map(move |id| (signs.network, *id))).collect();
    ids.extend(NOTHING_TO_SEND);
    ids.sort_by_key(|(network, _)| rank(network));
    ids
}

/// Whether a click by this kind of id has nothing that its network takes back.
pub fn nothing_to_send(kind: &str) -> bool {
    NOTHING_TO_SEND.iter().any(|(_, id)| *id == kind)
}

/// The network of a paid touch without a click id; None: organic.
pub fn paid_network(utm_source: &str, utm_medium: &str) -> Option<&'static str> {
    let (source, medium) = (utm_source.trim().to_lowercase(), utm_medium.trim().to_lowercase());
    if let Some((_, network)) = ALWAYS_PAID.iter().find(|(always, _)| *always == source) {
        return Some(network);
    }
    let paid = PAID_MEDIUMS.contains(&medium.as_str()) || medium.starts_with(PAID_MEDIUM_PREFIX);
    paid.then(|| signs().into_iter().find(|signs| signs.paid_sources.contains(&source.as_str())).map(|signs| signs.network)).flatten()
}

/// Earlier networks of the order win where two touches are otherwise alike.
pub fn rank(network: &str) -> usize {
    ORDER.iter().position(|known| *known == network).unwrap_or(ORDER.len())
}

fn signs() -> Vec<Signs> {
    let ours = networks::specs().map(|spec| Signs { network: spec.slug, click_ids: spec.click_ids, paid_sources: spec.utm_sources });
    let others = OTHERS.iter().filter(|other| networks::find(other.network).is_none());
    ours.chain(others.map(|other| Signs { ..*other })).collect()
}
