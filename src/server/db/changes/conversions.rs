//! Conversions with their decisions, and who holds the once-per-player slots.

use super::super::{Error, Result, Tx, rows, within};
use crate::model::Millis;
use crate::model::conversion::{Decision, Reason};
use crate::server::decide::facts::{Slot, StoredConversion};
use sqlx::QueryBuilder;
use uuid::Uuid;

pub async fn write(tx: &mut Tx, conversions: &[StoredConversion], now: Millis) -> Result<()> {
    let bodies = conversions.iter().map(|conversion| serde_json::to_string(&conversion.body)).collect::<std::result::Result<Vec<_>, _>>();
    let rows: Vec<(&StoredConversion, String)> = conversions.iter().zip(bodies.map_err(Error::decode)?).collect();
    for piece in rows::pieces(&rows) {
        within!(tx, c => {
            let mut query = QueryBuilder::new(
                "insert into conversions (id, game_id, goal_id, player_id, message_id, event, event_time, received_at, test, decision, reason,
                 network, click_id, waiting_until, value_text, value_micros, currency, decided_at, body) ",
            );
            query.push_values(piece, |mut row, (conversion, body)| {
                let columns = DecisionColumns::of(&conversion.decision);
                row.push_bind(conversion.id)
                    .push_bind(conversion.game_id)
                    .push_bind(conversion.goal_id)
                    .push_bind(conversion.player_id)
                    .push_bind(conversion.message_id)
                    .push_bind(conversion.event.as_str())
                    .push_bind(conversion.event_time)
                    .push_bind(conversion.received_at)
                    .push_bind(conversion.test)
                    .push_bind(columns.decision)
                    .push_bind(columns.reason.map(Reason::word))
                    .push_bind(columns.network)
                    .push_bind(conversion.click_id)
                    .push_bind(columns.waiting_until)
                    .push_bind(conversion.value.as_ref().map(|value| value.text.as_str()))
                    .push_bind(conversion.value.as_ref().map(|value| value.micros))
                    .push_bind(conversion.value.as_ref().map(|value| value.currency.as_str()))
                    .push_bind(now)
                    .push_bind(body.as_str());
            });
            query.push(
                " on conflict (id) do update set player_id = excluded.player_id, decision = excluded.decision, reason = excluded.reason,
                  network = excluded.network, click_id = excluded.click_id, waiting_until = excluded.waiting_until,
                  decided_at = excluded.decided_at, body = excluded.body",
            );
            query.build().execute(c).await.map(drop)
        })?;
    }
    Ok(())
}

/// A decision as its columns hold it.
struct DecisionColumns<'a> {
    decision: &'static str,
    reason: Option<Reason>,
    network: Option<&'a str>,
    waiting_until: Option<Millis>,
}

impl<'a> DecisionColumns<'a> {
    fn of(decision: &'a Decision) -> Self {
        let columns = |decision| Self { decision, reason: None, network: None, waiting_until: None };
        match decision {
            Decision::Credited { network } => Self { network: Some(network), ..columns("credited") },
            Decision::Waiting { until, otherwise } => Self { waiting_until: Some(*until), reason: Some(*otherwise), ..columns("waiting") },
            Decision::NotSent { reason, network } => Self { reason: Some(*reason), network: network.as_deref(), ..columns("not_sent") },
        }
    }
}

pub async fn free_slots(tx: &mut Tx, slots: &[(Uuid, Uuid)]) -> Result<()> {
    for (goal_id, player_id) in slots {
        within!(tx, c => sqlx::query("delete from slots where goal_id = $1 and player_id = $2")
            .bind(goal_id)
            .bind(player_id)
            .execute(c)
            .await
            .map(drop))?;
    }
    Ok(())
}

pub async fn write_slots(tx: &mut Tx, slots: &[Slot]) -> Result<()> {
    for piece in rows::pieces(slots) {
        within!(tx, c => {
            let mut query = QueryBuilder::new("insert into slots (goal_id, player_id, conversion_id, event_time, message_id) ");
            query.push_values(piece, |mut row, slot| {
                row.push_bind(slot.goal_id)
                    .push_bind(slot.player_id)
                    .push_bind(slot.conversion_id)
                    .push_bind(slot.event_time)
                    .push_bind(slot.message_id);
            });
            query.push(
                " on conflict (goal_id, player_id) do update set conversion_id = excluded.conversion_id, event_time = excluded.event_time,
                  message_id = excluded.message_id",
            );
            query.build().execute(c).await.map(drop)
        })?;
    }
    Ok(())
}
