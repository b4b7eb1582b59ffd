//! What is left of a player whose conversions had gone out: rows of the log that say what was sent and not for whom, and a receipt.

use super::stage::{Stage, TIKTOK, bought, landing, message};
use crate::model::game::KeyKind;
use crate::server::db::{api_keys, audit};
use crate::tests::dump::dump;
use crate::tests::engines::both_engines;
use reqwest::{Method, StatusCode};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

impl Stage {
    async fn secret_key(&self) -> String {
        let keys = api_keys::of_game(self.db(), self.game_id().await).await.unwrap();
        let key = keys.into_iter().find(|key| key.kind == KeyKind::Secret.word()).unwrap();
        self.app.state.sealer.open(&format!("api_key:{}", key.id), &key.sealed.unwrap()).unwrap().expose_secret().to_owned()
    }

    /// Asks for a player to be erased; the id of the request.
    async fn asks_to_erase(&self, query: &str) -> String {
        let request = self
            .app
            .visitor()
            .bare(Method::DELETE, &format!("/v1/audience/data?{query}"))
            .header("x-immutable-api-key", self.secret_key().await);
        let answer = self.app.visitor().send(request).await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::ACCEPTED, ""));
        answer.header("x-trace-id").to_owned()
    }

    async fn erases(&self) {
        self.app.state.erasure.work_off(self.db()).await;
    }

    async fn has(&self, word: &str) -> bool {
        dump(self.db()).await.iter().any(|row| row.contains(word))
    }
}

/// The click id of a landing.
fn click_of(landing: &Value) -> String {
    landing["context"]["pageUrl"].as_str().unwrap().split("ttclid=").nth(1).unwrap().to_owned()
}

/// A purchase at full consent.
fn bought_by(player: &str, user: &str, email: &str) -> Vec<Value> {
    let identify =
        json!({ "type": "identify", "userId": user, "identityType": "steam", "consentLevel": "full", "traits": { "email": email } });
    let mut bought = bought(player);
    (bought["userId"], bought["identityType"], bought["consentLevel"]) = (user.into(), "steam".into(), "full".into());
    vec![message(player, identify), bought]
}

fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

both_engines! {
    async fn what_was_delivered_keeps_its_rows_and_loses_whom_it_was_about(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        let (mira, jo) = (landing("browser-mira", "ttclid"), landing("browser-jo", "ttclid"));
        stage.send(&[mira.clone(), jo.clone()]).await;
        stage.send(&bought_by("browser-mira", "76561198", "mira@example.com")).await;
        stage.send(&bought_by("browser-jo", "76561199", "jo@example.com")).await;
        stage.deliver().await;
        let of_mira = [click_of(&mira), digest("mira@example.com"), digest("76561198"), "76561198".into(), "mira@example.com".into(), "browser-mira".into()];
        for word in &of_mira {
            assert!(stage.has(word).await, "{word} was sent");
        }
        let attempts = stage.owner.get(TIKTOK).await;
        let links: Vec<String> = attempts.body.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).filter(|href| href.contains("/attempts/")).map(str::to_owned).collect();
        assert_eq!(links.len(), 2);

        let trace_id = stage.asks_to_erase("userId=76561198").await;
        stage.erases().await;
        for word in &of_mira {
            assert!(!stage.has(word).await, "{word} is gone");
        }
        for word in [click_of(&jo), digest("jo@example.com"), "jo@example.com".into(), "browser-jo".into()] {
            assert!(stage.has(&word).await, "{word} is somebody else's");
        }
        let log = stage.owner.get(TIKTOK).await;
        assert_eq!(log.text().matches("Success").count(), attempts.text().matches("Success").count(), "{}", log.text());
        let mut erased = 0;
        for link in &links {
            let page = stage.owner.get(link).await;
            assert_eq!(page.status, StatusCode::OK);
            assert!(page.text().contains("Purchase"), "{}", page.text());
            erased += usize::from(page.text().contains("(erased)"));
        }
        assert_eq!(erased, 1);
        let lines = audit::newest(stage.db(), Some(stage.game_id().await), 100).await.unwrap();
        let receipt = lines.iter().find(|line| line.subject == trace_id).expect("a receipt");
        assert!(receipt.detail.starts_with("Held and deleted: 2 ids, 3 messages, 1 ad click or visit, 1 conversion. Nothing was waiting to go out. Had gone to TikTok Ads: 1 postback on 20"), "{receipt:?}");
    }

    async fn who_is_erased_while_calls_are_under_way_is_in_no_row_afterwards(db: TestDb) {
        let stage = Stage::connected(db).await;
        let players: Vec<String> = (0..12).map(|n| format!("browser-{n}-of-many")).collect();
        let landings: Vec<Value> = players.iter().map(|player| landing(player, "ttclid")).collect();
        stage.send(&landings).await;
        for (n, player) in players.iter().enumerate() {
            stage.send(&bought_by(player, &format!("user-{n}-of-many"), &format!("mail-{n}@example.com"))).await;
        }
        let dispatch = stage.app.state.dispatch();
        let asking = async {
            for player in &players {
                stage.asks_to_erase(&format!("anonymousId={player}")).await;
                stage.erases().await;
            }
        };
        tokio::join!(crate::server::dispatch::drain_until_idle(&dispatch, crate::server::now()), asking);
        let everything = dump(stage.db()).await;
        let words = landings.iter().map(click_of).chain(["of-many".into()]).chain((0..12).map(|n| digest(&format!("mail-{n}@example.com"))));
        for word in words.collect::<Vec<_>>() {
            let found: Vec<&String> = everything.iter().filter(|row| row.contains(&word)).collect();
            assert!(found.is_empty(), "{found:?}");
        }
        assert!(!everything.iter().any(|row| row.starts_with("queue:") || row.starts_with("conversions:") || row.starts_with("players:")));
    }
}
