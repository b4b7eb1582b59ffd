//! Bodies, encodings, methods and cross-origin calls.

use super::*;
use crate::tests::engines::both_engines;
use axum::http::Method;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use std::io::Write;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

async fn post_encoded(api: &Api, encoding: &str, body: Vec<u8>) -> Answer {
    api.send(request(KEY).header("content-encoding", encoding).body(body.into()).unwrap()).await
}

both_engines! {
    async fn a_packed_batch_is_unpacked(db: TestDb) {
        let api = Api::new(db).await;
        let body = || json!({ "messages": [track(json!({}))] }).to_string();
        assert_eq!(post_encoded(&api, "gzip", gzip(body().as_bytes())).await.status, StatusCode::OK);
        let mut deflated = ZlibEncoder::new(Vec::new(), Compression::fast());
        deflated.write_all(body().as_bytes()).unwrap();
        assert_eq!(post_encoded(&api, "deflate", deflated.finish().unwrap()).await.status, StatusCode::OK);
        assert_eq!(api.count("select count(*) from messages").await, 2);
    }

    async fn a_body_that_is_too_large_or_unpacks_to_too_much_is_413(db: TestDb) {
        let api = Api::new(db).await;
        let huge = vec![b' '; 10 * 1024 * 1024];
        for answer in [
            api.post_bytes(huge.clone()).await,
            post_encoded(&api, "gzip", gzip(&huge)).await,
            post_encoded(&api, "gzip", gzip(&gzip(&huge))).await,
        ] {
            if answer.status == StatusCode::PAYLOAD_TOO_LARGE {
                assert_eq!(answer.refusal(), "VALIDATION_ERROR");
            } else {
                // Packed twice it is merely no JSON.
                assert_eq!((answer.status, answer.refusal()), (StatusCode::BAD_REQUEST, "VALIDATION_ERROR"));
            }
        }
        assert_eq!(api.post_bytes(huge).await.status, StatusCode::PAYLOAD_TOO_LARGE);
        let full = format!("{{\"messages\": [{}{}]}}", track(json!({})), " ".repeat(1024 * 1024 - 1_000));
        assert_eq!(api.post_bytes(full).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn an_unknown_or_broken_packing_is_told_so() {
    let api = Api::new(crate::tests::engines::sqlite().await).await;
    for encoding in ["br", "zstd", "gzip, gzip", "bogus"] {
        let answer = post_encoded(&api, encoding, vec![1, 2, 3]).await;
        assert_eq!((answer.status, answer.refusal()), (StatusCode::UNSUPPORTED_MEDIA_TYPE, "VALIDATION_ERROR"), "{encoding}");
    }
    let broken = post_encoded(&api, "gzip", b"{\"messages\": []}".to_vec()).await;
    assert_eq!((broken.status, broken.refusal()), (StatusCode::BAD_REQUEST, "VALIDATION_ERROR"));
}

#[tokio::test]
async fn a_body_that_is_no_batch_is_told_where_and_why() {
    let api = Api::new(crate::tests::engines::sqlite().await).await;
    let deep = format!("{{\"messages\": {}{}}}", "[".repeat(40), "]".repeat(40));
    let many: Vec<Value> = (0..101).map(|_| track(json!({}))).collect();
    for (body, says) in [
        (String::new(), "line 1 column 0"),
        ("{\"messages\": [".into(), "line 1 column 14"),
        ("{\"messages\": [}".into(), "line 1 column 15"),
        ("{\"messages\": [\"\\ud800\"]}".into(), "line 1"),
        ("messages=1".into(), "line 1 column 1"),
        ("[]".into(), "1 to 100"),
        ("{}".into(), "1 to 100"),
        ("{\"messages\": []}".into(), "it holds 0"),
        ("{\"messages\": {}}".into(), "it is no array"),
        (deep, "deeper than 32"),
        (json!({ "messages": many }).to_string(), "it holds 101"),
    ] {
        let answer = api.post_bytes(body.clone()).await;
        assert_eq!((answer.status, answer.refusal()), (StatusCode::BAD_REQUEST, "VALIDATION_ERROR"), "{body}");
        let message = answer.body["message"].as_str().unwrap();
        assert!(message.contains(says), "{message} should say {says}");
    }
    assert_eq!(api.post_bytes(vec![b'{', 0xff, b'}']).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(api.count("select count(*) from messages").await, 0);
}

#[tokio::test]
async fn other_addresses_and_methods_get_the_envelope() {
    let api = Api::new(crate::tests::engines::sqlite().await).await;
    for path in ["/v1", "/v1/audience", "/v1/audience/data/x", "/v1/nowhere"] {
        let answer = api.send(Request::get(path).body(Body::empty()).unwrap()).await;
        assert_eq!((answer.status, answer.refusal()), (StatusCode::NOT_FOUND, "RESOURCE_NOT_FOUND_ERROR"), "{path}");
    }
    for (path, allow, methods) in [
        ("messages", "POST", [Method::GET, Method::PUT, Method::DELETE, Method::PATCH]),
        ("tracking-consent", "GET, HEAD, PUT", [Method::POST, Method::DELETE, Method::PATCH, Method::TRACE]),
        ("data", "DELETE", [Method::GET, Method::POST, Method::PUT, Method::PATCH]),
    ] {
        for method in methods {
            let answer = api.send(Request::builder().method(method).uri(format!("/v1/audience/{path}")).body(Body::empty()).unwrap()).await;
            assert_eq!((answer.status, answer.refusal()), (StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED_ERROR"));
            assert_eq!(answer.header("allow"), allow);
        }
    }
}

#[tokio::test]
async fn any_site_may_call_with_its_key_and_without_cookies() {
    let api = Api::new(crate::tests::engines::sqlite().await).await;
    for (path, method) in [("messages", "POST"), ("tracking-consent", "GET"), ("tracking-consent", "PUT"), ("data", "DELETE")] {
        let preflight = Request::options(format!("/v1/audience/{path}"))
            .header("origin", "https://emberfall.example")
            .header("access-control-request-method", method)
            .header("access-control-request-headers", "content-type,x-immutable-publishable-key")
            .body(Body::empty())
            .unwrap();
        let answer = api.send(preflight).await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (StatusCode::OK, "*"));
        assert!(answer.header("access-control-allow-methods").contains(method));
        for header in ["x-immutable-publishable-key", "x-immutable-api-key", "content-type", "content-encoding"] {
            assert!(answer.header("access-control-allow-headers").contains(header));
        }
        assert_eq!(answer.header("access-control-max-age"), "86400");
        assert!(!answer.headers.contains_key("access-control-allow-credentials"));
    }

    let body = json!({ "messages": [track(json!({}))] }).to_string();
    let good = api.send(request(KEY).header("origin", "https://emberfall.example").body(body.into()).unwrap()).await;
    let bad = api.send(request("pk_nobody").header("origin", "https://emberfall.example").body(Body::empty()).unwrap()).await;
    for answer in [good, bad] {
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert_eq!(answer.header("cross-origin-resource-policy"), "cross-origin");
        let exposed = answer.header("access-control-expose-headers");
        assert!(exposed.contains("retry-after") && exposed.contains("x-trace-id"));
    }
}
