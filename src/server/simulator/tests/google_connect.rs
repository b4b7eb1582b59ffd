//! Connecting Google: the consent page with its boxes and proof key, tokens and what they buy, lists, taking the app away.

use super::{Sim, status_and_json};
use crate::server::simulator::world::*;
use reqwest::Response;
use serde_json::{Value, json};
use std::collections::HashMap;
use url::Url;

const BACK: &str = "http://127.0.0.1:3000/oauth/google/callback";
const PAGE: &str = "/o/oauth2/v2/auth";
const DATA_MANAGER: &str = "https://www.googleapis.com/auth/datamanager";
const ADWORDS: &str = "https://www.googleapis.com/auth/adwords";
/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

fn asked() -> Vec<(&'static str, &'static str)> {
    vec![
        ("client_id", GOOGLE_CLIENT_ID),
        ("redirect_uri", BACK),
        ("response_type", "code"),
        ("scope", GOOGLE_SCOPE),
        ("access_type", "offline"),
        ("prompt", "consent"),
        ("state", "s&1"),
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method", "S256"),
    ]
}

async fn decide(sim: &Sim, more: &[(&'static str, &'static str)]) -> Response {
    sim.client.post(sim.url(PAGE)).form(&[asked(), more.to_vec()].concat()).send().await.unwrap()
}

fn back(answer: &Response) -> HashMap<String, String> {
    assert_eq!(answer.status(), 303);
    let url = Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
    assert!(url.as_str().starts_with(BACK));
    url.query_pairs().into_owned().collect()
}

async fn post(sim: &Sim, path: &str, form: &[(&str, &str)]) -> (u16, Value) {
    status_and_json(sim.client.post(sim.url(path)).form(form).send().await.unwrap()).await
}

async fn exchange(sim: &Sim, code: &str, changed: &[(&str, &str)]) -> (u16, Value) {
    let mut form = HashMap::from([
        ("grant_type", "authorization_code"),
        ("client_id", GOOGLE_CLIENT_ID),
        ("client_secret", GOOGLE_CLIENT_SECRET),
        ("redirect_uri", BACK),
        ("code", code),
        ("code_verifier", VERIFIER),
    ]);
    form.extend(changed.iter().copied());
    post(sim, "/token", &form.into_iter().collect::<Vec<_>>()).await
}

async fn refresh(sim: &Sim, token: &str) -> (u16, Value) {
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", token),
        ("client_id", GOOGLE_CLIENT_ID),
        ("client_secret", GOOGLE_CLIENT_SECRET),
    ];
    post(sim, "/token", &form).await
}

async fn bought(sim: &Sim, grants: &[(&'static str, &'static str)]) -> Value {
    let code = back(&decide(sim, &[grants, &[("decision", "allow")]].concat()).await)["code"].clone();
    let (status, bought) = exchange(sim, &code, &[]).await;
    assert_eq!(status, 200, "{bought}");
    bought
}

async fn search(sim: &Sim, token: &str, customer: &str, login: Option<&str>, query: &str) -> (u16, Value) {
    let request = sim.client.post(sim.url(&format!("/v26/customers/{customer}/googleAds:search"))).bearer_auth(token);
    let request = login.into_iter().fold(request, |request, login| request.header("login-customer-id", login));
    status_and_json(request.json(&json!({ "query": query })).send().await.unwrap()).await
}

#[tokio::test]
async fn the_page_says_who_asks_for_what() {
    let sim = Sim::start().await;
    let html = sim.client.get(sim.url(PAGE)).query(&asked()).send().await.unwrap().text().await.unwrap();
    for text in [GOOGLE_CLIENT_ID, DATA_MANAGER, ADWORDS, "Continue", "Cancel", "s&amp;1"] {
        assert!(html.contains(text), "{text}");
    }
    for wrong in [
        ("client_id", "1"),
        ("redirect_uri", "https://evil.example/"),
        ("response_type", "token"),
        ("scope", "openid everything"),
        ("access_type", "online"),
        ("prompt", "none"),
        ("code_challenge", ""),
        ("code_challenge_method", "plain"),
        ("nonsense", "1"),
    ] {
        let asked: Vec<_> = asked().into_iter().filter(|(name, _)| *name != wrong.0).chain([wrong]).collect();
        assert_eq!(sim.client.get(sim.url(PAGE)).query(&asked).send().await.unwrap().status(), 400, "{wrong:?}");
    }
    let denied = back(&decide(&sim, &[("decision", "deny")]).await);
    assert_eq!((denied["error"].as_str(), denied["state"].as_str()), ("access_denied", "s&1"));
}

#[tokio::test]
async fn a_code_needs_client_way_back_and_verifier() {
    let sim = Sim::start().await;
    let given = back(&decide(&sim, &[("grant", DATA_MANAGER), ("decision", "allow")]).await);
    assert_eq!(given["scope"], format!("openid {DATA_MANAGER}"));
    let code = given["code"].as_str();
    for (changed, error) in [
        (("client_id", "1"), "invalid_client"),
        (("client_secret", "guess"), "invalid_client"),
        (("redirect_uri", "http://127.0.0.1:3000/"), "redirect_uri_mismatch"),
        (("code_verifier", "guess"), "invalid_grant"),
        (("code", "never"), "invalid_grant"),
        (("grant_type", "password"), "unsupported_grant_type"),
        (("extra", "1"), "invalid_request"),
    ] {
        let (status, answer) = exchange(&sim, code, &[changed]).await;
        assert_eq!((status / 100, &answer["error"]), (4, &json!(error)), "{changed:?}");
    }
    let (status, bought) = exchange(&sim, code, &[]).await;
    assert_eq!((status, &bought["expires_in"], &bought["token_type"]), (200, &json!(3599), &json!("Bearer")));
    assert!(bought["id_token"].is_string() && bought["refresh_token_expires_in"].is_null());
    assert_eq!(exchange(&sim, code, &[]).await.1["error"], "invalid_grant", "a code is good once");
}

