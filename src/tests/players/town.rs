//! A game that hears messages through the writer of ingest, and what it knows afterwards as texts that can be compared: ids of rows are
//! left out, since they follow from the order of arrival.

use crate::model::conversion::Consent;
use crate::model::goal::{Goal, GoalStatus, Trigger};
use crate::model::{DAY, Millis};
use crate::server::db::connection_changes::{self, Saved};
use crate::server::db::{Db, goals, on};
use crate::server::decide::facts::Message;
use crate::server::decide::tests::say::{START, Say};
use crate::server::erasure::{Erasure, Salt};
use crate::server::ingest::{Ingest, Rates};
use crate::server::now;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::Notify;
use uuid::Uuid;

/// TikTok and Reddit connected, every purchase and the first one counted, and the first wish.
pub struct Town {
    pub game: Uuid,
    /// Goals of two towns are told apart by their names.
    begun: Millis,
}

impl Town {
    pub async fn new(db: &Db) -> Self {
        let id = Uuid::new_v4().simple().to_string();
        let game = crate::tests::ingest::game(db, &id, &format!("pk_{id}")).await;
        let goals = [
            ("Every purchase", "purchase", Trigger::Repeatable),
            ("First purchase", "purchase", Trigger::OncePerPlayer),
            ("First wish", "wishlist_add", Trigger::OncePerPlayer),
        ];
        let mut tx = db.begin().await.unwrap();
        for (name, event, trigger) in goals {
            let goal = Goal {
                id: Uuid::now_v7(),
                game_id: game,
                name: name.into(),
                description: String::new(),
                event: event.into(),
                trigger,
                filter: None,
                status: GoalStatus::Active,
                created_at: 1,
                updated_at: 1,
            };
            goals::insert(&mut tx, &goal).await.unwrap();
        }
        for network in ["tiktok", "reddit"] {
            let (connection, _) = connection_changes::lock(&mut tx, game, network, now()).await.unwrap();
            let saved = Saved {
                game_id: game,
                network,
                account_id: None,
                account_name: None,
                account_through: None,
                target_id: "CSAMPLEGAME0PIXEL001",
                target_name: None,
                secret_tail: None,
                secret_expires_at: None,
                secret_pasted: true,
                secret_holder: None,
                test_code: None,
                connected_at: now(),
                connected_by: "owner@emberfall.test",
            };
            connection_changes::save(&mut tx, connection, "sealed", &saved).await.unwrap();
        }
        tx.commit().await.unwrap();
        // Everything lies within the last week, so that nothing is too late to be decided again.
        Self { game, begun: now() - 6 * DAY - DAY / 2 }
    }

    /// What is said, as a message of this game.
    pub fn message(&self, said: Say) -> Message {
        let moved = self.begun - START;
        let received = said.received.map_or(said.message.event_time, |received| START + received);
        let mut message = said.message;
        (message.id, message.game_id) = (Uuid::now_v7(), self.game);
        (message.event_time, message.original_time) = (message.event_time + moved, message.original_time + moved);
        message.received_at = received + moved;
        // As ingest leaves it.
        if message.consent != Consent::Full {
            message.user = None;
        }
        message
    }

    /// Messages that arrive one by one.
    pub async fn hears(&self, ingest: &Ingest, said: impl IntoIterator<Item = Say>) {
        for one in said {
            ingest.take(self.game, vec![self.message(one)]).await.unwrap();
        }
    }

    /// Whose ids and clicks are one person's: a text for each player, sorted.
    pub async fn people(&self, db: &Db) -> Vec<String> {
        let mut of: BTreeMap<Uuid, (Vec<String>, Vec<String>)> = BTreeMap::new();
        // Whether an untyped id is `custom` for a while depends on what was known; whose it is does not.
        let ids: Vec<(Uuid, String, String, i64)> = on!(db, pool => sqlx::query_as(
            "select player_id, kind, value, since from identities where game_id = $1 and kind <> 'user:custom' order by kind, value, since",
        ).bind(self.game).fetch_all(pool).await)
        .unwrap();
        for (player, kind, value, since) in ids {
            let since = if since == 0 { 0 } else { since - self.begun };
            of.entry(player).or_default().0.push(format!("{kind}={value} from {since}"));
        }
        let clicks: Vec<(Uuid, String, String, i64)> = on!(db, pool => sqlx::query_as(
            "select player_id, network, click_id, time from clicks where game_id = $1 and kind <> 'visit' order by time, network, click_id",
        ).bind(self.game).fetch_all(pool).await)
        .unwrap();
        for (player, network, id, time) in clicks {
            of.entry(player).or_default().1.push(format!("{network} {id} at {}", time - self.begun));
        }
        let mut people: Vec<String> = of.into_values().map(|(ids, clicks)| format!("{} | {}", ids.join(", "), clicks.join(", "))).collect();
        people.sort();
        people
    }

    /// What became of each message for each goal, and whether a postback waits for it.
    pub async fn outcomes(&self, db: &Db) -> BTreeMap<(Uuid, String), String> {
        type Row = (Uuid, String, String, Option<String>, Option<String>, Option<String>, i64);
        let rows: Vec<Row> = on!(db, pool => sqlx::query_as(
            "select c.message_id, g.name, c.decision, c.reason, c.network, k.click_id, (select count(*) from postbacks p join queue q on q.id = p.id
               where p.conversion_id = c.id)
             from conversions c join goals g on g.id = c.goal_id left join clicks k on k.id = c.click_id where c.game_id = $1",
        ).bind(self.game).fetch_all(pool).await)
        .unwrap();
        let told = |(message, goal, decision, reason, network, click, queued): Row| {
            // A visit is not remembered once a click is known, and the other way round: both say that nobody earned it yet.
            let reason = reason.map(|reason| reason.replace("organic", "no_click")).unwrap_or_default();
            let (network, click) = (network.unwrap_or_default(), click.unwrap_or_default());
            ((message, goal), format!("{decision} {reason} {network} {click} queued {queued}"))
        };
        rows.into_iter().map(told).collect()
    }
}

/// A writer of its own.
pub fn ingest(db: &Db) -> Ingest {
    let erasure = Erasure::new(Salt::for_tests());
    Ingest::start(db.clone(), erasure, Rates { per_key: 0, per_ip: 0 }, &[], Arc::new(Notify::new()))
}
