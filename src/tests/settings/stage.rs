//! A game `emberfall` whose networks are played by the simulator, with its owner, a member who reads, and a stranger who has
//! a game of their own, `tidebound`.

use crate::model::game::KeyKind;
use crate::model::user::Role;
use crate::server::db::{Db, api_keys, attempts, games, goals, on, users};
use crate::server::demo::seed;
use crate::server::dispatch::drain_until_idle;
use crate::server::networks::played_at;
use crate::server::simulator::{self, State, world};
use crate::server::{games as making, now};
use crate::tests::app::{Answer, EMAIL, TestApp, Visitor};
use crate::tests::engines::TestDb;
use crate::tests::people;
use crate::web::goals::changes::CreateGoal;
use crate::web::integrations::changes::{ConnectByConsent, ConnectByToken, PickTarget};
use reqwest::Client;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use url::Url;
use uuid::Uuid;

pub const GAME: &str = "/games/emberfall";
pub const SETTINGS: &str = "/games/emberfall/settings";
pub const TIKTOK: &str = "/games/emberfall/settings/integrations/tiktok";
pub const REDDIT: &str = "/games/emberfall/settings/integrations/reddit";
pub const GOOGLE: &str = "/games/emberfall/settings/integrations/google";
const MEMBER: &str = "mia@ashgrove.example";
const STRANGER: &str = "sam@tide.example";

pub struct Stage {
    pub app: TestApp,
    pub owner: Visitor,
    pub member: Visitor,
    pub stranger: Visitor,
    simulator: String,
    client: Client,
    _stop: oneshot::Sender<()>,
}

