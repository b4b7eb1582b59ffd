//! Whoever is refused gets an answer over a real connection, however much they are still sending: never a broken connection.

use super::app::TestApp;
use super::engines::sqlite;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Nearly as much as is taken: far more than a socket's buffers hold.
const LENGTH: usize = 1024 * 1024 - 1;

/// Writes the whole request, reads the whole answer; its status line.
async fn post(app: &TestApp, head: &str, length: usize) -> String {
    let address = app.origin.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request =
        format!("POST /v1/audience/messages HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {length}\r\n{head}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.write_all(&vec![b' '; length]).await.expect("the server reads on");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("the answer arrives whole");
    assert!(answer.contains("\"trace_id\""), "{answer}");
    answer.lines().next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_body_of_somebody_without_a_key_is_answered() {
    let app = TestApp::fresh(sqlite().await).await;
    for _ in 0..4 {
        assert_eq!(post(&app, "", LENGTH).await, "HTTP/1.1 401 Unauthorized");
        assert_eq!(post(&app, "x-immutable-publishable-key: pk_nobody\r\n", LENGTH).await, "HTTP/1.1 401 Unauthorized");
        assert_eq!(post(&app, "content-encoding: br\r\n", LENGTH).await, "HTTP/1.1 401 Unauthorized");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_body_above_the_rate_is_answered() {
    let app = TestApp::with(sqlite().await, &[("POSTBACKS_INGEST_RATE_IP", "1")]).await;
    let mut statuses = Vec::new();
    for _ in 0..8 {
        statuses.push(post(&app, "", LENGTH).await);
    }
    assert!(statuses.contains(&"HTTP/1.1 429 Too Many Requests".to_owned()), "{statuses:?}");
}
