//! Writing what was connected, and every later change to it: each in one transaction with its row of the audit log.

use super::{Actor, ConnectFailure, Desk, oauth};
use crate::model::Millis;
use crate::model::audit::Action;
use crate::model::connection::{Connection, ParkCause};
use crate::server::db::audit::{self, Entry};
use crate::server::db::connection_changes::{self as changes, Saved};
use crate::server::db::{Tx, connections, facts, grants, postbacks};
use crate::server::networks::contract::{Choice, Destination, Network, Spec};
use crate::server::networks::{find, over};
use secrecy::{ExposeSecret, SecretString};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Characters of a pasted token that stay visible.
const TAIL: usize = 4;

/// A connection that the network has agreed to.
pub struct NewConnection<'a> {
    pub network: &'static Spec,
    pub account: Option<Choice>,
    pub target: Choice,
    pub token: SecretString,
    pub token_expires_at: Option<Millis>,
    /// Pasted, so that its last characters are shown and it is never given back; else given to our own app.
    pub pasted: bool,
    /// Who gave it, by the network's id, where it says.
    pub holder: Option<&'a str>,
    pub test_code: &'a str,
    pub confirmed: bool,
    /// The grant that is used up by this.
    pub grant_id: Option<Uuid>,
}

/// Seals the token and writes the connection. The same account and target: what was parked drains. Another: what waits for the
/// former one is cancelled, once that is confirmed. A former token that nothing hangs on any more is given back.
pub async fn save(desk: &Desk, actor: Actor<'_>, new: &NewConnection<'_>) -> Result<Connection, ConnectFailure> {
    let test_code = valid_test_code(new.network, new.test_code)?;
    let former = former(desk, actor, new.network.slug).await?;
    let mut tx = desk.db.begin().await?;
    alone(&mut tx, actor).await?;
    let (id, present) = changes::lock(&mut tx, actor.game.id, new.network.slug, actor.now).await?;
    let account_id = new.account.as_ref().map(|account| account.id.clone());
    let moved =
        present.as_ref().is_some_and(|(account, target)| *target != new.target.id || is_another(account.as_deref(), account_id.as_deref()));
    if moved {
        let waiting = changes::waiting(&mut tx, id).await?;
        if waiting > 0 && !new.confirmed {
            return Err(ConnectFailure::Confirm { waiting });
        }
        postbacks::cancel_waiting(&mut tx, id, "The connection was changed to another account or target.", actor.now).await?;
    }
    let text = new.token.expose_secret();
    let tail = text.get(text.len().saturating_sub(TAIL)..).filter(|_| new.pasted);
    let saved = Saved {
        game_id: actor.game.id,
        network: new.network.slug,
        account_id: account_id.as_deref(),
        account_name: new.account.as_ref().map(|account| account.name.as_str()),
        account_through: new.account.as_ref().and_then(|account| account.through.as_deref()),
        target_id: &new.target.id,
        target_name: Some(new.target.name.as_str()).filter(|name| !name.is_empty()),
        secret_tail: tail,
        secret_expires_at: new.token_expires_at,
        secret_pasted: new.pasted,
        secret_holder: new.holder,
        test_code,
        connected_at: actor.now,
        connected_by: &actor.account.email,
    };
    changes::save(&mut tx, id, &desk.sealer.seal(&owner(id), &new.token), &saved).await?;
    connections::unpark(&mut tx, id, actor.now).await?;
    if let Some(grant) = new.grant_id {
        grants::forget(&mut tx, grant).await?;
    }
    let action = if present.is_some() { Action::Reconnected } else { Action::Connected };
    record(&mut tx, actor, action, new.network.slug, &format!("target {}", new.target.id)).await?;
    tx.commit().await?;
    desk.wake.notify_one();
    if let Some((former, holder)) = former.filter(|(former, _)| former.token.expose_secret() != text) {
        give_back(desk, new.network.slug, &former, holder.as_deref(), actor.now).await;
    }
    changes::of_network(&desk.db, actor.game.id, new.network.slug).await?.ok_or(ConnectFailure::NotFound)
}

