//! The networks against the simulator, over real HTTP: two readings of each wire page, made apart, agree.

mod google;

use crate::model::conversion::Consent;
use crate::server::networks::contract::{
    Browser, Choice, ClickIds, ConnectError, Destination, Event, Events, Network, OAuth, Outcome, Request, SettingKind, Settings, Token,
};
use crate::server::networks::{self, addresses, find, http::Http};
use crate::server::simulator::sample::SAMPLES;
use crate::server::simulator::{State, serve, world};
use secrecy::SecretString;
use tokio::sync::oneshot;
use url::Url;

/// Verifier and challenge of RFC 7636, appendix B.
const PROOF: (&str, &str) = ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
const REDIRECT: &str = "http://127.0.0.1:3000/oauth/network/callback";

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
        for setting in networks::settings() {
            let sample = SAMPLES.iter().flat_map(|sample| sample.settings).find(|(name, _)| *name == setting.env).map(|(_, value)| *value);
            match (setting.kind, sample) {
                (SettingKind::Url, _) => drop(settings.plain.insert(setting.env, format!("http://{address}"))),
                (SettingKind::Secret, Some(value)) => drop(settings.secret.insert(setting.env, SecretString::from(value))),
                (_, Some(value)) => drop(settings.plain.insert(setting.env, value.into())),
                (_, None) => {}
            }
        }
        let http = Http::new(&addresses(&settings)).unwrap();
        Self { settings, http, _stop: stop }
    }

    async fn answer(&self, request: &Request) -> crate::server::networks::contract::Answer {
        self.http.send(request).await.result.unwrap()
    }

    /// What sending these events comes to, with the network's words.
    async fn sent(&self, network: &dyn Network, to: &Destination, events: &[Event]) -> (Events, String) {
        let answer = self.answer(&network.request(&self.settings, to, events)).await;
        let test = events.iter().any(|event| event.test);
        let verdict = if test { network.verdict_of_test(&answer, events.len()) } else { network.verdict(&answer, events.len()) };
        (verdict.events, verdict.words.unwrap_or_default())
    }
}

fn tiktok() -> (&'static dyn Network, Destination) {
    (find("tiktok").unwrap(), to(world::TIKTOK_PIXEL, world::TIKTOK_TOKEN))
}

fn reddit() -> (&'static dyn Network, Destination) {
    (find("reddit").unwrap(), to(world::REDDIT_PIXEL, world::REDDIT_TOKEN))
}

/// A dataset by a token of our own app, and by a pasted one.
fn meta() -> (&'static dyn Network, Destination) {
    (find("meta").unwrap(), Destination { pasted: false, ..to(world::META_PIXEL, world::META_TOKEN) })
}

fn meta_pasted() -> (&'static dyn Network, Destination) {
    (find("meta").unwrap(), to(world::META_PIXEL, world::META_PASTED_TOKEN))
}

/// A customer under a manager, with an access token.
fn google() -> (&'static dyn Network, Destination) {
    let through = Some(world::GOOGLE_MANAGER.to_owned());
    (find("google").unwrap(), Destination { through, pasted: false, ..to(world::GOOGLE_CUSTOMER, world::GOOGLE_ACCESS_TOKEN) })
}

