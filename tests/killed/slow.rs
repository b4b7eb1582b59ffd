//! Clients that send their body, or read their answer, at a crawl: they hold nobody up, and an order to stop ends it in time all the same.

use crate::client::Client;
use crate::house::House;
use crate::networks::Networks;
use crate::serving::Serving;
use crate::within;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Many more than there are threads or connections to the database.
const CRAWLERS: usize = 60;
/// Answers that one of them asks for and does not read: more than fits on the way.
const UNREAD: usize = 2_000;

fn host(serving: &Serving) -> String {
    serving.origin.strip_prefix("http://").unwrap().to_owned()
}

/// Says that a body comes, and sends its first byte.
async fn sends_at_a_crawl(serving: &Serving, house: &House) -> TcpStream {
    let mut stream = TcpStream::connect(host(serving)).await.unwrap();
    let head = format!(
        "POST /v1/audience/messages HTTP/1.1\r\nhost: {}\r\nx-immutable-publishable-key: {}\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n{{",
        host(serving),
        house.key
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// Asks for the tracking pixel again and again, until its questions do not get through any more, and reads nothing.
async fn reads_at_a_crawl(serving: &Serving) -> TcpStream {
    let mut stream = TcpStream::connect(host(serving)).await.unwrap();
    let questions = format!("GET /pixel.js HTTP/1.1\r\nhost: {}\r\n\r\n", host(serving)).repeat(UNREAD);
    let asks = stream.write_all(questions.as_bytes());
    // It stands still: what is not read holds up who asks, and nobody else.
    let _ = tokio::time::timeout(std::time::Duration::from_millis(50), asks).await;
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_sends_or_reads_at_a_crawl_holds_nobody_up() {
    let networks = Networks::start().await;
    let house = House::found(env!("CARGO_TARGET_TMPDIR"), &networks).await;
    let serving = within("it starts", Serving::start(&house.settings())).await;
    let mut client = Client::of(&serving, &house);
    let mut crawlers = Vec::new();
    for _ in 0..CRAWLERS {
        crawlers.push(within("it listens", sends_at_a_crawl(&serving, &house)).await);
        crawlers.push(within("it listens", reads_at_a_crawl(&serving)).await);
    }
    for _ in 0..20 {
        assert_eq!(within("others are answered", client.post()).await.0, 200);
        assert_eq!((client.status("/readyz").await, client.status("/sign-in").await), (200, 200));
    }
    // One that comes to an end after all is answered as well.
    let mut late = sends_at_a_crawl(&serving, &house).await;
    late.write_all(&[b' '; 99_998]).await.unwrap();
    late.write_all(b"}").await.unwrap();
    let mut answer = [0; 12];
    within("it is answered", late.read_exact(&mut answer)).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 400");
    within("it stops in order", serving.stop()).await;
    drop(crawlers);
    assert_eq!(house.messages().await, client.acknowledged);
    house.leave().await;
}
