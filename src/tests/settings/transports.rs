//! Which way a connection sends: who may choose it, what the pages say, and the way out of one that the network has closed.

use super::stage::{GOOGLE, Stage, TIKTOK};
use crate::model::DAY;
use crate::model::connection::{Connection, ParkCause};
use crate::server::db::{connection_changes, on, within};
use crate::server::now;
use crate::server::simulator::world;
use crate::tests::app::Answer;
use crate::tests::engines::both_engines;
use crate::web::integrations::changes::{ChooseTransport, TryAgain};
use leptos::server_fn::ServerFn;
use reqwest::{Method, StatusCode};
use serde_json::json;

async fn connected(db: crate::tests::engines::TestDb) -> Stage {
    let mut stage = Stage::set(db).await;
    stage.goal("First Purchase", "purchase").await;
    stage.connect_google().await;
    stage
}

fn choice(word: &str) -> [(&str, &str); 3] {
    [("game", "emberfall"), ("network", "google"), ("transport", word)]
}

async fn choose(stage: &mut Stage, word: &str) -> Answer {
    let page = format!("{}{GOOGLE}", stage.app.origin);
    let answer = stage.owner.submit_from::<ChooseTransport>(&page, &choice(word)).await;
    stage.owner.follow(&answer).await
}

async fn google(stage: &Stage) -> Connection {
    connection_changes::of_network(stage.db(), stage.game_id().await, "google").await.unwrap().unwrap()
}

async fn delivered(stage: &Stage, transport: &str) -> i64 {
    let (count,): (i64,) = on!(stage.db(), pool => sqlx::query_as(
        "select count(*) from attempts where transport = $1 and status = 'success'",
    )
    .bind(transport)
    .fetch_one(pool)
    .await)
    .unwrap();
    count
}

