//! The way out to a network's consent page and back: states that left with the browser, and tokens that wait for a choice.

use super::{Db, Result, Tx, on, within};
use crate::model::Millis;
use sqlx::FromRow;
use uuid::Uuid;

/// A state as it left: bound to session, user, game and network.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct OauthState {
    pub state_hash: String,
    pub session_hash: String,
    pub user_id: Uuid,
    pub game_id: Uuid,
    pub network: String,
    pub popup: bool,
    /// The secret whose hash went out with the dialog, sealed for `state:<state_hash>`.
    pub verifier: Option<String>,
    pub created_at: Millis,
    pub expires_at: Millis,
}

/// A token that came back, sealed for `grant:<id>`, until its owner has picked an account and a target.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Grant {
    pub id: Uuid,
    pub game_id: Uuid,
    pub network: String,
    pub user_id: Uuid,
    pub secret: String,
    pub secret_expires_at: Option<Millis>,
    /// Who gave it, by the network's id, where it says.
    pub secret_holder: Option<String>,
    pub created_at: Millis,
    pub expires_at: Millis,
}

/// Stores the state and forgets the ones that have run out.
pub async fn remember_state(tx: &mut Tx, state: &OauthState) -> Result<()> {
    within!(tx, c => sqlx::query("delete from oauth_states where expires_at < $1").bind(state.created_at).execute(c).await.map(drop))?;
    within!(tx, c => sqlx::query(
        "insert into oauth_states (state_hash, session_hash, user_id, game_id, network, popup, created_at, expires_at, verifier)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(&state.state_hash)
    .bind(&state.session_hash)
    .bind(state.user_id)
    .bind(state.game_id)
    .bind(&state.network)
    .bind(state.popup)
    .bind(state.created_at)
    .bind(state.expires_at)
    .bind(&state.verifier)
    .execute(c)
    .await
    .map(drop))
}

/// Takes the state out: a second call with the same hash finds nothing, in whatever process.
pub async fn take_state(tx: &mut Tx, state_hash: &str) -> Result<Option<OauthState>> {
    within!(tx, c => sqlx::query_as("delete from oauth_states where state_hash = $1 returning *").bind(state_hash).fetch_optional(c).await)
}

/// Stores the grant and forgets the ones that have run out, and earlier ones of this person for the same game and network.
pub async fn store(tx: &mut Tx, grant: &Grant) -> Result<()> {
    within!(tx, c => sqlx::query("delete from grants where expires_at < $1 or (game_id = $2 and network = $3 and user_id = $4)")
        .bind(grant.created_at)
        .bind(grant.game_id)
        .bind(&grant.network)
        .bind(grant.user_id)
        .execute(c)
        .await
        .map(drop))?;
    within!(tx, c => sqlx::query(
        "insert into grants (id, game_id, network, user_id, secret, secret_expires_at, created_at, expires_at, secret_holder)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(grant.id)
    .bind(grant.game_id)
    .bind(&grant.network)
    .bind(grant.user_id)
    .bind(&grant.secret)
    .bind(grant.secret_expires_at)
    .bind(grant.created_at)
    .bind(grant.expires_at)
    .bind(&grant.secret_holder)
    .execute(c)
    .await
    .map(drop))
}

/// The grant, if it is this person's, for this game and network, and has not run out.
pub async fn find(db: &Db, id: Uuid, game_id: Uuid, network: &str, user_id: Uuid, now: Millis) -> Result<Option<Grant>> {
    on!(db, pool => sqlx::query_as(
        "select * from grants where id = $1 and game_id = $2 and network = $3 and user_id = $4 and expires_at > $5",
    )
    .bind(id)
    .bind(game_id)
    .bind(network)
    .bind(user_id)
    .bind(now)
    .fetch_optional(pool)
    .await)
}

/// Forgets what people of the game brought from the network and have not picked from yet.
pub async fn forget_of_game(tx: &mut Tx, game_id: Uuid, network: &str) -> Result<()> {
    within!(tx, c => sqlx::query("delete from grants where game_id = $1 and network = $2")
        .bind(game_id)
        .bind(network)
        .execute(c)
        .await
        .map(drop))
}

pub async fn forget(tx: &mut Tx, id: Uuid) -> Result<()> {
    within!(tx, c => sqlx::query("delete from grants where id = $1").bind(id).execute(c).await.map(drop))
}

/// Forgets the states and grants that have run out, with their tokens; returns how many. People make few.
pub async fn delete_ended(tx: &mut Tx, now: Millis) -> Result<u64> {
    let mut ended = 0;
    for text in ["delete from oauth_states where expires_at <= $1", "delete from grants where expires_at <= $1"] {
        ended += within!(tx, c => sqlx::query(text).bind(now).execute(c).await.map(|done| done.rows_affected()))?;
    }
    Ok(ended)
}
