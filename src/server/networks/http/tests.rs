//! The client against real sockets: what happens when a network hangs, breaks off, sends too much or points elsewhere.

use super::*;
use secrecy::SecretString;
use std::future::Future;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// Listens on loopback and gives every connection, with the head of its request read, to `play`.
async fn network<F: Future<Output = ()> + Send + 'static>(play: fn(TcpStream) -> F) -> (Url, UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let (heard, requests) = unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = Vec::new();
            while !request.ends_with(b"}") {
                let mut byte = [0];
                if stream.read(&mut byte).await.unwrap_or(0) == 0 {
                    break;
                }
                request.push(byte[0]);
            }
            let _ = heard.send(String::from_utf8(request).unwrap());
            tokio::spawn(play(stream));
        }
    });
    (url, requests)
}

async fn say(mut stream: TcpStream, bytes: &[u8]) {
    let _ = stream.write_all(bytes).await;
    let _ = stream.shutdown().await;
}

fn post(url: &Url) -> Request {
    Request {
        method: reqwest::Method::POST,
        url: url.clone(),
        secret_query: vec![],
        headers: vec![("authorization", HeaderText::Secret { before: "Bearer ", secret: SecretString::from("token-1") })],
        body: Some(Body::Json(serde_json::json!({"value": 1}))),
        secret_body: vec![],
    }
}

async fn call(url: &Url) -> Exchange {
    Http::new(std::slice::from_ref(url)).unwrap().send(&post(url)).await
}

async fn impatient_call(url: &Url) -> Exchange {
    let limits = Limits { whole: Duration::from_millis(250), ..Limits::default() };
    Http::with_limits(std::slice::from_ref(url), limits).unwrap().send(&post(url)).await
}

