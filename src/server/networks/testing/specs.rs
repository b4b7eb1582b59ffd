//! Each SPEC is whole: forms, validation, settings and limits derive from it.

use super::*;
use crate::model::{DAY, HOUR};
use std::collections::HashSet;
use url::Url;

#[test]
fn every_network_is_declared_whole() {
    for (network, Vectors { sample, .. }) in all() {
        let spec = network.spec();
        assert!(!spec.slug.is_empty() && spec.slug.bytes().all(|b| b.is_ascii_lowercase()));
        for text in [spec.name, spec.short, spec.target_noun, spec.account_noun, spec.revoke_at, spec.setup.trim()] {
            assert!(!text.is_empty(), "{}", spec.slug);
        }
        let picture = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("public").join(spec.picture.trim_start_matches('/'));
        assert!(spec.picture.starts_with('/') && picture.is_file(), "{}", picture.display());
        assert!(network.oauth().is_some() || network.pasted().is_some());
        assert!(network.pasted().is_none_or(|pasted| pasted.token_noun().contains("token")));

        assert!(spec.target_id.fits(&sample.target_id));
        assert!(sample.account_id.is_none_or(|id| spec.account_id.fits(&id)));
        assert_eq!(spec.test.is_some(), sample.test_code.is_some());
        assert!(sample.test_code.is_none_or(|code| spec.test.unwrap().shape.fits(&code)));
        for bad in ["", "a/b", "a b", "a%2f", "ä2_abcdefgh", "../../etc", &"a".repeat(300)] {
            assert!(!spec.target_id.fits(bad) && !spec.account_id.fits(bad), "{bad:?}");
        }

        assert!((HOUR * 2..=90 * DAY).contains(&spec.max_age) && (HOUR..=30 * DAY).contains(&spec.dedup_window));
        assert!((1..=2000).contains(&spec.batch) && (1..=64).contains(&spec.concurrency));
        assert!(!spec.click_ids.is_empty() && !spec.utm_sources.is_empty());
        let action = spec.action;
        assert_eq!(action.is_some(), network.actions().is_some(), "{}", spec.slug);
        assert_eq!(action.is_some(), sample.action.is_some());
        assert!(sample.action.is_none_or(|id| action.unwrap().id.fits(&id)));
        assert!(spec.click_life.is_none_or(|life| (DAY..=90 * DAY).contains(&life)));
        for goal_event in ["purchase", "wishlist_add", "wishlist_remove", "email_acquired"] {
            assert!(
                action.is_some() || spec.events.iter().any(|(known, name)| *known == goal_event && (1..=50).contains(&name.len())),
                "{goal_event}"
            );
        }
        assert_eq!(spec.event_name("level_reached"), "level_reached");
        assert_ne!(action.is_some(), spec.naming.is_some(), "{}", spec.slug);
        for setting in spec.settings {
            assert!(setting.env.starts_with(&format!("POSTBACKS_{}_", spec.slug.to_uppercase())) && !setting.says.is_empty());
            match setting.kind {
                SettingKind::Url => assert_eq!(Url::parse(setting.default.unwrap()).unwrap().scheme(), "https"),
                SettingKind::Secret => assert_eq!(setting.default, None),
                SettingKind::Version => assert!(setting.default.is_some()),
                SettingKind::Text => {}
            }
        }
    }
}

#[test]
fn no_two_networks_share_a_name_or_a_click_id() {
    let unique = |names: Vec<&str>| names.len() == names.iter().collect::<HashSet<_>>().len();
    assert!(unique(super::super::specs().map(|spec| spec.slug).collect()));
    assert!(unique(super::super::specs().flat_map(|spec| spec.click_ids).copied().collect()));
    assert!(unique(super::super::settings().map(|setting| setting.env).collect()));
}

#[test]
fn a_setting_leads_where_it_says() {
    for setting in super::super::settings().filter(|setting| setting.kind == SettingKind::Url) {
        let mut set = Settings::default();
        assert_eq!(set.address(setting, &["a", "b"]).as_str(), format!("{}/a/b", setting.default.unwrap()));
        set.plain.insert(setting.env, "http://127.0.0.1:4000/network/".into());
        assert_eq!(set.address(setting, &["a/../b?c", ""]).as_str(), "http://127.0.0.1:4000/network/a%2F..%2Fb%3Fc/");
    }
}

#[test]
fn names_are_held_against_the_networks_own_rule() {
    for (network, Vectors { names, .. }) in all() {
        let spec = network.spec();
        let Some(naming) = spec.naming else { continue };
        assert!(!names.is_empty() && !naming.note.is_empty(), "{}", spec.slug);
        let usual = spec.events.iter().map(|(_, name)| *name);
        for taken in usual.chain(naming.standard.iter().copied()) {
            assert_eq!(naming.refuses(taken), None, "{} {taken}", spec.slug);
        }
        for Name { name, says } in names {
            let why = naming.refuses(&name);
            let as_expected = says.as_ref().map_or(why.is_none(), |part| why.as_ref().is_some_and(|why| why.contains(part.as_str())));
            assert!(as_expected, "{} {name:?}: {why:?}", spec.slug);
        }
    }
}
