//! Parking: one refusal holds all of a connection, for as long as it takes and at nobody's cost.

use super::world::{NOW, World, count, queued};
use crate::model::connection::Health;
use crate::model::connection::ParkCause;
use crate::model::{DAY, HOUR};
use crate::server::db::connections::{self, Park};
use crate::server::db::queue::{self, Share};
use crate::server::db::results::{self, Attempt, Finish, Results, Stand};
use crate::server::db::{Db, health, postbacks, within};
use crate::server::dispatch::health as judge;
use crate::tests::engines::both_engines;

async fn park(db: &Db, world: &World, secret: Option<String>) {
    let park = Park {
        connection_id: world.connection_id,
        secret,
        transport: None,
        cause: ParkCause::Credentials,
        words: "token expired".into(),
        since: NOW,
    };
    let mut tx = db.begin().await.unwrap();
    connections::park(&mut tx, &park).await.unwrap();
    tx.commit().await.unwrap();
}

async fn ready(db: &Db, now: i64) -> usize {
    connections::ready(db, now).await.unwrap().len()
}

both_engines! {
    async fn a_refused_token_holds_everything_until_a_new_one(db: TestDb) {
        let world = World::new(&db).await;
        world.postbacks(&db, 3).await;
        let late = world.postback_with(&db, NOW + 6 * HOUR, NOW + DAY, |_| {}).await;
        park(&db, &world, world.secret(&db).await).await;
        assert_eq!(world.parked(&db).await, Some((ParkCause::Credentials, "token expired".into())));
        assert_eq!(ready(&db, NOW).await, 0);
        assert_eq!(queue::next_due(&db).await.unwrap(), []);
        let facts = health::of_network(&db, world.game_id, "tiktok", NOW).await.unwrap().unwrap();
        assert_eq!(judge::health(&facts), Health::CredentialFailures { since: NOW, words: "token expired".into() });

        world.reconnect(&db, "another-token", NOW + HOUR).await;
        assert_eq!(world.parked(&db).await, None);
        let routes = connections::ready(&db, NOW + HOUR).await.unwrap();
        assert!(routes[0].route.probing, "one call goes ahead");
        let mut tx = db.begin().await.unwrap();
        let held = queue::claim(&mut tx, world.connection_id, Share::Due, 1, NOW + HOUR).await.unwrap();
        connections::answered(&mut tx, world.connection_id).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(held[0].id, late, "what the network takes least long still goes first");
        assert!(!connections::ready(&db, NOW + HOUR).await.unwrap()[0].route.probing);
    }

    async fn an_answer_to_the_old_token_does_not_park_the_new_one(db: TestDb) {
        let world = World::new(&db).await;
        let old = world.secret(&db).await;
        world.reconnect(&db, "another-token", NOW).await;
        park(&db, &world, old).await;
        assert_eq!(world.parked(&db).await, None);
    }

    async fn time_spent_parked_does_not_count_towards_the_72_hours(db: TestDb) {
        let world = World::new(&db).await;
        let (tried, untried) = (world.postback(&db).await, world.postback(&db).await);
        let mut tx = db.begin().await.unwrap();
        within!(&mut tx, c => sqlx::query("update queue set give_up_at = $2 where id = $1").bind(tried).bind(NOW + HOUR).execute(c).await.map(drop)).unwrap();
        tx.commit().await.unwrap();
        park(&db, &world, world.secret(&db).await).await;
        world.reconnect(&db, "another-token", NOW + 5 * DAY).await;
        assert_eq!(queued(&db, tried).await.unwrap().give_up_at, Some(NOW + 5 * DAY + HOUR));
        assert_eq!(queued(&db, untried).await.unwrap().give_up_at, None);
        assert_eq!(queued(&db, untried).await.unwrap().due_at, NOW + 5 * DAY);
    }

    async fn what_is_under_way_when_its_connection_is_let_go_gets_the_time_too(db: TestDb) {
        let world = World::new(&db).await;
        let id = world.postback(&db).await;
        let mut tx = db.begin().await.unwrap();
        within!(&mut tx, c => sqlx::query("update queue set give_up_at = $2, attempt = 1 where id = $1").bind(id).bind(NOW + HOUR).execute(c).await.map(drop)).unwrap();
        let held = queue::claim(&mut tx, world.connection_id, Share::Due, 1, NOW).await.unwrap();
        tx.commit().await.unwrap();
        let mut claimed = postbacks::load(&db, held).await.unwrap();
        park(&db, &world, world.secret(&db).await).await;
        world.reconnect(&db, "another-token", NOW + DAY).await;
        let row = queued(&db, id).await.unwrap();
        assert_eq!((row.due_at, row.give_up_at), (NOW, Some(NOW + DAY + HOUR)));

        let one = claimed.remove(0);
        let stand = Stand::Open { due_at: NOW + DAY, steps: 1, refusals: 0, give_up_at: one.held.give_up_at.unwrap() };
        let attempt = Attempt::unsent(NOW, "Tried again.".into());
        let finish = Finish { lease_id: one.held.lease_id, of: one.of, stand, unknown_since: None, attempt, receipt: None };
        results::finish(&db, &[Results { finishes: vec![finish], ..Results::default() }]).await.unwrap();
        assert_eq!(queued(&db, id).await.unwrap().give_up_at, Some(NOW + DAY + HOUR), "its result does not take it back");
    }

    async fn what_waits_for_its_last_word_gets_the_time_too(db: TestDb) {
        let world = World::new(&db).await;
        let mut tx = db.begin().await.unwrap();
        for text in [
            "insert into receipts (id, connection_id, named, events, asked, due_at) values ($1, $1, 'r', 1, 0, 9)",
            "insert into receipt_events (receipt_id, postback_id, attempt_id, attempt, steps, refusals, give_up_at, alone) values ($1, $1, $1, 0, 0, 0, 9, false)",
        ] {
            within!(&mut tx, c => sqlx::query(text).bind(world.connection_id).execute(c).await.map(drop)).unwrap();
        }
        tx.commit().await.unwrap();
        park(&db, &world, world.secret(&db).await).await;
        world.reconnect(&db, "another-token", NOW + DAY).await;
        assert_eq!(count(&db, "select give_up_at from receipt_events").await, 9 + DAY);
    }

    async fn a_switched_off_connection_holds_what_is_queued_even_when_it_is_reconnected(db: TestDb) {
        let world = World::new(&db).await;
        world.postback(&db).await;
        let switch = async |enabled, now| {
            let mut tx = db.begin().await.unwrap();
            connections::set_enabled(&mut tx, world.connection_id, enabled, now).await.unwrap();
            tx.commit().await.unwrap();
        };
        switch(false, NOW).await;
        assert_eq!(ready(&db, NOW).await, 0);
        park(&db, &world, world.secret(&db).await).await;
        switch(true, NOW + HOUR).await;
        assert_eq!(ready(&db, NOW + HOUR).await, 0, "it is parked");
        world.reconnect(&db, "another-token", NOW + 2 * HOUR).await;
        assert_eq!(ready(&db, NOW + 2 * HOUR).await, 1);
    }

    async fn what_ends_without_a_call_says_nothing_about_deliveries(db: TestDb) {
        let world = World::new(&db).await;
        world.postbacks(&db, 3).await;
        let mut tx = db.begin().await.unwrap();
        postbacks::cancel_waiting(&mut tx, world.connection_id, "The connection was changed to another account or target.", NOW).await.unwrap();
        tx.commit().await.unwrap();
        let facts = health::of_network(&db, world.game_id, "tiktok", NOW).await.unwrap().unwrap();
        assert_eq!(judge::health(&facts), Health::NoRecentActivity);
    }

    async fn a_connection_that_never_delivered_has_no_recent_activity(db: TestDb) {
        let world = World::new(&db).await;
        let facts = health::of_game(&db, world.game_id, NOW).await.unwrap();
        assert_eq!(facts.len(), 1);
        assert_eq!(judge::health(&facts[0].1), Health::NoRecentActivity);
        assert_eq!(health::of_network(&db, world.game_id, "reddit", NOW).await.unwrap(), None);
    }
}
