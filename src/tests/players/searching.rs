//! A player is found by any id that a person may hold in hand.

use super::pages::{Person, player_of};
use crate::server::db::on;
use crate::tests::engines::both_engines;
use crate::tests::settings::stage::{GAME, Stage, landing, message};
use serde_json::json;
use uuid::Uuid;

both_engines! {
    async fn each_of_a_players_ids_leads_to_their_page(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        let person = Person::new();
        let mut messages = person.messages();
        messages.push(message("install-1", json!({
            "type": "identify", "surface": "unity", "userId": person.steam, "identityType": "steam", "deviceId": "pc:1", "consentLevel": "full",
        })));
        // Somebody else, who must not be found.
        messages.extend(Person::new().messages());
        stage.send(&messages).await;
        stage.deliver().await;
        let player = person.player(&stage).await;
        let page = format!("{GAME}/players/{player}");
        let (conversion, dedup): (Uuid, String) = on!(stage.db(), pool => sqlx::query_as(
            "select c.id, p.dedup_id from conversions c join postbacks p on p.conversion_id = c.id where c.player_id = $1",
        ).bind(player).fetch_one(pool).await).unwrap();
        let of_goal = messages[3]["messageId"].as_str().unwrap().to_owned();
        let of_none = messages[0]["messageId"].as_str().unwrap().to_owned();
        let typed = format!("steam:{}", person.steam);
        let (any, other) = (format!("userId:{}", person.steam), format!("  Steam: {} ", person.steam));
        for id in [&person.steam, &typed, &any, &other, &person.browser, "install-1", "pc:1", "deviceId:pc:1", &person.click, &dedup, &of_goal, &of_none, &conversion.to_string(), &player.to_string()] {
            let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("id", id).finish();
            let answer = stage.member.get(&format!("{GAME}/players?{query}")).await;
            assert!(answer.location() == page || answer.location().starts_with(&format!("{page}?event=")), "{id}: {} {}", answer.location(), answer.text());
        }
        let answer = stage.owner.get(&format!("{GAME}/players?id={conversion}")).await;
        assert_eq!(answer.location(), format!("{page}?event={conversion}"), "an event's id leads to that event");
    }

    async fn what_nobody_has_finds_nobody(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        let person = Person::new();
        stage.send(&person.messages()).await;
        let wrong_type = format!("epic:{}", person.steam);
        let half = &person.steam[..8];
        for id in ["nobody", half, &wrong_type, "%", "' or 1=1 --", "<script>alert(1)</script>", "a\0b", &"x".repeat(5_000), "0190c9a0-0000-7000-8000-000000000000"] {
            let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("id", id).finish();
            let answer = stage.owner.get(&format!("{GAME}/players?{query}")).await;
            assert_eq!(answer.status, 200, "{id}");
            let none = answer.text().contains("No player has this id.");
            assert!(none && !answer.body.contains("<script>alert"), "{id}: {}", answer.text());
        }
    }

    async fn an_event_without_a_player_says_so(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        let event = message("undefined", json!({ "type": "track", "surface": "unity", "eventName": "purchase", "properties": { "currency": "USD", "value": "1" } }));
        stage.send(std::slice::from_ref(&event)).await;
        let answer = stage.owner.get(&format!("{GAME}/players?id={}", event["messageId"].as_str().unwrap())).await;
        assert!(answer.text().contains("This event belongs to no player."), "{}", answer.text());
    }

    async fn several_players_with_an_id_are_listed_a_page_at_a_time(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        let shared: Vec<_> = (0..45).map(|n| {
            let mut visit = landing(&format!("reader-{n}"), "");
            visit["context"]["pageUrl"] = json!("https://emberfall.example/?ttclid=SHARED-LINK");
            visit
        }).collect();
        stage.send(&shared).await;
        let mut page = format!("{GAME}/players?id=SHARED-LINK");
        let mut found = Vec::new();
        for expected in [20, 20, 5] {
            let answer = stage.owner.get(&page).await;
            let listed: Vec<String> = answer.body.split(&format!("href=\"{GAME}/players/")).skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect();
            assert_eq!(listed.len(), expected, "{page}: {}", answer.text());
            found.extend(listed);
            let older = answer.body.split("rel=\"next\"").nth(1).and_then(|tag| tag.split('>').next()?.split("href=\"").nth(1)?.split('"').next());
            page = older.unwrap_or_default().replace("&amp;", "&");
        }
        found.sort();
        found.dedup();
        assert_eq!(found.len(), 45);
    }

    async fn without_an_id_those_seen_last_are_listed(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        assert!(stage.owner.get(&format!("{GAME}/players")).await.text().contains("Nobody has been seen yet."));
        let person = Person::new();
        stage.send(&person.messages()).await;
        let answer = stage.owner.get(&format!("{GAME}/players")).await;
        assert!(answer.text().contains("Seen last") && answer.body.contains(&player_of(&stage, &person.browser).await.to_string()), "{}", answer.text());
        assert!(answer.text().contains(&format!("steam {}…", &person.steam[..4])), "{}", answer.text());
    }
}
