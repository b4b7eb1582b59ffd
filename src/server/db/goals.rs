//! Goals and the names they are sent under, as people change them; what matched them, as pages show it.

use super::{Db, Error, Result, Tx, on, within};
use crate::model::Millis;
use crate::model::goal::{Filter, Goal, GoalStatus, Rule};
use crate::model::goal_form::Outcomes;
use crate::model::money::Amount;
use crate::model::rehearsal::Earned;
use crate::server::networks;
use sqlx::FromRow;
use std::collections::HashMap;
use uuid::Uuid;

/// The unique index that keeps two goals of a game from sharing a name.
pub const NAME_TAKEN: &str = "goals_name_key";

#[derive(FromRow)]
struct Row {
    id: Uuid,
    game_id: Uuid,
    name: String,
    description: String,
    event: String,
    trigger_kind: String,
    filter: Option<String>,
    status: String,
    created_at: i64,
    updated_at: i64,
}

impl Row {
    fn read(self) -> Result<Goal> {
        let unreadable = |cause: &dyn std::error::Error| Error::Decode(cause.to_string().into());
        Ok(Goal {
            id: self.id,
            game_id: self.game_id,
            name: self.name,
            description: self.description,
            event: self.event,
            trigger: self.trigger_kind.parse().map_err(|cause| unreadable(&cause as &crate::model::UnknownWord))?,
            filter: self.filter.map(|text| serde_json::from_str::<Filter>(&text)).transpose().map_err(|cause| unreadable(&cause))?,
            status: self.status.parse().map_err(|cause| unreadable(&cause as &crate::model::UnknownWord))?,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

/// Every goal of the game, archived ones too, oldest first.
pub async fn of_game(db: &Db, game_id: Uuid) -> Result<Vec<Goal>> {
    let rows: Vec<Row> = on!(db, pool => sqlx::query_as(
        "select id, game_id, name, description, event, trigger_kind, filter, status, created_at, updated_at
         from goals where game_id = $1 order by created_at, id",
    )
    .bind(game_id)
    .fetch_all(pool)
    .await)?;
    rows.into_iter().map(Row::read).collect()
}

pub async fn by_id(db: &Db, game_id: Uuid, id: Uuid) -> Result<Option<Goal>> {
    let row: Option<Row> = on!(db, pool => sqlx::query_as(
        "select id, game_id, name, description, event, trigger_kind, filter, status, created_at, updated_at
         from goals where game_id = $1 and id = $2",
    )
    .bind(game_id)
    .bind(id)
    .fetch_optional(pool)
    .await)?;
    row.map(Row::read).transpose()
}

pub async fn insert(tx: &mut Tx, goal: &Goal) -> Result<()> {
    let filter = goal.filter.as_ref().map(serde_json::to_string).transpose().map_err(|cause| Error::Encode(cause.into()))?;
    within!(tx, c => sqlx::query(
        "insert into goals (id, game_id, name, description, event, trigger_kind, filter, status, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(goal.id)
    .bind(goal.game_id)
    .bind(&goal.name)
    .bind(&goal.description)
    .bind(&goal.event)
    .bind(goal.trigger.word())
    .bind(filter)
    .bind(goal.status.word())
    .bind(goal.created_at)
    .bind(goal.updated_at)
    .execute(c)
    .await
    .map(drop))
}

pub async fn rename(tx: &mut Tx, id: Uuid, name: &str, description: &str, now: Millis) -> Result<()> {
    within!(tx, c => sqlx::query("update goals set name = $2, description = $3, updated_at = $4 where id = $1")
        .bind(id)
        .bind(name)
        .bind(description)
        .bind(now)
        .execute(c)
        .await
        .map(drop))
}

/// Counts by another trigger and filter from now on.
pub async fn set_rule(tx: &mut Tx, id: Uuid, rule: &Rule, now: Millis) -> Result<()> {
    let filter = rule.filter.as_ref().map(serde_json::to_string).transpose().map_err(|cause| Error::Encode(cause.into()))?;
    within!(tx, c => sqlx::query("update goals set trigger_kind = $2, filter = $3, rule_changed_at = $4, updated_at = $4 where id = $1")
        .bind(id)
        .bind(rule.trigger.word())
        .bind(filter)
        .bind(now)
        .execute(c)
        .await
        .map(drop))
}

/// Since when a goal counts by its present trigger and filter, where they were changed.
pub async fn rule_changed_at(db: &Db, game_id: Uuid, id: Uuid) -> Result<Option<Millis>> {
    let row: Option<(Option<i64>,)> = on!(db, pool => sqlx::query_as("select rule_changed_at from goals where game_id = $1 and id = $2")
        .bind(game_id)
        .bind(id)
        .fetch_optional(pool)
        .await)?;
    Ok(row.and_then(|(time,)| time))
}

pub async fn set_status(tx: &mut Tx, id: Uuid, status: GoalStatus, now: Millis) -> Result<()> {
    within!(tx, c => sqlx::query("update goals set status = $2, updated_at = $3 where id = $1")
        .bind(id)
        .bind(status.word())
        .bind(now)
        .execute(c)
        .await
        .map(drop))
}

/// (goal id, network slug) -> the event name chosen instead of the usual one, of a whole game.
pub async fn names(db: &Db, game_id: Uuid) -> Result<HashMap<(Uuid, String), String>> {
    let rows: Vec<(Uuid, String, String)> = on!(db, pool => sqlx::query_as(
        "select m.goal_id, m.network, m.target from mappings m join goals g on g.id = m.goal_id where g.game_id = $1",
    )
    .bind(game_id)
    .fetch_all(pool)
    .await)?;
    Ok(rows.into_iter().map(|(goal, network, name)| ((goal, network), name)).collect())
}

/// Sends the goal to the network under this name or action; None: under none of its own.
pub async fn map(tx: &mut Tx, goal_id: Uuid, network: &str, target: Option<&str>) -> Result<()> {
    within!(tx, c => sqlx::query("delete from mappings where goal_id = $1 and network = $2").bind(goal_id).bind(network).execute(c).await.map(drop))?;
    let Some(target) = target else { return Ok(()) };
    within!(tx, c => sqlx::query("insert into mappings (goal_id, network, target) values ($1, $2, $3)")
        .bind(goal_id)
        .bind(network)
        .bind(target)
        .execute(c)
        .await
        .map(drop))
}

/// What became of the events that matched each goal since then, test events left out.
pub async fn outcomes(db: &Db, game_id: Uuid, since: Millis) -> Result<HashMap<Uuid, Outcomes>> {
    let rows: Vec<(Uuid, String, i64)> = on!(db, pool => sqlx::query_as(
        "select goal_id, decision, count(*) from conversions where game_id = $1 and received_at >= $2 and test = $3 group by goal_id, decision",
    )
    .bind(game_id)
    .bind(since)
    .bind(false)
    .fetch_all(pool)
    .await)?;
    let mut goals: HashMap<Uuid, Outcomes> = HashMap::new();
    for (goal, decision, count) in rows {
        let outcomes = goals.entry(goal).or_default();
        match decision.as_str() {
            "credited" => outcomes.credited += count,
            "waiting" => outcomes.waiting += count,
            _ => outcomes.not_sent += count,
        }
    }
    Ok(goals)
}

/// The event time of the goal's latest match since then.
pub async fn last_match(db: &Db, game_id: Uuid, goal_id: Uuid, since: Millis) -> Result<Option<Millis>> {
    let (time,): (Option<i64>,) = on!(db, pool => sqlx::query_as(
        "select max(event_time) from conversions where game_id = $1 and goal_id = $2 and received_at >= $3 and test = $4",
    )
    .bind(game_id)
    .bind(goal_id)
    .bind(since)
    .bind(false)
    .fetch_one(pool)
    .await)?;
    Ok(time)
}

/// What was credited for a goal since then, by network with its worth by currency; test events left out.
pub async fn earned(db: &Db, game_id: Uuid, goal_id: Uuid, since: Millis) -> Result<Vec<Earned>> {
    // Units and millionths are summed apart: together they may exceed what an integer holds.
    let rows: Vec<(String, Option<String>, i64, i64, i64)> = on!(db, pool => sqlx::query_as(
        "select network, currency, count(*), cast(coalesce(sum(value_micros / 1000000), 0) as bigint), cast(coalesce(sum(value_micros % 1000000), 0) as bigint)
         from conversions where game_id = $1 and goal_id = $2 and received_at >= $3 and test = $4 and decision = 'credited' and network is not null
         group by network, currency order by network, currency",
    )
    .bind(game_id)
    .bind(goal_id)
    .bind(since)
    .bind(false)
    .fetch_all(pool)
    .await)?;
    let mut earned: Vec<Earned> = Vec::new();
    for (network, currency, count, units, micros) in rows {
        let network_name = networks::spoken(&network).to_owned();
        if earned.last().is_none_or(|last| last.network_name != network_name) {
            earned.push(Earned { network_name, sends: true, count: 0, worth: Vec::new() });
        }
        let last = earned.last_mut().expect("one was pushed");
        last.count += count;
        last.worth.extend(currency.map(|currency| Amount::of(currency, i128::from(units) * 1_000_000 + i128::from(micros))));
    }
    Ok(earned)
}
