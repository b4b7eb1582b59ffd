//! What the forms of an integration page ask for: the same changes as the rest of `connect`, with failures that a page can show.

use super::oauth::Pick;
use super::pasted::Paste;
use super::{Actor, ConnectFailure, Desk, oauth, pasted, save};
use crate::error::AppError;
use crate::model::connect::{ConnectProblem, NetworkSaid};
use crate::model::integration::{Choice, Grant};
use crate::model::{MINUTE, Millis};
use crate::server::auth::{self, Access};
use crate::server::db::{connection_changes, deliveries};
use crate::server::integrations::card;
use crate::server::networks::contract::{self, ConnectError};
use crate::server::networks::find;
use crate::server::now;
use crate::server::state::state;
use tower_sessions::Session;
use uuid::Uuid;

/// Where the session keeps what a network said.
const SAID: &str = "network_said";
/// How long it is worth showing.
const SAID_LIFE: Millis = 5 * MINUTE;
/// A network's words are kept up to here.
const MAX_WORDS: usize = 500;

pub async fn begin(access: &Access, slug: &str, popup: bool) -> Result<String, AppError> {
    let session = auth::session()?;
    let id = session_id(&session).await?;
    let dialog = told(slug, oauth::begin(&Desk::of(&state()), actor(access), slug, &id, popup).await).await?;
    Ok(dialog.into())
}

pub async fn offer(access: &Access, slug: &str, grant: Uuid, account: Option<&str>) -> Result<Grant, AppError> {
    let state = state();
    let network = find(slug).ok_or(AppError::NotFound)?;
    let offer = told(slug, oauth::offer(&Desk::of(&state), actor(access), slug, grant, account).await).await?;
    let present = connection_changes::of_network(&state.db, access.1.id, slug).await?;
    let open = match &present {
        Some(present) => deliveries::open(&state.db, present.id).await?,
        None => Default::default(),
    };
    let choices = |list: Vec<contract::Choice>| list.into_iter().map(choice).collect();
    Ok(Grant {
        game_name: access.1.name.clone(),
        network: card(network),
        accounts: choices(offer.accounts),
        account: offer.account.map(choice),
        targets: choices(offer.targets),
        present,
        open,
    })
}

fn choice(choice: contract::Choice) -> Choice {
    Choice { id: choice.id, name: choice.name }
}

pub async fn pick(access: &Access, slug: &str, pick: &Pick) -> Result<(), AppError> {
    told(slug, oauth::pick(&Desk::of(&state()), actor(access), slug, pick).await).await.map(drop)
}

pub async fn paste(access: &Access, slug: &str, paste: &Paste) -> Result<(), AppError> {
    told(slug, pasted::paste(&Desk::of(&state()), actor(access), slug, paste).await).await.map(drop)
}

pub async fn set_enabled(access: &Access, slug: &str, enabled: bool) -> Result<(), AppError> {
    told(slug, save::set_enabled(&Desk::of(&state()), actor(access), slug, enabled).await).await
}

pub async fn set_test_code(access: &Access, slug: &str, code: &str) -> Result<(), AppError> {
    told(slug, save::set_test_code(&Desk::of(&state()), actor(access), slug, code).await).await
}

pub async fn try_again(access: &Access, slug: &str) -> Result<(), AppError> {
    told(slug, save::try_again(&Desk::of(&state()), actor(access), slug).await).await
}

pub async fn disconnect(access: &Access, slug: &str) -> Result<(), AppError> {
    told(slug, save::disconnect(&Desk::of(&state()), actor(access), slug).await).await
}

/// What the network said when this session's last try failed, while it is fresh.
pub async fn said(slug: &str) -> Result<Option<NetworkSaid>, AppError> {
    let said: Option<NetworkSaid> = auth::session()?.get(SAID).await.unwrap_or_default();
    Ok(said.filter(|said| said.network == slug && said.at + SAID_LIFE > now()))
}

fn actor(access: &Access) -> Actor<'_> {
    let (account, game, _) = access;
    Actor { account, game, now: now() }
}

/// The session's id: what a state is bound to. Somebody who is signed in has one.
pub async fn session_id(session: &Session) -> Result<String, AppError> {
    session.id().map(|id| id.to_string()).ok_or(AppError::SignedOut)
}

/// Turns a failure into what the page shows; the network's own words go to the session, never into an address.
async fn told<T>(slug: &str, result: Result<T, ConnectFailure>) -> Result<T, AppError> {
    let failure = match result {
        Ok(value) => return Ok(value),
        Err(failure) => failure,
    };
    if let ConnectFailure::Network(error) = &failure {
        keep_words(&auth::session()?, slug, error).await;
    }
    Err(problem(failure))
}

/// Keeps the network's words for the page that comes next.
pub async fn keep_words(session: &Session, slug: &str, error: &ConnectError) {
    let (code, words) = match error {
        ConnectError::Refused { code, words } | ConnectError::NoAccess { code, words } => (code.clone(), words.clone()),
        ConnectError::Unavailable { words } => (None, words.clone()),
        ConnectError::NotConfigured { .. } => return,
    };
    let said = NetworkSaid { network: slug.to_owned(), code, words: words.chars().take(MAX_WORDS).collect(), at: now() };
    if let Err(cause) = session.insert(SAID, said).await {
        tracing::warn!(%cause, "what a network said could not be kept");
    }
}

/// The closed set that a page can show.
pub fn problem(failure: ConnectFailure) -> AppError {
    let problem = match failure {
        ConnectFailure::Network(ConnectError::Refused { .. }) => ConnectProblem::Refused,
        ConnectFailure::Network(ConnectError::NoAccess { .. }) => ConnectProblem::NoAccess,
        ConnectFailure::Network(ConnectError::Unavailable { .. }) => ConnectProblem::Unavailable,
        ConnectFailure::Network(ConnectError::NotConfigured { .. }) => ConnectProblem::NotConfigured,
        ConnectFailure::Field { field: "target", .. } => ConnectProblem::Target,
        ConnectFailure::Field { field: "token", .. } => ConnectProblem::Token,
        ConnectFailure::Field { .. } => ConnectProblem::TestCode,
        ConnectFailure::Stale => ConnectProblem::Stale,
        ConnectFailure::Denied => ConnectProblem::Denied,
        ConnectFailure::NotInList => ConnectProblem::NotInList,
        ConnectFailure::Confirm { .. } => ConnectProblem::Confirm,
        ConnectFailure::NotFound => return AppError::NotFound,
        ConnectFailure::Database(cause) => return cause.into(),
    };
    AppError::Connect(problem)
}
