//! What Google alone does: scopes, tokens, the lists that lead from a sign-in to an action. Bytes and verdicts are in the contract's suite.

use super::ads_codes::CODES;
use super::ads_import::AdsImport;
use super::verdict::REASONS;
use super::*;
use crate::model::action::ActionState;
use crate::server::networks::contract::{Choice, ConnectError, Events, Outcome};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::ExposeSecret;
use serde_json::json;

const NOW: i64 = 1_795_435_200_000;
const SCOPES: &str = "openid https://www.googleapis.com/auth/datamanager https://www.googleapis.com/auth/adwords";

fn answer(status: u16, body: &Value) -> Answer {
    Answer { status, retry_after: None, body: body.to_string() }
}

#[test]
fn no_reason_stands_in_two_rows() {
    let names: std::collections::HashSet<&str> = REASONS.iter().map(|(name, _)| *name).collect();
    assert_eq!(names.len(), REASONS.len());
    let names: std::collections::HashSet<&str> = CODES.iter().map(|(name, _)| *name).collect();
    assert_eq!(names.len(), CODES.len());
}

#[test]
fn both_transports_know_each_other_and_buy_with_the_same_secret() {
    for network in [&Google as &dyn Network, &AdsImport] {
        let words: Vec<&str> = network.transports().iter().map(|one| one.word).collect();
        assert_eq!(words, ["data_manager", "ads_api"]);
        for one in network.transports() {
            assert_eq!(one.network.transport(), Some(one.word));
            assert!(!one.name.is_empty() && !one.says.is_empty());
            assert!(
                crate::server::networks::over("google", Some(one.word)).is_some_and(|found| std::ptr::eq(found.spec(), one.network.spec()))
            );
        }
        assert!(network.refresh().is_some());
    }
    // What was chosen by a version that knew more goes the usual way.
    for unknown in [None, Some("pigeon"), Some("")] {
        assert_eq!(crate::server::networks::over("google", unknown).and_then(Network::transport), Some("data_manager"));
    }
    assert_eq!(crate::server::networks::over("tiktok", Some("ads_api")).and_then(Network::transport), None);
}

#[test]
fn what_is_only_validated_has_no_results() {
    let read = |status: u16, body: Value| AdsImport.verdict_of_test(&answer(status, &body), 1).events;
    let refused = |code: &str| {
        let location = json!({"fieldPathElements": [{"fieldName": "conversions", "index": 0}]});
        json!({"partialFailureError": {"code": 3, "details": [{"errors": [{"errorCode": {"a": code}, "message": "no", "location": location}]}]}})
    };
    for good in [json!({}), json!({"jobId": "7"}), json!({"results": []})] {
        assert_eq!(read(200, good), Events::All(Outcome::Accepted { note: None }));
    }
    assert_eq!(read(200, refused("UNPARSEABLE_GCLID")), Events::All(Outcome::Payload));
    assert_eq!(read(200, refused("CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE")), Events::All(Outcome::Closed));
    let unknown = Events::All(Outcome::Transient { wait: None, unknown: true });
    let silent = json!({"partialFailureError": {"code": 13, "message": "Internal error encountered."}});
    for odd in [silent, json!({"requestId": "r"}), json!([]), json!("")] {
        assert_eq!(read(200, odd.clone()), unknown, "{odd}");
    }
    assert_eq!(read(401, json!({})), Events::All(Outcome::Credentials));
}

#[test]
fn an_answer_with_a_refusal_for_each_event_is_read_whole() {
    // The longest that Google may say of a conversion; no more than 64 KiB of an answer are read.
    let error = |at: usize| {
        json!({"errorCode": {"conversionUploadError": "EXTERNAL_ATTRIBUTION_DATA_SET_FOR_NON_EXTERNALLY_ATTRIBUTED_CONVERSION_ACTION"},
        "message": "x".repeat(600), "trigger": {"stringValue": "g".repeat(200)},
        "location": {"fieldPathElements": [{"fieldName": "conversions", "index": at}, {"fieldName": "external_attribution_data"}]}})
    };
    let batch = AdsImport.spec().batch;
    let body = json!({"partialFailureError": {"code": 3, "message": "m", "details": [{"errors": (0..batch).map(error).collect::<Vec<_>>()}]},
        "results": vec![json!({}); batch]});
    assert!(serde_json::to_string_pretty(&body).unwrap().len() < 64 * 1024);
}

