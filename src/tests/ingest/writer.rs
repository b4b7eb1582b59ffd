//! Durable before answered, whole or not at all, and alone in trouble.

use super::*;
use crate::server::db::{days, within};
use crate::tests::engines::{both_engines, has_day, sqlite};

both_engines! {
    async fn what_was_taken_before_the_stop_is_stored_and_answered(db: TestDb) {
        let api = Api::new(db).await;
        let bodies: Vec<Vec<Value>> = (0..20).map(|_| vec![track(json!({}))]).collect();
        let posts = futures::future::join_all(bodies.iter().map(|messages| api.post(messages)));
        let (answers, ()) = tokio::join!(posts, api.ingest.stop());
        let accepted = answers.iter().filter(|answer| answer.status == StatusCode::OK).count();
        assert_eq!(api.count("select count(*) from messages").await, accepted as i64);
        let late = api.post(&[track(json!({}))]).await;
        assert_eq!((late.status, late.refusal(), late.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "INTERNAL_SERVER_ERROR", "1"));
    }

    async fn a_request_the_database_refuses_fails_alone(db: TestDb) {
        let api = Api::new(db).await;
        // A message that the database will refuse: its id is taken, and nobody remembers why.
        let poison = track(json!({}));
        let id: Uuid = poison["messageId"].as_str().unwrap().parse().unwrap();
        has_day(&api.db, days::MESSAGES, now()).await;
        let mut tx = api.db.begin().await.unwrap();
        within!(&mut tx, c => sqlx::query("create unique index messages_once on messages (day, message_id)").execute(c).await.map(drop)).unwrap();
        within!(&mut tx, c => sqlx::query(
            "insert into messages (day, id, game_id, message_id, kind, event_time, original_time, received_at, consent, test, body)
             values ($5, $1, $2, $3, 'track', 1, 1, 1, 'full', $4, '{}')",
        ).bind(Uuid::now_v7()).bind(api.game_id).bind(id).bind(false).bind(days::day(now())).execute(c).await.map(drop)).unwrap();
        tx.commit().await.unwrap();
        let good: Vec<Vec<Value>> = (0..20).map(|_| vec![track(json!({}))]).collect();
        let bad = [poison];
        let posts = good.iter().map(Vec::as_slice).chain([bad.as_slice()]).map(|messages| api.post(messages));
        let mut answers = futures::future::join_all(posts).await;
        let refused = answers.pop().unwrap();
        assert_eq!((refused.status, refused.refusal()), (StatusCode::SERVICE_UNAVAILABLE, "INTERNAL_SERVER_ERROR"));
        assert!(answers.iter().all(|answer| answer.status == StatusCode::OK));
        assert_eq!(api.count("select count(*) from messages").await, 21);
        assert_eq!(api.count("select count(*) from message_ids").await, 20);
    }
}

#[tokio::test]
async fn without_a_database_nothing_is_accepted() {
    let api = Api::new(sqlite().await).await;
    api.accept(&[track(json!({}))]).await;
    api.db.close().await;
    let answer = api.post(&[track(json!({}))]).await;
    assert_eq!(
        (answer.status, answer.refusal(), answer.header("retry-after")),
        (StatusCode::SERVICE_UNAVAILABLE, "INTERNAL_SERVER_ERROR", "1")
    );
}
