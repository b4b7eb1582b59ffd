//! Which click wins: the table of `README.md`, said as messages.

use super::memory::game;
use super::say::{Say, identify, page, purchase};
use crate::model::conversion::Consent;
use crate::model::{DAY, HOUR, MINUTE, Millis, SECOND};

const EVENT: Millis = 40 * DAY;

/// A visit with this query, that long before the purchase.
fn visit(query: &str, before: Millis) -> Say {
    page().of("web").url(query).at(EVENT - before)
}

fn buy() -> Say {
    purchase().of("web").at(EVENT)
}

fn check(cases: impl IntoIterator<Item = (&'static str, Vec<Say>, &'static str)>) {
    for (case, messages, expected) in cases {
        let mut game = game();
        game.hears(messages);
        assert_eq!(game.outcome(), expected, "{case}");
    }
}

#[test]
fn the_last_click_with_an_id_wins() {
    check([
        ("the only click", vec![visit("?ttclid=T1", DAY), buy()], "tiktok ttclid=T1"),
        ("the later of two", vec![visit("?ttclid=T1", 2 * DAY), visit("?rdt_cid=R1", DAY), buy()], "reddit rdt_cid=R1"),
        ("whichever network", vec![visit("?rdt_cid=R1", 2 * DAY), visit("?ttclid=T1", DAY), buy()], "tiktok ttclid=T1"),
        ("not one after the event", vec![visit("?ttclid=T1", DAY), buy(), visit("?rdt_cid=R1", -HOUR)], "tiktok ttclid=T1"),
        (
            "a repeated id counts as of its first sighting",
            vec![visit("?ttclid=T1", 3 * DAY), visit("?rdt_cid=R1", 2 * DAY), visit("?ttclid=T1", DAY), buy()],
            "reddit rdt_cid=R1",
        ),
    ]);
}

#[test]
fn clocks_may_differ_by_five_minutes() {
    check([
        ("five minutes after", vec![buy(), visit("?ttclid=T1", -5 * MINUTE)], "tiktok ttclid=T1"),
        ("a millisecond more", vec![buy(), visit("?ttclid=T1", -5 * MINUTE - 1)], "waiting (no_click)"),
    ]);
    let mut game = game();
    game.hears([visit("?ttclid=T1", -2 * MINUTE).received(EVENT + 3 * MINUTE), buy().received(EVENT + 4 * MINUTE)]);
    let body = &game.postback().body;
    assert_eq!(body.time, body.click.as_ref().unwrap().time, "the payload's event time is not earlier than the click");
}

#[test]
fn a_click_counts_within_the_games_window() {
    check([
        ("30 days before", vec![visit("?ttclid=T1", 30 * DAY), buy()], "tiktok ttclid=T1"),
        ("a millisecond more", vec![visit("?ttclid=T1", 30 * DAY + 1), buy()], "not sent: outside_window"),
        (
            "an older click beside one in the window",
            vec![visit("?ttclid=T0", 35 * DAY), visit("?ttclid=T1", DAY), buy()],
            "tiktok ttclid=T1",
        ),
    ]);
    for (days, expected) in [(1, "not sent: outside_window"), (2, "tiktok ttclid=T1"), (90, "tiktok ttclid=T1")] {
        let mut game = game();
        game.window_days = Some(days);
        game.hears([visit("?ttclid=T1", 2 * DAY), buy()]);
        assert_eq!(game.outcome(), expected, "a window of {days} days");
    }
}

#[test]
fn a_changed_window_counts_for_new_events_only() {
    let mut game = game();
    game.hears([visit("?ttclid=T1", 35 * DAY), buy()]);
    game.window_days = Some(90);
    game.hears([page().of("web").url("?utm_source=newsletter").at(EVENT + HOUR), identify("steam", "S").of("web").at(EVENT + HOUR)]);
    assert_eq!(game.outcome(), "not sent: outside_window");
}

#[test]
fn exactly_one_network_is_credited_also_when_it_is_none_of_ours() {
    check([
        ("X wins", vec![visit("?ttclid=T1", 2 * DAY), visit("?twclid=X1", DAY), buy()], "not sent: unsupported_network"),
        ("Microsoft wins", vec![visit("?ttclid=T1", 2 * DAY), visit("?msclkid=M1", DAY), buy()], "not sent: unsupported_network"),
        ("X was earlier", vec![visit("?twclid=X1", 2 * DAY), visit("?ttclid=T1", DAY), buy()], "tiktok ttclid=T1"),
        ("Google's dclid alone", vec![visit("?ttclid=T1", 2 * DAY), visit("?dclid=D1", DAY), buy()], "not sent: click_unusable"),
    ]);
}

#[test]
fn an_organic_visit_never_displaces_a_click() {
    check([
        ("a direct visit later", vec![visit("?ttclid=T1", 2 * DAY), visit("", DAY), buy()], "tiktok ttclid=T1"),
        (
            "a newsletter later",
            vec![visit("?ttclid=T1", 2 * DAY), visit("?utm_source=newsletter&utm_medium=email", DAY), buy()],
            "tiktok ttclid=T1",
        ),
        (
            "an unpaid post later",
            vec![visit("?ttclid=T1", 2 * DAY), visit("?utm_source=reddit&utm_medium=social", DAY), buy()],
            "tiktok ttclid=T1",
        ),
        ("visits alone", vec![visit("", 2 * DAY), buy()], "waiting (organic)"),
        ("nothing at all", vec![buy()], "waiting (no_click)"),
    ]);
}

