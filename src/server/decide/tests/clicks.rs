//! What a message shows of a click: which network, which id, from where, since when.

use super::memory::{Game, LATER, game};
use super::say::{START, Say, identify, page, purchase, track};
use crate::model::conversion::Surface;
use crate::model::{DAY, HOUR};
use crate::server::decide::facts::Click;

fn clicks(game: &Game) -> Vec<&Click> {
    let mut list: Vec<&Click> = game.clicks.values().collect();
    list.sort_by_key(|click| (click.time, click.click_id.clone()));
    list
}

/// `network kind=id` of every click that the messages show, visits left out.
fn shown(messages: impl IntoIterator<Item = Say>) -> Vec<String> {
    let mut game = game();
    game.hears(messages);
    let ads = clicks(&game).into_iter().filter(|click| click.kind != "visit");
    ads.map(|click| format!("{} {}={}", click.network, click.kind, click.click_id)).collect()
}

#[test]
fn every_click_id_tells_its_network() {
    for (query, expected) in [
        ("?ttclid=A", "tiktok ttclid=A"),
        ("?fbclid=A", "meta fbclid=A"),
        ("?gclid=A", "google gclid=A"),
        ("?gbraid=A", "google gbraid=A"),
        ("?wbraid=A", "google wbraid=A"),
        ("?dclid=A", "google dclid=A"),
        ("?rdt_cid=A", "reddit rdt_cid=A"),
        ("?twclid=A", "x twclid=A"),
        ("?msclkid=A", "other msclkid=A"),
        ("?li_fat_id=A", "other li_fat_id=A"),
        ("?utm_source=tiktok&ttclid=E.C.P.a-b_c#top", "tiktok ttclid=E.C.P.a-b_c"),
        // Google's best id first; dclid only where nothing else is.
        ("?dclid=D&wbraid=W&gclid=G", "google gclid=G"),
        ("?dclid=D&wbraid=W", "google wbraid=W"),
        // Facebook adds fbclid to every link: the order of the published clients.
        ("?ttclid=T&fbclid=F", "meta fbclid=F"),
        ("?gclid=G&ttclid=T", "tiktok ttclid=T"),
        ("?rdt_cid=R&gclid=G", "google gclid=G"),
        ("?twclid=X&rdt_cid=R", "reddit rdt_cid=R"),
        // A click id counts more than what the UTM set says.
        ("?utm_source=reddit&utm_medium=cpc&ttclid=T", "tiktok ttclid=T"),
    ] {
        assert_eq!(shown([page().of("web").url(query)]), [expected], "{query}");
    }
}

#[test]
fn a_utm_set_is_kept_as_far_as_a_key_may_be_long() {
    let long = "é".repeat(500);
    let visit = page().of("web").with("utm_source", "tiktok").with("utm_medium", "cpc");
    let [one] = shown([visit.with("utm_campaign", long.as_str()).with("utm_content", long.as_str())]).try_into().expect("one touch");
    let set = one.strip_prefix("tiktok utm=").expect("a touch without an id");
    assert!(set.starts_with("utm_source=tiktok&utm_medium=cpc&utm_campaign=éé") && (1_020..=1_024).contains(&set.len()), "{}", set.len());
}

#[test]
fn a_utm_set_is_paid_by_its_medium_or_its_source() {
    for (query, expected) in [
        ("?utm_source=TikTok&utm_medium=CPC", Some("tiktok")),
        ("?utm_source=facebook&utm_medium=paid_social", Some("meta")),
        ("?utm_source=ig&utm_medium=paidsocial", Some("meta")),
        ("?utm_source=youtube&utm_medium=cpm", Some("google")),
        ("?utm_source=google&utm_medium=pmax_summer", Some("google")),
        ("?utm_source=reddit&utm_medium=sponsored_post", Some("reddit")),
        ("?utm_source=twitter&utm_medium=ppc", Some("x")),
        ("?utm_source=linkedin&utm_medium=ads", Some("other")),
        ("?utm_source=amazon_ads", Some("amazon")),
        ("?utm_source=adwords", Some("google")),
        ("?utm_source=ironsource&utm_medium=whatever", Some("other")),
        ("?utm_source=tiktok&utm_medium=social", None),
        ("?utm_source=tiktok", None),
        ("?utm_source=newsletter&utm_medium=cpc", None),
        ("?utm_medium=cpc", None),
    ] {
        let networks: Vec<String> =
            shown([page().of("web").url(query)]).iter().map(|line| line.split(' ').next().unwrap().to_owned()).collect();
        assert_eq!(networks, expected.into_iter().collect::<Vec<_>>(), "{query}");
    }
}

#[test]
fn ids_are_taken_from_the_properties_and_from_the_page() {
    assert_eq!(shown([track("link_clicked").of("web").with("ttclid", "A")]), ["tiktok ttclid=A"]);
    // The client repeats the first touch of its session; the address knows the second ad.
    assert_eq!(
        shown([page().of("web").with("ttclid", "A").url("?rdt_cid=B")]),
        ["tiktok ttclid=A", "reddit rdt_cid=B"].map(String::from).into_iter().collect::<Vec<_>>()
    );
    // Clients miss gbraid and wbraid.
    assert_eq!(shown([page().of("web").with("utm_source", "google").url("?gbraid=G")]), ["google gbraid=G"]);
}

