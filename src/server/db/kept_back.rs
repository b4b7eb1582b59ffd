//! Conversions that stayed here although a network's click earned them, for a cause that may be gone by now.

use super::{Db, Result, Tx, on, within};
use crate::model::Millis;
use crate::model::conversion::KeptBack;
use sqlx::FromRow;
use uuid::Uuid;

/// Which conversions can be sent now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms<'a> {
    pub game_id: Uuid,
    pub network: &'a str,
    /// The network still takes events that are younger than this, and where it counts that, clicks.
    pub events_after: Millis,
    pub clicks_after: Option<Millis>,
    /// Only goals that are mapped to an action of the connection's target which takes conversions.
    pub mapped: bool,
}

/// The condition, with the terms as $1 to $5 and what is false as $6. The connection itself is looked at by who asks.
macro_rules! sendable {
    () => {
        "c.game_id = $1 and c.network = $2 and c.event_time > $3 and c.decision = 'not_sent'
         and c.reason in ('no_connection', 'connection_disabled', 'goal_unmapped') and c.test = $6
         and (cast($4 as bigint) is null or exists (select 1 from clicks k where k.id = c.click_id and k.time > $4))
         and ($5 = $6 or exists (select 1 from connections x join mappings m on m.network = x.network and m.goal_id = c.goal_id
              join actions a on a.connection_id = x.id and a.target_id = x.target_id and a.id = m.target and a.state = 'usable'
              where x.game_id = c.game_id and x.network = c.network))"
    };
}

#[derive(FromRow)]
struct Row {
    goal_id: Uuid,
    goal_name: String,
    event: String,
    target: Option<String>,
    count: i64,
}

/// How many can be sent now, goal by goal, most first; with the name or action that was chosen for the goal.
pub async fn counts(db: &Db, terms: &Terms<'_>) -> Result<Vec<(KeptBack, Option<String>)>> {
    let rows: Vec<Row> = on!(db, pool => sqlx::query_as(concat!(
        "select c.goal_id, g.name as goal_name, g.event, n.target, count(*) as count from conversions c join goals g on g.id = c.goal_id
         left join mappings n on n.goal_id = c.goal_id and n.network = c.network where ",
        sendable!(), " group by c.goal_id, g.name, g.event, n.target order by count(*) desc, g.name"
    ))
    .bind(terms.game_id)
    .bind(terms.network)
    .bind(terms.events_after)
    .bind(terms.clicks_after)
    .bind(terms.mapped)
    .bind(false)
    .fetch_all(pool)
    .await)?;
    Ok(rows
        .into_iter()
        .map(|row| (KeptBack { goal_id: row.goal_id, goal_name: row.goal_name, event: row.event, count: row.count }, row.target))
        .collect())
}

/// The oldest of a goal that can be sent now, after this place in the order of time and id: at most `limit`, each with its time.
pub async fn next(tx: &mut Tx, terms: &Terms<'_>, goal: Uuid, after: (Millis, Uuid), limit: i64) -> Result<Vec<(Uuid, Millis)>> {
    within!(tx, c => sqlx::query_as(concat!(
        "select c.id, c.event_time from conversions c where ", sendable!(),
        " and c.goal_id = $7 and (c.event_time, c.id) > ($8, $9) order by c.event_time, c.id limit $10"
    ))
    .bind(terms.game_id)
    .bind(terms.network)
    .bind(terms.events_after)
    .bind(terms.clicks_after)
    .bind(terms.mapped)
    .bind(false)
    .bind(goal)
    .bind(after.0)
    .bind(after.1)
    .bind(limit)
    .fetch_all(c)
    .await)
}

/// Goals of the game that are mapped to an action of the connection's target which takes conversions.
pub async fn mapped_goals(db: &Db, connection_id: Uuid) -> Result<Vec<Uuid>> {
    let rows: Vec<(Uuid,)> = on!(db, pool => sqlx::query_as(
        "select m.goal_id from connections x join mappings m on m.network = x.network join goals g on g.id = m.goal_id and g.game_id = x.game_id
         join actions a on a.connection_id = x.id and a.target_id = x.target_id and a.id = m.target and a.state = 'usable' where x.id = $1",
    )
    .bind(connection_id)
    .fetch_all(pool)
    .await)?;
    Ok(rows.into_iter().map(|(goal,)| goal).collect())
}

#[cfg(test)]
mod tests {
    use crate::model::conversion::Reason;
    use crate::tests::engines;

    #[test]
    fn the_condition_names_every_cause_that_may_be_mended() {
        for reason in Reason::ALL {
            assert_eq!(sendable!().contains(&format!("'{}'", reason.word())), reason.may_be_mended(), "{reason}");
        }
    }

    /// A game's history is long; what stayed here and what a goal counted is not.
    #[tokio::test]
    async fn sqlite_finds_them_by_an_index_of_their_own() {
        let of_goal = "select count(*) from conversions c where c.goal_id = $1 and c.network = $2 and c.received_at >= $3 and c.test = $4";
        for (text, index) in [
            (concat!("select c.goal_id from conversions c where ", sendable!()), "conversions_kept_back"),
            (of_goal, "conversions_by_goal"),
        ] {
            let plan = engines::sqlite_plan(text).await;
            let found = plan.iter().any(|step| step.contains("SEARCH c ") && step.contains(index));
            assert!(found, "{plan:?}");
        }
    }
}
