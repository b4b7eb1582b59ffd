//! The audit log: every change, written in the transaction that makes it.

use super::{Db, Result, Tx, on, within};
use crate::model::Millis;
use crate::model::audit::{Action, Area, By};
use crate::model::filter::Position;
use crate::model::user::Account;
use uuid::Uuid;

/// One change. `subject` is the name of what changed, as people know it: of a connection the network’s slug, of an erasure the request’s id.
pub struct Entry<'a> {
    /// None: a change of the instance.
    pub game_id: Option<Uuid>,
    /// None: the command line or Postbacks itself.
    pub user_id: Option<Uuid>,
    /// The person's email, kept as it was then; `command line` or `Postbacks` where it was nobody.
    pub who: &'a str,
    pub time: Millis,
    pub action: Action,
    pub subject: &'a str,
    /// A plain sentence or the values before and after; empty where the action says it all. Never a secret.
    pub detail: &'a str,
}

impl<'a> Entry<'a> {
    /// A change that a person made in a game.
    pub fn of(account: &'a Account, game_id: Uuid, time: Millis, action: Action, subject: &'a str, detail: &'a str) -> Self {
        Self { game_id: Some(game_id), user_id: Some(account.id), who: &account.email, time, action, subject, detail }
    }
}

pub async fn record(tx: &mut Tx, entry: &Entry<'_>) -> Result<()> {
    record_with(tx, entry, None).await
}

/// The same with an erasure's receipt, as JSON.
pub async fn record_with(tx: &mut Tx, entry: &Entry<'_>, receipt: Option<&str>) -> Result<()> {
    within!(tx, c => sqlx::query(
        "insert into audit_log (id, game_id, user_id, who, time, area, action, subject, detail, receipt)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(Uuid::now_v7())
    .bind(entry.game_id)
    .bind(entry.user_id)
    .bind(entry.who)
    .bind(entry.time)
    .bind(entry.action.area().word())
    .bind(entry.action.word())
    .bind(entry.subject)
    .bind(entry.detail)
    .bind(receipt)
    .execute(c)
    .await
    .map(drop))
}

/// A line of the log as it was written.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Line {
    pub who: String,
    pub time: Millis,
    pub action: String,
    pub subject: String,
    pub detail: String,
}

/// The newest lines of a game, or with None of the instance.
pub async fn newest(db: &Db, game_id: Option<Uuid>, limit: i64) -> Result<Vec<Line>> {
    on!(db, pool => sqlx::query_as(
        "select who, time, action, subject, detail from audit_log
         where game_id = $1 or (cast($1 as uuid) is null and game_id is null) order by time desc, id desc limit $2",
    )
    .bind(game_id)
    .bind(limit)
    .fetch_all(pool)
    .await)
}

const RECEIPT: &str = "select who, time, detail, receipt from audit_log where game_id = $1 and subject = $2 and action = 'player.erased'";

/// What stands in the log of an erasure that is done.
#[derive(Debug, sqlx::FromRow)]
pub struct Erased {
    pub who: String,
    pub time: Millis,
    pub detail: String,
    /// As JSON; none where it is older than receipts with figures.
    pub receipt: Option<String>,
}

/// The receipt of the erasure of this request.
pub async fn receipt(db: &Db, game_id: Uuid, trace_id: &str) -> Result<Option<Erased>> {
    on!(db, pool => sqlx::query_as(RECEIPT).bind(game_id).bind(trace_id).fetch_optional(pool).await)
}

/// Rows a page of the log shows.
pub const PAGE: usize = 50;

/// Which part of a game's log: from a time on, before another, perhaps about one thing or by one person.
#[derive(Debug, Clone)]
pub struct Scope {
    pub game_id: Uuid,
    pub since: Millis,
    pub until: Millis,
    pub area: Option<Area>,
    pub by: Option<By>,
}

/// An entry as the page reads it.
#[derive(Debug, sqlx::FromRow)]
pub struct Row {
    pub id: Uuid,
    pub time: Millis,
    pub who: String,
    pub action: String,
    pub subject: String,
    pub detail: String,
}

/// Between two places, neither included. The time span is in them: SQLite takes the wrong index for a third bound.
macro_rules! page_text {
    ($which:literal, $order:literal) => {
        concat!(
            "select id, time, who, action, subject, detail from audit_log where game_id = $1 and (time, id) > ($2, $3) and (time, id) < ($4, $5)",
            $which,
            " order by time ",
            $order,
            ", id ",
            $order,
            " limit $6"
        )
    };
}

/// The same question from the newest back and from the oldest on. `$7` and `$8` are there in each.
macro_rules! both_ways {
    ($which:literal) => {
        [page_text!($which, "desc"), page_text!($which, "asc")]
    };
}

