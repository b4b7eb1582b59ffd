//! Connecting a game to a network: through the network's consent page, or by a pasted token; both end in `save`.
//! The networks say what to ask and how to read the answer; the calls are made here.

pub mod actions;
pub mod callback;
pub mod forms;
pub mod oauth;
pub mod pasted;
pub mod save;

use crate::model::Millis;
use crate::model::game::Game;
use crate::model::number::{counted, form};
use crate::model::user::Account;
use crate::server::access::{AccessTokens, Shop};
use crate::server::db::Db;
use crate::server::networks::contract::{Answer, ConnectError, Network, Request, Settings};
use crate::server::networks::http::Http;
use crate::server::secrets::Sealer;
use crate::server::state::AppState;
use secrecy::SecretString;
use std::sync::Arc;
use tokio::sync::Notify;

/// What connecting needs of the house.
#[derive(Clone)]
pub struct Desk {
    pub db: Db,
    pub sealer: Sealer,
    pub http: Http,
    pub access: AccessTokens,
    pub settings: Settings,
    /// Origin of this instance, e.g. `https://postbacks.example`.
    pub public_url: String,
    /// Wakes dispatch when a connection may send again.
    pub wake: Arc<Notify>,
}

/// Who is changing which game's connection.
#[derive(Clone, Copy)]
pub struct Actor<'a> {
    pub account: &'a Account,
    pub game: &'a Game,
    pub now: Millis,
}

/// Why a change to a connection did not happen: a closed set that a person can act on.
#[derive(Debug, thiserror::Error)]
pub enum ConnectFailure {
    /// What the network said.
    #[error(transparent)]
    Network(#[from] ConnectError),
    /// A field that does not fit, with what is expected of it.
    #[error("{says}")]
    Field { field: &'static str, says: &'static str },
    /// The consent was given too long ago, by somebody else, or has been used.
    #[error("This consent is no longer valid. Start again with Connect.")]
    Stale,
    /// The person said no at the network.
    #[error("You did not allow the connection at the network. Nothing was changed.")]
    Denied,
    /// The picked account or target is not in the list that this token returned.
    #[error("This account or pixel is not one that the token may use. Pick one from the list.")]
    NotInList,
    /// Other postbacks wait for the present account or pixel; the change must be confirmed.
    #[error(
        "{} {} for the present account or pixel. Confirm that {} cancelled.",
        counted(*waiting, "postback", "postbacks"),
        form(*waiting, "waits", "wait"),
        form(*waiting, "it is", "they are")
    )]
    Confirm { waiting: i64 },
    #[error("There is nothing at this address.")]
    NotFound,
    #[error("Postbacks cannot reach its database. Try again in a moment.")]
    Database(#[from] crate::server::db::Error),
}

impl Desk {
    pub fn of(state: &AppState) -> Self {
        Self {
            db: state.db.clone(),
            sealer: state.sealer.clone(),
            http: state.http.clone(),
            access: state.access.clone(),
            settings: state.config.networks.clone(),
            public_url: state.config.origin(),
            wake: state.wake.clone(),
        }
    }

    /// One call of a connect flow; no answer is “try again”.
    async fn ask(&self, request: &Request) -> Result<Answer, ConnectError> {
        self.http.send(request).await.result.map_err(|none| ConnectError::Unavailable { words: none.words })
    }

    /// A call that shows a token: the stored secret itself, or the access token that it buys, anew where that turns out to be stale.
    async fn ask_with(
        &self,
        network: &dyn Network,
        secret: &SecretString,
        request: impl Fn(&SecretString) -> Result<Request, ConnectError>,
        now: Millis,
    ) -> Result<Answer, ConnectError> {
        let Some(refresh) = network.refresh() else { return self.ask(&request(secret)?).await };
        let shop = Shop { http: &self.http, settings: &self.settings, refresh, secret };
        let token = self.access.token(shop, None, now).await.map_err(|none| none.error)?;
        let answer = self.ask(&request(&token)?).await?;
        if !refresh.stale(&answer) {
            return Ok(answer);
        }
        let token = self.access.token(shop, Some(&token), now).await.map_err(|none| none.error)?;
        self.ask(&request(&token)?).await
    }

    /// Where a network sends the browser back to.
    pub fn redirect_uri(&self, slug: &str) -> String {
        format!("{}/oauth/{slug}/callback", self.public_url)
    }
}
