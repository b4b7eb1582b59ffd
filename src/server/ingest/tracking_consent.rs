//! `GET` and `PUT /v1/audience/tracking-consent`: what a player agreed to, by the anonymousId of one of their browsers or installs.

use super::admit::{Needs, admit};
use super::answer::Refusal;
use super::fields::Fields;
use super::message::MAX_TEXT;
use super::writer::Wanted;
use super::{Ingest, body, query};
use crate::model::conversion::Consent;
use crate::server::db::consents;
use crate::server::decide::consent::ConsentStatus;
use crate::server::now;
use axum::Json;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use uuid::Uuid;

/// Characters of `source`, as published.
pub const MAX_SOURCE: usize = 128;
/// What a player may answer; `not_set` is what is known before.
pub const STATUSES: [Consent; 3] = [Consent::None, Consent::Anonymous, Consent::Full];

/// The newest status of the player who bears the id now.
pub async fn get(ingest: &Ingest, request: Request) -> Result<Response, Refusal> {
    let caller = admit(ingest, request, Needs::PublishableNow).await?;
    body::throw_away(&caller.parts.headers, caller.body).await;
    let query = query::read(caller.parts.uri.query(), &["anonymousId"], MAX_TEXT)?;
    let anonymous_id = query.into_iter().next().map(|(_, value)| value).ok_or_else(|| Refusal::Query("anonymousId is required.".into()))?;
    let status =
        consents::of_anonymous(&ingest.db, caller.key.game_id, &anonymous_id).await.map_err(|error| Refusal::unavailable(&error))?;
    Ok(Json(json!({ "status": status.unwrap_or(Consent::NotSet) })).into_response())
}

/// The last one set counts, for all ids of the player.
pub async fn put(ingest: &Ingest, request: Request) -> Result<Response, Refusal> {
    let caller = admit(ingest, request, Needs::Publishable).await?;
    let body = body::read(&caller.parts.headers, caller.body).await?;
    let room = ingest.writer.room(body.len())?;
    let mut fields = Fields::new(body::object(&body)?, "");
    drop(body);
    let anonymous_id = fields.required_text("anonymousId", MAX_TEXT);
    let status = fields.required_word("status", &STATUSES);
    let source = fields.required_text("source", MAX_SOURCE);
    let (Some(anonymous_id), Some(status), Some(source), true) = (anonymous_id, status, source, fields.errors.is_empty()) else {
        return Err(Refusal::Fields(fields.errors));
    };
    let status = ConsentStatus { id: Uuid::now_v7(), game_id: caller.key.game_id, anonymous_id, status, time: now() };
    ingest.write(caller.key, Wanted::Consent(status, source), room).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
