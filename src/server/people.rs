//! People: the first owner, signing in and out, passwords. Each function is one thing that a person does.

use super::db::audit::Entry;
use super::db::users::NewUser;
use super::db::{self, Db, instance, sessions as rows, users};
use super::secrets::same;
use super::state::AppState;
use super::tries::Wait;
use super::{auth, password, sessions};
use crate::error::AppError;
use crate::model::audit::Action;
use crate::model::user::{Account, Door, MAX_EMAIL, MAX_PASSWORD, MIN_PASSWORD};
use crate::model::{MINUTE, Millis};
use secrecy::{ExposeSecret, SecretString};
use std::net::IpAddr;
use tower_sessions::Session;
use uuid::Uuid;

/// Characters of a one-time code: no 0/O, 1/I/L to mix up.
const CODE_ALPHABET: &[u8; 31] = b"abcdefghjkmnpqrstuvwxyz23456789";
const CODE_GROUPS: usize = 4;
const CODE_GROUP: usize = 5;
/// What the setup code is sealed for.
const SETUP_OWNER: &str = "instance:setup_code";

/// The address as it is stored and looked up, where it can be one.
pub fn email(typed: &str) -> Result<String, AppError> {
    let email = typed.trim().to_lowercase();
    let (name, host) = email.split_once('@').ok_or(AppError::EmailInvalid)?;
    let whole = !name.is_empty() && !host.is_empty() && !host.contains('@') && email.len() <= MAX_EMAIL;
    let plain = !email.chars().any(|c| c.is_whitespace() || c.is_control());
    if whole && plain { Ok(email) } else { Err(AppError::EmailInvalid) }
}

/// A password that a person chose.
pub fn new_password(typed: String) -> Result<SecretString, AppError> {
    match typed.chars().count() {
        0..MIN_PASSWORD => Err(AppError::PasswordTooShort),
        MIN_PASSWORD..=MAX_PASSWORD => Ok(SecretString::from(typed)),
        _ => Err(AppError::PasswordTooLong),
    }
}

/// Where somebody stands who comes to sign in.
pub async fn door(state: &AppState, session: &Session) -> Result<Door, AppError> {
    if auth::signed_in(state, session).await?.is_some() {
        return Ok(Door::SignedIn);
    }
    Ok(if users::any(&state.db).await? { Door::SignedOut } else { Door::NotSetUp })
}

/// The one-time code of `/setup`, the same in every process; None once there is an owner.
pub async fn setup_code(state: &AppState) -> Result<Option<String>, AppError> {
    if users::any(&state.db).await? {
        return Ok(None);
    }
    let made = SecretString::from(one_time_code());
    let mut tx = state.db.begin().await?;
    instance::set_once(&mut tx, instance::SETUP_CODE, &state.sealer.seal(SETUP_OWNER, &made)).await?;
    tx.commit().await?;
    let sealed = instance::get(&state.db, instance::SETUP_CODE).await?;
    let open = |sealed: String| state.sealer.open(SETUP_OWNER, &sealed).ok().map(|code| code.expose_secret().to_owned());
    Ok(sealed.and_then(open))
}

/// Makes the first owner, who is the operator, for whoever knows the code.
pub async fn set_up(state: &AppState, ip: IpAddr, code: &str, typed: &str, password: String, now: Millis) -> Result<Account, AppError> {
    let right = setup_code(state).await?.ok_or(AppError::AlreadySetUp)?;
    state.tries.count(SETUP_OWNER, ip, now).map_err(wait)?;
    if !same(&right, &code.trim().to_lowercase()) {
        return Err(AppError::WrongCode);
    }
    state.tries.forgive(SETUP_OWNER, ip);
    let (email, password) = (email(typed)?, new_password(password)?);
    make_owner(&state.db, &email, password, now).await?.ok_or(AppError::AlreadySetUp)
}

/// The first user; None where there is one already. Two that race make one.
pub async fn make_owner(db: &Db, email: &str, password: SecretString, now: Millis) -> Result<Option<Account>, AppError> {
    let hash = password::hash(password).await?;
    let account = Account { id: Uuid::now_v7(), email: email.to_owned(), operator: true };
    let mut tx = db.begin().await?;
    if !instance::set_once(&mut tx, instance::FIRST_OWNER, &account.id.to_string()).await? {
        return Ok(None);
    }
    users::insert(&mut tx, &NewUser { id: account.id, email, password_hash: &hash, operator: true, created_at: now }).await?;
    instance::remove(&mut tx, instance::SETUP_CODE).await?;
    db::audit::record(&mut tx, &of_instance(&account, now, Action::OwnerCreated)).await?;
    tx.commit().await?;
    Ok(Some(account))
}

