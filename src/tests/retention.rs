//! What is too old is deleted with all that hangs on it, and nothing that is still needed.

use super::engines::both_engines;
use super::ingest::count;
use super::players::town::{Town, ingest};
use super::settings::stage::{Stage, bought, landing, message};
use crate::model::game_settings::DEFAULT_KEPT_DAYS;
use crate::model::{DAY, HOUR, Millis};
use crate::server::db::{Db, on, within};
use crate::server::decide::tests::say::{identify, page, purchase, track};
use crate::server::retention::{CLICK_COUNTS_FOR, pass};
use crate::server::{now, sweep::sweep};
use crate::web::integrations::changes::SwitchSending;
use serde_json::json;
use uuid::Uuid;

const KEPT: Millis = DEFAULT_KEPT_DAYS as Millis * DAY;

/// Rows of: messages, attempts, calls, conversions, postbacks, clicks, identities, players.
async fn rows(db: &Db) -> [i64; 8] {
    [
        count(db, "select count(*) from messages").await,
        count(db, "select count(*) from attempts").await,
        count(db, "select count(*) from calls").await,
        count(db, "select count(*) from conversions").await,
        count(db, "select count(*) from postbacks").await,
        count(db, "select count(*) from clicks").await,
        count(db, "select count(*) from identities").await,
        count(db, "select count(*) from players").await,
    ]
}

async fn set_keeping(db: &Db, game: Uuid, messages: i32, attempts: i32) {
    let mut tx = db.begin().await.unwrap();
    within!(&mut tx, c => sqlx::query("update games set keep_messages_days = $2, keep_attempts_days = $3 where id = $1")
        .bind(game)
        .bind(messages)
        .bind(attempts)
        .execute(c)
        .await
        .map(drop))
    .unwrap();
    tx.commit().await.unwrap();
}

