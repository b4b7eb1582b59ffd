//! Connecting: consent, code, token, advertisers, pixels, and giving the token back.

use super::{Sim, code_and_message, tiktok_call, tiktok_event, with};
use crate::server::simulator::world::*;
use reqwest::Response;
use serde_json::{Value, json};
use std::collections::HashMap;
use url::Url;

const BACK: &str = "http://127.0.0.1:3000/oauth/tiktok/callback";

fn asked() -> Vec<(&'static str, &'static str)> {
    vec![("app_id", TIKTOK_APP_ID), ("state", "s&1\"<b>"), ("redirect_uri", BACK)]
}

async fn decide(sim: &Sim, more: &[(&'static str, &'static str)]) -> Response {
    sim.client.post(sim.url("/portal/auth")).form(&[asked(), more.to_vec()].concat()).send().await.unwrap()
}

fn back(answer: &Response) -> HashMap<String, String> {
    assert_eq!(answer.status(), 303);
    let url = Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
    assert!(url.as_str().starts_with(BACK));
    url.query_pairs().into_owned().collect()
}

async fn code_for(sim: &Sim, advertiser: &'static str) -> String {
    back(&decide(sim, &[("advertiser", advertiser), ("decision", "allow")]).await)["auth_code"].clone()
}

async fn exchange(sim: &Sim, app: &str, secret: &str, code: &str) -> Value {
    let body = json!({"app_id": app, "secret": secret, "auth_code": code});
    sim.post("/open_api/v1.3/oauth2/access_token/", body).await.json().await.unwrap()
}

async fn get(sim: &Sim, token: &str, path: &str) -> Value {
    sim.client.get(sim.url(path)).header("Access-Token", token).send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn the_page_says_who_asks_and_sets_no_cookie() {
    let sim = Sim::start().await;
    let answer = sim.client.get(sim.url("/portal/auth")).query(&asked()).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.headers().get("set-cookie").is_none());
    let html = answer.text().await.unwrap();
    for text in [TIKTOK_APP_NAME, TIKTOK_APP_ID, "Sample Studio", TIKTOK_BIG_ADVERTISER, "Allow", "Deny", "s&amp;1&quot;&lt;b&gt;"] {
        assert!(html.contains(text), "{text}");
    }
    assert!(!html.contains("<script") && !html.contains(TIKTOK_FOREIGN_ADVERTISER));
}

#[tokio::test]
async fn allowing_sends_back_with_a_code_and_the_state() {
    let sim = Sim::start().await;
    let answer = decide(&sim, &[("advertiser", TIKTOK_ADVERTISER), ("decision", "allow")]).await;
    assert!(answer.headers().get("set-cookie").is_none());
    let pairs = back(&answer);
    assert_eq!(pairs["state"], "s&1\"<b>");
    assert_eq!(pairs["auth_code"], pairs["code"]);
}

#[tokio::test]
async fn denying_sends_back_without_one() {
    let sim = Sim::start().await;
    let pairs = back(&decide(&sim, &[("decision", "deny")]).await);
    assert_eq!((pairs["error"].as_str(), pairs.contains_key("auth_code")), ("access_denied", false));
}

#[tokio::test]
async fn nothing_picked_or_only_what_is_not_theirs_asks_again() {
    let sim = Sim::start().await;
    for picked in [None, Some(("advertiser", TIKTOK_FOREIGN_ADVERTISER))] {
        let answer = decide(&sim, &[Some(("decision", "allow")), picked].into_iter().flatten().collect::<Vec<_>>()).await;
        assert_eq!(answer.status(), 400);
        assert!(answer.text().await.unwrap().contains("Pick at least one"));
    }
}

