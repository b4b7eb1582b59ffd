//! Google's second stage: what became of accepted events is asked for, and what each answer does to postback, log, queue and connection.

use super::rig::Rig;
use super::world::{GOOGLE_CUSTOMER, GOOGLE_REFRESH_TOKEN, NOW, World, count, log, queued, stored};
use crate::model::attempt::{AttemptStatus, LastWord};
use crate::model::connection::{Health, ParkCause};
use crate::model::{DAY, HOUR, MINUTE, Millis};
use crate::server::db::last_words::{self, Final};
use crate::server::db::receipts::{self, LEASE, Open};
use crate::server::db::results::{Call, id_at};
use crate::server::db::{Db, attempts, connection_changes, deliveries, health, on, postbacks, within};
use crate::server::dispatch::{ask_until_idle, health as judge};
use crate::tests::engines::both_engines;
use serde_json::{Value, json};
use uuid::Uuid;

const FIRST: Millis = 30 * MINUTE;

async fn world(db: &Db) -> World {
    World::of(db, "google", GOOGLE_CUSTOMER, GOOGLE_REFRESH_TOKEN).await
}

/// What becomes later of the next call, or of an event.
fn later(reason: &str) -> Value {
    json!({"network": "google", "later": {"reason": format!("PROCESSING_ERROR_REASON_{reason}")}, "times": 1})
}

/// State, why it ended, and what each row of the log says.
async fn stands(db: &Db, id: Uuid) -> (String, Option<String>, Vec<(AttemptStatus, i32, Option<LastWord>)>) {
    let stored = stored(db, id).await;
    let (game_id,): (Uuid,) =
        on!(db, pool => sqlx::query_as("select game_id from postbacks where id = $1").bind(id).fetch_one(pool).await).unwrap();
    let rows = attempts::of_postback(db, game_id, id).await.unwrap();
    let row = |row: crate::model::attempt::Attempt| (row.status, row.attempt, row.sequel.map(|sequel| sequel.word));
    (stored.state, stored.ended, rows.into_iter().map(row).collect())
}

async fn due(db: &Db) -> Vec<Millis> {
    let rows: Vec<(Millis,)> =
        on!(db, pool => sqlx::query_as("select due_at from receipts order by due_at").fetch_all(pool).await).unwrap();
    rows.into_iter().map(|(due,)| due).collect()
}

/// A question that nobody asked for hours: calls are full then.
pub async fn fall_behind(db: &Db, world: &World) {
    let mut tx = db.begin().await.unwrap();
    within!(&mut tx, c => sqlx::query("insert into receipts (id, connection_id, named, events, asked, due_at) values ($1, $2, 'old', 1, 0, $3)")
        .bind(Uuid::now_v7())
        .bind(world.connection_id)
        .bind(NOW - 2 * HOUR)
        .execute(c)
        .await
        .map(drop))
    .unwrap();
    tx.commit().await.unwrap();
}

async fn catch_up(db: &Db) {
    let mut tx = db.begin().await.unwrap();
    within!(&mut tx, c => sqlx::query("delete from receipts where named = 'old'").execute(c).await.map(drop)).unwrap();
    tx.commit().await.unwrap();
}

async fn claim(db: &Db, world: &World, now: Millis) -> Vec<Open> {
    let mut tx = db.begin().await.unwrap();
    let open = receipts::claim(&mut tx, world.connection_id, 9, now).await.unwrap();
    tx.commit().await.unwrap();
    open
}

const SUCCESS: AttemptStatus = AttemptStatus::Success;

