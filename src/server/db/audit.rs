//! The audit log: every change, written in the transaction that makes it.

use super::{Db, Result, Tx, on, within};
use crate::model::Millis;
use crate::model::audit::Action;
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
