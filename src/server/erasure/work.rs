//! One step of an erasure: in the first the players are found, leave the graph, and their ids are kept out; then their rows go, a bounded
//! number a step; the last writes the receipt.

use super::{ANONYMOUS, Salt, USER, json, receipt};
use crate::model::Millis;
use crate::model::audit::Action;
use crate::model::erasure::Receipt;
use crate::server::db::audit::{self, Entry};
use crate::server::db::erasures::{self, Job};
use crate::server::db::{Db, Error, Result, Tx, erased_ids, erased_rows, facts};
use crate::server::decide::erased::{Asked, Gone, gone};
use crate::server::decide::facts::{Facts, IdentityKey};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Rows that a step takes away: ingest waits for it.
const AT_ONCE: i64 = 500;
/// Conversions that are taken away together, each with its postbacks and their rows of the log.
const CONVERSIONS_AT_ONCE: i64 = 32;
/// How often ids lead on to others that bear the same values.
const MAX_ROUNDS: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    More,
    Done,
    /// Another process has taken the job up: this step has changed nothing.
    Lost,
}

/// Whose data is to go.
pub struct Whose {
    pub game_id: Uuid,
    /// The ids they are known by.
    pub ids: BTreeSet<IdentityKey>,
    /// The player themselves, where it was not an id that was asked for. Then only the ids that are theirs to this day lead on.
    pub named: Option<Uuid>,
}

/// Does one step in one transaction, and keeps in `job` how far it has come.
pub async fn step(db: &Db, salt: &Salt, job: &mut Job, now: Millis) -> Result<Step> {
    let mut next = job.clone();
    let mut receipt: Receipt = serde_json::from_str(&next.receipt).map_err(Error::decode)?;
    let mut tx = db.begin().await?;
    if next.players.is_none() {
        facts::lock(&mut tx, &BTreeSet::from([next.game_id])).await?;
        let players = leave(&mut tx, salt, asked(&next)?, &mut receipt, now).await?;
        next.players = Some(json(&players)?);
        (next.kind, next.value) = (None, None);
    }
    let players: Vec<Uuid> = serde_json::from_str(next.players.as_deref().unwrap_or("[]")).map_err(Error::decode)?;
    let all = take_away(&mut tx, &players, &mut receipt, now).await?;
    next.receipt = json(&receipt)?;
    let ours = if all { erasures::end(&mut tx, &next).await? } else { erasures::advance(&mut tx, &next, now).await? };
    if !ours {
        return Ok(Step::Lost);
    }
    if all {
        write_receipt(&mut tx, &next, &receipt, now).await?;
    }
    tx.commit().await?;
    *job = next;
    Ok(if all { Step::Done } else { Step::More })
}

/// What a job that has not begun was asked for.
fn asked(job: &Job) -> Result<Whose> {
    let asked = match (job.kind.as_deref(), job.value.clone()) {
        (Some(ANONYMOUS), Some(value)) => Asked::Anonymous(value),
        (Some(USER), Some(value)) => Asked::User(value),
        _ => return Err(Error::Decode(format!("erasure {} does not say whose", job.id).into())),
    };
    Ok(Whose { game_id: job.game_id, ids: asked.keys(job.game_id), named: None })
}

/// Finds the players, takes them out of the graph and keeps their ids out from now on.
pub async fn leave(tx: &mut Tx, salt: &Salt, whose: Whose, receipt: &mut Receipt, now: Millis) -> Result<BTreeSet<Uuid>> {
    let game_id = whose.game_id;
    let (found, held) = find(tx, whose).await?;
    receipt.identities += held;
    let hashes: BTreeSet<String> = found.ids.iter().map(|key| salt.hash(key)).collect();
    erased_ids::keep(tx, game_id, &hashes, now).await?;
    for player in &found.players {
        erasures::leave_graph(tx, *player).await?;
    }
    erasures::begin_at_zero(tx, &found.others).await?;
    Ok(found.players)
}

/// Whom it is about, and how many ids they are known by.
pub async fn find(tx: &mut Tx, Whose { mut ids, named, .. }: Whose) -> Result<(Gone, i64)> {
    let mut facts = Facts::default();
    facts::load_ids(tx, &ids, &mut facts).await?;
    if let Some(player) = named {
        let bears =
            |key: &IdentityKey| facts.identities.get(key).and_then(|spans| spans.last()).is_some_and(|span| span.player_id == player);
        ids.retain(bears);
    }
    let mut found = gone(&ids, named, &facts);
    let mut rounds = 1..MAX_ROUNDS;
    while !found.unknown.is_empty() && rounds.next().is_some() {
        facts::load_ids(tx, &found.unknown, &mut facts).await?;
        found = gone(&ids, named, &facts);
    }
    let held = facts.identities.values().filter(|spans| spans.iter().any(|span| found.players.contains(&span.player_id))).count();
    Ok((found, i64::try_from(held).unwrap_or(i64::MAX)))
}

/// Takes away as much as a step may; whether that was all.
async fn take_away(tx: &mut Tx, players: &[Uuid], receipt: &mut Receipt, now: Millis) -> Result<bool> {
    let mut room = AT_ONCE;
    for player in players {
        loop {
            if room <= 0 {
                return Ok(false);
            }
            let taken = erased_rows::conversions(tx, *player, CONVERSIONS_AT_ONCE.min(room), now).await?;
            receipt.conversions += taken.conversions;
            taken.postbacks.iter().for_each(|postback| receipt::add(receipt, postback));
            room -= taken.conversions + taken.rows;
            if taken.conversions == 0 {
                break;
            }
        }
        let messages = erased_rows::messages(tx, *player, room).await?;
        (receipt.messages, room) = (receipt.messages + messages, room - messages);
        let clicks = erased_rows::clicks(tx, *player, room).await?;
        (receipt.clicks, room) = (receipt.clicks + clicks, room - clicks);
    }
    Ok(room > 0)
}

async fn write_receipt(tx: &mut Tx, job: &Job, receipt: &Receipt, now: Millis) -> Result<()> {
    let says = receipt::says(receipt);
    let entry = Entry {
        game_id: Some(job.game_id),
        user_id: job.user_id,
        who: &job.who,
        time: now,
        action: Action::PlayerErased,
        subject: &job.trace_id,
        detail: &says,
    };
    audit::record_with(tx, &entry, Some(&job.receipt)).await
}
