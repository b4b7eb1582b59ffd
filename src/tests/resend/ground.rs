//! A connection whose postbacks ended without success, their players, and resends of them.

use crate::model::resend::Standing;
use crate::model::{DAY, Millis};
use crate::server::db::resendable::{self, Terms};
use crate::server::db::resends::{self, Asked, Job};
use crate::server::db::{Db, days, within};
use crate::server::resend::Resend;
use crate::tests::dispatch::world::{NOW, World};
use crate::tests::engines::has_day;
use std::sync::Arc;
use tokio::sync::Notify;
use uuid::Uuid;

/// How long TikTok knows an event id again.
pub const WINDOW: Millis = 2 * DAY;

pub async fn run(db: &Db, text: &'static str) {
    let mut tx = db.begin().await.unwrap();
    within!(&mut tx, c => sqlx::query(text).execute(c).await.map(drop)).unwrap();
    tx.commit().await.unwrap();
}

/// Gives every postback the conversion of a player of its own; ids are the postback's.
pub async fn people(db: &Db) {
    run(
        db,
        "insert into players (id, game_id, test, contact, identity_count, created_at)
         select id, game_id, test, '{}', 1, created_at from postbacks where id not in (select id from players)",
    )
    .await;
    run(
        db,
        "insert into conversions (id, game_id, goal_id, player_id, message_id, event, event_time, received_at, test, decision, network, decided_at, body)
         select id, game_id, goal_id, id, id, event, event_time, created_at, test, 'credited', network, created_at, '{}'
         from postbacks where id not in (select id from conversions)",
    )
    .await;
}

/// So many postbacks that the network refused for what they say, a minute ago.
pub async fn refused(db: &Db, world: &World, count: usize) -> Vec<Uuid> {
    let ids = world.postbacks(db, count).await;
    refuse(db).await;
    ids
}

/// Ends all that waits as refused.
pub async fn refuse(db: &Db) {
    people(db).await;
    has_day(db, days::ATTEMPTS, NOW - 60_000).await;
    run(
        db,
        "insert into attempts (day, id, game_id, network, connection_id, postback_id, goal_id, goal_name, event, time, status, http, latency_ms, attempt,
         code, meaning, test, late)
         select (p.created_at - 60000) / 86400000, q.id, p.game_id, p.network, p.connection_id, p.id, p.goal_id, 'First Purchase', p.event, p.created_at - 60000, 'failed', 200, 40, 1,
         '40002', 'Refused.', p.test, p.test from queue q join postbacks p on p.id = q.id",
    )
    .await;
    run(
        db,
        "update postbacks set state = 'failed', ended = 'refused by TikTok', attempts = 1, first_attempt_at = created_at - 60000,
         finished_at = created_at - 60000 where id in (select id from queue)",
    )
    .await;
    run(db, "delete from queue").await;
}

pub fn resend() -> Resend {
    Resend::new(Arc::new(Notify::new()))
}

/// Asks for all failed ones of the last day; the id of the resend.
pub async fn ask(db: &Db, world: &World, now: Millis) -> Uuid {
    ask_for(db, world, Some("failed"), None, now).await.expect("nothing else is running")
}

pub async fn ask_for(db: &Db, world: &World, status: Option<&str>, postbacks: Option<&[Uuid]>, now: Millis) -> Option<Uuid> {
    let asked = Asked {
        id: Uuid::now_v7(),
        game_id: world.game_id,
        connection_id: world.connection_id,
        network: world.network,
        user_id: Uuid::nil(),
        asked_by: "mara@ashgrove.example",
        asked_at: now,
        since: now - DAY,
        until: now,
        status,
        postbacks,
        matched: 0,
        expected: 0,
    };
    let mut tx = db.begin().await.unwrap();
    let taken = resends::ask(&mut tx, &asked).await.unwrap();
    tx.commit().await.unwrap();
    taken.then_some(asked.id)
}

pub async fn job(db: &Db, world: &World, id: Uuid) -> Job {
    resends::one(db, world.game_id, world.network, id).await.unwrap().unwrap()
}

pub async fn standing(db: &Db, world: &World, id: Uuid, now: Millis) -> Standing {
    let terms = Terms { game_id: world.game_id, network: world.network, now, window: WINDOW, asked_at: Millis::MAX };
    let mut tx = db.begin().await.unwrap();
    resendable::standings(&mut tx, &terms, &[id]).await.unwrap()[&id].standing
}

/// When everything in this story was asked for.
pub const ASKED: Millis = NOW + 1_000;
