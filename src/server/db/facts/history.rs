//! What players have done so far: clicks, once-per-player slots, and the conversions that may still change.

use super::super::{Error, Result, Tx, rows, within};
use super::conversion::{ConversionRow, load_postbacks};
use crate::model::Millis;
use crate::server::decide::AGAIN_FOR;
use crate::server::decide::facts::{Click, Facts, Slot};
use sqlx::{FromRow, QueryBuilder};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Newest clicks of a player that are looked at, and newest conversions. People have few; a script that invents thousands under one id
/// must not slow down everybody's batch.
const MAX_CLICKS: i64 = 200;
const MAX_CONVERSIONS: i64 = 500;

pub async fn load_clicks(tx: &mut Tx, players: &[Uuid], facts: &mut Facts) -> Result<()> {
    for list in rows::lists(players) {
        facts.clicks.extend(clicks(tx, &list).await?);
    }
    Ok(())
}

/// Which of these players have clicks.
pub async fn load_visitors(tx: &mut Tx, players: &[Uuid], facts: &mut Facts) -> Result<()> {
    for list in rows::lists(players) {
        let found: Vec<(Uuid,)> = within!(tx, c => {
            let mut query = rows::wanted(&list);
            query.push("select w.id from wanted w where exists (select 1 from clicks c where c.player_id = w.id)");
            query.build_query_as().fetch_all(c).await
        })?;
        facts.visitors.extend(found.into_iter().map(|(player,)| player));
    }
    Ok(())
}

/// Slots and conversions.
pub async fn load(tx: &mut Tx, players: &[Uuid], now: Millis, facts: &mut Facts) -> Result<()> {
    let mut conversions: BTreeMap<Uuid, ConversionRow> = BTreeMap::new();
    for list in rows::lists(players) {
        facts.slots.extend(slots(tx, &list).await?);
        conversions.extend(undecided(tx, &list, now - AGAIN_FOR).await?.into_iter().map(|row| (row.id, row)));
        conversions.extend(holding_slots(tx, &list).await?.into_iter().map(|row| (row.id, row)));
    }
    let ids: Vec<Uuid> = conversions.keys().copied().collect();
    let mut stored = Vec::with_capacity(ids.len());
    for row in conversions.into_values() {
        stored.push(row.read()?);
    }
    load_postbacks(tx, &ids, &mut stored).await?;
    facts.conversions = stored;
    Ok(())
}

async fn clicks(tx: &mut Tx, players: &[Uuid]) -> Result<Vec<Click>> {
    let found: Vec<ClickRow> = within!(tx, c => {
        let mut query = rows::wanted(players);
        query.push(
            ", bounded as materialized (select distinct w.id, coalesce(
                 (select k.time from clicks k where k.player_id = w.id order by k.time desc limit 1 offset ",
        );
        query.push_bind(MAX_CLICKS - 1);
        query.push(
            "), 0) as since from wanted w)
             select c.id, c.game_id, c.player_id, c.test, c.network, c.kind, c.click_id, c.time, c.body
             from bounded b cross join clicks c where c.player_id = b.id and c.time >= b.since order by c.player_id, c.time, c.id",
        );
        query.build_query_as().fetch_all(c).await
    })?;
    found.into_iter().map(ClickRow::read).collect()
}

/// These clicks, however old.
pub async fn clicks_by_id(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<Click>> {
    let mut clicks = Vec::with_capacity(ids.len());
    for list in rows::lists(ids) {
        let found: Vec<ClickRow> = within!(tx, c => {
            let mut query = QueryBuilder::new("select id, game_id, player_id, test, network, kind, click_id, time, body from clicks where id in ");
            rows::push_list(&mut query, &list);
            query.build_query_as().fetch_all(c).await
        })?;
        for row in found {
            clicks.push(row.read()?);
        }
    }
    Ok(clicks)
}

async fn slots(tx: &mut Tx, players: &[Uuid]) -> Result<Vec<Slot>> {
    let found: Vec<(Uuid, Uuid, Uuid, i64, Uuid)> = within!(tx, c => {
        let mut query = QueryBuilder::new("select goal_id, player_id, conversion_id, event_time, message_id from slots where player_id in ");
        rows::push_list(&mut query, players);
        query.build_query_as().fetch_all(c).await
    })?;
    let read =
        |(goal_id, player_id, conversion_id, event_time, message_id)| Slot { goal_id, player_id, conversion_id, event_time, message_id };
    Ok(found.into_iter().map(read).collect())
}

/// Waiting; credited with a postback that nobody has taken up yet; not sent and received since then.
async fn undecided(tx: &mut Tx, players: &[Uuid], since: Millis) -> Result<Vec<ConversionRow>> {
    within!(tx, c => {
        let mut query = rows::wanted(players);
        query.push(
            ", bounded as materialized (select distinct w.id, coalesce(
                 (select k.event_time from conversions k where k.player_id = w.id order by k.event_time desc limit 1 offset ",
        );
        query.push_bind(MAX_CONVERSIONS - 1);
        query.push(
            "), 0) as since from wanted w)
             select c.id, c.game_id, c.goal_id, c.player_id, c.message_id, c.event, c.event_time, c.received_at, c.test, c.decision, c.reason,
                    c.network, c.click_id, c.waiting_until, c.value_text, c.value_micros, c.currency, c.body
             from bounded b cross join conversions c where c.player_id = b.id and c.event_time >= b.since and (c.decision = 'waiting'
               or c.decision = 'credited' and exists (select 1 from postbacks p join queue q on q.id = p.id
                  where p.conversion_id = c.id and p.attempts = 0 and q.lease_id is null)
               or c.decision = 'not_sent' and c.received_at >= ",
        );
        query.push_bind(since).push(")");
        query.build_query_as().fetch_all(c).await
    })
}

async fn holding_slots(tx: &mut Tx, players: &[Uuid]) -> Result<Vec<ConversionRow>> {
    within!(tx, c => {
        let mut query = QueryBuilder::new(
            "select c.id, c.game_id, c.goal_id, c.player_id, c.message_id, c.event, c.event_time, c.received_at, c.test, c.decision, c.reason,
                    c.network, c.click_id, c.waiting_until, c.value_text, c.value_micros, c.currency, c.body
             from slots s join conversions c on c.id = s.conversion_id where s.player_id in ",
        );
        rows::push_list(&mut query, players);
        query.build_query_as().fetch_all(c).await
    })
}

#[derive(FromRow)]
pub struct ClickRow {
    id: Uuid,
    game_id: Uuid,
    player_id: Uuid,
    test: bool,
    network: String,
    kind: String,
    click_id: String,
    time: i64,
    body: String,
}

impl ClickRow {
    pub fn read(self) -> Result<Click> {
        Ok(Click {
            id: self.id,
            game_id: self.game_id,
            player_id: self.player_id,
            test: self.test,
            network: self.network,
            kind: self.kind,
            click_id: self.click_id,
            time: self.time,
            body: serde_json::from_str(&self.body).map_err(Error::decode)?,
        })
    }
}
