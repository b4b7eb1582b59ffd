//! Two players turned out to be one: everything of one becomes the other's.

use super::super::days::day;
use super::super::{Result, Tx, within};
use crate::model::Millis;
use crate::server::decide::changes::{Merge, SameClick};

/// `$1` is the player that goes, `$2` the one that stays.
const STEPS: &[&str] = &[
    "update identities set player_id = $2 where player_id = $1",
    // A click that both have is told by `same_clicks`, unless it is beyond the latest that are loaded.
    "delete from clicks where player_id = $1 and exists (select 1 from clicks k where k.player_id = $2 and k.test = clicks.test
       and k.network = clicks.network and k.kind = clicks.kind and k.click_id = clicks.click_id)",
    "update clicks set player_id = $2 where player_id = $1",
    "update conversions set player_id = $2 where player_id = $1",
    "update players set consent_source = (select f.consent_source from players f where f.id = $1)
     where id = $2 and exists (select 1 from players f where f.id = $1 and f.consent_at > coalesce(players.consent_at, 0))",
    "delete from players where id = $1 and id <> $2",
];

/// Whoever two players were is as old as the older of them, and as the first of their messages also where a clock went back: none came on an
/// earlier day.
const MESSAGES: &str = "update messages set player_id = $2 where player_id = $1 and day >= $3";
/// On SQLite they lie in stretches, none in one before that in which the player came, whatever clocks said.
const MESSAGES_IN_STRETCHES: &str = "update messages set player_id = $2 where (day, id) in
     (select m.day, m.id from stretches s cross join messages m where s.stretch >= coalesce((select f.stretch from players f where f.id = $1), 0)
      and m.stretch = s.stretch and m.player_id = $1)";
const FIRST_STRETCH: &str =
    "update players set stretch = min(stretch, coalesce((select f.stretch from players f where f.id = $1), 0)) where id = $2";

pub async fn write(tx: &mut Tx, merge: Merge) -> Result<()> {
    move_messages(tx, merge).await?;
    for step in STEPS {
        within!(tx, c => sqlx::query(*step).bind(merge.from).bind(merge.into).execute(c).await.map(drop))?;
    }
    Ok(())
}

async fn move_messages(tx: &mut Tx, merge: Merge) -> Result<()> {
    match tx {
        Tx::Sqlite(tx, _) => {
            for text in [MESSAGES_IN_STRETCHES, FIRST_STRETCH] {
                sqlx::query(text).bind(merge.from).bind(merge.into).execute(&mut **tx).await?;
            }
        }
        Tx::Postgres(tx, _) => {
            let created: Option<(Millis,)> =
                sqlx::query_as("select created_at from players where id = $1").bind(merge.from).fetch_optional(&mut **tx).await?;
            let from = created.map_or(i32::MIN, |(at,)| day(at).saturating_sub(1));
            sqlx::query(MESSAGES).bind(merge.from).bind(merge.into).bind(from).execute(&mut **tx).await?;
        }
    }
    Ok(())
}

/// One click that two players had: what was credited to the row that goes is credited to the one that stays.
pub async fn write_same_click(tx: &mut Tx, same: SameClick) -> Result<()> {
    within!(tx, c => sqlx::query(
        "update conversions set click_id = $2 where click_id = $1 and player_id = (select player_id from clicks where id = $1)",
    )
    .bind(same.gone)
    .bind(same.kept)
    .execute(c)
    .await
    .map(drop))?;
    within!(tx, c => sqlx::query("delete from clicks where id = $1").bind(same.gone).execute(c).await.map(drop))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn sqlite_looks_into_the_stretches_since_the_player_came() {
        let steps = crate::tests::engines::sqlite_plan(MESSAGES_IN_STRETCHES).await;
        let has = |what: &str| steps.iter().any(|step| step.contains(what));
        assert!(has("SEARCH s USING INTEGER PRIMARY KEY (rowid>?)") && has("messages_by_player (stretch=? AND player_id=?"), "{steps:?}");
    }
}
