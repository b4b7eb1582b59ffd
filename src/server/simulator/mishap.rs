//! Acting a fault out on an answer: silence, a reset, a drip, another answer.

use super::faults::{Door, Strike};
use super::role::{Answer, Role};
use super::state::State;
use super::wire::Wire;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::time::Duration;

/// A dripping body comes in so many pieces.
const PIECES: usize = 10;

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// The answer that a fault sets in place of the network's own; None where it sets none.
pub fn answer(role: &Role, strike: &Strike) -> Option<Answer> {
    let wanted = &strike.wanted;
    if !wanted.answers() {
        return None;
    }
    let mut answer = (role.trouble)(wanted.status, wanted.code, wanted.message.as_deref());
    answer.retry_after = wanted.retry_after;
    match &wanted.body {
        Some(serde_json::Value::String(text)) => (answer.body, answer.content_type) = (text.clone(), "text/plain; charset=utf-8"),
        Some(json) => (answer.body, answer.content_type) = (json.to_string(), "application/json"),
        None => {}
    }
    Some(answer)
}

/// Sends the answer the way the fault wants it sent, or not at all.
pub async fn deliver(state: &State, wire: &Wire, strike: Option<&Strike>, response: Response) -> Response {
    let Some(wanted) = strike.map(|strike| &strike.wanted) else { return response };
    if wanted.reset {
        return wire.reset();
    }
    if wanted.hang {
        let _hanging = state.hang();
        wire.closing.cancelled().await;
        return wire.reset();
    }
    if let Some(silence) = wanted.hang_ms {
        let _hanging = state.hang();
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(silence)) => {}
            () = wire.closing.cancelled() => return wire.reset(),
        }
    }
    match wanted.slow_ms {
        Some(slow) => drip(response, Duration::from_millis(slow)).await,
        None => response,
    }
}

/// The same answer, its head at once and its body over that time.
async fn drip(response: Response, over: Duration) -> Response {
    let (parts, body) = response.into_parts();
    let Ok(whole) = axum::body::to_bytes(body, usize::MAX).await else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let size = whole.len().div_ceil(PIECES).max(1);
    let pieces = whole.len().div_ceil(size).max(1) as u32;
    let stream = futures::stream::unfold(whole, move |mut rest: Bytes| async move {
        if rest.is_empty() {
            return None;
        }
        tokio::time::sleep(over / pieces).await;
        let piece = rest.split_to(size.min(rest.len()));
        Some((Ok::<_, std::io::Error>(piece), rest))
    });
    Response::from_parts(parts, Body::from_stream(stream))
}

/// Faults on calls that carry no events: a layer around them.
pub async fn at_the_door(role: &'static Role, door: Door, state: State, request: Request, next: Next) -> Response {
    let Some(strike) = state.strike(role, door, "", Vec::new) else { return next.run(request).await };
    let wire = Wire::of(request.extensions());
    if strike.wanted.expire_token
        && let Some(token) = (role.token)(request.headers(), request.uri().query().unwrap_or_default(), &[])
    {
        state.tokens().expire(role.slug, Some(&token));
    }
    let silent = strike.wanted.hang || strike.wanted.reset;
    let scripted = answer(role, &strike).map(IntoResponse::into_response);
    let response = match scripted {
        Some(scripted) if !strike.wanted.after => scripted,
        None if silent && !strike.wanted.after => Response::default(),
        scripted => {
            let own = next.run(request).await;
            scripted.unwrap_or(own)
        }
    };
    deliver(&state, &wire, Some(&strike), response).await
}
