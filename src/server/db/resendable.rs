//! Which postbacks may be sent again, in one rule for the count, the job and the single one.

use super::days::day;
use super::{Db, Error, Result, Tx, on, rows, within};
use crate::model::Millis;
use crate::model::resend::{Counts, Standing};
use sqlx::{FromRow, QueryBuilder};
use std::collections::HashMap;
use uuid::Uuid;

/// By what a standing is judged.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    pub game_id: Uuid,
    pub network: &'a str,
    pub now: Millis,
    /// How long the network recognises a repeated event id.
    pub window: Millis,
    /// What was sent again since then is not once more.
    pub asked_at: Millis,
}

/// Rows of the log: a network of a game from `since` up to `until`, perhaps of one status.
#[derive(Debug, Clone)]
pub struct Span {
    pub game_id: Uuid,
    pub network: String,
    pub since: Millis,
    pub until: Millis,
    pub status: Option<String>,
}

/// The rule. Whoever is erased or said no is left out before anything else is asked; a player who has left the graph is being erased.
macro_rules! standing {
    () => {
        "case
           when p.erased or c.id is null or u.id is null then 'erased'
           when p.test then 'test'
           when u.consent = 'none' then 'consent'
           when p.resent_at >= t.asked then 'again'
           when p.created_at < coalesce(x.led_since, 0) then 'elsewhere'
           when p.state in ('accepted', 'confirmed') then 'delivered'
           when q.lease_id is not null then 'sending'
           when q.due_at > t.at then 'waiting'
           when q.id is not null or p.state in ('queued', 'retrying') then 'due'
           when p.state = 'cancelled' then 'cancelled'
           when p.state = 'expired' or p.expires_at <= t.at then 'expired'
           when p.unknown_since + t.known_for <= t.at then 'unknown'
           else 'ready'
         end"
    };
}

/// Behind a list `m (id)` and `terms t`.
macro_rules! of_listed {
    () => {
        " cross join postbacks p join connections x on x.id = p.connection_id left join queue q on q.id = p.id
         left join conversions c on c.id = p.conversion_id left join players u on u.id = c.player_id
         where p.id = m.id and p.game_id = t.game and p.network = t.network"
    };
}

// The optional status is two texts, as in the log: each has an index that holds exactly its rows.
macro_rules! count_text {
    ($status:literal) => {
        concat!(
            "with terms (at, known_for, asked, game, network) as (values ($1, $2, $3, $4, $5)),
             m as (select distinct postback_id as id from attempts where game_id = $4 and network = $5 and time >= $6 and time < $7
                   and day >= $9 and day <= $10",
            $status,
            ") select word, count(*) from (select ",
            standing!(),
            " as word from terms t cross join m",
            of_listed!(),
            ") as judged group by word"
        )
    };
}

/// How many postbacks that the span shows stand how.
pub async fn count(db: &Db, terms: &Terms<'_>, span: &Span) -> Result<Counts> {
    let text = if span.status.is_some() { count_text!(" and status = $8") } else { count_text!(" and $8 = $8") };
    let rows: Vec<(String, i64)> = on!(db, pool => sqlx::query_as(text)
        .bind(terms.now)
        .bind(terms.window)
        .bind(terms.asked_at)
        .bind(terms.game_id)
        .bind(terms.network)
        .bind(span.since)
        .bind(span.until)
        .bind(span.status.as_deref().unwrap_or_default())
        .bind(day(span.since))
        .bind(day(span.until))
        .fetch_all(pool)
        .await)?;
    let mut counts = rows.into_iter().map(|(word, count)| Ok((word.parse().map_err(Error::decode)?, count))).collect::<Result<Counts>>()?;
    counts.sort_unstable();
    Ok(counts)
}

/// A postback as a resend finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub id: Uuid,
    pub standing: Standing,
    pub expires_at: Millis,
    pub unknown_since: Option<Millis>,
    pub finished_at: Option<Millis>,
    pub due_at: Option<Millis>,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    word: String,
    expires_at: Millis,
    unknown_since: Option<Millis>,
    finished_at: Option<Millis>,
    due_at: Option<Millis>,
}

