//! Who is this player? Links, merges in any order, and the links that merge nothing.

use super::memory::{Game, game};
use super::say::{GAME, START, Say, alias, identify, page, purchase, track};
use crate::model::conversion::Consent;
use crate::model::{DAY, HOUR, MINUTE};
use crate::server::decide::facts::IdentityKey;
use crate::server::decide::identity::MAX_HANDS;

fn heard(messages: impl IntoIterator<Item = Say>) -> Game {
    let mut game = game();
    game.hears(messages);
    game
}

/// The owners of an id, one per span, as letters in the order in which they were first met.
fn spans(game: &Game, kind: &str, value: &str) -> Vec<(i64, uuid::Uuid)> {
    let key = IdentityKey { game_id: GAME, test: false, kind: kind.into(), value: value.into() };
    game.identities.get(&key).map(|spans| spans.values().map(|span| (span.since, span.player_id)).collect()).unwrap_or_default()
}

#[test]
fn identify_links_a_user_to_the_browser_and_the_device() {
    let game = heard([
        page().of("web").url("?ttclid=T1"),
        identify("steam", "S").of("web").at(HOUR),
        identify("steam", "S").of("install").device("pc").at(2 * HOUR),
        purchase().of("install").device("pc").at(3 * HOUR),
    ]);
    assert_eq!((game.people(), game.outcome().as_str()), (1, "tiktok ttclid=T1"));
    // After a reset of the install only the device is known; with the user named it is the same player.
    let game = heard([
        page().of("web").url("?ttclid=T1"),
        identify("steam", "S").of("web").at(HOUR),
        identify("steam", "S").of("install").device("pc").at(2 * HOUR),
        purchase().device("pc").at(3 * HOUR),
    ]);
    assert_eq!(game.outcome(), "tiktok ttclid=T1");
}

#[test]
fn an_event_that_names_a_user_beside_the_browser_links_them_too() {
    let game = heard([
        page().of("web").url("?ttclid=T1"),
        track("sign_in").of("web").user("passport", "P|1").at(HOUR),
        purchase().user("passport", "P|1").at(2 * HOUR),
    ]);
    assert_eq!(game.outcome(), "tiktok ttclid=T1");
}

#[test]
fn alias_joins_two_users() {
    let game = heard([
        page().of("web").url("?ttclid=T1"),
        identify("passport", "P|1").of("web").at(HOUR),
        alias(("steam", "S"), ("passport", "P|1")).at(2 * HOUR),
        purchase().user("steam", "S").at(3 * HOUR),
    ]);
    assert_eq!((game.people(), game.outcome().as_str()), (1, "tiktok ttclid=T1"));
}

#[test]
fn only_alias_merges_users_of_one_type() {
    let messages =
        || [page().of("web").url("?ttclid=T1"), identify("steam", "A").of("web").at(HOUR), identify("steam", "B").of("web").at(2 * HOUR)];
    assert_eq!(heard(messages()).people(), 2);
    let mut game = heard(messages());
    game.hears([alias(("steam", "A"), ("steam", "B")).at(3 * HOUR), purchase().user("steam", "B").at(4 * HOUR)]);
    assert_eq!((game.people(), game.outcome().as_str()), (1, "tiktok ttclid=T1"));
}

#[test]
fn a_second_user_on_the_same_browser_has_it_from_then_on() {
    // A clicked and signed in; B signs in on the same computer, clicks another ad and buys.
    let mut game = heard([
        page().of("web").url("?ttclid=OF-A"),
        identify("passport", "A|1").of("web").at(HOUR),
        identify("passport", "B|1").of("web").at(2 * HOUR),
    ]);
    assert_eq!((game.people(), game.note()), (2, Some("other_user")));
    game.hears([
        purchase().of("web").at(3 * HOUR),
        page().of("web").url("?rdt_cid=OF-B").at(4 * HOUR),
        purchase().of("web").at(5 * HOUR),
        purchase().user("passport", "A|1").at(6 * HOUR),
        purchase().user("passport", "B|1").at(7 * HOUR),
        // An event from before B came, late: it was A.
        purchase().of("web").at(90 * 60_000).received(8 * HOUR),
    ]);
    assert_eq!(
        game.outcomes(),
        ["tiktok ttclid=OF-A", "waiting (no_click)", "reddit rdt_cid=OF-B", "tiktok ttclid=OF-A", "reddit rdt_cid=OF-B"]
    );
}

