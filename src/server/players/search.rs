//! Who bears this id? Any id that a person may hold in hand: a userId with or without its type, an anonymousId, a deviceId, a click id, a
//! messageId, and the event ids that an attempt shows.

use super::label;
use super::masked::short;
use crate::error::AppError;
use crate::model::player::{MAX_ASKED, PlayerRow, PlayerSearch};
use crate::server::auth::Access;
use crate::server::db::player_search::{self as found, Part};
use crate::server::db::{Db, games, players};
use crate::server::decide::facts::IdentityType;
use crate::server::decide::keys::{ANONYMOUS, DEVICE, user_kind};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Players of a page.
const PAGE: usize = 20;
/// How the ids of messages are called that are no userIds.
const ID_NAMES: &[(&str, &str)] = &[("anonymousId", ANONYMOUS), ("deviceId", DEVICE)];
const USER_ID: &str = "userId";

/// The players with this id, newest first and a page at a time; without one those who were seen last. `older`: the last one of the page
/// before.
pub async fn search(db: &Db, (_, game, role): &Access, asked: &str, older: Option<Uuid>) -> Result<PlayerSearch, AppError> {
    let asked = asked.trim();
    let limit = i64::try_from(PAGE).expect("a page is small") + 1;
    let part = Part { before: older.unwrap_or(Uuid::max()), limit };
    let known = can_be_an_id(asked);
    let Found { players: all, without_player } = match asked {
        "" => Found { players: found::seen_last(db, game.id, limit - 1).await?, without_player: false },
        id if known => by_id(db, game.id, id, part).await?,
        _ => Found::default(),
    };
    let mut rows = Vec::with_capacity(PAGE);
    for player in all.iter().take(PAGE) {
        rows.extend(row(db, game.id, *player, role.may_change()).await?);
    }
    Ok(PlayerSearch {
        game_name: game.name.clone(),
        asked: if known { asked.to_owned() } else { asked.chars().filter(|c| !c.is_control()).take(PAGE).collect() },
        older: all.get(PAGE - 1).copied().filter(|_| all.len() > PAGE),
        players: rows,
        without_player,
        masked: !role.may_change(),
        keep_messages_days: games::settings(db, game.id).await?.ok_or(AppError::NotFound)?.keep_messages_days,
    })
}

/// Not every text can be looked up: PostgreSQL knows no NUL.
fn can_be_an_id(asked: &str) -> bool {
    !asked.is_empty() && asked.len() <= MAX_ASKED && !asked.chars().any(char::is_control)
}

#[derive(Default)]
struct Found {
    /// Newest first.
    players: Vec<Uuid>,
    /// An event has this id and belongs to nobody.
    without_player: bool,
}

async fn by_id(db: &Db, game: Uuid, asked: &str, part: Part) -> Result<Found, AppError> {
    let mut players: BTreeSet<Uuid> = BTreeSet::new();
    let every: Vec<&str> = [ANONYMOUS, DEVICE].into_iter().chain(IdentityType::ALL.iter().map(|kind| user_kind(*kind))).collect();
    players.extend(found::by_identity(db, game, &every, asked, part).await?);
    if let Some((kinds, value)) = typed(asked) {
        players.extend(found::by_identity(db, game, &kinds, value, part).await?);
    }
    players.extend(found::by_click(db, game, asked, part).await?);
    players.extend(found::by_dedup_id(db, game, asked, part).await?);
    let mut nobodys = false;
    if let Ok(id) = asked.parse::<Uuid>() {
        let one = [players::by_id(db, game, id).await?.map(|player| Some(player.id)), found::by_conversion(db, game, id).await?];
        for player in one.into_iter().chain([found::by_message(db, game, id).await?]).flatten() {
            nobodys |= player.is_none();
            players.extend(player.filter(|player| *player < part.before));
        }
    }
    Ok(Found { without_player: nobodys && players.is_empty(), players: players.into_iter().rev().collect() })
}

/// `steam:7656`, `userId:7656`, `deviceId:pc`: the kinds of id that are meant, and the id.
fn typed(asked: &str) -> Option<(Vec<&'static str>, &str)> {
    let (name, value) = asked.split_once(':').map(|(name, value)| (name.trim(), value.trim())).filter(|(_, value)| !value.is_empty())?;
    let id = || ID_NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, kind)| vec![*kind]);
    let user = || IdentityType::from_word(&name.to_ascii_lowercase()).map(|kind| vec![user_kind(kind)]);
    let any = || name.eq_ignore_ascii_case(USER_ID).then(|| IdentityType::ALL.iter().map(|kind| user_kind(*kind)).collect());
    Some((id().or_else(user).or_else(any)?, value))
}

/// What the list shows of a player; None where they have gone meanwhile.
async fn row(db: &Db, game: Uuid, player: Uuid, whole: bool) -> Result<Option<PlayerRow>, AppError> {
    let Some(known) = players::by_id(db, game, player).await? else { return Ok(None) };
    let first = players::identities(db, player, 1).await?.into_iter().next();
    let label = first.filter(|_| whole).map_or_else(|| short(player), |span| label(&span.kind, &span.value));
    let last_seen = players::last_seen(db, player).await?;
    Ok(Some(PlayerRow { id: player, label, test: known.test, ids: known.ids, first_seen: known.created_at, last_seen }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_may_be_asked_for_by_its_type() {
        assert_eq!(typed("steam:7656"), Some((vec!["user:steam"], "7656")));
        assert_eq!(typed("Passport: P|1:2"), Some((vec!["user:passport"], "P|1:2")));
        assert_eq!(typed("deviceid:pc"), Some((vec!["device"], "pc")));
        assert_eq!(typed("userId:7656").map(|(kinds, value)| (kinds.len(), value)), Some((IdentityType::ALL.len(), "7656")));
        for other in ["7656", "steam:", "https://emberfall.example", "E.C.P:x"] {
            assert_eq!(typed(other), None, "{other}");
        }
    }

    #[test]
    fn what_can_be_no_id_is_not_looked_up() {
        assert!(can_be_an_id("größer") && can_be_an_id(&"x".repeat(MAX_ASKED)));
        assert!(!can_be_an_id("a\0b") && !can_be_an_id(&"x".repeat(MAX_ASKED + 1)) && !can_be_an_id(""));
    }
}
