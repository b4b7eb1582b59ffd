//! Whom an erasure takes away, and what comes of them afterwards.

use super::memory::{Game, game};
use super::say::{Say, alias, identify, page, purchase};
use crate::model::HOUR;
use crate::server::decide::erased::Asked;

fn anonymous(id: &str) -> Asked {
    Asked::Anonymous(id.into())
}

fn user(id: &str) -> Asked {
    Asked::User(id.into())
}

/// A player with two browsers, a Steam and an Epic id, who bought something; and somebody else who did, too.
fn two_players() -> Game {
    let mut game = game();
    game.hears([
        page().of("web").url("?ttclid=T1"),
        identify("steam", "S").of("web").device("pc").trait_of("email", "mia@example.com").at(HOUR),
        identify("epic", "E").of("phone").at(HOUR),
        alias(("steam", "S"), ("epic", "E")).at(HOUR),
        purchase().of("web").at(2 * HOUR),
        page().of("other").url("?ttclid=T2"),
        purchase().of("other").at(2 * HOUR),
    ]);
    assert_eq!(game.people(), 2);
    game
}

#[test]
fn every_linked_id_leads_to_the_whole_player_and_to_nobody_else() {
    for asked in [anonymous("web"), anonymous("phone"), user("S"), user("E")] {
        let mut game = two_players();
        game.erases(&asked, 3 * HOUR);
        assert_eq!((game.people(), game.clicks.len(), game.conversions.len(), game.identities.len()), (1, 1, 1, 1), "{asked:?}");
        assert_eq!(game.outcome(), "tiktok ttclid=T2");
    }
}

#[test]
fn what_comes_late_under_any_of_the_ids_is_counted_and_nothing_of_it_is_kept() {
    let mut game = two_players();
    game.erases(&user("S"), 3 * HOUR);
    let late: [Say; 8] = [
        purchase().of("web").at(HOUR).received(4 * HOUR),
        purchase().of("phone").at(5 * HOUR),
        purchase().device("pc").at(5 * HOUR),
        purchase().user("epic", "E").at(5 * HOUR),
        purchase().untyped("S").at(5 * HOUR),
        purchase().user("steam", "S").of("brand-new").at(5 * HOUR),
        identify("steam", "S").of("brand-new").trait_of("email", "mia@example.com").at(5 * HOUR),
        alias(("steam", "S"), ("epic", "new")).at(5 * HOUR),
    ];
    for said in late {
        let reaches = said.event_name.is_some();
        let before = game.conversions.len();
        game.hears([said.clone()]);
        assert_eq!((game.people(), game.note()), (1, Some("erased")), "{said:?}");
        assert_eq!(game.conversions.len(), before + usize::from(reaches), "{said:?}");
        let kept = game.messages.last().unwrap();
        let bare = &kept.message;
        assert!(kept.player_id.is_none() && bare.anonymous_id.is_none() && bare.device_id.is_none() && bare.user.is_none());
        assert!(bare.alias.is_none() && bare.ip.is_none() && bare.user_agent.is_none());
        assert!(bare.properties.is_empty() && bare.context.is_empty() && bare.traits.is_empty());
    }
    assert_eq!(game.outcomes().iter().filter(|outcome| *outcome == "not sent: erased").count(), 6);
    assert!(game.conversions.values().filter(|one| one.player_id.is_none()).all(|one| one.value.is_none() && one.body.found_by.is_none()));
}

#[test]
fn an_id_that_nobody_knew_is_kept_out_all_the_same() {
    let mut game = game();
    game.erases(&anonymous("web"), HOUR);
    game.erases(&user("S"), HOUR);
    game.hears([page().of("web").at(2 * HOUR), identify("discord", "S").at(2 * HOUR)]);
    assert_eq!((game.people(), game.messages.len()), (0, 2));
    // Everybody's id is nobody's.
    game.erases(&anonymous("undefined"), HOUR);
    assert_eq!(game.erased.keys().filter(|key| key.value == "undefined").count(), 0);
}

#[test]
fn a_new_owner_of_an_erased_browser_is_known_by_their_own_id() {
    let mut game = two_players();
    game.erases(&user("S"), 3 * HOUR);
    game.hears([identify("steam", "NEW").of("web").at(4 * HOUR), purchase().user("steam", "NEW").of("web").at(5 * HOUR)]);
    assert_eq!((game.people(), game.note()), (2, None));
    assert!(!game.identities.keys().any(|key| key.value == "web"), "the browser itself stays unknown");
    // A link from before the erasure that comes late is the erased one's.
    game.hears([identify("discord", "D").of("web").at(2 * HOUR).received(6 * HOUR)]);
    assert_eq!((game.people(), game.note()), (2, Some("erased")));
    // Without another user it is the erased one again.
    game.hears([page().of("web").at(7 * HOUR)]);
    assert_eq!((game.people(), game.note()), (2, Some("erased")));
}

#[test]
fn a_browser_that_is_anothers_by_now_stays_theirs() {
    let mut game = game();
    game.hears([
        page().of("kiosk").url("?ttclid=T1"),
        identify("steam", "A").of("kiosk").at(HOUR),
        identify("steam", "B").of("kiosk").at(2 * HOUR),
        page().of("kiosk").url("?ttclid=T2").at(3 * HOUR),
    ]);
    assert_eq!(game.people(), 2);
    game.erases(&user("A"), 4 * HOUR);
    assert_eq!((game.people(), game.clicks.len()), (1, 1));
    game.hears([purchase().of("kiosk").at(5 * HOUR)]);
    assert_eq!((game.outcome().as_str(), game.note()), ("tiktok ttclid=T2", None));
    game.hears([purchase().user("steam", "A").of("kiosk").at(6 * HOUR)]);
    assert_eq!(game.note(), Some("erased"));
}

#[test]
fn an_untyped_user_is_kept_out_whatever_type_comes_later() {
    let mut game = game();
    game.hears([page().untyped("7")]);
    game.erases(&user("7"), HOUR);
    game.hears([identify("steam", "7").at(2 * HOUR)]);
    assert_eq!((game.people(), game.note()), (0, Some("erased")));
    // Found by another id, the untyped one goes with it, and any type of it.
    game.hears([page().untyped("8").of("web").at(2 * HOUR)]);
    game.erases(&anonymous("web"), 3 * HOUR);
    game.hears([identify("epic", "8").at(4 * HOUR)]);
    assert_eq!((game.people(), game.note()), (0, Some("erased")));
}

#[test]
fn an_untyped_id_means_the_living_one_where_there_is_one() {
    let mut game = game();
    game.hears([identify("steam", "7").of("web"), identify("epic", "7").of("other")]);
    game.erases(&anonymous("web"), HOUR);
    game.hears([purchase().untyped("7").at(2 * HOUR)]);
    assert_eq!((game.people(), game.note()), (1, None));
}

#[test]
fn a_players_test_messages_go_with_the_player() {
    let mut game = game();
    game.hears([identify("steam", "S").of("web"), identify("steam", "S").of("lab").test(), page().of("lab").test().url("?ttclid=T9")]);
    assert_eq!(game.players.len(), 2);
    game.erases(&anonymous("web"), HOUR);
    assert_eq!((game.players.len(), game.identities.len(), game.clicks.len()), (0, 0, 0));
    game.hears([page().of("lab").test().at(2 * HOUR)]);
    assert_eq!((game.players.len(), game.note()), (0, Some("erased")));
}
