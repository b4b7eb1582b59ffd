//! Who may send, and how often.

use super::*;
use crate::tests::engines::both_engines;

both_engines! {
    async fn a_missing_unknown_or_secret_key_is_401(db: TestDb) {
        let api = Api::new(db).await;
        replace_key(&api.db, api.game_id, KeyKind::Secret, "sk_test").await;
        let body = || Body::from(json!({ "messages": [track(json!({}))] }).to_string());
        let unknown_long = "k".repeat(5_000);
        for request in [
            Request::post("/v1/audience/messages").body(body()).unwrap(),
            request("").body(body()).unwrap(),
            request("pk_nobody").body(body()).unwrap(),
            request(&unknown_long).body(body()).unwrap(),
            request("sk_test").body(body()).unwrap(),
            Request::post("/v1/audience/messages").header("x-immutable-api-key", "sk_test").body(body()).unwrap(),
        ] {
            let answer = api.send(request).await;
            assert_eq!((answer.status, answer.refusal()), (StatusCode::UNAUTHORIZED, "UNAUTHORISED_REQUEST"));
        }
        assert_eq!(api.count("select count(*) from messages").await, 0);
    }

    async fn a_rotated_key_is_dead_at_once(db: TestDb) {
        let api = Api::new(db).await;
        api.accept(&[track(json!({}))]).await;
        replace_key(&api.db, api.game_id, KeyKind::Publishable, "pk_new").await;
        for _ in 0..2 {
            assert_eq!(api.post(&[track(json!({}))]).await.status, StatusCode::UNAUTHORIZED);
        }
        let body = json!({ "messages": [track(json!({}))] }).to_string();
        assert_eq!(api.send(request("pk_new").body(body.into()).unwrap()).await.status, StatusCode::OK);
        assert_eq!(api.count("select count(*) from messages").await, 2);
    }

    async fn the_keys_page_sees_that_a_key_was_used(db: TestDb) {
        let api = Api::new(db).await;
        assert_eq!(api.count("select count(*) from api_keys where last_used_at is not null").await, 0);
        api.accept(&[track(json!({}))]).await;
        assert_eq!(api.count("select count(*) from api_keys where last_used_at is not null").await, 1);
    }

    async fn a_game_never_sees_another_games_messages(db: TestDb) {
        let api = Api::new(db).await;
        game(&api.db, "tidewater", "pk_tide").await;
        let same = track(json!({}));
        api.accept(std::slice::from_ref(&same)).await;
        let body = json!({ "messages": [same] }).to_string();
        assert_eq!(api.send(request("pk_tide").body(body.into()).unwrap()).await.counts(), (1, 0));
        assert_eq!(api.count("select count(distinct game_id) from messages").await, 2);
    }
}

#[tokio::test]
async fn too_many_requests_are_told_when_to_come_back() {
    for rates in [Rates { per_key: 2, per_ip: 0 }, Rates { per_key: 0, per_ip: 2 }] {
        let api = Api::with(crate::tests::engines::sqlite().await, rates, &[]).await;
        let mut statuses = Vec::new();
        for _ in 0..4 {
            let answer = api.post(&[track(json!({}))]).await;
            if answer.status == StatusCode::TOO_MANY_REQUESTS {
                assert_eq!(answer.refusal(), "TOO_MANY_REQUESTS_ERROR");
                assert!((1..=2).contains(&answer.header("retry-after").parse::<u64>().unwrap()));
            }
            statuses.push(answer.status.as_u16());
        }
        assert_eq!(statuses[..2], [200, 200], "{rates:?}");
        assert!(statuses[2..].contains(&429), "{rates:?}: {statuses:?}");
    }
}

#[tokio::test]
async fn the_players_address_is_the_one_behind_the_trusted_proxy() {
    let api = Api::with(crate::tests::engines::sqlite().await, NO_LIMITS, &["10.0.0.0/8"]).await;
    for (peer, forwarded) in [([192, 0, 2, 7], "203.0.113.9"), ([10, 0, 0, 1], "203.0.113.8, 198.51.100.4")] {
        let body = json!({ "messages": [track(json!({}))] }).to_string();
        let request = request(KEY)
            .header("x-forwarded-for", forwarded)
            .extension(ConnectInfo(SocketAddr::from((peer, 4711))))
            .body(body.into())
            .unwrap();
        assert_eq!(api.send(request).await.status, StatusCode::OK);
    }
    let addresses = api.count("select count(*) from messages where ip in ('192.0.2.7', '198.51.100.4')").await;
    assert_eq!(addresses, 2);
}