both_engines! {
    async fn an_app_in_testing_is_said_to_lose_its_access_with_the_date(db: TestDb) {
        let mut stage = connected(db).await;
        assert!(!stage.owner.get(GOOGLE).await.text().contains("Token ends"));
        let at = now() + 7 * DAY;
        let mut tx = stage.db().begin().await.unwrap();
        within!(&mut tx, c => sqlx::query("update connections set secret_expires_at = $1").bind(at).execute(c).await.map(drop)).unwrap();
        tx.commit().await.unwrap();
        let text = stage.owner.get(GOOGLE).await.text();
        assert!(text.contains("Google's token ends soon") && text.contains("is in Testing at Google, which ends every access after seven days"), "{text}");
        let day = crate::model::zone::Zone::utc().exact(at);
        assert!(text.contains(&day), "{day}: {text}");
    }

    async fn an_owner_chooses_how_conversions_are_sent(db: TestDb) {
        let mut stage = connected(db).await;
        let page = stage.owner.get(GOOGLE).await;
        let text = page.text();
        assert!(text.contains("Sends over Data Manager API") && text.contains("Send conversions over"), "{text}");
        assert!(text.contains("only from integrations that used this way before 15 June 2026"), "{text}");
        stage.purchase("gclid").await;
        stage.deliver().await;
        let text = choose(&mut stage, "ads_api").await.text();
        assert!(text.contains("Saved. Conversions are sent over the Google Ads API import, also those that wait."), "{text}");
        assert!(text.contains("Sends over Google Ads API import"), "{text}");
        stage.purchase("gclid").await;
        stage.deliver().await;
        assert_eq!((delivered(&stage, "data_manager").await, delivered(&stage, "ads_api").await), (1, 1));

        let log = stage.owner.get(GOOGLE).await.text();
        assert_eq!(log.matches("over the Google Ads API import").count(), 1, "the usual way goes without saying: {log}");
        let attempt = stage.newest_attempt("google").await;
        let text = stage.owner.get(&format!("{GOOGLE}/attempts/{attempt}")).await.text();
        assert!(text.contains("Sent over Google Ads API import") && text.contains(":uploadClickConversions"), "{text}");
        // The same again changes nothing.
        let before = stage.kept().await;
        choose(&mut stage, "ads_api").await;
        assert_eq!(stage.kept().await, before);
        assert!(before.contains("connection.transport google Google Ads API import"), "{before}");
    }

    async fn what_is_queued_already_goes_the_chosen_way(db: TestDb) {
        let mut stage = connected(db).await;
        stage.purchase("gclid").await;
        choose(&mut stage, "ads_api").await;
        stage.deliver().await;
        assert_eq!((delivered(&stage, "data_manager").await, delivered(&stage, "ads_api").await), (0, 1));
    }

    async fn a_closed_way_is_said_in_plain_words_with_the_switch_beside_it(db: TestDb) {
        let mut stage = connected(db).await;
        choose(&mut stage, "ads_api").await;
        stage.simulate("faults", json!({"network": "google", "on": "imports", "status": 200, "message": "CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE"})).await;
        stage.purchase("gclid").await;
        stage.deliver().await;
        assert_eq!(google(&stage).await.parked.map(|parked| parked.cause), Some(ParkCause::Closed));

        let text = stage.owner.get(GOOGLE).await.text();
        for part in [
            "Google takes no conversions over the Google Ads API import",
            "Google closed the Google Ads API import to new integrations on 15 June 2026",
            "It says “Customer is not allowlisted for accessing this feature.",
            "1 postback waits and sends itself once this is mended",
            "Switch to the Data Manager API",
            "Deliveries failing",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let of_member = stage.member.get(GOOGLE).await;
        let text = of_member.text();
        assert!(text.contains("Google closed the Google Ads API import") && text.contains("An owner or admin of this game can switch."), "{text}");
        assert!(!text.contains("Switch to the Data Manager API"), "{text}");

        // Asking the same way again finds it closed again.
        let again = [("game", "emberfall"), ("network", "google")];
        stage.owner.submit::<TryAgain>(&again).await;
        stage.deliver().await;
        assert_eq!(google(&stage).await.parked.map(|parked| parked.cause), Some(ParkCause::Closed));

        let text = choose(&mut stage, "data_manager").await.text();
        assert!(text.contains("Conversions are sent over the Data Manager API") && !text.contains("takes no conversions over"), "{text}");
        assert_eq!(google(&stage).await.parked, None);
        stage.deliver().await;
        assert_eq!((delivered(&stage, "data_manager").await, delivered(&stage, "ads_api").await), (1, 0));
    }

    async fn only_who_may_change_the_game_chooses(db: TestDb) {
        let mut stage = connected(db).await;
        let before = stage.kept().await;
        let fields = choice("ads_api");
        let answer = stage.member.call(ChooseTransport::PATH, Method::POST, &fields).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{answer:?}");
        let answer = stage.stranger.call(ChooseTransport::PATH, Method::POST, &fields).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{answer:?}");
        let text = stage.member.get(GOOGLE).await.text();
        assert!(text.contains("Sends over Data Manager API") && !text.contains("Send conversions over"), "{text}");
        assert_eq!(stage.kept().await, before);
    }

    async fn what_is_no_way_of_the_network_cannot_be_chosen(db: TestDb) {
        let mut stage = connected(db).await;
        stage.connect_tiktok(world::TIKTOK_PIXEL).await;
        let before = stage.kept().await;
        for (network, word) in [("google", "pigeon"), ("google", ""), ("tiktok", "ads_api"), ("reddit", "data_manager"), ("myspace", "ads_api")] {
            let fields = [("game", "emberfall"), ("network", network), ("transport", word)];
            let answer = stage.owner.call(ChooseTransport::PATH, Method::POST, &fields).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{network} {word}");
        }
        assert_eq!(stage.kept().await, before);
        let text = stage.owner.get(TIKTOK).await.text();
        assert!(!text.contains("Send conversions over"), "{text}");
        // A link cannot claim a choice that was not made.
        let text = stage.owner.get(&format!("{GOOGLE}?sends=over")).await.text();
        assert!(text.contains("Conversions are sent over the Data Manager API"), "{text}");
        assert!(!stage.owner.get(&format!("{TIKTOK}?sends=over")).await.text().contains("Conversions are sent over"));
    }

    async fn another_way_does_not_mend_a_refused_token(db: TestDb) {
        let mut stage = connected(db).await;
        stage.simulate("tokens/expire", json!({"network": "google"})).await;
        stage.purchase("gclid").await;
        stage.deliver().await;
        choose(&mut stage, "ads_api").await;
        let connection = google(&stage).await;
        assert_eq!((connection.transport.as_deref(), connection.parked.map(|parked| parked.cause)), (Some("ads_api"), Some(ParkCause::Credentials)));
    }

    async fn a_member_sees_an_import_and_its_answer_without_the_player(db: TestDb) {
        let mut stage = connected(db).await;
        choose(&mut stage, "ads_api").await;
        stage.purchase("gclid").await;
        stage.deliver().await;
        let attempt = stage.newest_attempt("google").await;
        let page = format!("{GOOGLE}/attempts/{attempt}");
        let (sent,): (String,) = on!(stage.db(), pool => sqlx::query_as("select request from attempts where network = 'google'").fetch_one(pool).await).unwrap();
        let sent: serde_json::Value = serde_json::from_str(&sent).unwrap();
        let click = sent["gclid"].as_str().unwrap();
        let of_owner = stage.owner.get(&page).await.body;
        assert!(of_owner.matches(click).count() >= 2, "request and answer");
        let of_member = stage.member.get(&page).await;
        assert!(!of_member.body.contains(click) && of_member.text().contains("conversionActions"), "{}", of_member.text());
    }
}
