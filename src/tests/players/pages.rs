//! A player's page: the whole story for owners and admins, the same without the person for members, nothing for strangers.

use crate::model::MINUTE;
use crate::server::db::on;
use crate::server::now;
use crate::tests::app::{Answer, Visitor};
use crate::tests::engines::both_engines;
use crate::tests::settings::stage::{GAME, Stage, bought, landing, message};
use crate::web::players::api::{ReadPlayer, ReadPlayers};
use leptos::server_fn::ServerFn;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

const EMAIL: &str = "player@example.com";
const AGENT: &str = "Mozilla/5.0 (Amiga)";
const IP: &str = "198.51.100.23";

pub fn time(before: i64) -> String {
    jiff::Timestamp::from_millisecond(now() - before).unwrap().to_string()
}

/// Someone who came by two ads, signed in and bought something.
pub struct Person {
    pub browser: String,
    pub steam: String,
    pub click: String,
}

impl Person {
    pub fn new() -> Self {
        let id = Uuid::new_v4().simple().to_string();
        Self { browser: format!("browser-{id}"), steam: format!("7656{}", &id[..12]), click: format!("E.C.P.{id}") }
    }

    pub fn messages(&self) -> Vec<Value> {
        let mut first = landing(&self.browser, "rdt_cid");
        first["eventTimestamp"] = json!(time(20 * MINUTE));
        let mut second = landing(&self.browser, "");
        second["context"]["pageUrl"] = json!(format!("https://emberfall.example/?ttclid={}", self.click));
        second["eventTimestamp"] = json!(time(10 * MINUTE));
        second["consentLevel"] = json!("full");
        second["context"]["userAgent"] = json!(AGENT);
        let known = message(
            &self.browser,
            json!({
                "type": "identify", "surface": "web", "userId": self.steam, "identityType": "steam", "consentLevel": "full", "traits": { "email": EMAIL },
            }),
        );
        vec![first, second, known, bought(&self.browser)]
    }

    pub async fn player(&self, stage: &Stage) -> Uuid {
        player_of(stage, &self.browser).await
    }
}

pub async fn player_of(stage: &Stage, value: &str) -> Uuid {
    let (id,): (Uuid,) = on!(stage.db(), pool => sqlx::query_as("select player_id from identities where value = $1")
        .bind(value)
        .fetch_one(pool)
        .await)
    .unwrap();
    id
}

/// Sends as somebody at this address.
async fn send_from(stage: &Stage, ip: &str, messages: &[Value]) {
    stage.send(messages).await;
    let text = "update messages set ip = $1";
    let mut tx = stage.db().begin().await.unwrap();
    crate::server::db::within!(&mut tx, c => sqlx::query(text).bind(ip).execute(c).await.map(drop)).unwrap();
    tx.commit().await.unwrap();
}

async fn open(visitor: &mut Visitor, player: Uuid) -> Answer {
    visitor.get(&format!("{GAME}/players/{player}")).await
}

/// Where the page's link with this text leads.
fn link(body: &str, text: &str) -> Option<String> {
    let tag = body.split("<a ").find(|tag| tag.split("</a>").next().is_some_and(|inside| inside.contains(text)))?;
    Some(tag.split("href=\"").nth(1)?.split('"').next()?.replace("&amp;", "&"))
}

