//! The audit log of a game, as its people read it. Members read it without addresses.

use super::auth::Access;
use super::db::audit::{self, Row, Scope};
use super::masking::{Masked, colleague};
use super::state::AppState;
use super::{networks, zone};
use crate::error::AppError;
use crate::model::Millis;
use crate::model::audit::{Action, Area, AuditPage, AuditQuery, AuditRow, Meaning};
use crate::model::filter::{Cursor, Position};
use crate::model::integration::Page;

pub async fn read(state: &AppState, (_, game, role): &Access, asked: &AuditQuery) -> Result<AuditPage, AppError> {
    let Meaning { filter, position, unknown } = asked.meaning();
    let zone = zone::of(&game.time_zone);
    let scope = Scope {
        game_id: game.id,
        since: filter.from.map_or(0, |day| zone.start_of(day)),
        until: filter.to.map_or(Millis::MAX, |day| zone.start_of(day + 1)),
        area: filter.area,
        by: filter.by,
    };
    let (rows, more) = audit::page(&state.db, &scope, &position).await?;
    let masked = !role.may_change();
    let name = |who: String| if masked { colleague(&who) } else { who };
    let people = audit::people(&state.db, game.id).await?.into_iter().map(|(id, who)| (id, name(who))).collect();
    let ends = rows.first().zip(rows.last()).map(|(first, last)| (place(first), place(last)));
    let (newer, older) = match position {
        Position::Newest => (false, more),
        Position::OlderThan(_) => (true, more),
        Position::NewerThan(_) => (more, true),
    };
    let rows = rows.into_iter().map(|row| shown(row, masked)).collect();
    Ok(AuditPage {
        game_name: game.name.clone(),
        zone_name: zone.name,
        filter,
        people,
        rows: Page { rows, newer: ends.filter(|_| newer).map(|(first, _)| first), older: ends.filter(|_| older).map(|(_, last)| last) },
        unknown,
        masked,
    })
}

const fn place(row: &Row) -> Cursor {
    Cursor { time: row.time, id: row.id }
}

fn shown(row: Row, masked: bool) -> AuditRow {
    let Row { id, time, who, action, subject, detail } = row;
    let known = Action::from_word(&action);
    let says = match known {
        Some(action) if action.area() == Area::Network => action.says(networks::spoken(&subject)),
        Some(action) => action.says(&subject),
        // Of a version that knows more.
        None => format!("did {action} {subject}"),
    };
    let erasure = known.filter(|action| matches!(action, Action::ErasureAsked | Action::PlayerErased)).map(|_| subject.clone());
    let detail = match known {
        Some(Action::PlayerExported) => subject,
        _ => detail.replace(" -> ", " → "),
    };
    if masked {
        return AuditRow { id, time, who: colleague(&who), says: says.masked(), detail: detail.masked(), erasure };
    }
    AuditRow { id, time, who, says, detail, erasure }
}
