//! The first page of a game: what became of its conversions, with the reasons of those that were not sent.

use super::stage::{GAME, Stage, TIKTOK, bought, landing, message};
use crate::server::db::within;
use crate::server::simulator::world::{TIKTOK_ADVERTISER, TIKTOK_PIXEL};
use crate::tests::engines::both_engines;
use crate::web::integrations::changes::SwitchSending;
use serde_json::json;

both_engines! {
    async fn the_overview_says_what_became_of_the_conversions_and_why(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        let text = stage.member.get(GAME).await.text();
        assert!(text.contains("No goal was reached in the last 30 days."), "{text}");
        for click in ["ttclid", "rdt_cid", "twclid", "msclkid", "twclid", ""] {
            stage.purchase(click).await;
        }
        stage.send(&[landing("again", "ttclid"), bought("again"), bought("again")]).await;
        let off = [("game", "emberfall"), ("network", "tiktok"), ("enabled", "false")];
        assert_eq!(stage.owner.submit::<SwitchSending>(&off).await.location(), TIKTOK);
        stage.purchase("ttclid").await;
        let text = stage.member.get(GAME).await.text();
        for part in [
            "Goals reached 9", "Credited to an ad 3", "Waiting for a click 1", "Not sent 5",
            "The player's last ad click came from a network that Postbacks does not send to. X Ads 2, Other networks 1",
            "Nothing to fix: exactly one network is credited.",
            "The credited network's connection is switched off. TikTok Ads 1",
            "This player has already reached the goal.",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let unsupported = text.find("does not send to").unwrap();
        assert!(text.find("switched off").unwrap() < unsupported, "what somebody can mend comes first: {text}");
    }

    async fn a_test_event_is_in_the_log_and_in_no_number_beside_it(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        let grant = stage.grant().await;
        stage.pick(&grant, TIKTOK_ADVERTISER, TIKTOK_PIXEL, &[("test_code", "TEST48213")]).await;
        let messages = [landing("tester", "ttclid"), bought("tester")].map(|mut message| {
            message["test"] = json!(true);
            message
        });
        stage.send(&messages).await;
        stage.deliver().await;
        assert!(stage.member.get(TIKTOK).await.text().contains("Success 1"));
        let text = stage.member.get(GAME).await.text();
        assert!(text.contains("Nothing was delivered in the last 24 hours.") && text.contains("Delivered None"), "{text}");
    }

    async fn tests_and_what_is_long_past_are_left_out(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        let test = message("tester", json!({ "type": "track", "surface": "unity", "eventName": "purchase", "test": true }));
        stage.send(&[landing("old", "twclid"), bought("old"), test]).await;
        let mut tx = stage.db().begin().await.unwrap();
        within!(&mut tx, c => sqlx::query("update conversions set received_at = received_at - 2592000000").execute(c).await.map(drop)).unwrap();
        tx.commit().await.unwrap();
        let text = stage.member.get(GAME).await.text();
        assert!(text.contains("No goal was reached in the last 30 days."), "{text}");
    }
}
