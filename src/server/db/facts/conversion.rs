//! A conversion as stored, with what became of its postbacks.

use super::super::{Error, Result, Tx, rows, within};
use crate::model::conversion::Decision;
use crate::model::money::Money;
use crate::server::decide::facts::StoredConversion;
use sqlx::{FromRow, QueryBuilder};
use std::collections::HashMap;
use uuid::Uuid;

#[derive(FromRow)]
pub struct ConversionRow {
    pub id: Uuid,
    game_id: Uuid,
    goal_id: Uuid,
    player_id: Option<Uuid>,
    message_id: Uuid,
    event: String,
    event_time: i64,
    received_at: i64,
    test: bool,
    decision: String,
    reason: Option<String>,
    network: Option<String>,
    click_id: Option<Uuid>,
    waiting_until: Option<i64>,
    value_text: Option<String>,
    value_micros: Option<i64>,
    currency: Option<String>,
    body: String,
}

impl ConversionRow {
    /// Without the two fields about postbacks, which `load_postbacks` fills in.
    pub fn read(self) -> Result<StoredConversion> {
        let decision = match (self.decision.as_str(), self.network, self.waiting_until, self.reason) {
            ("credited", Some(network), _, _) => Decision::Credited { network },
            ("waiting", _, Some(until), Some(reason)) => Decision::Waiting { until, otherwise: reason.parse().map_err(Error::decode)? },
            ("not_sent", network, _, Some(reason)) => Decision::NotSent { reason: reason.parse().map_err(Error::decode)?, network },
            (word, ..) => return Err(Error::decode(format!("conversion {} has half a decision: {word}", self.id))),
        };
        let value = self.value_text.zip(self.value_micros).zip(self.currency);
        Ok(StoredConversion {
            id: self.id,
            game_id: self.game_id,
            goal_id: self.goal_id,
            player_id: self.player_id,
            message_id: self.message_id,
            event: self.event,
            event_time: self.event_time,
            received_at: self.received_at,
            test: self.test,
            decision,
            click_id: self.click_id,
            value: value.map(|((text, micros), currency)| Money { text, micros, currency }),
            body: serde_json::from_str(&self.body).map_err(Error::decode)?,
            untried_postback: None,
            attempted: false,
        })
    }
}

/// Fills in whether a postback of each conversion was attempted (one whose holder died may have been sent), and which one still waits
/// untouched. On PostgreSQL the untouched ones are
/// held, so that dispatch does not take them up before this transaction ends.
pub async fn load_postbacks(tx: &mut Tx, ids: &[Uuid], conversions: &mut [StoredConversion]) -> Result<()> {
    let mut place: HashMap<Uuid, &mut StoredConversion> = conversions.iter_mut().map(|conversion| (conversion.id, conversion)).collect();
    for list in rows::lists(ids) {
        if matches!(tx, Tx::Postgres(..)) {
            within!(tx, c => {
                let mut query = QueryBuilder::new(
                    "select q.id from postbacks p join queue q on q.id = p.id where q.lease_id is null and p.conversion_id in ",
                );
                rows::push_list(&mut query, &list);
                query.push(" order by q.id for no key update of q");
                query.build().execute(c).await.map(drop)
            })?;
        }
        let found: Vec<(Uuid, Uuid, bool, bool)> = within!(tx, c => {
            let mut query = QueryBuilder::new(
                "select p.conversion_id, p.id, q.id is not null and q.lease_id is null and q.claims = 0 and p.attempts = 0,
                        p.attempts > 0 or p.unknown_since is not null or (q.id is not null and (q.lease_id is not null or q.claims > 0))
                 from postbacks p left join queue q on q.id = p.id where p.conversion_id in ",
            );
            rows::push_list(&mut query, &list);
            query.build_query_as().fetch_all(c).await
        })?;
        for (conversion, postback, untouched, attempted) in found {
            let conversion = place.get_mut(&conversion).expect("only postbacks of these conversions were asked for");
            conversion.attempted |= attempted;
            if untouched {
                conversion.untried_postback = Some(postback);
            }
        }
    }
    Ok(())
}
