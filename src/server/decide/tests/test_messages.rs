//! Test messages see all clicks and links of the player and make none that a production message could use.

use super::memory::{game, once_game};
use super::say::{alias, identify, page, purchase};
use crate::model::HOUR;

#[test]
fn a_test_event_sees_the_clicks_and_links_of_production() {
    let mut game = game();
    game.connection("tiktok").test_code = Some("TEST1".into());
    game.hears([
        page().of("web").url("?ttclid=T1"),
        identify("passport", "P|1").of("web").at(HOUR),
        alias(("steam", "S"), ("passport", "P|1")).at(HOUR),
        purchase().user("steam", "S").test().at(2 * HOUR),
    ]);
    assert_eq!(game.outcome(), "tiktok ttclid=T1");
    assert!(game.postback().test && game.postback().body.test);
}

#[test]
fn production_sees_nothing_that_a_test_made() {
    let mut game = game();
    game.hears([
        page().of("web").url("?ttclid=T1").test(),
        identify("passport", "P|1").of("web").test().at(HOUR),
        purchase().of("web").at(2 * HOUR),
        purchase().user("passport", "P|1").at(2 * HOUR),
    ]);
    assert_eq!(game.outcomes(), ["waiting (no_click)", "waiting (no_click)"]);
    assert_eq!(game.people(), 2);
}

#[test]
fn a_test_sees_the_clicks_of_tests_through_production_links() {
    let mut game = game();
    game.connection("tiktok").test_code = Some("TEST1".into());
    game.hears([
        identify("passport", "P|1").of("web"),
        page().of("web").url("?ttclid=T1").test().at(HOUR),
        purchase().user("passport", "P|1").test().at(2 * HOUR),
    ]);
    assert_eq!(game.outcome(), "tiktok ttclid=T1");
}

#[test]
fn tests_among_themselves_link_like_production() {
    let mut game = game();
    game.connection("tiktok").test_code = Some("TEST1".into());
    game.hears([
        page().of("web").url("?ttclid=T1").test(),
        purchase().user("passport", "P|1").test().at(2 * HOUR),
        identify("passport", "P|1").of("web").test().at(3 * HOUR),
    ]);
    assert_eq!((game.outcome().as_str(), game.people()), ("tiktok ttclid=T1", 0));
}

#[test]
fn a_test_neither_takes_nor_respects_the_slot() {
    let mut game = once_game();
    game.connection("tiktok").test_code = Some("TEST1".into());
    game.hears([
        page().of("web").url("?ttclid=T1"),
        purchase().of("web").test().at(HOUR),
        purchase().of("web").test().at(2 * HOUR),
        purchase().of("web").at(3 * HOUR),
        purchase().of("web").test().at(4 * HOUR),
    ]);
    assert_eq!(game.outcomes(), ["tiktok ttclid=T1"; 4]);
    assert_eq!(game.slots.len(), 1);
}

#[test]
fn a_test_without_a_test_code_is_not_sent() {
    let mut game = game();
    game.hears([page().of("web").url("?ttclid=T1"), purchase().of("web").test().at(HOUR)]);
    assert_eq!(game.outcome(), "not sent: test_without_code");
}
