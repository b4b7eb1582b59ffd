//! What a player's consent lets go out.

use super::memory::{Game, State, game};
use super::say::{identify, page, purchase};
use crate::model::HOUR;
use crate::model::conversion::Consent;

fn queued() -> Game {
    let mut game = game();
    game.hears([page().of("web").url("?ttclid=T1"), purchase().of("web").at(HOUR)]);
    game
}

#[test]
fn none_cancels_what_is_queued_and_blocks_what_comes_until_it_is_raised() {
    let mut game = queued();
    game.hears_consent("web", Consent::None, 2 * HOUR);
    assert_eq!(game.postbacks.values().map(|(_, state)| *state).collect::<Vec<_>>(), [State::Cancelled]);
    game.hears([purchase().of("web").at(3 * HOUR)]);
    assert_eq!(game.outcomes()[1], "not sent: consent");
    game.hears_consent("web", Consent::Anonymous, 4 * HOUR);
    game.hears([purchase().of("web").at(5 * HOUR)]);
    assert_eq!(game.outcomes(), ["tiktok ttclid=T1", "not sent: consent", "tiktok ttclid=T1"]);
    // What came while it was blocked stays unsent whatever is learned later.
    game.hears([page().of("web").url("?rdt_cid=R1").at(2 * HOUR).received(6 * HOUR)]);
    assert_eq!(game.outcomes()[1], "not sent: consent");
}

#[test]
fn none_cancels_what_a_players_tests_have_queued() {
    let mut game = game();
    game.connection("tiktok").test_code = Some("TEST1".into());
    game.hears([page().of("web").url("?ttclid=T1"), purchase().of("web").test().at(HOUR)]);
    game.hears_consent("web", Consent::None, 2 * HOUR);
    assert_eq!(game.postbacks.values().map(|(_, state)| *state).collect::<Vec<_>>(), [State::Cancelled]);
}

#[test]
fn a_status_counts_for_every_id_of_the_player() {
    let mut game = queued();
    game.hears_consent("phone", Consent::None, 2 * HOUR);
    game.hears([identify("steam", "S").of("web").at(3 * HOUR)]);
    assert_eq!(game.postbacks.values().next().unwrap().1, State::Untried);
    game.hears([identify("steam", "S").of("phone").at(4 * HOUR)]);
    assert_eq!(game.postbacks.values().next().unwrap().1, State::Cancelled);
    game.hears([purchase().user("steam", "S").at(5 * HOUR)]);
    assert_eq!(game.outcomes()[1], "not sent: consent");
}

#[test]
fn the_newest_status_counts() {
    let mut game = queued();
    game.hears_consent("web", Consent::Anonymous, 3 * HOUR);
    game.hears_consent("web", Consent::None, 2 * HOUR);
    game.hears([purchase().of("web").at(4 * HOUR)]);
    assert_eq!(game.outcomes(), ["tiktok ttclid=T1", "tiktok ttclid=T1"]);
}

#[test]
fn a_status_of_somebody_unknown_is_kept() {
    let mut game = game();
    game.hears_consent("web", Consent::None, 0);
    game.hears([page().of("web").url("?ttclid=T1").at(HOUR), purchase().of("web").at(HOUR)]);
    assert_eq!(game.outcome(), "not sent: consent");
    game.hears_consent("undefined", Consent::None, HOUR);
    assert_eq!(game.people(), 1);
}

#[test]
fn personal_identifiers_go_at_full_consent_only() {
    let told =
        || identify("passport", "P|1").of("web").trait_of("email", " Mia@Example.com ").trait_of("phone", "+49 170 1234567").at(HOUR);
    let mut game = game();
    game.hears([page().of("web").url("?ttclid=T1"), told(), purchase().of("web").at(2 * HOUR)]);
    let body = &game.postback().body;
    assert_eq!((&body.email, &body.phone, &body.external_id, body.consent), (&None, &None, &None, Consent::Anonymous));

    let mut game = super::memory::game();
    game.hears([page().of("web").url("?ttclid=T1"), told(), purchase().user("passport", "P|1").at(2 * HOUR)]);
    let body = &game.postback().body;
    assert_eq!(body.email.as_deref(), Some("Mia@Example.com"));
    assert_eq!(body.phone.as_deref(), Some("+49 170 1234567"));
    assert_eq!((body.external_id.as_deref(), body.consent), (Some("P|1"), Consent::Full));
}

#[test]
fn a_player_who_lowers_consent_is_forgotten() {
    let mut game = game();
    game.hears([page().of("web").url("?ttclid=T1"), identify("passport", "P|1").of("web").trait_of("email", "mia@example.com").at(HOUR)]);
    game.hears_consent("web", Consent::Anonymous, 2 * HOUR);
    assert!(game.players.values().all(|player| player.contact.email.is_none()));
    game.hears([purchase().user("passport", "P|1").trait_of("email", "mia@example.com").at(3 * HOUR)]);
    let body = &game.postback().body;
    assert_eq!((&body.email, &body.external_id, body.consent), (&None, &None, Consent::Anonymous));
}

#[test]
fn the_hash_of_an_email_is_sent_where_only_the_hash_is_known() {
    let hash = "AB".repeat(32);
    let mut game = game();
    game.hears([
        page().of("web").url("?ttclid=T1"),
        page().of("web").user("passport", "P|1").with("email_hash", format!("sha256:{hash}")).at(HOUR),
        purchase().user("passport", "P|1").at(2 * HOUR),
    ]);
    let body = &game.postback().body;
    assert_eq!((body.email.as_deref(), body.email_sha256.as_deref()), (None, Some(hash.to_lowercase().as_str())));
}
