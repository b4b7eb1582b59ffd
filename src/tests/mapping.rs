//! Google Ads over the real pages and a simulated consent page: which boxes must be ticked, what can be picked, what goals are mapped to,
//! and what becomes of a conversion before and after.

use super::app::{EMAIL, PASSWORD, TestApp, Visitor};
use super::engines::{TestDb, both_engines};
use crate::model::HOUR;
use crate::model::action::{ActionState, GOAL_KEY, Mapping};
use crate::model::connection::{Connection, ParkCause};
use crate::model::game::KeyKind;
use crate::server::db::{actions, connection_changes, games, goals, on};
use crate::server::dispatch::{ask_until_idle, drain_until_idle};
use crate::server::simulator::{State, serve, world};
use crate::server::{games as making, now, people};
use crate::web::games::api::CreateGame;
use crate::web::goals::changes::{ChangeGoal, CreateGoal};
use crate::web::integrations::changes::{ConnectByConsent, Disconnect, MapGoals, PickTarget, RefreshActions, SendNow, TryAgain};
use reqwest::redirect::Policy;
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use url::Url;
use uuid::Uuid;

const GAME: &str = "emberfall";
const PAGE: &str = "/games/emberfall/settings/integrations/google";
const KEY: &str = "pk_mapping";
const BOTH: &[(&str, &str)] = &[
    ("grant", "https://www.googleapis.com/auth/datamanager"),
    ("grant", "https://www.googleapis.com/auth/adwords"),
    ("decision", "allow"),
];

/// Postbacks with a game and one goal, beside a simulator.
struct Beside {
    app: TestApp,
    visitor: Visitor,
    simulator: String,
    client: reqwest::Client,
    game_id: Uuid,
    goal: Uuid,
    _stop: oneshot::Sender<()>,
}

