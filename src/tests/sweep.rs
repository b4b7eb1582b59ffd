//! What has run out is forgotten, however much of it there is, and nothing else.

use super::engines::both_engines;
use crate::model::{DAY, HOUR, Millis};
use crate::server::db::grants::{self, Grant, OauthState};
use crate::server::db::{Db, message_ids, on, sessions};
use crate::server::sweep::sweep;
use uuid::Uuid;

const NOW: Millis = 1_800_000_000_000;
/// More than one transaction takes.
const MANY: usize = 4_500;

async fn count(db: &Db, text: &'static str) -> i64 {
    let (count,): (i64,) = on!(db, pool => sqlx::query_as(text).fetch_one(pool).await).unwrap();
    count
}

/// A session that ends then, and a consent and a token of a game that run out then.
async fn people(db: &Db, game_id: Uuid, expires_at: Millis) {
    let mut tx = db.begin().await.unwrap();
    let fingerprint = format!("session-{expires_at}");
    assert!(sessions::insert(&mut tx, &sessions::Row { fingerprint: &fingerprint, user_id: None, data: "{}", expires_at }).await.unwrap());
    let (user_id, network) = (Uuid::now_v7(), "tiktok".to_owned());
    let state = OauthState {
        verifier: None,
        state_hash: format!("state-{expires_at}"),
        session_hash: fingerprint,
        user_id,
        game_id,
        network: network.clone(),
        popup: false,
        created_at: 0,
        expires_at,
    };
    grants::remember_state(&mut tx, &state).await.unwrap();
    let (id, secret) = (Uuid::now_v7(), "sealed".to_owned());
    let grant = Grant { id, game_id, network, user_id, secret, secret_expires_at: None, secret_holder: None, created_at: 0, expires_at };
    grants::store(&mut tx, &grant).await.unwrap();
    tx.commit().await.unwrap();
}

both_engines! {
    async fn message_ids_are_forgotten_when_they_cannot_come_again(db: TestDb) {
        let game = Uuid::now_v7();
        let mut tx = db.begin().await.unwrap();
        let mut seen = message_ids::Seen::default();
        let old: Vec<(Uuid, Uuid)> = (0..MANY).map(|_| (game, Uuid::new_v4())).collect();
        message_ids::claim(&mut tx, &mut seen, &old, NOW - message_ids::KEPT_FOR - HOUR).await.unwrap();
        message_ids::claim(&mut tx, &mut seen, &[(game, Uuid::new_v4())], NOW - 30 * DAY).await.unwrap();
        tx.commit().await.unwrap();
        sweep(&db, NOW).await;
        assert_eq!(count(&db, "select count(*) from message_ids").await, 1);
    }

    async fn sessions_consents_and_tokens_end_with_their_time(db: TestDb) {
        let game = crate::tests::ingest::game(&db, "emberfall", "pk_test").await;
        people(&db, game, NOW).await;
        people(&db, game, NOW + 1).await;
        sweep(&db, NOW).await;
        for text in ["select count(*) from sessions", "select count(*) from oauth_states", "select count(*) from grants"] {
            assert_eq!(count(&db, text).await, 1, "{text}");
        }
    }
}
