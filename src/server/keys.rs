//! The keys of a game, as its people see and replace them.

use super::auth::Access;
use super::db::api_keys::{self, NewKey, ONE_OF_A_KIND, StoredKey, TAKEN};
use super::db::audit::{self, Entry};
use super::db::{self, broken_constraint};
use super::games::put_key;
use super::secrets::{random_bytes, random_token};
use super::state::AppState;
use crate::error::AppError;
use crate::model::Millis;
use crate::model::audit::Action;
use crate::model::carried_key::{self, KeyProblem};
use crate::model::game::{ApiKey, KeyKind};
use crate::model::tracking::{KeysPage, Sample};
use secrecy::ExposeSecret;
use uuid::Uuid;

/// Stands for what is not shown of the secret key.
const DOTS: &str = "••••••••••••";

/// All keys. The secret one is whole only for who may change the game and asks for it.
pub async fn read(state: &AppState, (_, game, role): &Access, reveal: bool, now: Millis) -> Result<KeysPage, AppError> {
    let stored = api_keys::of_game(&state.db, game.id).await?;
    let find = |kind: KeyKind| stored.iter().find(|key| key.kind == kind.word()).ok_or(AppError::NotFound);
    let (publishable, secret) = (find(KeyKind::Publishable)?, find(KeyKind::Secret)?);
    let carried = stored.iter().find(|key| key.kind == KeyKind::Carried.word());
    let revealed = reveal && role.may_change();
    let secret_text = if revealed { open(state, secret)? } else { format!("{DOTS}{}", secret.tail) };
    Ok(KeysPage {
        game_name: game.name.clone(),
        may_change: role.may_change(),
        publishable: shown(publishable, KeyKind::Publishable, publishable.plain.clone().unwrap_or_default()),
        secret: shown(secret, KeyKind::Secret, secret_text),
        carried: carried.map(|key| shown(key, KeyKind::Carried, key.plain.clone().unwrap_or_default())),
        revealed,
        origin: state.config.origin(),
        sample: Sample { visit: Uuid::new_v4(), purchase: Uuid::new_v4(), player: hex::encode(random_bytes::<4>()), time: now },
    })
}

/// Makes a new key; the old one is refused from the commit on.
pub async fn rotate(state: &AppState, (account, game, _): &Access, kind: KeyKind, now: Millis) -> Result<(), AppError> {
    let prefix = kind.prefix().ok_or(AppError::NotFound)?;
    let mut tx = state.db.begin().await?;
    put_key(&mut tx, &state.sealer, game.id, kind, &random_token(prefix), now).await?;
    audit::record(&mut tx, &Entry::of(account, game.id, now, Action::KeyRotated, kind.word(), "")).await?;
    tx.commit().await?;
    Ok(())
}

/// Takes over the publishable key that the game's pages and builds carry already: from the commit on it names the game, too.
pub async fn take_over(state: &AppState, (account, game, _): &Access, typed: &str, now: Millis) -> Result<(), AppError> {
    let text = carried_key::check(typed).map_err(AppError::Key)?;
    let mut tx = state.db.begin().await?;
    let owners = api_keys::games_of(&mut tx, text).await?;
    if owners.iter().any(|(owner, _)| *owner != game.id) {
        return Err(AppError::Key(KeyProblem::Taken));
    }
    if owners.iter().any(|(_, has_it)| *has_it) {
        return Err(AppError::Key(KeyProblem::OfThisGame));
    }
    let key = NewKey { id: Uuid::now_v7(), game_id: game.id, kind: KeyKind::Carried, text, sealed: None, created_at: now };
    api_keys::insert(&mut tx, &key).await.map_err(taken)?;
    audit::record(&mut tx, &Entry::of(account, game.id, now, Action::KeyTakenOver, api_keys::tail(text), "")).await?;
    tx.commit().await?;
    Ok(())
}

/// Takes it away: refused from the commit on.
pub async fn remove(state: &AppState, (account, game, _): &Access, now: Millis) -> Result<(), AppError> {
    let stored = api_keys::of_game(&state.db, game.id).await?;
    let key = stored.iter().find(|key| key.kind == KeyKind::Carried.word()).ok_or(AppError::NotFound)?;
    let mut tx = state.db.begin().await?;
    if !api_keys::remove(&mut tx, game.id, KeyKind::Carried, now).await? {
        return Err(AppError::NotFound);
    }
    audit::record(&mut tx, &Entry::of(account, game.id, now, Action::KeyRemoved, &key.tail, "")).await?;
    tx.commit().await?;
    Ok(())
}

/// Two may take over the same key in the same moment, or one game two: the constraints decide.
fn taken(cause: db::Error) -> AppError {
    match broken_constraint(&cause) {
        Some(name) if name.contains(TAKEN) => AppError::Key(KeyProblem::Taken),
        Some(name) if name.contains(ONE_OF_A_KIND) => AppError::Key(KeyProblem::One),
        _ => cause.into(),
    }
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
