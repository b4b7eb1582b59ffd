//! Every address of Postbacks in one table: pages and their server functions, files, and what machines ask.

use super::auth::{CLOCK_COOKIE, THEME_COOKIE, chosen_clock, typed_email};
use super::db::instance;
use super::state::AppState;
use super::{connect, ingest, metrics, players, security, sessions, site, trouble};
use crate::error::AppError;
use crate::web::app::{App, shell};
use crate::web::components::{Clock, Now};
use crate::web::visit::{Theme, Visit};
use axum::body::Body;
use axum::extract::Request;
use axum::middleware::{Next, from_fn, from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Router, extract::State};
use http::header::{ACCEPT, COOKIE, HeaderValue, LOCATION};
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use leptos::prelude::{provide_context, use_context};
use leptos::server_fn::error::{FromServerFnError, SERVER_FN_ERROR_HEADER};
use leptos_axum::{LeptosRoutes, ResponseOptions, generate_route_list, render_app_async_with_context};
use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;
use tower::service_fn;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;

/// A form's body; ingest has its own, larger limit.
const MAX_FORM_BYTES: usize = 64 * 1024;
/// An error is a word or two of JSON.
const MAX_ERROR_BYTES: usize = 1024;
/// Whoever balances the load asks every few seconds.
const READY_WITHIN: std::time::Duration = std::time::Duration::from_secs(3);
/// Pages are drawn for one reader: fast before small.
const PAGE_COMPRESSION: CompressionLevel = CompressionLevel::Precise(4);

pub fn router(state: AppState) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics::metrics))
        .merge(pixel(&state))
        .merge(pages(&state))
        .with_state(state.clone())
        .merge(ingest::router(state.ingest.clone(), &state.config.origin()))
        .layer(from_fn_with_state(state, security::headers))
}

/// What other people's pages load.
fn pixel(state: &AppState) -> Router<AppState> {
    let file = site::file(&Path::new(&*state.options.site_root).join("pixel.js"));
    Router::new().route_service("/pixel.js", file).layer(map_response(site::for_other_sites))
}

/// What a person's browser asks for: pages, server functions, files.
fn pages(state: &AppState) -> Router<AppState> {
    let context = page_context(state);
    let options = state.options.clone();
    let page = {
        let options = options.clone();
        move || shell(options.clone())
    };
    let not_found = {
        let (context, page, state) = (context.clone(), page.clone(), state.clone());
        render_app_async_with_context(
            move || {
                provide_context(state.clone());
                context();
            },
            page,
        )
    };
    let root = Path::new(&*options.site_root).to_owned();
    let not_found = service_fn(move |request: Request| {
        let page = not_found(request);
        async move { Ok::<_, Infallible>(page.await) }
    });
    let built = Router::new().fallback_service(site::files(&root.join("pkg"))).layer(map_response(site::keep_for_ever));
    let files = Router::new().fallback_service(site::files(&root).fallback(not_found)).layer(map_response(site::keep_while_unchanged));
    Router::new()
        .nest_service(options.site_pkg_dir_route_base().trim_end_matches('/'), built)
        .leptos_routes_with_context(state, generate_route_list(App), context, page)
        .route("/oauth/{network}/callback", get(connect::callback::callback))
        .route("/games/{slug}/players/{id}/export", post(players::export::export))
        .fallback_service(files)
        .layer(from_fn(error_status))
        .layer(CompressionLayer::new().quality(PAGE_COMPRESSION))
        .layer(axum::extract::DefaultBodyLimit::max(MAX_FORM_BYTES))
        .layer(sessions::layer(state.db.clone(), &state.config))
        .layer(from_fn_with_state(state.clone(), security::own_writes))
        .layer(from_fn_with_state(state.clone(), security::right_host))
}

/// What pages and server functions find in their context besides the state.
fn page_context(state: &AppState) -> impl Fn() + Clone + Send + Sync + 'static {
    let dialogs: Arc<[String]> = security::dialog_origins(&state.config).into();
    move || {
        security::set_page_policy(&dialogs);
        provide_context(Now(super::now()));
        let Some(parts) = use_context::<Parts>() else { return };
        let answer = use_context::<ResponseOptions>().unwrap_or_default();
        let redirect = answer.clone();
        provide_context(Clock { chosen: cookie(&parts.headers, CLOCK_COOKIE).as_deref().and_then(chosen_clock), ..Clock::default() });
        provide_context(Visit {
            theme: cookie(&parts.headers, THEME_COOKIE).as_deref().and_then(Theme::from_word),
            email: typed_email(|name| cookie(&parts.headers, name)),
            path: parts.uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string),
            set_status: Arc::new(move |status| {
                if let Ok(status) = StatusCode::from_u16(status) {
                    answer.set_status(status);
                }
            }),
            go_to: Arc::new(move |path| {
                if let Ok(path) = HeaderValue::from_str(path) {
                    redirect.insert_header(LOCATION, path);
                    redirect.set_status(StatusCode::SEE_OTHER);
                }
            }),
        });
    }
}

fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let all = headers.get(COOKIE)?.to_str().ok()?;
    all.split("; ").find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).map(str::to_owned)
}

/// Gives a failed server function the status of its error. Plain forms keep the redirect to their page.
async fn error_status(request: Request, next: Next) -> Response {
    let plain_form = request.headers().get(ACCEPT).is_some_and(|accept| accept.as_bytes().windows(9).any(|part| part == b"text/html"));
    let answer = next.run(request).await;
    if plain_form || !answer.headers().contains_key(SERVER_FN_ERROR_HEADER) {
        return answer;
    }
    let (mut parts, body) = answer.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, MAX_ERROR_BYTES).await else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    parts.status = StatusCode::from_u16(AppError::de(bytes.clone()).status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Response::from_parts(parts, Body::from(bytes))
}

/// The process answers.
async fn healthz() -> &'static str {
    "ok"
}

/// The database answers too; where it kept nothing a moment ago, it is given something to keep.
async fn readyz(State(state): State<AppState>) -> Response {
    let asks = async { if trouble::lasts() { instance::probe(&state.db).await } else { instance::ping(&state.db).await } };
    let why = match tokio::time::timeout(READY_WITHIN, asks).await {
        Ok(Ok(())) => {
            trouble::is_over();
            return "ready".into_response();
        }
        Ok(Err(cause)) => {
            trouble::met(&cause, "not ready");
            "the database does not answer, or keeps nothing"
        }
        Err(_) => "the database does not answer in time",
    };
    (StatusCode::SERVICE_UNAVAILABLE, why).into_response()
}
