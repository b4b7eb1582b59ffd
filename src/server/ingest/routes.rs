//! The routes of the audience API: who is calling, what do they send, store it, answer.

use super::answer::Refusal;
use super::message::Receipt;
use super::{Ingest, address, batch, body, cors};
use crate::server::{metrics, now};
use axum::Router;
use axum::extract::{ConnectInfo, Extension, Request, State};
use axum::http::header::USER_AGENT;
use axum::http::{HeaderValue, request};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::post;
use std::net::{IpAddr, SocketAddr};
use uuid::Uuid;

const TRACE_HEADER: &str = "x-trace-id";
/// Characters of a request's own User-Agent that are kept, as many as a message's context may name.
const MAX_USER_AGENT: usize = 512;

/// `POST /v1/audience/messages` with its preflight; every other address under `/v1` is 404 in the API's envelope.
/// Serve it with `into_make_service_with_connect_info::<SocketAddr>()`, or no player's address is known.
pub fn router(ingest: Ingest) -> Router {
    let api = Router::new()
        .route("/audience/messages", post(messages))
        .fallback(not_found)
        .method_not_allowed_fallback(not_allowed)
        .layer(cors::layer())
        .layer(cors::resource_policy())
        .layer(middleware::from_fn(trace))
        .with_state(ingest);
    Router::new().nest("/v1", api)
}

/// 32 hex digits that name one request in its answer and in the server's log.
#[derive(Clone)]
struct TraceId(String);

async fn trace(mut request: Request, next: Next) -> Response {
    let id = Uuid::new_v4().simple().to_string();
    request.extensions_mut().insert(TraceId(id.clone()));
    let mut response = next.run(request).await;
    metrics::request_answered(response.status());
    response.headers_mut().insert(TRACE_HEADER, HeaderValue::from_str(&id).expect("hex is a header value"));
    response
}

async fn not_found(Extension(trace): Extension<TraceId>) -> Response {
    Refusal::NotFound.answer(&trace.0)
}

async fn not_allowed(Extension(trace): Extension<TraceId>) -> Response {
    Refusal::Method.answer(&trace.0)
}

async fn messages(State(ingest): State<Ingest>, Extension(trace): Extension<TraceId>, request: Request) -> Response {
    take(&ingest, request).await.unwrap_or_else(|refusal| {
        match refusal {
            Refusal::Unavailable | Refusal::Broken => tracing::warn!(trace_id = trace.0, %refusal, "messages were not stored"),
            _ => tracing::debug!(trace_id = trace.0, %refusal, "messages were refused"),
        }
        refusal.answer(&trace.0)
    })
}

async fn take(ingest: &Ingest, request: Request) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    let address = client_address(ingest, &parts);
    if let Some(address) = address {
        ingest.limits.check_address(address)?;
    }
    let key = ingest.keys.owner(&ingest.db, &parts.headers).await?;
    ingest.limits.check_key(key.key_id)?;
    let body = body::read(&parts.headers, body).await?;
    let room = ingest.writer.room(body.len())?;
    let raw = body::messages(&body)?;
    drop(body);
    let user_agent = parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
    let receipt = Receipt {
        game_id: key.game_id,
        time: now(),
        ip: address.map(|address| address.to_string()),
        user_agent: user_agent.map(|text| text.chars().take(MAX_USER_AGENT).collect()),
    };
    let batch = batch::check(raw, &receipt, Uuid::now_v7);
    if batch.counts.accepted > 0 {
        let written = ingest.writer.write(key, batch.messages, room).await;
        if written == Err(Refusal::UnknownKey) {
            ingest.keys.forget(key);
        }
        written?;
    }
    metrics::messages_counted(&batch.counts);
    Ok(batch.counts.answer())
}

fn client_address(ingest: &Ingest, parts: &request::Parts) -> Option<IpAddr> {
    let ConnectInfo(peer) = parts.extensions.get::<ConnectInfo<SocketAddr>>()?;
    Some(address::of_client(peer.ip(), &parts.headers, &ingest.trusted_proxies))
}
