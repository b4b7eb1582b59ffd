//! What arrives late decides again: until the first attempt, and for seven days.

use super::memory::{Game, game};
use super::say::{START, identify, page, purchase};
use crate::model::conversion::Decision;
use crate::model::{DAY, HOUR};

fn bought_without_a_click() -> Game {
    let mut game = game();
    game.hears([purchase().user("steam", "S")]);
    game
}

#[test]
fn without_a_click_a_conversion_waits_seven_days() {
    let mut game = bought_without_a_click();
    assert_eq!(game.outcome(), "waiting (no_click)");
    let waiting = game.conversions.values().next().unwrap();
    assert!(matches!(waiting.decision, Decision::Waiting { until, .. } if until == START + 7 * DAY));
    game.passes(7 * DAY);
    assert_eq!(game.outcome(), "not sent: no_click");
}

#[test]
fn a_new_click_link_or_alias_of_its_player_decides_it_again() {
    let mut game = bought_without_a_click();
    game.hears([page().of("web").user("steam", "S").url("?ttclid=T1").at(-HOUR).received(HOUR)]);
    assert_eq!(game.outcome(), "tiktok ttclid=T1");

    let mut game = bought_without_a_click();
    game.hears([page().of("web").url("?ttclid=T1").at(-HOUR), identify("steam", "S").of("web").at(6 * DAY)]);
    assert_eq!(game.outcome(), "tiktok ttclid=T1");
    assert_eq!(game.postback().body.time, START);

    let mut game = bought_without_a_click();
    game.hears([
        page().of("web").user("passport", "P|1").url("?ttclid=T1").at(-HOUR),
        super::say::alias(("steam", "S"), ("passport", "P|1")).at(6 * DAY),
    ]);
    assert_eq!(game.outcome(), "tiktok ttclid=T1");
}

#[test]
fn after_seven_days_nothing_is_decided_again() {
    for swept in [true, false] {
        let mut game = bought_without_a_click();
        game.hears([page().of("web").url("?ttclid=T1").at(-HOUR)]);
        if swept {
            game.passes(7 * DAY);
        }
        game.hears([identify("steam", "S").of("web").at(7 * DAY)]);
        game.passes(7 * DAY);
        assert_eq!(game.outcome(), "not sent: no_click");
    }
}

#[test]
fn a_late_click_decides_again_what_was_never_attempted() {
    let clicks = || [page().of("web").url("?ttclid=T1"), page().of("web").url("?rdt_cid=R1").at(2 * HOUR).received(DAY)];
    for (attempted, expected) in [(false, "reddit rdt_cid=R1"), (true, "tiktok ttclid=T1")] {
        let mut game = game();
        let [early, late] = clicks();
        game.hears([early, purchase().of("web").at(3 * HOUR)]);
        assert_eq!(game.outcome(), "tiktok ttclid=T1");
        if attempted {
            game.dispatches();
        }
        game.hears([late]);
        assert_eq!(game.outcome(), expected, "attempted: {attempted}");
        assert_eq!(game.postback().network, expected.split(' ').next().unwrap());
    }
}

#[test]
fn a_better_known_click_is_sent_as_it_is_known_then() {
    let mut game = game();
    game.hears([page().of("web").url("?ttclid=T1").ip("203.0.113.2").at(2 * HOUR), purchase().of("web").at(3 * HOUR)]);
    game.hears([page().of("web").url("?ttclid=T1").ip("203.0.113.1").at(HOUR).received(4 * HOUR)]);
    let body = &game.postback().body;
    assert_eq!(body.click.as_ref().unwrap().time, START + HOUR);
    assert_eq!(body.browser.as_ref().unwrap().ip.as_deref(), Some("203.0.113.1"));
}

#[test]
fn what_was_planned_for_a_click_stays_when_the_connection_changes() {
    let mut game = game();
    game.hears([page().of("web").url("?ttclid=T1"), purchase().of("web").at(HOUR)]);
    game.connection("tiktok").enabled = false;
    // A link stirs the player; what is queued is held, not taken back.
    game.hears([identify("steam", "S").of("web").at(2 * HOUR), identify("steam", "S").of("other").at(2 * HOUR)]);
    assert_eq!(game.outcome(), "tiktok ttclid=T1");
    game.hears([purchase().of("web").at(3 * HOUR)]);
    assert_eq!(game.outcomes()[1], "not sent: connection_disabled");
    game.connection("tiktok").enabled = true;
    // Nor is it sent by itself: “Send now” asks first.
    game.hears([page().of("third").url(""), identify("steam", "S").of("third").at(4 * HOUR)]);
    assert_eq!(game.outcomes()[1], "not sent: connection_disabled");
}

#[test]
fn an_unsupported_winner_gives_way_to_a_later_click() {
    let mut game = game();
    game.hears([page().of("web").url("?twclid=X1"), purchase().of("web").at(2 * HOUR)]);
    assert_eq!(game.outcome(), "not sent: unsupported_network");
    game.hears([page().of("web").url("?ttclid=T1").at(HOUR).received(3 * HOUR)]);
    assert_eq!(game.outcome(), "tiktok ttclid=T1");
}

#[test]
fn messages_of_one_batch_see_each_other_in_any_order() {
    let mut game = game();
    game.hears_at_once([
        purchase().user("steam", "S").at(2 * HOUR),
        identify("steam", "S").of("web").at(HOUR),
        page().of("web").url("?ttclid=T1"),
    ]);
    assert_eq!((game.people(), game.outcome().as_str()), (1, "tiktok ttclid=T1"));
}

#[test]
fn a_message_counts_once() {
    let mut game = game();
    let event = purchase().of("web");
    game.hears([event.clone(), event.clone()]);
    game.hears_at_once([event.clone(), event]);
    assert_eq!((game.conversions.len(), game.messages.len()), (1, 1));
}