both_engines! {
    async fn what_google_counts_is_confirmed(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, world(&db).await);
        let id = world.postback(&db).await;
        rig.drain(NOW).await;
        assert_eq!(stands(&db, id).await, ("accepted".into(), None, vec![(SUCCESS, 1, Some(LastWord::Waiting))]));
        let asked_at = deliveries::postback(&db, world.game_id, id).await.unwrap().unwrap().asked_at.unwrap();
        assert!((NOW + FIRST..NOW + FIRST + MINUTE).contains(&asked_at));
        assert_eq!(rig.ask(NOW + FIRST - MINUTE).await, 0, "Google wants half an hour");
        assert_eq!(rig.ask(asked_at).await, 1);
        assert_eq!(stands(&db, id).await, ("confirmed".into(), None, vec![(SUCCESS, 1, Some(LastWord::Confirmed))]));
        assert_eq!((due(&db).await.len(), count(&db, "select count(*) from receipt_events").await), (0, 0));
        let row = &attempts::of_postback(&db, world.game_id, id).await.unwrap()[0];
        let sequel = row.sequel.clone().unwrap();
        assert_eq!((sequel.at, sequel.says.as_deref()), (Some(asked_at), Some("Google counts the conversion.")));
        let said = attempts::last_word(&db, world.game_id, row.id).await.unwrap().unwrap();
        assert!(said.url.contains("/v1/requestStatus:retrieve?requestId=req-") && said.response.unwrap().contains("SUCCESS"));
        assert!(said.headers.iter().all(|(_, value)| !value.contains("ya29")), "the token is masked");
        assert_eq!((said.method.as_str(), said.envelope.as_str()), ("GET", ""), "it has no body");
        let facts = health::of_network(&db, world.game_id, "google", asked_at).await.unwrap().unwrap();
        assert_eq!(judge::health(&facts), Health::Delivering);
    }

    async fn questions_grow_rarer_while_google_is_at_work(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, world(&db).await);
        rig.fault(json!({"network": "google", "later": {"at_work_ms": 3 * HOUR}, "times": 1})).await;
        let id = world.postback(&db).await;
        rig.drain(NOW).await;
        for wait in [FIRST, HOUR, 2 * HOUR] {
            let at = due(&db).await[0];
            assert!((NOW + FIRST..NOW + 3 * HOUR).contains(&at));
            assert_eq!((rig.ask(at - 1).await, rig.ask(at).await), (0, 1));
            assert_eq!((due(&db).await, stored(&db, id).await.state.as_str()), (vec![at + wait], "accepted"));
        }
        rig.ask(NOW + 5 * HOUR).await;
        assert_eq!(stored(&db, id).await.state, "confirmed");
    }

    async fn after_a_day_without_a_word_it_stays_accepted(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, world(&db).await);
        rig.fault(json!({"network": "google", "later": {"at_work_ms": 9 * DAY}, "times": 1})).await;
        rig.fault(json!({"network": "google", "on": "lists", "status": 503, "times": 1})).await;
        let id = world.postback(&db).await;
        rig.drain(NOW).await;
        let mut asked = 0;
        while let Some(at) = due(&db).await.first() {
            asked += rig.ask(*at).await;
        }
        assert_eq!(asked, 7);
        let (state, ended, rows) = stands(&db, id).await;
        assert_eq!((state.as_str(), ended.as_deref()), ("accepted", Some("Google gave no answer")));
        assert_eq!(rows, [(SUCCESS, 1, Some(LastWord::NoAnswer))]);
    }

    async fn a_late_refusal_is_a_row_of_its_own_and_health_sees_it(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, world(&db).await);
        rig.fault(later("INVALID_GCLID")).await;
        let id = world.postback(&db).await;
        rig.drain(NOW).await;
        rig.ask(NOW + HOUR).await;
        let (state, ended, rows) = stands(&db, id).await;
        assert_eq!((state.as_str(), ended.as_deref(), queued(&db, id).await), ("failed", Some("refused by Google"), None));
        assert_eq!(rows, [(SUCCESS, 1, Some(LastWord::Refused)), (AttemptStatus::Failed, 1, None)]);
        let rows = attempts::of_postback(&db, world.game_id, id).await.unwrap();
        let late = &rows[1];
        assert_eq!((late.of_attempt, late.http, late.code.as_deref()), (Some(rows[0].id), Some(200), Some("INVALID_GCLID")));
        assert!(late.meaning.as_deref().unwrap().contains("none that Google made"));
        let kept = attempts::exchange(&db, world.game_id, late.id).await.unwrap().unwrap();
        assert_eq!((kept.method.as_str(), kept.event.as_str()), ("GET", ""));
        assert!(kept.response.unwrap().contains("PROCESSING_ERROR_REASON_INVALID_GCLID"));
        let facts = health::of_network(&db, world.game_id, "google", NOW + 61 * MINUTE).await.unwrap().unwrap();
        assert!(matches!(judge::health(&facts), Health::Failing { words, .. } if words.contains("none that Google made")));
    }

    async fn what_is_credited_to_no_ad_stays_accepted_with_the_reason(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, world(&db).await);
        rig.fault(later("CLICK_NOT_FOUND")).await;
        let id = world.postback(&db).await;
        rig.drain(NOW).await;
        rig.ask(NOW + HOUR).await;
        let (state, ended, rows) = stands(&db, id).await;
        assert_eq!((state.as_str(), ended.as_deref()), ("accepted", Some("not credited: CLICK_NOT_FOUND")));
        assert_eq!(rows, [(SUCCESS, 1, Some(LastWord::NotCredited))]);
        let facts = health::of_network(&db, world.game_id, "google", NOW + HOUR).await.unwrap().unwrap();
        assert_eq!(judge::health(&facts), Health::Delivering);
    }

    async fn what_came_too_soon_is_sent_again_under_the_same_id(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, world(&db).await);
        rig.fault(later("TOO_RECENT_CLICK")).await;
        let id = world.postback(&db).await;
        rig.drain(NOW).await;
        rig.ask(NOW + HOUR).await;
        let due_at = queued(&db, id).await.unwrap().due_at;
        assert!((NOW + 7 * HOUR..NOW + 9 * HOUR).contains(&due_at), "{}", due_at - NOW);
        assert_eq!((rig.drain(due_at - 1).await, rig.drain(due_at).await), (0, 1));
        rig.ask(due_at + HOUR).await;
        let retried = (AttemptStatus::Retried, 1, None);
        let rows = vec![(SUCCESS, 1, Some(LastWord::Refused)), retried, (SUCCESS, 2, Some(LastWord::Confirmed))];
        assert_eq!(stands(&db, id).await, ("confirmed".into(), None, rows));
        assert_eq!((stored(&db, id).await.attempts, rig.seen(id).await.len()), (2, 2));
    }

    async fn terms_that_are_not_signed_hold_the_connection_until_somebody_acts(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, world(&db).await);
        rig.fault(json!({"network": "google", "later": {"reason": "PROCESSING_ERROR_REASON_DESTINATION_ACCOUNT_ENHANCED_CONVERSIONS_TERMS_NOT_SIGNED"}, "times": 2})).await;
        let id = world.postback(&db).await;
        rig.drain(NOW).await;
        let other = world.postback(&db).await;
        rig.drain(NOW + 10 * MINUTE).await;
        rig.ask(NOW + 35 * MINUTE).await;
        let (cause, words) = world.parked(&db).await.unwrap();
        assert!(cause == ParkCause::Permission && words.contains("customer data terms"), "{words}");
        assert_eq!((stored(&db, id).await.state.as_str(), rig.drain(NOW + 36 * MINUTE).await), ("retrying", 0));
        assert_eq!(rig.ask(NOW + HOUR).await, 0, "nobody asks for a parked connection");
        world.resume(&db, NOW + HOUR).await;
        rig.ask(NOW + HOUR).await;
        assert_eq!(world.parked(&db).await, None, "what was refused before says nothing about now");
        rig.drain(NOW + HOUR).await;
        rig.ask(NOW + 2 * HOUR).await;
        for id in [id, other] {
            assert_eq!(stored(&db, id).await.state, "confirmed");
        }
    }

    async fn events_of_a_call_that_failed_in_part_are_asked_again_singly(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, world(&db).await);
        let ids = world.postbacks(&db, 4).await;
        let reason = "PROCESSING_ERROR_REASON_CLICK_NOT_FOUND";
        rig.fault(json!({"network": "google", "later": {"reason": reason, "dedup_id": ids[2].to_string()}})).await;
        fall_behind(&db, &world).await;
        assert_eq!(rig.drain(NOW).await, 1, "questions have fallen behind, so they share a call");
        catch_up(&db).await;
        assert_eq!(rig.ask(NOW + FIRST + MINUTE).await, 1);
        for id in &ids {
            let again = vec![(SUCCESS, 1, Some(LastWord::SentAgain))];
            assert_eq!(stands(&db, *id).await, ("retrying".into(), None, again));
        }
        let first = queued(&db, ids[0]).await.unwrap().due_at;
        assert_eq!(rig.drain(first).await, 1, "they go one after the other");
        fall_behind(&db, &world).await;
        assert_eq!(rig.drain(NOW + HOUR).await, 3, "even so, each goes alone");
        catch_up(&db).await;
        assert_eq!(rig.ask(NOW + 2 * HOUR).await, 4);
        for (place, id) in ids.iter().enumerate() {
            let (state, ended, rows) = stands(&db, *id).await;
            let (expected, word) = if place == 2 { ("accepted", LastWord::NotCredited) } else { ("confirmed", LastWord::Confirmed) };
            assert_eq!((state.as_str(), rows[1]), (expected, (SUCCESS, 2, Some(word))), "{ended:?}");
        }
        let row = &attempts::of_postback(&db, world.game_id, ids[0]).await.unwrap()[1];
        assert_eq!(row.sequel.clone().unwrap().says.as_deref(), Some("Google had counted this event id already."));
        let dedup: Vec<String> = log(&db, ids[0]).await.into_iter().filter_map(|row| row.request).collect();
        assert!(dedup.len() == 2 && dedup.iter().all(|event| event.contains(&ids[0].to_string())), "the same id both times");
    }

    async fn a_call_of_many_that_counts_is_confirmed_at_once(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, world(&db).await);
        let ids = world.postbacks(&db, 300).await;
        fall_behind(&db, &world).await;
        assert_eq!(rig.drain(NOW).await, 1);
        catch_up(&db).await;
        assert_eq!(rig.ask(NOW + HOUR).await, 1);
        assert_eq!(count(&db, "select count(*) from postbacks where state = 'confirmed'").await, 300);
        assert_eq!(stands(&db, ids[299]).await.2, [(SUCCESS, 1, Some(LastWord::Confirmed))]);
    }

    async fn events_go_singly_while_the_quota_has_room(db: TestDb) {
        let (rig, one, other) = (Rig::start(&db).await, world(&db).await, world(&db).await);
        one.postbacks(&db, 90).await;
        other.postbacks(&db, 90).await;
        let calls = rig.drain(NOW).await;
        assert!((121..=124).contains(&calls), "120 alone, the others in as few as can be: {calls}");
        assert_eq!(rig.counted().await, 180);
        assert_eq!(count(&db, "select count(*) from receipts where events = 1").await, 120);
    }

    async fn a_question_whose_asker_died_is_asked_by_the_next(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, world(&db).await);
        let id = world.postback(&db).await;
        rig.drain(NOW).await;
        let at = NOW + HOUR;
        let dead = claim(&db, &world, at).await;
        assert_eq!((dead.len(), claim(&db, &world, at).await.len(), rig.ask(at).await), (1, 0, 0), "it is held");
        assert_eq!(receipts::reclaim(&db, at + LEASE).await.unwrap(), 0);
        assert_eq!(rig.ask(at + LEASE + 1).await, 1);
        assert_eq!(stored(&db, id).await.state, "confirmed");
        let call = Call { id: id_at(at), time: at, method: "GET".into(), url: "u".into(), headers: "[]".into(), envelope: String::new(), response: None };
        let last = Final { open: dead[0].clone(), call, events: vec![], park: None };
        assert!(!last_words::finish(&db, &last).await.unwrap(), "the dead has no say");

        let next = world.postback(&db).await;
        rig.drain(at).await;
        claim(&db, &world, at + HOUR).await;
        assert_eq!(receipts::clear_leases(&db).await.unwrap(), 1, "at a start of who owns the file");
        assert_eq!(rig.ask(at + HOUR).await, 1);
        assert_eq!(stored(&db, next).await.state, "confirmed");
    }

    async fn processes_share_the_questions(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, world(&db).await);
        world.postbacks(&db, 40).await;
        rig.drain(NOW).await;
        rig.set(NOW + HOUR);
        let other = rig.another(&db);
        let asked = tokio::join!(ask_until_idle(&rig.dispatch, NOW + HOUR), ask_until_idle(&other, NOW + HOUR));
        assert_eq!(asked.0 + asked.1, 40, "{asked:?}");
        assert_eq!(count(&db, "select count(*) from postbacks where state = 'confirmed'").await, 40);
        assert_eq!(count(&db, "select count(*) from receipts").await, 0);
    }

    async fn a_token_that_buys_nothing_holds_the_questions_too(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, world(&db).await);
        let id = world.postback(&db).await;
        rig.drain(NOW).await;
        rig.post("/simulator/tokens/expire", json!({"network": "google"})).await;
        rig.ask(NOW + 2 * HOUR).await;
        assert_eq!(world.parked(&db).await.map(|(cause, _)| cause), Some(ParkCause::Credentials));
        assert_eq!((rig.ask(NOW + 30 * HOUR).await, due(&db).await.len()), (0, 1), "no question is used up");
        rig.post("/simulator/tokens/restore", json!({"network": "google"})).await;
        world.resume(&db, NOW + 40 * HOUR).await;
        assert_eq!(rig.ask(NOW + 40 * HOUR).await, 1);
        assert_eq!(stored(&db, id).await.state, "confirmed");
    }

    async fn nothing_opens_again_for_a_connection_that_is_gone(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, world(&db).await);
        rig.fault(later("TOO_RECENT_CLICK")).await;
        let id = world.postback(&db).await;
        rig.drain(NOW).await;
        let held = claim(&db, &world, NOW + HOUR).await;
        let mut tx = db.begin().await.unwrap();
        postbacks::cancel_waiting(&mut tx, world.connection_id, "The network was disconnected.", NOW + HOUR).await.unwrap();
        connection_changes::disconnect(&mut tx, world.connection_id).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!((held.len(), rig.ask(NOW + 2 * HOUR).await, due(&db).await.len()), (1, 0, 0));
        let (state, _, rows) = stands(&db, id).await;
        assert_eq!((state.as_str(), rows, queued(&db, id).await), ("accepted", vec![(SUCCESS, 1, Some(LastWord::NoAnswer))], None));
        let row = &attempts::of_postback(&db, world.game_id, id).await.unwrap()[0];
        assert!(row.sequel.clone().unwrap().says.unwrap().ends_with("The network was disconnected."));
    }

    async fn a_test_event_waits_for_no_word(db: TestDb) {
        let (rig, world) = (Rig::start(&db).await, world(&db).await);
        let id = world.postback_with(&db, NOW, NOW + DAY, |event| event.test = true).await;
        rig.drain(NOW).await;
        assert_eq!(stands(&db, id).await, ("accepted".into(), None, vec![(SUCCESS, 1, None)]));
        assert_eq!(due(&db).await.len(), 0);
    }
}
