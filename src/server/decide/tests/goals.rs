//! Which events reach which goals, and how often a player may.

use super::memory::{Game, game, once_game};
use super::say::{identify, page, purchase, track};
use crate::model::goal::{GoalStatus, Operator, Trigger};
use crate::model::{DAY, HOUR, MINUTE};
use serde_json::{Value, json};
use uuid::Uuid;

/// Whether an event with this property reaches the goal with this filter.
fn passes(property: Option<Value>, operator: Operator, asked: &str) -> bool {
    let mut game = game();
    game.filter("p", operator, asked);
    let event = purchase().of("web");
    game.hears([match property {
        Some(value) => event.properties(&json!({ "p": value }).to_string()),
        None => event,
    }]);
    game.conversions.len() == 1
}

#[test]
fn a_filter_tests_one_property() {
    use Operator::*;
    let cases: &[(&str, Operator, &str, bool)] = &[
        // Numbers compare as numbers, written as numbers or as texts.
        ("10", GreaterThan, "9.99", true),
        ("\"10\"", GreaterThan, "9.99", true),
        ("9", GreaterThan, "10", false),
        ("10.00", Is, "10", true),
        ("\"10.00\"", Is, "10", true),
        ("10", IsNot, "10.0", false),
        ("10", AtLeast, "10", true),
        ("9.999999999999999999", AtLeast, "10", false),
        ("9.999999999999999999", LessThan, "10", true),
        ("10", AtMost, "10", true),
        ("0.1", Is, "0.10000000000000000001", false),
        ("1e3", Is, "1000", true),
        ("-1", LessThan, "0", true),
        // A text is no number.
        ("\"ten\"", GreaterThan, "1", false),
        ("\"ten\"", LessThan, "1", false),
        ("10", GreaterThan, "nine", false),
        // Texts compare to the letter, blanks around them aside.
        ("\"sword_01\"", Is, "sword_01", true),
        ("\"Sword_01\"", Is, "sword_01", false),
        ("\" sword_01 \"", Is, "sword_01", true),
        ("\"sword_01\"", IsNot, "bow", true),
        ("\"sword_01\"", Contains, "word", true),
        ("\"sword_01\"", Contains, "bow", false),
        ("[\"bow\",\"sword\"]", Contains, "sword", true),
        ("[\"bow\",\"swords\"]", Contains, "sword", false),
        ("true", Is, "true", true),
        ("true", Is, "false", false),
        // Missing, null and blank are nothing.
        ("null", Exists, "", false),
        ("\"\"", Exists, "", false),
        ("0", Exists, "", true),
        ("false", Exists, "", true),
        ("{}", Exists, "", true),
        ("null", IsNot, "x", true),
        ("null", Is, "", false),
    ];
    for (value, operator, asked, expected) in cases {
        let value: Value = serde_json::from_str(value).unwrap();
        assert_eq!(passes(Some(value.clone()), *operator, asked), *expected, "{value} {operator} {asked}");
    }
    for (operator, expected) in [(Exists, false), (Is, false), (IsNot, true), (GreaterThan, false), (AtMost, false), (Contains, false)] {
        assert_eq!(passes(None, operator, "1"), expected, "missing {operator}");
    }
}

#[test]
fn only_tracked_events_of_an_active_goal_count() {
    let mut game = game();
    let mut screen = purchase().of("web");
    screen.message.kind = crate::server::decide::facts::MessageKind::Screen;
    game.hears([screen, track("Purchase").of("web"), track("purchase ").of("web")]);
    assert_eq!(game.outcomes(), [""; 0]);
    for status in [GoalStatus::Paused, GoalStatus::Archived] {
        game.goals[0].status = status;
        game.hears([purchase().of("web")]);
        assert_eq!(game.outcomes(), [""; 0]);
    }
    game.goals[0].status = GoalStatus::Active;
    game.hears([purchase().of("web")]);
    assert_eq!(game.outcomes().len(), 1);
}

#[test]
fn several_goals_on_one_event_each_make_a_conversion() {
    let mut game = game();
    game.goal("purchase", Trigger::OncePerPlayer);
    game.hears([page().of("web").url("?ttclid=T1"), purchase().of("web").at(HOUR), purchase().of("web").at(2 * HOUR)]);
    assert_eq!(game.outcomes(), ["tiktok ttclid=T1", "tiktok ttclid=T1", "tiktok ttclid=T1", "not sent: already_converted"]);
}

