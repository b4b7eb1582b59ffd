//! Who is calling, and what they may do: the first line of every server function.

use super::db;
use super::games;
use super::ingest::address::of_client;
use super::sessions;
use super::state::{AppState, state};
use super::zone;
use crate::error::AppError;
use crate::model::game::Game;
use crate::model::user::{Account, MAX_EMAIL, Role};
use crate::model::zone::Zone;
use crate::web::visit::Theme;
use axum::extract::ConnectInfo;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderValue;
use http::header::SET_COOKIE;
use http::request::Parts;
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;
use std::net::{IpAddr, SocketAddr};
use tower_sessions::Session;
use uuid::Uuid;

/// Who is calling, in which game, in which role.
pub type Access = (Account, Game, Role);

/// Longest way back that is followed after sign-in.
const MAX_PATH: usize = 512;
pub const THEME_COOKIE: &str = "theme";
/// Whose clock times are written by.
pub const CLOCK_COOKIE: &str = "clock";
const CLOCK_LASTS_SECONDS: u32 = 365 * 24 * 60 * 60;
const THEME_LASTS_SECONDS: u32 = 365 * 24 * 60 * 60;
/// Keeps what was typed for the next look at the form: an address or a log is no place for an email.
const EMAIL_COOKIE: &str = "typed-email";
const EMAIL_LASTS_SECONDS: u32 = 5 * 60;

/// Whoever is signed in.
pub async fn require_user() -> Result<Account, AppError> {
    signed_in(&state(), &session()?).await?.ok_or(AppError::SignedOut)
}

/// The person, the game and their role in it. To a stranger the game does not exist.
pub async fn require_game(slug: &str) -> Result<Access, AppError> {
    let account = require_user().await?;
    let (game, role) = game_of(&state(), &account, slug).await?;
    Ok((account, game, role))
}

/// The same for who changes things: owners and admins.
pub async fn require_change(slug: &str) -> Result<Access, AppError> {
    let access = require_game(slug).await?;
    if access.2.may_change() { Ok(access) } else { Err(AppError::NotAllowed) }
}

/// The operator of the instance.
pub async fn require_operator() -> Result<Account, AppError> {
    let account = require_user().await?;
    if account.operator { Ok(account) } else { Err(AppError::NotAllowed) }
}

/// The session of the request being answered.
pub fn session() -> Result<Session, AppError> {
    use_context::<Parts>().and_then(|parts| sessions::of(&parts)).ok_or(AppError::SignedOut)
}

/// The address of the request being answered, behind the trusted proxies.
pub fn client_ip() -> Result<IpAddr, AppError> {
    let parts = use_context::<Parts>().ok_or(AppError::BadForm)?;
    let ConnectInfo(peer) = parts.extensions.get::<ConnectInfo<SocketAddr>>().ok_or(AppError::BadForm)?;
    Ok(of_client(peer.ip(), &parts.headers, &state().config.trusted_proxies))
}

/// Sends the browser to a path of ours once the server function is done.
pub fn go_to(path: &str) {
    leptos_axum::redirect(path);
}

/// A path that stays on this site, of the characters a header may carry.
pub fn own_path(path: &str) -> Option<&str> {
    let ours = path.starts_with('/') && !path.starts_with("//") && path.len() <= MAX_PATH;
    (ours && path.bytes().all(|c| c.is_ascii_graphic() && c != b'\\')).then_some(path)
}

/// Keeps the colour scheme in a cookie; None goes back to the system's.
pub fn set_theme(theme: Option<Theme>) {
    let (word, age) = theme.map_or(("", 0), |theme| (theme.word(), THEME_LASTS_SECONDS));
    set_cookie(THEME_COOKIE, word, "/", age);
}

/// Keeps whose clock times are written by: a zone's name, or nothing for each game's own.
pub fn set_clock(typed: &str) {
    let name = zone::named(typed).and_then(|rules| rules.iana_name().map(str::to_owned));
    let age = if name.is_some() { CLOCK_LASTS_SECONDS } else { 0 };
    set_cookie(CLOCK_COOKIE, &name.unwrap_or_default(), "/", age);
}

/// The zone that `set_clock` kept.
pub fn chosen_clock(kept: &str) -> Option<Zone> {
    zone::named(kept).map(|_| zone::of(kept))
}

/// Keeps the email of a sign-in that failed for the form that comes next.
pub fn keep_typed_email(typed: &str) {
    let typed: String = typed.trim().chars().take(MAX_EMAIL).collect();
    set_cookie(EMAIL_COOKIE, &URL_SAFE_NO_PAD.encode(typed), "/sign-in", EMAIL_LASTS_SECONDS);
}

/// What `keep_typed_email` kept, out of the request's cookies.
pub fn typed_email(cookie: impl Fn(&str) -> Option<String>) -> Option<String> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(cookie(EMAIL_COOKIE)?).ok()?).ok()
}

fn set_cookie(name: &str, value: &str, path: &str, age: u32) {
    let secure = if state().config.secure() { "; Secure" } else { "" };
    let cookie = format!("{name}={value}; Path={path}; Max-Age={age}; SameSite=Lax; HttpOnly{secure}");
    if let (Some(answer), Ok(cookie)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(&cookie)) {
        answer.append_header(SET_COOKIE, cookie);
    }
}

/// Who is signed in with a session; None for nobody and for someone who no longer exists. Also for routes outside Leptos.
pub async fn signed_in(state: &AppState, session: &Session) -> Result<Option<Account>, AppError> {
    match sessions::user(session).await {
        Some(id) => Ok(db::users::by_id(&state.db, id).await?),
        None => Ok(None),
    }
}

/// A game by its slug and the person's role in it. The operator sees every game, and changes those they belong to.
pub async fn game_of(state: &AppState, account: &Account, slug: &str) -> Result<(Game, Role), AppError> {
    // Not every text can be looked up: PostgreSQL knows no NUL.
    let slug = Some(slug).filter(|slug| games::is_slug(slug)).ok_or(AppError::NotFound)?;
    let game = db::games::by_slug(&state.db, slug).await?.ok_or(AppError::NotFound)?;
    let role = role_in(state, account, game.id).await?.ok_or(AppError::NotFound)?;
    Ok((game, role))
}

/// The role of a person in a game; None for a stranger.
pub async fn role_in(state: &AppState, account: &Account, game_id: Uuid) -> Result<Option<Role>, AppError> {
    let role = db::memberships::role(&state.db, account.id, game_id).await?;
    Ok(role.or(account.operator.then_some(Role::Member)))
}

/// The database's own words go to the log, never to a browser.
impl From<sqlx::Error> for AppError {
    fn from(cause: sqlx::Error) -> Self {
        tracing::error!(%cause, "the database refused");
        Self::Unavailable
    }
}
