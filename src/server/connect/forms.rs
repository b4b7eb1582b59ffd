//! What the forms of an integration page ask for: the same changes as the rest of `connect`, with failures that a page can show.
//! What a page is to show of a failure besides its name is kept in the session, never in an address.

use super::oauth::Pick;
use super::pasted::Paste;
use super::{Actor, ConnectFailure, Desk, actions, oauth, pasted, save};
use crate::error::AppError;
use crate::model::action::by_goal;
use crate::model::connect::{ConnectProblem, LastTry, NetworkSaid, Typed};
use crate::model::integration::{Choice, Grant};
use crate::model::{MINUTE, Millis};
use crate::server::auth::{self, Access};
use crate::server::db::{connection_changes, deliveries};
use crate::server::integrations::card;
use crate::server::networks::contract::{self, ConnectError};
use crate::server::networks::find;
use crate::server::now;
use crate::server::state::state;
use std::collections::BTreeMap;
use tower_sessions::Session;
use uuid::Uuid;

/// Where the session keeps the last try that failed.
const LAST_TRY: &str = "last_try";
/// How long it is worth showing.
const LAST_TRY_LIFE: Millis = 5 * MINUTE;
/// A network's words are kept up to here.
const MAX_WORDS: usize = 500;
/// What was typed is kept up to here: every id and test code is shorter.
const MAX_TYPED: usize = 128;

pub async fn begin(access: &Access, slug: &str, popup: bool) -> Result<String, AppError> {
    let session = auth::session()?;
    let id = session_id(&session).await?;
    let dialog = told(slug, Typed::default(), oauth::begin(&Desk::of(&state()), actor(access), slug, &id, popup).await).await?;
    Ok(dialog.into())
}

pub async fn offer(access: &Access, slug: &str, grant: Uuid, account: Option<&str>) -> Result<Grant, AppError> {
    let state = state();
    let network = find(slug).ok_or(AppError::NotFound)?;
    let offer = told(slug, Typed::default(), oauth::offer(&Desk::of(&state), actor(access), slug, grant, account).await).await?;
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
    Choice { id: choice.id, name: choice.name, through: choice.through }
}

pub async fn pick(access: &Access, slug: &str, pick: &Pick) -> Result<(), AppError> {
    let desk = Desk::of(&state());
    let typed = Typed { target: pick.target.clone(), test_code: pick.test_code.clone() };
    told(slug, typed, oauth::pick(&desk, actor(access), slug, pick).await).await?;
    // The connection stands; what goals can be mapped to is read on the way, and can be read again from its page.
    if find(slug).is_some_and(|network| network.actions().is_some())
        && let Err(cause) = actions::refresh(&desk, actor(access), slug).await
    {
        tracing::warn!(network = slug, %cause, "the list to map goals to was not read");
    }
    Ok(())
}

pub async fn refresh_actions(access: &Access, slug: &str) -> Result<(), AppError> {
    told(slug, Typed::default(), actions::refresh(&Desk::of(&state()), actor(access), slug).await).await.map(drop)
}

pub async fn map(access: &Access, slug: &str, chosen: &BTreeMap<String, String>) -> Result<(), AppError> {
    let chosen = by_goal(chosen).ok_or(AppError::NotFound)?;
    told(slug, Typed::default(), actions::map(&Desk::of(&state()), actor(access), slug, &chosen).await).await
}

pub async fn paste(access: &Access, slug: &str, paste: &Paste) -> Result<(), AppError> {
    let typed = Typed { target: paste.target.clone(), test_code: paste.test_code.clone() };
    told(slug, typed, pasted::paste(&Desk::of(&state()), actor(access), slug, paste).await).await.map(drop)
}

pub async fn set_enabled(access: &Access, slug: &str, enabled: bool) -> Result<(), AppError> {
    told(slug, Typed::default(), save::set_enabled(&Desk::of(&state()), actor(access), slug, enabled).await).await
}

pub async fn set_test_code(access: &Access, slug: &str, code: &str) -> Result<(), AppError> {
    let typed = Typed { test_code: code.to_owned(), ..Typed::default() };
    told(slug, typed, save::set_test_code(&Desk::of(&state()), actor(access), slug, code).await).await
}

pub async fn set_transport(access: &Access, slug: &str, word: &str) -> Result<(), AppError> {
    told(slug, Typed::default(), save::set_transport(&Desk::of(&state()), actor(access), slug, word).await).await
}

pub async fn try_again(access: &Access, slug: &str) -> Result<(), AppError> {
    told(slug, Typed::default(), save::try_again(&Desk::of(&state()), actor(access), slug).await).await
}

pub async fn disconnect(access: &Access, slug: &str) -> Result<(), AppError> {
    told(slug, Typed::default(), save::disconnect(&Desk::of(&state()), actor(access), slug).await).await
}

/// This session's last try to connect the network, if it failed and is fresh.
pub async fn last_try(slug: &str) -> Result<Option<LastTry>, AppError> {
    let last: Option<LastTry> = auth::session()?.get(LAST_TRY).await.unwrap_or_default();
    Ok(last.filter(|last| last.network == slug && last.at + LAST_TRY_LIFE > now()))
}

fn actor(access: &Access) -> Actor<'_> {
    let (account, game, _) = access;
    Actor { account, game, now: now() }
}

/// The session's id: what a state is bound to. Somebody who is signed in has one.
pub async fn session_id(session: &Session) -> Result<String, AppError> {
    session.id().map(|id| id.to_string()).ok_or(AppError::SignedOut)
}

/// Turns a failure into what the page shows.
async fn told<T>(slug: &str, typed: Typed, result: Result<T, ConnectFailure>) -> Result<T, AppError> {
    let failure = match result {
        Ok(value) => return Ok(value),
        Err(failure) => failure,
    };
    keep(&auth::session()?, slug, typed, &failure).await;
    Err(problem(failure))
}

/// Keeps a failed try for the page that comes next.
pub async fn keep(session: &Session, slug: &str, typed: Typed, failure: &ConnectFailure) {
    let said = match failure {
        ConnectFailure::Network(ConnectError::Refused { code, words } | ConnectError::NoAccess { code, words }) => {
            Some((code.clone(), words))
        }
        ConnectFailure::Network(ConnectError::Unavailable { words }) => Some((None, words)),
        _ => None,
    };
    let start = |text: &str, most: usize| text.chars().take(most).collect::<String>();
    let last = LastTry {
        network: slug.to_owned(),
        said: said.map(|(code, words)| NetworkSaid { code, words: start(words, MAX_WORDS) }),
        typed: Typed { target: start(&typed.target, MAX_TYPED), test_code: start(&typed.test_code, MAX_TYPED) },
        at: now(),
    };
    if let Err(cause) = session.insert(LAST_TRY, last).await {
        tracing::warn!(%cause, "a failed try could not be kept");
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
        ConnectFailure::Field { field: "action", .. } => ConnectProblem::Action,
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