impl Stage {
    pub async fn set(db: TestDb) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let (address, _) = simulator::serve("127.0.0.1:0".parse().unwrap(), State::default(), async { drop(stopped.await) }).await.unwrap();
        let simulator = format!("http://{address}");
        let addresses: Vec<(&str, String)> = played_at(&simulator).collect();
        let mut more: Vec<(&str, &str)> = addresses.iter().map(|(name, address)| (*name, address.as_str())).collect();
        more.extend([("POSTBACKS_TIKTOK_APP_ID", world::TIKTOK_APP_ID), ("POSTBACKS_TIKTOK_APP_SECRET", world::TIKTOK_APP_SECRET)]);
        more.extend([
            ("POSTBACKS_GOOGLE_CLIENT_ID", world::GOOGLE_CLIENT_ID),
            ("POSTBACKS_GOOGLE_CLIENT_SECRET", world::GOOGLE_CLIENT_SECRET),
        ]);
        let app = TestApp::owned_with(db, &more).await;
        let owner = app.owner_with_game().await;
        let member = people::someone_in(&app, MEMBER, "emberfall", Role::Member).await;
        let stranger = people::somebody(&app, STRANGER).await;
        let (account, _) = users::by_email(&app.state.db, STRANGER).await.unwrap().unwrap();
        making::create(&app.state, &account, "Tidebound", "tidebound", now()).await.unwrap();
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
        Self { app, owner, member, stranger, simulator, client, _stop: stop }
    }

    /// The same with a goal on purchases, once per player, and both networks connected.
    pub async fn connected(db: TestDb) -> Self {
        let mut stage = Self::set(db).await;
        stage.goal("First Purchase", "purchase").await;
        stage.connect_tiktok(world::TIKTOK_PIXEL).await;
        stage.connect_reddit().await;
        stage
    }

    pub fn db(&self) -> &Db {
        &self.app.state.db
    }

    pub async fn game_id(&self) -> Uuid {
        games::by_slug(self.db(), "emberfall").await.unwrap().unwrap().id
    }

    /// A key as it is stored in plain: the publishable one.
    pub async fn publishable_key(&self) -> String {
        let keys = api_keys::of_game(self.db(), self.game_id().await).await.unwrap();
        keys.into_iter().find(|key| key.kind == KeyKind::Publishable.word()).and_then(|key| key.plain).unwrap()
    }

    /// Makes an active goal by its form.
    pub async fn goal(&mut self, name: &str, event: &str) -> Uuid {
        let fields = [("game", "emberfall"), ("name", name), ("event", event), ("trigger", "once")];
        let answer = self.owner.submit::<CreateGoal>(&fields).await;
        assert!(answer.location().contains("done=created"), "{answer:?}");
        let all = goals::of_game(self.db(), self.game_id().await).await.unwrap();
        all.into_iter().find(|goal| goal.name == name).expect("it was made").id
    }

    /// Presses Connect; the address of the network's consent page.
    pub async fn consent_page(&mut self) -> Url {
        let answer = self.owner.submit::<ConnectByConsent>(&[("game", "emberfall"), ("network", "tiktok"), ("popup", "false")]).await;
        Url::parse(answer.header("location")).unwrap_or_else(|_| panic!("{answer:?}"))
    }

    /// Decides on the consent page (`allow` or `deny`), for both ad accounts; the path that it sends the browser back to.
    pub async fn decide(&self, dialog: &Url, decision: &str) -> String {
        let mut form: Vec<(String, String)> = dialog.query_pairs().into_owned().collect();
        form.push(("decision".into(), decision.into()));
        for advertiser in [world::TIKTOK_ADVERTISER, world::TIKTOK_BIG_ADVERTISER] {
            form.push(("advertiser".into(), advertiser.into()));
        }
        let answer = self.client.post(dialog.as_str().split('?').next().unwrap()).form(&form).send().await.unwrap();
        let back = answer.headers()["location"].to_str().unwrap();
        back.strip_prefix(&self.app.origin).expect("the way back is ours").to_owned()
    }

    /// Connects as the owner does, up to the picker; the grant's id.
    pub async fn grant(&mut self) -> String {
        let dialog = self.consent_page().await;
        let back = self.decide(&dialog, "allow").await;
        let answer = self.owner.get(&back).await;
        let (page, grant) = answer.location().split_once("?grant=").unwrap_or_else(|| panic!("{answer:?}"));
        assert_eq!(page, format!("{TIKTOK}/connect"));
        grant.to_owned()
    }

    /// Picks in the picker's form, with these fields besides.
    pub async fn pick(&mut self, grant: &str, account: &str, target: &str, more: &[(&str, &str)]) -> Answer {
        let page = format!("{}{TIKTOK}/connect?grant={grant}&account={account}", self.app.origin);
        let fields = [("game", "emberfall"), ("network", "tiktok"), ("grant", grant), ("account", account), ("target", target)];
        self.owner.submit_from::<PickTarget>(&page, &[&fields[..], more].concat()).await
    }

    pub async fn connect_tiktok(&mut self, pixel: &str) {
        let grant = self.grant().await;
        let answer = self.pick(&grant, world::TIKTOK_ADVERTISER, pixel, &[]).await;
        assert_eq!(answer.location(), format!("{TIKTOK}?connected=yes"), "{answer:?}");
    }

    /// Submits the form of a pasted token.
    pub async fn paste(&mut self, target: &str, token: &str, test_code: &str) -> Answer {
        let page = format!("{}{REDDIT}", self.app.origin);
        let fields = [("game", "emberfall"), ("network", "reddit"), ("target", target), ("token", token), ("test_code", test_code)];
        self.owner.submit_from::<ConnectByToken>(&page, &fields).await
    }

    pub async fn connect_reddit(&mut self) {
        let answer = self.paste(world::REDDIT_PIXEL, world::REDDIT_TOKEN, "").await;
        assert_eq!(answer.location(), format!("{REDDIT}?connected=yes"), "{answer:?}");
    }

    /// Connects Google as the simulator's sample, its goals mapped to the sample's actions.
    pub async fn connect_google(&self) {
        let (account, _) = users::by_email(self.db(), EMAIL).await.unwrap().unwrap();
        let game = games::by_slug(self.db(), "emberfall").await.unwrap().unwrap();
        seed::connect(&self.app.state, &account, &game, "google", now()).await.unwrap();
    }

    /// Sends messages to the audience API; they must all be accepted.
    pub async fn send(&self, messages: &[Value]) {
        let key = self.publishable_key().await;
        for batch in messages.chunks(100) {
            let request = self.client.post(format!("{}/v1/audience/messages", self.app.origin));
            let request = request.header("x-immutable-publishable-key", &key).json(&json!({ "messages": batch }));
            let answer: Value = request.send().await.unwrap().json().await.unwrap();
            assert_eq!(answer["accepted"], batch.len(), "{answer}");
        }
    }

    /// A player lands by an ad (`ttclid`, `rdt_cid`, …) and buys something.
    pub async fn purchase(&self, click: &str) {
        self.send(&purchase(click)).await;
    }

    /// Sends all that is due.
    pub async fn deliver(&self) {
        drain_until_idle(&self.app.state.dispatch(), now()).await;
    }

    /// The newest attempt of a network's log.
    pub async fn newest_attempt(&self, network: &str) -> Uuid {
        let scope = attempts::Scope { game_id: self.game_id().await, network: network.into(), since: 0, status: None };
        attempts::page(self.db(), &scope, &Default::default()).await.unwrap().0[0].id
    }

    /// Scripts a fault, or turns tokens off and on.
    pub async fn simulate(&self, path: &str, body: Value) {
        let answer = self.client.post(format!("{}/simulator/{path}", self.simulator)).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap());
    }

    /// Everything that people can change, as one text: two equal ones mean that nothing was changed.
    pub async fn kept(&self) -> String {
        let mut kept = String::new();
        for text in KEPT.iter().copied() {
            let rows: Vec<(String,)> = on!(self.db(), pool => sqlx::query_as(text).fetch_all(pool).await).unwrap();
            rows.iter().for_each(|(row,)| kept.push_str(&format!("{row}\n")));
        }
        kept
    }
}

