//! Writes what `decide` found, in set statements, inside the transaction that loaded the facts.

mod clicks;
mod conversions;
mod merges;
mod messages;
mod players;
mod postbacks;

use super::{Result, Tx};
use crate::model::Millis;
use crate::server::decide::changes::Changes;

/// In the order of the fields of `Changes`.
pub async fn write(tx: &mut Tx, changes: &Changes, now: Millis) -> Result<()> {
    conversions::free_slots(tx, &changes.freed_slots).await?;
    for same in &changes.same_clicks {
        merges::write_same_click(tx, *same).await?;
    }
    for merge in &changes.merges {
        merges::write(tx, *merge).await?;
    }
    players::write(tx, &changes.players).await?;
    players::write_identities(tx, &changes.identities).await?;
    clicks::write(tx, &changes.clicks).await?;
    conversions::write(tx, &changes.conversions, now).await?;
    conversions::write_slots(tx, &changes.slots).await?;
    postbacks::withdraw(tx, &changes.withdrawn).await?;
    postbacks::silence(tx, &changes.silenced, now).await?;
    postbacks::queue(tx, &changes.postbacks).await?;
    messages::write(tx, &changes.messages).await
}
