//! TikTok's envelope and its codes (wire page 1.5). Wording that no page gives is ours, and says so here.

use crate::model::Millis;
use crate::server::simulator::role::Answer;
use crate::server::simulator::state::State;
use crate::server::simulator::tokens::{Grant, Worth};

pub const PERMISSION: i64 = 40001;
pub const PARAMETER: i64 = 40002;
pub const BATCH_SIZE: i64 = 40061;
pub const NOT_HASHED: i64 = 40062;
pub const PARTNER_NAME: i64 = 40063;
pub const TOO_MANY: i64 = 40100;
pub const BAD_APP: i64 = 40101;
pub const NO_TOKEN: i64 = 40104;
pub const BAD_TOKEN: i64 = 40105;
pub const BAD_CODE: i64 = 40110;
pub const APP_MISMATCH: i64 = 40113;
pub const NO_SCOPE: i64 = 40130;

/// Why a call is refused.
#[derive(Debug)]
pub struct Refusal {
    pub code: i64,
    pub words: String,
    /// The event to blame, where it is one.
    pub event: Option<usize>,
}

impl Refusal {
    pub fn new(code: i64, words: impl Into<String>) -> Self {
        Self { code, words: words.into(), event: None }
    }

    pub fn answer(&self, state: &State) -> Answer {
        envelope(200, self.code, &self.words, &request_id(state), if self.code == PARAMETER { None } else { Some("{}") })
    }
}

/// `code` 0 with that data (JSON).
pub fn ok(state: &State, data: &str) -> Answer {
    envelope(200, 0, "OK", &request_id(state), Some(data))
}

/// The token's rights, or why it has none: the header alone, without "Bearer".
pub fn authorise(state: &State, token: Option<&str>) -> Result<Grant, Refusal> {
    let token = token.ok_or_else(|| Refusal::new(NO_TOKEN, words(NO_TOKEN)))?;
    match state.tokens().find("tiktok", token) {
        // A long-term token has no expiry of its own: a dead one, however it died, is a revoked one.
        Some(grant) if grant.worth == Worth::Valid => Ok(grant),
        _ => Err(Refusal::new(BAD_TOKEN, words(BAD_TOKEN))),
    }
}

/// An answer of trouble. TikTok says nearly everything over HTTP 200; a 5xx comes from the servers in front of it, as HTML.
pub fn trouble(status: Option<u16>, code: Option<i64>, message: Option<&str>) -> Answer {
    let code = match (status, code) {
        (_, Some(code)) => code,
        (Some(429), _) => TOO_MANY,
        (Some(401), _) => BAD_TOKEN,
        (Some(403), _) => PERMISSION,
        (Some(400), _) => PARAMETER,
        (Some(status @ 500..), _) => return web_server(status, message),
        _ => 0,
    };
    envelope(status.unwrap_or(200), code, message.unwrap_or(words(code)), "2026112300000000000000000000FA017A", Some("{}"))
}

/// What the codes say. Those of 40100, 40104 and 40105 are TikTok's own.
fn words(code: i64) -> &'static str {
    match code {
        0 => "OK",
        20001 => "Partially successful.",
        PERMISSION => "No permission to operate this pixel code. You must be an admin or operator of this advertiser account.",
        PARAMETER => "Invalid value.",
        TOO_MANY => "Too many requests. Please retry in some time.",
        40102 => "Access token has expired.",
        NO_TOKEN => "Access token is null, you should set it in http header with key Access-Token.",
        BAD_TOKEN => "Access token is incorrect or has been revoked.",
        NO_SCOPE => "The access token is not authorized for this scope.",
        50000 => "System error.",
        50002 => "Service timeout.",
        60001 => "The system is under maintenance.",
        _ => "Request refused.",
    }
}

fn web_server(status: u16, message: Option<&str>) -> Answer {
    let reason = axum::http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Error");
    let words = message.map_or_else(|| format!("{status} {reason}"), str::to_owned);
    let body = format!(
        "<html>\r\n<head><title>{words}</title></head>\r\n<body>\r\n<center><h1>{words}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    );
    Answer { status, content_type: "text/html", retry_after: None, code: None, words, body }
}

fn envelope(status: u16, code: i64, words: &str, request_id: &str, data: Option<&str>) -> Answer {
    let message = serde_json::Value::from(words);
    let data = data.map_or(String::new(), |data| format!(",\"data\":{data}"));
    let body = format!("{{\"code\":{code},\"message\":{message},\"request_id\":\"{request_id}\"{data}}}");
    Answer { status, content_type: "application/json", retry_after: None, code: Some(code), words: words.into(), body }
}

/// Date and time, then digits that no other answer has: the shape of the captured ones, 34 characters.
fn request_id(state: &State) -> String {
    format!("{}{:020X}", stamp(state.now()), state.next_request())
}

fn stamp(now: Millis) -> String {
    let time = jiff::Timestamp::from_millisecond(now).unwrap_or_default().to_zoned(jiff::tz::TimeZone::UTC);
    format!("{:04}{:02}{:02}{:02}{:02}{:02}", time.year(), time.month(), time.day(), time.hour(), time.minute(), time.second())
}
