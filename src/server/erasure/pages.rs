//! What pages show of an erasure: the question before it, how far it is, and its receipt.

use super::{receipt, work};
use crate::error::AppError;
use crate::model::Millis;
use crate::model::erasure::{EraseQuestion, ErasurePage, Receipt, WORD};
use crate::server::auth::Access;
use crate::server::db::{Db, Error, audit, erasures, players, would_go};
use crate::server::masking;
use crate::server::players::label_of;
use crate::server::state::AppState;
use uuid::Uuid;

/// The longest id of a request: ours have 32 digits.
const MAX_TRACE: usize = 64;

/// How an erasure that was asked for on a player's page is found afterwards.
pub fn trace_id(player: Uuid) -> String {
    player.simple().to_string()
}

/// What would go with a player, counted now.
pub async fn question(db: &Db, (_, game, role): &Access, player: Uuid) -> Result<EraseQuestion, AppError> {
    if !role.may_change() {
        return Err(AppError::NotAllowed);
    }
    let label = label_of(&players::identities(db, player, 1).await?, player);
    // Looked at and rolled back: what an erasure would find is found in the same way.
    let mut tx = db.begin().await?;
    let ids = erasures::ids_of(&mut tx, game.id, player).await?.ok_or(AppError::NotFound)?;
    let (found, identities) = work::find(&mut tx, work::Whose { game_id: game.id, ids, named: Some(player) }).await?;
    drop(tx);
    let mut would_go = Receipt { identities, ..Receipt::default() };
    for player in found.players {
        would_go::count(db, player, &mut would_go).await?;
    }
    Ok(EraseQuestion { game_name: game.name.clone(), id: player, label, would_go: receipt::spoken(would_go) })
}

/// Erases a player for whoever has typed the word. Who presses twice finds it asked for already.
pub async fn erase(state: &AppState, access: &Access, player: Uuid, typed: &str, now: Millis) -> Result<(), AppError> {
    if !typed.trim().eq_ignore_ascii_case(WORD) {
        return Err(AppError::NotTyped);
    }
    let asked = state.erasure.of_player(&state.db, access, player, now).await?;
    if asked || was_asked(&state.db, access, player).await? { Ok(()) } else { Err(AppError::NotFound) }
}

async fn was_asked(db: &Db, (_, game, _): &Access, player: Uuid) -> Result<bool, AppError> {
    let trace_id = trace_id(player);
    Ok(erasures::under_way(db, game.id, &trace_id).await?.is_some() || audit::receipt(db, game.id, &trace_id).await?.is_some())
}

/// The erasure of a request, by the id that its answer carried.
pub async fn read(db: &Db, (_, game, role): &Access, trace_id: &str) -> Result<ErasurePage, AppError> {
    if trace_id.is_empty() || trace_id.len() > MAX_TRACE || !trace_id.bytes().all(|c| c.is_ascii_hexdigit()) {
        return Err(AppError::NotFound);
    }
    let page = |who: String, told: Option<&str>| {
        let receipt = told.map(serde_json::from_str::<Receipt>).transpose().map_err(Error::decode)?.map(receipt::spoken);
        Ok::<_, AppError>(ErasurePage {
            game_name: game.name.clone(),
            trace_id: trace_id.to_owned(),
            who: if role.may_change() { who } else { masking::colleague(&who) },
            asked_at: None,
            done_at: None,
            receipt,
            says: String::new(),
        })
    };
    if let Some(job) = erasures::under_way(db, game.id, trace_id).await? {
        let told = page(job.who, Some(&job.receipt))?;
        return Ok(ErasurePage { asked_at: Some(job.requested_at), ..told });
    }
    let done = audit::receipt(db, game.id, trace_id).await?.ok_or(AppError::NotFound)?;
    let told = page(done.who, done.receipt.as_deref())?;
    Ok(ErasurePage { done_at: Some(done.time), says: done.detail, ..told })
}
