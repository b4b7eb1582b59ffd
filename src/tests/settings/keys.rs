//! Settings > API keys and Settings > Pixel.

use super::stage::{SETTINGS, Stage, landing};
use crate::model::game::KeyKind;
use crate::server::db::{Db, api_keys, games};
use crate::tests::engines::both_engines;
use crate::web::keys::api::{RemoveKey, RotateKey, TakeOverKey};
use reqwest::{Method, StatusCode};
use serde_json::json;
use uuid::Uuid;

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

    /// What the owner reads when this key is not taken over.
    async fn refuses(&mut self, key: &str) -> String {
        let page = self.refuses_from(key).await;
        self.owner.get(&page).await.text()
    }

    async fn refuses_from(&mut self, key: &str) -> String {
        let page = format!("{}{SETTINGS}/api-keys", self.app.origin);
        self.owner.submit_from::<TakeOverKey>(&page, &[("game", "emberfall"), ("key", key)]).await.location().to_owned()
    }

    async fn keys(&self) -> Vec<api_keys::StoredKey> {
        api_keys::of_game(self.db(), self.game_id().await).await.unwrap()
    }
}

/// A key of Immutable's make.
const CARRIED: &str = "pk_imapik-1a2B3c.4D5e-0077";

async fn key_of(db: &Db, game: Uuid) -> String {
    let keys = api_keys::of_game(db, game).await.unwrap();
    keys.into_iter().find(|key| key.kind == KeyKind::Publishable.word()).and_then(|key| key.plain).unwrap()
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

    async fn a_key_that_pages_carry_is_taken_over_and_names_the_game(db: TestDb) {
        let mut stage = Stage::set(db).await;
        assert_eq!(stage.knock(CARRIED).await, StatusCode::UNAUTHORIZED);
        let own = stage.publishable_key().await;
        let answer = stage.owner.submit::<TakeOverKey>(&[("game", "emberfall"), ("key", &format!(" {CARRIED} "))]).await;
        let page = stage.owner.follow(&answer).await;
        assert!(page.text().contains("The key is taken over.") && page.text().contains(CARRIED) && page.text().contains("Last used Never"), "{}", page.text());
        assert_eq!((stage.knock(CARRIED).await, stage.knock(&own).await), (StatusCode::OK, StatusCode::OK));
        assert_eq!(stage.ask_to_erase(CARRIED).await, StatusCode::UNAUTHORIZED, "it erases nobody");
        let consent = stage.owner.bare(Method::PUT, "/v1/audience/tracking-consent").header("x-immutable-publishable-key", CARRIED);
        let consent = stage.owner.send(consent.json(&json!({ "anonymousId": "browser-1", "status": "full", "source": "test" }))).await;
        assert_eq!(consent.status, StatusCode::NO_CONTENT);
        assert!(stage.kept().await.contains("api_key.taken_over 0077"));
        for page in [stage.owner.get(&format!("{SETTINGS}/api-keys")).await, stage.member.get(&format!("{SETTINGS}/api-keys")).await] {
            assert!(page.text().contains("Taken over just now") && page.text().matches("Last used just now").count() == 2, "{}", page.text());
        }
        let pixel = stage.member.get(&format!("{SETTINGS}/pixel")).await.text();
        assert!(pixel.contains("change the script’s address, and nothing else"), "{pixel}");

        let question = stage.owner.get(&format!("{SETTINGS}/api-keys/carried/remove")).await.text();
        assert!(question.contains("Remove the key that your pages carry?") && question.contains("It was last used"), "{question}");
        let answer = stage.owner.submit::<RemoveKey>(&[("game", "emberfall")]).await;
        let page = stage.owner.follow(&answer).await;
        assert!(page.text().contains("The key is removed.") && !page.body.contains(CARRIED), "{}", page.text());
        assert_eq!((stage.knock(CARRIED).await, stage.knock(&own).await), (StatusCode::UNAUTHORIZED, StatusCode::OK));
        assert!(stage.kept().await.contains("api_key.removed 0077"));
        assert_eq!(stage.owner.get(&format!("{SETTINGS}/api-keys/carried/remove")).await.status, StatusCode::NOT_FOUND);
        // Who removed it may take it over again.
        stage.owner.submit::<TakeOverKey>(&[("game", "emberfall"), ("key", CARRIED)]).await;
        assert_eq!(stage.knock(CARRIED).await, StatusCode::OK);
    }

    async fn what_is_no_key_to_take_over_is_refused_and_changes_nothing(db: TestDb) {
        let mut stage = Stage::set(db).await;
        let own = stage.publishable_key().await;
        let before = stage.kept().await;
        for (typed, says) in [
            ("", "Paste the publishable key"),
            ("sk_imapik-1234567890", "This looks like a secret key"),
            ("pk_demo", "A key has 8 to 256"),
            ("two words of it", "A key has 8 to 256"),
            (own.as_str(), "This is a key of this game already."),
        ] {
            let text = stage.refuses(typed).await;
            assert!(text.contains(says), "{typed}: {text}");
            assert!(typed.is_empty() || !text.contains("sk_imapik"), "what may be a secret is not repeated");
        }
        assert_eq!(stage.kept().await, before);
        stage.owner.submit::<TakeOverKey>(&[("game", "emberfall"), ("key", CARRIED)]).await;
        assert!(stage.refuses_from(CARRIED).await.contains("__err="), "the form is gone, the refusal is said");
        let second = stage.owner.submit::<TakeOverKey>(&[("game", "emberfall"), ("key", "pk_imapik-another")]).await;
        assert!(second.location().contains("__err="), "{second:?}");
        assert_eq!(stage.keys().await.len(), 3);
        let rotated = stage.owner.submit::<RotateKey>(&[("game", "emberfall"), ("kind", "carried")]).await;
        assert!(rotated.location().contains("__err=") && stage.knock(CARRIED).await == StatusCode::OK, "only ours are rotated");
        assert_eq!(stage.owner.get(&format!("{SETTINGS}/api-keys/rotate/carried")).await.status, StatusCode::NOT_FOUND);
    }

    async fn a_key_of_another_game_is_not_taken_over_and_nobody_says_whose_it_is(db: TestDb) {
        let mut stage = Stage::set(db).await;
        // The one that another game has taken over, the one it has, and the ones it had before.
        stage.stranger.submit::<TakeOverKey>(&[("game", "tidebound"), ("key", "pk_imapik-first")]).await;
        stage.stranger.submit::<RemoveKey>(&[("game", "tidebound")]).await;
        stage.stranger.submit::<TakeOverKey>(&[("game", "tidebound"), ("key", CARRIED)]).await;
        let theirs = games::by_slug(stage.db(), "tidebound").await.unwrap().unwrap().id;
        let rotated = key_of(stage.db(), theirs).await;
        stage.stranger.submit::<RotateKey>(&[("game", "tidebound"), ("kind", "publishable")]).await;
        let present = key_of(stage.db(), theirs).await;
        assert_ne!(rotated, present);
        let before = stage.kept().await;
        for key in ["pk_imapik-first", CARRIED, &rotated, &present] {
            let text = stage.refuses(key).await;
            assert!(text.contains("This key cannot be taken over: it is, or was, another game’s."), "{key}: {text}");
        }
        assert_eq!(stage.kept().await, before);
        assert_eq!(stage.knock(CARRIED).await, StatusCode::OK, "as theirs");
    }

    async fn two_games_that_take_over_one_key_at_once_do_not_share_it(db: TestDb) {
        let Stage { app, mut owner, mut stranger, .. } = Stage::set(db).await;
        let (ours, theirs) = ([("game", "emberfall"), ("key", CARRIED)], [("game", "tidebound"), ("key", CARRIED)]);
        let (one, other) = tokio::join!(owner.submit::<TakeOverKey>(&ours), stranger.submit::<TakeOverKey>(&theirs));
        let refused = [one, other].iter().filter(|answer| answer.location().contains("__err=")).count();
        assert_eq!(refused, 1);
        let mut tx = app.state.db.begin().await.unwrap();
        assert_eq!(api_keys::games_of(&mut tx, CARRIED).await.unwrap().len(), 1);
    }
}
