//! The pixel and the SDKs call from any site, with a key in a header and never with cookies.

use super::keys;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, Method};
use std::time::Duration;
use tower_http::cors::{Any, CorsLayer};
use tower_http::set_header::SetResponseHeaderLayer;

const PUBLISHABLE_KEY: HeaderName = HeaderName::from_static(keys::PUBLISHABLE);
/// Named so that a page which shows it is told what is wrong with that, instead of a failed preflight.
const SECRET_KEY: HeaderName = HeaderName::from_static(keys::SECRET);
const TRACE: HeaderName = HeaderName::from_static("x-trace-id");
/// A day; Chromium keeps a preflight's answer for two hours at most.
const MAX_AGE: Duration = Duration::from_secs(24 * 60 * 60);

pub fn layer() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers([PUBLISHABLE_KEY, SECRET_KEY, CONTENT_TYPE, CONTENT_ENCODING])
        .expose_headers([RETRY_AFTER, TRACE])
        .max_age(MAX_AGE)
}

pub fn resource_policy() -> SetResponseHeaderLayer<HeaderValue> {
    let name = HeaderName::from_static("cross-origin-resource-policy");
    SetResponseHeaderLayer::overriding(name, HeaderValue::from_static("cross-origin"))
}
