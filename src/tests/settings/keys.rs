//! Settings > API keys and Settings > Pixel.

use super::stage::{SETTINGS, Stage, landing};
use crate::model::game::KeyKind;
use crate::server::db::api_keys;
use crate::tests::engines::both_engines;
use crate::web::keys::api::RotateKey;
use reqwest::{Method, StatusCode};
use serde_json::json;

impl Stage {
    /// What the audience API says to a message with this key.
    async fn knock(&mut self, key: &str) -> StatusCode {
        let request = self.owner.bare(Method::POST, "/v1/audience/messages").header("x-immutable-publishable-key", key);
        self.owner.send(request.json(&json!({ "messages": [landing("browser-1", "")] }))).await.status
    }

    /// What the audience API says to a request for an erasure with this key.
    async fn ask_to_erase(&mut self, key: &str) -> StatusCode {
        let request = self.owner.bare(Method::DELETE, "/v1/audience/data?anonymousId=browser-1").header("x-immutable-api-key", key);
        self.owner.send(request).await.status
    }

    async fn keys(&self) -> Vec<api_keys::StoredKey> {
        api_keys::of_game(self.db(), self.game_id().await).await.unwrap()
    }
}

both_engines! {
    async fn a_rotated_key_is_dead_at_once_and_the_new_one_is_shown(db: TestDb) {
        let mut stage = Stage::set(db).await;
        let old = stage.publishable_key().await;
        assert_eq!(stage.knock(&old).await, StatusCode::OK);
        let question = stage.owner.get(&format!("{SETTINGS}/api-keys/rotate/publishable")).await;
        assert!(question.text().contains("Rotate the publishable key?") && question.text().contains("It was last used"), "{}", question.text());

        let answer = stage.owner.submit::<RotateKey>(&[("game", "emberfall"), ("kind", "publishable")]).await;
        let page = stage.owner.follow(&answer).await;
        let new = stage.publishable_key().await;
        assert_ne!(old, new);
        assert!(page.text().contains("The publishable key is new.") && page.body.contains(&new) && !page.body.contains(&old));
        assert_eq!((stage.knock(&old).await, stage.knock(&new).await), (StatusCode::UNAUTHORIZED, StatusCode::OK));
        assert!(stage.kept().await.contains("api_key.rotated publishable"));
    }

    async fn the_secret_key_is_whole_only_for_who_asks_and_may(db: TestDb) {
        let mut stage = Stage::set(db).await;
        let tail = stage.keys().await.into_iter().find(|key| key.kind == KeyKind::Secret.word()).unwrap().tail;
        let page = stage.owner.get(&format!("{SETTINGS}/api-keys")).await;
        assert!(page.body.contains(&format!("••••{tail}")) && !page.body.contains(">sk_"), "{}", page.body);
        let page = stage.owner.get(&format!("{SETTINGS}/api-keys?reveal=secret")).await;
        assert!(page.body.contains(">sk_") && page.body.contains(&format!("{tail}<")), "{}", page.body);
        let page = stage.member.get(&format!("{SETTINGS}/api-keys?reveal=secret")).await;
        assert!(page.body.contains(&format!("••••{tail}")) && !page.body.contains(">sk_"), "{}", page.body);
    }

    async fn the_keys_page_leads_to_the_apis_description(db: TestDb) {
        let mut stage = Stage::set(db).await;
        let page = stage.member.get(&format!("{SETTINGS}/api-keys")).await;
        let link = "/api/v1/openapi.json";
        assert!(page.body.contains(&format!("href=\"{link}\"")), "{}", page.body);
        let answer = stage.member.get(link).await;
        assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, "application/json"));
        assert!(answer.body.contains("\"openapi\": \"3.1.0\""));
    }

    async fn a_rotated_secret_key_erases_nobody(db: TestDb) {
        let mut stage = Stage::set(db).await;
        let page = stage.owner.get(&format!("{SETTINGS}/api-keys?reveal=secret")).await;
        let old = page.body.split(">sk_").nth(1).and_then(|rest| rest.split('<').next()).map(|rest| format!("sk_{rest}")).expect("the whole key");
        assert_eq!(stage.ask_to_erase(&old).await, StatusCode::ACCEPTED);
        let question = stage.owner.get(&format!("{SETTINGS}/api-keys/rotate/secret")).await;
        assert!(question.text().contains("Rotate the secret key?") && question.text().contains("It was last used"), "{}", question.text());
        let answer = stage.owner.submit::<RotateKey>(&[("game", "emberfall"), ("kind", "secret")]).await;
        let page = stage.owner.follow(&answer).await;
        assert!(page.text().contains("The secret key is new."), "{}", page.text());
        assert_eq!(stage.ask_to_erase(&old).await, StatusCode::UNAUTHORIZED);
    }

    async fn a_key_of_no_kind_is_not_rotated(db: TestDb) {
        let mut stage = Stage::set(db).await;
        let before = stage.kept().await;
        let page = format!("{}{SETTINGS}/api-keys/rotate/secret", stage.app.origin);
        for kind in ["golden", ""] {
            let answer = stage.owner.submit_from::<RotateKey>(&page, &[("game", "emberfall"), ("kind", kind)]).await;
            assert!(stage.owner.follow(&answer).await.text().contains("The form could not be read."), "{kind}");
        }
        assert_eq!(stage.kept().await, before);
    }

    async fn the_pixel_page_shows_the_snippet_and_whether_it_has_run(db: TestDb) {
        let mut stage = Stage::set(db).await;
        let (page, key) = (stage.member.get(&format!("{SETTINGS}/pixel")).await, stage.publishable_key().await);
        assert!(page.text().contains(&format!("postbacks.push(['init', {{ key: '{key}'")) && page.text().contains(&format!("src=\"{}/pixel.js\"", stage.app.origin)), "{}", page.text());
        assert!(page.text().contains("No page in the last 30 days."), "{}", page.text());
        stage.send(&[landing("browser-1", "ttclid"), landing("browser-2", "twclid"), landing("browser-3", ""), landing("browser-4", "twclid")]).await;
        let text = stage.member.get(&format!("{SETTINGS}/pixel")).await.text();
        assert!(text.contains("on emberfall.example") && text.contains("at consent anonymous"), "{text}");
        assert!(text.contains("In the last 30 days: X Ads 2, TikTok Ads 1."), "{text}");
    }
}
