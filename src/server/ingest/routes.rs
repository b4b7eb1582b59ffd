//! `/v1/audience`: its addresses and methods, and how each request is named and answered.

use super::answer::Refusal;
use super::{Ingest, cors, data, messages, openapi, tracking_consent};
use crate::server::metrics;
use axum::Router;
use axum::extract::{Extension, Request, State};
use axum::http::HeaderValue;
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{delete, get, post};
use std::sync::Arc;
use uuid::Uuid;

const TRACE_HEADER: &str = "x-trace-id";

/// The audience API with its preflights, and its description, to which refusals lead under `origin`; every other address under `/v1` is 404 in the API's envelope.
/// Serve it with `into_make_service_with_connect_info::<SocketAddr>()`, or no player's address is known.
pub fn router(ingest: Ingest, origin: &str) -> Router {
    let link: Arc<str> = format!("{origin}{}", openapi::ADDRESS).into();
    let api = Router::new()
        .route("/audience/messages", post(messages).fallback(|trace| only("POST", trace)))
        .route("/audience/tracking-consent", get(consent).put(set_consent).fallback(|trace| only("GET, HEAD, PUT", trace)))
        .route("/audience/data", delete(erase).fallback(|trace| only("DELETE", trace)))
        .fallback(not_found)
        .layer(cors::layer())
        .layer(cors::resource_policy())
        .layer(middleware::from_fn(move |request, next| trace(Arc::clone(&link), request, next)))
        .with_state(ingest);
    Router::new().nest("/v1", api).merge(openapi::router())
}

/// What every refusal of a request repeats.
#[derive(Clone)]
pub struct TraceId {
    /// 32 hex digits that name the request in its answer and in the server's log.
    pub id: String,
    /// Where the API is described.
    pub link: Arc<str>,
}

async fn trace(link: Arc<str>, mut request: Request, next: Next) -> Response {
    let id = Uuid::new_v4().simple().to_string();
    request.extensions_mut().insert(TraceId { id: id.clone(), link });
    let mut response = next.run(request).await;
    metrics::request_answered(response.status());
    response.headers_mut().insert(TRACE_HEADER, HeaderValue::from_str(&id).expect("hex is a header value"));
    response
}

async fn not_found(Extension(trace): Extension<TraceId>) -> Response {
    Refusal::NotFound.answer(&trace)
}

async fn only(allow: &'static str, Extension(trace): Extension<TraceId>) -> Response {
    Refusal::Method { allow }.answer(&trace)
}

async fn messages(State(ingest): State<Ingest>, Extension(trace): Extension<TraceId>, request: Request) -> Response {
    told(&trace, messages::take(&ingest, request).await)
}

async fn consent(State(ingest): State<Ingest>, Extension(trace): Extension<TraceId>, request: Request) -> Response {
    told(&trace, tracking_consent::get(&ingest, request).await)
}

async fn set_consent(State(ingest): State<Ingest>, Extension(trace): Extension<TraceId>, request: Request) -> Response {
    told(&trace, tracking_consent::put(&ingest, request).await)
}

async fn erase(State(ingest): State<Ingest>, Extension(trace): Extension<TraceId>, request: Request) -> Response {
    told(&trace, data::delete(&ingest, request, &trace.id).await)
}

fn told(trace: &TraceId, result: Result<Response, Refusal>) -> Response {
    result.unwrap_or_else(|refusal| {
        match refusal {
            Refusal::Broken => tracing::warn!(trace_id = trace.id, %refusal, "a request was not carried out"),
            _ => tracing::debug!(trace_id = trace.id, %refusal, "a request was refused"),
        }
        refusal.answer(trace)
    })
}