/// One column of text each, in an order that does not change by itself.
const KEPT: &[&str] = &[
    "select 'game ' || slug || ' ' || name || ' ' || time_zone || ' ' || cast(window_days as text) || ' ' || cast(keep_messages_days as text) || ' '
     || cast(keep_attempts_days as text) from games order by slug",
    "select 'goal ' || name || ' ' || description || ' ' || event || ' ' || trigger_kind || ' ' || coalesce(filter, '') || ' ' || status from goals order by id",
    "select 'mapping ' || network || ' ' || target from mappings order by goal_id, network",
    "select 'key ' || key_hash from api_keys order by key_hash",
    "select 'connection ' || network || ' ' || target_id || ' ' || coalesce(account_id, '') || ' ' || coalesce(test_code, '') || ' '
     || coalesce(secret, '') || ' ' || case when enabled then 'on' else 'off' end || ' ' || coalesce(parked_cause, '') || ' ' || coalesce(transport, '')
     from connections where connected order by network",
    "select 'waits ' || cast(count(*) as text) from queue",
    "select 'did ' || who || ' ' || action || ' ' || subject || ' ' || detail from audit_log order by time, id",
];

/// The messages of one player who lands by an ad and buys something.
pub fn purchase(click: &str) -> Vec<Value> {
    let player = Uuid::new_v4().to_string();
    vec![landing(&player, click), bought(&player)]
}

/// The page that a player lands on, with the click id of an ad in its address; none for an empty `click`.
pub fn landing(player: &str, click: &str) -> Value {
    let id = Uuid::new_v4().simple();
    let query = match click {
        "" => String::new(),
        "ttclid" => format!("?ttclid=E.C.P.{id}"),
        _ => format!("?{click}={id}"),
    };
    let page = format!("https://emberfall.example/{query}");
    message(player, json!({ "type": "page", "surface": "pixel", "context": { "library": "test", "libraryVersion": "1", "pageUrl": page } }))
}

pub fn bought(player: &str) -> Value {
    message(
        player,
        json!({ "type": "track", "surface": "unity", "eventName": "purchase", "properties": { "currency": "USD", "value": "12.99" } }),
    )
}

/// A message of the player, now, with these fields.
pub fn message(player: &str, fields: Value) -> Value {
    let mut message = json!({
        "messageId": Uuid::new_v4().to_string(), "eventTimestamp": jiff::Timestamp::now().to_string(), "anonymousId": player,
        "consentLevel": "anonymous", "context": { "library": "test", "libraryVersion": "1" },
    });
    for (name, value) in fields.as_object().unwrap() {
        message[name] = value.clone();
    }
    message
}
