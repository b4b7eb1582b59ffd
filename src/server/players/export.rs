//! `POST /games/{slug}/players/{id}/export`: all that is kept of a player, as one JSON document. It is read and sent in parts, so that a
//! player with a long history costs no memory. A POST, because the audit log notes who took it.

use super::kind_name;
use crate::error::AppError;
use crate::model::audit::Action;
use crate::model::calendar::rfc3339;
use crate::model::filter::Cursor;
use crate::model::game::Game;
use crate::model::{Millis, calendar};
use crate::server::db::audit::{self, Entry};
use crate::server::db::players::{self, Known, Message, Reached};
use crate::server::db::{Db, attempts, deliveries};
use crate::server::decide::facts::{Click, Contact};
use crate::server::state::AppState;
use crate::server::{auth, now};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use bytes::Bytes;
use futures::stream;
use http::StatusCode;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use serde_json::{Value, json};
use std::future::Future;
use tokio::sync::mpsc;
use tower_sessions::Session;
use uuid::Uuid;

/// Rows that are read at once.
const ROWS: i64 = 200;
/// Parts that may wait for a slow reader.
const WAITING: usize = 4;
/// Every id of a player: at most 100, some of them in several spans.
const MAX_IDENTITIES: i64 = 10_000;
const END: Cursor = Cursor { time: Millis::MAX, id: Uuid::max() };

pub async fn export(State(state): State<AppState>, session: Session, Path((slug, id)): Path<(String, String)>) -> Response {
    match begin(&state, &session, &slug, &id).await {
        Ok((game, player)) => document(state.db, game, player),
        Err(AppError::SignedOut) => Redirect::to("/sign-in").into_response(),
        Err(error) => {
            let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (status, error.to_string()).into_response()
        }
    }
}

/// Who asks, and for whom; the audit log knows of it before the first byte leaves.
async fn begin(state: &AppState, session: &Session, slug: &str, id: &str) -> Result<(Game, Known), AppError> {
    let account = auth::signed_in(state, session).await?.ok_or(AppError::SignedOut)?;
    let (game, role) = auth::game_of(state, &account, slug).await?;
    if !role.may_change() {
        return Err(AppError::NotAllowed);
    }
    let id: Uuid = id.parse().map_err(|_| AppError::NotFound)?;
    let player = players::by_id(&state.db, game.id, id).await?.ok_or(AppError::NotFound)?;
    let mut tx = state.db.begin().await?;
    audit::record(&mut tx, &Entry::of(&account, game.id, now(), Action::PlayerExported, &id.to_string(), "")).await?;
    tx.commit().await?;
    Ok((game, player))
}

fn document(db: Db, game: Game, player: Known) -> Response {
    let (parts, waiting) = mpsc::channel(WAITING);
    let name = format!("attachment; filename=\"player-{}.json\"", player.id);
    tokio::spawn(async move {
        let mut writer = Writer { parts };
        if let Err(cause) = write(&mut writer, &db, &game, player).await {
            tracing::warn!(%cause, "an export broke off");
            // The reader is to see that something is missing.
            let broken = std::io::Error::other("the export broke off");
            drop(writer.parts.send(Err(broken)).await);
        }
    });
    let body = stream::unfold(waiting, |mut waiting| async move { waiting.recv().await.map(|part| (part, waiting)) });
    ([(CONTENT_TYPE, "application/json".to_owned()), (CONTENT_DISPOSITION, name)], Body::from_stream(body)).into_response()
}

#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error("whoever asked has gone")]
    Gone,
}

struct Writer {
    parts: mpsc::Sender<std::io::Result<Bytes>>,
}

impl Writer {
    async fn text(&mut self, text: String) -> Result<(), Broken> {
        self.parts.send(Ok(Bytes::from(text))).await.map_err(|_| Broken::Gone)
    }

    /// One list of the document, read part by part: `read` brings the rows from a place on, each with its own.
    async fn list<F>(&mut self, name: &str, read: impl Fn(Cursor) -> F) -> Result<(), Broken>
    where
        F: Future<Output = Result<Vec<(Cursor, Value)>, sqlx::Error>>,
    {
        self.text(format!(",\n\"{name}\": [")).await?;
        let (mut from, mut separator) = (END, "\n");
        loop {
            let rows = read(from).await?;
            let Some((last, _)) = rows.last() else { break };
            from = *last;
            let mut text = String::new();
            for (_, row) in &rows {
                text.push_str(separator);
                text.push_str(&row.to_string());
                separator = ",\n";
            }
            self.text(text).await?;
        }
        self.text("\n]".into()).await
    }
}

