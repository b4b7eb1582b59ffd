//! What members see of people: emails, IP addresses and what identifies a player is masked, wherever it shows.

use super::stage::{GAME, REDDIT, SETTINGS, Stage, TIKTOK, landing, message};
use crate::tests::engines::both_engines;
use crate::web::integrations::api::{ReadAttempt, ReadIntegration, ReadIntegrations};
use crate::web::layout::api::ReadFrame;
use leptos::server_fn::ServerFn;
use reqwest::Method;
use serde_json::json;

const EMAIL: &str = "player@example.com";
const IP: &str = "198.51.100.23";
const AGENT: &str = "Mozilla/5.0 (Amiga)";

/// What the network says when it refuses: in words of its own, with what it was sent.
const SAYS: &str = "Invalid user data: player@example.com from 198.51.100.23 (2001:db8::17), sha256 b4c9a289323b21a01c3e940f150eb9b8c542587f1abfd8f0e1cc1ffc5e475514.";
const OF_PEOPLE: [&str; 5] = [EMAIL, IP, "2001:db8::17", "b4c9a289323b21a0", AGENT];

both_engines! {
    async fn a_member_reads_an_attempt_without_the_player(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        for (click, network, page) in [("ttclid", "tiktok", TIKTOK), ("rdt_cid", "reddit", REDDIT)] {
            let status = if network == "tiktok" { json!({ "network": network, "code": 40002, "message": SAYS, "times": 1 }) } else { json!({ "network": network, "status": 400, "message": SAYS, "times": 1 }) };
            stage.simulate("faults", status).await;
            let player = uuid::Uuid::new_v4().to_string();
            let mut visit = landing(&player, click);
            visit["consentLevel"] = json!("full");
            visit["context"]["userAgent"] = json!(AGENT);
            let bought = message(&player, json!({
                "type": "track", "surface": "web", "eventName": "purchase", "consentLevel": "full", "userId": format!("7656-{network}"), "identityType": "steam",
                "properties": { "currency": "USD", "value": "12.99" },
            }));
            let known = message(&player, json!({
                "type": "identify", "surface": "web", "userId": format!("7656-{network}"), "identityType": "custom", "consentLevel": "full", "traits": { "email": EMAIL },
            }));
            stage.send(&[visit, known, bought]).await;
            stage.deliver().await;
            let id = stage.newest_attempt(network).await;
            let (path, text_id) = (format!("{page}/attempts/{id}"), id.to_string());
            let of_owner = stage.owner.get(&path).await;
            assert!(of_owner.body.contains(IP) && of_owner.body.contains(AGENT) && of_owner.body.contains(EMAIL), "{}", of_owner.text());
            let fields = [("game", "emberfall"), ("network", network), ("id", text_id.as_str())];
            for answer in [
                stage.member.get(&path).await,
                stage.member.call(ReadAttempt::PATH, Method::GET, &fields).await,
                stage.member.get(page).await,
                stage.member.call(ReadIntegration::PATH, Method::GET, &fields).await,
            ] {
                assert_eq!(answer.status, 200);
                for of_player in OF_PEOPLE {
                    assert!(!answer.body.contains(of_player), "{network} {of_player}: {}", answer.body);
                }
            }
            let text = stage.member.get(&path).await.text();
            assert!(text.contains("Invalid user data: ••••••••") && text.contains("12.99"), "the rest is there: {text}");
        }
    }

    async fn what_a_network_says_of_a_refused_token_is_masked_too(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        stage.simulate("faults", json!({ "network": "tiktok", "code": 40105, "message": SAYS })).await;
        stage.purchase("ttclid").await;
        stage.deliver().await;
        assert!(stage.owner.get(TIKTOK).await.body.contains(EMAIL));
        let fields = [("game", "emberfall"), ("network", "tiktok")];
        let integrations = format!("{SETTINGS}/integrations");
        for answer in [
            stage.member.get(TIKTOK).await,
            stage.member.get(GAME).await,
            stage.member.get(&integrations).await,
            stage.member.call(ReadIntegration::PATH, Method::GET, &fields).await,
            stage.member.call(ReadIntegrations::PATH, Method::GET, &fields).await,
            stage.member.call(ReadFrame::PATH, Method::POST, &fields).await,
        ] {
            assert!(answer.text().contains("Credential") || answer.body.contains("CredentialFailures"), "{}", answer.body);
            for of_player in OF_PEOPLE {
                assert!(!answer.body.contains(of_player), "{of_player}: {}", answer.body);
            }
        }
    }
}
