//! What a postback says, and why there may be none.

use super::memory::{Game, game};
use super::say::{START, Say, identify, page, purchase, track};
use crate::model::conversion::Surface;
use crate::model::goal::Trigger;
use crate::model::{DAY, HOUR};
use crate::server::decide::facts::MappedAction;
use uuid::Uuid;

fn clicked() -> Say {
    page().of("web").url("landing?ttclid=T1").ip("203.0.113.1")
}

fn sold(event: Say) -> Game {
    let mut game = game();
    game.hears([clicked(), event.of("web").at(HOUR)]);
    game
}

#[test]
fn the_credited_networks_connection_must_be_there_and_on() {
    let mut game = sold(purchase());
    let tiktok = game.connection("tiktok").id;
    assert_eq!(game.postback().connection_id, tiktok);
    game.connection("tiktok").enabled = false;
    game.hears([purchase().of("web").at(2 * HOUR)]);
    game.connections.clear();
    game.hears([purchase().of("web").at(3 * HOUR)]);
    assert_eq!(game.outcomes()[1..], ["not sent: connection_disabled", "not sent: no_connection"]);
}

#[test]
fn events_go_out_under_the_networks_names() {
    let mut game = game();
    for event in ["wishlist_add", "wishlist_remove", "email_acquired", "boss_defeated"] {
        game.goal(event, Trigger::Repeatable);
    }
    game.mappings.insert((game.goals[4].id, "tiktok".into()), "BossDown".into());
    game.hears([clicked()]);
    for (event, expected) in [
        ("purchase", "Purchase"),
        ("wishlist_add", "AddToWishlist"),
        ("wishlist_remove", "wishlist_remove"),
        ("email_acquired", "CompleteRegistration"),
        ("boss_defeated", "BossDown"),
    ] {
        game.postbacks.clear();
        game.conversions.clear();
        game.hears([track(event).of("web").at(HOUR)]);
        let body = &game.postback().body;
        assert_eq!((body.name.as_str(), body.goal_event.as_str()), (expected, event));
    }
}