impl Beside {
    async fn start(db: TestDb) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let (address, _) =
            serve("127.0.0.1:0".parse().unwrap(), State::default().at_work_for(0), async { drop(stopped.await) }).await.unwrap();
        let simulator = format!("http://{address}");
        let settings = [
            ("POSTBACKS_GOOGLE_CLIENT_ID", world::GOOGLE_CLIENT_ID),
            ("POSTBACKS_GOOGLE_CLIENT_SECRET", world::GOOGLE_CLIENT_SECRET),
            ("POSTBACKS_GOOGLE_ACCOUNTS_URL", &simulator),
            ("POSTBACKS_GOOGLE_TOKEN_URL", &simulator),
            ("POSTBACKS_GOOGLE_ADS_URL", &simulator),
            ("POSTBACKS_GOOGLE_DATA_MANAGER_URL", &simulator),
        ];
        let app = TestApp::with(db, &settings).await;
        people::make_owner(&app.state.db, EMAIL, SecretString::from(PASSWORD), now()).await.unwrap().expect("the first owner");
        let mut visitor = app.owner().await;
        visitor.submit::<CreateGame>(&[("name", GAME), ("slug", GAME)]).await;
        let game_id = games::by_slug(&app.state.db, GAME).await.unwrap().unwrap().id;
        let mut tx = app.state.db.begin().await.unwrap();
        making::put_key(&mut tx, &app.state.sealer, game_id, KeyKind::Publishable, KEY, now()).await.unwrap();
        tx.commit().await.unwrap();
        visitor.submit::<CreateGoal>(&[("game", GAME), ("name", "Purchases"), ("event", "purchase"), ("trigger", "repeatable")]).await;
        let goal = goals::of_game(&app.state.db, game_id).await.unwrap()[0].id;
        let client = reqwest::Client::builder().redirect(Policy::none()).no_proxy().build().unwrap();
        Self { app, visitor, simulator, client, game_id, goal, _stop: stop }
    }

    fn page(&self) -> String {
        format!("{}{PAGE}", self.app.origin)
    }

    /// Out to the consent page and back with this decision; where the callback leads.
    async fn consent(&mut self, decision: &[(&str, &str)]) -> String {
        let page = self.page();
        let out = self.visitor.submit_from::<ConnectByConsent>(&page, &[("game", GAME), ("network", "google")]).await;
        let dialog = Url::parse(out.header("location")).unwrap();
        assert!(dialog.as_str().starts_with(&self.simulator), "{dialog}");
        let form: Vec<(String, String)> =
            dialog.query_pairs().into_owned().chain(decision.iter().map(|(name, value)| ((*name).into(), (*value).into()))).collect();
        let answer = self.client.post(dialog.as_str().split('?').next().unwrap()).form(&form).send().await.unwrap();
        let back = Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
        self.visitor.get(&format!("{}?{}", back.path(), back.query().unwrap())).await.location().to_owned()
    }

    async fn connect(&mut self) {
        let picker = self.consent(BOTH).await;
        let grant = picker.split_once("grant=").unwrap().1.split('&').next().unwrap().to_owned();
        let page = format!("{}{picker}", self.app.origin);
        let fields = [
            ("game", GAME),
            ("network", "google"),
            ("grant", &grant),
            ("account", world::GOOGLE_CUSTOMER),
            ("target", world::GOOGLE_CUSTOMER),
        ];
        let saved = self.visitor.submit_from::<PickTarget>(&page, &fields).await;
        assert!(saved.location().ends_with("?connected=yes"), "{saved:?}");
    }

    /// Where the form that maps the goal leads.
    async fn map(&mut self, goal: Uuid, action: &str) -> String {
        let (page, field) = (self.page(), format!("actions[{GOAL_KEY}{goal}]"));
        let fields = [("game", GAME), ("network", "google"), (field.as_str(), action)];
        self.visitor.submit_from::<MapGoals>(&page, &fields).await.location().to_owned()
    }

    async fn connection(&self) -> Option<Connection> {
        connection_changes::of_network(&self.app.state.db, self.game_id, "google").await.unwrap()
    }

    /// A player who comes by an ad and buys something.
    async fn purchase(&self) {
        let (player, time) = (Uuid::new_v4(), jiff::Timestamp::from_millisecond(now()).unwrap().to_string());
        let message = |more: Value| {
            let mut message = json!({"messageId": Uuid::new_v4(), "eventTimestamp": time, "anonymousId": player, "consentLevel": "anonymous",
                "context": {"library": "test", "libraryVersion": "1"}});
            message.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            message
        };
        let messages = [
            message(json!({"type": "page", "surface": "pixel", "properties": {"gclid": format!("Cj0-{player}")}})),
            message(
                json!({"type": "track", "surface": "unity", "eventName": "purchase", "properties": {"value": "12.99", "currency": "USD"}}),
            ),
        ];
        let request = self.client.post(format!("{}/v1/audience/messages", self.app.origin)).header("x-immutable-publishable-key", KEY);
        assert_eq!(request.json(&json!({ "messages": messages })).send().await.unwrap().status(), 200);
    }

    async fn drain(&self) {
        drain_until_idle(&self.app.state.dispatch(), now()).await;
    }

    /// Asks what became of everything accepted, as an hour from now.
    async fn ask(&self) {
        ask_until_idle(&self.app.state.dispatch(), now() + HOUR).await;
    }

    /// The page of the newest row of the log whose text holds this, and the text of that page.
    async fn attempt(&mut self, text: &str) -> String {
        let log = self.visitor.get(PAGE).await;
        let row =
            log.body.split("<tr").find(|row| row.contains("/attempts/") && row.contains(text)).unwrap_or_else(|| panic!("{text}: {log:?}"));
        let id = row.split("/attempts/").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        self.visitor.get(&format!("{PAGE}/attempts/{id}")).await.text()
    }

    async fn count(&self, sql: &'static str) -> i64 {
        let (count,): (i64,) = on!(&self.app.state.db, pool => sqlx::query_as(sql).fetch_one(pool).await).unwrap();
        count
    }

    async fn simulate(&self, path: &str, body: Value) {
        assert!(self.client.post(format!("{}/simulator/{path}", self.simulator)).json(&body).send().await.unwrap().status().is_success());
    }
}

