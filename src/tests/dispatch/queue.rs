//! Claims: nobody sends what another holds, nobody starves, and nothing stays claimed by the dead.

use super::world::{NOW, World, queued, stored};
use crate::model::DAY;
use crate::server::db::queue::{self, Held, LEASE, Share};
use crate::server::db::{Db, connections};
use crate::tests::engines::both_engines;
use uuid::Uuid;

async fn claim(db: &Db, world: &World, share: Share, most: usize, now: i64) -> Vec<Held> {
    let mut tx = db.begin().await.unwrap();
    let held = queue::claim(&mut tx, world.connection_id, share, most, now).await.unwrap();
    tx.commit().await.unwrap();
    held
}

fn ids(held: &[Held]) -> Vec<Uuid> {
    held.iter().map(|row| row.id).collect()
}

both_engines! {
    async fn what_is_claimed_is_claimed_once(db: TestDb) {
        let world = World::new(&db).await;
        let all = world.postbacks(&db, 3).await;
        let first = claim(&db, &world, Share::Due, 2, NOW).await;
        assert_eq!(ids(&first), all[..2]);
        assert_eq!(ids(&claim(&db, &world, Share::Due, 2, NOW).await), all[2..]);
        assert!(claim(&db, &world, Share::Due, 2, NOW).await.is_empty());
        assert!(first.iter().all(|row| row.lease_until == NOW + LEASE && row.claims == 1));
    }

    async fn what_is_not_due_waits(db: TestDb) {
        let world = World::new(&db).await;
        world.postback_with(&db, NOW + 1, NOW + DAY, |_| {}).await;
        assert!(claim(&db, &world, Share::Due, 9, NOW).await.is_empty());
        assert_eq!(queue::next_due(&db).await.unwrap(), Some(NOW + 1));
        assert!(connections::ready(&db, NOW).await.unwrap().is_empty());
        assert_eq!(connections::ready(&db, NOW + 1).await.unwrap().len(), 1);
        assert_eq!(claim(&db, &world, Share::Due, 9, NOW + 1).await.len(), 1);
    }

    async fn first_attempts_have_a_share_of_their_own(db: TestDb) {
        let world = World::new(&db).await;
        let retry = world.postback_with(&db, NOW - 5_000, NOW + DAY, |_| {}).await;
        retried(&db, retry).await;
        let fresh = world.postback(&db).await;
        assert_eq!(ids(&claim(&db, &world, Share::Fresh, 9, NOW).await), [fresh]);
        assert_eq!(ids(&claim(&db, &world, Share::Due, 9, NOW).await), [retry]);
    }

    async fn a_lease_that_ran_out_goes_to_the_next_and_is_marked_unknown(db: TestDb) {
        let world = World::new(&db).await;
        let id = world.postback(&db).await;
        let dead = claim(&db, &world, Share::Due, 1, NOW).await;
        assert_eq!(queue::reclaim(&db, NOW + LEASE).await.unwrap(), 0, "it still holds");
        assert_eq!(queue::reclaim(&db, NOW + LEASE + 1).await.unwrap(), 1);
        assert_eq!(stored(&db, id).await.unknown_since, Some(NOW), "the dead may have sent it, at the claim at the earliest");
        let pairs = [(id, dead[0].lease_id)];
        assert!(queue::renew(&db, &pairs, NOW).await.unwrap().is_empty(), "it is not theirs any more");
        let next = claim(&db, &world, Share::Due, 1, NOW + LEASE + 1).await;
        assert_eq!((next[0].id, next[0].claims), (id, 2));
        queue::hand_back(&db, &pairs).await.unwrap();
        assert_eq!(queued(&db, id).await.unwrap().lease_id, Some(next[0].lease_id), "nor can they give it back");
    }

    async fn a_renewed_lease_holds_on(db: TestDb) {
        let world = World::new(&db).await;
        let id = world.postback(&db).await;
        let held = claim(&db, &world, Share::Due, 1, NOW).await;
        assert_eq!(queue::renew(&db, &[(id, held[0].lease_id)], NOW + 50_000).await.unwrap(), [id]);
        assert_eq!(queue::reclaim(&db, NOW + LEASE + 1).await.unwrap(), 0);
    }

    async fn a_start_takes_everything_up_again(db: TestDb) {
        let world = World::new(&db).await;
        world.postbacks(&db, 2).await;
        claim(&db, &world, Share::Due, 2, NOW).await;
        assert_eq!(queue::clear_leases(&db).await.unwrap(), 2);
        assert_eq!(claim(&db, &world, Share::Due, 2, NOW).await.len(), 2);
    }

    async fn what_was_given_back_was_never_claimed(db: TestDb) {
        let world = World::new(&db).await;
        let id = world.postback(&db).await;
        for _ in 0..9 {
            let held = claim(&db, &world, Share::Due, 1, NOW).await;
            queue::hand_back(&db, &[(id, held[0].lease_id)]).await.unwrap();
        }
        assert_eq!(queued(&db, id).await.unwrap().claims, 0);
        assert_eq!(stored(&db, id).await.unknown_since, None);
    }

    async fn what_may_stop_the_process_goes_alone_and_one_at_a_time(db: TestDb) {
        let world = World::new(&db).await;
        let all = world.postbacks(&db, 2).await;
        for _ in 0..2 {
            claim(&db, &world, Share::Due, 9, NOW).await;
            queue::clear_leases(&db).await.unwrap();
        }
        assert!(claim(&db, &world, Share::Due, 9, NOW).await.is_empty(), "not with the others");
        let first = claim(&db, &world, Share::Suspect, 1, NOW).await;
        assert_eq!(ids(&first), all[..1]);
        assert!(first[0].suspect());
        assert!(claim(&db, &world, Share::Suspect, 1, NOW).await.is_empty(), "not beside another");
        queue::hand_back(&db, &[(first[0].id, first[0].lease_id)]).await.unwrap();
        assert_eq!(claim(&db, &world, Share::Suspect, 1, NOW).await.len(), 1);
    }

    async fn what_is_too_old_is_found_wherever_it_waits(db: TestDb) {
        let world = World::new(&db).await;
        let old = world.postback_with(&db, NOW + DAY, NOW, |_| {}).await;
        world.postback(&db).await;
        let mut tx = db.begin().await.unwrap();
        connections::set_enabled(&mut tx, world.connection_id, false, NOW).await.unwrap();
        let held = queue::claim_expired(&mut tx, 9, NOW).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(ids(&held), [old]);
    }
}

async fn retried(db: &Db, id: Uuid) {
    let mut tx = db.begin().await.unwrap();
    crate::server::db::within!(&mut tx, c => sqlx::query("update queue set attempt = 1 where id = $1").bind(id).execute(c).await.map(drop))
        .unwrap();
    tx.commit().await.unwrap();
}
