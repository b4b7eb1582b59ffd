//! Keys are found by their text, and a replaced key is dead at once.

use super::engines::both_engines;
use crate::model::game::{DEFAULT_WINDOW_DAYS, Game, KeyKind};
use crate::server::db::{api_keys, games};
use uuid::Uuid;

both_engines! {
    async fn a_replaced_key_is_dead_at_once(db: TestDb) {
        let game = Game {
            id: Uuid::now_v7(), slug: "emberfall".into(), name: "Emberfall".into(), time_zone: "UTC".into(),
            window_days: DEFAULT_WINDOW_DAYS, created_at: 1,
        };
        let mut tx = db.begin().await.unwrap();
        games::insert(&mut tx, &game).await.unwrap();
        for text in ["pk_old", "pk_new"] {
            let key = api_keys::NewKey { id: Uuid::now_v7(), game_id: game.id, kind: KeyKind::Publishable, text, sealed: None, created_at: 1 };
            api_keys::replace(&mut tx, &key).await.unwrap();
        }
        tx.commit().await.unwrap();
        assert_eq!(games::by_slug(&db, "emberfall").await.unwrap(), Some(game.clone()));
        assert_eq!(api_keys::owner_of(&db, "pk_old").await.unwrap(), None);
        let owner = api_keys::owner_of(&db, "pk_new").await.unwrap().expect("the new key is known");
        assert_eq!((owner.game_id, owner.kind), (game.id, KeyKind::Publishable));
    }
}
