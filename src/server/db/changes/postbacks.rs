//! New postbacks with their rows in the queue, and those that must not go out after all.

use super::super::{Error, Result, Tx, postbacks, receipts, rows, within};
use crate::model::Millis;
use crate::model::conversion::Reason;
use crate::server::decide::changes::NewPostback;
use sqlx::QueryBuilder;
use uuid::Uuid;

/// Due at once.
pub async fn queue(tx: &mut Tx, postbacks: &[NewPostback]) -> Result<()> {
    let bodies = postbacks.iter().map(|postback| serde_json::to_string(&postback.body)).collect::<std::result::Result<Vec<_>, _>>();
    let rows: Vec<(&NewPostback, String)> = postbacks.iter().zip(bodies.map_err(Error::decode)?).collect();
    for piece in rows::pieces(&rows) {
        within!(tx, c => {
            let mut query = QueryBuilder::new(
                "insert into postbacks (id, game_id, connection_id, network, conversion_id, goal_id, event, sent_as, dedup_id, event_time, test,
                 value_text, value_micros, currency, body, state, attempts, created_at, expires_at) ",
            );
            query.push_values(piece, |mut row, (postback, body)| {
                row.push_bind(postback.id)
                    .push_bind(postback.game_id)
                    .push_bind(postback.connection_id)
                    .push_bind(postback.network.as_str())
                    .push_bind(postback.conversion_id)
                    .push_bind(postback.goal_id)
                    .push_bind(postback.event.as_str())
                    .push_bind(postback.body.name.as_str())
                    .push_bind(postback.body.dedup_id.as_str())
                    .push_bind(postback.event_time)
                    .push_bind(postback.test)
                    .push_bind(postback.value.as_ref().map(|value| value.text.as_str()))
                    .push_bind(postback.value.as_ref().map(|value| value.micros))
                    .push_bind(postback.value.as_ref().map(|value| value.currency.as_str()))
                    .push_bind(body.as_str())
                    .push("'queued', 0")
                    .push_bind(postback.created_at)
                    .push_bind(postback.expires_at);
            });
            query.build().execute(c).await.map(drop)
        })?;
        within!(tx, c => {
            let mut query = QueryBuilder::new("insert into queue (id, connection_id, due_at, expires_at, attempt, claims, refusals) ");
            query.push_values(piece, |mut row, (postback, _)| {
                row.push_bind(postback.id)
                    .push_bind(postback.connection_id)
                    .push_bind(postback.created_at)
                    .push_bind(postback.expires_at)
                    .push("0, 0, 0");
            });
            query.build().execute(c).await.map(drop)
        })?;
    }
    Ok(())
}

/// Deletes postbacks that nobody took up: a better decision replaced them.
pub async fn withdraw(tx: &mut Tx, withdrawn: &[Uuid]) -> Result<()> {
    for list in rows::lists(withdrawn) {
        for table in ["delete from queue where id in ", "delete from postbacks where attempts = 0 and id in "] {
            within!(tx, c => {
                let mut query = QueryBuilder::new(table);
                rows::push_list(&mut query, &list);
                query.build().execute(c).await.map(drop)
            })?;
        }
    }
    Ok(())
}

/// Cancels everything open of players who said that nothing may go out. What was accepted stays so, and a late refusal of it does not open it
/// again: that goes first, so that what opens meanwhile is found in the queue.
pub async fn silence(tx: &mut Tx, players: &[Uuid], now: Millis) -> Result<()> {
    for player in players {
        receipts::forget_of_player(tx, *player, Reason::Consent.explain().0, now).await?;
        let gone: Vec<(Uuid,)> = within!(tx, c => sqlx::query_as(
            "delete from queue where id in
             (select p.id from conversions c join postbacks p on p.conversion_id = c.id where c.player_id = $1) returning id",
        )
        .bind(player)
        .fetch_all(c)
        .await)?;
        let ids: Vec<Uuid> = gone.into_iter().map(|(id,)| id).collect();
        postbacks::cancel(tx, &ids, Reason::Consent.explain().0, now).await?;
    }
    Ok(())
}
