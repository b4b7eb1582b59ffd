//! One postback sent again, from its own page: what that would do is said first, and done only if it is still so.

use crate::error::AppError;
use crate::model::audit::Action;
use crate::model::resend::{Effect, ResendOne, ResendProblem, Standing, TYPED};
use crate::model::{DAY, HOUR, MINUTE, Millis};
use crate::server::auth::Access;
use crate::server::db::audit::{self, Entry};
use crate::server::db::resendable::{self, Found, Terms};
use crate::server::db::resent::{self, Mark};
use crate::server::db::{self, Db, Tx, attempts, connection_changes, facts, resends};
use crate::server::integrations::card;
use crate::server::networks::contract::Spec;
use crate::server::networks::find;
use crate::server::state::AppState;
use std::collections::BTreeSet;
use uuid::Uuid;

/// This close to the end of the network's window nobody promises that it still recognises an id: the call itself takes time.
const WINDOW_MARGIN: Millis = MINUTE;

/// The question before the postback of this attempt is sent again.
pub async fn ask_of_one(db: &Db, (_, game, _): &Access, slug: &str, attempt: Uuid, now: Millis) -> Result<ResendOne, AppError> {
    let network = find(slug).ok_or(AppError::NotFound)?;
    let attempt = attempts::one(db, game.id, slug, attempt).await?.ok_or(AppError::NotFound)?;
    // Only read: it is rolled back.
    let mut tx = db.begin().await?;
    let effect = look(&mut tx, game.id, network.spec(), attempt.postback_id, now).await?.ok_or(AppError::NotFound)?;
    drop(tx);
    Ok(ResendOne {
        game_name: game.name.clone(),
        network: card(network),
        connection: connection_changes::of_network(db, game.id, slug).await?,
        event: attempt.event,
        goal_name: attempt.goal_name,
        effect,
        max_age_days: network.spec().max_age / DAY,
        window_hours: network.spec().dedup_window / HOUR,
    })
}

/// Sends it again, if that does what was said (`saw`, the word of the effect), and was confirmed by typing where it has to be.
pub async fn send_one(
    state: &AppState,
    access: &Access,
    slug: &str,
    attempt: Uuid,
    saw: &str,
    typed: &str,
    now: Millis,
) -> Result<(), AppError> {
    let (account, game, _) = access;
    let spec = find(slug).ok_or(AppError::NotFound)?.spec();
    let attempt = attempts::one(&state.db, game.id, slug, attempt).await?.ok_or(AppError::NotFound)?;
    let connection = connection_changes::of_network(&state.db, game.id, slug).await?;
    let connection = connection.ok_or(AppError::Resend(ResendProblem::NotConnected))?;
    let id = attempt.postback_id;
    let mut tx = state.db.begin().await?;
    facts::lock(&mut tx, &BTreeSet::from([game.id])).await?;
    if !resends::connection(&mut tx, connection.id).await?.0 {
        return Err(AppError::Resend(ResendProblem::NotConnected));
    }
    let effect = look(&mut tx, game.id, spec, id, now).await?.ok_or(AppError::NotFound)?;
    if effect.word() != saw {
        return Err(AppError::Resend(ResendProblem::Changed));
    }
    if effect.must_be_typed() && !typed.trim().eq_ignore_ascii_case(TYPED) {
        return Err(AppError::Resend(ResendProblem::Typed));
    }
    let mark = Mark { resend_id: None, now };
    let done = match effect {
        Effect::Again => resent::put_back(&mut tx, &[id], mark).await? == 1,
        Effect::Now { .. } => resent::hurry(&mut tx, &[id], mark).await? == 1,
        Effect::Ignored { since, .. } => resent::repeat(&mut tx, id, Some(since), mark).await?,
        Effect::Twice { .. } | Effect::PerhapsTwice { .. } => resent::repeat(&mut tx, id, None, mark).await?,
        Effect::None(_) => return Err(AppError::Resend(ResendProblem::Nothing)),
    };
    if !done {
        return Err(AppError::Resend(ResendProblem::Changed));
    }
    let said = format!("{} for {}, postback {id}: {}", attempt.event, attempt.goal_name, effect.word());
    audit::record(&mut tx, &Entry::of(account, game.id, now, Action::Resent, slug, &said)).await?;
    tx.commit().await?;
    state.resend.wake_dispatch();
    Ok(())
}

async fn look(tx: &mut Tx, game_id: Uuid, spec: &Spec, id: Uuid, now: Millis) -> db::Result<Option<Effect>> {
    let terms = Terms { game_id, network: spec.slug, now, window: spec.dedup_window, asked_at: Millis::MAX };
    let Some(found) = resendable::standings(tx, &terms, &[id]).await?.remove(&id) else { return Ok(None) };
    let taken_at = match found.standing {
        Standing::Delivered => resent::taken_at(tx, id).await?,
        _ => None,
    };
    Ok(Some(effect(&found, taken_at, spec.dedup_window, now)))
}

/// PURE: what sending it again would do. `taken_at`: when the network first took it, as far as that is known.
fn effect(found: &Found, taken_at: Option<Millis>, window: Millis, now: Millis) -> Effect {
    match found.standing {
        Standing::Ready => Effect::Again,
        Standing::Waiting => Effect::Now { due_at: found.due_at.unwrap_or(now) },
        Standing::Delivered if found.expires_at <= now => Effect::None(Standing::Expired),
        Standing::Delivered => {
            let since = taken_at.or(found.finished_at).unwrap_or(0);
            let until = since + window - WINDOW_MARGIN;
            if now < until { Effect::Ignored { since, until } } else { Effect::Twice { since } }
        }
        Standing::Unknown => Effect::PerhapsTwice { since: found.unknown_since.unwrap_or(0) },
        other => Effect::None(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = 1_800_000_000_000;

    fn found(standing: Standing) -> Found {
        let (expires_at, due_at) = (NOW + DAY, Some(NOW + HOUR));
        Found { id: Uuid::nil(), standing, expires_at, unknown_since: Some(NOW - 3 * DAY), finished_at: Some(NOW - HOUR), due_at }
    }

    #[test]
    fn what_it_would_do_is_told_for_every_standing() {
        let told = |standing, taken| effect(&found(standing), taken, 48 * HOUR, NOW);
        assert_eq!(told(Standing::Ready, None), Effect::Again);
        assert_eq!(told(Standing::Waiting, None), Effect::Now { due_at: NOW + HOUR });
        assert_eq!(told(Standing::Unknown, None), Effect::PerhapsTwice { since: NOW - 3 * DAY });
        let since = NOW - 2 * HOUR;
        assert_eq!(told(Standing::Delivered, Some(since)), Effect::Ignored { since, until: since + 48 * HOUR - MINUTE });
        assert_eq!(told(Standing::Delivered, None), Effect::Ignored { since: NOW - HOUR, until: NOW + 47 * HOUR - MINUTE });
        let since = NOW - 48 * HOUR + MINUTE;
        assert_eq!(told(Standing::Delivered, Some(since)), Effect::Twice { since });
        for standing in Standing::ALL.iter().copied() {
            let goes = standing.goes() || matches!(standing, Standing::Delivered | Standing::Unknown);
            assert_eq!(told(standing, None) == Effect::None(standing), !goes, "{standing}");
        }
        assert_eq!(effect(&Found { expires_at: NOW, ..found(Standing::Delivered) }, None, HOUR, NOW), Effect::None(Standing::Expired));
    }
}