#[test]
fn once_per_player_counts_the_first_by_event_time() {
    let mut game = once_game();
    game.hears([
        page().of("web").url("?ttclid=T1"),
        purchase().of("web").at(HOUR),
        purchase().of("web").at(2 * HOUR),
        purchase().of("else").at(150 * MINUTE),
    ]);
    assert_eq!(game.outcomes()[..2], ["tiktok ttclid=T1", "not sent: already_converted"]);
    // An earlier one, late, while nothing was attempted: it is the first, and the other's postback is taken back.
    game.hears([purchase().of("web").at(30 * MINUTE).received(3 * HOUR)]);
    assert_eq!(game.outcomes()[..3], ["tiktok ttclid=T1", "not sent: already_converted", "not sent: already_converted"]);
    assert_eq!(game.postbacks.len(), 1);
}

#[test]
fn from_the_first_attempt_on_a_conversion_stands() {
    let mut game = once_game();
    game.hears([page().of("web").url("?ttclid=T1"), purchase().of("web").at(HOUR)]);
    game.dispatches();
    game.hears([purchase().of("web").at(30 * MINUTE).received(3 * HOUR)]);
    assert_eq!(game.outcomes(), ["not sent: already_converted", "tiktok ttclid=T1"]);
    game.hears([page().of("web").url("?rdt_cid=R1").at(45 * MINUTE).received(4 * HOUR)]);
    assert_eq!(game.outcomes(), ["not sent: already_converted", "tiktok ttclid=T1"]);
}

#[test]
fn at_the_same_time_the_smaller_message_id_is_first() {
    let mut game = once_game();
    let (small, large) = (Uuid::from_u128(1), Uuid::from_u128(2));
    game.hears([purchase().of("web").id(large).at(HOUR), purchase().of("web").id(small).at(HOUR)]);
    let holder = game.slots.values().next().unwrap();
    assert_eq!(holder.message_id, small);
}

/// Two players who each bought and turn out to be one.
fn joined(first: bool, second: bool) -> Game {
    let mut game = once_game();
    let dispatched = |game: &mut Game, wanted: bool| {
        if wanted {
            game.dispatches();
        }
    };
    game.hears([page().of("web").url("?ttclid=T1"), purchase().of("web").at(HOUR)]);
    dispatched(&mut game, first);
    game.hears([page().of("shop").url("?rdt_cid=R1").at(HOUR), purchase().of("shop").at(2 * HOUR)]);
    if second {
        game.postbacks
            .values_mut()
            .filter(|(postback, _)| postback.network == "reddit")
            .for_each(|(_, state)| *state = super::memory::State::Attempted);
    }
    game.hears([identify("steam", "S").of("web").at(3 * HOUR), identify("steam", "S").of("shop").at(3 * HOUR)]);
    assert_eq!((game.people(), game.slots.len()), (1, 1));
    game
}

#[test]
fn players_that_turn_out_to_be_one_have_one_first_purchase() {
    // The first purchase now sees both clicks; only one lies before it by more than the tolerance: both at or before its time.
    assert_eq!(joined(false, false).outcomes(), ["reddit rdt_cid=R1", "not sent: already_converted"]);
    assert_eq!(joined(true, false).outcomes(), ["tiktok ttclid=T1", "not sent: already_converted"]);
    assert_eq!(joined(false, true).outcomes(), ["not sent: already_converted", "reddit rdt_cid=R1"]);
    assert_eq!(joined(true, true).outcomes(), ["tiktok ttclid=T1", "reddit rdt_cid=R1"]);
}

#[test]
fn editing_the_trigger_does_not_look_back() {
    let mut game = game();
    game.hears([purchase().of("web").at(HOUR)]);
    game.goals[0].trigger = Trigger::OncePerPlayer;
    game.hears([purchase().of("web").at(2 * HOUR), purchase().of("web").at(3 * HOUR), page().of("web").url("?ttclid=T1").received(DAY)]);
    assert_eq!(game.outcomes(), ["tiktok ttclid=T1", "tiktok ttclid=T1", "not sent: already_converted"]);
}
