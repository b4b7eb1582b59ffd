//! `POST /v1/audience/messages`: the way of a batch, admit it, check it, store it, answer.

use super::admit::{Needs, admit};
use super::answer::Refusal;
use super::message::{MAX_USER_AGENT, Receipt};
use super::writer::Wanted;
use super::{Ingest, batch, body};
use crate::server::{metrics, now};
use axum::extract::Request;
use axum::http::header::USER_AGENT;
use axum::response::Response;
use uuid::Uuid;

pub async fn take(ingest: &Ingest, request: Request) -> Result<Response, Refusal> {
    let caller = admit(ingest, request, Needs::Publishable).await?;
    let (key, parts) = (caller.key, caller.parts);
    let body = body::read(&parts.headers, caller.body).await?;
    let room = ingest.writer.room(body.len())?;
    let raw = body::messages(&body)?;
    drop(body);
    let user_agent = parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
    let receipt = Receipt {
        game_id: key.game_id,
        time: now(),
        ip: caller.address.map(|address| address.to_string()),
        user_agent: user_agent.map(|text| text.chars().take(MAX_USER_AGENT).collect()),
    };
    let batch = batch::check(raw, &receipt, Uuid::now_v7);
    if batch.counts.accepted > 0 {
        ingest.write(key, Wanted::Messages(batch.messages), room).await?;
    }
    metrics::messages_counted(&batch.counts);
    Ok(batch.counts.answer())
}
