//! Claims: nobody sends what another holds, nobody starves, and nothing stays claimed by the dead.

use super::world::{NOW, World, queued, stored};
use crate::model::{DAY, HOUR, MINUTE};
use crate::server::db::queue::{self, Held, LEASE, Share, Suspicion};
use crate::server::db::{Db, clock, connections, on};
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
        assert_eq!(queue::next_due(&db).await.unwrap(), [(world.connection_id, NOW + 1)]);
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
        assert_eq!(queue::clear_leases(&db, NOW).await.unwrap(), 2);
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

    async fn what_may_stop_the_process_is_narrowed_down_death_by_death(db: TestDb) {
        let world = World::new(&db).await;
        world.postbacks(&db, 70).await;
        let mut now = NOW;
        for _ in 0..2 {
            assert_eq!(claim(&db, &world, Share::Due, 99, now).await.len(), 70);
            queue::clear_leases(&db, now).await.unwrap();
        }
        assert!(claim(&db, &world, Share::Due, 99, now).await.is_empty(), "not with the others");
        assert!(connections::ready(&db, now).await.unwrap()[0].suspects);
        for (suspicion, share) in [(Suspicion::Some, 64), (Suspicion::More, 8), (Suspicion::Most, 1), (Suspicion::Most, 1)] {
            assert_eq!(suspicion.width(), share);
            let held = claim(&db, &world, Share::Suspects(suspicion), 99, now).await;
            assert_eq!(held.len(), share);
            assert!(held.iter().all(|row| row.suspect() && row.prime_suspect() == (suspicion != Suspicion::Some)));
            assert!(claim(&db, &world, Share::Suspects(suspicion), 99, now).await.is_empty(), "no more beside them");
            queue::clear_leases(&db, now).await.unwrap();
            assert!(claim(&db, &world, Share::Suspects(suspicion), 99, now).await.iter().all(|row| row.claims == held[0].claims), "only those that were not out");
            queue::clear_leases(&db, now).await.unwrap();
            now += MINUTE;
        }
    }

    async fn a_suspect_that_is_given_back_was_not_out_at_a_death(db: TestDb) {
        let world = World::new(&db).await;
        let id = world.postback(&db).await;
        for _ in 0..2 {
            claim(&db, &world, Share::Due, 1, NOW).await;
            queue::clear_leases(&db, NOW).await.unwrap();
        }
        for _ in 0..9 {
            let held = claim(&db, &world, Share::Suspects(Suspicion::Some), 1, NOW).await;
            queue::hand_back(&db, &[(id, held[0].lease_id)]).await.unwrap();
        }
        assert_eq!(queued(&db, id).await.unwrap().claims, 2);
    }

    async fn who_dies_again_and_again_does_not_take_the_same_along_each_time(db: TestDb) {
        let world = World::new(&db).await;
        let id = world.postback(&db).await;
        for (deaths, wait) in [0, 0, 5_000, 10_000, 15_000].into_iter().enumerate() {
            let share = [Share::Due, Share::Due, Share::Suspects(Suspicion::Some), Share::Suspects(Suspicion::More), Share::Suspects(Suspicion::Most)][deaths];
            let now = NOW + HOUR * i64::try_from(deaths).unwrap();
            assert_eq!(claim(&db, &world, share, 1, now).await.len(), 1, "{share:?}");
            queue::clear_leases(&db, now).await.unwrap();
            let due_at = queued(&db, id).await.unwrap().due_at;
            assert_eq!(due_at, if wait > 0 { now + wait } else { NOW });
        }
    }

    async fn a_clock_that_jumps_takes_leases_along_and_makes_nothing_wait_longer(db: TestDb) {
        let world = World::new(&db).await;
        let (held, due) = (world.postback(&db).await, world.postback(&db).await);
        assert_eq!(ids(&claim(&db, &world, Share::Due, 1, NOW).await), [held]);
        let waits = world.postback_with(&db, NOW + HOUR, NOW + 9 * DAY, |_| {}).await;
        let before = NOW + MINUTE / 2;
        for (by, lease, moved) in [(DAY, NOW + LEASE + DAY, 0), (-2 * DAY, NOW + LEASE - DAY, -2 * DAY)] {
            clock::jumped(&db, before, by).await.unwrap();
            let until: (Option<i64>,) = on!(&db.db, pool => sqlx::query_as("select lease_until from queue where id = $1").bind(held).fetch_one(pool).await).unwrap();
            assert_eq!((until.0, queued(&db, due).await.unwrap().due_at, queued(&db, waits).await.unwrap().due_at), (Some(lease), NOW + moved, NOW + HOUR + moved));
        }
    }

    async fn what_came_under_a_wrong_clock_is_due_now(db: TestDb) {
        let world = World::new(&db).await;
        let tried = world.postback_with(&db, NOW + HOUR, NOW + 9 * DAY, |_| {}).await;
        retried(&db, tried).await;
        let soon = world.postback_with(&db, NOW + MINUTE, NOW + 9 * DAY, |_| {}).await;
        let fresh = world.postback_with(&db, NOW + DAY, NOW + 9 * DAY, |_| {}).await;
        assert_eq!(clock::bring_forward(&db, NOW, MINUTE).await.unwrap(), 1);
        for (id, due_at) in [(tried, NOW + HOUR), (soon, NOW + MINUTE), (fresh, NOW)] {
            assert_eq!(queued(&db, id).await.unwrap().due_at, due_at);
        }
        assert_eq!(clock::bring_forward(&db, NOW, MINUTE).await.unwrap(), 0);
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
