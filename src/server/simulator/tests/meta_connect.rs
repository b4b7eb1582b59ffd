//! Connecting Meta: dialog by configuration and by scopes, exchanges, check, lists, taking the app away.

use super::{NOW, Sim, meta_proof, status_and_json};
use crate::server::simulator::world::*;
use reqwest::Response;
use serde_json::{Value, json};
use std::collections::HashMap;
use url::Url;

const BACK: &str = "http://127.0.0.1:3000/oauth/meta/callback";
const DIALOG: &str = "/v26.0/dialog/oauth";

fn asked(how: (&'static str, &'static str)) -> Vec<(&'static str, &'static str)> {
    vec![("client_id", META_APP_ID), ("redirect_uri", BACK), ("state", "s&1"), ("response_type", "code"), how]
}

const BUSINESS: (&str, &str) = ("config_id", META_CONFIG_ID);
const PERSON: (&str, &str) = ("scope", "ads_management,business_management");

async fn decide(sim: &Sim, how: (&'static str, &'static str), more: &[(&'static str, &'static str)]) -> Response {
    sim.client.post(sim.url(DIALOG)).form(&[asked(how), more.to_vec()].concat()).send().await.unwrap()
}

fn back(answer: &Response) -> HashMap<String, String> {
    assert_eq!(answer.status(), 303);
    let url = Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
    assert!(url.as_str().starts_with(BACK) && url.fragment() == Some("_=_"));
    url.query_pairs().into_owned().collect()
}

async fn get(sim: &Sim, path: &str, query: &[(&str, &str)]) -> (u16, Value) {
    status_and_json(sim.client.get(sim.url(&format!("/v26.0{path}"))).query(query).send().await.unwrap()).await
}

async fn exchange(sim: &Sim, back: &str, secret: &str, code: &str) -> (u16, Value) {
    let query = [("client_id", META_APP_ID), ("redirect_uri", back), ("client_secret", secret), ("code", code)];
    get(sim, "/oauth/access_token", &query).await
}

async fn debug(sim: &Sim, token: &str) -> Value {
    let app = format!("{META_APP_ID}|{META_APP_SECRET}");
    get(sim, "/debug_token", &[("input_token", token), ("access_token", &app)]).await.1["data"].clone()
}

/// A list or node by a token of our app.
async fn read(sim: &Sim, token: &str, path: &str, query: &[(&str, &str)]) -> (u16, Value) {
    let proof = meta_proof(token);
    get(sim, path, &[&[("access_token", token), ("appsecret_proof", proof.as_str())], query].concat()).await
}

