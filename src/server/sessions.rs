//! Sessions of signed-in people: our store under tower-sessions, and the cookie that names one.

use super::config::Config;
use super::db::{Db, sessions};
use super::secrets::fingerprint;
use crate::model::Millis;
use async_trait::async_trait;
use http::request::Parts;
use time::OffsetDateTime;
use tower_sessions::cookie::SameSite;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};
use tower_sessions::{Expiry, Session, SessionManagerLayer, SessionStore};
use uuid::Uuid;

/// Two weeks without signing in again; long enough for a weekly look, short enough for a lost laptop.
const LASTS: time::Duration = time::Duration::weeks(2);
/// Where a session keeps who signed in.
const USER: &str = "user";
/// A collision of 128 random bits is a broken generator, not bad luck.
const MAX_COLLISIONS: usize = 3;

/// Sessions in the database, by the fingerprint of their id.
#[derive(Clone)]
pub struct Store {
    db: Db,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store")
    }
}

/// Gives each request its session. The cookie is set when something is kept in it, so at sign-in only.
pub fn layer(db: Db, config: &Config) -> SessionManagerLayer<Store> {
    SessionManagerLayer::new(Store { db })
        .with_name(config.cookie_name())
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_secure(config.secure())
        .with_expiry(Expiry::OnInactivity(LASTS))
}

/// The session of a request that came through the layer.
pub fn of(parts: &Parts) -> Option<Session> {
    parts.extensions.get::<Session>().cloned()
}

/// Who signed in with this session.
pub async fn user(session: &Session) -> Option<Uuid> {
    session.get(USER).await.unwrap_or_else(|cause| {
        tracing::error!(%cause, "a session could not be read");
        None
    })
}

/// Signs a person in under a new id, so that an id planted before is worth nothing.
pub async fn sign_in(session: &Session, user_id: Uuid) -> std::result::Result<(), tower_sessions::session::Error> {
    session.cycle_id().await?;
    session.insert(USER, user_id).await
}

/// What a session is bound to elsewhere, e.g. an OAuth state; None before sign-in.
pub fn fingerprint_of(session: &Session) -> Option<String> {
    session.id().map(|id| fingerprint(&id.to_string()))
}

#[async_trait]
impl SessionStore for Store {
    async fn create(&self, record: &mut Record) -> Result<()> {
        for _ in 0..MAX_COLLISIONS {
            let mut tx = self.db.begin().await.map_err(backend)?;
            let kept = kept(record)?;
            let created = sessions::insert(&mut tx, &kept.row()).await.map_err(backend)?;
            tx.commit().await.map_err(backend)?;
            if created {
                return Ok(());
            }
            record.id = Id::default();
        }
        Err(Error::Backend("no free session id".into()))
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let mut tx = self.db.begin().await.map_err(backend)?;
        sessions::update(&mut tx, &kept(record)?.row()).await.map_err(backend)?;
        tx.commit().await.map_err(backend)
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let now = super::now();
        let Some((data, expires_at)) = sessions::find(&self.db, &fingerprint(&id.to_string()), now).await.map_err(backend)? else {
            return Ok(None);
        };
        let data = serde_json::from_str(&data).map_err(|cause| Error::Decode(cause.to_string()))?;
        let expiry_date = OffsetDateTime::from_unix_timestamp_nanos(i128::from(expires_at) * NANOS_PER_MILLI)
            .map_err(|cause| Error::Decode(cause.to_string()))?;
        Ok(Some(Record { id: *id, data, expiry_date }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        let mut tx = self.db.begin().await.map_err(backend)?;
        sessions::delete(&mut tx, &fingerprint(&id.to_string())).await.map_err(backend)?;
        tx.commit().await.map_err(backend)
    }
}

const NANOS_PER_MILLI: i128 = 1_000_000;

/// A record on its way to the table.
struct Kept {
    fingerprint: String,
    user_id: Option<Uuid>,
    data: String,
    expires_at: Millis,
}

impl Kept {
    fn row(&self) -> sessions::Row<'_> {
        sessions::Row { fingerprint: &self.fingerprint, user_id: self.user_id, data: &self.data, expires_at: self.expires_at }
    }
}

fn kept(record: &Record) -> Result<Kept> {
    Ok(Kept {
        fingerprint: fingerprint(&record.id.to_string()),
        user_id: record.data.get(USER).and_then(|user| user.as_str()).and_then(|user| user.parse().ok()),
        data: serde_json::to_string(&record.data).map_err(|cause| Error::Encode(cause.to_string()))?,
        expires_at: (record.expiry_date.unix_timestamp_nanos() / NANOS_PER_MILLI) as Millis,
    })
}

fn backend(cause: sqlx::Error) -> Error {
    Error::Backend(cause.to_string())
}