/// Every network, by each of its ways.
fn all() -> [(&'static dyn Network, Destination); 6] {
    [tiktok(), meta(), meta_pasted(), google(), google::over_the_import(), reddit()]
}

fn to(target: &str, token: &str) -> Destination {
    Destination {
        account_id: None,
        through: None,
        target_id: target.into(),
        token: SecretString::from(token),
        pasted: true,
        test_code: None,
    }
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
        action: network.spec().action.map(|_| world::GOOGLE_PURCHASE_ACTION.to_owned()),
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
    for (network, to) in all() {
        let all: Vec<Event> =
            ["purchase", "wishlist_add", "wishlist_remove", "email_acquired", "level_reached"].map(|name| event(network, name)).into();
        let mut bare = Event { browser: None, external_id: None, email: None, phone: None, value: None, ..event(network, "wishlist_add") };
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
            assert!(events.iter().all(|event| network.unfit(event).is_none()));
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
    for (network, to) in all().into_iter().filter(|(network, _)| network.spec().test.is_some()) {
        let (verdict, _) = played.sent(network, &to, &[Event { test: true, ..event(network, "purchase") }]).await;
        assert_eq!(verdict, Events::All(Outcome::Payload));
    }
}

#[tokio::test]
async fn one_bad_event_is_named_or_must_be_found() {
    let played = Played::start().await;
    for (network, to) in all() {
        let old = match network.spec().slug {
            // Google finds out later how old an event is.
            "google" => Event { value: Some(("5".into(), "USDX".into())), ..event(network, "purchase") },
            _ => Event { time: crate::server::now() - network.spec().max_age - 60_000, ..event(network, "purchase") },
        };
        let events = [event(network, "purchase"), old.clone(), event(network, "purchase")];
        match played.sent(network, &to, &events).await.0 {
            Events::Bad(bad) => assert_eq!(bad.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [1]),
            Events::Each(each) => {
                assert!(each.iter().map(|one| one.outcome == Outcome::Payload).eq([false, true, false]), "{each:?}");
            }
            other => assert_eq!(other, Events::Some),
        }
        assert!(matches!(played.sent(network, &to, &[old]).await.0, Events::All(Outcome::Payload) | Events::Bad(_)));
    }
}

#[tokio::test]
async fn a_wrong_token_and_a_wrong_pixel_are_told_apart() {
    let played = Played::start().await;
    for (network, right) in all() {
        let events = [event(network, "purchase")];
        let token = Destination { token: SecretString::from("wrong"), ..right.clone() };
        assert_eq!(played.sent(network, &token, &events).await.0, Events::All(Outcome::Credentials));
        let strange = match network.spec().slug {
            "tiktok" => world::TIKTOK_FOREIGN_PIXEL,
            "meta" => world::META_FOREIGN_PIXEL,
            "google" => world::GOOGLE_FOREIGN_CUSTOMER,
            _ => world::REDDIT_FOREIGN_PIXEL,
        };
        let pixel = Destination { target_id: strange.into(), ..right };
        assert_eq!(played.sent(network, &pixel, &events).await.0, Events::All(Outcome::Permission));
    }
}

#[tokio::test]
async fn what_is_not_fit_would_be_refused() {
    let played = Played::start().await;
    let (network, to) = meta();
    let nobody = Event { click: None, external_id: None, email: None, phone: None, ..event(network, "wishlist_add") };
    let agent_alone = Browser { ip: None, ..nobody.browser.clone().unwrap() };
    for unfit in [
        Event { value: None, ..event(network, "purchase") },
        Event { browser: Some(agent_alone), ..nobody.clone() },
        Event { browser: None, ..nobody },
    ] {
        assert!(network.unfit(&unfit).is_some());
        assert_eq!(played.sent(network, &to, &[unfit]).await.0, Events::All(Outcome::Payload));
    }
}

#[tokio::test]
async fn a_proof_of_the_secret_goes_with_our_own_apps_tokens_alone() {
    let played = Played::start().await;
    for (network, right) in [meta(), meta_pasted()] {
        let wrong = Destination { pasted: !right.pasted, ..right };
        assert_eq!(played.sent(network, &wrong, &[event(network, "purchase")]).await.0, Events::All(Outcome::Credentials));
    }
}

#[tokio::test]
async fn a_pasted_token_is_checked() {
    let played = Played::start().await;
    let test_code = |to: &Destination| Destination { test_code: Some("t2_abc".into()), ..to.clone() };
    let (reddit, of_reddit) = reddit();
    let (meta, of_meta) = meta_pasted();
    for (network, to, good) in [
        (reddit, of_reddit.clone(), Ok(())),
        (reddit, test_code(&of_reddit), Ok(())),
        (reddit, to(world::REDDIT_PIXEL, "wrong"), Err("refused")),
        (reddit, to(world::REDDIT_FOREIGN_PIXEL, world::REDDIT_TOKEN), Err("no access")),
        (reddit, to(world::REDDIT_PIXEL, world::REDDIT_READ_TOKEN), Err("no access")),
        (meta, of_meta.clone(), Ok(())),
        (meta, test_code(&of_meta), Ok(())),
        (meta, to(world::META_PIXEL, "wrong"), Err("refused")),
        (meta, to(world::META_FOREIGN_PIXEL, world::META_PASTED_TOKEN), Err("no access")),
        (meta, to(world::META_PIXEL, world::META_READ_TOKEN), Err("no access")),
    ] {
        let pasted = network.pasted().unwrap();
        let answer = played.answer(&pasted.probe(&played.settings, &to, crate::server::now())).await;
        let found = pasted.read_probe(&answer).map_err(|error| match error {
            ConnectError::Refused { .. } => "refused",
            ConnectError::NoAccess { .. } => "no access",
            other => panic!("{other}"),
        });
        assert_eq!(found, good, "{to:?}");
    }
}

/// Allows everything on the consent page, with these fields of its form besides, and gives the code of the callback.
async fn consent(oauth: &dyn OAuth, dialog: Url, more: &[(&str, &str)]) -> String {
    let mut form: Vec<(String, String)> = dialog.query_pairs().into_owned().collect();
    form.push(("decision".into(), "allow".into()));
    form.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
    let answer = client.post(dialog.as_str().split('?').next().unwrap()).form(&form).send().await.unwrap();
    let back = Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
    assert!(back.as_str().starts_with(REDIRECT));
    back.query_pairs().find(|(key, _)| key == oauth.code_parameter()).unwrap().1.into_owned()
}

impl Played {
    /// From the dialog to a token that is whole.
    async fn token(&self, oauth: &dyn OAuth, more: &[(&str, &str)]) -> Result<Token, ConnectError> {
        let (verifier, challenge) = PROOF;
        let dialog = oauth.with_challenge(oauth.dialog(&self.settings, REDIRECT, "state-1").unwrap(), challenge);
        let code = consent(oauth, dialog, more).await;
        let exchange = oauth.with_verifier(oauth.exchange(&self.settings, REDIRECT, &code).unwrap(), &SecretString::from(verifier));
        let now = crate::server::now();
        let mut token = oauth.read_exchange(&self.answer(&exchange).await, now)?;
        assert!(
            matches!(oauth.read_exchange(&self.answer(&exchange).await, now), Err(ConnectError::Refused { .. })),
            "a code is good once"
        );
        while let Some(request) = oauth.next(&self.settings, &token).unwrap() {
            token = oauth.read_next(&self.settings, token, &self.answer(&request).await, now)?;
        }
        Ok(token)
    }

    async fn accounts(&self, oauth: &dyn OAuth, token: &Token) -> Vec<Choice> {
        let (mut list, mut cursor) = (vec![], None);
        loop {
            let request = oauth.accounts(&self.settings, &token.secret, cursor.as_deref()).unwrap();
            let page = oauth.read_accounts(cursor.as_deref(), &self.answer(&request).await).unwrap();
            list.extend(page.list);
            cursor = page.next;
            if cursor.is_none() {
                return list;
            }
        }
    }

    async fn targets(&self, oauth: &dyn OAuth, token: &Token, account: &str) -> Result<Vec<Choice>, ConnectError> {
        let account = Choice::new(account, "");
        let (mut list, mut cursor) = (vec![], None);
        loop {
            let request = oauth.targets(&self.settings, &token.secret, &account, cursor.as_deref()).unwrap();
            let page = oauth.read_targets(&account, cursor.as_deref(), &self.answer(&request).await)?;
            list.extend(page.list);
            cursor = page.next;
            if cursor.is_none() {
                return Ok(list);
            }
        }
    }
}

fn ids(list: &[Choice]) -> Vec<&str> {
    list.iter().map(|choice| choice.id.as_str()).collect()
}

#[tokio::test]
async fn tiktok_is_connected_picked_from_used_and_given_back() {
    let played = Played::start().await;
    let (network, _) = tiktok();
    let oauth = network.oauth().unwrap();
    let picks = [world::TIKTOK_ADVERTISER, world::TIKTOK_BIG_ADVERTISER].map(|id| ("advertiser", id));
    let token = played.token(oauth, &picks).await.unwrap();
    assert_eq!(ids(&played.accounts(oauth, &token).await), [world::TIKTOK_ADVERTISER, world::TIKTOK_BIG_ADVERTISER]);
    let pixels = played.targets(oauth, &token, world::TIKTOK_BIG_ADVERTISER).await.unwrap();
    assert_eq!(pixels.len(), world::TIKTOK_BIG_PIXELS);
    assert!(matches!(played.targets(oauth, &token, world::TIKTOK_FOREIGN_ADVERTISER).await, Err(ConnectError::NoAccess { .. })));
    let to = Destination { token: token.secret, pasted: false, ..to(&pixels[24].id, "") };
    assert_eq!(played.sent(network, &to, &[event(network, "purchase")]).await.0, Events::All(Outcome::Accepted { note: None }));
    assert_eq!(played.answer(&oauth.revoke(&played.settings, &to).unwrap()).await.status, 200);
    assert_eq!(played.sent(network, &to, &[event(network, "purchase")]).await.0, Events::All(Outcome::Credentials));
}

#[tokio::test]
async fn a_business_lets_meta_in_by_its_system_user() {
    let played = Played::start().await;
    let (network, _) = meta();
    let oauth = network.oauth().unwrap();
    let token = played.token(oauth, &[("account", world::META_BUSINESS)]).await.unwrap();
    assert_eq!(token.holder.as_deref(), Some(world::META_SYSTEM_USER));
    assert!(token.expires_at.is_some_and(|at| at > crate::server::now()));
    let accounts = played.accounts(oauth, &token).await;
    assert_eq!(accounts, [Choice::new(world::META_BUSINESS, "Sample Studio")]);
    let datasets = played.targets(oauth, &token, world::META_BUSINESS).await.unwrap();
    // Its own on two pages, then its client's.
    assert_eq!(datasets.len(), 2 + world::META_BIG_PIXELS + 1);
    assert_eq!(datasets.last().unwrap().id, world::META_CLIENT_PIXEL);
    for dataset in [world::META_PIXEL, world::META_CLIENT_PIXEL] {
        let to =
            Destination { token: token.secret.clone(), account_id: Some(world::META_BUSINESS.into()), pasted: false, ..to(dataset, "") };
        assert_eq!(played.sent(network, &to, &[event(network, "purchase")]).await.0, Events::All(Outcome::Accepted { note: None }));
        assert!(oauth.revoke(&played.settings, &to).is_none());
    }
}

#[tokio::test]
async fn a_person_lets_meta_in_by_their_ad_accounts() {
    let mut played = Played::start().await;
    played.settings.plain.remove("POSTBACKS_META_CONFIG_ID");
    let (network, _) = meta();
    let oauth = network.oauth().unwrap();
    let picks = [("account", world::META_BIG_AD_ACCOUNT), ("grant", "ads_management"), ("grant", "business_management")];
    let token = played.token(oauth, &picks).await.unwrap();
    // Long-lived by now.
    assert!(token.expires_at.is_some_and(|at| at > crate::server::now() + 59 * crate::model::DAY));
    assert_eq!(token.holder.as_deref(), Some(world::META_PERSON));
    assert_eq!(ids(&played.accounts(oauth, &token).await), [world::META_BIG_AD_ACCOUNT]);
    let datasets = played.targets(oauth, &token, world::META_BIG_AD_ACCOUNT).await.unwrap();
    assert_eq!(datasets.len(), world::META_BIG_PIXELS);
    assert!(matches!(played.targets(oauth, &token, world::META_FOREIGN_AD_ACCOUNT).await, Err(ConnectError::NoAccess { .. })));
    let account_id = Some(world::META_BIG_AD_ACCOUNT.to_owned());
    let to = Destination { token: token.secret, account_id, pasted: false, ..to(&datasets[29].id, "") };
    assert_eq!(played.sent(network, &to, &[event(network, "purchase")]).await.0, Events::All(Outcome::Accepted { note: None }));
    assert_eq!(played.answer(&oauth.revoke(&played.settings, &to).unwrap()).await.status, 200);
    assert_eq!(played.sent(network, &to, &[event(network, "purchase")]).await.0, Events::All(Outcome::Credentials));

    let partly = played.token(oauth, &[("account", world::META_AD_ACCOUNT), ("grant", "business_management")]).await;
    assert!(matches!(partly, Err(ConnectError::NoAccess { .. })), "without the right to send there is no connection");
}
