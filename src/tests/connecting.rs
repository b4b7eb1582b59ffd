//! Connecting over the real pages and a simulated consent page: what is kept of a token, when its end is announced, and when it is given back.

use super::app::{EMAIL, PASSWORD, TestApp, Visitor};
use super::engines::{TestDb, both_engines};
use crate::model::DAY;
use crate::model::connection::Connection;
use crate::model::goal::{Goal, GoalStatus, Trigger};
use crate::server::db::{Db, connection_changes, games, goals};
use crate::server::dispatch::drain_until_idle;
use crate::server::simulator::{State, serve, world};
use crate::server::{now, people};
use crate::web::games::api::CreateGame;
use crate::web::integrations::changes::{ConnectByConsent, ConnectByToken, Disconnect, PickTarget, SaveTestCode, SendTestEvent};
use reqwest::redirect::Policy;
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use url::Url;
use uuid::Uuid;

const GAMES: [&str; 2] = ["emberfall", "tidewatch"];

/// Postbacks with two games, beside a simulator; a person gives their own ad accounts, unless `business`.
struct Beside {
    app: TestApp,
    visitor: Visitor,
    simulator: String,
    client: reqwest::Client,
    _stop: oneshot::Sender<()>,
}

impl Beside {
    async fn start(db: TestDb, business: bool) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let (address, _) = serve("127.0.0.1:0".parse().unwrap(), State::default(), async { drop(stopped.await) }).await.unwrap();
        let simulator = format!("http://{address}");
        let settings = [
            ("POSTBACKS_META_APP_ID", world::META_APP_ID),
            ("POSTBACKS_META_APP_SECRET", world::META_APP_SECRET),
            ("POSTBACKS_META_GRAPH_URL", &simulator),
            ("POSTBACKS_META_DIALOG_URL", &simulator),
            ("POSTBACKS_META_CONFIG_ID", if business { world::META_CONFIG_ID } else { "" }),
        ];
        let app = TestApp::with(db, &settings).await;
        people::make_owner(&app.state.db, EMAIL, SecretString::from(PASSWORD), now()).await.unwrap().expect("the first owner");
        let mut visitor = app.owner().await;
        for game in GAMES {
            visitor.submit::<CreateGame>(&[("name", game), ("slug", game)]).await;
        }
        let client = reqwest::Client::builder().redirect(Policy::none()).no_proxy().build().unwrap();
        Self { app, visitor, simulator, client, _stop: stop }
    }

    fn page(&self, game: &str) -> String {
        format!("{}/games/{game}/settings/integrations/meta", self.app.origin)
    }

    /// Out to the dialog and back with this decision; where the callback leads.
    async fn consent(&mut self, game: &str, decision: &[(&str, &str)]) -> String {
        let page = self.page(game);
        let out = self.visitor.submit_from::<ConnectByConsent>(&page, &[("game", game), ("network", "meta")]).await;
        let dialog = Url::parse(out.header("location")).unwrap();
        assert!(dialog.as_str().starts_with(&self.simulator), "{dialog}");
        let form: Vec<(String, String)> =
            dialog.query_pairs().into_owned().chain(decision.iter().map(|(name, value)| ((*name).into(), (*value).into()))).collect();
        let answer = self.client.post(dialog.as_str().split('?').next().unwrap()).form(&form).send().await.unwrap();
        let back = Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
        self.visitor.get(&format!("{}?{}", back.path(), back.query().unwrap())).await.location().to_owned()
    }

    async fn connect(&mut self, game: &str, decision: &[(&str, &str)], account: &str, target: &str) {
        let picker = self.consent(game, &[decision, &[("decision", "allow")]].concat()).await;
        let shown = self.visitor.get(&picker).await;
        assert!(shown.status == 200 && shown.body.contains(account), "{}", shown.body);
        let grant = picker.split_once("grant=").unwrap().1.split('&').next().unwrap().to_owned();
        let page = format!("{}{picker}", self.app.origin);
        let fields = [("game", game), ("network", "meta"), ("grant", &grant), ("account", account), ("target", target)];
        let saved = self.visitor.submit_from::<PickTarget>(&page, &fields).await;
        assert!(saved.location().ends_with("?connected=yes"), "{saved:?}");
    }

    async fn connection(&self, game: &str) -> Option<Connection> {
        let game = games::by_slug(&self.app.state.db, game).await.unwrap().unwrap();
        connection_changes::of_network(&self.app.state.db, game.id, "meta").await.unwrap()
    }

    async fn goal(&self, game: &str) -> Goal {
        let game = games::by_slug(&self.app.state.db, game).await.unwrap().unwrap();
        let goal = Goal {
            id: Uuid::now_v7(),
            game_id: game.id,
            name: "First Purchase".into(),
            description: String::new(),
            event: "purchase".into(),
            trigger: Trigger::OncePerPlayer,
            filter: None,
            status: GoalStatus::Active,
            created_at: now(),
            updated_at: now(),
        };
        let mut tx = self.app.state.db.begin().await.unwrap();
        goals::insert(&mut tx, &goal).await.unwrap();
        tx.commit().await.unwrap();
        goal
    }

    async fn disconnect(&mut self, game: &str) {
        let page = self.page(game);
        self.visitor.submit_from::<Disconnect>(&page, &[("game", game), ("network", "meta")]).await;
        assert_eq!(self.connection(game).await, None);
    }

    /// What became of the tokens that consent pages gave out, the short-lived ones included.
    async fn given_out(&self) -> Vec<String> {
        let answer = self.client.get(format!("{}/simulator/tokens", self.simulator)).send().await.unwrap();
        let tokens: Value = answer.json().await.unwrap();
        let given = |token: &&Value| token["network"] == "meta" && !token["token"].as_str().unwrap().starts_with("EAA");
        tokens["tokens"].as_array().unwrap().iter().filter(given).map(|token| token["state"].as_str().unwrap().to_owned()).collect()
    }
}

