//! What is loaded for messages that tell nothing new: that nothing of it matters, every test's game asserts with each batch.

use super::memory::{Game, game};
use super::say::{Say, identify, page, purchase, track};
use crate::model::HOUR;
use crate::server::decide::facts::Facts;
use std::sync::Arc;

/// Mira came by an ad and signed in; Tom came without one.
fn town() -> Game {
    let mut game = game();
    game.hears([page().of("web-1").url("?ttclid=T1"), identify("steam", "7656").of("web-1").at(HOUR), page().of("web-2")]);
    game
}

fn loaded(said: Say) -> Facts {
    town().load(&[Arc::new(said.arrive(99))])
}

#[test]
fn a_known_player_who_looks_at_one_more_page_is_not_loaded() {
    for said in [page().of("web-1").at(2 * HOUR), page().of("web-2").at(2 * HOUR), track("progression").of("web-1").at(2 * HOUR)] {
        let facts = loaded(said);
        assert!(facts.players.is_empty() && facts.clicks.is_empty() && facts.conversions.is_empty(), "{facts:?}");
    }
}

#[test]
fn a_click_that_clients_repeat_costs_a_look_at_the_players_clicks() {
    let facts = loaded(page().of("web-1").url("?ttclid=T1").at(2 * HOUR));
    assert!(facts.players.is_empty(), "{facts:?}");
    assert_eq!(facts.clicks.len(), 1);
}

#[test]
fn who_brings_something_new_is_loaded_whole() {
    for said in [
        page().of("web-1").url("?ttclid=T2").at(2 * HOUR),
        page().of("web-1").url("?ttclid=T1").at(-HOUR),
        identify("steam", "7656").of("web-1").at(2 * HOUR).trait_of("email", "mira@example.com"),
        identify("steam", "7657").of("web-2").at(2 * HOUR),
        identify("steam", "7656").of("web-1").at(0),
        purchase().of("web-1").at(2 * HOUR),
        page().of("web-1").at(2 * HOUR).test(),
    ] {
        let facts = loaded(said.clone());
        assert_eq!(facts.players.len(), 1, "{said:?}");
    }
}

#[test]
fn a_user_who_is_known_by_now_is_not_loaded_again() {
    let facts = loaded(identify("steam", "7656").of("web-1").at(2 * HOUR));
    assert!(facts.players.is_empty(), "{facts:?}");
}
