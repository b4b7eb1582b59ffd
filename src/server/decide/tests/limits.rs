//! Links that are stored and not applied.

use super::memory::game;
use super::say::{alias, identify, page, purchase};
use crate::model::HOUR;

#[test]
fn a_player_has_at_most_a_hundred_ids() {
    let mut game = game();
    game.hears((0..99).map(|number| identify("steam", "S").of(&format!("web-{number}")).at(number * 1000)));
    assert_eq!((game.people(), game.players.values().next().unwrap().identity_count), (1, 100));
    assert_eq!(game.note(), None);
    game.hears([page().of("one-more").url("?ttclid=T1").at(HOUR), identify("steam", "S").of("one-more").at(HOUR)]);
    assert_eq!((game.people(), game.note()), (2, Some("too_many_ids")));
    game.hears([alias(("epic", "E"), ("steam", "S")).at(HOUR)]);
    assert_eq!((game.people(), game.note()), (3, Some("too_many_ids")));
    game.hears([purchase().user("steam", "S").at(2 * HOUR)]);
    assert_eq!(game.outcome(), "waiting (no_click)");
}

#[test]
fn ids_that_everybody_has_link_nobody() {
    for id in ["null", "undefined", "0", "anonymous", "00000000-0000-0000-0000-000000000000", "NULL", " none ", "000", "unknown"] {
        let mut game = game();
        game.hears([
            page().of("web").url("?ttclid=T1"),
            identify("custom", id).of("web").at(HOUR),
            identify("custom", id).of("other").at(HOUR),
            alias(("steam", id), ("epic", "E")).at(HOUR),
        ]);
        assert_eq!(game.note(), Some("placeholder_id"), "{id}");
        game.hears([purchase().of("other").at(2 * HOUR)]);
        assert_eq!(game.outcome(), "waiting (no_click)", "{id}");
    }
}

#[test]
fn an_anonymous_id_that_everybody_has_is_no_player() {
    let mut game = game();
    game.hears([page().of("undefined").url("?ttclid=OF-SOMEBODY"), purchase().of("undefined").at(HOUR)]);
    assert_eq!((game.people(), game.note(), game.outcome().as_str()), (0, Some("placeholder_id"), "not sent: no_click"));
    game.hears([purchase().of("undefined").user("steam", "S").at(HOUR)]);
    assert_eq!((game.people(), game.note()), (1, Some("placeholder_id")));
}
