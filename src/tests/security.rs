//! What a browser is told to refuse, and the writes that are refused.

use super::app::{EMAIL, PASSWORD, TestApp};
use super::engines::{self, both_engines};
use crate::error::AppError;
use crate::server::db::games;
use crate::web::games::api::CreateGame;
use crate::web::setup::api::SetUp;
use crate::web::sign_in::api::{SignIn, SignInDoor};
use leptos::server_fn::ServerFn;
use leptos::server_fn::axum::server_fn_paths;
use reqwest::{Method, StatusCode};

/// Open by purpose: each only lets somebody in who proves who they are, or says whether to ask.
pub const OPEN: [&str; 3] = [SignIn::PATH, SetUp::PATH, SignInDoor::PATH];

#[tokio::test]
async fn every_server_function_but_the_door_refuses_strangers() {
    let app = TestApp::owned(engines::sqlite().await).await;
    let mut visitor = app.visitor();
    let mut asked = 0;
    for (path, method) in server_fn_paths().filter(|(path, _)| !OPEN.contains(path)) {
        // Every field any of them wants, so that it is the caller that is refused and not the form.
        let answer = visitor.call(path, method, &FIELDS).await;
        assert_eq!(answer.refusal(), AppError::SignedOut, "{path}: {} {}", answer.status, answer.body);
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
        asked += 1;
    }
    assert!(asked >= 6, "{asked}");
}

/// One good value for every field of every form; grows with the forms.
pub const FIELDS: [(&str, &str); 28] = [
    ("game", "emberfall"),
    ("network", "tiktok"),
    ("id", "0190c9a0-0000-7000-8000-000000000000"),
    ("grant", "0190c9a0-0000-7000-8000-000000000000"),
    ("account", "1"),
    ("goal", "0190c9a0-0000-7000-8000-000000000000"),
    ("target", "1"),
    ("token", "x"),
    ("enabled", "true"),
    ("transport", "ads_api"),
    ("kind", "secret"),
    ("status", "paused"),
    ("name", "Emberfall"),
    ("slug", "emberfall"),
    ("event", "purchase"),
    ("trigger", "once"),
    ("description", ""),
    ("old", PASSWORD),
    ("new", PASSWORD),
    ("theme", "dark"),
    ("clock", "UTC"),
    ("email", EMAIL),
    ("draft[name]", "Emberfall"),
    ("draft[description]", ""),
    ("draft[event]", "purchase"),
    ("draft[trigger]", "once"),
    ("draft[names][tiktok]", "Purchase"),
    ("draft[twice]", "false"),
];

#[tokio::test]
async fn a_form_sent_from_another_site_changes_nothing() {
    let app = TestApp::owned(engines::sqlite().await).await;
    let mut owner = app.owner().await;
    let refused: [&[(&str, &str)]; 5] = [
        &[("sec-fetch-site", "cross-site"), ("origin", app.origin.as_str())],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "none")],
        &[("origin", "http://evil.example")],
        &[],
    ];
    for headers in refused {
        let request =
            headers.iter().fold(owner.request(Method::POST, CreateGame::PATH), |request, (name, value)| request.header(*name, *value));
        let answer = owner.send(request.form(&[("name", "Planted"), ("slug", "planted")])).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{headers:?}");
    }
    assert_eq!(games::by_slug(&app.state.db, "planted").await.unwrap(), None);
    let old_browser =
        owner.request(Method::POST, CreateGame::PATH).header("origin", &app.origin).form(&[("name", "Mine"), ("slug", "mine")]);
    assert_eq!(owner.send(old_browser).await.location(), "/games/mine");
}

#[tokio::test]
async fn a_page_says_what_it_may_load_and_is_kept_by_nobody() {
    let app = TestApp::owned(engines::sqlite().await).await;
    let mut visitor = app.visitor();
    let (one, two) = (visitor.get("/sign-in").await, visitor.get("/sign-in").await);
    let policy = one.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; script-src 'nonce-") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{policy}");
    assert_ne!(policy, two.header("content-security-policy"), "a nonce is used once");
    assert_eq!(one.header("cache-control"), "no-store");
    assert_eq!(one.header("x-content-type-options"), "nosniff");
    assert_eq!(one.header("referrer-policy"), "same-origin");
    assert!(!one.body.contains("style=\""), "no inline style");
    assert_eq!(visitor.get("/healthz").await.header("content-security-policy"), "default-src 'none'; frame-ancestors 'none'");
}

#[tokio::test]
async fn under_https_the_cookie_is_secure() {
    let app = TestApp::with(engines::sqlite().await, &[("POSTBACKS_PUBLIC_URL", "https://postbacks.example")]).await;
    let code = app.setup_code.clone().expect("a code");
    let mut visitor = app.visitor();
    let request = visitor.request(Method::POST, SetUp::PATH).header("sec-fetch-site", "same-origin");
    let answer = visitor.send(request.form(&[("code", code.as_str()), ("email", EMAIL), ("password", PASSWORD)])).await;
    assert!(answer.header("set-cookie").contains("; Secure"), "{answer:?}");
    assert!(answer.header("strict-transport-security").contains("max-age="));
}

#[tokio::test]
async fn a_page_asked_for_under_another_host_is_sent_to_the_public_one() {
    let app = TestApp::owned(engines::sqlite().await).await;
    let mut visitor = app.visitor();
    let request = visitor.request(Method::GET, "/games?x=1").header("host", "evil.example");
    let answer = visitor.send(request).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::TEMPORARY_REDIRECT, format!("{}/games?x=1", app.origin).as_str()));
    let probe = visitor.request(Method::GET, "/healthz").header("host", "10.0.0.7:3000");
    assert_eq!(visitor.send(probe).await.body, "ok", "a probe by address is answered");
}

#[tokio::test]
async fn an_error_in_the_address_says_only_what_we_say() {
    let app = TestApp::owned(engines::sqlite().await).await;
    let path = format!("/sign-in?__path={}&__err={}", SignIn::PATH, "Ik93bmVkIGJ5IE1hbGxvcnki");
    let page = app.visitor().get(&path).await.body;
    assert!(page.contains("The form could not be read."), "{page}");
    assert!(!page.contains("Mallory"));
}

both_engines! {
    async fn a_game_does_not_exist_for_a_stranger(db: TestDb) {
        let app = TestApp::owned(db).await;
        let mut owner = app.owner_with_game().await;
        assert_eq!(owner.get("/games/emberfall").await.status, StatusCode::OK);
        assert_eq!(owner.get("/games/nowhere").await.status, StatusCode::NOT_FOUND);
        assert_eq!(app.visitor().get("/games/emberfall").await.location(), "/sign-in?next=%2Fgames%2Femberfall");
        let mut stranger = crate::tests::people::somebody(&app, "sam@tide.example").await;
        assert_eq!(stranger.get("/games/emberfall").await.status, StatusCode::NOT_FOUND);
        assert!(!stranger.get("/games").await.body.contains("emberfall"));
        let refused = stranger.submit::<CreateGame>(&[("name", "Mine"), ("slug", "")]).await;
        assert!(refused.location().contains("__err="), "only the operator makes games");
    }
}
