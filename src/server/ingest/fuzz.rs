//! What anybody may send to the audience API, and what pages' addresses may hold.

use super::message::{Checked, Receipt, validate};
use super::{address, batch, body, cors, query};
use crate::server::decide::click;
use crate::tests::fuzz::Target;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Request};
use axum::routing::get;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use serde_json::{Value, json};
use std::io::Write;
use tower::ServiceExt;
use uuid::Uuid;

const NOW: i64 = 1_800_000_000_000;

/// A batch with a message of every kind, and one with the least.
fn good() -> Vec<Value> {
    let context = json!({ "library": "test", "libraryVersion": "1", "pageUrl": "https://emberfall.example/?ttclid=E.C.P.1&utm_source=tiktok&utm_medium=cpc",
        "userAgent": "Mozilla/5.0", "locale": "en-GB", "timezone": "Europe/London", "screen": "1920x1080" });
    let message = |id: u128, fields: Value| {
        let mut message = json!({ "messageId": Uuid::from_u128(id).to_string(), "eventTimestamp": "2027-01-14T10:00:00.123Z", "consentLevel": "full", "context": context });
        for (name, value) in fields.as_object().unwrap() {
            message[name] = value.clone();
        }
        message
    };
    let player = "6f0f7c3e-6f1f-4a3e-9d2a-0b6f3c1d2e4f";
    let all = [
        json!({ "type": "page", "surface": "pixel", "anonymousId": player, "properties": { "landing_page": "https://emberfall.example/?gclid=x", "_fbp": "fb.1.1700000000000.1" } }),
        json!({ "type": "track", "surface": "web", "anonymousId": player, "eventName": "purchase", "properties": { "value": "12.99", "currency": "USD" } }),
        json!({ "type": "screen", "anonymousId": player, "eventName": "shop", "properties": { "level": 12, "first": true } }),
        json!({ "type": "identify", "anonymousId": player, "userId": "u-1", "identityType": "custom", "traits": { "email": "mira@example.com", "phone": "+44 20 7946 0000" } }),
        json!({ "type": "alias", "fromId": player, "fromType": "custom", "toId": "u-1", "toType": "custom" }),
    ];
    let batch: Vec<Value> = all.into_iter().zip(1..).map(|(fields, id)| message(id, fields)).collect();
    vec![json!({ "messages": batch }), json!({ "messages": [{ "type": "track" }] })]
}

fn bytes(values: Vec<Value>) -> Vec<Vec<u8>> {
    values.into_iter().map(|value| value.to_string().into_bytes()).collect()
}

#[test]
fn bodies() {
    Target { name: "ingest-body", known: bytes(good()), check: check_body }.run();
}

fn check_body(bytes: &[u8]) {
    drop(body::object(bytes));
    let Ok(raw) = body::messages(bytes) else { return };
    let sent = raw.len();
    assert!((1..=body::MAX_MESSAGES).contains(&sent));
    let receipt = Receipt { game_id: Uuid::nil(), time: NOW, ip: None, user_agent: None };
    let batch = batch::check(raw, &receipt, Uuid::new_v4);
    let counts = &batch.counts;
    assert_eq!((counts.accepted + counts.rejected, counts.success), (sent, counts.rejected == 0));
    assert!(batch.messages.len() <= counts.accepted && counts.rejections.len() <= counts.rejected);
    assert!(counts.rejections.iter().all(|rejection| !rejection.errors.is_empty()));
    serde_json::to_string(counts).expect("it is told");
    for message in &batch.messages {
        assert_eq!(message.event_time, message.original_time.min(NOW));
        click::shown(message);
    }
}

#[test]
fn packed_bodies() {
    let plain = good()[0].to_string();
    let (mut gzip, mut deflate) =
        (GzEncoder::new(b"g".to_vec(), Compression::fast()), ZlibEncoder::new(b"d".to_vec(), Compression::fast()));
    gzip.write_all(plain.as_bytes()).unwrap();
    deflate.write_all(&vec![b'['; 2 * body::MAX_BODY]).unwrap();
    Target { name: "ingest-packed", known: vec![gzip.finish().unwrap(), deflate.finish().unwrap()], check: check_packed }.run();
}

/// The first byte says how it is packed.
fn check_packed(bytes: &[u8]) {
    let (how, packed) =
        bytes.split_first().map_or(("gzip", bytes), |(first, rest)| (if *first == b'd' { "deflate" } else { "gzip" }, rest));
    let headers = HeaderMap::from_iter([(axum::http::header::CONTENT_ENCODING, HeaderValue::from_static(how))]);
    if let Ok(plain) = wait_for(body::read(&headers, Body::from(packed.to_vec()))) {
        assert!(plain.len() <= body::MAX_BODY);
    }
}

#[test]
fn addresses() {
    let known = [
        "anonymousId=6f0f7c3e&deviceId=d%201",
        "ttclid=E.C.P.1&fbclid=IwAR&gclid=x&gbraid=y&wbraid=z&dclid=d&rdt_cid=r&twclid=t&msclkid=m&li_fat_id=l",
        "utm_source=reddit&utm_medium=paid_social&utm_campaign=a%2Bb&utm_term=&utm_content=%F0%9D%95%8F",
        "203.0.113.7, [2001:db8::1]:443, 10.0.0.1",
        "https://emberfall.example",
        "content-type, x-immutable-publishable-key",
    ];
    Target { name: "addresses", known: known.iter().map(|text| text.as_bytes().to_vec()).collect(), check: check_address }.run();
}

fn check_address(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(found) = query::read(Some(&text), &["anonymousId", "deviceId"], 256) {
        assert!(
            found.len() <= 2
                && found.iter().all(|(_, value)| !value.trim().is_empty() && value.chars().count() <= 256 && !value.contains('\0'))
        );
    }
    for page in [format!("https://emberfall.example/?{text}"), text.clone().into_owned()] {
        let mut message = good()[0]["messages"][0].clone();
        message["context"]["pageUrl"] = json!(page);
        message["properties"]["landing_page"] = json!(page);
        let receipt = Receipt { game_id: Uuid::nil(), time: NOW, ip: None, user_agent: None };
        if let Ok(Checked::Stored(message)) = validate(message, Uuid::nil(), &receipt) {
            click::shown(&message);
        }
    }
    let Ok(value) = HeaderValue::from_bytes(bytes) else { return };
    let anybody = ["0.0.0.0/0".parse().unwrap(), "::/0".parse().unwrap()];
    let headers = HeaderMap::from_iter([(axum::http::HeaderName::from_static("x-forwarded-for"), value.clone())]);
    address::of_client([127, 0, 0, 1].into(), &headers, &anybody);
    let preflight = Request::builder()
        .method("OPTIONS")
        .uri("/")
        .header("origin", &value)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", &value);
    let router: Router = Router::new().route("/", get(|| async {})).layer(cors::layer());
    let answer = wait_for(router.oneshot(preflight.body(Body::empty()).unwrap())).unwrap();
    assert!(answer.status().is_success(), "{}", answer.status());
    assert!(!answer.headers().contains_key("access-control-allow-credentials"));
}

fn wait_for<T>(done: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(done)
}

#[test]
fn what_is_known_to_be_good_is_taken() {
    let raw = body::messages(good()[0].to_string().as_bytes()).unwrap_or_default();
    let receipt = Receipt { game_id: Uuid::nil(), time: NOW, ip: None, user_agent: None };
    let batch = batch::check(raw, &receipt, Uuid::new_v4);
    assert_eq!((batch.messages.len(), &batch.counts.rejections), (5, &vec![]));
}
