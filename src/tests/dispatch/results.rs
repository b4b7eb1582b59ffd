//! Results: state, queue and log move together, and a result that comes too late changes nothing.

use super::world::{Logged, NOW, World, log, queued, stored};
use crate::model::HOUR;
use crate::model::attempt::AttemptStatus;
use crate::model::postback::PostbackState;
use crate::server::db::postbacks::{self, Claimed};
use crate::server::db::queue::{self, Held, Share};
use crate::server::db::results::{self, Attempt, Call, Finish, Results, Stand, id_at};
use crate::server::db::{Db, attempts, on, within};
use crate::tests::engines::both_engines;
use uuid::Uuid;

async fn claim(db: &Db, world: &World) -> Vec<Claimed> {
    postbacks::load(db, held(db, world).await).await.unwrap()
}

async fn held(db: &Db, world: &World) -> Vec<Held> {
    let mut tx = db.begin().await.unwrap();
    let held = queue::claim(&mut tx, world.connection_id, Share::Due, 500, NOW).await.unwrap();
    tx.commit().await.unwrap();
    held
}

fn call() -> Call {
    Call {
        id: id_at(NOW),
        time: NOW,
        method: "POST".into(),
        url: "http://127.0.0.1/open_api/v1.3/event/track/".into(),
        headers: r#"[["Access-Token","••••"]]"#.into(),
        envelope: r#"{"event_source":"web","data":[]}"#.into(),
        response: Some(r#"{"code":0}"#.into()),
    }
}

fn finish(one: &Claimed, call: Uuid, stand: Stand) -> Finish {
    let status = if matches!(stand, Stand::Open { .. }) { AttemptStatus::Retried } else { AttemptStatus::Success };
    Finish {
        of: one.of.clone(),
        lease_id: one.held.lease_id,
        stand,
        unknown_since: None,
        attempt: Attempt {
            id: id_at(NOW),
            time: NOW,
            status,
            http: Some(200),
            latency_ms: Some(12),
            number: one.held.attempt + 1,
            code: Some("0".into()),
            words: Some("OK".into()),
            meaning: "TikTok took the conversion.".into(),
            sent: Some((call, r#"{"event":"Purchase"}"#.into())),
            transport: None,
            told: None,
            of_attempt: None,
        },
        receipt: None,
    }
}

fn accepted() -> Stand {
    Stand::Over { state: PostbackState::Accepted, ended: None }
}

both_engines! {
    async fn a_call_of_many_is_written_once_with_an_attempt_for_each(db: TestDb) {
        let world = World::new(&db).await;
        world.postbacks(&db, 300).await;
        let claimed = claim(&db, &world).await;
        assert_eq!(claimed.len(), 300);
        let call = call();
        let finishes = claimed.iter().map(|one| finish(one, call.id, accepted())).collect();
        results::finish(&db, &[Results { finishes, calls: vec![call], answered: vec![world.connection_id], ..Results::default() }]).await.unwrap();
        for one in [&claimed[0], &claimed[299]] {
            let id = one.of.postback_id;
            assert_eq!(queued(&db, id).await, None);
            let stored = stored(&db, id).await;
            assert_eq!((stored.state.as_str(), stored.attempts, stored.first_attempt_at), ("accepted", 1, Some(NOW)));
            let row = &attempts::of_postback(&db, world.game_id, id).await.unwrap()[0];
            assert_eq!((row.status, row.http, row.attempt, row.goal_name.as_str()), (AttemptStatus::Success, Some(200), 1, "First Purchase"));
            let kept = attempts::exchange(&db, world.game_id, row.id).await.unwrap().expect("the call is kept");
            assert_eq!((kept.event.as_str(), kept.envelope.as_str()), (r#"{"event":"Purchase"}"#, r#"{"event_source":"web","data":[]}"#));
        }
    }

    async fn nothing_is_read_of_a_player_who_was_erased_since_the_claim(db: TestDb) {
        let world = World::new(&db).await;
        let [_, erased] = world.postbacks(&db, 2).await[..] else { panic!("two were made") };
        let held = held(&db, &world).await;
        let mut tx = db.begin().await.unwrap();
        within!(&mut tx, c => sqlx::query("update postbacks set body = '{}', erased = true where id = $1").bind(erased).execute(c).await.map(drop))
            .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(postbacks::load(&db, held).await.unwrap().len(), 1);
    }

    async fn a_retry_waits_for_its_time(db: TestDb) {
        let world = World::new(&db).await;
        let id = world.postback(&db).await;
        let claimed = claim(&db, &world).await;
        let stand = Stand::Open { due_at: NOW + 10_000, steps: 1, refusals: 0, give_up_at: NOW + 72 * HOUR };
        let result = Finish { unknown_since: Some(NOW), ..finish(&claimed[0], Uuid::nil(), stand) };
        results::finish(&db, &[Results { finishes: vec![result], ..Results::default() }]).await.unwrap();
        let row = queued(&db, id).await.unwrap();
        assert_eq!((row.due_at, row.attempt, row.claims, row.give_up_at, row.lease_id), (NOW + 10_000, 1, 0, Some(NOW + 72 * HOUR), None));
        let stored = stored(&db, id).await;
        assert_eq!((stored.state.as_str(), stored.attempts, stored.unknown_since), ("retrying", 1, Some(NOW)));
    }

    async fn a_result_that_comes_after_its_lease_is_logged_late_and_changes_nothing(db: TestDb) {
        let world = World::new(&db).await;
        let id = world.postback(&db).await;
        let slow = claim(&db, &world).await;
        queue::clear_leases(&db, NOW).await.unwrap();
        let quick = claim(&db, &world).await;
        results::finish(&db, &[Results { finishes: vec![finish(&slow[0], Uuid::nil(), accepted())], ..Results::default() }]).await.unwrap();
        assert_eq!(stored(&db, id).await.state, "queued");
        assert_eq!(queued(&db, id).await.unwrap().lease_id, Some(quick[0].held.lease_id));
        assert!(log(&db, id).await[0].late);
        results::finish(&db, &[Results { finishes: vec![finish(&quick[0], Uuid::nil(), accepted())], ..Results::default() }]).await.unwrap();
        assert_eq!(stored(&db, id).await.state, "accepted");
        assert_eq!(log(&db, id).await.iter().filter(|row| row.late).count(), 1);
    }

    async fn a_late_result_is_late_though_it_is_written_with_the_one_that_counts(db: TestDb) {
        for first_is_late in [true, false] {
            let world = World::new(&db).await;
            let id = world.postback(&db).await;
            let slow = claim(&db, &world).await;
            queue::clear_leases(&db, NOW).await.unwrap();
            let quick = claim(&db, &world).await;
            let again = Stand::Open { due_at: NOW + HOUR, steps: 1, refusals: 0, give_up_at: NOW + 72 * HOUR };
            let refused = Stand::Over { state: PostbackState::Failed, ended: Some("refused by TikTok".into()) };
            for stand in [again, refused] {
                let results = |one: &Claimed, stand| Results { finishes: vec![finish(one, Uuid::nil(), stand)], ..Results::default() };
                let mut list = [results(&slow[0], stand), results(&quick[0], accepted())];
                if !first_is_late {
                    list.reverse();
                }
                results::finish(&db, &list).await.unwrap();
                assert_eq!((stored(&db, id).await.state.as_str(), queued(&db, id).await), ("accepted", None));
            }
            assert_eq!(log(&db, id).await.iter().filter(|row| row.status == "success" && !row.late).count(), 1);
        }
    }

    async fn a_call_that_comes_back_after_its_player_was_erased_tells_nothing_of_them(db: TestDb) {
        let world = World::new(&db).await;
        let ids = world.postbacks(&db, 2).await;
        let under_way = claim(&db, &world).await;
        let mut tx = db.begin().await.unwrap();
        postbacks::cancel_waiting(&mut tx, world.connection_id, "Erased.", NOW).await.unwrap();
        within!(&mut tx, c => sqlx::query("update postbacks set erased = $1 where id = $2").bind(true).bind(ids[0]).execute(c).await.map(drop)).unwrap();
        tx.commit().await.unwrap();
        let said = Call { response: Some(r#"{"code":40002,"message":"ip 203.0.113.7 is odd"}"#.into()), ..call() };
        let event = r#"{"event":"Purchase","user":{"ip":"203.0.113.7"}}"#;
        let result = |one: &Claimed| {
            let mut finish = finish(one, said.id, accepted());
            finish.attempt.sent = Some((said.id, event.into()));
            finish.attempt.words = Some("ip 203.0.113.7 is odd".into());
            finish
        };
        let finishes = under_way.iter().map(result).collect();
        results::finish(&db, &[Results { finishes, calls: vec![said.clone()], ..Results::default() }]).await.unwrap();
        let late = |rows: Vec<Logged>| rows.into_iter().find(|row| row.late).unwrap();
        let (erased, other) = (late(log(&db, ids[0]).await), late(log(&db, ids[1]).await));
        assert_eq!(erased.request.as_deref(), Some(r#"{"event":"Purchase","user":"(erased)"}"#));
        assert_eq!(erased.words.as_deref(), Some("ip (erased) is odd"));
        assert_eq!(other.request.as_deref(), Some(event));
        let (response,): (String,) = on!(&db.db, pool => sqlx::query_as("select response from calls where id = $1").bind(said.id).fetch_one(pool).await).unwrap();
        assert_eq!(response, r#"{"code":40002,"message":"ip (erased) is odd"}"#);
    }

    async fn a_cancelled_postback_leaves_with_a_row_that_says_why(db: TestDb) {
        let world = World::new(&db).await;
        let ids = world.postbacks(&db, 300).await;
        let under_way = claim(&db, &world).await;
        let mut tx = db.begin().await.unwrap();
        postbacks::cancel_waiting(&mut tx, world.connection_id, "The network was disconnected.", NOW).await.unwrap();
        tx.commit().await.unwrap();
        results::finish(&db, &[Results { finishes: vec![finish(&under_way[0], Uuid::nil(), accepted())], ..Results::default() }]).await.unwrap();
        let stored = stored(&db, ids[0]).await;
        assert_eq!((stored.state.as_str(), stored.ended.as_deref()), ("cancelled", Some("The network was disconnected.")));
        let rows = log(&db, ids[299]).await;
        assert_eq!((rows.len(), rows[0].status.as_str(), rows[0].http, rows[0].attempt), (1, "failed", None, 0));
        assert!(log(&db, ids[0]).await.iter().any(|row| row.late));
    }
}