/// Who has this address and password. Takes as long for an address that nobody has.
pub async fn check(state: &AppState, ip: IpAddr, typed: &str, password: String, now: Millis) -> Result<Account, AppError> {
    let email = email(typed)?;
    if password.chars().count() > MAX_PASSWORD {
        return Err(AppError::PasswordTooLong);
    }
    let tried = state.tries.count(&email, ip, now).map_err(wait)?;
    let (account, known) = users::by_email(&state.db, &email).await?.unzip();
    if !password::fits(SecretString::from(password), known).await? {
        return Err(AppError::WrongPassword { left: tried.left });
    }
    state.tries.forgive(&email, ip);
    account.ok_or(AppError::WrongPassword { left: tried.left })
}

/// Puts a person into a session, under a new id.
pub async fn enter(session: &Session, account: &Account) -> Result<(), AppError> {
    sessions::sign_in(session, account.id).await.map_err(unreadable)
}

pub async fn leave(session: &Session) -> Result<(), AppError> {
    session.flush().await.map_err(unreadable)
}

/// A new password for who knows the old one. Every other session of the person ends.
pub async fn change_password(
    state: &AppState,
    (session, ip): (&Session, IpAddr),
    account: &Account,
    (old, new): (String, String),
    now: Millis,
) -> Result<(), AppError> {
    match check(state, ip, &account.email, old, now).await {
        Err(AppError::WrongPassword { .. }) => return Err(AppError::WrongOldPassword),
        other => other?,
    };
    put_password(&state.db, account, new_password(new)?, &of_instance(account, now, Action::PasswordChanged)).await?;
    enter(session, account).await
}

/// A new one-time password for a person, who is signed out everywhere; None where nobody has the address.
pub async fn reset_password(db: &Db, typed: &str, now: Millis) -> Result<Option<String>, AppError> {
    let Some((account, _)) = users::by_email(db, &email(typed)?).await? else { return Ok(None) };
    let password = one_time_code();
    let entry = Entry { user_id: None, who: "command line", subject: &account.email, ..of_instance(&account, now, Action::PasswordReset) };
    put_password(db, &account, SecretString::from(password.clone()), &entry).await?;
    Ok(Some(password))
}

async fn put_password(db: &Db, account: &Account, password: SecretString, entry: &Entry<'_>) -> Result<(), AppError> {
    let hash = password::hash(password).await?;
    let mut tx = db.begin().await?;
    users::set_password(&mut tx, account.id, &hash).await?;
    rows::delete_of(&mut tx, account.id).await?;
    db::audit::record(&mut tx, entry).await?;
    tx.commit().await?;
    Ok(())
}

fn of_instance<'a>(account: &'a Account, now: Millis, action: Action) -> Entry<'a> {
    Entry { game_id: None, user_id: Some(account.id), who: &account.email, time: now, action, subject: &account.email, detail: "" }
}

/// 20 characters in four groups, read aloud or typed from a terminal: 99 bits.
fn one_time_code() -> String {
    let letters = CODE_ALPHABET;
    let group = || -> String {
        let mut group = String::new();
        while group.len() < CODE_GROUP {
            // 248 is the largest multiple of 31 below 256: every letter is as likely.
            let [byte] = super::secrets::random_bytes::<1>();
            if byte < 248 {
                group.push(char::from(letters[usize::from(byte) % letters.len()]));
            }
        }
        group
    };
    (0..CODE_GROUPS).map(|_| group()).collect::<Vec<_>>().join("-")
}

fn wait(Wait(millis): Wait) -> AppError {
    AppError::TooManyTries { minutes: u32::try_from((millis + MINUTE - 1) / MINUTE).unwrap_or(u32::MAX) }
}

fn unreadable(cause: tower_sessions::session::Error) -> AppError {
    tracing::error!(%cause, "a session could not be kept");
    AppError::Unavailable
}