#[tokio::test]
async fn a_wrong_app_or_a_way_back_off_this_machine_is_a_page_not_a_redirect() {
    let sim = Sim::start().await;
    let open = |app: &'static str, to: &'static str| {
        sim.client.get(sim.url("/portal/auth")).query(&[("app_id", app), ("redirect_uri", to)]).send()
    };
    for (app, to) in [("1", BACK), (TIKTOK_APP_ID, "https://evil.example/"), (TIKTOK_APP_ID, "javascript:alert(1)"), (TIKTOK_APP_ID, "")] {
        assert_eq!(open(app, to).await.unwrap().status(), 400, "{app} {to}");
    }
    assert_eq!(open(TIKTOK_APP_ID, "http://localhost:3000/x").await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_code_buys_one_token_for_the_picked_advertisers() {
    let sim = Sim::start().await;
    let code = code_for(&sim, TIKTOK_ADVERTISER).await;
    let wrong = exchange(&sim, "1", TIKTOK_APP_SECRET, &code).await;
    assert_eq!(wrong["code"], 40101);
    assert_eq!(exchange(&sim, TIKTOK_APP_ID, "guess", &code).await["code"], 40113);
    let bought = exchange(&sim, TIKTOK_APP_ID, TIKTOK_APP_SECRET, &code).await;
    assert_eq!(bought["code"], 0);
    assert_eq!(bought["data"]["advertiser_ids"], json!([TIKTOK_ADVERTISER]));
    assert!(bought["data"]["scope"][0].is_i64());
    assert_eq!(exchange(&sim, TIKTOK_APP_ID, TIKTOK_APP_SECRET, &code).await["code"], 40110);
    assert_eq!(exchange(&sim, TIKTOK_APP_ID, TIKTOK_APP_SECRET, "never").await["code"], 40110);
    let late = code_for(&sim, TIKTOK_ADVERTISER).await;
    sim.pass(3_600_001);
    assert_eq!(exchange(&sim, TIKTOK_APP_ID, TIKTOK_APP_SECRET, &late).await["message"], "The auth_code has expired.");
    let extra = json!({"app_id": TIKTOK_APP_ID, "secret": TIKTOK_APP_SECRET, "auth_code": "x", "grant_type": "code"});
    let extra = code_and_message(sim.post("/open_api/v1.3/oauth2/access_token/", extra).await).await;
    assert_eq!(extra, (40002, "Invalid value for grant_type: unknown field.".into()));

    let token = bought["data"]["access_token"].as_str().unwrap();
    let query = format!("/open_api/v1.3/oauth2/advertiser/get/?app_id={TIKTOK_APP_ID}&secret={TIKTOK_APP_SECRET}");
    let list = get(&sim, token, &query).await;
    assert_eq!(list["data"]["list"], json!([{"advertiser_id": TIKTOK_ADVERTISER, "advertiser_name": "Sample Studio"}]));
    assert_eq!(get(&sim, "x", &query).await["code"], 40105);
    assert_eq!(get(&sim, token, "/open_api/v1.3/oauth2/advertiser/get/?app_id=1&secret=2").await["code"], 40101);
    assert_eq!(get(&sim, token, "/open_api/v1.3/oauth2/advertiser/get/").await["code"], 40002);
    let other = get(&sim, token, &format!("/open_api/v1.3/pixel/list/?advertiser_id={TIKTOK_BIG_ADVERTISER}")).await;
    assert_eq!(other["code"], 40001);
}

#[tokio::test]
async fn pixels_come_in_pages_of_at_most_twenty() {
    let sim = Sim::start().await;
    let list = |query: String| {
        let sim = &sim;
        async move { get(sim, TIKTOK_TOKEN, &format!("/open_api/v1.3/pixel/list/?{query}")).await }
    };
    let first = list(format!("advertiser_id={TIKTOK_BIG_ADVERTISER}&page=1&page_size=20")).await;
    assert_eq!(first["data"]["page_info"], json!({"page": 1, "page_size": 20, "total_number": 25, "total_page": 2}));
    assert_eq!(first["data"]["pixels"].as_array().unwrap().len(), 20);
    let second = list(format!("advertiser_id={TIKTOK_BIG_ADVERTISER}&page=2&page_size=20")).await;
    assert_eq!(second["data"]["pixels"].as_array().unwrap().len(), 5);
    assert_eq!(second["data"]["pixels"][4]["pixel_code"], "CMOONLIGHT0000000025");
    let third = list(format!("advertiser_id={TIKTOK_BIG_ADVERTISER}&page=3&page_size=20")).await;
    assert_eq!(third["data"]["pixels"], json!([]));
    let latest = list(format!("advertiser_id={TIKTOK_ADVERTISER}&order_by=LATEST_CREATE")).await;
    assert_eq!(latest["data"]["pixels"][0]["pixel_code"], TIKTOK_LANDING_PIXEL);
    let one = list(format!("advertiser_id={TIKTOK_ADVERTISER}&code={TIKTOK_PIXEL}")).await;
    assert_eq!(one["data"]["pixels"].as_array().unwrap().len(), 1);
    for wrong in ["page_size=21", "page=0", "page=x", "order_by=NAME", "limit=5"] {
        assert_eq!(list(format!("advertiser_id={TIKTOK_ADVERTISER}&{wrong}")).await["code"], 40002, "{wrong}");
    }
    assert_eq!(list("page=1".into()).await["code"], 40002);
    assert_eq!(list(format!("advertiser_id={TIKTOK_FOREIGN_ADVERTISER}")).await["code"], 40001);
}

#[tokio::test]
async fn a_token_given_back_is_dead() {
    let sim = Sim::start().await;
    let revoke = |token: &'static str, body: Value| {
        sim.client.post(sim.url("/open_api/v1.3/oauth2/revoke_token/")).header("Access-Token", token).json(&body).send()
    };
    let body = json!({"app_id": TIKTOK_APP_ID, "secret": TIKTOK_APP_SECRET, "access_token": TIKTOK_TOKEN});
    assert_eq!(code_and_message(revoke("nonsense", body.clone()).await.unwrap()).await.0, 40105);
    let wrong = with(body.clone(), "/secret", json!("x"));
    assert_eq!(code_and_message(revoke(TIKTOK_TOKEN, wrong).await.unwrap()).await.0, 40113);
    let done: Value = revoke(TIKTOK_TOKEN, body.clone()).await.unwrap().json().await.unwrap();
    assert_eq!((&done["code"], &done["data"]), (&json!(0), &json!({"advertiser_ids": []})));
    assert_eq!(sim.tiktok_says(&tiktok_call(vec![tiktok_event("a")])).await.0, 40105);
    sim.post("/simulator/tokens/restore", json!({"network": "tiktok"})).await;
    assert_eq!(code_and_message(revoke(TIKTOK_TOKEN, body).await.unwrap()).await.0, 40105);
}
