//! Keep-alive connections that post as fast as they are answered; a client of few instructions, so that the server gets the machine.

use crate::rig::Rig;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub struct Load {
    pub connections: usize,
    /// Messages a request.
    pub messages: usize,
    pub time: Duration,
    /// Makes a request's body of so many messages that happen at that time.
    pub body: fn(usize, &str) -> String,
}

/// What one run brought.
pub struct Run {
    /// Messages answered with 200.
    pub messages: u64,
    /// The same a second.
    pub rate: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
}

impl Load {
    pub async fn run(&self, rig: &Rig) -> Run {
        let (started, key) = (Instant::now(), Arc::<str>::from(rig.key.as_str()));
        let connections: Vec<_> = (0..self.connections)
            .map(|_| tokio::spawn(post_until(rig.address, key.clone(), self.messages, self.body, started + self.time)))
            .collect();
        let mut latencies: Vec<Duration> = Vec::new();
        for connection in connections {
            latencies.extend(connection.await.expect("a connection finishes"));
        }
        let elapsed = started.elapsed().as_secs_f64();
        latencies.sort_unstable();
        let at = |share: usize| latencies[(latencies.len() - 1) * share / 100].as_secs_f64() * 1_000.0;
        let messages = (latencies.len() * self.messages) as u64;
        Run { messages, rate: messages as f64 / elapsed, p50_ms: at(50), p99_ms: at(99) }
    }
}

async fn post_until(
    address: std::net::SocketAddr,
    key: Arc<str>,
    messages: usize,
    body: fn(usize, &str) -> String,
    end: Instant,
) -> Vec<Duration> {
    let mut stream = TcpStream::connect(address).await.expect("the server listens");
    stream.set_nodelay(true).expect("a TCP option");
    let (mut latencies, mut answer) = (Vec::new(), Vec::with_capacity(4_096));
    while Instant::now() < end {
        let body = body(messages, &jiff::Timestamp::now().to_string());
        let head = format!(
            "POST /v1/audience/messages HTTP/1.1\r\nhost: localhost\r\nx-immutable-publishable-key: {key}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let sent = Instant::now();
        stream.write_all(&[head.as_bytes(), body.as_bytes()].concat()).await.expect("the server reads");
        read_answer(&mut stream, &mut answer).await;
        latencies.push(sent.elapsed());
        assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
        assert!(answer.windows(14).any(|bytes| bytes == b"\"success\":true"), "{}", String::from_utf8_lossy(&answer));
    }
    latencies
}

/// Reads one answer whole.
async fn read_answer(stream: &mut TcpStream, answer: &mut Vec<u8>) {
    answer.clear();
    loop {
        let read = stream.read_buf(answer).await.expect("the server answers");
        assert!(read > 0, "the server closed the connection");
        let Some(head) = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { continue };
        let text = std::str::from_utf8(&answer[..head]).expect("a head is ASCII").to_ascii_lowercase();
        let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("answers name their length");
        if answer.len() >= head + 4 + length.trim().parse::<usize>().expect("a number") {
            return;
        }
    }
}
