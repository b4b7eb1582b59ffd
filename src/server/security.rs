//! What a browser is told to refuse, and the writes that Postbacks refuses itself.

use super::config::Config;
use super::networks;
use super::state::AppState;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, HeaderName, HeaderValue, ORIGIN, REFERER, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, Method, StatusCode};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;
use url::Url;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const CROSS_ORIGIN_OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
/// What is not a page loads nothing and is framed by nobody.
const POLICY_OF_OTHERS: &str = "default-src 'none'; frame-ancestors 'none'";
/// A year, once a browser has seen the instance over https.
const STRICT_TRANSPORT: &str = "max-age=31536000";

/// The policy of a page, by its nonce. `dialogs`: origins a form may end at after its redirects (the networks' consent pages).
pub fn page_policy(nonce: &str, dialogs: &[String]) -> String {
    let forms = dialogs.iter().map(|origin| format!(" {origin}")).collect::<String>();
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
         font-src 'self'; connect-src 'self'; form-action 'self'{forms}; base-uri 'none'; frame-ancestors 'none'"
    )
}

/// Origins of the consent pages that are configured, and of what they lead over.
pub fn dialog_origins(config: &Config) -> Vec<String> {
    let dialog = |network: &&dyn networks::contract::Network| {
        let oauth = network.oauth()?;
        let dialog = oauth.dialog(&config.networks, &config.origin(), "state").ok()?;
        let own = [dialog.origin().ascii_serialization()];
        Some(own.into_iter().chain(oauth.dialog_leads_to(&config.networks)).collect::<Vec<_>>())
    };
    let mut origins: Vec<String> = networks::ALL.iter().filter_map(dialog).flatten().collect();
    origins.sort();
    origins.dedup();
    origins
}

/// Sets the page's policy; runs for server functions too, which have no nonce and need none.
pub fn set_page_policy(dialogs: &[String]) {
    if let (Some(nonce), Some(answer)) = (leptos::nonce::use_nonce(), use_context::<ResponseOptions>())
        && let Ok(policy) = HeaderValue::from_str(&page_policy(&nonce, dialogs))
    {
        answer.insert_header(CONTENT_SECURITY_POLICY, policy);
    }
}

/// The headers of every answer. What sets its own policy, caching or origin rule keeps it.
pub async fn headers(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let mut answer = next.run(request).await;
    let headers = answer.headers_mut();
    let mut default = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    default(CONTENT_SECURITY_POLICY, POLICY_OF_OTHERS);
    default(X_CONTENT_TYPE_OPTIONS, "nosniff");
    default(REFERRER_POLICY, "same-origin");
    default(CACHE_CONTROL, "no-store");
    default(CROSS_ORIGIN_OPENER_POLICY, "same-origin");
    default(CROSS_ORIGIN_RESOURCE_POLICY, "same-origin");
    if state.config.secure() {
        default(STRICT_TRANSPORT_SECURITY, STRICT_TRANSPORT);
    }
    answer
}

/// Pages live under the public URL: who asks for one under another host is sent there.
pub async fn right_host(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let asks_for_page = matches!(*request.method(), Method::GET | Method::HEAD);
    if !asks_for_page || is_public_host(&state.config, request.headers()) {
        return next.run(request).await;
    }
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    Redirect::temporary(&format!("{}{path}", state.config.origin())).into_response()
}

fn is_public_host(config: &Config, headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let asked = Url::parse(&format!("{}://{host}", config.public_url.scheme()));
    asked.is_ok_and(|asked| asked.origin() == config.public_url.origin())
}

/// Refuses writes that another site's page made the browser send, and clears the way back of an earlier error.
pub async fn own_writes(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    if !request.method().is_safe() && !is_own_write(&state.config, request.headers()) {
        return (StatusCode::FORBIDDEN, "This form was sent from another site. Open Postbacks and try again there.").into_response();
    }
    forget_former_error(request.headers_mut());
    next.run(request).await
}

/// `Sec-Fetch-Site: same-origin`, or where the browser sends none, our `Origin`. `none` (typed, bookmarked) is no form of ours.
fn is_own_write(config: &Config, headers: &HeaderMap) -> bool {
    match headers.get(SEC_FETCH_SITE) {
        Some(site) => site == "same-origin",
        None => headers.get(ORIGIN).is_some_and(|origin| origin.as_bytes() == config.origin().as_bytes()),
    }
}

/// A form that fails is sent back to its page with the error in the address; a second failure must not pile up on the first.
fn forget_former_error(headers: &mut HeaderMap) {
    let Some(mut page) = headers.get(REFERER).and_then(|page| page.to_str().ok()).and_then(|page| Url::parse(page).ok()) else { return };
    let kept: Vec<(String, String)> =
        page.query_pairs().filter(|(key, _)| key != "__path" && key != "__err").map(|(k, v)| (k.into(), v.into())).collect();
    page.set_query(None);
    if !kept.is_empty() {
        page.query_pairs_mut().extend_pairs(kept);
    }
    if let Ok(page) = HeaderValue::from_str(page.as_str()) {
        headers.insert(REFERER, page);
    }
}
