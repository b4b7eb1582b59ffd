//! “Send now”: what goes out once its cause is gone, and what still does not.

use super::memory::{Game, game};
use super::say::{Say, page, purchase};
use crate::model::conversion::Consent;
use crate::model::goal::Trigger;
use crate::model::{DAY, HOUR};
use crate::server::decide::facts::MappedAction;

const OFF: &str = "not sent: connection_disabled";

fn clicked(click: &str) -> Say {
    page().of("web").url(&format!("landing?{click}"))
}

/// A purchase after a Reddit click that stayed here because the connection was off, which it is no more.
fn mended() -> Game {
    let mut game = game();
    game.connection("reddit").enabled = false;
    game.hears([clicked("rdt_cid=R1"), purchase().of("web").at(HOUR)]);
    assert_eq!(game.outcome(), OFF);
    game.sends_now();
    assert_eq!(game.outcome(), OFF, "nothing was mended");
    game.connection("reddit").enabled = true;
    game
}

#[test]
fn what_stayed_here_goes_out_once() {
    let mut game = mended();
    game.passes(2 * DAY);
    game.sends_now();
    assert_eq!(game.outcome(), "reddit rdt_cid=R1");
    let first = game.postback().clone();
    assert_eq!((first.event_time, first.created_at), (first.body.time, game.now));
    game.sends_now();
    assert_eq!(game.postback(), &first);
    // A later message of the player takes nothing back, nor makes it anew.
    game.hears([page().of("web").at(2 * DAY + HOUR)]);
    assert_eq!(game.postback(), &first);
    game.dispatches();
    game.sends_now();
    assert_eq!(game.queued.len(), 1);
}

#[test]
fn what_the_network_does_not_take_any_more_stays_as_it_is() {
    let mut game = mended();
    game.passes(7 * DAY - HOUR);
    game.sends_now();
    assert_eq!(game.outcome(), "reddit rdt_cid=R1", "within the limit by a little");
    let mut game = mended();
    game.passes(7 * DAY);
    game.sends_now();
    assert_eq!(game.outcome(), OFF);
}

#[test]
fn who_won_is_not_asked_again() {
    let mut game = mended();
    // Long after the conversion stands, an earlier click of another network turns up.
    game.passes(8 * DAY);
    game.hears([clicked("ttclid=T1").at(HOUR / 2).received(8 * DAY)]);
    assert_eq!(game.outcome(), OFF);
    game.now -= 4 * DAY;
    game.sends_now();
    assert_eq!(game.outcome(), "reddit rdt_cid=R1");
}

#[test]
fn a_player_who_refused_since_is_left_alone() {
    let mut game = mended();
    game.hears_consent("web", Consent::None, 2 * HOUR);
    game.sends_now();
    assert_eq!(game.outcome(), "not sent: consent");
}

#[test]
fn two_goals_of_one_message_send_one_event() {
    let mut game = game();
    game.goal("purchase", Trigger::Repeatable);
    game.connection("reddit").enabled = false;
    game.hears([
        clicked("rdt_cid=R1"),
        purchase().of("web").at(HOUR).with("_imtbl_conversion_id", "own-1").with("_imtbl_conversion_network", "reddit"),
    ]);
    game.connection("reddit").enabled = true;
    game.sends_now();
    assert_eq!(game.outcomes(), ["reddit rdt_cid=R1", "not sent: same_event"]);
}

#[test]
fn a_goal_that_is_mapped_since_counts_under_its_action() {
    let mut game = game();
    game.connect("google");
    game.hears([clicked("gclid=G1"), purchase().of("web").at(10 * DAY)]);
    assert_eq!(game.outcome(), "not sent: goal_unmapped");
    let place = (game.goals[0].id, "google".to_owned());
    game.actions.insert(place.clone(), MappedAction { id: "7".into(), name: "Sale".into(), window_days: Some(7) });
    game.sends_now();
    assert_eq!(game.outcome(), "not sent: click_expired", "the action looks back a week");
    let mut game = self::game();
    game.connect("google");
    game.hears([clicked("gclid=G1"), purchase().of("web").at(DAY)]);
    game.actions.insert(place, MappedAction { id: "7".into(), name: "Sale".into(), window_days: Some(7) });
    game.sends_now();
    let body = &game.postback().body;
    assert_eq!((body.action.as_deref(), body.name.as_str()), (Some("7"), "Sale"));
}
