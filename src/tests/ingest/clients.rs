//! Messages as the published clients send them, field by field: a studio that points their base URL here loses none.

use super::*;
use crate::tests::engines::both_engines;

const BROWSER: &str = "7f0e8a52-3c1d-4b6e-9a1f-2f5c6d7e8f90";

/// What each message of a client has.
fn stamped(mut message: Value, surface: &str, consent: &str) -> Value {
    message["messageId"] = Uuid::new_v4().to_string().into();
    message["eventTimestamp"] = jiff::Timestamp::from_millisecond(now()).unwrap().strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string().into();
    message["surface"] = surface.into();
    message["consentLevel"] = consent.into();
    message["sessionId"] = "3b9d5c1e-7a2f-4e8b-8c6d-1a2b3c4d5e6f".into();
    message
}

fn of_web(surface: &str, library: &str, consent: &str, mut message: Value) -> Value {
    message["anonymousId"] = BROWSER.into();
    message["context"] = json!({
        "library": library, "libraryVersion": "3.2.0", "userAgent": "Mozilla/5.0 (X11; Linux x86_64)", "locale": "de-DE", "timezone": "Europe/Berlin", "screen": "1920x1080",
        "pageUrl": "https://emberfall.example/?ttclid=E.C.P.abc", "pagePath": "/", "pageReferrer": "", "pageTitle": "Emberfall",
    });
    stamped(message, surface, consent)
}

fn of_unity(consent: &str, mut message: Value) -> Value {
    message["deviceId"] = "c0ffee00-0000-4000-8000-000000000001".into();
    message["context"] = json!({ "library": "com.immutable.audience", "libraryVersion": "0.6.1", "userAgent": "UnityPlayer/2022.3", "locale": "en", "timezone": "UTC", "screen": "2560x1440", "screenDensity": 1.5 });
    stamped(message, "unity", consent)
}

fn from_the_pixel() -> Vec<Value> {
    let came = json!({ "ttclid": "E.C.P.abc", "touchpoint_type": "click", "landing_page": "https://emberfall.example/?ttclid=E.C.P.abc", "ga_client_id": "GA1.1.2.3", "fb_browser_id": "fb.1.1700000000000.123" });
    let hash = format!("sha256:{}", "0a".repeat(32));
    [
        ("anonymous", json!({ "type": "page", "properties": came })),
        ("anonymous", json!({ "type": "track", "eventName": "scroll_depth", "properties": { "depth": 25 } })),
        ("anonymous", json!({ "type": "track", "eventName": "link_clicked", "properties": { "ttclid": "E.C.P.abc", "url": "https://store.example/", "label": "Store", "outbound": true } })),
        ("full", json!({ "type": "track", "eventName": "form_submitted", "properties": { "form_id": "join", "field_names": ["email"], "email_hash": hash } })),
    ]
    .map(|(consent, message)| of_web("pixel", "@imtbl/pixel", consent, message))
    .into()
}

fn from_the_web_sdk() -> Vec<Value> {
    let mut messages: Vec<Value> = [
        json!({ "type": "page", "properties": { "ttclid": "E.C.P.abc", "touchpoint_type": "click" } }),
        json!({ "type": "identify", "userId": "mara@ashgrove.example", "identityType": "email", "traits": { "email": "mara@ashgrove.example", "name": "Mara", "level": 7, "paying": true } }),
        json!({ "type": "alias", "fromId": "76561198000000001", "fromType": "steam", "toId": "email|0123456789", "toType": "passport" }),
        json!({ "type": "track", "eventName": "purchase", "userId": "mara@ashgrove.example", "identityType": "email",
            "properties": { "currency": "USD", "value": "9.99", "quantity": 2, "_imtbl_conversion_id": Uuid::new_v4().to_string(), "_imtbl_conversion_network": "tiktok" } }),
    ]
    .map(|message| of_web("web", "@imtbl/audience", "full", message))
    .into();
    messages[3]["test"] = true.into();
    messages
}

fn from_the_unity_sdk() -> Vec<Value> {
    let launch = json!({ "platform": "Windows", "is_editor": false, "cpu_cores": 16, "screen_dpi": 109.5, "distribution_platform": "steam", "gaid_limit_ad_tracking": null });
    [
        ("anonymous", json!({ "type": "track", "eventName": "game_launch", "anonymousId": BROWSER, "properties": launch })),
        ("anonymous", json!({ "type": "track", "eventName": "session_heartbeat", "anonymousId": BROWSER, "properties": { "session_id": "s-1", "duration_sec": 60 } })),
        ("full", json!({ "type": "identify", "userId": "76561198000000001", "identityType": "steam", "anonymousId": BROWSER })),
        ("full", json!({ "type": "alias", "fromId": "76561198000000001", "fromType": "steam", "toId": "e-1", "toType": "epic" })),
        ("full", json!({ "type": "track", "eventName": "purchase", "userId": "76561198000000001", "anonymousId": BROWSER, "properties": { "currency": "USD", "value": "9.99" } })),
        ("none", json!({ "type": "track", "eventName": "session_end", "anonymousId": BROWSER })),
    ]
    .map(|(consent, message)| of_unity(consent, message))
    .into()
}

both_engines! {
    async fn what_the_published_clients_send_is_accepted(db: TestDb) {
        let api = Api::new(db).await;
        for messages in [from_the_pixel(), from_the_web_sdk(), from_the_unity_sdk()] {
            api.accept(&messages).await;
        }
        assert_eq!(api.count("select count(*) from messages").await, 13, "all but the one at consent none");
    }
}
