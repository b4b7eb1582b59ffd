//! What the audience API answers: the counts with the rejections, or the error envelope, in the published shapes.

use super::routes::TraceId;
use crate::server::{db, trouble};
use axum::Json;
use axum::http::header::{ALLOW, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};
use std::borrow::Cow;

/// The published codes of the envelope, and two more for what is no address of the API.
pub const VALIDATION: &str = "VALIDATION_ERROR";
pub const UNAUTHORISED: &str = "UNAUTHORISED_REQUEST";
pub const TOO_MANY: &str = "TOO_MANY_REQUESTS_ERROR";
pub const INTERNAL: &str = "INTERNAL_SERVER_ERROR";
const NOT_FOUND: &str = "RESOURCE_NOT_FOUND_ERROR";
const METHOD: &str = "METHOD_NOT_ALLOWED_ERROR";

/// How long a client waits before it sends again when the server itself is behind, seconds.
pub const BUSY_SECONDS: u64 = 1;

/// Answer to a batch. `accepted + rejected` is always the number of messages sent.
#[derive(Debug, PartialEq, Serialize)]
pub struct Counts {
    /// Whether nothing was rejected.
    pub success: bool,
    pub accepted: usize,
    pub rejected: usize,
    /// One entry for each rejected messageId.
    pub rejections: Vec<Rejection>,
}

#[derive(Debug, PartialEq, Serialize)]
pub struct Rejection {
    /// As sent, even if it is no UUID; empty where there was none.
    #[serde(rename = "messageId")]
    pub message_id: String,
    pub errors: Vec<FieldError>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FieldError {
    /// Name of the property, dotted below the top (`context.library`); `message` when it is about the message as a whole.
    pub field: Cow<'static, str>,
    pub code: Code,
    pub message: String,
}

crate::model::words! {
    /// The published rejection codes.
    Code {
        MissingRequiredField = "MISSING_REQUIRED_FIELD", InvalidFormat = "INVALID_FORMAT", InvalidValue = "INVALID_VALUE",
        InvalidEnum = "INVALID_ENUM", UnsupportedType = "UNSUPPORTED_TYPE", DuplicateMessageId = "DUPLICATE_MESSAGE_ID",
    }
}

impl Counts {
    /// 200, or 400 in the same shape when every message was rejected.
    pub fn answer(self) -> Response {
        let status = if self.accepted == 0 { StatusCode::BAD_REQUEST } else { StatusCode::OK };
        (status, Json(self)).into_response()
    }
}

/// Why a request as a whole was not taken.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refusal {
    #[error("Send the game's publishable key in the x-immutable-publishable-key header.")]
    NoKey,
    #[error("This key is not known, or it was rotated. Copy the publishable key from the game's API keys page.")]
    UnknownKey,
    #[error("This is a secret key. Send the publishable key here; if the secret one was in a page or a game build, rotate it.")]
    WrongKindOfKey,
    #[error("Send the game's secret key in the x-immutable-api-key header.")]
    NoSecretKey,
    #[error("This key is not known, or it was rotated. Copy the secret key from the game's API keys page.")]
    UnknownSecretKey,
    #[error("This is a publishable key. Players are erased with the secret key, from a server.")]
    NotSecret,
    #[error("A secret key came from a web page. It belongs on a server only: whoever opens that page can read it, so rotate it.")]
    SecretInBrowser,
    #[error("The body is larger than 1 MiB after decompression. Send smaller batches.")]
    TooLarge,
    #[error("This Content-Encoding is not taken. Send the body as it is, or as gzip or deflate.")]
    Encoding,
    #[error("The body did not arrive whole, or does not decompress.")]
    Unreadable,
    #[error("The body is not JSON: {what}.")]
    Malformed { what: String, line: usize, column: usize },
    #[error("The body is nested deeper than 32 levels.")]
    TooDeep,
    #[error("The body must be an object with `messages`, an array of 1 to 100 messages{found}.")]
    Shape { found: String },
    #[error("The body must be an object.")]
    NoObject,
    #[error("{}", .0.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join(" "))]
    Fields(Vec<FieldError>),
    #[error("{0}")]
    Query(String),
    #[error("Too many requests. Try again in {seconds} s.")]
    TooMany { seconds: u64 },
    #[error("There is nothing at this address.")]
    NotFound,
    #[error("This address takes {allow} only.")]
    Method { allow: &'static str },
    #[error("This could not be stored just now. Nothing was accepted; send it again.")]
    Unavailable,
    #[error("This could not be stored. Nothing was accepted.")]
    Broken,
}

impl Refusal {
    fn status_and_code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::NoKey
            | Self::UnknownKey
            | Self::WrongKindOfKey
            | Self::NoSecretKey
            | Self::UnknownSecretKey
            | Self::NotSecret
            | Self::SecretInBrowser => (StatusCode::UNAUTHORIZED, UNAUTHORISED),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, VALIDATION),
            Self::Encoding => (StatusCode::UNSUPPORTED_MEDIA_TYPE, VALIDATION),
            Self::Unreadable
            | Self::Malformed { .. }
            | Self::TooDeep
            | Self::Shape { .. }
            | Self::NoObject
            | Self::Fields(_)
            | Self::Query(_) => (StatusCode::BAD_REQUEST, VALIDATION),
            Self::TooMany { .. } => (StatusCode::TOO_MANY_REQUESTS, TOO_MANY),
            Self::NotFound => (StatusCode::NOT_FOUND, NOT_FOUND),
            Self::Method { .. } => (StatusCode::METHOD_NOT_ALLOWED, METHOD),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, INTERNAL),
            Self::Broken => (StatusCode::INTERNAL_SERVER_ERROR, INTERNAL),
        }
    }

    fn details(&self) -> Value {
        match self {
            Self::Malformed { line, column, .. } => json!({ "line": line, "column": column }),
            Self::Fields(errors) => json!({ "errors": errors }),
            _ => Value::Null,
        }
    }

    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::TooMany { seconds } => Some(*seconds),
            Self::Unavailable => Some(BUSY_SECONDS),
            _ => None,
        }
    }

    /// The database did not do its part; the cause is in the log.
    pub fn unavailable(error: &db::Error) -> Self {
        if db::is_away(error) {
            trouble::begins(error);
        } else {
            tracing::error!(%error, "the database refused what the audience API asked of it");
        }
        Self::Unavailable
    }

    /// The envelope; `trace_id` is also the response's `x-trace-id`, and `link` leads to what describes the API.
    pub fn answer(&self, TraceId { id: trace_id, link }: &TraceId) -> Response {
        let (status, code) = self.status_and_code();
        let envelope = json!({
            "code": code, "message": self.to_string(), "link": &**link, "trace_id": trace_id, "details": self.details(),
        });
        let mut response = (status, Json(envelope)).into_response();
        if let Some(seconds) = self.retry_after() {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Self::Method { allow } = self {
            response.headers_mut().insert(ALLOW, HeaderValue::from_static(allow));
        }
        response
    }
}