#[tokio::test]
async fn a_call_arrives_as_it_was_built() {
    let (url, mut requests) = network(|stream| async { say(stream, b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await }).await;
    let mut request = post(&url.join("/a%2Fb").unwrap());
    request.secret_query.push(("secret", SecretString::from("s&1")));
    let exchange = Http::new(&[url]).unwrap().send(&request).await;
    let answer = exchange.result.unwrap();
    assert_eq!((answer.status, answer.body.as_str(), answer.retry_after, exchange.note), (200, "{}", None, None));
    let sent = requests.recv().await.unwrap();
    assert!(sent.starts_with("POST /a%2Fb?secret=s%261 HTTP/1.1\r\n"), "{sent}");
    for line in ["authorization: Bearer token-1", "content-type: application/json", &format!("user-agent: {USER_AGENT}")] {
        assert!(sent.contains(&format!("{line}\r\n")), "{line} in {sent}");
    }
    assert!(!sent.contains("accept-encoding"));
    assert!(sent.ends_with("\r\n\r\n{\"value\":1}"));
}

#[test]
fn secrets_go_into_the_body_as_they_are() {
    let with = |body: &str, fields: &[(&'static str, &'static str)]| with_fields(body.to_owned(), fields.iter().copied());
    assert_eq!(with(r#"{"data":[{"a":1}]}"#, &[("token", "a\"b"), ("proof", "c")]), r#"{"data":[{"a":1}],"token":"a\"b","proof":"c"}"#);
    assert_eq!(with("{}", &[("token", "a")]), r#"{"token":"a"}"#);
    assert_eq!(with("[1]", &[("token", "a")]), "[1]");
    assert_eq!(with("{}", &[]), "{}");
}

#[tokio::test]
async fn the_log_keeps_all_but_the_secrets() {
    let url = Url::parse("https://network.example/path?page=1").unwrap();
    let mut request = post(&url);
    request.secret_query.push(("secret", SecretString::from("hush")));
    let kept = logged(&request);
    assert_eq!(kept.url, "https://network.example/path?page=1&secret=••••••••");
    assert_eq!(kept.headers[0], ("authorization".into(), "Bearer ••••••••".into()));
    assert_eq!(kept.body.as_deref(), Some(r#"{"value":1}"#));
    request.secret_body.push(("token", SecretString::from("hush")));
    assert_eq!(logged(&request).body.as_deref(), Some(r#"{"value":1,"token":"••••••••"}"#));
    request.body = Some(Body::SecretJson(serde_json::json!({"secret": "hush"})));
    assert_eq!(logged(&request).body, None);
    for printed in [format!("{request:?}"), format!("{:?}", logged(&request))] {
        assert!(!printed.contains("hush") && !printed.contains("token-1"), "{printed}");
    }
}

#[tokio::test]
async fn a_network_that_hangs_is_given_up_with_an_unknown_result() {
    let (url, _requests) = network(|stream| async move {
        let _open = stream;
        std::future::pending().await
    })
    .await;
    assert_eq!(impatient_call(&url).await.result.unwrap_err(), NoAnswer { sent: true, words: "Timed out after 0.25 s".into() });
}

#[tokio::test]
async fn an_answer_that_never_ends_is_given_up() {
    let (url, _requests) = network(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{").await;
        std::future::pending().await
    })
    .await;
    assert!(impatient_call(&url).await.result.unwrap_err().sent);
}

#[tokio::test]
async fn a_connection_that_breaks_off_has_an_unknown_result() {
    let (url, _requests) = network(|stream| async move { drop(stream) }).await;
    let closed = call(&url).await.result.unwrap_err();
    assert_eq!(closed, NoAnswer { sent: true, words: "The connection closed before the answer was whole".into() });
    let (url, _requests) = network(|stream| async { say(stream, b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{").await }).await;
    assert!(call(&url).await.result.unwrap_err().sent);
}

#[tokio::test]
async fn a_reset_has_an_unknown_result() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    // Closing with unread bytes makes the kernel answer with a reset.
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0]).await;
    });
    assert_eq!(call(&url).await.result.unwrap_err(), NoAnswer { sent: true, words: "Connection reset".into() });
}

#[tokio::test]
async fn what_never_connected_was_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    drop(listener);
    assert_eq!(call(&url).await.result.unwrap_err(), NoAnswer { sent: false, words: "Connection refused".into() });
}

#[tokio::test]
async fn an_answer_is_read_to_its_limit() {
    let (url, _requests) = network(|stream| async {
        let body = [b"HTTP/1.1 200 OK\r\n\r\n".as_slice(), &[b'x'; 3 * MAX_ANSWER], b"\xff"].concat();
        say(stream, &body).await;
    })
    .await;
    let exchange = call(&url).await;
    assert_eq!(exchange.result.unwrap().body.len(), MAX_ANSWER);
    assert!(exchange.note.is_some());
}

#[tokio::test]
async fn bytes_that_are_no_text_are_tolerated() {
    let (url, _requests) = network(|stream| async { say(stream, b"HTTP/1.1 502 Bad\r\ncontent-length: 2\r\n\r\n\xff!").await }).await;
    let answer = call(&url).await.result.unwrap();
    assert_eq!((answer.status, answer.body.as_str()), (502, "\u{fffd}!"));
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_not_followed() {
    let (url, mut requests) =
        network(|stream| async { say(stream, b"HTTP/1.1 307 Elsewhere\r\nlocation: /b\r\ncontent-length: 0\r\n\r\n").await }).await;
    assert_eq!(call(&url).await.result.unwrap().status, 307);
    assert!(requests.recv().await.is_some());
    assert!(requests.try_recv().is_err());
}

#[tokio::test]
async fn retry_after_is_read() {
    let head = |stream| async { say(stream, b"HTTP/1.1 429 Slow\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n").await };
    let (url, _requests) = network(head).await;
    assert_eq!(call(&url).await.result.unwrap().retry_after, Some(7_000));
}

#[tokio::test]
async fn only_configured_addresses_are_called() {
    let (url, mut requests) = network(|stream| async { drop(stream) }).await;
    let (other, _requests) = network(|stream| async { drop(stream) }).await;
    let http = Http::new(&[other]).unwrap();
    let mut named = url.clone();
    named.set_username("user").unwrap();
    for (http, url) in [(&http, &url), (&Http::new(&[]).unwrap(), &url), (&Http::new(std::slice::from_ref(&url)).unwrap(), &named)] {
        let refused = http.send(&post(url)).await.result.unwrap_err();
        assert!(!refused.sent && refused.words.starts_with("Not called"), "{refused:?}");
    }
    assert!(requests.try_recv().is_err());
}

#[tokio::test]
async fn a_token_that_no_header_can_hold_is_not_sent() {
    let (url, _requests) = network(|stream| async { drop(stream) }).await;
    let mut request = post(&url);
    request.headers = vec![("access-token", HeaderText::Secret { before: "", secret: SecretString::from("two\r\nlines") })];
    assert!(!Http::new(&[url]).unwrap().send(&request).await.result.unwrap_err().sent);
}