#[test]
fn value_and_currency_go_with_purchases_only() {
    let value = |event: Say| sold(event).postback().body.value.clone();
    assert_eq!(value(purchase()), Some(("9.99".into(), "USD".into())));
    assert_eq!(value(track("purchase").properties(r#"{"value": 12.50, "currency": "eur"}"#)), Some(("12.50".into(), "EUR".into())));
    assert_eq!(value(track("purchase").with("value", "9.99")), None);
    assert_eq!(value(track("purchase").with("value", "1e3").with("currency", "USD")), None);
    let mut game = game();
    game.goal("email_acquired", Trigger::Repeatable);
    game.hears([clicked(), track("email_acquired").of("web").with("value", "9.99").with("currency", "USD").at(HOUR)]);
    assert_eq!(game.postback().value, None);
}

#[test]
fn why_a_value_was_left_out_is_kept() {
    let game = sold(track("purchase").with("value", "9.99"));
    assert_eq!(game.conversions.values().next().unwrap().body.value_note.as_deref(), Some("the value came without a currency"));
    assert_eq!(sold(purchase()).conversions.values().next().unwrap().body.value_note, None);
}

#[test]
fn the_dedup_id_follows_from_goal_and_message() {
    let message = Uuid::parse_str("550E8400-E29B-41D4-A716-446655440000").unwrap();
    let game = sold(purchase().id(message));
    let expected = Uuid::new_v5(&game.goals[0].id, b"550e8400-e29b-41d4-a716-446655440000");
    assert_eq!(game.postback().body.dedup_id, expected.to_string());
}

#[test]
fn the_games_own_id_counts_at_the_network_it_was_made_for() {
    let own = |id: &str, network: &str| purchase().with("_imtbl_conversion_id", id).with("_imtbl_conversion_network", network);
    let dedup = |event: Say| sold(event).postback().body.dedup_id.clone();
    assert_eq!(dedup(own("order:17_a.B-c", "tiktok")), "order:17_a.B-c");
    let long = "x".repeat(65);
    for (id, network) in
        [("order-17", "reddit"), ("order-17", ""), ("", "tiktok"), ("order 17", "tiktok"), ("ordér", "tiktok"), (long.as_str(), "tiktok")]
    {
        assert!(Uuid::parse_str(&dedup(own(id, network))).is_ok(), "{id} {network}");
    }
    assert_eq!(dedup(own(&"x".repeat(64), "tiktok")), "x".repeat(64));
}

#[test]
fn the_second_goal_that_sends_the_same_event_is_same_event() {
    let own = || purchase().of("web").with("_imtbl_conversion_id", "order-17").with("_imtbl_conversion_network", "tiktok").at(HOUR);
    let mut game = game();
    game.goal("purchase", Trigger::Repeatable);
    game.hears([clicked(), own()]);
    assert_eq!(game.outcomes(), ["tiktok ttclid=T1", "not sent: same_event"]);
    // Stirred again, before and after the attempt.
    for turn in 0..2 {
        game.hears([identify("steam", "S").of("web").at(2 * HOUR), identify("steam", "S").of(&format!("other-{turn}")).at(2 * HOUR)]);
        game.hears([page().of("web").url("?ttclid=T1").received(3 * HOUR)]);
        assert_eq!(game.outcomes(), ["tiktok ttclid=T1", "not sent: same_event"]);
        game.dispatches();
    }
    // Another name, or no id of the game's own: two events.
    let mut game = super::memory::game();
    game.goal("purchase", Trigger::Repeatable);
    game.hears([clicked(), purchase().of("web").at(HOUR)]);
    assert_eq!(game.outcomes(), ["tiktok ttclid=T1", "tiktok ttclid=T1"]);
    let mut game = super::memory::game();
    game.goal("purchase", Trigger::Repeatable);
    game.mappings.insert((game.goals[1].id, "tiktok".into()), "SecondPurchase".into());
    game.hears([clicked(), own()]);
    assert_eq!(game.outcomes(), ["tiktok ttclid=T1", "tiktok ttclid=T1"]);
}

#[test]
fn the_browser_is_the_clicks_and_never_a_game_servers() {
    let ip = |game: &Game| game.postback().body.browser.as_ref().and_then(|browser| browser.ip.clone());
    for surface in [Surface::Unity, Surface::Unreal, Surface::Web, Surface::Pixel] {
        let game = sold(purchase().surface(surface).ip("10.0.0.1"));
        assert_eq!(ip(&game).as_deref(), Some("203.0.113.1"), "{surface}");
        let browser = game.postback().body.browser.clone().unwrap();
        assert_eq!(browser.page_url.as_deref(), Some("https://emberfall.example/landing?ttclid=T1"));
    }
    // A click that no browser of the player told: the event's own on the web, nothing from a server.
    for (surface, expected) in [(Surface::Web, Some("198.51.100.9")), (Surface::Unity, None)] {
        let mut game = game();
        game.hears([
            track("link_clicked").of("web").with("ttclid", "T1"),
            purchase().of("web").surface(surface).url("shop").ip("198.51.100.9").at(HOUR),
        ]);
        assert_eq!(ip(&game).as_deref(), expected, "{surface}");
    }
}

#[test]
fn the_clicks_ids_and_cookies_go_with_it() {
    let mut game = game();
    game.hears([clicked(), page().of("web").with("ttp", "P1").at(1000), purchase().of("web").at(HOUR)]);
    let click = game.postback().body.click.clone().unwrap();
    assert_eq!((click.kind.as_str(), click.id.as_str(), click.time, click.ttp.as_deref()), ("ttclid", "T1", START, Some("P1")));
}

#[test]
fn a_postback_expires_an_hour_before_the_networks_limit() {
    let game = sold(purchase());
    assert_eq!(game.postback().expires_at, START + HOUR + 28 * DAY - HOUR);
    // Too old already: queued all the same, so that it ends as `expired` where everybody looks.
    let mut game = super::memory::game();
    game.hears([page().of("web").url("?rdt_cid=R1"), purchase().of("web").at(HOUR).received(8 * DAY)]);
    assert_eq!(game.outcome(), "reddit rdt_cid=R1");
    assert!(game.postback().expires_at < game.now);
}

#[test]
fn an_email_address_is_no_external_id() {
    let mut game = game();
    game.hears([clicked(), identify("email", "mia@example.com").of("web").at(1000), purchase().user("email", "mia@example.com").at(HOUR)]);
    let body = &game.postback().body;
    assert_eq!((body.external_id.as_deref(), body.email.as_deref()), (None, Some("mia@example.com")));
}

/// A game whose one goal is mapped at Google to an action that looks back so many days.
fn mapped(window_days: Option<i32>) -> Game {
    let mut game = game();
    game.connect("google");
    let action = MappedAction { id: "700000001".into(), name: "First purchase".into(), window_days };
    game.actions.insert((game.goals[0].id, "google".into()), action);
    game
}

#[test]
fn a_goal_without_an_action_stays_here_where_the_network_asks_for_one() {
    let mut game = game();
    game.connect("google");
    game.hears([page().of("web").url("?gclid=G1"), purchase().of("web").at(HOUR)]);
    assert_eq!(game.outcome(), "not sent: goal_unmapped");
    let mut game = mapped(None);
    game.hears([page().of("web").url("?gbraid=B1&wbraid=W1"), purchase().of("web").at(HOUR)]);
    assert_eq!(game.outcome(), "google wbraid=W1");
    let body = &game.postback().body;
    assert_eq!((body.name.as_str(), body.action.as_deref(), body.goal_event.as_str()), ("First purchase", Some("700000001"), "purchase"));
    // Test events need no code there.
    let mut game = mapped(None);
    game.hears([page().of("web").url("?gclid=G1"), purchase().of("web").test().at(HOUR)]);
    assert!(game.postbacks.values().all(|(postback, _)| postback.test) && game.postbacks.len() == 1);
}

#[test]
fn an_event_whose_own_name_the_network_does_not_take_stays_here_until_it_has_another() {
    for (event, there) in
        [("level reached!", "not sent: goal_unmapped"), ("Registration", "not sent: goal_unmapped"), ("search", "tiktok ttclid=T1")]
    {
        let mut game = game();
        game.goal(event, Trigger::Repeatable);
        game.hears([page().of("web").url("?ttclid=T1"), track(event).of("web").at(HOUR)]);
        assert_eq!(game.outcome(), there, "{event}");
        let mut game = self::game();
        let goal = game.goal(event, Trigger::Repeatable).id;
        game.mappings.insert((goal, "tiktok".into()), "level_reached".into());
        game.hears([page().of("web").url("?ttclid=T1"), track(event).of("web").at(HOUR)]);
        assert_eq!((game.outcome().as_str(), game.postback().body.name.as_str()), ("tiktok ttclid=T1", "level_reached"));
    }
}

#[test]
fn a_click_counts_as_long_as_the_action_looks_back() {
    for (window_days, after, expected) in
        [(Some(7), 7 * DAY, "google gclid=G1"), (Some(7), 7 * DAY + 1, "not sent: click_expired"), (None, 30 * DAY, "google gclid=G1")]
    {
        let mut game = mapped(window_days);
        game.hears([page().of("web").url("?gclid=G1"), purchase().of("web").at(after)]);
        assert_eq!(game.outcome(), expected, "{window_days:?} {after}");
    }
    // By the click's age when it would be sent, whenever the event was.
    let mut game = mapped(Some(90));
    game.window_days = Some(90);
    game.hears([page().of("web").url("?gclid=G1"), purchase().of("web").at(20 * DAY).received(90 * DAY)]);
    assert_eq!(game.outcome(), "not sent: click_expired");
    let mut game = mapped(Some(90));
    game.hears([page().of("web").url("?gclid=G1"), purchase().of("web").at(20 * DAY)]);
    assert_eq!(game.postback().expires_at, START + 90 * DAY - HOUR);
}
