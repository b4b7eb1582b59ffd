//! What Meta alone does: proofs, dialogs, the way of a token, lists by both routes, the check of a pasted token. Bytes and verdicts are in
//! the contract's suite.

use super::verdict::CODES;
use super::*;
use crate::server::networks::contract::{Choice, Choices, ConnectError, Token};

const NOW: i64 = 1_795_435_200_000;

fn answer(status: u16, body: &str) -> Answer {
    Answer { status, retry_after: None, body: body.into() }
}

fn error(code: i64, subcode: i64) -> Answer {
    answer(400, &format!(r#"{{"error":{{"message":"m","type":"OAuthException","code":{code},"error_subcode":{subcode}}}}}"#))
}

fn settings() -> Settings {
    let mut set = Settings::default();
    set.plain.insert(APP_ID.env, "73001".into());
    set.secret.insert(APP_SECRET.env, SecretString::from("hush"));
    set
}

fn names(request: &Request) -> Vec<&'static str> {
    request.secret_body.iter().chain(&request.secret_query).map(|(name, _)| *name).collect()
}

#[test]
fn only_our_own_apps_tokens_go_with_a_proof() {
    let to = |pasted| Destination {
        account_id: None,
        through: None,
        target_id: "30001".into(),
        token: SecretString::from("t"),
        pasted,
        test_code: None,
    };
    let own = Meta.request(&settings(), &to(false), &[]);
    assert_eq!(names(&own), ["access_token", "appsecret_proof"]);
    assert_eq!(own.secret_body[1].1.expose_secret(), hashing::hmac_sha256("hush", "t"));
    assert_eq!(names(&Meta.request(&settings(), &to(true), &[])), ["access_token"]);
    assert_eq!(names(&Meta.request(&Settings::default(), &to(false), &[])), ["access_token"]);
    assert_eq!(names(&Meta.probe(&settings(), &to(true), NOW)), ["access_token"]);
    assert_eq!(own.url.as_str(), "https://graph.facebook.com/v26.0/30001/events");
}

#[test]
fn the_dialog_asks_by_configuration_or_by_scopes() {
    let mut set = settings();
    let dialog = |set: &Settings| Meta.dialog(set, "https://p.example/cb", "s").unwrap().to_string();
    let common =
        "https://www.facebook.com/v26.0/dialog/oauth?client_id=73001&redirect_uri=https%3A%2F%2Fp.example%2Fcb&state=s&response_type=code";
    assert_eq!(dialog(&set), format!("{common}&scope=ads_management%2Cads_read%2Cbusiness_management"));
    set.plain.insert(CONFIG_ID.env, "91001".into());
    set.plain.insert(GRAPH_VERSION.env, "v25.0".into());
    assert_eq!(dialog(&set), format!("{}&config_id=91001", common.replace("v26.0", "v25.0")));
    assert_eq!(Meta.dialog_leads_to(&set), ["https://*.facebook.com"]);
    set.plain.insert(DIALOG_URL.env, "http://127.0.0.1:4000".into());
    assert!(Meta.dialog_leads_to(&set).is_empty());
}

/// `debug_token`'s answer for a token of this type, with these seconds.
fn debug(kind: &str, expires_at: i64, data_access: i64) -> Answer {
    answer(
        200,
        &format!(
            r#"{{"data":{{"app_id":"73001","type":"{kind}","is_valid":true,"scopes":["ads_read","business_management"],"user_id":"61001",
            "expires_at":{expires_at},"data_access_expires_at":{data_access}}}}}"#
        ),
    )
}

/// Where the token goes next, and it after that call.
fn step(token: Token, answer: &Answer) -> (String, Token) {
    let request = Meta.next(&settings(), &token).unwrap().expect("it is not whole");
    let asked = format!("{}?{}", request.url.path(), request.url.query().unwrap_or_default());
    (asked, Meta.read_next(&settings(), token, answer, NOW).unwrap())
}

