//! The networks against the simulator, over real HTTP: two readings of each wire page, made apart, agree.

use crate::model::conversion::Consent;
use crate::server::networks::contract::{
    Browser, Choices, ClickIds, ConnectError, Destination, Event, Events, Network, Outcome, Request, Settings,
};
use crate::server::networks::{addresses, find, http::Http};
use crate::server::simulator::{State, serve, world};
use secrecy::SecretString;
use tokio::sync::oneshot;
use url::Url;

const REDIRECT: &str = "http://127.0.0.1:3000/oauth/tiktok/callback";

/// A simulator with a client that may call it; it ends with the value.
struct Played {
    settings: Settings,
    http: Http,
    _stop: oneshot::Sender<()>,
}

impl Played {
    async fn start() -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let (address, _) = serve("127.0.0.1:0".parse().unwrap(), State::default(), async { drop(stopped.await) }).await.unwrap();
        let mut settings = Settings::default();
        for setting in ["POSTBACKS_TIKTOK_URL", "POSTBACKS_REDDIT_URL"] {
            settings.plain.insert(setting, format!("http://{address}"));
        }
        settings.plain.insert("POSTBACKS_TIKTOK_APP_ID", world::TIKTOK_APP_ID.into());
        settings.secret.insert("POSTBACKS_TIKTOK_APP_SECRET", SecretString::from(world::TIKTOK_APP_SECRET));
        let http = Http::new(&addresses(&settings)).unwrap();
        Self { settings, http, _stop: stop }
    }

    async fn answer(&self, request: &Request) -> crate::server::networks::contract::Answer {
        self.http.send(request).await.result.unwrap()
    }

    /// What sending these events comes to, with the network's words.
    async fn sent(&self, network: &dyn Network, to: &Destination, events: &[Event]) -> (Events, String) {
        let answer = self.answer(&network.request(&self.settings, to, events)).await;
        let verdict = network.verdict(&answer, events.len());
        (verdict.events, verdict.words.unwrap_or_default())
    }
}

fn tiktok() -> (&'static dyn Network, Destination) {
    (find("tiktok").unwrap(), to(world::TIKTOK_PIXEL, world::TIKTOK_TOKEN))
}

fn reddit() -> (&'static dyn Network, Destination) {
    (find("reddit").unwrap(), to(world::REDDIT_PIXEL, world::REDDIT_TOKEN))
}

fn to(target: &str, token: &str) -> Destination {
    Destination { account_id: None, target_id: target.into(), token: SecretString::from(token), test_code: None }
}

fn event(network: &dyn Network, goal_event: &str) -> Event {
    let click = ClickIds {
        kind: network.spec().click_ids[0].into(),
        id: "E.C.P.3184742045291813272".into(),
        time: crate::server::now() - 60_000,
        fbp: None,
        fbc: None,
        ttp: Some("2F7h37YkS1j57AYSKTI7IHhJPYH".into()),
        rdt_uuid: Some("1677712978045.b8f7eb7d-b357-437b-8bd3-e1c8166c7132".into()),
    };
    let browser = Browser {
        ip: Some("2001:db8::7".into()),
        user_agent: Some("Mozilla/5.0".into()),
        page_url: Some("https://emberfall.example/?a=1".into()),
        referrer: Some("https://www.example.com/".into()),
    };
    Event {
        name: network.spec().event_name(goal_event).into(),
        goal_event: goal_event.into(),
        dedup_id: uuid::Uuid::new_v4().to_string(),
        time: crate::server::now() - 30_000,
        click: Some(click),
        browser: Some(browser),
        external_id: Some("Customer12345".into()),
        email: Some("Al.ice+Apple@Example.Com".into()),
        email_sha256: None,
        phone: Some("+1 (555) 444-1234".into()),
        value: Some(("9.990".into(), "USD".into())),
        consent: Consent::Full,
        test: false,
    }
}