#[test]
fn two_users_of_a_browser_end_the_same_whoever_is_heard_first() {
    let story = || {
        [
            page().of("web").url("?ttclid=OF-A").at(HOUR),
            identify("passport", "A|1").of("web").at(2 * HOUR),
            purchase().of("web").at(3 * HOUR),
            identify("passport", "B|1").of("web").at(4 * HOUR),
            page().of("web").url("?rdt_cid=OF-B").at(5 * HOUR),
            purchase().of("web").at(6 * HOUR),
        ]
        .map(|said| said.received(DAY))
    };
    let in_order = heard(story()).outcomes();
    assert_eq!(in_order, ["tiktok ttclid=OF-A", "reddit rdt_cid=OF-B"]);
    let mut backwards = story();
    backwards.reverse();
    assert_eq!(heard(backwards).outcomes(), in_order);
    let [a, b, c, d, e, f] = story();
    assert_eq!(heard([d, f, e, c, a, b]).outcomes(), in_order);
}

#[test]
fn three_users_of_a_browser_each_have_their_time_whoever_is_heard_first() {
    let story = || {
        [("A|1", 2), ("B|1", 4), ("C|1", 6)].map(|(user, hour)| {
            [
                page().of("web").url(&format!("?ttclid=OF-{user}")).at((hour - 1) * HOUR),
                identify("passport", user).of("web").at(hour * HOUR),
                purchase().of("web").at(hour * HOUR + 30 * MINUTE),
            ]
            .map(|said| said.received(DAY))
        })
    };
    let order = |order: [usize; 3]| heard(order.into_iter().flat_map(|user| story()[user].clone()));
    let in_order = order([0, 1, 2]);
    // B's click came while the browser was still A's: whose it was is only known from when a user was named.
    assert_eq!(in_order.outcomes(), ["tiktok ttclid=OF-A|1", "waiting (no_click)", "waiting (no_click)"]);
    assert_eq!(spans(&in_order, "anonymous", "web").iter().map(|span| span.0 - START).collect::<Vec<_>>(), [-START, 4 * HOUR, 6 * HOUR]);
    for other in [[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let game = order(other);
        let times = |game: &Game| spans(game, "anonymous", "web").iter().map(|span| span.0).collect::<Vec<_>>();
        assert_eq!((game.people(), times(&game)), (3, times(&in_order)), "{other:?}");
        assert_eq!(game.outcomes(), in_order.outcomes(), "{other:?}");
    }
}

#[test]
fn who_comes_back_to_a_browser_has_it_again() {
    let game = heard([
        page().of("web").url("?ttclid=OF-A"),
        identify("passport", "A|1").of("web").at(HOUR),
        identify("passport", "B|1").of("web").at(2 * HOUR),
        page().of("web").url("?rdt_cid=OF-B").at(3 * HOUR),
        identify("passport", "A|1").of("web").at(4 * HOUR),
        purchase().of("web").at(5 * HOUR),
        purchase().user("passport", "B|1").at(6 * HOUR),
    ]);
    assert_eq!((game.people(), spans(&game, "anonymous", "web").len()), (2, 3));
    assert_eq!(game.outcomes(), ["tiktok ttclid=OF-A", "reddit rdt_cid=OF-B"]);
}

#[test]
fn a_second_user_of_one_type_is_another_player_though_the_first_has_several_types() {
    let game = heard([
        page().of("web").url("?ttclid=OF-A"),
        identify("steam", "A").of("web").at(HOUR),
        identify("epic", "A-at-epic").of("web").at(2 * HOUR),
        identify("epic", "B-at-epic").of("web").at(3 * HOUR),
        purchase().user("epic", "B-at-epic").at(4 * HOUR),
        purchase().user("epic", "A-at-epic").at(5 * HOUR),
    ]);
    assert_eq!(game.people(), 2);
    assert_eq!(game.outcomes(), ["waiting (no_click)", "tiktok ttclid=OF-A"]);
}

/// Each row of the table in the README beside `decide` names the test that holds it.
#[test]
fn every_worked_case_of_a_player_is_a_test() {
    let tests = concat!(include_str!("players.rs"), include_str!("limits.rs"), include_str!("late.rs"), include_str!("goals.rs"));
    let table = include_str!("../README.md").split("## Who is this player, by example").nth(1).and_then(|rest| rest.split("\n## ").next());
    let rows: Vec<&str> =
        table.expect("the table is there").lines().filter(|line| line.starts_with("| ") && line.ends_with("` |")).collect();
    assert!(rows.len() >= 15, "{rows:?}");
    for row in rows {
        let name = row.trim_end_matches("` |").rsplit('`').next().unwrap_or_default();
        assert!(tests.contains(&format!("fn {name}()")), "{name}");
    }
}

#[test]
fn a_shared_device_moves_without_its_browser() {
    let game = heard([
        identify("steam", "A").of("install-a").device("pc").at(HOUR),
        identify("steam", "B").of("install-b").device("pc").at(2 * HOUR),
    ]);
    let (a, b) = (spans(&game, "user:steam", "A")[0].1, spans(&game, "user:steam", "B")[0].1);
    assert_eq!(spans(&game, "device", "pc").iter().map(|span| span.1).collect::<Vec<_>>(), [a, b]);
    assert_eq!(spans(&game, "anonymous", "install-b"), [(0, b)]);
}

#[test]
fn a_browser_that_changes_hands_without_end_is_nobodys() {
    let kiosk = |n: i64| identify("steam", &format!("guest {n}")).of("kiosk").at(n * MINUTE);
    let mut game = heard((0..80).map(kiosk));
    assert_eq!((game.people(), game.note()), (80, Some("shared_id")));
    let hands = spans(&game, "anonymous", "kiosk").len();
    assert_eq!(hands, MAX_HANDS + 1, "and what is loaded for each of its messages does not grow");
    game.hears([
        page().of("kiosk").url("?ttclid=SOMEBODYS").at(2 * HOUR),
        purchase().of("kiosk").at(3 * HOUR),
        // A person named beside it is still known by the userId.
        page().of("home").url("?rdt_cid=OF-79").user("steam", "guest 79").at(4 * HOUR),
        purchase().of("kiosk").user("steam", "guest 79").at(5 * HOUR),
    ]);
    assert_eq!(game.outcomes(), ["not sent: no_click", "reddit rdt_cid=OF-79"]);
}

#[test]
fn players_that_turn_out_to_be_one_are_merged_in_whatever_order() {
    let story = || {
        [
            page().of("web").url("?ttclid=T1"),
            identify("passport", "P|1").of("web").at(HOUR),
            identify("steam", "S").of("install").device("pc").at(2 * HOUR),
            alias(("steam", "S"), ("passport", "P|1")).at(3 * HOUR),
            purchase().of("install").at(4 * HOUR),
        ]
        .map(|said| said.received(DAY))
    };
    for turn in 0..5 {
        let mut turned = story();
        turned.rotate_left(turn);
        let game = heard(turned);
        assert_eq!((game.people(), game.outcome().as_str()), (1, "tiktok ttclid=T1"), "turned by {turn}");
    }
}

#[test]
fn a_user_without_a_type_is_the_one_player_with_that_id() {
    let clicked = || [page().of("web").url("?ttclid=T1"), identify("steam", "765").of("web").at(HOUR)];
    let mut game = heard(clicked());
    game.hears([purchase().untyped("765").at(2 * HOUR)]);
    assert_eq!((game.people(), game.outcome().as_str()), (1, "tiktok ttclid=T1"));

    // Nobody yet: it is `custom`, and the first typed one joins it.
    let mut game = heard([purchase().untyped("765")]);
    assert_eq!(spans(&game, "user:custom", "765").len(), 1);
    game.hears([page().of("web").url("?ttclid=T1").at(HOUR), identify("steam", "765").of("web").at(HOUR)]);
    assert_eq!(game.people(), 1);
    // The second typed one does not.
    game.hears([identify("epic", "765").of("other").at(2 * HOUR)]);
    assert_eq!(game.people(), 2);
}

#[test]
fn ids_without_a_type_stand_for_their_typed_ones() {
    // Both were `custom` at first; they are not two userIds of one type.
    let game = heard([
        purchase().untyped("765"),
        purchase().untyped("P|1"),
        identify("steam", "765").of("web").at(HOUR),
        identify("passport", "P|1").of("web").at(2 * HOUR),
    ]);
    assert_eq!((game.people(), game.note()), (1, None));
    // Without their types nobody knows that.
    let game = heard([purchase().untyped("765").of("web"), purchase().untyped("P|1").of("web").at(HOUR)]);
    assert_eq!((game.people(), game.note()), (2, Some("other_user")));
}

#[test]
fn a_user_without_a_type_that_may_be_several_is_custom_alone() {
    let mut game = heard([
        page().of("web").url("?ttclid=T1"),
        identify("steam", "765").of("web").at(HOUR),
        identify("epic", "765").of("other").at(HOUR),
    ]);
    game.hears([purchase().untyped("765").at(2 * HOUR)]);
    assert_eq!((game.people(), game.outcome().as_str()), (3, "waiting (no_click)"));
    game.hears([identify("discord", "765").of("third").at(3 * HOUR)]);
    assert_eq!(game.people(), 4);
}

#[test]
fn a_user_that_came_as_custom_is_nobody_elses() {
    let game = heard([identify("custom", "765").of("web"), identify("steam", "765").of("other").at(HOUR)]);
    assert_eq!(game.people(), 2);
}

#[test]
fn at_anonymous_consent_nothing_is_linked() {
    let mut identify = identify("steam", "S").of("web").consent(Consent::Anonymous);
    identify.message.user = None; // as ingest leaves it
    let game = heard([page().of("web").url("?ttclid=T1"), identify, purchase().user("steam", "S").at(HOUR)]);
    assert_eq!(game.messages[1].note, Some("consent"));
    assert_eq!(game.outcome(), "waiting (no_click)");
}

#[test]
fn a_message_that_consent_leaves_without_an_id_has_no_player() {
    let game = heard([purchase()]);
    assert_eq!((game.people(), game.note(), game.outcome().as_str()), (0, Some("consent"), "not sent: consent"));
}
