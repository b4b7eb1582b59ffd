//! A player erased from their page: what it says first, what is gone afterwards, who asked, and the receipt.

use super::pages::{Person, player_of, time};
use crate::model::erasure::Receipt;
use crate::model::{HOUR, MINUTE};
use crate::server::db::{audit, erasures, within};
use crate::server::now;
use crate::tests::app::{Answer, EMAIL};
use crate::tests::dump::dump;
use crate::tests::engines::both_engines;
use crate::tests::settings::stage::{GAME, SETTINGS, Stage, bought, landing, message};
use crate::web::players::api::ErasePlayer;
use reqwest::StatusCode;
use serde_json::json;
use uuid::Uuid;

impl Stage {
    /// Submits the form of the page that asks.
    async fn confirms(&mut self, player: Uuid, typed: &str) -> Answer {
        let page = format!("{}{GAME}/players/{player}/erase", self.app.origin);
        self.owner.submit_from::<ErasePlayer>(&page, &[("game", "emberfall"), ("id", &player.to_string()), ("typed", typed)]).await
    }

    async fn actions(&self) -> Vec<(String, String)> {
        let lines = audit::newest(self.db(), Some(self.game_id().await), 100).await.unwrap();
        lines.into_iter().filter(|line| line.action.starts_with("player.")).map(|line| (line.action, line.who)).collect()
    }
}