#[tokio::test]
async fn every_kind_of_conversion_is_taken() {
    let played = Played::start().await;
    for (network, to) in [tiktok(), reddit()] {
        let all: Vec<Event> =
            ["purchase", "wishlist_add", "wishlist_remove", "email_acquired", "level_reached"].map(|name| event(network, name)).into();
        let mut bare = Event { browser: None, external_id: None, email: None, phone: None, value: None, ..event(network, "purchase") };
        bare.click.as_mut().unwrap().rdt_uuid = None;
        let no_page = Browser { ip: None, user_agent: None, page_url: None, referrer: Some("https://r.example/".into()) };
        let several = vec![
            bare,
            Event { browser: Some(no_page), ..event(network, "purchase") },
            Event { browser: None, ..event(network, "purchase") },
            Event { consent: Consent::Anonymous, ..event(network, "purchase") },
            Event { email: Some("?".into()), phone: Some("?".into()), ..event(network, "purchase") },
            Event { email: None, email_sha256: Some("ab".repeat(32)), ..event(network, "purchase") },
        ];
        let full_call: Vec<Event> = (0..network.spec().batch).map(|_| event(network, "purchase")).collect();
        for events in [all, several, full_call] {
            let (verdict, words) = played.sent(network, &to, &events).await;
            assert_eq!(verdict, Events::All(Outcome::Accepted { note: None }), "{} {words}", network.spec().slug);
        }
        let test = Destination { test_code: Some("TEST12345".into()), ..to };
        let (verdict, words) = played.sent(network, &test, &[Event { test: true, ..event(network, "purchase") }]).await;
        assert_eq!(verdict, Events::All(Outcome::Accepted { note: None }), "{} {words}", network.spec().slug);
    }
}

#[tokio::test]
async fn a_conversion_without_a_click_is_taken_by_its_email() {
    let played = Played::start().await;
    let (network, to) = reddit();
    let only_email = Event { click: None, browser: None, external_id: None, phone: None, ..event(network, "purchase") };
    let (verdict, words) = played.sent(network, &to, &[only_email]).await;
    assert_eq!(verdict, Events::All(Outcome::Accepted { note: None }), "{words}");
}

#[tokio::test]
async fn a_test_event_without_a_test_code_counts_nowhere() {
    let played = Played::start().await;
    for (network, to) in [tiktok(), reddit()] {
        let (verdict, _) = played.sent(network, &to, &[Event { test: true, ..event(network, "purchase") }]).await;
        assert_eq!(verdict, Events::All(Outcome::Payload));
    }
}

#[tokio::test]
async fn one_bad_event_is_named_or_must_be_found() {
    let played = Played::start().await;
    for (network, to) in [tiktok(), reddit()] {
        let old = Event { time: crate::server::now() - network.spec().max_age - 60_000, ..event(network, "purchase") };
        let events = [event(network, "purchase"), old.clone(), event(network, "purchase")];
        match played.sent(network, &to, &events).await.0 {
            Events::Bad(bad) => assert_eq!(bad.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [1]),
            other => assert_eq!(other, Events::Some),
        }
        assert!(matches!(played.sent(network, &to, &[old]).await.0, Events::All(Outcome::Payload) | Events::Bad(_)));
    }
}

#[tokio::test]
async fn a_wrong_token_and_a_wrong_pixel_are_told_apart() {
    let played = Played::start().await;
    for (network, right) in [tiktok(), reddit()] {
        let events = [event(network, "purchase")];
        let token = to(&right.target_id, "wrong");
        assert_eq!(played.sent(network, &token, &events).await.0, Events::All(Outcome::Credentials));
        let strange = if network.spec().slug == "tiktok" { world::TIKTOK_FOREIGN_PIXEL } else { world::REDDIT_FOREIGN_PIXEL };
        let pixel = Destination { target_id: strange.into(), ..right };
        assert_eq!(played.sent(network, &pixel, &events).await.0, Events::All(Outcome::Permission));
    }
}

