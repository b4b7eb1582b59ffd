//! What the load is made of: players who come from ads and without, play, sign in and sometimes buy, each over several messages.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use uuid::Uuid;

/// Messages of one player, spread over neighbouring requests.
const MESSAGES_A_PLAYER: u64 = 10;

/// Numbers the messages of all connections.
pub static NEXT: AtomicU64 = AtomicU64::new(0);

/// A request's body with so many new messages.
pub fn body(messages: usize, now: &str) -> String {
    let mut body = String::with_capacity(messages * 560 + 32);
    body.push_str("{\"messages\":[");
    for n in 0..messages {
        if n > 0 {
            body.push(',');
        }
        push_message(&mut body, NEXT.fetch_add(1, Ordering::Relaxed), now);
    }
    body.push_str("]}");
    body
}

/// Of ten messages of a player the first is a page (of every second player with a TikTok click), the second of every fifth an identify,
/// the last of every tenth a purchase; the others are plain events.
fn push_message(body: &mut String, number: u64, now: &str) {
    let (player, step) = (number / MESSAGES_A_PLAYER, number % MESSAGES_A_PLAYER);
    let (id, anonymous) = (Uuid::new_v4(), Uuid::from_u64_pair(7, player));
    let click = if player.is_multiple_of(2) { format!("ttclid=E.C.P.{player}&utm_source=tiktok&utm_medium=cpc") } else { String::new() };
    let (kind, fields) = match step {
        0 => ("page", format!(r#""properties":{{{}"landing_page":"https://emberfall.example/?{click}"}}"#, click_properties(player))),
        1 if player.is_multiple_of(5) => {
            ("identify", format!(r#""userId":"7656{player}","identityType":"steam","traits":{{"name":"Mira"}}"#))
        }
        9 if player.is_multiple_of(10) => {
            ("track", r#""eventName":"purchase","properties":{"value":"12.99","currency":"USD","item_id":"sword"}"#.into())
        }
        _ => (
            "track",
            format!(r#""eventName":"progression","properties":{{"status":"complete","world":"ember","level":"{step}","score":4711}}"#),
        ),
    };
    write!(
        body,
        r#"{{"type":"{kind}","messageId":"{id}","eventTimestamp":"{now}","anonymousId":"{anonymous}","sessionId":"{anonymous}","surface":"pixel","consentLevel":"full",{fields},"context":{{"library":"@imtbl/pixel","libraryVersion":"0.4.0","userAgent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36","locale":"en-GB","timezone":"Europe/Berlin","screen":"1920x1080","pageUrl":"https://emberfall.example/?{click}","pagePath":"/","pageTitle":"Emberfall"}}}}"#
    )
    .expect("a string takes everything");
}

fn click_properties(player: u64) -> String {
    if player.is_multiple_of(2) {
        format!(r#""ttclid":"E.C.P.{player}","utm_source":"tiktok","utm_medium":"cpc","touchpoint_type":"click","#)
    } else {
        String::new()
    }
}