both_engines! {
    async fn the_owner_is_told_what_goes_and_reads_the_receipt_afterwards(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        let person = Person::new();
        stage.send(&person.messages()).await;
        stage.deliver().await;
        let player = person.player(&stage).await;
        let page = stage.owner.get(&format!("{GAME}/players/{player}")).await;
        assert!(page.body.contains(&format!("href=\"{GAME}/players/{player}/erase\"")), "{}", page.body);
        let question = stage.owner.get(&format!("{GAME}/players/{player}/erase")).await.text();
        for said in ["Erase steam 7656", "Ids 2", "Messages 4", "Ad clicks and visits 2", "Conversions 1", "are cancelled 0", "ask it there: TikTok Ads 1 postback, just now", "Type “erase” to confirm"] {
            assert!(question.contains(said), "{said}: {question}");
        }

        let answer = stage.confirms(player, " Erase ").await;
        let receipt = format!("{SETTINGS}/audit-log/erasures/{}", player.simple());
        assert_eq!(answer.location(), receipt);
        stage.app.state.erasure.work_off(stage.db()).await;
        let done = settled(&mut stage, &receipt).await;
        for said in ["The player is erased", "Asked by mara@ashgrove.example", &format!("Request id {}", player.simple()), "Ids 2", "Messages 4", "Conversions 1", "before they went out 0", "TikTok Ads 1 postback, just now"] {
            assert!(done.contains(said), "{said}: {done}");
        }
        let asked = |action: &str| (action.to_owned(), EMAIL.to_owned());
        assert_eq!(stage.actions().await, [asked("player.erased"), asked("player.erasure_asked")]);
        let everything = dump(stage.db()).await;
        for word in [&person.browser, &person.steam, &person.click, &"player@example.com".to_owned()] {
            let found: Vec<&String> = everything.iter().filter(|row| row.contains(word.as_str())).collect();
            assert!(found.is_empty(), "{word} is in {found:?}");
        }
        assert_eq!(stage.owner.get(&format!("{GAME}/players/{player}")).await.status, StatusCode::NOT_FOUND);
        // Pressed twice: it was asked for once, and the second time leads to the same receipt.
        assert_eq!(stage.confirms(player, "erase").await.location(), receipt);
        assert_eq!(stage.actions().await.len(), 2);
        // What comes late is kept out.
        stage.send(&[bought(&person.browser)]).await;
        assert!(!dump(stage.db()).await.iter().any(|row| row.contains(&person.browser)));
        // A member reads the receipt, without the address of who asked.
        let read = stage.member.get(&receipt).await;
        assert!(read.status == StatusCode::OK && read.text().contains("Asked by m••••••••") && !read.text().contains("mara@"), "{}", read.text());
        assert_eq!(stage.stranger.get(&receipt).await.status, StatusCode::NOT_FOUND);
        let elsewhere = receipt.replace("emberfall", "tidebound");
        assert_eq!(stage.stranger.get(&elsewhere).await.status, StatusCode::NOT_FOUND);
    }

    async fn what_waits_is_counted_first_and_cancelled(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        let person = Person::new();
        stage.send(&person.messages()).await;
        let player = person.player(&stage).await;
        let question = stage.owner.get(&format!("{GAME}/players/{player}/erase")).await.text();
        assert!(question.contains("Postbacks that wait, and are cancelled 1") && question.contains("Nothing has gone to a network."), "{question}");
        let receipt = stage.confirms(player, "erase").await.location().to_owned();
        stage.app.state.erasure.work_off(stage.db()).await;
        let done = settled(&mut stage, &receipt).await;
        assert!(done.contains("Postbacks cancelled before they went out 1") && done.contains("Nothing had gone to a network."), "{done}");
        stage.deliver().await;
        assert!(!dump(stage.db()).await.iter().any(|row| row.starts_with("queue:")));
    }

    async fn without_the_word_nothing_is_erased(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        let person = Person::new();
        stage.send(&person.messages()).await;
        let player = person.player(&stage).await;
        let before = stage.kept().await;
        for typed in ["", "eras", "erase!", "steam"] {
            let answer = stage.confirms(player, typed).await;
            let page = stage.owner.follow(&answer).await;
            assert!(page.text().contains("Type the word as it is asked for, or cancel."), "{typed}: {}", page.text());
        }
        assert_eq!(stage.kept().await, before);
        let nobody = Uuid::now_v7();
        assert!(stage.confirms(nobody, "erase").await.location().contains("__err="));
        assert_eq!(stage.kept().await, before);
    }

    async fn only_who_may_change_the_game_is_asked(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        let person = Person::new();
        stage.send(&person.messages()).await;
        let player = person.player(&stage).await;
        let page = format!("{GAME}/players/{player}/erase");
        assert_eq!(stage.member.get(&page).await.status, StatusCode::FORBIDDEN);
        assert!(!stage.member.get(&format!("{GAME}/players/{player}")).await.text().contains("Erase player"));
        for page in [page.clone(), page.replace("emberfall", "tidebound")] {
            assert_eq!(stage.stranger.get(&page).await.status, StatusCode::NOT_FOUND, "{page}");
        }
        let id = player.to_string();
        let before = stage.kept().await;
        for game in ["emberfall", "tidebound"] {
            let answer = stage.stranger.submit::<ErasePlayer>(&[("game", game), ("id", &id), ("typed", "erase")]).await;
            assert!(answer.location().contains("__err="), "{game}: {answer:?}");
        }
        assert_eq!(stage.kept().await, before);
    }

    async fn who_got_the_browser_afterwards_stays(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        let known = |user: &str, before: i64| {
            let fields = json!({ "type": "identify", "userId": user, "identityType": "steam", "consentLevel": "full", "eventTimestamp": time(before) });
            message("shared-browser", fields)
        };
        let mut first = landing("shared-browser", "ttclid");
        first["eventTimestamp"] = json!(time(3 * HOUR));
        stage.send(&[first, known("first-owner", 2 * HOUR), known("second-owner", HOUR), bought("shared-browser")]).await;
        let (gone, stays) = (player_of(&stage, "first-owner").await, player_of(&stage, "second-owner").await);
        assert_ne!(gone, stays);
        let receipt = stage.confirms(gone, "erase").await.location().to_owned();
        stage.app.state.erasure.work_off(stage.db()).await;
        settled(&mut stage, &receipt).await;
        assert_eq!(stage.owner.get(&format!("{GAME}/players/{gone}")).await.status, StatusCode::NOT_FOUND);
        assert!(stage.owner.get(&format!("{GAME}/players/{stays}")).await.text().contains("shared-browser"));
        stage.send(&[bought("shared-browser")]).await;
        assert_eq!(player_of(&stage, "shared-browser").await, stays, "the browser is theirs from the beginning");
        assert!(!dump(stage.db()).await.iter().any(|row| row.contains("first-owner")));
    }

    async fn while_it_is_under_way_the_page_says_how_far(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        let trace = "a".repeat(32);
        let receipt = serde_json::to_string(&Receipt { identities: 3, messages: 500, ..Receipt::default() }).unwrap();
        let mut tx = stage.db().begin().await.unwrap();
        let asked = erasures::Asked {
            id: Uuid::now_v7(), game_id: stage.game_id().await, of: None, players: Some("[]"), trace_id: &trace, user_id: None, who: "the secret key", time: now() - MINUTE,
        };
        erasures::ask(&mut tx, &asked, &receipt).await.unwrap();
        // Another process is at it.
        let until = now() + HOUR;
        within!(&mut tx, c => sqlx::query("update erasures set lease_until = $1").bind(until).execute(c).await.map(drop)).unwrap();
        tx.commit().await.unwrap();
        let text = stage.member.get(&format!("{SETTINGS}/audit-log/erasures/{trace}")).await.text();
        for said in ["The player is being erased", "Look again", "Asked by A server with the secret key", "Asked 1 min ago", "Ids 3", "Messages 500"] {
            assert!(text.contains(said), "{said}: {text}");
        }
        for none in ["b".repeat(32), "a".repeat(65), "golden".into(), "%00".into(), "%27".into()] {
            let answer = stage.owner.get(&format!("{SETTINGS}/audit-log/erasures/{none}")).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{none}");
        }
    }
}

/// The receipt's page, once the erasure is done: the app's own worker may have been quicker than the test's.
async fn settled(stage: &mut Stage, receipt: &str) -> String {
    loop {
        let text = stage.owner.get(receipt).await.text();
        if !text.contains("The player is being erased") {
            return text;
        }
        stage.app.state.erasure.work_off(stage.db()).await;
        tokio::task::yield_now().await;
    }
}
