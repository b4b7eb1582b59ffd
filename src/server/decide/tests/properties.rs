//! What holds for any messages in any order.

use super::memory::{Game, game};
use super::say::{Say, alias, identify, page, purchase, track};
use crate::model::goal::Trigger;
use crate::model::{DAY, MINUTE, Millis};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// When everything arrives: within the seven days of every event.
const ARRIVAL: Millis = 6 * DAY;

/// Messages of people who share nothing: each has two browsers, a device and a userId of three types. No identify of theirs can
/// conflict; those are worked cases of `players`.
pub fn messages() -> impl Strategy<Value = Vec<Say>> {
    prop::collection::vec(message(), 1..14)
}

fn message() -> impl Strategy<Value = Say> {
    let time = 0..(5 * DAY / (10 * MINUTE));
    (0..3_u8, 0..2_u8, 0..3_usize, time, 0..12_u8, 0..4_u8).prop_map(|(person, browser, kind, time, what, which)| {
        let web = format!("web-{person}-{browser}");
        let kinds = ["steam", "epic", "passport"];
        let user = |kind: usize| format!("{}-of-{person}", kinds[kind]);
        let said = match what {
            0 | 1 => page().of(&web).url(&format!("?ttclid=T{which}")),
            2 => page().of(&web).url(&format!("?rdt_cid=R{which}")),
            3 => page().of(&web).url(["?twclid=X", "?dclid=D", "", "?utm_source=reddit&utm_medium=cpc"][usize::from(which)]),
            4 => identify(kinds[kind], &user(kind)).of(&web),
            5 => identify(kinds[kind], &user(kind)).of(&web).device(&format!("pc-{person}")),
            6 => alias((kinds[kind], &user(kind)), (kinds[(kind + 1) % 3], &user((kind + 1) % 3))),
            7 => purchase().user(kinds[kind], &user(kind)),
            8 => purchase().untyped(&user(kind)),
            9 => track("wishlist_add").of(&web),
            10 => identify(kinds[kind], &user(kind)).of(&web).trait_of("email", &format!("{person}@example.com")),
            _ => purchase().of(&web),
        };
        said.at(time * 10 * MINUTE).received(ARRIVAL)
    })
}

fn fresh() -> Game {
    let mut game = game();
    game.goal("purchase", Trigger::OncePerPlayer);
    game.goal("wishlist_add", Trigger::OncePerPlayer);
    game
}

/// What each conversion came to, by message and goal.
fn decisions(game: &Game) -> BTreeMap<(uuid::Uuid, uuid::Uuid), String> {
    game.conversions.values().map(|one| ((one.message_id, one.goal_id), game.outcome_of(one))).collect()
}

/// Who is one player, and with which clicks since when.
fn graph(game: &Game) -> Vec<(Vec<String>, Vec<String>)> {
    let mut players: BTreeMap<_, (Vec<String>, Vec<String>)> = BTreeMap::new();
    for (key, spans) in &game.identities {
        for span in spans.values() {
            players.entry(span.player_id).or_default().0.push(format!("{}={} from {}", key.kind, key.value, span.since));
        }
    }
    for click in game.clicks.values().filter(|click| click.kind != "visit") {
        players.entry(click.player_id).or_default().1.push(format!("{} {}", click.click_id, click.time));
    }
    let mut list: Vec<_> = players.into_values().collect();
    for (ids, clicks) in &mut list {
        // Whether an untyped id is `custom` for a while depends on what was known; whose it is does not.
        ids.retain(|id| !id.starts_with("user:custom"));
        ids.sort();
        clicks.sort();
    }
    list.sort();
    list
}

fn without_reasons(decisions: BTreeMap<(uuid::Uuid, uuid::Uuid), String>) -> BTreeMap<(uuid::Uuid, uuid::Uuid), String> {
    // A visit is not remembered once a click is known, and the other way round: both say that nobody earned it yet.
    decisions.into_iter().map(|(of, line)| (of, line.replace("(organic)", "(no_click)"))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_the_same_messages_ends_the_same((messages, shuffled) in messages().prop_flat_map(|list| (Just(list.clone()), Just(list).prop_shuffle()))) {
        let (mut one, mut other) = (fresh(), fresh());
        one.hears(messages);
        other.hears(shuffled);
        prop_assert_eq!(graph(&one), graph(&other));
        prop_assert_eq!(without_reasons(decisions(&one)), without_reasons(decisions(&other)));
    }

    #[test]
    fn one_batch_or_many_ends_the_same(messages in messages(), cuts in prop::collection::vec(1..6_usize, 1..14)) {
        let (mut one, mut many) = (fresh(), fresh());
        one.hears_at_once(messages.clone());
        let mut rest = messages;
        for cut in cuts.into_iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let batch: Vec<Say> = rest.drain(..cut.min(rest.len())).collect();
            many.hears_at_once(batch);
        }
        prop_assert_eq!(graph(&one), graph(&many));
        prop_assert_eq!(without_reasons(decisions(&one)), without_reasons(decisions(&many)));
    }

    #[test]
    fn nothing_is_lost_and_nothing_goes_out_twice(messages in messages(), dispatch in prop::collection::vec(any::<bool>(), 14)) {
        let mut game = fresh();
        let (mut ids, mut clicks, mut matched, mut tried) = (0, 0, 0, BTreeMap::new());
        for (message, dispatch) in messages.into_iter().zip(dispatch) {
            let event = message.event_name.clone();
            game.hears([message]);
            matched += match event.as_deref() {
                Some("purchase") => 2,
                Some(_) => 1,
                None => 0,
            };
            prop_assert_eq!(game.conversions.len(), matched, "every match has its conversion");
            let distinct: std::collections::BTreeSet<_> = game.clicks.values().map(|click| (&click.network, &click.click_id)).collect();
            prop_assert!(game.identities.len() >= ids && distinct.len() >= clicks, "a merge loses neither ids nor clicks");
            (ids, clicks) = (game.identities.len(), distinct.len());
            // What was attempted stands as it was, under the id it was attempted with.
            for (conversion, postback) in &tried {
                let now = game.postbacks.values().find(|(now, _)| now.conversion_id == *conversion);
                prop_assert_eq!(now.map(|(now, _)| now), Some(postback));
            }
            if dispatch {
                game.dispatches();
                tried = game.postbacks.values().map(|(postback, _)| (postback.conversion_id, postback.clone())).collect();
            }
        }
        // However often a conversion was decided, it was only ever queued under one id a network.
        for (conversion, id) in &game.queued {
            prop_assert!(game.queued.iter().filter(|(other, _)| other == conversion).all(|(_, other)| other == id));
        }
    }
}
