//! What people change about a connection holds for what is claimed ahead as well: only calls under way are not called back.

use super::rig::Rig;
use super::world::{NOW, TIKTOK_TOKEN, World, count};
use crate::server::db::{Db, Tx, connection_changes, connections, postbacks};
use crate::server::dispatch::Clock;
use crate::server::dispatch::engine::Engine;
use crate::server::simulator::world::TIKTOK_SHOP_PIXEL;
use crate::tests::engines::both_engines;

/// Claims more than the first calls take, and starts these.
async fn begin(rig: &Rig, world: &World, db: &Db) -> Engine {
    world.postbacks(db, 600).await;
    let mut engine = Engine::start(rig.dispatch.clone(), Clock::Stopped(NOW));
    engine.turn().await;
    engine.something_ended().await;
    engine.turn().await;
    engine
}

/// What the engine does once it looks again; the number of calls it has made in the end.
async fn go_on(mut engine: Engine) -> usize {
    engine.look_again();
    engine.turn().await;
    while engine.busy() {
        engine.something_ended().await;
        engine.turn().await;
    }
    let made = engine.made();
    engine.stop().await;
    made
}

async fn disconnect(tx: &mut Tx, world: &World) {
    postbacks::cancel_waiting(tx, world.connection_id, "The network was disconnected.", NOW).await.unwrap();
    connection_changes::disconnect(tx, world.connection_id).await.unwrap();
}

both_engines! {
    async fn nothing_is_held_back_from_a_connection_that_stays_as_it_is(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, World::new(&db).await);
        let engine = begin(&rig, &world, &db).await;
        assert_eq!(go_on(engine).await, 12);
    }

    async fn a_connection_that_is_switched_off_holds_what_is_claimed_ahead(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, World::new(&db).await);
        let engine = begin(&rig, &world, &db).await;
        let mut tx = db.begin().await.unwrap();
        connections::set_enabled(&mut tx, world.connection_id, false, NOW).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(go_on(engine).await, 4, "those that were under way");
        assert_eq!(count(&db, "select count(*) from queue where lease_id is null and claims = 0").await, 400, "the others wait");
    }

    async fn what_was_cancelled_is_not_sent_though_it_was_claimed(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, World::new(&db).await);
        let engine = begin(&rig, &world, &db).await;
        let mut tx = db.begin().await.unwrap();
        disconnect(&mut tx, &world).await;
        tx.commit().await.unwrap();
        assert_eq!(go_on(engine).await, 4);
        let cancelled = count(&db, "select count(*) from postbacks where state = 'cancelled'").await;
        assert!(cancelled >= 400, "{cancelled}: all but those whose call had come back");
    }

    async fn what_waited_for_another_pixel_is_not_sent_to_it_nor_to_the_former_one(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, World::new(&db).await);
        let engine = begin(&rig, &world, &db).await;
        let mut tx = db.begin().await.unwrap();
        disconnect(&mut tx, &world).await;
        world.connect(&mut tx, TIKTOK_SHOP_PIXEL, TIKTOK_TOKEN).await;
        tx.commit().await.unwrap();
        assert_eq!(go_on(engine).await, 4);
        assert_eq!(rig.counted().await, 200);
    }
}