async fn token(sim: &Sim, how: (&'static str, &'static str), more: &[(&'static str, &'static str)]) -> String {
    let code = back(&decide(sim, how, &[more, &[("decision", "allow")]].concat()).await)["code"].clone();
    let (status, bought) = exchange(sim, BACK, META_APP_SECRET, &code).await;
    assert_eq!(status, 200, "{bought}");
    bought["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_dialog_says_who_asks_for_what() {
    let sim = Sim::start().await;
    let html = async |how| sim.client.get(sim.url(DIALOG)).query(&asked(how)).send().await.unwrap().text().await.unwrap();
    let (business, person) = (html(BUSINESS).await, html(PERSON).await);
    for text in [META_APP_NAME, META_APP_ID, META_BUSINESS, "Allow", "Deny", "s&amp;1"] {
        assert!(business.contains(text), "{text}");
    }
    assert!(!business.contains(META_AD_ACCOUNT) && !business.contains("<script"));
    assert!(person.contains(META_AD_ACCOUNT) && person.contains("ads_management") && !person.contains(META_FOREIGN_AD_ACCOUNT));
    for wrong in [
        ("client_id", "1"),
        ("redirect_uri", "https://evil.example/"),
        ("response_type", "token"),
        ("config_id", "1"),
        ("scope", "email,everything"),
    ] {
        let asked: Vec<_> = asked(PERSON).into_iter().filter(|(name, _)| *name != wrong.0).chain([wrong]).collect();
        assert_eq!(sim.client.get(sim.url(DIALOG)).query(&asked).send().await.unwrap().status(), 400, "{wrong:?}");
    }
    let denied = back(&decide(&sim, BUSINESS, &[("decision", "deny")]).await);
    assert_eq!(
        (denied["error"].as_str(), denied["error_reason"].as_str(), denied["state"].as_str()),
        ("access_denied", "user_denied", "s&1")
    );
    assert_eq!(decide(&sim, BUSINESS, &[("decision", "allow"), ("account", META_AD_ACCOUNT)]).await.status(), 400);
    assert_eq!(decide(&sim, PERSON, &[("decision", "allow"), ("account", META_FOREIGN_AD_ACCOUNT)]).await.status(), 400);
}

#[tokio::test]
async fn a_code_buys_one_token_with_the_same_way_back() {
    let sim = Sim::start().await;
    let code = back(&decide(&sim, BUSINESS, &[("account", META_BUSINESS), ("decision", "allow")]).await)["code"].clone();
    let sub = |answer: &(u16, Value)| answer.1["error"]["error_subcode"].as_i64();
    assert_eq!(exchange(&sim, BACK, "guess", &code).await.1["error"]["message"], "Error validating client secret.");
    assert_eq!(sub(&exchange(&sim, "http://127.0.0.1:3000/", META_APP_SECRET, &code).await), Some(36008));
    let (status, bought) = exchange(&sim, BACK, META_APP_SECRET, &code).await;
    assert_eq!((status, &bought["token_type"], &bought["expires_in"]), (200, &json!("bearer"), &json!(60 * 86_400)));
    assert_eq!(sub(&exchange(&sim, BACK, META_APP_SECRET, &code).await), Some(36009));
    assert_eq!(exchange(&sim, BACK, META_APP_SECRET, "never").await.1["error"]["code"], 100);
    let token = bought["access_token"].as_str().unwrap();
    let data = debug(&sim, token).await;
    assert_eq!((&data["type"], &data["is_valid"], &data["user_id"]), (&json!("SYSTEM_USER"), &json!(true), &json!(META_SYSTEM_USER)));
    assert_eq!((&data["expires_at"], &data["data_access_expires_at"]), (&json!(NOW / 1000 + 60 * 86_400), &json!(0)));
    sim.pass(60 * 86_400_000);
    let data = debug(&sim, token).await;
    assert_eq!((&data["is_valid"], &data["error"]["subcode"]), (&json!(false), &json!(463)));
    assert_eq!(debug(&sim, META_PASTED_TOKEN).await["is_valid"], false);
    assert_eq!(get(&sim, "/debug_token", &[("input_token", token), ("access_token", "x")]).await.0, 400);
}

#[tokio::test]
async fn a_persons_token_is_short_and_exchanged_for_a_long_one() {
    let sim = Sim::start().await;
    let short = token(&sim, PERSON, &[("account", META_AD_ACCOUNT), ("grant", "ads_management")]).await;
    assert_eq!(debug(&sim, &short).await["expires_at"], NOW / 1000 + 7200);
    let long = async |token: &str| {
        let query = [
            ("grant_type", "fb_exchange_token"),
            ("client_id", META_APP_ID),
            ("client_secret", META_APP_SECRET),
            ("fb_exchange_token", token),
        ];
        get(&sim, "/oauth/access_token", &query).await
    };
    let (status, bought) = long(&short).await;
    assert_eq!((status, &bought["expires_in"]), (200, &json!(60 * 86_400)));
    let of_business = token(&sim, BUSINESS, &[("account", META_BUSINESS)]).await;
    assert_eq!(long(&of_business).await.0, 400);
    let partly = token(&sim, PERSON, &[("account", META_AD_ACCOUNT), ("grant", "business_management")]).await;
    assert!(!debug(&sim, &partly).await["scopes"].as_array().unwrap().contains(&json!("ads_management")));
    sim.pass(2 * 3_600_000);
    assert_eq!(long(&short).await.1["error"]["code"], 190, "an ended token is not exchanged");
}

#[tokio::test]
async fn either_route_lists_what_the_token_may_use() {
    let sim = Sim::start().await;
    let business = token(&sim, BUSINESS, &[("account", META_BUSINESS)]).await;
    let person = token(&sim, PERSON, &[("account", META_AD_ACCOUNT), ("account", META_BIG_AD_ACCOUNT), ("grant", "ads_management")]).await;
    let me = [("fields", "client_business_id")];
    assert_eq!(read(&sim, &business, "/me", &me).await.1, json!({"client_business_id": META_BUSINESS, "id": META_SYSTEM_USER}));
    assert_eq!(read(&sim, &person, "/me", &me).await.1["error"]["code"], 100);
    let node = read(&sim, &business, &format!("/{META_BUSINESS}"), &[("fields", "id,name")]).await.1;
    assert_eq!(node, json!({"id": META_BUSINESS, "name": "Sample Studio"}));
    let owned = format!("/{META_BUSINESS}/owned_pixels");
    let first = read(&sim, &business, &owned, &[("limit", "100")]).await.1;
    assert_eq!(first["data"].as_array().unwrap().len(), 25);
    let after = first["paging"]["cursors"]["after"].as_str().unwrap();
    let second = read(&sim, &business, &owned, &[("after", after)]).await.1;
    assert_eq!((second["data"].as_array().unwrap().len(), second["paging"]["next"].is_null()), (7, true));
    let client = read(&sim, &business, &format!("/{META_BUSINESS}/client_pixels"), &[]).await.1;
    assert_eq!(client["data"][0]["id"], META_CLIENT_PIXEL);
    let ads = read(&sim, &person, "/me/adaccounts", &[("fields", "id,name")]).await.1;
    assert_eq!((ads["data"].as_array().unwrap().len(), &ads["data"][0]["id"]), (2, &json!(META_AD_ACCOUNT)));
    let pixels = read(&sim, &person, &format!("/{META_AD_ACCOUNT}/adspixels"), &[]).await.1;
    assert_eq!(pixels["data"][0]["id"], META_PIXEL);
    for strange in [format!("/{META_FOREIGN_AD_ACCOUNT}/adspixels"), format!("/{META_BUSINESS}/owned_pixels"), "/1".to_owned()] {
        assert_eq!(read(&sim, &person, &strange, &[]).await.1["error"]["error_subcode"], 33, "{strange}");
    }
    assert_eq!(get(&sim, "/me/adaccounts", &[("access_token", person.as_str())]).await.1["error"]["code"], 104, "without the proof");
    assert_eq!(get(&sim, "/me/adaccounts", &[("access_token", META_PASTED_TOKEN)]).await.1["error"]["code"], 10, "made for sending alone");
}

#[tokio::test]
async fn taking_the_app_away_ends_all_tokens_of_the_person() {
    let sim = Sim::start().await;
    let one = token(&sim, PERSON, &[("account", META_AD_ACCOUNT), ("grant", "ads_management")]).await;
    let other = token(&sim, PERSON, &[("account", META_AD_ACCOUNT), ("grant", "ads_management")]).await;
    let business = token(&sim, BUSINESS, &[("account", META_BUSINESS)]).await;
    let revoke = async |token: &str| {
        let proof = meta_proof(token);
        let query = [("access_token", token), ("appsecret_proof", proof.as_str())];
        status_and_json(sim.client.delete(sim.url("/v26.0/me/permissions")).query(&query).send().await.unwrap()).await
    };
    assert_eq!(revoke(&business).await.0, 400);
    assert_eq!(revoke(&one).await, (200, json!({"success": true})));
    assert_eq!(debug(&sim, &other).await["error"]["subcode"], 458);
    assert_eq!(debug(&sim, &business).await["is_valid"], true);
}