/// What the game's connection holds now, with who gave it; None where nothing is connected or its secret does not open any more.
async fn former(desk: &Desk, actor: Actor<'_>, slug: &str) -> Result<Option<(Destination, Option<String>)>, ConnectFailure> {
    let Some(connection) = changes::of_network(&desk.db, actor.game.id, slug).await? else { return Ok(None) };
    let holder = changes::holder(&desk.db, connection.id).await?;
    Ok(destination(desk, &connection).await?.map(|former| (former, holder)))
}

/// Gives a token that no connection here holds any more back to the network, unless another one may hang on the same consent.
async fn give_back(desk: &Desk, slug: &str, former: &Destination, holder: Option<&str>, now: Millis) {
    if !former.pasted && !shared(desk, slug, holder, now).await {
        oauth::revoke(desk, slug, former).await;
    }
}

/// Waits for whoever plans by the game's connections right now, as ingest and Send now do, and holds up who comes: what they queue is found by
/// who cancels, and nothing is planned for a target that has changed meanwhile.
async fn alone(tx: &mut Tx, actor: Actor<'_>) -> crate::server::db::Result<()> {
    facts::lock(tx, &BTreeSet::from([actor.game.id])).await
}

/// Whether the accounts are two. With a pasted token nobody knows the account; the target is the same there only if it is in the same one.
fn is_another(present: Option<&str>, new: Option<&str>) -> bool {
    present.zip(new).is_some_and(|(present, new)| present != new)
}

/// How many postbacks wait for the connection: what disconnecting would cancel.
pub async fn waiting(desk: &Desk, actor: Actor<'_>, slug: &str) -> Result<i64, ConnectFailure> {
    let mut tx = desk.db.begin().await?;
    let connection = changes::of_network(&desk.db, actor.game.id, slug).await?.ok_or(ConnectFailure::NotFound)?;
    Ok(changes::waiting(&mut tx, connection.id).await?)
}

/// Cancels what waits, forgets the secret and keeps the log. A token that the network gave to our own app is given back, unless another
/// connection may hang on the same consent.
pub async fn disconnect(desk: &Desk, actor: Actor<'_>, slug: &str) -> Result<(), ConnectFailure> {
    let connection = changes::of_network(&desk.db, actor.game.id, slug).await?.ok_or(ConnectFailure::NotFound)?;
    let former = former(desk, actor, slug).await?;
    let mut tx = desk.db.begin().await?;
    alone(&mut tx, actor).await?;
    postbacks::cancel_waiting(&mut tx, connection.id, "The network was disconnected.", actor.now).await?;
    changes::disconnect(&mut tx, connection.id).await?;
    grants::forget_of_game(&mut tx, actor.game.id, slug).await?;
    record(&mut tx, actor, Action::Disconnected, slug, &format!("target {}", connection.target_id)).await?;
    tx.commit().await?;
    // What is claimed already must not go out any more.
    desk.wake.notify_one();
    if let Some((former, holder)) = former {
        give_back(desk, slug, &former, holder.as_deref(), actor.now).await;
    }
    Ok(())
}

/// Whether any game is or is about to be connected by a consent of the same person. Where that is not known it is taken to be so: a token
/// too many at the network does less harm than one too few here.
async fn shared(desk: &Desk, slug: &str, holder: Option<&str>, now: Millis) -> bool {
    changes::consents(&desk.db, slug, holder, now).await.map_or_else(
        |cause| {
            tracing::warn!(%cause, network = slug, "the token is not given back: who else uses it is not known");
            true
        },
        |count| count > 0,
    )
}

/// Where the connection leads, with its stored secret; None where that does not open any more.
pub async fn destination(desk: &Desk, connection: &Connection) -> Result<Option<Destination>, ConnectFailure> {
    let sealed = changes::secret(&desk.db, connection.id).await?;
    let token = sealed.and_then(|sealed| desk.sealer.open(&owner(connection.id), &sealed).ok());
    let Connection { account_id, account_through: through, target_id, pasted, test_code, .. } = connection.clone();
    Ok(token.map(|token| Destination { account_id, through, target_id, token, pasted, test_code }))
}