both_engines! {
    async fn both_boxes_must_be_ticked_and_no_is_an_answer(db: TestDb) {
        let mut beside = Beside::start(db).await;
        let denied = beside.consent(&[("decision", "deny")]).await;
        assert!(denied.ends_with("/google?problem=denied"), "{denied}");
        let partly = beside.consent(&BOTH[1..]).await;
        assert!(partly.ends_with("/google?problem=no_access"), "{partly}");
        let page = beside.visitor.get(&partly).await.body;
        assert!(page.contains("Connect again and tick the one about Data Manager"), "{page}");
        assert_eq!(beside.connection().await, None);
        // Nobody else can use a code that was seen on its way: the proof key is this session's.
        let out = beside.visitor.submit_from::<ConnectByConsent>(&beside.page(), &[("game", GAME), ("network", "google")]).await;
        let dialog = out.header("location").to_owned();
        assert!(dialog.contains("code_challenge_method=S256") && !dialog.contains("code_verifier"), "{dialog}");
        assert_eq!(beside.count("select count(*) from oauth_states where verifier is not null").await, 1);
    }

    async fn accounts_under_a_manager_are_picked_and_reached_over_it(db: TestDb) {
        let mut beside = Beside::start(db).await;
        let picker = beside.consent(BOTH).await;
        let shown = beside.visitor.get(&picker).await.body;
        for account in [world::GOOGLE_CUSTOMER, world::GOOGLE_UNTRACKED_CUSTOMER, world::GOOGLE_DIRECT_CUSTOMER] {
            assert!(shown.contains(account), "{account}");
        }
        assert!(!shown.contains(world::GOOGLE_FOREIGN_CUSTOMER));
        for (account, says) in [(world::GOOGLE_UNTRACKED_CUSTOMER, "tracks no conversions yet"), (world::GOOGLE_NO_TERMS_CUSTOMER, "terms are not accepted")] {
            let body = beside.visitor.get(&format!("{picker}&account={account}")).await.body;
            assert!(body.contains(says), "{account}: {body}");
            assert!(body.contains("Pick another account") && body.contains(&picker), "{account}: {body}");
        }
        beside.connect().await;
        let connection = beside.connection().await.unwrap();
        assert_eq!(connection.account_through.as_deref(), Some(world::GOOGLE_MANAGER));
        assert_eq!((connection.target_id.as_str(), connection.account_name.as_deref()), (world::GOOGLE_CUSTOMER, Some("Sample Studio")));
        let page = beside.visitor.get(PAGE).await.body;
        assert!(page.contains("Through manager") && page.contains(world::GOOGLE_MANAGER), "{page}");
    }

    async fn both_stages_are_told_in_the_log_and_on_the_attempts_page(db: TestDb) {
        let mut beside = Beside::start(db).await;
        beside.connect().await;
        let goal = beside.goal;
        beside.map(goal, world::GOOGLE_PURCHASE_ACTION).await;
        beside.purchase().await;
        beside.drain().await;
        let waiting = beside.attempt("not confirmed yet").await;
        for part in ["it is not confirmed yet", "That is a receipt", "Google is asked whether it counts"] {
            assert!(waiting.contains(part), "{part}: {waiting}");
        }
        beside.ask().await;
        let confirmed = beside.attempt("confirmed").await;
        for part in ["Google accepted the postback and confirmed it", "Google counts the conversion.", "What Google said later", "requestStatus:retrieve"] {
            assert!(confirmed.contains(part), "{part}: {confirmed}");
        }
        for (reason, label, part) in [
            ("CLICK_NOT_FOUND", "not credited", "Nothing is wrong with it"),
            ("INVALID_GCLID", "INVALID_GCLID", "purchase, attempt 1, refused later"),
            ("TOO_RECENT_CLICK", "TOO_RECENT_CLICK", "Google took the postback and refused it later"),
        ] {
            let later = json!({"reason": format!("PROCESSING_ERROR_REASON_{reason}")});
            beside.simulate("faults", json!({"network": "google", "later": later, "times": 1})).await;
            beside.purchase().await;
            beside.drain().await;
            beside.ask().await;
            let page = beside.attempt(label).await;
            assert!(page.contains(part) && !page.contains("ya29."), "{part}: {page}");
        }
        let text = beside.visitor.get(&format!("{PAGE}?status=failed")).await.text();
        assert!(text.contains("1 of 1, newest first") && text.contains("INVALID_GCLID"), "{text}");
        let text = beside.visitor.get(&format!("{PAGE}?status=success")).await.text();
        assert!(text.contains("4 of 4, newest first") && text.contains("refused later"), "{text}");
    }

    async fn a_goal_is_forwarded_once_it_is_mapped(db: TestDb) {
        let mut beside = Beside::start(db).await;
        beside.connect().await;
        beside.purchase().await;
        assert_eq!(beside.count("select count(*) from conversions where decision = 'not_sent' and reason = 'goal_unmapped'").await, 1);
        let page = beside.visitor.get(PAGE).await.body;
        assert!(page.contains("Purchases is not forwarded") && page.contains("1 conversion stayed here"), "{page}");
        assert!(page.contains("First purchase") && !page.contains("Old purchase") && !page.contains("Site visits"));

        for wrong in [world::GOOGLE_HIDDEN_ACTION, world::GOOGLE_WEBPAGE_ACTION, world::GOOGLE_FOREIGN_ACTION, "1/2"] {
            assert!(beside.map(beside.goal, wrong).await.contains("__err="), "{wrong}");
        }
        assert!(beside.map(Uuid::now_v7(), world::GOOGLE_PURCHASE_ACTION).await.contains("__err="));
        let goal = beside.goal;
        assert!(beside.map(goal, world::GOOGLE_PURCHASE_ACTION).await.ends_with("?mapped=yes#actions"));
        let page = beside.visitor.get(PAGE).await.body;
        assert!(page.contains("Forwarded") && !page.contains("is not forwarded"), "{page}");

        beside.purchase().await;
        beside.drain().await;
        assert_eq!(beside.count("select count(*) from postbacks where state = 'accepted' and sent_as = 'First purchase'").await, 1);
        let log: Value = beside.client.get(format!("{}/simulator/ledger?network=google", beside.simulator)).send().await.unwrap().json().await.unwrap();
        let sent = &log["events"][0];
        assert_eq!((&sent["event"], &sent["outcome"], &sent["body"]["conversionValue"]), (&json!("700000001"), &json!("accepted"), &json!(12.99)));

        // Its name and event names change; what it is mapped to stays.
        beside.visitor.submit::<ChangeGoal>(&[("game", GAME), ("id", &goal.to_string()), ("name", "Every purchase"), ("names[tiktok]", "Bought")]).await;
        beside.purchase().await;
        assert_eq!(beside.count("select count(*) from conversions where decision = 'credited' and network = 'google'").await, 2);
        assert!(beside.map(goal, "").await.ends_with("?mapped=yes#actions"));
        beside.purchase().await;
        assert_eq!(beside.count("select count(*) from conversions where reason = 'goal_unmapped'").await, 2);
        assert_eq!(beside.count("select count(*) from audit_log where action = 'connection.mapped'").await, 2);
    }

    async fn an_action_that_has_gone_takes_nothing_and_says_so(db: TestDb) {
        let mut beside = Beside::start(db).await;
        beside.connect().await;
        let goal = beside.goal;
        beside.map(goal, world::GOOGLE_PURCHASE_ACTION).await;
        let id = beside.connection().await.unwrap().id;
        let former = crate::server::networks::contract::Action { id: "42".into(), name: "Former".into(), state: ActionState::Usable, window_days: None, once_per_click: false };
        let mut tx = beside.app.state.db.begin().await.unwrap();
        actions::replace(&mut tx, id, world::GOOGLE_CUSTOMER, &[former], now()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(beside.map(goal, "42").await, format!("{PAGE}?mapped=yes#actions"));
        let page = beside.page();
        beside.visitor.submit_from::<RefreshActions>(&page, &[("game", GAME), ("network", "google")]).await;
        let (list, read_at) = actions::of_connection(&beside.app.state.db, id).await.unwrap();
        let state = |id: &str| list.iter().find(|action| action.id == id).map(|action| (action.state, action.appeared_at.is_some()));
        assert!(read_at.is_some());
        assert_eq!(state("42"), Some((ActionState::Gone, true)));
        assert_eq!(state(world::GOOGLE_PURCHASE_ACTION), Some((ActionState::Usable, false)));
        let page = beside.visitor.get(PAGE).await.body;
        assert!(page.contains("list any more") && page.contains("Former (cannot be chosen)"), "{page}");
        beside.purchase().await;
        assert_eq!(beside.count("select count(*) from conversions where reason = 'goal_unmapped'").await, 1);
        // Under another target nothing of it is there.
        let mut tx = beside.app.state.db.begin().await.unwrap();
        actions::replace(&mut tx, id, world::GOOGLE_DIRECT_CUSTOMER, &[], now()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(actions::of_connection(&beside.app.state.db, id).await.unwrap().0, []);
    }

    async fn an_action_that_counts_a_click_once_meets_clicks_that_it_does_not_take(db: TestDb) {
        let mut beside = Beside::start(db).await;
        beside.connect().await;
        let goal = beside.goal;
        beside.map(goal, world::GOOGLE_SHORT_ACTION).await;
        beside.purchase().await;
        assert!(!beside.visitor.get(PAGE).await.text().contains("Not every conversion"));
        let message = json!({"type": "page", "surface": "pixel", "messageId": Uuid::new_v4(), "anonymousId": Uuid::new_v4(), "consentLevel": "anonymous",
            "eventTimestamp": jiff::Timestamp::from_millisecond(now()).unwrap().to_string(),
            "context": {"library": "test", "libraryVersion": "1"}, "properties": {"wbraid": "Cj0-w"}});
        let request = beside.client.post(format!("{}/v1/audience/messages", beside.app.origin)).header("x-immutable-publishable-key", KEY);
        assert_eq!(request.json(&json!({ "messages": [message] })).send().await.unwrap().status(), 200);
        let text = beside.visitor.get(PAGE).await.text();
        assert!(text.contains("Not every conversion of Purchases counts") && text.contains("1 click of that kind came"), "{text}");
        beside.map(goal, world::GOOGLE_PURCHASE_ACTION).await;
        assert!(!beside.visitor.get(PAGE).await.text().contains("Not every conversion"));
    }

    async fn what_stayed_here_for_want_of_an_action_can_be_sent_once_there_is_one(db: TestDb) {
        let mut beside = Beside::start(db).await;
        beside.connect().await;
        beside.purchase().await;
        let goal = beside.goal;
        let fields = [("game", GAME), ("network", "google"), ("goals[]", &goal.to_string())];
        beside.visitor.submit::<SendNow>(&fields).await;
        assert_eq!(beside.count("select count(*) from postbacks").await, 0, "it has none yet");
        beside.map(goal, world::GOOGLE_PURCHASE_ACTION).await;
        assert!(beside.visitor.get(PAGE).await.text().contains("1 conversion can be sent now"));
        beside.visitor.submit::<SendNow>(&fields).await;
        beside.drain().await;
        assert_eq!(beside.count("select count(*) from postbacks where state = 'accepted' and sent_as = 'First purchase'").await, 1);
    }

    async fn an_ended_consent_parks_and_signing_in_again_drains(db: TestDb) {
        let mut beside = Beside::start(db).await;
        beside.connect().await;
        let goal = beside.goal;
        beside.map(goal, world::GOOGLE_PURCHASE_ACTION).await;
        beside.simulate("tokens/expire", json!({"network": "google"})).await;
        beside.purchase().await;
        beside.drain().await;
        let parked = beside.connection().await.unwrap().parked.unwrap();
        assert_eq!((parked.cause, parked.words.as_str()), (ParkCause::Credentials, "Token has been expired or revoked."));
        let page = beside.page();
        beside.visitor.submit_from::<TryAgain>(&page, &[("game", GAME), ("network", "google")]).await;
        beside.drain().await;
        assert!(beside.connection().await.unwrap().parked.is_some());
        beside.connect().await;
        beside.drain().await;
        assert_eq!(beside.count("select count(*) from postbacks where state = 'accepted'").await, 1);
        assert!(beside.connection().await.unwrap().parked.is_none());
        // The mapping outlived it, and the app is taken away with the only connection.
        beside.visitor.submit_from::<Disconnect>(&page, &[("game", GAME), ("network", "google")]).await;
        let tokens: Value = beside.client.get(format!("{}/simulator/tokens", beside.simulator)).send().await.unwrap().json().await.unwrap();
        let alive = tokens["tokens"].as_array().unwrap().iter().filter(|token| token["network"] == "google" && token["state"] == "valid").count();
        assert_eq!(alive, 0);
    }
}

#[test]
fn what_is_mapped_to_nothing_usable_is_not_forwarded() {
    let mapping = Mapping {
        noun: String::new(),
        says: String::new(),
        choosable: String::new(),
        repeated_only: 0,
        repeated_says: String::new(),
        goals: vec![],
        actions: vec![],
        read_at: None,
    };
    assert_eq!(mapping.kept_back().count(), 0);
    assert!(ActionState::ALL.iter().all(|state| state.trouble().is_none() == (*state == ActionState::Usable)));
}
