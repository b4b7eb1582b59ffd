//! The only place that talks to networks: one pooled client, time-outs, capped answers, no redirects, no address but the
//! configured ones, and what the log may keep of a call.

mod log;
mod retry_after;
#[cfg(test)]
mod tests;

#[cfg(test)]
pub use log::logged;
pub use log::{head, masked_body};
pub use retry_after::parse_retry_after;

use super::contract::{Answer, Body, HeaderText, Request};
use crate::model::Millis;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use secrecy::ExposeSecret;
use serde_json::Value;
use std::error::Error;
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::{Duration, Instant};
use url::{Host, Origin, Url, form_urlencoded};

/// Most that is read of an answer; the longest real one is a page of pixels, far below.
const MAX_ANSWER: usize = 64 * 1024;

/// How long an unused connection is kept. Load balancers close theirs after 60 s: a call must not meet a closing one.
const IDLE: Duration = Duration::from_secs(30);

/// Said when a network sets no agent of its own.
const USER_AGENT: &str = concat!("postbacks/", env!("CARGO_PKG_VERSION"));

/// How long a call may take: to connect, and as a whole with its answer.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub connect: Duration,
    pub whole: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connect: Duration::from_secs(3), whole: Duration::from_secs(20) }
    }
}

/// No answer came. `sent` tells whether the network may have acted on it all the same (then the result is unknown).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{words}")]
pub struct NoAnswer {
    pub sent: bool,
    /// Plain words for the log: `Timed out after 20 s`, `Connection refused`.
    pub words: String,
}

impl NoAnswer {
    fn unsent(words: &str) -> Self {
        Self { sent: false, words: words.to_owned() }
    }

    fn unknown(words: &str) -> Self {
        Self { sent: true, words: words.to_owned() }
    }
}

/// What one call took and brought.
#[derive(Debug)]
pub struct Exchange {
    pub result: Result<Answer, NoAnswer>,
    pub latency_ms: Millis,
    /// What the log adds to the answer, e.g. that its end was not read.
    pub note: Option<&'static str>,
}

/// The client cannot be made on this machine: most often there are no root certificates.
#[derive(Debug, thiserror::Error)]
#[error("HTTPS cannot start: are CA certificates installed? ({0})")]
pub struct NoClient(#[from] reqwest::Error);

#[derive(Clone)]
pub struct Http {
    client: reqwest::Client,
    allowed: Arc<[Origin]>,
    limits: Limits,
}

impl Http {
    /// The one pooled client of the process. It calls the origins of these addresses (`networks::addresses`) and no others.
    pub fn new(addresses: &[Url]) -> Result<Self, NoClient> {
        Self::with_limits(addresses, Limits::default())
    }

    pub fn with_limits(addresses: &[Url], limits: Limits) -> Result<Self, NoClient> {
        let mut builder = reqwest::Client::builder()
            .connect_timeout(limits.connect)
            .timeout(limits.whole)
            .pool_idle_timeout(IDLE)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false);
        // A proxy of the environment leads out to the networks; it has no business between this process and the same machine.
        if addresses.iter().all(loopback) {
            builder = builder.no_proxy();
        }
        Ok(Self { client: builder.build()?, allowed: addresses.iter().map(Url::origin).collect(), limits })
    }

    /// Makes the call, once. Never fails but by the result; latency counts to the end of the answer.
    pub async fn send(&self, request: &Request) -> Exchange {
        let start = Instant::now();
        let result = self.call(request).await;
        let latency_ms = Millis::try_from(start.elapsed().as_millis()).unwrap_or(Millis::MAX);
        let cut = result.as_ref().is_ok_and(|(_, cut)| *cut);
        let note = cut.then_some("The answer is longer than 64 KiB; its end was not read.");
        Exchange { result: result.map(|(answer, _)| answer), latency_ms, note }
    }

    async fn call(&self, request: &Request) -> Result<(Answer, bool), NoAnswer> {
        let prepared = self.prepare(request)?;
        let mut response = self.client.execute(prepared).await.map_err(|error| self.no_answer(error))?;
        let status = response.status().as_u16();
        let header = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let retry_after = header.and_then(|text| parse_retry_after(text, crate::server::now()));
        let mut bytes = Vec::new();
        while bytes.len() <= MAX_ANSWER
            && let Some(chunk) = response.chunk().await.map_err(|error| self.no_answer(error))?
        {
            bytes.extend_from_slice(&chunk);
        }
        let cut = bytes.len() > MAX_ANSWER;
        bytes.truncate(MAX_ANSWER);
        let body = String::from_utf8_lossy(&bytes).into_owned();
        Ok((Answer { status, retry_after, body }, cut))
    }

    fn prepare(&self, request: &Request) -> Result<reqwest::Request, NoAnswer> {
        let allowed = self.allowed.contains(&request.url.origin()) && request.url.username().is_empty() && request.url.password().is_none();
        if !allowed {
            tracing::error!(method = %request.method, host = request.url.host_str(), "a call to an address that no network is configured for");
            return Err(NoAnswer::unsent("Not called: the address is none of the configured networks'"));
        }
        let mut url = request.url.clone();
        if !request.secret_query.is_empty() {
            let pairs = request.secret_query.iter().map(|(name, secret)| (name, secret.expose_secret()));
            url.query_pairs_mut().extend_pairs(pairs);
        }
        let mut prepared = reqwest::Request::new(request.method.clone(), url);
        *prepared.headers_mut() = headers(request).ok_or(NoAnswer::unsent("Not called: a header holds characters that none may hold"))?;
        let secrets = || request.secret_body.iter().map(|(name, secret)| (*name, secret.expose_secret()));
        match &request.body {
            Some(Body::Events(batch)) => *prepared.body_mut() = Some(with_fields(batch.text(), secrets()).into()),
            Some(Body::Json(value) | Body::SecretJson(value)) => {
                *prepared.body_mut() = Some(with_fields(value.to_string(), secrets()).into())
            }
            Some(Body::SecretForm(fields)) => {
                let fields = fields.iter().map(|(name, secret)| (*name, secret.expose_secret())).chain(secrets());
                *prepared.body_mut() = Some(form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish().into());
            }
            None => {}
        }
        Ok(prepared)
    }

    /// Only before the connection stands is it certain that nothing was sent.
    fn no_answer(&self, error: reqwest::Error) -> NoAnswer {
        // The address may hold a secret.
        let error = error.without_url();
        tracing::debug!(error = %chain(&error), "a network did not answer");
        let kind = io_kind(&error);
        match (error.is_connect(), error.is_timeout()) {
            (true, true) => NoAnswer::unsent(&format!("No connection within {} s", self.limits.connect.as_secs_f64())),
            (true, _) if error.is_dns() => NoAnswer::unsent("The host's name was not found"),
            (true, _) if kind == Some(ErrorKind::ConnectionRefused) => NoAnswer::unsent("Connection refused"),
            (true, _) => NoAnswer::unsent(&format!("No connection: {}", root(&error))),
            (_, true) => NoAnswer::unknown(&format!("Timed out after {} s", self.limits.whole.as_secs_f64())),
            _ if error.is_builder() => NoAnswer::unsent("Not called: the call could not be written"),
            _ if matches!(kind, Some(ErrorKind::ConnectionReset | ErrorKind::BrokenPipe)) => NoAnswer::unknown("Connection reset"),
            _ => NoAnswer::unknown("The connection closed before the answer was whole"),
        }
    }
}

