//! Players who come from ads at a steady rate: each visits with a click, plays, and buys. One message in three is a conversion.

use crate::house::{House, KEY};
use std::collections::HashMap;
use std::fmt::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use uuid::Uuid;

/// How the players of a stream come in.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    pub connections: u32,
    /// Players a request, with three messages each.
    pub players: u32,
    /// Of one connection, from one request to the next.
    pub every: Duration,
}

impl Pace {
    /// So many conversions a second, so many to a request.
    pub fn of(conversions: u32, players: u32) -> Self {
        let connections = 50;
        Self { connections, players, every: Duration::from_secs(1) * connections * players / conversions }
    }
}

/// Where a player comes from, and the network that is to be told.
pub const ADS: [(&str, &str); 3] = [("tiktok", "ttclid"), ("meta", "fbclid"), ("reddit", "rdt_cid")];

/// A conversion on its way: when the request that brought it was answered.
#[derive(Debug, Clone, Copy)]
pub struct Told {
    pub network: &'static str,
    pub answered: i64,
}

/// What was acknowledged, by dedup id.
#[derive(Default)]
pub struct Acknowledged {
    pub conversions: HashMap<Uuid, Told>,
    pub messages: u64,
    pub refused: u64,
    /// Milliseconds that each request took.
    pub took: Vec<f64>,
    /// From the first request to the last answer.
    pub lasted: Duration,
}

/// Lets players come for so long; `networks` of `ADS` are drawn from.
pub async fn flow(house: &House, pace: Pace, time: Duration, networks: &'static [(&'static str, &'static str)]) -> Acknowledged {
    let (address, goal, begin) = (house.address, house.goal, Instant::now());
    let connections: Vec<_> = (0..pace.connections)
        .map(|number| tokio::spawn(connection(address, goal, pace, begin + pace.every * number / pace.connections, begin + time, networks)))
        .collect();
    let mut all = Acknowledged::default();
    for connection in connections {
        let one = connection.await.expect("a connection finishes");
        all.conversions.extend(one.conversions);
        all.messages += one.messages;
        all.refused += one.refused;
        all.took.extend(one.took);
    }
    all.lasted = begin.elapsed();
    all
}

async fn connection(
    address: SocketAddr,
    goal: Uuid,
    pace: Pace,
    begin: Instant,
    end: Instant,
    networks: &'static [(&'static str, &'static str)],
) -> Acknowledged {
    let mut stream = TcpStream::connect(address).await.expect("the server listens");
    stream.set_nodelay(true).expect("a TCP option");
    let (mut done, mut answer, mut ticks) = (Acknowledged::default(), Vec::with_capacity(4_096), interval_at(begin, pace.every));
    // Whoever falls behind catches up, so that the load is as much as was asked for, or all that the server takes.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let agent: Arc<str> = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36".into();
    while ticks.tick().await < end {
        let mut body = String::with_capacity(2_000 * pace.players as usize);
        let mut players = Vec::with_capacity(pace.players as usize);
        body.push_str("{\"messages\":[");
        for number in 0..pace.players {
            let (player, purchase) = (Uuid::new_v4(), Uuid::new_v4());
            let (network, click) = networks[(player.as_u128() % networks.len() as u128) as usize];
            push_player(&mut body, player, purchase, click, &agent);
            body.push_str(if number + 1 < pace.players { "," } else { "]}" });
            players.push((network, Uuid::new_v5(&goal, purchase.hyphenated().to_string().as_bytes())));
        }
        let head = format!(
            "POST /v1/audience/messages HTTP/1.1\r\nhost: localhost\r\nx-immutable-publishable-key: {KEY}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let clock = std::time::Instant::now();
        stream.write_all(&[head.as_bytes(), body.as_bytes()].concat()).await.expect("the server reads");
        read_answer(&mut stream, &mut answer).await;
        done.took.push(clock.elapsed().as_secs_f64() * 1_000.0);
        if answer.starts_with(b"HTTP/1.1 200") {
            let answered = postbacks::server::now();
            done.messages += 3 * u64::from(pace.players);
            done.conversions.extend(players.into_iter().map(|(network, id)| (id, Told { network, answered })));
        } else {
            done.refused += 3 * u64::from(pace.players);
        }
    }
    done
}

fn push_player(body: &mut String, player: Uuid, purchase: Uuid, click: &str, agent: &str) {
    let now = jiff::Timestamp::now();
    let page = format!("https://emberfall.example/?{click}=E.C.P.{}", player.simple());
    let common = format!(
        r#""eventTimestamp":"{now}","anonymousId":"{player}","sessionId":"{player}","surface":"pixel","consentLevel":"full","context":{{"library":"@imtbl/pixel","libraryVersion":"0.4.0","userAgent":"{agent}","locale":"en-GB","timezone":"Europe/Berlin","screen":"1920x1080","pageUrl":"{page}","pagePath":"/","pageTitle":"Emberfall"}}"#
    );
    write!(
        body,
        r#"{{"type":"page","messageId":"{}","properties":{{"landing_page":"{page}"}},{common}}},{{"type":"track","messageId":"{}","eventName":"progression","properties":{{"status":"complete","level":"3"}},{common}}},{{"type":"track","messageId":"{purchase}","eventName":"purchase","properties":{{"value":"12.99","currency":"USD","item_id":"sword"}},{common}}}"#,
        Uuid::new_v4(),
        Uuid::new_v4(),
    )
    .expect("a string takes everything");
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
