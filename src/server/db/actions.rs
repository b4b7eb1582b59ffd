//! What the targets of connections offer goals to be mapped to, as it was last read, and what is mapped.

use super::{Db, Error, Result, Tx, on, within};
use crate::model::Millis;
use crate::model::action::{Action, ActionState, MappedGoal};
use crate::server::networks::contract;
use sqlx::FromRow;
use uuid::Uuid;

#[derive(FromRow)]
struct Row {
    id: String,
    name: String,
    state: String,
    window_days: Option<i32>,
    once_per_click: bool,
    appeared_at: Option<i64>,
}

impl Row {
    fn read(self) -> Result<Action> {
        Ok(Action {
            id: self.id,
            name: self.name,
            state: self.state.parse().map_err(Error::decode)?,
            window_days: self.window_days,
            once_per_click: self.once_per_click,
            appeared_at: self.appeared_at,
        })
    }
}

/// The actions of the connection's present target by their names, and when they were read.
pub async fn of_connection(db: &Db, connection_id: Uuid) -> Result<(Vec<Action>, Option<Millis>)> {
    let read_at: Option<(Option<i64>,)> = on!(db, pool => sqlx::query_as("select actions_read_at from connections where id = $1").bind(connection_id).fetch_optional(pool).await)?;
    let rows: Vec<Row> = on!(db, pool => sqlx::query_as(
        "select a.id, a.name, a.state, a.window_days, a.once_per_click, a.appeared_at from connections c
         join actions a on a.connection_id = c.id and a.target_id = c.target_id where c.id = $1 order by lower(a.name), a.id",
    )
    .bind(connection_id)
    .fetch_all(pool)
    .await)?;
    Ok((rows.into_iter().map(Row::read).collect::<Result<_>>()?, read_at.and_then(|(at,)| at)))
}

/// Puts a whole list in place of the former one. What is not in it any more stays by its name, as gone; of another target, it goes.
pub async fn replace(tx: &mut Tx, connection_id: Uuid, target_id: &str, list: &[contract::Action], now: Millis) -> Result<()> {
    let known: Vec<(String,)> = within!(tx, c => sqlx::query_as("select id from actions where connection_id = $1 and target_id = $2")
        .bind(connection_id)
        .bind(target_id)
        .fetch_all(c)
        .await)?;
    within!(tx, c => sqlx::query("delete from actions where connection_id = $1 and target_id <> $2")
        .bind(connection_id)
        .bind(target_id)
        .execute(c)
        .await
        .map(drop))?;
    within!(tx, c => sqlx::query("update actions set state = $2 where connection_id = $1")
        .bind(connection_id)
        .bind(ActionState::Gone.word())
        .execute(c)
        .await
        .map(drop))?;
    for action in list {
        let appeared_at = (!known.is_empty()).then_some(now);
        within!(tx, c => sqlx::query(
            "insert into actions (connection_id, id, target_id, name, state, window_days, appeared_at, once_per_click) values ($1, $2, $3, $4, $5, $6, $7, $8)
             on conflict (connection_id, id) do update set name = excluded.name, state = excluded.state, window_days = excluded.window_days,
             once_per_click = excluded.once_per_click",
        )
        .bind(connection_id)
        .bind(&action.id)
        .bind(target_id)
        .bind(&action.name)
        .bind(action.state.word())
        .bind(action.window_days)
        .bind(appeared_at)
        .bind(action.once_per_click)
        .execute(c)
        .await
        .map(drop))?;
    }
    within!(tx, c => sqlx::query("update connections set actions_read_at = $2 where id = $1").bind(connection_id).bind(now).execute(c).await.map(drop))
}

#[derive(FromRow)]
struct GoalRow {
    id: Uuid,
    name: String,
    event: String,
    trigger_kind: String,
    target: Option<String>,
    last_day: i64,
    kept_back: i64,
}

/// The game's active goals, oldest first, with what they are mapped to at the network and what it earned them since then.
pub async fn goals(db: &Db, game_id: Uuid, network: &str, since: Millis) -> Result<Vec<MappedGoal>> {
    let rows: Vec<GoalRow> = on!(db, pool => sqlx::query_as(
        "select g.id, g.name, g.event, g.trigger_kind, m.target,
                (select count(*) from conversions c where c.goal_id = g.id and c.network = $2 and c.received_at >= $3 and c.test = $4) as last_day,
                (select count(*) from conversions c where c.goal_id = g.id and c.network = $2 and c.received_at >= $3 and c.test = $4
                 and c.reason = 'goal_unmapped') as kept_back
         from goals g left join mappings m on m.goal_id = g.id and m.network = $2
         where g.game_id = $1 and g.status = 'active' order by g.created_at, g.id",
    )
    .bind(game_id)
    .bind(network)
    .bind(since)
    .bind(false)
    .fetch_all(pool)
    .await)?;
    let read = |row: GoalRow| {
        Ok(MappedGoal {
            id: row.id,
            name: row.name,
            event: row.event,
            trigger: row.trigger_kind.parse().map_err(Error::decode)?,
            action: row.target,
            last_day: row.last_day,
            kept_back: row.kept_back,
        })
    };
    rows.into_iter().map(read).collect()
}