/// The JSON body with these texts added at the top, where it is an object.
fn with_fields<'a>(mut text: String, fields: impl Iterator<Item = (&'static str, &'a str)>) -> String {
    if !text.starts_with('{') {
        return text;
    }
    let mut first = text == "{}";
    for (name, value) in fields {
        text.truncate(text.len() - 1);
        text.push_str(if first { "" } else { "," });
        text.push_str(&format!("{}:{}}}", Value::from(name), Value::from(value)));
        first = false;
    }
    text
}

/// All headers of a call that say something about it, in order: the network's, and what it left to us.
fn header_texts(request: &Request) -> Vec<(&'static str, HeaderText)> {
    let mut texts = request.headers.clone();
    let named = |texts: &[(&str, HeaderText)], name| texts.iter().any(|(given, _)| *given == name);
    if !named(&texts, "user-agent") {
        texts.push(("user-agent", HeaderText::Plain(USER_AGENT.into())));
    }
    if request.body.is_some() && !named(&texts, "content-type") {
        let form = matches!(request.body, Some(Body::SecretForm(_)));
        let kind = if form { "application/x-www-form-urlencoded" } else { "application/json" };
        texts.push(("content-type", HeaderText::Plain(kind.into())));
    }
    texts
}

fn headers(request: &Request) -> Option<HeaderMap> {
    let mut map = HeaderMap::new();
    for (name, text) in header_texts(request) {
        let value = match &text {
            HeaderText::Plain(text) => HeaderValue::from_str(text).ok()?,
            HeaderText::Secret { before, secret } => {
                let mut value = HeaderValue::from_str(&format!("{before}{}", secret.expose_secret())).ok()?;
                value.set_sensitive(true);
                value
            }
        };
        map.insert(HeaderName::from_bytes(name.as_bytes()).ok()?, value);
    }
    Some(map)
}

fn loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    std::iter::from_fn(move || {
        let this = next?;
        next = this.source();
        Some(this)
    })
}

fn io_kind(error: &reqwest::Error) -> Option<ErrorKind> {
    causes(error).filter_map(|cause| cause.downcast_ref::<std::io::Error>()).last().map(std::io::Error::kind)
}

fn root(error: &reqwest::Error) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}

fn chain(error: &reqwest::Error) -> String {
    causes(error).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
