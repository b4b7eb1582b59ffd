//! What goals are mapped to at a network that asks for it: the target's list, read there, and the choice for each goal.

use super::save::{self, record};
use super::{Actor, ConnectFailure, Desk};
use crate::model::action::ActionState;
use crate::model::audit::Action;
use crate::server::db::{actions, connection_changes, goals};
use crate::server::networks::contract::{ConnectError, Destination};
use crate::server::networks::find;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Pages of the list that are read at the most.
const MAX_PAGES: usize = 50;

/// Reads the list at the network and keeps it; how many there are.
pub async fn refresh(desk: &Desk, actor: Actor<'_>, slug: &str) -> Result<usize, ConnectFailure> {
    let network = find(slug).ok_or(ConnectFailure::NotFound)?;
    let offers = network.actions().ok_or(ConnectFailure::NotFound)?;
    let connection = connection_changes::of_network(&desk.db, actor.game.id, slug).await?.ok_or(ConnectFailure::NotFound)?;
    let unopened = || ConnectError::Refused { code: None, words: "The stored token does not open any more. Connect again.".into() };
    let of = save::destination(desk, &connection).await?.ok_or_else(unopened)?;
    let (mut list, mut cursor) = (Vec::new(), None);
    for _ in 0..MAX_PAGES {
        let page = |token: &secrecy::SecretString| {
            let of = Destination { token: token.clone(), ..of.clone() };
            Ok(offers.list(&desk.settings, &of, cursor.as_deref()))
        };
        let answer = desk.ask_with(network, &of.token, page, actor.now).await?;
        let offered = offers.read_list(&answer)?;
        list.extend(offered.list);
        cursor = offered.next;
        if cursor.is_none() {
            break;
        }
    }
    let mut tx = desk.db.begin().await?;
    actions::replace(&mut tx, connection.id, &connection.target_id, &list, actor.now).await?;
    tx.commit().await?;
    Ok(list.len())
}

/// Maps goals to actions; an empty id maps a goal to none. What is not the game's or cannot be chosen changes nothing at all.
pub async fn map(desk: &Desk, actor: Actor<'_>, slug: &str, chosen: &BTreeMap<Uuid, String>) -> Result<(), ConnectFailure> {
    let spec = find(slug).ok_or(ConnectFailure::NotFound)?.spec();
    let field = spec.action.ok_or(ConnectFailure::NotFound)?;
    let connection = connection_changes::of_network(&desk.db, actor.game.id, slug).await?.ok_or(ConnectFailure::NotFound)?;
    let (known, _) = actions::of_connection(&desk.db, connection.id).await?;
    let present = actions::goals(&desk.db, actor.game.id, slug, actor.now).await?;
    let mut said = Vec::new();
    let mut changes = Vec::new();
    for (goal, id) in chosen {
        let goal = present.iter().find(|one| one.id == *goal).ok_or(ConnectFailure::NotFound)?;
        let id = Some(id.trim()).filter(|id| !id.is_empty());
        if id == goal.action.as_deref() {
            continue;
        }
        let action = match id {
            Some(id) if !field.id.fits(id) => return Err(ConnectFailure::Field { field: "action", says: field.id.says }),
            Some(id) => {
                let usable = known.iter().find(|action| action.id == id && action.state == ActionState::Usable);
                Some(usable.ok_or(ConnectFailure::Field { field: "action", says: field.choosable })?)
            }
            None => None,
        };
        said.push(format!("{}: {}", goal.name, action.map_or("none", |action| action.name.as_str())));
        changes.push((goal.id, id));
    }
    if changes.is_empty() {
        return Ok(());
    }
    let mut tx = desk.db.begin().await?;
    for (goal, id) in changes {
        goals::map(&mut tx, goal, slug, id).await?;
    }
    record(&mut tx, actor, Action::Mapped, slug, &said.join("; ")).await?;
    tx.commit().await?;
    Ok(())
}
