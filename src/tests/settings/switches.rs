//! What is switched on a connection that stands: sending, the test code, another try, and the end of it.

use super::stage::{REDDIT, Stage, TIKTOK};
use crate::tests::app::Answer;
use crate::tests::engines::both_engines;
use crate::web::integrations::changes::{Disconnect, SaveTestCode, SwitchSending, TryAgain};
use leptos::server_fn::ServerFn;
use serde_json::json;

impl Stage {
    /// Submits a form of TikTok's page and follows to where it leads.
    async fn switch<F: ServerFn>(&mut self, fields: &[(&str, &str)]) -> Answer {
        let page = format!("{}{TIKTOK}", self.app.origin);
        let answer = self.owner.submit_from::<F>(&page, &[&[("game", "emberfall"), ("network", "tiktok")], fields].concat()).await;
        self.owner.follow(&answer).await
    }
}

both_engines! {
    async fn switched_off_nothing_goes_out_and_new_conversions_say_so(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        stage.purchase("ttclid").await;
        let page = stage.switch::<SwitchSending>(&[("enabled", "false")]).await;
        assert!(page.text().contains("Disabled"), "{}", page.text());
        stage.deliver().await;
        assert!(stage.kept().await.contains("waits 1\n"), "what was queued is held");
        stage.purchase("ttclid").await;
        let text = stage.owner.get(&format!("{TIKTOK}/not-sent")).await.text();
        assert!(text.contains("The credited network's connection is switched off. Switch it on under Integrations."), "{text}");
        stage.switch::<SwitchSending>(&[("enabled", "true")]).await;
        stage.deliver().await;
        assert!(stage.kept().await.contains("waits 0\n"));
    }

    async fn a_test_code_is_saved_cleared_and_held_against_its_shape(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        assert!(stage.switch::<SaveTestCode>(&[("test_code", " TEST48213 ")]).await.body.contains("value=\"TEST48213\""));
        let before = stage.kept().await;
        let long = "T".repeat(50_000);
        for bad in ["T", "no spaces", "TEST\0", "<script>", &long] {
            let page = stage.switch::<SaveTestCode>(&[("test_code", bad)]).await;
            assert!(page.text().contains("This test code is not one of the network's"), "{}", page.text());
        }
        assert_eq!(stage.kept().await, before);
        assert!(!stage.switch::<SaveTestCode>(&[("test_code", "")]).await.body.contains("TEST48213"));
    }

    async fn a_refused_token_is_told_and_another_try_sends_what_was_parked(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        stage.simulate("tokens/expire", json!({ "network": "tiktok" })).await;
        stage.purchase("ttclid").await;
        stage.deliver().await;
        let text = stage.owner.get(TIKTOK).await.text();
        for part in ["Credential failures detected", "TikTok refuses the token", "1 postback waits and sends itself once this is mended"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(stage.owner.get("/games/emberfall").await.text().contains("TikTok Ads needs you."));
        stage.simulate("tokens/restore", json!({ "network": "tiktok" })).await;
        stage.switch::<TryAgain>(&[]).await;
        stage.deliver().await;
        let text = stage.owner.get(TIKTOK).await.text();
        assert!(!text.contains("refuses the token") && text.contains("Success"), "{text}");
    }

    async fn disconnecting_says_what_it_costs_and_keeps_the_log(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        stage.purchase("ttclid").await;
        stage.deliver().await;
        stage.purchase("ttclid").await;
        let question = stage.owner.get(&format!("{TIKTOK}/disconnect")).await.text();
        assert!(question.contains("Disconnect TikTok Ads?") && question.contains("1 postback still to be sent is cancelled and cannot be brought back."), "{question}");
        let page = stage.switch::<Disconnect>(&[]).await;
        assert!(page.text().contains("Not connected") && page.text().contains("Success") && page.text().contains("Failed"), "{}", page.text());
        assert!(stage.kept().await.contains("waits 0\n") && stage.kept().await.contains("connection.disconnected tiktok"));
        stage.purchase("ttclid").await;
        let text = stage.owner.get(&format!("{TIKTOK}/not-sent")).await.text();
        assert!(text.contains("The credited network is not connected. Connect it under Integrations."), "{text}");
    }

    async fn what_is_not_connected_cannot_be_switched(db: TestDb) {
        let mut stage = Stage::set(db).await;
        let before = stage.kept().await;
        for page in [
            stage.switch::<SwitchSending>(&[("enabled", "true")]).await,
            stage.switch::<SaveTestCode>(&[("test_code", "TEST48213")]).await,
            stage.switch::<TryAgain>(&[]).await,
            stage.switch::<Disconnect>(&[]).await,
        ] {
            assert!(page.text().contains("There is nothing at this address."), "{}", page.text());
        }
        for enabled in ["perhaps", ""] {
            assert!(stage.switch::<SwitchSending>(&[("enabled", enabled)]).await.text().contains("The form could not be read."), "{enabled}");
        }
        assert_eq!(stage.kept().await, before);
    }

    async fn a_link_cannot_say_that_something_is_connected(db: TestDb) {
        let mut stage = Stage::set(db).await;
        for page in [TIKTOK, REDDIT] {
            assert!(!stage.owner.get(&format!("{page}?connected=yes")).await.text().contains("is connected"));
            let popup = stage.owner.get(&format!("{page}?connected=popup")).await;
            assert!(!popup.text().contains("You can close this window."), "{}", popup.text());
        }
        stage.connect_reddit().await;
        let popup = stage.owner.get(&format!("{REDDIT}?connected=popup")).await;
        assert!(popup.text().contains("You can close this window."), "{}", popup.text());
        assert_eq!(popup.body.matches("<main").count(), 1);
    }
}