#[test]
fn a_system_users_token_is_checked_once() {
    let token = Meta.read_exchange(&answer(200, r#"{"access_token":"a","token_type":"bearer"}"#), NOW).unwrap();
    assert_eq!(token.expires_at, None);
    let (asked, token) = step(token, &debug("SYSTEM_USER", NOW / 1000 + 5_184_000, 1));
    assert_eq!(asked, "/v26.0/debug_token?");
    assert_eq!((token.expires_at, token.holder.as_deref()), (Some(NOW + 5_184_000_000), Some("61001")));
    assert!(Meta.next(&settings(), &token).unwrap().is_none());
    let never = Meta.read_next(&settings(), Token { stage: 0, ..token }, &debug("SYSTEM_USER", 0, 0), NOW).unwrap();
    assert_eq!((never.expires_at, Meta.next(&settings(), &never).unwrap().is_none()), (None, true));
}

#[test]
fn a_persons_token_becomes_a_long_lived_one() {
    let token = Meta.read_exchange(&answer(200, r#"{"access_token":"short","expires_in":5400}"#), NOW).unwrap();
    assert_eq!(token.expires_at, Some(NOW + 5_400_000));
    let (_, token) = step(token, &debug("USER", NOW / 1000 + 5400, NOW / 1000 + 7_776_000));
    let (asked, token) = step(token, &answer(200, r#"{"access_token":"long","expires_in":5183944}"#));
    assert_eq!(asked, "/v26.0/oauth/access_token?grant_type=fb_exchange_token&client_id=73001");
    assert_eq!((token.secret.expose_secret(), token.expires_at), ("long", Some(NOW + 5_183_944_000)));
    // The access to the person's data ends too, and earlier here.
    let (asked, token) = step(token, &debug("USER", NOW / 1000 + 5_183_944, NOW / 1000 + 100_000));
    assert_eq!(asked, "/v26.0/debug_token?");
    assert_eq!(token.expires_at, Some(NOW + 100_000_000));
    assert!(Meta.next(&settings(), &token).unwrap().is_none());
    // One that is long-lived already is not exchanged.
    let (_, long) = step(Token { stage: 0, ..token }, &debug("USER", 0, 0));
    assert!(Meta.next(&settings(), &long).unwrap().is_none());
}

#[test]
fn a_token_that_may_not_send_is_not_kept() {
    let refused = |body: &str| {
        let token = Token { secret: SecretString::from("t"), expires_at: None, holder: None, stage: 0 };
        Meta.read_next(&settings(), token, &answer(200, body), NOW).unwrap_err()
    };
    let scopes = refused(r#"{"data":{"app_id":"73001","is_valid":true,"scopes":["business_management"]}}"#);
    assert!(matches!(scopes, ConnectError::NoAccess { .. }), "{scopes}");
    let dead = refused(r#"{"data":{"app_id":"73001","is_valid":false,"error":{"code":190,"message":"Session has expired"}}}"#);
    assert_eq!(dead, ConnectError::Refused { code: Some("190".into()), words: "Session has expired".into() });
    let other = refused(r#"{"data":{"app_id":"1","is_valid":true,"scopes":["ads_read"]}}"#);
    assert!(matches!(other, ConnectError::Refused { .. }), "{other}");
    assert!(matches!(refused("{}"), ConnectError::Unavailable { .. }));
}

fn choice(id: &str, name: &str) -> Choice {
    Choice::new(id, name)
}

fn accounts(cursor: Option<&str>, answer: &Answer) -> Choices {
    Meta.read_accounts(cursor, answer).unwrap()
}

#[test]
fn a_system_user_offers_its_business() {
    let me = accounts(None, &answer(200, r#"{"client_business_id":"20001","id":"61001"}"#));
    assert_eq!(me, Choices { list: vec![], next: Some("business:20001".into()) });
    let named = accounts(Some("business:20001"), &answer(200, r#"{"id":"20001","name":"Studio"}"#));
    assert_eq!(named, Choices { list: vec![choice("20001", "Studio")], next: None });
    let url = |cursor| Meta.accounts(&settings(), &SecretString::from("t"), cursor).unwrap().url;
    assert_eq!(url(None).as_str(), "https://graph.facebook.com/v26.0/me?fields=client_business_id");
    assert_eq!(url(Some("business:20001")).as_str(), "https://graph.facebook.com/v26.0/20001?fields=id%2Cname");
}

#[test]
fn a_person_offers_their_ad_accounts() {
    // Neither has a business: a person's token is refused for asking.
    for none in [answer(200, r#"{"id":"62001"}"#), error(100, 0), error(190, 0)] {
        assert_eq!(accounts(None, &none).next.as_deref(), Some("ads:"));
    }
    assert!(matches!(Meta.read_accounts(None, &error(4, 0)), Err(ConnectError::Unavailable { .. })));
    let body = r#"{"data":[{"id":"act_10001","account_id":"10001","name":"Ads"},{"id":"act_10002"},{"id":"../x"},null],
        "paging":{"cursors":{"before":"a","after":"QVFI2"},"next":"https://elsewhere.example/?after=QVFI9"}}"#;
    let page = accounts(Some("ads:"), &answer(200, body));
    assert_eq!(page, Choices { list: vec![choice("act_10001", "Ads"), choice("act_10002", "act_10002")], next: Some("ads:QVFI2".into()) });
    let last = accounts(Some("ads:QVFI2"), &answer(200, r#"{"data":[],"paging":{"cursors":{"after":"QVFI2"}}}"#));
    assert_eq!(last, Choices { list: vec![], next: None });
    let url = Meta.accounts(&settings(), &SecretString::from("t"), Some("ads:QVFI2")).unwrap().url;
    assert!(url.path() == "/v26.0/me/adaccounts" && url.query().unwrap().ends_with("&after=QVFI2"), "{url}");
}

#[test]
fn datasets_are_a_businesss_own_then_its_clients() {
    let read = |account, cursor, body: &str| Meta.read_targets(&Choice::new(account, ""), cursor, &answer(200, body)).unwrap();
    let url = |account, cursor| Meta.targets(&settings(), &SecretString::from("t"), &Choice::new(account, ""), cursor).unwrap().url;
    let body = r#"{"data":[{"id":"30001","name":"Site"},{"id":"30002","name":"Gone","is_unavailable":true}]}"#;
    assert_eq!(read("20001", None, body), Choices { list: vec![choice("30001", "Site")], next: Some("client:".into()) });
    assert_eq!(read("20001", Some("client:"), body), Choices { list: vec![choice("30001", "Site")], next: None });
    assert_eq!(read("act_10001", None, body), Choices { list: vec![choice("30001", "Site")], next: None });
    assert_eq!(url("20001", None).path(), "/v26.0/20001/owned_pixels");
    assert_eq!(url("20001", Some("client:x")).as_str().split('?').next(), Some("https://graph.facebook.com/v26.0/20001/client_pixels"));
    assert_eq!(url("act_10001", Some("owned:x")).path(), "/v26.0/act_10001/adspixels");
    // Not every business has clients.
    assert_eq!(Meta.read_targets(&Choice::new("20001", ""), Some("client:"), &error(10, 0)), Ok(Choices { list: vec![], next: None }));
    assert!(matches!(Meta.read_targets(&Choice::new("20001", ""), None, &error(10, 0)), Err(ConnectError::NoAccess { .. })));
}

#[test]
fn a_business_takes_the_app_back_itself() {
    let of = |account: &str| Destination {
        account_id: Some(account.into()),
        through: None,
        target_id: "30001".into(),
        token: SecretString::from("t"),
        pasted: false,
        test_code: None,
    };
    let revoke = Meta.revoke(&settings(), &of("act_10001")).unwrap();
    assert_eq!((revoke.method, revoke.url.path()), (Method::DELETE, "/v26.0/me/permissions"));
    assert!(Meta.revoke(&settings(), &of("20001")).is_none());
}

#[test]
fn a_pasted_token_passes_where_only_the_probes_age_is_refused() {
    let read = |answer: Answer| Meta.read_probe(&answer);
    assert_eq!(read(error(100, 2_804_003)), Ok(()));
    assert_eq!(read(answer(200, r#"{"events_received":1}"#)), Ok(()));
    assert!(matches!(read(error(190, 463)), Err(ConnectError::Refused { .. })));
    assert!(matches!(read(error(100, 33)), Err(ConnectError::NoAccess { .. })));
    assert!(matches!(read(error(200, 0)), Err(ConnectError::NoAccess { .. })));
    assert!(matches!(read(error(100, 1)), Err(ConnectError::Refused { .. })));
    for odd in [error(4, 0), error(2, 0), answer(200, "{}"), answer(200, "<html>"), answer(502, "")] {
        assert!(matches!(read(odd.clone()), Err(ConnectError::Unavailable { .. })), "{odd:?}");
    }
}

#[test]
fn no_code_stands_in_two_rows() {
    assert!(CODES.windows(2).all(|pair| pair[0].0.end() < pair[1].0.start()));
}