#[tokio::test]
async fn a_pasted_token_is_checked() {
    let played = Played::start().await;
    let (network, right) = reddit();
    let pasted = network.pasted().unwrap();
    let test = Destination { test_code: Some("t2_abc".into()), ..right.clone() };
    for (to, good) in [
        (right.clone(), Ok(())),
        (test, Ok(())),
        (to(world::REDDIT_PIXEL, "wrong"), Err("refused")),
        (to(world::REDDIT_FOREIGN_PIXEL, world::REDDIT_TOKEN), Err("no access")),
        (to(world::REDDIT_PIXEL, world::REDDIT_READ_TOKEN), Err("no access")),
    ] {
        let answer = played.answer(&pasted.probe(&played.settings, &to, crate::server::now())).await;
        let found = pasted.read_probe(&answer).map_err(|error| match error {
            ConnectError::Refused { .. } => "refused",
            ConnectError::NoAccess { .. } => "no access",
            other => panic!("{other}"),
        });
        assert_eq!(found, good, "{to:?}");
    }
}

/// Allows everything on the consent page and gives the code of the callback.
async fn consent(dialog: Url) -> String {
    let mut form: Vec<(String, String)> = dialog.query_pairs().into_owned().collect();
    form.push(("decision".into(), "allow".into()));
    for advertiser in [world::TIKTOK_ADVERTISER, world::TIKTOK_BIG_ADVERTISER] {
        form.push(("advertiser".into(), advertiser.into()));
    }
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
    let answer = client.post(dialog.as_str().split('?').next().unwrap()).form(&form).send().await.unwrap();
    let back = Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
    assert!(back.as_str().starts_with(REDIRECT));
    let name = find("tiktok").unwrap().oauth().unwrap().code_parameter();
    back.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned()
}

#[tokio::test]
async fn tiktok_is_connected_picked_from_used_and_given_back() {
    let played = Played::start().await;
    let (network, _) = tiktok();
    let oauth = network.oauth().unwrap();
    let code = consent(oauth.dialog(&played.settings, REDIRECT, "state-1").unwrap()).await;
    let exchange = oauth.exchange(&played.settings, REDIRECT, &code).unwrap();
    let token = oauth.read_exchange(&played.answer(&exchange).await, 0).unwrap().secret;
    assert!(matches!(oauth.read_exchange(&played.answer(&exchange).await, 0), Err(ConnectError::Refused { .. })), "a code is good once");

    let accounts = oauth.read_accounts(&played.answer(&oauth.accounts(&played.settings, &token, None).unwrap()).await).unwrap();
    let ids: Vec<&str> = accounts.list.iter().map(|choice| choice.id.as_str()).collect();
    assert_eq!(ids, [world::TIKTOK_ADVERTISER, world::TIKTOK_BIG_ADVERTISER]);

    let mut pixels = vec![];
    let mut cursor = None;
    loop {
        let request = oauth.targets(&played.settings, &token, world::TIKTOK_BIG_ADVERTISER, cursor.as_deref()).unwrap();
        let Choices { list, next } = oauth.read_targets(&played.answer(&request).await).unwrap();
        pixels.extend(list);
        cursor = next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(pixels.len(), world::TIKTOK_BIG_PIXELS);
    let strange = oauth.targets(&played.settings, &token, world::TIKTOK_FOREIGN_ADVERTISER, None).unwrap();
    assert!(matches!(oauth.read_targets(&played.answer(&strange).await), Err(ConnectError::NoAccess { .. })));

    let to = Destination { account_id: None, target_id: pixels[24].id.clone(), token: token.clone(), test_code: None };
    assert_eq!(played.sent(network, &to, &[event(network, "purchase")]).await.0, Events::All(Outcome::Accepted { note: None }));
    assert_eq!(played.answer(&oauth.revoke(&played.settings, &token).unwrap()).await.status, 200);
    assert_eq!(played.sent(network, &to, &[event(network, "purchase")]).await.0, Events::All(Outcome::Credentials));
}