#[test]
fn the_refresh_token_is_kept_with_whose_it_is_and_until_when() {
    let id_token = format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(r#"{"sub":"108"}"#));
    let body = json!({"access_token": "a", "expires_in": 3599, "refresh_token": "1//r", "scope": SCOPES, "id_token": id_token});
    let token = Google.read_exchange(&answer(200, &body), NOW).unwrap();
    assert_eq!((token.secret.expose_secret(), token.holder.as_deref(), token.expires_at), ("1//r", Some("108"), None));
    let mut testing = body.clone();
    (testing["refresh_token_expires_in"], testing["id_token"]) = (json!(604_799), json!("garbage"));
    let token = Google.read_exchange(&answer(200, &testing), NOW).unwrap();
    assert_eq!((token.holder, token.expires_at), (None, Some(NOW + 604_799_000)));
    let mut without = body.clone();
    without.as_object_mut().unwrap().remove("refresh_token");
    assert!(matches!(Google.read_exchange(&answer(200, &without), NOW), Err(ConnectError::Refused { .. })));
}

#[test]
fn a_scope_that_was_left_out_is_named_by_its_box() {
    for (scope, says) in [
        ("openid https://www.googleapis.com/auth/adwords", "Data Manager"),
        ("https://www.googleapis.com/auth/datamanager", "Google Ads"),
        ("", "Data Manager"),
        // A longer one is another.
        ("https://www.googleapis.com/auth/datamanager.readonly https://www.googleapis.com/auth/adwords", "Data Manager"),
    ] {
        let body = json!({"access_token": "a", "refresh_token": "r", "scope": scope});
        match Google.read_exchange(&answer(200, &body), NOW) {
            Err(ConnectError::NoAccess { words, .. }) => assert!(words.contains(says), "{words}"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn what_buys_no_access_token_says_who_has_to_act() {
    let read = |status, body: Value| Google.read_refresh(&answer(status, &body), NOW);
    let access = read(200, json!({"access_token": "a", "expires_in": 3599})).unwrap();
    assert_eq!((access.token.expose_secret(), access.until), ("a", NOW + 3_599_000));
    let gone = read(400, json!({"error": "invalid_grant", "error_description": "Token has been expired or revoked."})).unwrap_err();
    assert_eq!(gone, ConnectError::Refused { code: Some("invalid_grant".into()), words: "Token has been expired or revoked.".into() });
    match read(401, json!({"error": "invalid_client", "error_description": "Unauthorized"})).unwrap_err() {
        ConnectError::Refused { words, .. } => {
            assert!(words.contains("operator") && words.contains("POSTBACKS_GOOGLE_CLIENT_SECRET"), "{words}")
        }
        other => panic!("{other:?}"),
    }
    for (status, body) in
        [(500, json!({"error": "internal_failure"})), (503, json!(null)), (429, json!({})), (200, json!({})), (200, json!([]))]
    {
        assert!(matches!(read(status, body.clone()), Err(ConnectError::Unavailable { .. })), "{status} {body}");
    }
}

#[test]
fn accounts_are_listed_root_by_root_and_page_by_page() {
    let roots = answer(200, &json!({"resourceNames": ["customers/111111", "customers/222222", "customers/x", 7]}));
    let first = Google.oauth().unwrap().read_accounts(None, &roots).unwrap();
    assert_eq!((first.list.len(), first.next.as_deref()), (0, Some("111111,222222:0")));
    let client = |id: u64, manager: bool| json!({"customerClient": {"id": id.to_string(), "descriptiveName": format!("Client {id}"), "manager": manager}});
    let read = |cursor: &str, rows: Vec<Value>| Google.read_accounts(Some(cursor), &answer(200, &json!({ "results": rows }))).unwrap();
    let page = read("111111,222222:0", vec![client(111_111, true), client(333_333, false)]);
    let under = Choice { through: Some("111111".into()), ..Choice::new("333333", "Client 333333") };
    assert_eq!((page.list, page.next.as_deref()), (vec![under], Some("222222:0")));
    let own = read("222222:0", vec![client(222_222, false)]);
    assert_eq!((own.list, own.next), (vec![Choice::new("222222", "Client 222222")], None));
    let full = read("111111,222222:0", (0..100).map(|n| client(400_000 + n, false)).collect());
    assert_eq!((full.list.len(), full.next.as_deref()), (100, Some("111111,222222:400099")));
    assert_eq!(read("222222:0", vec![]).next, None);
    // A closed root hides none of the others; a throttle is no empty list.
    let closed = answer(403, &json!({"error": {"code": 403, "status": "PERMISSION_DENIED", "message": "no"}}));
    assert_eq!(Google.read_accounts(Some("111111,222222:0"), &closed).unwrap().next.as_deref(), Some("222222:0"));
    assert!(matches!(Google.read_accounts(Some("111111:0"), &answer(429, &json!({}))), Err(ConnectError::Unavailable { .. })));
    // Nothing but digits gets into a query.
    let request = Google.accounts(&Settings::default(), &SecretString::from("t"), Some("111111:0 OR 1")).unwrap();
    assert!(format!("{:?}", request.body).contains("customer_client.id > 0 "), "{:?}", request.body);
}

#[test]
fn the_conversion_customer_is_the_account_or_its_manager() {
    let account = Choice { through: Some("999999".into()), ..Choice::new("111111", "Studio") };
    let read = |tracking: Value| {
        let body = json!({"results": [{"customer": {"id": "111111", "descriptiveName": "Studio", "conversionTrackingSetting": tracking}}]});
        Google.read_targets(&account, None, &answer(200, &body))
    };
    let of = |customer: &str, status: &str, terms: bool| {
        read(json!({"googleAdsConversionCustomer": customer, "conversionTrackingStatus": status, "acceptedCustomerDataTerms": terms}))
    };
    assert_eq!(of("customers/111111", "CONVERSION_TRACKING_MANAGED_BY_SELF", true).unwrap().list, [Choice::new("111111", "Studio")]);
    let shared = of("customers/999999", "CONVERSION_TRACKING_MANAGED_BY_ANOTHER_MANAGER", true).unwrap().list;
    assert_eq!((shared[0].id.as_str(), shared[0].name.contains("manager")), ("999999", true));
    for odd in [
        of("customers/111111", "NOT_CONVERSION_TRACKED", true),
        of("customers/x", "", true),
        read(json!({})),
        of("customers/111111", "", false),
    ] {
        assert!(matches!(odd, Err(ConnectError::NoAccess { .. })), "{odd:?}");
    }
}

#[test]
fn only_enabled_actions_fed_by_clicks_are_usable() {
    let action = |id: u64, status: &str, kind: &str, days: Value| json!({"conversionAction": {"id": id.to_string(), "name": "A", "status": status, "type": kind, "clickThroughLookbackWindowDays": days}});
    let rows = vec![
        action(1, "ENABLED", "UPLOAD_CLICKS", json!("30")),
        action(2, "HIDDEN", "UPLOAD_CLICKS", json!(7)),
        action(3, "REMOVED", "UPLOAD_CLICKS", json!("0")),
        action(4, "ENABLED", "WEBPAGE", json!(null)),
        json!({"conversionAction": {"id": "../x"}}),
        json!(null),
    ];
    let offered = Google.read_list(&answer(200, &json!({ "results": rows }))).unwrap();
    let states: Vec<_> = offered.list.iter().map(|action| (action.state, action.window_days)).collect();
    let (usable, off) = (ActionState::Usable, ActionState::Off);
    assert_eq!(states, [(usable, Some(30)), (off, Some(7)), (off, None), (ActionState::OtherKind, None)]);
    assert_eq!(offered.next, None);
    let full: Vec<Value> = (0..100).map(|n| action(n, "ENABLED", "UPLOAD_CLICKS", json!("30"))).collect();
    assert_eq!(Google.read_list(&answer(200, &json!({ "results": full }))).unwrap().next.as_deref(), Some("99"));
}

#[test]
fn a_list_is_refused_in_googles_own_words() {
    let failure = json!({"error": {"code": 403, "message": "The caller does not have permission", "status": "PERMISSION_DENIED", "details": [
        {"@type": "…GoogleAdsFailure", "errors": [{"errorCode": {"authorizationError": "USER_PERMISSION_DENIED"}, "message": "User doesn't have permission."}]}]}});
    let words = "User doesn't have permission.".to_owned();
    let refused = ConnectError::NoAccess { code: Some("USER_PERMISSION_DENIED".into()), words };
    assert_eq!(Google.read_list(&answer(403, &failure)).unwrap_err(), refused);
    let scope = json!({"error": {"code": 403, "message": "m", "status": "PERMISSION_DENIED", "details": [{"reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}]}});
    assert!(matches!(Google.read_list(&answer(403, &scope)), Err(ConnectError::Refused { .. })));
}

#[test]
fn the_manager_is_named_where_it_is_another_account() {
    let to = |through: Option<&str>| Destination {
        account_id: Some("111111".into()),
        through: through.map(str::to_owned),
        target_id: "111111".into(),
        token: SecretString::from("t"),
        pasted: false,
        test_code: None,
    };
    let body = |to: &Destination, events: &[Event]| serde_json::from_str::<Value>(&payload::body(to, events).text()).unwrap();
    let login = |through| body(&to(through), &[])["destinations"].clone();
    assert_eq!(login(Some("999999")), json!([]));
    let event: Event =
        serde_json::from_value(json!({"name": "Purchase", "goal_event": "purchase", "action": "5", "dedup_id": "d", "time": NOW,
        "click": null, "browser": null, "external_id": null, "email": null, "email_sha256": null, "phone": null, "value": null,
        "consent": "full", "test": false}))
        .unwrap();
    let login = |through| body(&to(through), std::slice::from_ref(&event))["destinations"][0]["loginAccount"].clone();
    assert_eq!(login(Some("999999")), json!({"accountType": "GOOGLE_ADS", "accountId": "999999"}));
    assert_eq!((login(None), login(Some("111111"))), (Value::Null, Value::Null));
    let other = Event { action: Some("6".into()), ..event.clone() };
    let body = body(&to(None), &[event.clone(), other, event]);
    let references: Vec<_> = body["events"].as_array().unwrap().iter().map(|event| event["destinationReferences"][0].clone()).collect();
    assert_eq!(
        (body["destinations"].as_array().unwrap().len(), references),
        (2, vec![json!("action-1"), json!("action-2"), json!("action-1")])
    );
}
