//! Disconnecting a network, and what becomes of the token there.

use super::app::{EMAIL, PASSWORD, TestApp, Visitor};
use super::engines::{TestDb, both_engines};
use crate::model::HOUR;
use crate::model::game::Game;
use crate::model::user::Account;
use crate::server::connect::save::{NewConnection, save};
use crate::server::connect::{Actor, Desk};
use crate::server::db::grants::{self, Grant};
use crate::server::demo::seed;
use crate::server::networks::contract::Choice;
use crate::server::networks::find;
use crate::server::simulator::world::{TIKTOK_APP_ID, TIKTOK_APP_SECRET, TIKTOK_TOKEN};
use crate::server::simulator::{self, State};
use crate::server::{games, now, people};
use crate::web::integrations::changes::Disconnect;
use secrecy::SecretString;
use uuid::Uuid;

/// An instance whose networks are played, with its owner.
struct House {
    app: TestApp,
    networks: State,
    account: Account,
}

impl House {
    async fn new(db: TestDb) -> Self {
        let networks = State::default();
        let (address, _) = simulator::serve("127.0.0.1:0".parse().unwrap(), networks.clone(), std::future::pending()).await.unwrap();
        let address = format!("http://{address}");
        let settings = [
            ("POSTBACKS_TIKTOK_URL", address.as_str()),
            ("POSTBACKS_TIKTOK_APP_ID", TIKTOK_APP_ID),
            ("POSTBACKS_TIKTOK_APP_SECRET", TIKTOK_APP_SECRET),
        ];
        let app = TestApp::with(db, &settings).await;
        let account = people::make_owner(&app.state.db, EMAIL, SecretString::from(PASSWORD), now()).await.unwrap().unwrap();
        Self { app, networks, account }
    }

    async fn game(&self, slug: &str) -> Game {
        games::create(&self.app.state, &self.account, slug, slug, now()).await.unwrap()
    }

    /// A game that is connected to TikTok by the one token.
    async fn connected(&self, slug: &str) -> Game {
        let game = self.game(slug).await;
        seed::connect(&self.app.state, &self.account, &game, "tiktok", now()).await.unwrap();
        game
    }

    /// The owner has come back from the consent page with the one token, and has not picked an account yet.
    async fn consented(&self, game: &Game) -> Grant {
        let id = Uuid::now_v7();
        let grant = Grant {
            id,
            game_id: game.id,
            network: "tiktok".into(),
            user_id: self.account.id,
            secret: self.app.state.sealer.seal(&format!("grant:{id}"), &SecretString::from(TIKTOK_TOKEN)),
            secret_expires_at: None,
            secret_holder: None,
            created_at: now(),
            expires_at: now() + HOUR,
        };
        let mut tx = self.app.state.db.begin().await.unwrap();
        grants::store(&mut tx, &grant).await.unwrap();
        tx.commit().await.unwrap();
        grant
    }

    /// What the token is worth at the network.
    fn token(&self) -> &'static str {
        self.networks.tokens().find("tiktok", TIKTOK_TOKEN).unwrap().worth.word()
    }
}

/// The game is connected by a consent of this person, with this token.
async fn reconnect(house: &House, game: &Game, holder: Option<&str>, token: &str, pasted: bool) {
    let actor = Actor { account: &house.account, game, now: now() };
    let new = NewConnection {
        network: find("tiktok").unwrap().spec(),
        account: Some(Choice::new("7100000000000000001", "Sample Studio")),
        target: Choice::new("CSAMPLEGAME000000001", ""),
        token: SecretString::from(token),
        token_expires_at: None,
        pasted,
        holder,
        test_code: "",
        confirmed: false,
        grant_id: None,
    };
    save(&Desk::of(&house.app.state), actor, &new).await.unwrap();
}

