//! Several workers, and one that is stopped on the way.

use super::ground::{ask, job, refuse, refused, resend, run};
use crate::model::Millis;
use crate::server::db::{Db, days, within};
use crate::server::dispatch::drain_until_idle;
use crate::server::now;
use crate::server::resend::{Step, step};
use crate::tests::dispatch::rig::Rig;
use crate::tests::dispatch::world::{NOW, World, count};
use crate::tests::engines::{both_engines, has_day, postgres};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// So many purchases of a minute ago by the wall's clock, refused since; when that is.
async fn refused_now(db: &Db, world: &World, count: usize) -> Millis {
    for _ in 0..count {
        world.fresh(db).await;
    }
    refuse(db).await;
    let now = now();
    let by = now - NOW;
    has_day(db, days::ATTEMPTS, now - 60_000).await;
    for text in [
        "update postbacks set created_at = created_at + $1, expires_at = expires_at + $1, first_attempt_at = first_attempt_at + $1, finished_at = finished_at + $1",
        "update attempts set time = time + $1, day = (time + $1) / 86400000",
        "update connections set connected_at = connected_at + $1, led_since = led_since + $1",
    ] {
        let mut tx = db.begin().await.unwrap();
        within!(&mut tx, c => sqlx::query(text).bind(by).execute(c).await.map(drop)).unwrap();
        tx.commit().await.unwrap();
    }
    now
}

/// How often each postback went into the queue by a resend: never more than once.
const TWICE: &str = "select count(*) from (select postback_id from went group by postback_id having count(*) > 1) as twice";

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_on_one_database_put_nothing_back_twice() {
    let db = postgres().await;
    let others = [Db::open(&db.url).await.unwrap(), Db::open(&db.url).await.unwrap(), Db::open(&db.url).await.unwrap()];
    let world = World::new(&db).await;
    refused(&db, &world, 900).await;
    run(&db, "create table went (postback_id uuid not null)").await;
    run(&db, "create function went() returns trigger language plpgsql as $$ begin insert into went values (new.id); return new; end $$")
        .await;
    run(&db, "create trigger went after insert on queue for each row execute function went()").await;
    let now = NOW + 1_000;
    let id = ask(&db, &world, now).await;
    let work = |db: Db| async move {
        let mut done = Vec::new();
        while !matches!(done.last(), Some(Step::Ended)) && done.len() < 500 {
            done.push(step(&db, id, now).await.unwrap());
        }
        done
    };
    let [a, b, c] = others.map(|db| tokio::spawn(work(db)));
    let steps = [a.await.unwrap(), b.await.unwrap(), c.await.unwrap()].concat();
    assert_eq!(steps.iter().filter(|step| **step == Step::Ended).count(), 1);
    assert_eq!(job(&db, &world, id).await.put_back, 900);
    assert_eq!((count(&db, "select count(*) from queue").await, count(&db, "select count(*) from went").await), (900, 900));
    assert_eq!(count(&db, TWICE).await, 0);
}

both_engines! {
    async fn a_worker_that_is_killed_is_followed_by_another(db: TestDb) {
        let (rig, world) = (Rig::by_the_wall(&db).await, World::new(&db).await);
        let now = refused_now(&db, &world, 1_200).await;
        let id = ask(&db, &world, now).await;
        // Dropped wherever it is, as SIGKILL would: what was not committed is undone.
        for after in [5, 100, 1_000, 30, 400] {
            let worker = tokio::spawn(resend().run(db.db.clone(), CancellationToken::new()));
            for _ in 0..after {
                tokio::task::yield_now().await;
            }
            worker.abort();
            let _ = worker.await;
        }
        let stop = CancellationToken::new();
        let worker = tokio::spawn(resend().run(db.db.clone(), stop.clone()));
        let sending = async {
            while job(&db, &world, id).await.ended_at.is_none() || count(&db, "select count(*) from queue").await > 0 {
                drain_until_idle(&rig.dispatch, crate::server::now()).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), sending).await.expect("it gets done");
        stop.cancel();
        worker.await.unwrap();
        let done = job(&db, &world, id).await;
        assert_eq!(done.put_back, 1_200, "{done:?}");
        assert_eq!(count(&db, "select count(*) from postbacks where state = 'accepted' and attempts = 2").await, 1_200);
        assert_eq!(count(&db, "select count(*) from attempts where status = 'success'").await, 1_200, "each went out once");
    }
}