async fn ends_at(db: &Db, connection: &Connection, at: i64) {
    let sql = "update connections set secret_expires_at = $2 where id = $1";
    match db {
        Db::Sqlite { write, .. } => drop(sqlx::query(sql).bind(connection.id).bind(at).execute(write).await.unwrap()),
        Db::Postgres(pool, _) => drop(sqlx::query(sql).bind(connection.id).bind(at).execute(pool).await.unwrap()),
    }
}

const PERSON: &[(&str, &str)] = &[("account", world::META_AD_ACCOUNT), ("grant", "ads_management")];

both_engines! {
    async fn the_end_of_a_token_is_shown_and_announced_ten_days_before(db: TestDb) {
        let mut beside = Beside::start(db, true).await;
        beside.connect(GAMES[0], &[("account", world::META_BUSINESS)], world::META_BUSINESS, world::META_CLIENT_PIXEL).await;
        let connection = beside.connection(GAMES[0]).await.unwrap();
        assert_eq!((connection.account_name.as_deref(), connection.target_name.as_deref()), (Some("Sample Studio"), Some("Riverside site")));
        assert!(!connection.pasted && connection.secret_tail.is_none());
        assert!(connection.token_ends_at.is_some_and(|at| (at - now() - 60 * DAY).abs() < DAY));
        let page = "/games/emberfall/settings/integrations/meta";
        for (left, announced) in [(11 * DAY, "Token ends"), (10 * DAY - 1_000, "token ends soon"), (-DAY, "token has ended")] {
            ends_at(&beside.app.state.db, &connection, now() + left).await;
            let body = beside.visitor.get(page).await.body;
            assert!(body.contains(announced), "{announced}");
            assert_eq!(body.contains("Nothing is lost when it ends"), left < 10 * DAY);
            assert_eq!(body.contains("Meta ends an access after 60 days"), left < 10 * DAY);
        }
    }

    async fn the_app_is_taken_away_with_the_last_connection_of_a_person(db: TestDb) {
        let mut beside = Beside::start(db, false).await;
        for game in GAMES {
            beside.connect(game, PERSON, world::META_AD_ACCOUNT, world::META_PIXEL).await;
        }
        // A short-lived and a long-lived one each.
        assert_eq!(beside.given_out().await, ["valid"; 4]);
        beside.disconnect(GAMES[0]).await;
        assert_eq!(beside.given_out().await, ["valid"; 4]);
        beside.disconnect(GAMES[1]).await;
        assert_eq!(beside.given_out().await, ["revoked"; 4]);
    }

    async fn a_pasted_token_is_never_given_back(db: TestDb) {
        let mut beside = Beside::start(db, false).await;
        beside.connect(GAMES[0], PERSON, world::META_AD_ACCOUNT, world::META_PIXEL).await;
        let page = beside.page(GAMES[1]);
        let fields = [("game", GAMES[1]), ("network", "meta"), ("target", world::META_PIXEL), ("token", world::META_PASTED_TOKEN)];
        let saved = beside.visitor.submit_from::<ConnectByToken>(&page, &fields).await;
        assert!(saved.location().ends_with("?connected=yes"), "{saved:?}");
        let connection = beside.connection(GAMES[1]).await.unwrap();
        assert_eq!((connection.pasted, connection.secret_tail.as_deref(), connection.token_ends_at), (true, Some("0002"), None));
        beside.disconnect(GAMES[1]).await;
        assert_eq!(beside.given_out().await, ["valid"; 2]);
        // The pasted one hung on no consent, so it is the last connection of the person that goes now.
        beside.disconnect(GAMES[0]).await;
        assert_eq!(beside.given_out().await, ["revoked"; 2]);
    }

    async fn a_test_event_goes_the_whole_way_and_shows_request_and_answer(db: TestDb) {
        let mut beside = Beside::start(db, true).await;
        beside.connect(GAMES[0], &[("account", world::META_BUSINESS)], world::META_BUSINESS, world::META_PIXEL).await;
        let goal = beside.goal(GAMES[0]).await;
        let page = beside.page(GAMES[0]);
        let fields = [("game", GAMES[0]), ("network", "meta"), ("goal", &goal.id.to_string())];
        // Without a test code nothing is made up.
        let refused = beside.visitor.submit_from::<SendTestEvent>(&page, &fields).await;
        let says = beside.visitor.get(refused.location()).await.body;
        assert!(says.contains("a test event can be sent from here"), "{says}");
        let code = [("game", GAMES[0]), ("network", "meta"), ("test_code", "TEST12345")];
        beside.visitor.submit_from::<SaveTestCode>(&page, &code).await;

        let dispatch = beside.app.state.dispatch();
        let sending = async {
            loop {
                drain_until_idle(&dispatch, now()).await;
                tokio::task::yield_now().await;
            }
        };
        let sent = tokio::select! {
            sent = beside.visitor.submit_from::<SendTestEvent>(&page, &fields) => sent,
            () = sending => unreachable!("it goes on"),
        };
        assert!(sent.location().contains("/settings/integrations/meta/attempts/"), "{sent:?}");
        let attempt = beside.visitor.get(sent.location()).await.body;
        for shown in ["Test", "Success", "TEST12345", "events_received", "fb.1.", "Purchase"] {
            assert!(attempt.contains(shown), "{shown}: {attempt}");
        }
        let ledger: Value = beside.client.get(format!("{}/simulator/ledger", beside.simulator)).send().await.unwrap().json().await.unwrap();
        assert_eq!((&ledger["events"][0]["test"], &ledger["events"][0]["outcome"]), (&json!(true), &json!("accepted")));
    }

    async fn what_was_denied_or_left_out_changes_nothing(db: TestDb) {
        let mut beside = Beside::start(db, false).await;
        let denied = beside.consent(GAMES[0], &[("decision", "deny")]).await;
        assert!(denied.ends_with("/meta?problem=denied"), "{denied}");
        let partly = [("account", world::META_AD_ACCOUNT), ("grant", "business_management"), ("decision", "allow")];
        let refused = beside.consent(GAMES[0], &partly).await;
        assert!(refused.ends_with("/meta?problem=no_access"), "{refused}");
        let page = beside.visitor.get(&refused).await.body;
        assert!(page.contains("None of ads_management, ads_read was allowed"), "{page}");
        assert_eq!(beside.connection(GAMES[0]).await, None);
    }
}
