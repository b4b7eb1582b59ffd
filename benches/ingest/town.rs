//! A town of a million players as a studio sees them: of a hundred messages 80 are pages, 15 events, 5 link ids.

use crate::mix::NEXT;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use uuid::Uuid;

pub const PLAYERS: u64 = 1_000_000;

/// How many players of the present town have come.
pub static ARRIVED: AtomicU64 = AtomicU64::new(0);

/// A request's body with so many first pages of players, each in turn.
pub fn arrivals(messages: usize, now: &str) -> String {
    listed(messages, |body| push_message(body, ARRIVED.fetch_add(1, Ordering::Relaxed) % PLAYERS, 0, now))
}

/// A request's body with so many new messages. Players come in no order.
pub fn body(messages: usize, now: &str) -> String {
    listed(messages, |body| {
        let drawn = scatter(NEXT.fetch_add(1, Ordering::Relaxed));
        push_message(body, drawn % PLAYERS, (drawn >> 32) % 100, now);
    })
}

fn listed(messages: usize, mut push: impl FnMut(&mut String)) -> String {
    let mut body = String::with_capacity(messages * 560 + 32);
    body.push_str("{\"messages\":[");
    for n in 0..messages {
        if n > 0 {
            body.push(',');
        }
        push(&mut body);
    }
    body.push_str("]}");
    body
}

/// Every fifth player came by an ad, whose click id the pages repeat.
fn push_message(body: &mut String, player: u64, what: u64, now: &str) {
    let (id, anonymous) = (Uuid::new_v4(), Uuid::from_u64_pair(8, player));
    let click = if player.is_multiple_of(5) { format!("ttclid=E.C.P.{player}&utm_source=tiktok&utm_medium=cpc") } else { String::new() };
    let (kind, fields) = match what {
        0..80 => ("page", r#""properties":{}"#.to_owned()),
        80 => ("track", r#""eventName":"purchase","properties":{"value":"12.99","currency":"USD","item_id":"sword"}"#.to_owned()),
        81..95 => ("track", r#""eventName":"progression","properties":{"status":"complete","world":"ember","score":4711}"#.to_owned()),
        95..99 => ("identify", format!(r#""userId":"7656{player}","identityType":"steam","traits":{{"name":"Mira"}}"#)),
        _ => ("alias", format!(r#""fromId":"7656{player}","fromType":"steam","toId":"P|{player}","toType":"passport""#)),
    };
    write!(
        body,
        r#"{{"type":"{kind}","messageId":"{id}","eventTimestamp":"{now}","anonymousId":"{anonymous}","sessionId":"{anonymous}","surface":"pixel","consentLevel":"full",{fields},"context":{{"library":"@imtbl/pixel","libraryVersion":"0.4.0","userAgent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36","locale":"en-GB","timezone":"Europe/Berlin","screen":"1920x1080","pageUrl":"https://emberfall.example/?{click}","pagePath":"/","pageTitle":"Emberfall"}}}}"#
    )
    .expect("a string takes everything");
}

/// splitmix64: neighbouring numbers become far ones.
const fn scatter(number: u64) -> u64 {
    let mut z = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
