//! What the log may keep of a call: everything but its secrets.

use super::super::contract::{Body, HeaderText, Request};
use super::header_texts;

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
        Some(Body::Events(batch)) => Some(super::with_fields(batch.text(), masks(request))),
        Some(Body::Json(body)) => Some(super::with_fields(body.to_string(), masks(request))),
        Some(Body::SecretJson(_) | Body::SecretForm(_)) | None => None,
    };
    Logged { method, url, headers, body }
}

/// The body as the log keeps it: without its events and with the secrets masked that were added to it, and each event alone. Empty where
/// there is none, or all of it is secret.
pub fn masked_body(mut request: Request) -> (String, Vec<String>) {
    let (envelope, events) = match request.body.take() {
        Some(Body::Events(batch)) => batch.apart(),
        Some(Body::Json(body)) => (body.to_string(), Vec::new()),
        Some(Body::SecretJson(_) | Body::SecretForm(_)) | None => return Default::default(),
    };
    (super::with_fields(envelope, masks(&request)), events)
}

fn masks(request: &Request) -> impl Iterator<Item = (&'static str, &'static str)> {
    request.secret_body.iter().map(|(name, _)| (*name, MASK))
}