async fn disconnect(owner: &mut Visitor, game: &Game) {
    let answer = owner.submit::<Disconnect>(&[("game", &game.slug), ("network", "tiktok")]).await;
    assert_eq!(answer.location(), format!("/games/{}/settings/integrations/tiktok", game.slug));
}

both_engines! {
    async fn the_last_game_that_uses_a_token_gives_it_back(db: TestDb) {
        let house = House::new(db).await;
        let (emberfall, tidewater) = (house.connected("emberfall").await, house.connected("tidewater").await);
        let mut owner = house.app.owner().await;
        disconnect(&mut owner, &emberfall).await;
        assert_eq!(house.token(), "valid", "the other game still sends with it");
        disconnect(&mut owner, &tidewater).await;
        assert_eq!(house.token(), "revoked");
    }

    async fn a_consent_that_is_not_finished_yet_keeps_its_token(db: TestDb) {
        let house = House::new(db).await;
        let (emberfall, tidewater) = (house.connected("emberfall").await, house.game("tidewater").await);
        let (own, other) = (house.consented(&emberfall).await, house.consented(&tidewater).await);
        disconnect(&mut house.app.owner().await, &emberfall).await;
        assert_eq!(house.token(), "valid", "somebody is about to pick an account with it");
        let kept = async |grant: &Grant| {
            grants::find(&house.app.state.db, grant.id, grant.game_id, "tiktok", house.account.id, now()).await.unwrap().is_some()
        };
        assert!(kept(&other).await);
        assert!(!kept(&own).await, "the game's own is forgotten with its connection");
    }

    async fn a_game_s_own_unfinished_consent_does_not_keep_the_token(db: TestDb) {
        let house = House::new(db).await;
        let emberfall = house.connected("emberfall").await;
        house.consented(&emberfall).await;
        disconnect(&mut house.app.owner().await, &emberfall).await;
        assert_eq!(house.token(), "revoked");
    }

    async fn who_reconnects_as_somebody_else_gives_the_former_token_back(db: TestDb) {
        let house = House::new(db).await;
        let emberfall = house.game("emberfall").await;
        reconnect(&house, &emberfall, Some("anna"), TIKTOK_TOKEN, false).await;
        reconnect(&house, &emberfall, Some("anna"), "another-token-of-anna", false).await;
        assert_eq!(house.token(), "valid", "networks may give a person one consent for all of their tokens");
        reconnect(&house, &emberfall, Some("anna"), TIKTOK_TOKEN, false).await;
        reconnect(&house, &emberfall, None, "a-token-of-somebody", false).await;
        assert_eq!(house.token(), "valid", "it may be the same person's");
        reconnect(&house, &emberfall, Some("anna"), TIKTOK_TOKEN, false).await;
        reconnect(&house, &emberfall, Some("bert"), "a-token-of-bert", false).await;
        assert_eq!(house.token(), "revoked");
    }

    async fn a_former_token_that_another_game_holds_stays(db: TestDb) {
        let house = House::new(db).await;
        let (emberfall, tidewater) = (house.game("emberfall").await, house.game("tidewater").await);
        for game in [&emberfall, &tidewater] {
            reconnect(&house, game, Some("anna"), TIKTOK_TOKEN, false).await;
        }
        reconnect(&house, &emberfall, Some("bert"), "a-token-of-bert", false).await;
        assert_eq!(house.token(), "valid");
        // A pasted one in its place ends the consent's as well, with the last that holds it.
        reconnect(&house, &tidewater, None, "a-pasted-token", true).await;
        assert_eq!(house.token(), "revoked");
    }

    async fn a_former_token_that_was_pasted_is_nobodys_to_give_back(db: TestDb) {
        let house = House::new(db).await;
        let emberfall = house.game("emberfall").await;
        reconnect(&house, &emberfall, None, TIKTOK_TOKEN, true).await;
        reconnect(&house, &emberfall, Some("bert"), "a-token-of-bert", false).await;
        assert_eq!(house.token(), "valid");
    }
}
