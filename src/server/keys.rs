//! The keys of a game, as its people see and replace them.

use super::auth::Access;
use super::db::api_keys::{self, StoredKey};
use super::db::audit::{self, Entry};
use super::games::put_key;
use super::secrets::{random_bytes, random_token};
use super::state::AppState;
use crate::error::AppError;
use crate::model::audit::Action;
use crate::model::Millis;
use crate::model::game::{ApiKey, KeyKind};
use crate::model::tracking::{KeysPage, Sample};
use secrecy::ExposeSecret;
use uuid::Uuid;

/// Stands for what is not shown of the secret key.
const DOTS: &str = "••••••••••••";

/// Both keys. The secret one is whole only for who may change the game and asks for it.
pub async fn read(state: &AppState, (_, game, role): &Access, reveal: bool, now: Millis) -> Result<KeysPage, AppError> {
    let stored = api_keys::of_game(&state.db, game.id).await?;
    let find = |kind: KeyKind| stored.iter().find(|key| key.kind == kind.word()).ok_or(AppError::NotFound);
    let (publishable, secret) = (find(KeyKind::Publishable)?, find(KeyKind::Secret)?);
    let revealed = reveal && role.may_change();
    let secret_text = if revealed { open(state, secret)? } else { format!("{DOTS}{}", secret.tail) };
    Ok(KeysPage {
        game_name: game.name.clone(),
        may_change: role.may_change(),
        publishable: shown(publishable, KeyKind::Publishable, publishable.plain.clone().unwrap_or_default()),
        secret: shown(secret, KeyKind::Secret, secret_text),
        revealed,
        origin: state.config.origin(),
        sample: Sample { visit: Uuid::new_v4(), purchase: Uuid::new_v4(), player: hex::encode(random_bytes::<4>()), time: now },
    })
}

/// Makes a new key; the old one is refused from the commit on.
pub async fn rotate(state: &AppState, (account, game, _): &Access, kind: KeyKind, now: Millis) -> Result<(), AppError> {
    let mut tx = state.db.begin().await?;
    put_key(&mut tx, &state.sealer, game.id, kind, &random_token(kind.prefix()), now).await?;
    audit::record(&mut tx, &Entry::of(account, game.id, now, Action::KeyRotated, kind.word(), "")).await?;
    tx.commit().await?;
    Ok(())
}

fn shown(key: &StoredKey, kind: KeyKind, text: String) -> ApiKey {
    ApiKey { kind, shown: text, created_at: key.created_at, last_used_at: key.last_used_at }
}

fn open(state: &AppState, key: &StoredKey) -> Result<String, AppError> {
    let sealed = key.sealed.as_deref().ok_or(AppError::NotFound)?;
    match state.sealer.open(&format!("api_key:{}", key.id), sealed) {
        Ok(text) => Ok(text.expose_secret().to_owned()),
        Err(cause) => {
            tracing::error!(%cause, "a secret API key cannot be shown");
            Err(AppError::Unavailable)
        }
    }
}
