//! What the log may keep of a call: everything but its secrets.

use super::super::contract::{Body, HeaderText, Request};
use super::header_texts;
use serde_json::Value;

/// Shown in place of a secret; of one length, so that it tells nothing.
const MASK: &str = "••••••••";

/// A request as the log keeps it, its body aside: secrets masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub method: String,
    pub url: String,
    /// Lower-case names, in the order sent.
    pub headers: Vec<(String, String)>,
}

pub fn head(request: &Request) -> Head {
    let mut url = request.url.to_string();
    for (name, _) in &request.secret_query {
        url.push(if url.contains('?') { '&' } else { '?' });
        url.push_str(&format!("{name}={MASK}"));
    }
    let text = |text: HeaderText| match text {
        HeaderText::Plain(text) => text,
        HeaderText::Secret { before, .. } => format!("{before}{MASK}"),
    };
    Head {
        method: request.method.to_string(),
        url,
        headers: header_texts(request).into_iter().map(|(name, value)| (name.to_owned(), text(value))).collect(),
    }
}

/// The whole request as a test looks at it: the body byte for byte; None where there is none or it is secret.
#[cfg(test)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    pub method: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Option<String>,
}

#[cfg(test)]
pub fn logged(request: &Request) -> Logged {
    let Head { method, url, headers } = head(request);
    let body = match &request.body {
        Some(Body::Json(body)) => Some(super::with_fields(body, request.secret_body.iter().map(|(name, _)| (*name, MASK)))),
        Some(Body::SecretJson(_) | Body::SecretForm(_)) | None => None,
    };
    Logged { method, url, headers, body }
}

/// The body as the log keeps it, the secrets added to it masked; None where there is none or all of it is secret.
pub fn masked_body(request: Request) -> Option<Value> {
    let Some(Body::Json(mut body)) = request.body else { return None };
    if let Some(object) = body.as_object_mut() {
        object.extend(request.secret_body.iter().map(|(name, _)| ((*name).to_owned(), Value::from(MASK))));
    }
    Some(body)
}
