//! The networks, each a folder. Adding one touches its folder, the line in ALL and one picture.

mod answers;
pub mod contract;
mod fields;
pub mod hashing;
pub mod http;
pub mod money;
mod reddit;
#[cfg(test)]
mod testing;
mod tiktok;

use contract::{Network, Setting, SettingKind, Settings, Spec};
use url::Url;

pub static ALL: &[&dyn Network] = &[&tiktok::TikTok, &reddit::Reddit];

pub fn find(slug: &str) -> Option<&'static dyn Network> {
    ALL.iter().copied().find(|network| network.spec().slug == slug)
}

pub fn specs() -> impl Iterator<Item = &'static Spec> {
    ALL.iter().map(|network| network.spec())
}

/// Every setting of every network, to be read at start.
pub fn settings() -> impl Iterator<Item = &'static Setting> {
    specs().flat_map(|spec| spec.settings)
}

/// The only addresses Postbacks may call: those of the networks' Url settings.
pub fn addresses(set: &Settings) -> Vec<Url> {
    settings().filter(|setting| setting.kind == SettingKind::Url).map(|setting| set.address(setting, &[])).collect()
}