/// How each of these postbacks stands; what is of another game or network is left out.
pub async fn standings(tx: &mut Tx, terms: &Terms<'_>, ids: &[Uuid]) -> Result<HashMap<Uuid, Found>> {
    let mut found = HashMap::with_capacity(ids.len());
    for list in rows::lists(ids) {
        let rows: Vec<Row> = within!(tx, c => {
            let mut query = QueryBuilder::new("with terms (at, known_for, asked, game, network) as (");
            query.push_values([terms], |mut row, terms| {
                row.push_bind(terms.now)
                    .push_bind(terms.window)
                    .push_bind(terms.asked_at)
                    .push_bind(terms.game_id)
                    .push_bind(terms.network);
            });
            query.push("), m (id) as (");
            query.push_values(&list, |mut row, id| {
                row.push_bind(*id);
            });
            query.push(concat!(
                ") select p.id, ", standing!(), " as word, p.expires_at, p.unknown_since, p.finished_at, q.due_at from terms t cross join m",
                of_listed!()
            ));
            query.build_query_as().fetch_all(c).await
        })?;
        for row in rows {
            let Row { id, word, expires_at, unknown_since, finished_at, due_at } = row;
            let standing = word.parse().map_err(Error::decode)?;
            found.insert(id, Found { id, standing, expires_at, unknown_since, finished_at, due_at });
        }
    }
    Ok(found)
}

// Each postback comes with the first row of the span that it has, and with no other.
macro_rules! walk_text {
    ($status:literal, $same:literal) => {
        concat!(
            "select a.time, a.id, a.postback_id, not exists (select 1 from attempts b where b.postback_id = a.postback_id and b.time >= $4 and b.day >= $9
                and b.day <= $10 and b.time <= a.time and (b.time < a.time or b.id < a.id)",
            $same,
            ") as first_row
             from attempts a where a.game_id = $1 and a.network = $2 and a.day >= $11 and a.day <= $10",
            $status,
            " and a.time < $5 and (a.time, a.id) > ($6, $7) order by a.time, a.id limit $8"
        )
    };
}

const WALK: &str = walk_text!(" and $3 = $3", "");
const WALK_STATUS: &str = walk_text!(" and a.status = $3", " and b.status = $3");

/// The next rows of the span after a place in its order of time and id; each with its postback, and whether that comes for the first time.
pub async fn walk(tx: &mut Tx, span: &Span, after: (Millis, Uuid), limit: i64) -> Result<Vec<(Millis, Uuid, Uuid, bool)>> {
    let text = if span.status.is_some() { WALK_STATUS } else { WALK };
    within!(tx, c => sqlx::query_as(text)
        .bind(span.game_id)
        .bind(&span.network)
        .bind(span.status.as_deref().unwrap_or_default())
        .bind(span.since)
        .bind(span.until)
        .bind(after.0)
        .bind(after.1)
        .bind(limit)
        .bind(day(span.since))
        .bind(day(span.until))
        .bind(day(span.since.max(after.0)))
        .fetch_all(c)
        .await)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::engines::sqlite_plan;

    #[test]
    fn the_rule_gives_every_standing_and_no_other() {
        for standing in Standing::ALL {
            assert!(standing!().contains(&format!("'{standing}'")), "{standing}");
        }
    }

    /// What a step costs must not grow with the log.
    #[tokio::test]
    async fn sqlite_walks_the_log_by_an_index_and_looks_postbacks_up() {
        for (text, index) in [(WALK, "attempts_log ("), (WALK_STATUS, "attempts_log_status (")] {
            let steps = sqlite_plan(text).await;
            let by_it = steps.iter().any(|step| step.starts_with("SEARCH a USING") && step.contains(index));
            let first = steps.iter().any(|step| step.contains("SEARCH b USING") && step.contains("attempts_by_postback (postback_id=?"));
            assert!(by_it && first && !steps.iter().any(|step| step.contains("TEMP B-TREE")), "{steps:?}");
        }
        let head = "with terms (at, known_for, asked, game, network) as (values (1, 2, 3, 4, 5)), m (id) as (values (1), (2)) select ";
        let steps = sqlite_plan(&[head, standing!(), " as word from terms t cross join m", of_listed!()].concat()).await;
        for table in ["p", "x", "q", "c", "u"] {
            assert!(steps.iter().any(|step| step.starts_with(&format!("SEARCH {table} USING"))), "{table}: {steps:?}");
        }
        let steps = sqlite_plan(count_text!(" and status = $8")).await;
        assert!(
            steps.iter().any(|step| step.contains("attempts_log_status (game_id=? AND network=? AND status=? AND time>?")),
            "{steps:?}"
        );
    }
}
