//! A player's data as one JSON document: whole, for owners and admins alone, and the audit log knows who took it.

use super::pages::{Person, player_of, time};
use crate::model::SECOND;
use crate::tests::app::{Answer, TestApp, Visitor};
use crate::tests::engines::both_engines;
use crate::tests::settings::stage::{GAME, Stage, message};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

async fn export(visitor: &mut Visitor, path: &str) -> Answer {
    let request = visitor.request(Method::POST, path).header("sec-fetch-site", "same-origin");
    visitor.send(request).await
}

fn anonymous(app: &TestApp) -> Visitor {
    app.visitor()
}

both_engines! {
    async fn the_owner_takes_out_all_that_is_kept_of_a_player(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        let person = Person::new();
        stage.send(&person.messages()).await;
        stage.send(&Person::new().messages()).await;
        stage.deliver().await;
        let player = person.player(&stage).await;
        let answer = export(&mut stage.owner, &format!("{GAME}/players/{player}/export")).await;
        assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, "application/json"));
        assert_eq!(answer.header("content-disposition"), format!("attachment; filename=\"player-{player}.json\""));
        assert_eq!(answer.header("cache-control"), "no-store");
        let told: Value = serde_json::from_str(&answer.body).unwrap_or_else(|error| panic!("{error}: {}", answer.body));
        assert_eq!((&told["game"], &told["player"]["id"]), (&json!("emberfall"), &json!(player)));
        assert_eq!(told["player"]["email"]["value"], "player@example.com");
        let ids: Vec<&str> = told["identities"].as_array().unwrap().iter().map(|one| one["value"].as_str().unwrap()).collect();
        assert_eq!(ids, [person.steam.as_str(), person.browser.as_str()]);
        let clicks = told["clicks"].as_array().unwrap();
        assert_eq!((clicks.len(), &clicks[0]["clickId"]), (2, &json!(person.click)));
        assert_eq!(told["messages"].as_array().unwrap().len(), 4);
        assert_eq!(told["messages"][0]["message"]["anonymousId"], json!(person.browser));
        let conversion = &told["conversions"][0];
        assert_eq!(conversion["postback"]["attempts"][0]["status"], "success");
        assert_eq!(conversion["postback"]["attempts"][0]["sent"]["event"]["event"], "Purchase");
        assert_eq!(conversion["details"]["credit"]["lost"][0]["network"], "reddit");
        assert!(stage.kept().await.contains(&format!("did mara@ashgrove.example player.exported {player}")));
    }

    async fn a_long_history_is_there_to_the_last_message(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        let busy = Uuid::new_v4().to_string();
        let tracked: Vec<Value> = (0..450).map(|n| {
            message(&busy, json!({ "type": "track", "surface": "unity", "eventName": "step", "eventTimestamp": time(n / 3 * SECOND) }))
        }).collect();
        stage.send(&tracked).await;
        let player = player_of(&stage, &busy).await;
        let answer = export(&mut stage.owner, &format!("{GAME}/players/{player}/export")).await;
        let told: Value = serde_json::from_str(&answer.body).unwrap();
        let mut ids: Vec<&str> = told["messages"].as_array().unwrap().iter().map(|one| one["messageId"].as_str().unwrap()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 450);
        assert_eq!((told["clicks"].clone(), told["conversions"].clone()), (json!([]), json!([])));
    }

    async fn nobody_else_takes_anything_out(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        let person = Person::new();
        stage.send(&person.messages()).await;
        let player = person.player(&stage).await;
        let path = format!("{GAME}/players/{player}/export");
        let before = stage.kept().await;
        assert_eq!(export(&mut stage.member, &path).await.status, StatusCode::FORBIDDEN);
        assert_eq!(export(&mut stage.stranger, &path).await.status, StatusCode::NOT_FOUND);
        let elsewhere = format!("/games/tidebound/players/{player}/export");
        assert_eq!(export(&mut stage.stranger, &elsewhere).await.status, StatusCode::NOT_FOUND, "nor under a game of their own");
        assert_eq!(export(&mut anonymous(&stage.app), &path).await.location(), "/sign-in");
        let from_elsewhere = stage.owner.request(Method::POST, &path).header("sec-fetch-site", "cross-site");
        assert_eq!(stage.owner.send(from_elsewhere).await.status, StatusCode::FORBIDDEN);
        assert_ne!(stage.owner.get(&path).await.status, StatusCode::OK, "a link takes nothing out");
        for nobody in ["17", "0190c9a0-0000-7000-8000-000000000000", "%00"] {
            assert_eq!(export(&mut stage.owner, &format!("{GAME}/players/{nobody}/export")).await.status, StatusCode::NOT_FOUND, "{nobody}");
        }
        assert_eq!(stage.kept().await, before);
    }
}
