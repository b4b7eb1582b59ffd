//! The networks, each a folder. Adding one touches its folder, the line in ALL and one picture.

mod answers;
pub mod contract;
mod fields;
mod google;
pub mod hashing;
pub mod http;
mod meta;
pub mod money;
mod reddit;
#[cfg(test)]
mod testing;
mod tiktok;

use contract::{Network, Setting, SettingKind, Settings, Spec};
use url::Url;

pub static ALL: &[&dyn Network] = &[&tiktok::TikTok, &meta::Meta, &google::Google, &reddit::Reddit];

pub fn find(slug: &str) -> Option<&'static dyn Network> {
    ALL.iter().copied().find(|network| network.spec().slug == slug)
}

/// The network by the transport of this word; by its usual one where the word is none of its.
pub fn over(slug: &str, transport: Option<&str>) -> Option<&'static dyn Network> {
    let network = find(slug)?;
    let chosen = network.transports().iter().find(|one| Some(one.word) == transport);
    Some(chosen.map_or(network, |one| one.network))
}

pub fn specs() -> impl Iterator<Item = &'static Spec> {
    ALL.iter().map(|network| network.spec())
}

/// What people call a network of the classifier, also one that Postbacks does not send to.
pub fn spoken(slug: &str) -> &str {
    const OTHERS: &[(&str, &str)] = &[("x", "X Ads"), ("amazon", "Amazon Ads"), ("other", "Other networks")];
    let other = || OTHERS.iter().find(|(known, _)| *known == slug).map_or(slug, |(_, name)| name);
    find(slug).map_or_else(other, |network| network.spec().name)
}

/// Every setting of every network, to be read at start.
pub fn settings() -> impl Iterator<Item = &'static Setting> {
    specs().flat_map(|spec| spec.settings)
}

/// The Url setting of every network, leading to this one address: where a simulator plays them all.
pub fn played_at(address: &str) -> impl Iterator<Item = (&'static str, String)> {
    settings().filter(|setting| setting.kind == SettingKind::Url).map(|setting| (setting.env, address.to_owned()))
}

/// The only addresses Postbacks may call: those of the networks' Url settings.
pub fn addresses(set: &Settings) -> Vec<Url> {
    settings().filter(|setting| setting.kind == SettingKind::Url).map(|setting| set.address(setting, &[])).collect()
}