#[tokio::test]
async fn a_refresh_token_buys_an_hour_and_never_another_of_its_kind() {
    let sim = Sim::start().await;
    let first = bought(&sim, &[("grant", DATA_MANAGER), ("grant", ADWORDS)]).await;
    let kept = first["refresh_token"].as_str().unwrap();
    let (status, second) = refresh(&sim, kept).await;
    assert_eq!((status, second["refresh_token"].is_null()), (200, true));
    let list = async |token: &Value| {
        let request = sim.client.get(sim.url("/v26/customers:listAccessibleCustomers")).bearer_auth(token.as_str().unwrap());
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(
        [list(&first["access_token"]).await, list(&second["access_token"]).await, list(&first["refresh_token"]).await],
        [200, 200, 401]
    );
    sim.pass(3_600_000);
    assert_eq!(list(&second["access_token"]).await, 401);
    assert_eq!(refresh(&sim, kept).await.0, 200);
    let testing = bought(&sim, &[("grant", DATA_MANAGER), ("grant", ADWORDS), ("testing", "1")]).await;
    assert_eq!(testing["refresh_token_expires_in"], 7 * 86_400);
    sim.pass(7 * 86_400_000);
    let (status, ended) = refresh(&sim, testing["refresh_token"].as_str().unwrap()).await;
    assert_eq!((status, &ended["error"]), (400, &json!("invalid_grant")));
    // Taking the app away ends all of it.
    assert_eq!(post(&sim, "/revoke", &[("token", kept)]).await.0, 200);
    assert_eq!(refresh(&sim, GOOGLE_REFRESH_TOKEN).await.1["error"], "invalid_grant");
    assert_eq!(
        post(&sim, "/revoke", &[("token", kept)]).await,
        (400, json!({"error": "invalid_token", "error_description": "Token expired or revoked"}))
    );
}

#[tokio::test]
async fn lists_are_seen_over_the_right_manager_and_with_the_right_scope() {
    let sim = Sim::start().await;
    let query = "SELECT customer_client.id FROM customer_client WHERE customer_client.id > 4182209914 ORDER BY customer_client.id LIMIT 1";
    let (status, found) = search(&sim, GOOGLE_ACCESS_TOKEN, GOOGLE_MANAGER, Some(GOOGLE_MANAGER), query).await;
    assert_eq!((status, &found["results"]), (200, &json!([{"customerClient": {"id": GOOGLE_NO_TERMS_CUSTOMER}}])));
    let actions = "SELECT conversion_action.id, conversion_action.name FROM conversion_action WHERE conversion_action.type = 'WEBPAGE'";
    let (_, found) = search(&sim, GOOGLE_ACCESS_TOKEN, GOOGLE_CUSTOMER, Some(GOOGLE_MANAGER), actions).await;
    assert_eq!(found["results"], json!([{"conversionAction": {"id": GOOGLE_WEBPAGE_ACTION, "name": "Site visits"}}]));
    let code = |answer: &(u16, Value)| (answer.0, answer.1["error"]["details"][0]["errors"][0]["errorCode"].clone());
    for (customer, login, family, expected) in [
        (GOOGLE_CUSTOMER, None, "authorizationError", "USER_PERMISSION_DENIED"),
        (GOOGLE_CUSTOMER, Some(GOOGLE_DIRECT_CUSTOMER), "authorizationError", "USER_PERMISSION_DENIED"),
        (GOOGLE_FOREIGN_CUSTOMER, None, "authorizationError", "USER_PERMISSION_DENIED"),
        (GOOGLE_CLOSED_CUSTOMER, None, "authorizationError", "CUSTOMER_NOT_ENABLED"),
    ] {
        let answer = search(&sim, GOOGLE_ACCESS_TOKEN, customer, login, actions).await;
        assert_eq!(code(&answer), (403, json!({family: expected})), "{customer} {login:?}");
    }
    for (wrong, expected) in [
        ("SELECT nonsense FROM customer", "UNRECOGNIZED_FIELD"),
        ("SELECT customer.id FROM nobody", "BAD_RESOURCE_TYPE_IN_FROM_CLAUSE"),
        ("DELETE everything", "UNEXPECTED_INPUT"),
    ] {
        let answer = search(&sim, GOOGLE_ACCESS_TOKEN, GOOGLE_DIRECT_CUSTOMER, None, wrong).await;
        assert_eq!(code(&answer), (400, json!({"queryError": expected})), "{wrong}");
    }
    let partly = bought(&sim, &[("grant", DATA_MANAGER)]).await;
    let answer = search(&sim, partly["access_token"].as_str().unwrap(), GOOGLE_DIRECT_CUSTOMER, None, actions).await;
    assert_eq!((answer.0, &answer.1["error"]["details"][0]["reason"]), (403, &json!("ACCESS_TOKEN_SCOPE_INSUFFICIENT")));
    assert_eq!(sim.client.get(sim.url("/v22/customers:listAccessibleCustomers")).send().await.unwrap().status(), 404);
}