both_engines! {
    async fn what_is_within_its_time_stays_and_what_is_past_it_goes_with_what_hangs_on_it(db: TestDb) {
        let stage = Stage::connected(db).await;
        let player = Uuid::new_v4().to_string();
        let known = message(&player, json!({
            "type": "identify", "surface": "web", "userId": "7656", "identityType": "steam", "consentLevel": "full", "traits": { "email": "player@example.com" },
        }));
        stage.send(&[landing(&player, "ttclid"), known, bought(&player)]).await;
        stage.deliver().await;
        let before = rows(stage.db()).await;
        assert_eq!(before, [3, 1, 1, 1, 1, 1, 2, 1]);
        pass(stage.db(), now() + KEPT - HOUR).await;
        assert_eq!(rows(stage.db()).await, before);
        // On PostgreSQL a day goes whole, when it is over.
        pass(stage.db(), now() + KEPT + DAY).await;
        assert_eq!(rows(stage.db()).await, [0, 0, 0, 0, 0, 1, 2, 1], "the click may still earn something");
        assert_eq!(count(stage.db(), "select count(*) from players where contact <> '{}'").await, 0, "nothing personal without a message");
        pass(stage.db(), now() + CLICK_COUNTS_FOR + DAY).await;
        assert_eq!(rows(stage.db()).await, [0, 0, 0, 0, 0, 0, 2, 1], "who reached a goal once is known, or it would count again");
        stage.send(&[landing(&player, "ttclid"), bought(&player)]).await;
        assert_eq!(count(stage.db(), "select count(*) from conversions where reason = 'already_converted'").await, 1);
    }

    async fn who_reached_no_goal_goes_when_nothing_of_them_is_kept(db: TestDb) {
        let (town, ingest) = (Town::new(&db).await, ingest(&db));
        town.hears(&ingest, [page().of("web").url("?ttclid=T1"), track("level_up").of("web").at(HOUR), identify("steam", "S").of("web").at(HOUR)]).await;
        town.hears(&ingest, [track("level_up").of("somebody else").at(HOUR)]).await;
        pass(&db, now() + KEPT + DAY).await;
        assert_eq!(rows(&db).await, [0, 0, 0, 0, 0, 1, 2, 1], "the one with a click stays with it");
        pass(&db, now() + CLICK_COUNTS_FOR).await;
        assert_eq!(rows(&db).await, [0; 8]);
    }

    async fn what_is_queued_or_waits_stays_however_old(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        stage.purchase("ttclid").await;
        stage.owner.submit::<SwitchSending>(&[("game", "emberfall"), ("network", "tiktok"), ("enabled", "false")]).await;
        stage.send(&[bought("nobody's")]).await;
        let later = now() + 500 * DAY;
        pass(stage.db(), later).await;
        assert_eq!(rows(stage.db()).await, [0, 0, 0, 2, 1, 1, 2, 2], "the messages alone were not needed any more");
        assert!(stage.kept().await.contains("waits 1\n"));
        // The end of waiting is the sweeper's; then it is over.
        sweep(stage.db(), later).await;
        pass(stage.db(), later).await;
        assert_eq!(count(stage.db(), "select count(*) from conversions").await, 1);
    }

    async fn the_log_may_be_kept_shorter_or_longer_than_the_messages(db: TestDb) {
        let stage = Stage::connected(db).await;
        stage.purchase("ttclid").await;
        stage.deliver().await;
        set_keeping(stage.db(), stage.game_id().await, 90, 30).await;
        pass(stage.db(), now() + 31 * DAY).await;
        assert_eq!(rows(stage.db()).await, [2, 0, 0, 1, 1, 1, 1, 1], "conversion and postback stay as long as the messages");
        stage.purchase("ttclid").await;
        stage.deliver().await;
        set_keeping(stage.db(), stage.game_id().await, 30, 400).await;
        pass(stage.db(), now() + 101 * DAY).await;
        assert_eq!(rows(stage.db()).await, [0, 1, 1, 2, 2, 2, 2, 2], "and as long as their log");
    }

    async fn each_game_keeps_by_its_own_settings(db: TestDb) {
        let (one, other, ingest) = (Town::new(&db).await, Town::new(&db).await, ingest(&db));
        for town in [&one, &other] {
            town.hears(&ingest, [track("level_up").of("web")]).await;
        }
        set_keeping(&db, other.game, 400, 400).await;
        pass(&db, now() + KEPT + DAY).await;
        let left: Vec<(Uuid,)> = on!(&db.db, pool => sqlx::query_as("select game_id from messages").fetch_all(pool).await).unwrap();
        assert_eq!(left, [(other.game,)]);
    }

    async fn however_much_is_too_old_it_goes_in_parts(db: TestDb) {
        let (town, ingest) = (Town::new(&db).await, ingest(&db));
        for _ in 0..13 {
            let batch = (0..100).map(|n| town.message(track("level_up").of(&format!("web-{n}")).at(n * HOUR / 10))).collect();
            ingest.take(town.game, batch).await.unwrap();
        }
        town.hears(&ingest, [page().of("web-1").url("?ttclid=T1"), purchase().of("web-1").at(HOUR)]).await;
        pass(&db, now() + KEPT + DAY).await;
        assert_eq!(count(&db, "select count(*) from messages").await, 0);
        assert_eq!(count(&db, "select count(*) from players").await, 1, "whose purchase is queued");
    }

    async fn messages_are_taken_while_old_ones_are_deleted(db: TestDb) {
        let (town, ingest) = (Town::new(&db).await, ingest(&db));
        let batch = |count: i64| (0..count).map(|n| town.message(track("level_up").of(&format!("web-{n}")).at(n))).collect::<Vec<_>>();
        for _ in 0..15 {
            ingest.take(town.game, batch(100)).await.unwrap();
        }
        let fresh = async {
            let mut taken = 0;
            for _ in 0..20 {
                let mut messages = batch(10);
                messages.iter_mut().for_each(|message| message.received_at = now() + KEPT);
                ingest.take(town.game, messages).await.unwrap();
                taken += 10;
            }
            taken
        };
        let ((), taken) = tokio::join!(pass(&db, now() + KEPT - HOUR), fresh);
        assert_eq!(count(&db, "select count(*) from messages").await, taken, "what came meanwhile is there, what was old is not");
        let lost = "select count(*) from messages m where not exists (select 1 from players p where p.id = m.player_id)";
        assert_eq!(count(&db, lost).await, 0, "and nobody was deleted who came back");
    }

    async fn a_refusal_is_not_forgotten(db: TestDb) {
        let (town, ingest) = (Town::new(&db).await, ingest(&db));
        town.hears(&ingest, [track("level_up").of("web")]).await;
        let mut tx = db.begin().await.unwrap();
        within!(&mut tx, c => sqlx::query("update players set consent = 'none', consent_at = 1").execute(c).await.map(drop)).unwrap();
        tx.commit().await.unwrap();
        pass(&db, now() + CLICK_COUNTS_FOR).await;
        assert_eq!(rows(&db).await, [0, 0, 0, 0, 0, 0, 1, 1]);
    }
}
