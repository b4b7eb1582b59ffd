//! New postbacks with their rows in the queue, and those that must not go out after all.

use super::super::new_rows::{self, Table};
use super::super::{Error, Result, Tx, postbacks, receipts, rows, within};
use crate::model::Millis;
use crate::model::conversion::Reason;
use crate::model::postback::PostbackState;
use crate::server::decide::changes::NewPostback;
use sqlx::QueryBuilder;
use uuid::Uuid;

const POSTBACKS: Table = Table {
    name: "postbacks",
    columns: "id, game_id, connection_id, network, conversion_id, goal_id, event, sent_as, dedup_id, event_time, test, value_text, \
        value_micros, currency, body, state, attempts, created_at, expires_at",
    sqlite_too: None,
};

const QUEUE: Table = Table { name: "queue", columns: "id, connection_id, due_at, expires_at, attempt, claims, refusals", sqlite_too: None };

/// Due at once.
pub async fn queue(tx: &mut Tx, postbacks: &[NewPostback]) -> Result<()> {
    let bodies = postbacks.iter().map(|postback| serde_json::to_string(&postback.body)).collect::<std::result::Result<Vec<_>, _>>();
    let rows: Vec<(&NewPostback, String)> = postbacks.iter().zip(bodies.map_err(Error::decode)?).collect();
    new_rows::insert(tx, POSTBACKS, &rows, |row, (postback, body)| {
        row.put(postback.id).put(postback.game_id).put(postback.connection_id).put(postback.network.as_str());
        row.put(postback.conversion_id).put(postback.goal_id).put(postback.event.as_str()).put(postback.body.name.as_str());
        row.put(postback.body.dedup_id.as_str()).put(postback.event_time).put(postback.test);
        row.put(postback.value.as_ref().map(|value| value.text.as_str())).put(postback.value.as_ref().map(|value| value.micros));
        row.put(postback.value.as_ref().map(|value| value.currency.as_str())).put(body.as_str());
        row.put(PostbackState::Queued.word()).put(0).put(postback.created_at).put(postback.expires_at);
    })
    .await?;
    new_rows::insert(tx, QUEUE, &rows, |row, (postback, _)| {
        row.put(postback.id).put(postback.connection_id).put(postback.created_at).put(postback.expires_at).put(0).put(0).put(0);
    })
    .await
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
