//! Meta's error object and its codes (wire page M7). Wording that no page gives is ours.

use crate::server::simulator::role::Answer;
use serde_json::{Value, json};

pub const UNKNOWN: i64 = 1;
pub const SERVICE: i64 = 2;
pub const TOO_MANY: i64 = 4;
pub const PERMISSION: i64 = 10;
pub const PARAMETER: i64 = 100;
pub const NO_APP: i64 = 101;
/// No token, or a wrong proof of the app's secret.
pub const PROOF: i64 = 104;
pub const TOKEN: i64 = 190;

pub const OBJECT_MISSING: i64 = 33;
pub const TOO_OLD: i64 = 2_804_003;
pub const MISSING: i64 = 2_804_019;
pub const NO_CURRENCY: i64 = 2_804_010;
/// For what the wire page gives no subcode.
pub const INVALID: i64 = 2_804_048;

/// Why a call is refused.
#[derive(Debug, Clone)]
pub struct Refusal {
    pub status: u16,
    pub code: i64,
    pub subcode: Option<i64>,
    pub message: String,
    /// Title and words for the person who uses the app.
    pub user: Option<(&'static str, String)>,
    /// The event to blame, where it is one.
    pub event: Option<usize>,
}

impl Refusal {
    pub fn new(code: i64, message: impl Into<String>) -> Self {
        Self { status: 400, code, subcode: None, message: message.into(), user: None, event: None }
    }

    /// As captured: “Invalid parameter”, and the reason in the words for the user.
    pub fn of_event(subcode: i64, words: impl Into<String>) -> Self {
        let user = Some(("Server-side API parameter error", words.into()));
        Self { subcode: Some(subcode), user, ..Self::new(PARAMETER, "Invalid parameter") }
    }

    pub fn sub(self, subcode: i64) -> Self {
        Self { subcode: Some(subcode), ..self }
    }

    /// What is said about the event, where something is.
    pub fn words(&self) -> &str {
        self.user.as_ref().map_or(&self.message, |(_, words)| words)
    }

    pub fn answer(&self) -> Answer {
        let mut error = json!({"message": self.message, "type": "OAuthException", "code": self.code});
        if let Some(subcode) = self.subcode {
            error["error_subcode"] = subcode.into();
        }
        error["is_transient"] = matches!(self.code, UNKNOWN | SERVICE | TOO_MANY).into();
        if let Some((title, words)) = &self.user {
            error["error_user_title"] = (*title).into();
            error["error_user_msg"] = words.as_str().into();
        }
        error["fbtrace_id"] = "AaHYqjNBCshoHed-uN2beUP".into();
        let answer = json!({ "error": error });
        Answer { code: Some(self.code), words: self.words().to_owned(), ..sent(self.status, &answer) }
    }
}

pub fn ok(body: &Value) -> Answer {
    sent(200, body)
}

fn sent(status: u16, body: &Value) -> Answer {
    let content_type = "application/json; charset=UTF-8";
    Answer { status, content_type, retry_after: None, code: None, words: String::new(), body: body.to_string() }
}

/// An answer of trouble. Meta's own limits come over 400; 5xx has an error object too.
pub fn trouble(status: Option<u16>, code: Option<i64>, message: Option<&str>) -> Answer {
    let code = code.unwrap_or(match status {
        Some(401) => TOKEN,
        Some(403) => PERMISSION,
        Some(429) => TOO_MANY,
        Some(503) => SERVICE,
        Some(500..) => UNKNOWN,
        _ => PARAMETER,
    });
    let refusal = Refusal::new(code, message.unwrap_or(words(code)));
    Refusal { status: status.unwrap_or(400), ..refusal }.answer()
}

fn words(code: i64) -> &'static str {
    match code {
        UNKNOWN => "An unknown error occurred",
        SERVICE => "Service temporarily unavailable",
        TOO_MANY => "(#4) Application request limit reached",
        PERMISSION => "(#10) Application does not have permission for this action",
        17 => "(#17) User request limit reached",
        TOKEN => "Error validating access token: Session has expired.",
        200 => "(#200) Permissions error",
        368 => "The action attempted has been deemed abusive or is otherwise disallowed",
        613 => "(#613) Calls to this api have exceeded the rate limit.",
        80004 => "(#80004) There have been too many calls to this ad-account.",
        _ => "Invalid parameter",
    }
}
