//! What a game has set up: attribution window, goals, connections, mappings.

use super::super::connection_row::{ConnectionRow, connection_columns};
use super::super::{Error, Result, Tx, rows, within};
use crate::model::connection::Connection;
use crate::model::goal::Goal;
use crate::server::decide::facts::{Facts, MappedAction};
use crate::server::networks::find;
use sqlx::{FromRow, QueryBuilder};
use std::collections::BTreeSet;
use uuid::Uuid;

pub async fn lock(tx: &mut Tx, games: &BTreeSet<Uuid>) -> Result<()> {
    if matches!(tx, Tx::Sqlite(..)) {
        return Ok(());
    }
    let games: Vec<Uuid> = games.iter().copied().collect();
    for list in rows::lists(&games) {
        within!(tx, c => {
            let mut query = QueryBuilder::new("select id from games where id in ");
            rows::push_list(&mut query, &list);
            // Not `for update`: rows that point at a game may be inserted meanwhile.
            query.push(" order by id for no key update");
            query.build().execute(c).await.map(drop)
        })?;
    }
    Ok(())
}

pub async fn load(tx: &mut Tx, games: &[Uuid], facts: &mut Facts) -> Result<()> {
    for list in rows::lists(games) {
        let windows: Vec<(Uuid, i32)> = within!(tx, c => {
            let mut query = QueryBuilder::new("select id, window_days from games where id in ");
            rows::push_list(&mut query, &list);
            query.build_query_as().fetch_all(c).await
        })?;
        facts.window_days.extend(windows);
        let goals: Vec<GoalRow> = within!(tx, c => {
            let mut query = QueryBuilder::new(
                "select id, game_id, name, description, event, trigger_kind, filter, status, created_at, updated_at
                 from goals where status = 'active' and game_id in ",
            );
            rows::push_list(&mut query, &list);
            query.build_query_as().fetch_all(c).await
        })?;
        for goal in goals {
            facts.goals.push(goal.read()?);
        }
    }
    Ok(())
}

/// Where the games' conversions may go.
pub async fn load_connections(tx: &mut Tx, games: &[Uuid], facts: &mut Facts) -> Result<()> {
    for list in rows::lists(games) {
        let connections: Vec<ConnectionRow> = within!(tx, c => {
            let mut query = QueryBuilder::new(
                concat!("select ", connection_columns!(), " from connections where connected and game_id in "),
            );
            rows::push_list(&mut query, &list);
            query.build_query_as().fetch_all(c).await
        })?;
        facts.connections.extend(connections.into_iter().map(Connection::from));
        let mappings: Vec<(Uuid, String, String)> = within!(tx, c => {
            let mut query = QueryBuilder::new(
                "select m.goal_id, m.network, m.target from goals g join mappings m on m.goal_id = g.id where g.game_id in ",
            );
            rows::push_list(&mut query, &list);
            query.build_query_as().fetch_all(c).await
        })?;
        facts.mappings.extend(mappings.into_iter().map(|(goal, network, target)| ((goal, network), target)));
    }
    let asks = |connection: &Connection| find(&connection.network).is_some_and(|network| network.spec().action.is_some());
    if facts.connections.iter().any(asks) { load_actions(tx, games, facts).await } else { Ok(()) }
}

/// What goals are mapped to, where the connection's present target has it and it takes conversions.
async fn load_actions(tx: &mut Tx, games: &[Uuid], facts: &mut Facts) -> Result<()> {
    for list in rows::lists(games) {
        let actions: Vec<(Uuid, String, String, String, Option<i32>)> = within!(tx, c => {
            let mut query = QueryBuilder::new(
                "select m.goal_id, m.network, a.id, a.name, a.window_days from connections c
                 join actions a on a.connection_id = c.id and a.target_id = c.target_id and a.state = 'usable'
                 join mappings m on m.network = c.network and m.target = a.id join goals g on g.id = m.goal_id and g.game_id = c.game_id
                 where c.game_id in ",
            );
            rows::push_list(&mut query, &list);
            query.build_query_as().fetch_all(c).await
        })?;
        let mapped =
            actions.into_iter().map(|(goal, network, id, name, window_days)| ((goal, network), MappedAction { id, name, window_days }));
        facts.actions.extend(mapped);
    }
    Ok(())
}

#[derive(FromRow)]
struct GoalRow {
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

impl GoalRow {
    fn read(self) -> Result<Goal> {
        let filter = self.filter.map(|filter| serde_json::from_str(&filter)).transpose();
        Ok(Goal {
            id: self.id,
            game_id: self.game_id,
            name: self.name,
            description: self.description,
            event: self.event,
            trigger: self.trigger_kind.parse().map_err(Error::decode)?,
            filter: filter.map_err(Error::decode)?,
            status: self.status.parse().map_err(Error::decode)?,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}
