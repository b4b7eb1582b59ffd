//! What an erasure would take away of a player, counted without taking it.

use super::{Db, Result, on};
use crate::model::Millis;
use crate::model::erasure::{Gone, Receipt};
use crate::model::game_settings::COUNTED_UP_TO;
use sqlx::FromRow;
use uuid::Uuid;

const MESSAGES: &str = "select count(*) from (select 1 from messages_of_players where player_id = $1 limit $2) held";
const CLICKS: &str = "select count(*) from (select 1 from clicks where player_id = $1 limit $2) held";
const CONVERSIONS: &str = "select count(*) from (select 1 from conversions where player_id = $1 limit $2) held";
const WAITING: &str =
    "select count(*) from conversions c join postbacks p on p.conversion_id = c.id join queue q on q.id = p.id where c.player_id = $1";
/// A postback that is under way, or one of whose calls got no answer, may have arrived.
const GONE: &str = "select network, count(accepted) as accepted, min(accepted) as first, max(accepted) as last,
     sum(case when accepted is null and unsure then 1 else 0 end) as unsure
     from (select p.network, p.unknown_since is not null or q.lease_id is not null as unsure,
             (select min(a.time) from attempts a where a.postback_id = p.id and a.status = 'success') as accepted
           from conversions c join postbacks p on p.conversion_id = c.id left join queue q on q.id = p.id where c.player_id = $1) sent
     group by network";

#[derive(FromRow)]
struct GoneRow {
    network: String,
    accepted: i64,
    first: Option<Millis>,
    last: Option<Millis>,
    unsure: i64,
}

/// Adds up what is held of a player, each thing counted up to `COUNTED_UP_TO`; ids are counted by who found them.
pub async fn count(db: &Db, player: Uuid, receipt: &mut Receipt) -> Result<()> {
    receipt.messages += number(db, MESSAGES, player).await?;
    receipt.clicks += number(db, CLICKS, player).await?;
    receipt.conversions += number(db, CONVERSIONS, player).await?;
    let (waiting,): (i64,) = on!(db, pool => sqlx::query_as(WAITING).bind(player).fetch_one(pool).await)?;
    receipt.cancelled += waiting;
    let rows: Vec<GoneRow> = on!(db, pool => sqlx::query_as(GONE).bind(player).fetch_all(pool).await)?;
    for row in rows.into_iter().filter(|row| row.accepted + row.unsure > 0) {
        let gone = receipt.gone.entry(row.network).or_default();
        *gone = Gone {
            accepted: gone.accepted + row.accepted,
            first: gone.first.into_iter().chain(row.first).min(),
            last: gone.last.max(row.last),
            unknown: gone.unknown + row.unsure,
        };
    }
    Ok(())
}

async fn number(db: &Db, text: &'static str, player: Uuid) -> Result<i64> {
    let (count,): (i64,) = on!(db, pool => sqlx::query_as(text).bind(player).bind(COUNTED_UP_TO).fetch_one(pool).await)?;
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::engines::sqlite_plan;

    #[tokio::test]
    async fn sqlite_counts_a_players_rows_alone() {
        for text in [MESSAGES, CLICKS, CONVERSIONS, WAITING, GONE] {
            let steps = sqlite_plan(text).await;
            assert!(
                steps
                    .iter()
                    .any(|step| step.contains("_by_player (player_id=?)") || step.contains("_by_player (stretch=? AND player_id=?)")),
                "{text}: {steps:?}"
            );
            let made = ["held", "sent", "(subquery", "s"];
            assert!(
                !steps.iter().any(|step| step.strip_prefix("SCAN ").is_some_and(|what| !made.iter().any(|made| what.starts_with(made)))),
                "{text}: {steps:?}"
            );
        }
    }
}