const ALL: [&str; 2] = both_ways!(" and $7 = $7 and cast($8 as uuid) = cast($8 as uuid)");
const OF_AREA: [&str; 2] = both_ways!(" and area = $7 and cast($8 as uuid) = cast($8 as uuid)");
const BY_PERSON: [&str; 2] = both_ways!(" and $7 = $7 and user_id = $8");
const BY_NOBODY: [&str; 2] = both_ways!(" and $7 = $7 and user_id is null and cast($8 as uuid) = cast($8 as uuid)");
const OF_AREA_BY_PERSON: [&str; 2] = both_ways!(" and area = $7 and user_id = $8");
const OF_AREA_BY_NOBODY: [&str; 2] = both_ways!(" and area = $7 and user_id is null and cast($8 as uuid) = cast($8 as uuid)");

/// Up to `PAGE` rows at the position, newest first, and whether there are more beyond the last one read.
pub async fn page(db: &Db, scope: &Scope, position: &Position) -> Result<(Vec<Row>, bool)> {
    let [older, newer] = match (scope.area, scope.by) {
        (None, None) => ALL,
        (Some(_), None) => OF_AREA,
        (None, Some(By::Person(_))) => BY_PERSON,
        (None, Some(By::Nobody)) => BY_NOBODY,
        (Some(_), Some(By::Person(_))) => OF_AREA_BY_PERSON,
        (Some(_), Some(By::Nobody)) => OF_AREA_BY_NOBODY,
    };
    let (mut after, mut before) = ((scope.since - 1, Uuid::max()), (scope.until, Uuid::nil()));
    let text = match position {
        Position::Newest => older,
        Position::OlderThan(cursor) => {
            before = before.min((cursor.time, cursor.id));
            older
        }
        Position::NewerThan(cursor) => {
            after = after.max((cursor.time, cursor.id));
            newer
        }
    };
    let person = match scope.by {
        Some(By::Person(id)) => id,
        _ => Uuid::nil(),
    };
    let limit = i64::try_from(PAGE).expect("a page is small") + 1;
    let mut rows: Vec<Row> = on!(db, pool => sqlx::query_as(text)
        .bind(scope.game_id)
        .bind(after.0)
        .bind(after.1)
        .bind(before.0)
        .bind(before.1)
        .bind(limit)
        .bind(scope.area.map_or("", Area::word))
        .bind(person)
        .fetch_all(pool)
        .await)?;
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    if matches!(position, Position::NewerThan(_)) {
        rows.reverse();
    }
    Ok((rows, more))
}

/// Goes from one person to the next by the index, however many entries each has.
const PEOPLE: &str = "with recursive people (id) as (
       select (select user_id from audit_log where game_id = $1 and user_id is not null order by user_id limit 1)
       union all
       select (select user_id from audit_log where game_id = $1 and user_id > people.id order by user_id limit 1) from people where people.id is not null)
     select people.id, (select l.who from audit_log l where l.game_id = $1 and l.user_id = people.id order by l.time desc, l.id desc limit 1)
     from people where people.id is not null limit $2";
/// More than a game has.
const MAX_PEOPLE: i64 = 200;

/// Who has changed something in a game, under the name of their latest change.
pub async fn people(db: &Db, game_id: Uuid) -> Result<Vec<(Uuid, String)>> {
    on!(db, pool => sqlx::query_as(PEOPLE).bind(game_id).bind(MAX_PEOPLE).fetch_all(pool).await)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::engines::sqlite_plan;

    /// What a page costs must not grow with the log, nor with other games'.
    #[tokio::test]
    async fn sqlite_reads_a_page_by_an_index_and_sorts_nothing() {
        let all = [
            (ALL, "audit_log_by_time (game_id=? AND (time,id)>(?,?) AND (time,id)<(?,?))"),
            (OF_AREA, "audit_log_by_area (game_id=? AND area=? AND (time,id)>(?,?) AND (time,id)<(?,?))"),
            (BY_PERSON, "audit_log_by_user (game_id=? AND user_id=? AND (time,id)>(?,?) AND (time,id)<(?,?))"),
            (BY_NOBODY, "audit_log_by_user (game_id=? AND user_id=? AND (time,id)>(?,?) AND (time,id)<(?,?))"),
            (OF_AREA_BY_PERSON, "(game_id=? AND "),
            (OF_AREA_BY_NOBODY, "(game_id=? AND "),
        ];
        for (text, index) in all.into_iter().flat_map(|(both, index)| both.map(|text| (text, index))) {
            let steps = sqlite_plan(text).await;
            assert!(steps.len() == 1 && steps[0].contains(index), "{text}: {steps:?}");
        }
        for (text, index) in [(PEOPLE, "audit_log_by_user"), (RECEIPT, "audit_log_of_erasure (game_id=? AND subject=?)")] {
            let steps = sqlite_plan(text).await;
            let of_log: Vec<&String> = steps.iter().filter(|step| step.contains("audit_log") || step.contains(" l ")).collect();
            assert!(
                !of_log.is_empty() && of_log.iter().all(|step| step.starts_with("SEARCH ") && step.contains(index)),
                "{text}: {steps:?}"
            );
            assert!(!steps.iter().any(|step| step.contains("TEMP B-TREE")), "{text}: {steps:?}");
        }
    }
}
