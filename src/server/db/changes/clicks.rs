//! Ad clicks, each as of its first sighting.

use super::super::{Error, Result, Tx, rows, within};
use crate::server::decide::facts::Click;
use sqlx::QueryBuilder;
use uuid::Uuid;

/// A click that is there already is written anew under its id; it may have moved to another player. One that was too old to be loaded
/// and comes again keeps its first sighting.
pub async fn write(tx: &mut Tx, clicks: &[Click]) -> Result<()> {
    let ids: Vec<Uuid> = clicks.iter().map(|click| click.id).collect();
    for list in rows::lists(&ids) {
        within!(tx, c => {
            let mut query = QueryBuilder::new("delete from clicks where id in ");
            rows::push_list(&mut query, &list);
            query.build().execute(c).await.map(drop)
        })?;
    }
    let bodies = clicks.iter().map(|click| serde_json::to_string(&click.body)).collect::<std::result::Result<Vec<_>, _>>();
    let rows: Vec<(&Click, String)> = clicks.iter().zip(bodies.map_err(Error::decode)?).collect();
    for piece in rows::pieces(&rows) {
        within!(tx, c => {
            let mut query = QueryBuilder::new("insert into clicks (id, game_id, player_id, test, network, kind, click_id, time, body) ");
            query.push_values(piece, |mut row, (click, body)| {
                row.push_bind(click.id)
                    .push_bind(click.game_id)
                    .push_bind(click.player_id)
                    .push_bind(click.test)
                    .push_bind(click.network.as_str())
                    .push_bind(click.kind.as_str())
                    .push_bind(click.click_id.as_str())
                    .push_bind(click.time)
                    .push_bind(body.as_str());
            });
            query.push(
                " on conflict (player_id, test, network, kind, click_id) do update set id = excluded.id,
                  body = case when clicks.time < excluded.time then clicks.body else excluded.body end,
                  time = case when clicks.time < excluded.time then clicks.time else excluded.time end",
            );
            query.build().execute(c).await.map(drop)
        })?;
    }
    Ok(())
}
