//! Games: a person's list of them, and making one with its owner and both keys in one transaction.

use super::db::api_keys::{self, NewKey};
use super::db::audit::{self, Entry};
use super::db::{self, Tx, games, memberships};
use super::secrets::{Sealer, random_token};
use super::state::AppState;
use crate::error::AppError;
use crate::model::Millis;
use crate::model::audit::Action;
use crate::model::game::{DEFAULT_WINDOW_DAYS, Game, KeyKind, MAX_GAME_NAME, MAX_SLUG, SLUG_OF_FORM};
use crate::model::user::{Account, Role};
use secrecy::SecretString;
use uuid::Uuid;

/// Numbered slugs tried where the plain one is taken; past it the person picks one.
const MAX_NUMBER: u32 = 99;

/// The games a person sees: their own, or for the operator all.
pub async fn list(state: &AppState, account: &Account) -> Result<Vec<Game>, AppError> {
    Ok(games::of_user(&state.db, (!account.operator).then_some(account.id)).await?)
}

/// Makes a game. An empty `slug` is made from the name.
pub async fn create(state: &AppState, account: &Account, name: &str, slug: &str, now: Millis) -> Result<Game, AppError> {
    let name = name.trim();
    match name.chars().count() {
        0 => return Err(AppError::GameNameMissing),
        1..=MAX_GAME_NAME if !name.chars().any(char::is_control) => {}
        _ => return Err(AppError::GameNameUnfit),
    }
    let slug = match slug.trim() {
        "" => free_slug(state, &slug_from(name)).await?,
        typed if is_slug(typed) => typed.to_owned(),
        _ => return Err(AppError::SlugInvalid),
    };
    let game = Game {
        id: Uuid::now_v7(),
        slug,
        name: name.to_owned(),
        time_zone: "UTC".into(),
        window_days: DEFAULT_WINDOW_DAYS,
        created_at: now,
    };
    let mut tx = state.db.begin().await?;
    games::insert(&mut tx, &game).await.map_err(taken)?;
    memberships::insert(&mut tx, account.id, game.id, Role::Owner, now).await?;
    for (kind, prefix) in KeyKind::OURS {
        put_key(&mut tx, &state.sealer, game.id, kind, &random_token(prefix), now).await?;
    }
    audit::record(&mut tx, &Entry::of(account, game.id, now, Action::GameCreated, &game.name, "")).await?;
    tx.commit().await?;
    Ok(game)
}

/// Puts a key in place of the game's former one of its kind. The secret one is stored sealed.
pub async fn put_key(tx: &mut Tx, sealer: &Sealer, game_id: Uuid, kind: KeyKind, text: &str, now: Millis) -> Result<(), AppError> {
    let id = Uuid::now_v7();
    let sealed = (kind == KeyKind::Secret).then(|| sealer.seal(&format!("api_key:{id}"), &SecretString::from(text)));
    Ok(api_keys::replace(tx, &NewKey { id, game_id, kind, text, sealed, created_at: now }).await?)
}

async fn free_slug(state: &AppState, wish: &str) -> Result<String, AppError> {
    for number in 1..=MAX_NUMBER {
        let slug = if number == 1 { wish.to_owned() } else { format!("{wish}-{number}") };
        if slug != SLUG_OF_FORM && games::by_slug(&state.db, &slug).await?.is_none() {
            return Ok(slug);
        }
    }
    Err(AppError::SlugTaken)
}

/// Letters and digits of the name, in lower case, with hyphens between words; `game` where it has none.
fn slug_from(name: &str) -> String {
    let lower = name.to_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let slug: String = words.collect::<Vec<_>>().join("-").chars().take(MAX_SLUG - NUMBER_SUFFIX).collect();
    match slug.trim_matches('-') {
        "" => "game".to_owned(),
        slug => slug.to_owned(),
    }
}

/// Room for `-99`.
const NUMBER_SUFFIX: usize = 3;

/// What the address of a game may be made of.
pub fn is_slug(text: &str) -> bool {
    let inside = text.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-');
    (1..=MAX_SLUG).contains(&text.len()) && inside && !text.starts_with('-') && !text.ends_with('-') && text != SLUG_OF_FORM
}

fn taken(cause: db::Error) -> AppError {
    match db::broken_constraint(&cause) {
        Some(name) if name.contains("slug") => AppError::SlugTaken,
        _ => cause.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_reads_like_the_name() {
        assert_eq!(slug_from("Emberfall: The  Last Fire!"), "emberfall-the-last-fire");
        assert_eq!(slug_from("東京"), "game");
        assert_eq!(slug_from(&"long ".repeat(40)), "long-long-long-long-long-long-long-lo");
        assert!(is_slug(&slug_from("Ünïcode 2")));
    }

    #[test]
    fn a_typed_slug_must_be_one() {
        for bad in ["", "-a", "a-", "A", "a b", "a/b", "new", "ä", &"a".repeat(MAX_SLUG + 1)] {
            assert!(!is_slug(bad), "{bad}");
        }
        assert!(is_slug("emberfall-2"));
    }
}