#[test]
fn a_paid_touch_without_an_id_never_beats_a_click_and_earns_nothing() {
    check([
        (
            "later than a click",
            vec![visit("?ttclid=T1", 2 * DAY), visit("?utm_source=reddit&utm_medium=cpc", DAY), buy()],
            "tiktok ttclid=T1",
        ),
        ("alone", vec![visit("?utm_source=tiktok&utm_medium=paid_social", DAY), buy()], "waiting (click_unusable)"),
        ("of a network that is not ours", vec![visit("?utm_source=amazon_ads", DAY), buy()], "waiting (unsupported_network)"),
    ]);
}

#[test]
fn reddit_takes_a_hashed_email_where_no_click_has_an_id() {
    let reddit = "?utm_source=reddit&utm_medium=cpc&utm_campaign=launch";
    let line = "reddit utm=utm_source=reddit&utm_medium=cpc&utm_campaign=launch";
    let known = |said: Say| said.user("email", "mia@example.com");
    let told = || identify("passport", "P|1").of("web").trait_of("email", "mia@example.com").at(EVENT - HOUR);
    check([
        ("the event's user is an email", vec![visit(reddit, DAY), known(buy())], line),
        ("an earlier message told it", vec![visit(reddit, DAY), told(), buy().user("passport", "P|1")], line),
        (
            "a form told its hash",
            vec![
                visit(reddit, DAY),
                page().of("web").user("passport", "P|1").with("email_hash", format!("sha256:{}", "ab".repeat(32))).at(EVENT - HOUR),
                buy().user("passport", "P|1"),
            ],
            line,
        ),
        ("no email known", vec![visit(reddit, DAY), buy().user("passport", "P|1")], "waiting (click_unusable)"),
        ("the event not at full consent", vec![visit(reddit, DAY), told(), buy()], "waiting (click_unusable)"),
        ("a click with an id in the window", vec![visit("?ttclid=T1", 3 * DAY), visit(reddit, DAY), known(buy())], "tiktok ttclid=T1"),
        ("a click with an id before the window", vec![visit("?ttclid=T1", 33 * DAY), visit(reddit, DAY), known(buy())], line),
        (
            "the latest paid touch is another network's",
            vec![visit(reddit, 2 * DAY), visit("?utm_source=tiktok&utm_medium=cpc", DAY), known(buy())],
            "waiting (click_unusable)",
        ),
        ("the touch lies before the window", vec![visit(reddit, 31 * DAY), known(buy())], "waiting (organic)"),
    ]);
    let mut game = game();
    game.hears([visit(reddit, DAY), known(buy())]);
    let body = &game.postback().body;
    assert_eq!((body.click.as_ref(), body.email.as_deref(), body.consent), (None, Some("mia@example.com"), Consent::Full));
}

#[test]
fn two_clicks_at_the_same_time_do_not_depend_on_who_arrives_first() {
    let both = || [visit("?ttclid=T1", DAY), visit("?rdt_cid=R1", DAY), buy()];
    let [one, two, three] = both();
    check([("one order", both().to_vec(), "tiktok ttclid=T1"), ("the other", vec![two, one, three], "tiktok ttclid=T1")]);
}

#[test]
fn the_story_says_why_each_other_click_lost() {
    let mut game = game();
    game.hears([
        visit("?ttclid=OLD", 31 * DAY),
        visit("?rdt_cid=R1", 2 * DAY),
        visit("?ttclid=T1", DAY),
        visit("?utm_source=reddit&utm_medium=cpc", HOUR),
        buy().received(EVENT + 2 * HOUR),
    ]);
    game.hears([visit("?ttclid=T2", -HOUR).received(EVENT + 3 * HOUR)]);
    let conversion = game.conversions.values().next().unwrap();
    let story: crate::model::story::Story = serde_json::from_value(conversion.body.credit.clone().unwrap()).unwrap();
    assert_eq!(story.winner.map(|seen| seen.id).as_deref(), Some("T1"));
    let lost: Vec<(String, &str)> = story.lost.iter().map(|loser| (loser.click.id.clone(), loser.because.word())).collect();
    let expected = [("T2", "after_event"), ("utm_source=reddit&utm_medium=cpc", "no_id"), ("R1", "earlier"), ("OLD", "outside_window")];
    assert_eq!(lost, expected.map(|(id, why)| (id.to_owned(), why)));
}

#[test]
fn an_event_without_a_second_of_delay_finds_the_click_of_its_own_page() {
    check([("a purchase that carries the click itself", vec![buy().with("ttclid", "T1")], "tiktok ttclid=T1")]);
    check([("a click in the same second", vec![visit("?ttclid=T1", SECOND), buy()], "tiktok ttclid=T1")]);
}
