//! The audit log: every change, written in the transaction that makes it.

use super::{Db, Result, Tx, on, within};
use crate::model::Millis;
use crate::model::user::Account;
use uuid::Uuid;

/// One change. `action` is a word such as `goal.paused`; `subject` the name of what changed, as people know it.
pub struct Entry<'a> {
    /// None: a change of the instance.
    pub game_id: Option<Uuid>,
    /// None: the command line or Postbacks itself.
    pub user_id: Option<Uuid>,
    /// The person's email, kept as it was then; `command line` or `Postbacks` where it was nobody.
    pub who: &'a str,
    pub time: Millis,
    pub action: &'a str,
    pub subject: &'a str,
    /// A plain sentence or the values before and after; empty where the action says it all. Never a secret.
    pub detail: &'a str,
}

impl<'a> Entry<'a> {
    /// A change that a person made in a game.
    pub fn of(account: &'a Account, game_id: Uuid, time: Millis, action: &'a str, subject: &'a str, detail: &'a str) -> Self {
        Self { game_id: Some(game_id), user_id: Some(account.id), who: &account.email, time, action, subject, detail }
    }
}

pub async fn record(tx: &mut Tx, entry: &Entry<'_>) -> Result<()> {
    within!(tx, c => sqlx::query(
        "insert into audit_log (id, game_id, user_id, who, time, action, subject, detail) values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(Uuid::now_v7())
    .bind(entry.game_id)
    .bind(entry.user_id)
    .bind(entry.who)
    .bind(entry.time)
    .bind(entry.action)
    .bind(entry.subject)
    .bind(entry.detail)
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
