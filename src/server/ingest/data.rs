//! `DELETE /v1/audience/data`: asks for a player to be erased. Durable when it is answered, done in the background.

use super::admit::{Needs, admit};
use super::answer::Refusal;
use super::message::MAX_TEXT;
use super::writer::LAST_USED_EVERY;
use super::{Ingest, body, query};
use crate::server::db::{self, api_keys};
use crate::server::decide::erased::Asked;
use crate::server::now;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use std::collections::BTreeSet;

pub async fn delete(ingest: &Ingest, request: Request, trace_id: &str) -> Result<Response, Refusal> {
    let caller = admit(ingest, request, Needs::Secret).await?;
    body::throw_away(&caller.parts.headers, caller.body).await;
    let asked = asked(caller.parts.uri.query())?;
    let alive = ask(ingest, &caller.key, &asked, trace_id).await.map_err(|error| Refusal::unavailable(&error))?;
    if !alive {
        return Err(Refusal::UnknownSecretKey);
    }
    ingest.erasure.begin();
    Ok(StatusCode::ACCEPTED.into_response())
}

/// One of the two, and only one.
fn asked(query: Option<&str>) -> Result<Asked, Refusal> {
    let mut ids = query::read(query, &["anonymousId", "userId"], MAX_TEXT)?.into_iter();
    match (ids.next(), ids.next()) {
        (Some(("anonymousId", id)), None) => Ok(Asked::Anonymous(id)),
        (Some((_, id)), None) => Ok(Asked::User(id)),
        _ => Err(Refusal::Query("Send either anonymousId or userId, and not both.".into())),
    }
}

/// False where the key was rotated meanwhile: then nothing was asked.
async fn ask(ingest: &Ingest, key: &api_keys::KeyOwner, asked: &Asked, trace_id: &str) -> db::Result<bool> {
    let now = now();
    let mut tx = ingest.db.begin().await?;
    if api_keys::used(&mut tx, &BTreeSet::from([key.key_id]), now, LAST_USED_EVERY).await?.is_empty() {
        return Ok(false);
    }
    ingest.erasure.ask(&mut tx, key.game_id, asked, trace_id, now).await?;
    tx.commit().await?;
    Ok(true)
}