both_engines! {
    async fn the_owner_reads_the_whole_story_on_one_page(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        let person = Person::new();
        send_from(&stage, IP, &person.messages()).await;
        stage.deliver().await;
        let player = person.player(&stage).await;
        let answer = open(&mut stage.owner, player).await;
        let text = answer.text();
        for said in [
            "What became of this purchase", "Message received", "From the Unity SDK, at anonymous consent.", "2 ids are known.", "First Purchase",
            "It holds the player’s one place for this goal.", "A ttclid of TikTok Ads, 10 min before the event.", "1 call was made.", "TikTok took it.",
            "Why this click", "It counts.", "A later click counts.", "within 30 days", "Credited to TikTok Ads", "12.99 USD", "identify", EMAIL, IP, AGENT,
            &person.browser, &person.steam, &person.click, "emberfall.example", "Export as JSON", "Attempt 1", "Success",
        ] {
            assert!(text.contains(said) || answer.body.contains(said), "{said}: {text}");
        }
        assert!(!text.contains("Stopped here") && !text.contains("Confirmed"), "{text}");
        let attempt = link(&answer.body, "Attempt 1").expect("the log is linked");
        let attempt = stage.owner.get(&attempt).await;
        assert_eq!(attempt.status, 200);
        assert!(attempt.text().contains("A later click counts."), "the attempt tells who else was in the running: {}", attempt.text());
        let back = link(&attempt.body, "See player").expect("the player is linked");
        assert!(back.starts_with(&format!("{GAME}/players/{player}?event=")), "{back}");
        assert!(stage.owner.get(&back).await.text().contains("What became of this purchase"));
    }

    async fn a_member_reads_the_story_without_the_person(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        let person = Person::new();
        send_from(&stage, IP, &person.messages()).await;
        stage.deliver().await;
        let player = person.player(&stage).await;
        let id = player.to_string();
        let fields = [("game", "emberfall"), ("id", id.as_str())];
        let asked = [("game", "emberfall"), ("asked", person.steam.as_str())];
        let (page, read) = (open(&mut stage.member, player).await, stage.member.call(ReadPlayer::PATH, Method::GET, &fields).await);
        let found = stage.member.call(ReadPlayers::PATH, Method::GET, &asked).await;
        let list = stage.member.get(&format!("{GAME}/players")).await;
        for answer in [&page, &read, &list] {
            assert_eq!(answer.status, 200);
            for of_player in [EMAIL, IP, AGENT, &person.browser, &person.steam, &person.click, "ttclid=", "emberfall.example/?"] {
                assert!(!answer.body.contains(of_player), "{of_player}: {}", answer.body);
            }
        }
        assert!(found.body.contains(&id) && !found.body.contains("steam"), "whoever knows the id finds the player: {}", found.body);
        let text = page.text();
        for said in ["TikTok took it.", "Why this click", "A later click counts.", "12.99 USD", "steam ••••••••", "Hidden"] {
            assert!(text.contains(said), "{said}: {text}");
        }
        assert!(!text.contains("Export as JSON"));
    }

    async fn to_a_stranger_no_player_exists(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        let person = Person::new();
        stage.send(&person.messages()).await;
        let player = person.player(&stage).await;
        let id = player.to_string();
        for page in [format!("{GAME}/players"), format!("{GAME}/players?id={}", person.steam), format!("{GAME}/players/{id}"), format!("/games/tidebound/players/{id}")] {
            assert_eq!(stage.stranger.get(&page).await.status, StatusCode::NOT_FOUND, "{page}");
        }
        let read = stage.stranger.call(ReadPlayer::PATH, Method::GET, &[("game", "tidebound"), ("id", &id)]).await;
        assert_eq!(read.status, StatusCode::NOT_FOUND, "an id of another game is no id at all");
        let list = stage.stranger.get(&format!("/games/tidebound/players?id={}", person.steam)).await;
        assert!(list.text().contains("No player has this id."), "{}", list.text());
    }

    async fn what_was_not_sent_names_the_gate_and_what_would_change_it(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        let google = Uuid::new_v4().to_string();
        stage.send(&[landing(&google, "gclid"), bought(&google)]).await;
        let player = player_of(&stage, &google).await;
        let answer = open(&mut stage.member, player).await;
        let text = answer.text();
        for said in [
            "Why was this purchase not sent?", "Connection ready Stopped here", "The credited network is not connected.", "What would change it: Connect it under Integrations.",
            "Sent Not reached", "Accepted Not reached",
        ] {
            assert!(text.contains(said), "{said}: {text}");
        }
        assert_eq!(answer.body.matches("aria-current=\"step\"").count(), 1, "one gate is marked");
        assert_eq!(link(&answer.body, "Open the network’s page").as_deref(), Some("/games/emberfall/settings/integrations/google"));
        let not_sent = stage.member.get("/games/emberfall/settings/integrations/google/not-sent").await;
        let to_player = link(&not_sent.body, "See player").expect("the player is linked");
        assert!(stage.member.get(&to_player).await.text().contains("Stopped here"));
        // The second purchase of the player is not the first.
        stage.send(&[bought(&google)]).await;
        let answer = open(&mut stage.member, player).await;
        assert!(answer.text().contains("First for its goal Stopped here"), "{}", answer.text());
        let holder = link(&answer.body, "See the event that has the place").expect("the one that has the place");
        assert!(stage.member.get(&holder).await.text().contains("Connection ready Stopped here"));
    }

    async fn what_waits_says_for_what_and_until_when(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        let nobody = Uuid::new_v4().to_string();
        stage.send(&[bought(&nobody)]).await;
        let player = player_of(&stage, &nobody).await;
        let text = open(&mut stage.member, player).await.text();
        assert!(text.contains("What does this purchase wait for?") && text.contains("Ad click in time Waits here"), "{text}");
        assert!(text.contains("It waits for a click, or for a link to a player with one.") && text.contains("Until in 6 d"), "{text}");
        assert!(text.contains("No click and no visit of this player is known."), "{text}");
    }

    async fn a_player_who_reached_no_goal_has_a_page_too(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        let visitor = Uuid::new_v4().to_string();
        stage.send(&[landing(&visitor, "")]).await;
        let player = player_of(&stage, &visitor).await;
        let text = open(&mut stage.owner, player).await.text();
        assert!(text.contains("This player has reached no goal yet") && text.contains("Without an ad"), "{text}");
    }

    async fn long_lists_are_read_a_part_at_a_time(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        let busy = Uuid::new_v4().to_string();
        let tracked: Vec<Value> = (0..25).map(|n| {
            message(&busy, json!({ "type": "track", "surface": "unity", "eventName": format!("level_{n}_done"), "eventTimestamp": time(n * MINUTE) }))
        }).collect();
        stage.send(&tracked).await;
        let player = player_of(&stage, &busy).await;
        let mut page = format!("{GAME}/players/{player}");
        let mut seen = Vec::new();
        for expected in [10, 10, 5] {
            let answer = stage.owner.get(&page).await;
            let names: Vec<String> = (0..25).map(|n| format!("level_{n}_done")).filter(|name| answer.body.contains(&format!("<code>{name}"))).collect();
            assert_eq!(names.len(), expected, "{page}");
            seen.extend(names);
            let messages = answer.body.split("id=\"messages\"").nth(1).unwrap();
            page = link(messages, "Older").filter(|_| expected == 10).unwrap_or_default();
        }
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 25, "without a gap");
        // What is no place in a list is the beginning of it.
        let answer = stage.owner.get(&format!("{GAME}/players/{player}?messages=yesterday&event=17&clicks=%3Cscript%3E")).await;
        assert!(answer.status == 200 && answer.body.contains("level_0_done"));
    }
}