async fn write(writer: &mut Writer, db: &Db, game: &Game, player: Known) -> Result<(), Broken> {
    let id = player.id;
    let identities: Vec<Value> = players::identities(db, id, MAX_IDENTITIES).await?.into_iter().map(identity).collect();
    let head = json!({ "exportedAt": rfc3339(now()), "game": game.slug, "player": about(player), "identities": identities });
    // The closing brace follows the lists.
    writer.text(head.to_string().trim_end_matches('}').to_owned()).await?;
    writer.list("clicks", |from| async move { Ok(players::clicks(db, id, from, ROWS).await?.into_iter().map(click).collect()) }).await?;
    writer
        .list("messages", |from| async move { Ok(players::messages(db, id, from, ROWS).await?.into_iter().map(message).collect()) })
        .await?;
    writer
        .list("conversions", |from| async move {
            let mut rows = Vec::new();
            for reached in players::conversions(db, id, from, ROWS).await? {
                rows.push(conversion(db, game.id, reached).await?);
            }
            Ok(rows)
        })
        .await?;
    writer.text("\n}\n".into()).await
}

fn about(player: Known) -> Value {
    let Known { id, test, consent, contact, created_at, .. } = player;
    let Contact { email, email_sha256, phone } = contact;
    let told = |told: Option<(String, Millis)>| told.map(|(text, at)| json!({ "value": text, "toldAt": rfc3339(at) }));
    json!({
        "id": id, "test": test, "firstSeen": rfc3339(created_at),
        "consent": consent.map(|(status, at)| json!({ "status": status, "setAt": rfc3339(at) })),
        "email": told(email), "emailSha256": told(email_sha256), "phone": told(phone),
    })
}

fn identity(span: players::Span) -> Value {
    let since = Some(span.since).filter(|since| *since > 0).map(calendar::rfc3339);
    json!({ "kind": kind_name(&span.kind), "value": span.value, "since": since, "until": span.until.map(rfc3339) })
}

fn click(click: Click) -> (Cursor, Value) {
    let value = json!({
        "id": click.id, "network": click.network, "kind": click.kind, "clickId": click.click_id, "time": rfc3339(click.time), "details": click.body,
    });
    (Cursor { time: click.time, id: click.id }, value)
}

fn message(message: Message) -> (Cursor, Value) {
    let body = serde_json::from_str::<Value>(&message.body).unwrap_or(Value::String(message.body));
    let value = json!({
        "messageId": message.message_id, "type": message.kind, "eventName": message.event_name, "eventTime": rfc3339(message.event_time),
        "eventTimestamp": rfc3339(message.original_time), "receivedAt": rfc3339(message.received_at), "surface": message.surface,
        "consent": message.consent, "test": message.test, "ip": message.ip, "userAgent": message.user_agent, "message": body, "note": message.note,
    });
    (Cursor { time: message.event_time, id: message.id }, value)
}

/// A conversion with its postback and every attempt of it, as it was sent.
async fn conversion(db: &Db, game: Uuid, reached: Reached) -> Result<(Cursor, Value), sqlx::Error> {
    let Reached { row, message_id, body, .. } = reached;
    let postback = match players::postback_of(db, row.id).await? {
        Some(id) => postback(db, game, id).await?,
        None => None,
    };
    let value = json!({
        "attributionEventId": row.id, "messageId": message_id, "goal": row.goal_name, "event": row.event, "eventTime": rfc3339(row.event_time),
        "receivedAt": rfc3339(row.received_at), "test": row.test, "value": row.value, "decision": row.decision, "details": body, "postback": postback,
    });
    Ok((Cursor { time: row.event_time, id: row.id }, value))
}

async fn postback(db: &Db, game: Uuid, id: Uuid) -> Result<Option<Value>, sqlx::Error> {
    let Some(postback) = deliveries::postback(db, game, id).await? else { return Ok(None) };
    let mut tries = Vec::new();
    for attempt in attempts::of_postback(db, game, id).await? {
        let sent = attempts::exchange(db, game, attempt.id).await?;
        tries.push(json!({
            "time": rfc3339(attempt.time), "status": attempt.status, "http": attempt.http, "code": attempt.code, "words": attempt.words,
            "meaning": attempt.meaning, "toldLater": attempt.sequel,
            "sent": sent.map(|sent| json!({ "to": sent.url, "event": serde_json::from_str::<Value>(&sent.event).unwrap_or(Value::String(sent.event)) })),
        }));
    }
    Ok(Some(json!({
        "network": postback.network, "sentAs": postback.sent_as, "eventId": postback.dedup_id, "state": postback.state, "ended": postback.ended,
        "attempts": tries,
    })))
}