#[test]
fn what_is_no_click_id_makes_no_click() {
    for query in [
        "?ttclid=",
        "?ttclid=__CLICKID__",
        "?rdt_cid={{CLICK_ID}}",
        "?gclid={gclid}",
        "?ttclid=null",
        "?ttclid=a%20b",
        "?ttclid=%00",
        "?other=1",
        "",
    ] {
        assert_eq!(shown([page().of("web").url(query)]), [""; 0], "{query}");
    }
    assert_eq!(shown([page().of("web").with("ttclid", "x".repeat(2000))]), [""; 0]);
    assert_eq!(shown([page().of("web").with("ttclid", 17).with("gclid", serde_json::Value::Null)]), [""; 0]);
}

#[test]
fn a_click_is_one_and_keeps_its_first_sighting() {
    let mut game = game();
    game.hears([
        page().of("web").url("?ttclid=A").at(2 * HOUR).ip("203.0.113.2").received(3 * HOUR),
        page().of("web").url("shop").with("ttclid", "A").with("landing_page", "https://emberfall.example/?ttclid=A").at(3 * HOUR),
        // The very first page was slow to arrive.
        page().of("web").url("landing?ttclid=A").at(HOUR).ip("203.0.113.1").received(4 * HOUR),
    ]);
    let list = clicks(&game);
    assert_eq!(list.len(), 1);
    assert_eq!(list[0].time, START + HOUR);
    assert_eq!(list[0].body.ip.as_deref(), Some("203.0.113.1"));
    assert_eq!(list[0].body.landing_page.as_deref(), Some("https://emberfall.example/landing?ttclid=A"));
}

#[test]
fn the_earliest_is_kept_on_merge() {
    let mut game = game();
    game.hears([
        page().of("web-1").url("?ttclid=A").at(2 * HOUR),
        page().of("web-2").url("?ttclid=A").at(HOUR).received(3 * HOUR),
        identify("steam", "S").of("web-1").at(4 * HOUR),
        identify("steam", "S").of("web-2").at(4 * HOUR),
    ]);
    assert_eq!(clicks(&game).iter().map(|click| click.time - START).collect::<Vec<_>>(), [HOUR]);
}

#[test]
fn first_party_cookies_enrich_a_click_and_never_make_one() {
    assert_eq!(shown([page().of("web").with("fb_browser_id", "fb.1.1.2").with("ttp", "P").with("rdt_uuid", "U")]), [""; 0]);
    let mut game = game();
    game.hears([
        page().of("web").url("?ttclid=A"),
        page().of("web").url("?rdt_cid=B").at(HOUR),
        // TikTok's own pixel sets its cookie a moment after the landing page was told.
        page().of("web").url("shop").with("ttp", "P1").with("rdt_uuid", "U1").at(2 * HOUR),
        page().of("web").url("shop").with("ttp", "P2").at(3 * HOUR),
    ]);
    let list = clicks(&game);
    assert_eq!((list[0].body.ttp.as_deref(), list[0].body.rdt_uuid.as_deref()), (Some("P1"), None));
    assert_eq!((list[1].body.ttp.as_deref(), list[1].body.rdt_uuid.as_deref()), (None, Some("U1")));
}

#[test]
fn fbc_makes_a_click_with_its_own_time() {
    let clicked = START - 3 * DAY;
    let cookie = format!("fb.1.{clicked}.IwAR-0x");
    let mut game = game();
    game.hears([page().of("web").with("fb_click_id", cookie.clone()), purchase().of("web").at(HOUR)]);
    let list = clicks(&game);
    assert_eq!((list[0].network.as_str(), list[0].kind.as_str(), list[0].click_id.as_str()), ("meta", "fbclid", "IwAR-0x"));
    assert_eq!((list[0].time, list[0].body.fbc.as_deref()), (clicked, Some(cookie.as_str())));
    assert_eq!(game.outcome(), "not sent: no_connection");
    for nonsense in ["fb.1.123.A", "fb.1.later.A", "A", "fb.1.1790000000000", "fb.1.1790000000000."] {
        assert_eq!(shown([page().of("web").with("fb_click_id", nonsense)]), [""; 0], "{nonsense}");
    }
}

#[test]
fn the_cookie_of_a_click_is_that_click_whatever_meta_adds_to_it() {
    let clicked = START - 3 * DAY;
    for appendix in ["", ".BA", ".AQQBAQAA"] {
        let cookie = format!("fb.1.{clicked}.IwAR-0x{appendix}");
        let mut game = game();
        game.hears([page().of("web").url("?fbclid=IwAR-0x"), page().of("web").url("shop").with("fbc", cookie.clone()).at(HOUR)]);
        let ads: Vec<&Click> = clicks(&game).into_iter().filter(|click| click.kind != "visit").collect();
        assert_eq!(ads.len(), 1, "{appendix}");
        assert_eq!((ads[0].time, ads[0].body.fbc.as_deref()), (clicked, Some(cookie.as_str())));
        // The page the ad opened stays known.
        assert!(ads[0].body.landing_page.is_some());
    }
}

#[test]
fn an_address_is_kept_from_the_players_browser_only() {
    let mut game = game();
    let server = || page().of("web").url("?ttclid=A").ip("10.0.0.1");
    game.hears([server().surface(Surface::Unity)]);
    assert_eq!(clicks(&game)[0].body.ip, None);
    assert!(clicks(&game)[0].body.landing_page.is_some());
}

#[test]
fn visits_without_an_ad_are_remembered_once() {
    let mut game = game();
    game.hears([page().of("web").url(""), page().of("web").url("shop").at(HOUR), purchase().of("web").at(LATER)]);
    assert_eq!(clicks(&game).iter().map(|click| click.kind.as_str()).collect::<Vec<_>>(), ["visit"]);
    game.passes(9 * DAY);
    assert_eq!(game.outcome(), "not sent: organic");
}