/// Switches sending on or off. Off: what is queued is held; on: it goes.
pub async fn set_enabled(desk: &Desk, actor: Actor<'_>, slug: &str, enabled: bool) -> Result<(), ConnectFailure> {
    let connection = changes::of_network(&desk.db, actor.game.id, slug).await?.ok_or(ConnectFailure::NotFound)?;
    let mut tx = desk.db.begin().await?;
    connections::set_enabled(&mut tx, connection.id, enabled, actor.now).await?;
    record(&mut tx, actor, if enabled { Action::Enabled } else { Action::Disabled }, slug, "").await?;
    tx.commit().await?;
    desk.wake.notify_one();
    Ok(())
}

/// Sets or clears the network's test code; only test messages ever carry it.
pub async fn set_test_code(desk: &Desk, actor: Actor<'_>, slug: &str, test_code: &str) -> Result<(), ConnectFailure> {
    let spec = find(slug).ok_or(ConnectFailure::NotFound)?.spec();
    let test_code = valid_test_code(spec, test_code.trim())?;
    let connection = changes::of_network(&desk.db, actor.game.id, slug).await?.ok_or(ConnectFailure::NotFound)?;
    let mut tx = desk.db.begin().await?;
    changes::set_test_code(&mut tx, connection.id, test_code).await?;
    record(&mut tx, actor, Action::TestCode, slug, test_code.unwrap_or("cleared")).await?;
    tx.commit().await?;
    Ok(())
}

/// Sends over another of the network's transports from now on, also what waits already. What the former one did not let through goes again;
/// a refused token is as bad over the new one.
pub async fn set_transport(desk: &Desk, actor: Actor<'_>, slug: &str, word: &str) -> Result<(), ConnectFailure> {
    let network = find(slug).ok_or(ConnectFailure::NotFound)?;
    let chosen = network.transports().iter().find(|one| one.word == word).ok_or(ConnectFailure::NotFound)?;
    let connection = changes::of_network(&desk.db, actor.game.id, slug).await?.ok_or(ConnectFailure::NotFound)?;
    if over(slug, connection.transport.as_deref()).and_then(Network::transport) == Some(word) {
        return Ok(());
    }
    let mut tx = desk.db.begin().await?;
    if let Some(ParkCause::Closed | ParkCause::Permission) = changes::set_transport(&mut tx, connection.id, chosen.word).await? {
        connections::unpark(&mut tx, connection.id, actor.now).await?;
    }
    record(&mut tx, actor, Action::Transport, slug, chosen.name).await?;
    tx.commit().await?;
    desk.wake.notify_one();
    Ok(())
}

/// Sends what is parked once more with the present credentials.
pub async fn try_again(desk: &Desk, actor: Actor<'_>, slug: &str) -> Result<(), ConnectFailure> {
    let connection = changes::of_network(&desk.db, actor.game.id, slug).await?.ok_or(ConnectFailure::NotFound)?;
    let mut tx = desk.db.begin().await?;
    connections::unpark(&mut tx, connection.id, actor.now).await?;
    record(&mut tx, actor, Action::TryAgain, slug, "").await?;
    tx.commit().await?;
    desk.wake.notify_one();
    Ok(())
}

/// The test code as it may go out; none where nothing was typed.
pub fn valid_test_code<'a>(spec: &Spec, code: &'a str) -> Result<Option<&'a str>, ConnectFailure> {
    match spec.test {
        _ if code.is_empty() => Ok(None),
        Some(field) if field.shape.fits(code) => Ok(Some(code)),
        Some(field) => Err(ConnectFailure::Field { field: "test_code", says: field.shape.says }),
        None => Err(ConnectFailure::Field { field: "test_code", says: "This network needs no test code." }),
    }
}

/// What a connection's secret is sealed for.
fn owner(connection: Uuid) -> String {
    format!("connection:{connection}")
}

pub async fn record(tx: &mut Tx, actor: Actor<'_>, action: Action, network: &str, detail: &str) -> crate::server::db::Result<()> {
    audit::record(tx, &Entry::of(actor.account, actor.game.id, actor.now, action, network, detail)).await
}
