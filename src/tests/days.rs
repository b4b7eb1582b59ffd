//! Messages, attempts and calls by day on PostgreSQL: made ahead or when they are needed, let go whole, and nobody looks into more of them
//! than the question is about.

use super::dispatch::rig::Rig;
use super::dispatch::world::{NOW, World};
use super::engines::{has_day, postgres, postgres_plan};
use super::ingest::count;
use super::players::town::{Town, ingest};
use crate::model::attempt::AttemptStatus;
use crate::model::filter::{Cursor, Position};
use crate::model::{DAY, HOUR, Millis};
use crate::server::db::attempts::{self, Scope};
use crate::server::db::days::{self, ATTEMPTS, CALLS, MESSAGES, Part, TABLES};
use crate::server::db::{Db, within};
use crate::server::decide::tests::say::{page, track};
use crate::server::dispatch::drain_until_idle;
use crate::server::now;
use crate::server::retention::{CLICK_COUNTS_FOR, pass};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use uuid::Uuid;

const KEPT: Millis = crate::model::game_settings::DEFAULT_KEPT_DAYS as Millis * DAY;

async fn of(db: &Db, table: &str) -> Vec<Part> {
    let mut parts = days::parts(db).await.unwrap();
    parts.retain(|part| part.parent == table);
    parts
}

async fn spans(db: &Db, table: &str) -> Vec<(Option<i32>, i32)> {
    of(db, table).await.into_iter().map(|part| (part.from, part.until)).collect()
}

#[tokio::test]
async fn the_coming_days_are_made_once_by_however_many() {
    let db = postgres().await;
    let other = Db::open(&db.url).await.unwrap();
    let (one, two, three) = tokio::join!(days::ahead(&db, NOW), days::ahead(&other, NOW), days::ahead(&db, NOW + DAY));
    one.and(two).and(three).unwrap();
    let today = days::day(NOW);
    for table in TABLES {
        assert_eq!(spans(&db, table).await, (0..5).map(|n| (Some(today + n), today + n + 1)).collect::<Vec<_>>(), "{table}");
    }
    assert!(of(&db, MESSAGES).await[0].name.starts_with("messages_2026"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_that_is_missing_is_made_by_whoever_writes_to_it() {
    let db = postgres().await;
    let others = [Db::open(&db.url).await.unwrap(), Db::open(&db.url).await.unwrap()];
    let towns = [Town::new(&db).await, Town::new(&db).await];
    let jobs = towns.iter().zip(&others).map(|(town, other)| async {
        let ingest = ingest(other);
        // The clock jumps ahead by a year, and back by ten.
        for days in [0, 365, -3_650] {
            town.hears(&ingest, [track("level_up").of("web").at(days * DAY)]).await;
        }
    });
    futures::future::join_all(jobs).await;
    assert_eq!(count(&db, "select count(*) from messages").await, 6);
    let first = spans(&db, MESSAGES).await[1].1 - 1;
    assert_eq!(spans(&db, MESSAGES).await, [first - 3_650, first, first + 365].map(|day| (Some(day), day + 1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_that_another_process_let_go_is_made_anew() {
    let db = postgres().await;
    let (other, town) = (Db::open(&db.url).await.unwrap(), Town::new(&db).await);
    let here = ingest(&db);
    town.hears(&here, [track("level_up").of("web")]).await;
    pass(&other, now() + KEPT).await;
    assert_eq!(spans(&other, MESSAGES).await, []);
    town.hears(&here, [track("level_up").of("web").at(1)]).await;
    assert_eq!(count(&db, "select count(*) from messages").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_that_is_too_old_for_every_game_goes_whole_with_who_was_there_last() {
    let db = postgres().await;
    let (town, ingest) = (Town::new(&db).await, ingest(&db));
    town.hears(&ingest, [track("level_up").of("gone").at(0), track("level_up").of("stays").at(0), track("level_up").of("stays").at(DAY)])
        .await;
    town.hears(&ingest, [page().of("clicked").url("?ttclid=T1").at(0)]).await;
    assert_eq!(spans(&db, MESSAGES).await.len(), 2);
    let first = spans(&db, MESSAGES).await[0].1 - 1;
    pass(&db, Millis::from(first + 1) * DAY + KEPT - 1).await;
    assert_eq!(spans(&db, MESSAGES).await.len(), 2, "its last millisecond is not that old yet");
    pass(&db, Millis::from(first + 1) * DAY + KEPT).await;
    assert_eq!(spans(&db, MESSAGES).await, [(Some(first + 1), first + 2)]);
    assert_eq!(count(&db, "select count(*) from pg_class where relname like 'messages_2%' and relkind = 'r'").await, 1, "its room is free");
    assert_eq!(count(&db, "select count(*) from messages").await, 1);
    assert_eq!(count(&db, "select count(*) from players").await, 2, "who has a click or a message");
    pass(&db, now() + CLICK_COUNTS_FOR + DAY).await;
    assert_eq!((count(&db, "select count(*) from players").await, spans(&db, MESSAGES).await.len()), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_stays_for_the_game_that_keeps_longest() {
    let db = postgres().await;
    let (short, long, ingest) = (Town::new(&db).await, Town::new(&db).await, ingest(&db));
    for town in [&short, &long] {
        town.hears(&ingest, [track("level_up").of("web")]).await;
    }
    let mut tx = db.begin().await.unwrap();
    within!(&mut tx, c => sqlx::query("update games set keep_messages_days = 200 where id = $1").bind(long.game).execute(c).await.map(drop)).unwrap();
    tx.commit().await.unwrap();
    pass(&db, now() + KEPT).await;
    assert_eq!((spans(&db, MESSAGES).await.len(), count(&db, "select count(*) from messages").await), (1, 1));
    pass(&db, now() + 201 * DAY).await;
    assert_eq!(spans(&db, MESSAGES).await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_of_the_log_stays_while_something_of_it_is_needed_and_its_calls_with_it() {
    let db = postgres().await;
    let world = World::new(&db).await;
    let rig = Rig::start(&db).await;
    world.postbacks(&db, 3).await;
    drain_until_idle(&rig.dispatch, NOW).await;
    assert_eq!((count(&db, "select count(*) from attempts").await, spans(&db, ATTEMPTS).await.len()), (3, 1));
    // One of them is to be sent again.
    let mut tx = db.begin().await.unwrap();
    within!(&mut tx, c => sqlx::query(
        "insert into queue (id, connection_id, due_at, expires_at, attempt, claims, refusals) select id, connection_id, 1, $1, 1, 0, 0 from postbacks limit 1",
    ).bind(Millis::MAX).execute(c).await.map(drop)).unwrap();
    tx.commit().await.unwrap();
    let later = NOW + KEPT + 2 * DAY;
    pass(&db, later).await;
    assert_eq!((spans(&db, ATTEMPTS).await.len(), spans(&db, CALLS).await.len()), (1, 1));
    assert_eq!(count(&db, "select count(*) from attempts").await, 1, "the others went by themselves");
    let mut tx = db.begin().await.unwrap();
    within!(&mut tx, c => sqlx::query("delete from queue").execute(c).await.map(drop)).unwrap();
    tx.commit().await.unwrap();
    pass(&db, later).await;
    assert_eq!((spans(&db, ATTEMPTS).await.len(), spans(&db, CALLS).await.len()), (0, 0));
}

/// What a process that died on the way left behind.
#[tokio::test]
async fn a_day_that_was_half_gone_is_finished() {
    let db = postgres().await;
    let town = Town::new(&db).await;
    town.hears(&ingest(&db), [track("level_up").of("web")]).await;
    let part = of(&db, MESSAGES).await.remove(0);
    // Somebody still looks at it, so that the first half is done and the second is not.
    let mut reader = PgConnection::connect(&db.url).await.unwrap();
    let mut looking = reader.begin().await.unwrap();
    looking.execute("select count(*) from messages").await.unwrap();
    let mut other = PgConnection::connect(&db.url).await.unwrap();
    other.execute("set lock_timeout = '50ms'").await.unwrap();
    let stopped = other.execute(AssertSqlSafe(format!("alter table messages detach partition {} concurrently", part.name))).await;
    assert!(stopped.is_err());
    looking.rollback().await.unwrap();
    assert!(of(&db, MESSAGES).await[0].leaving);
    pass(&db, now()).await;
    assert_eq!(of(&db, MESSAGES).await, []);
    town.hears(&ingest(&db), [track("level_up").of("web").at(HOUR)]).await;
    assert_eq!(count(&db, "select count(*) from messages").await, 1);
}

/// As an instance was before: filled tables become the part of all days up to tomorrow, and nothing moves.
#[tokio::test]
async fn tables_that_are_filled_are_cut_without_moving_a_row() {
    let db = postgres().await;
    let Db::Postgres(pool, _) = &db.db else { unreachable!() };
    let mut connection = pool.acquire().await.unwrap();
    connection.execute("drop schema public cascade; create schema public").await.unwrap();
    let mut files: Vec<_> = std::fs::read_dir("migrations/postgres").unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let number = |path: &std::path::Path| path.file_name().unwrap().to_str().unwrap()[..4].parse::<i32>().unwrap();
    for (at, file) in files.iter().enumerate() {
        if number(file) == 20 {
            assert!(at > 0);
            connection.execute(AssertSqlSafe(format!(
                "insert into messages (day, id, game_id, message_id, kind, event_time, original_time, received_at, consent, test, body)
                 select {} - n, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'track', 1, 1, 1, 'full', false, '{{}}' from generate_series(0, 99) n",
                days::day(now()),
            )))
            .await
            .unwrap();
        }
        connection.execute(AssertSqlSafe(std::fs::read_to_string(file).unwrap())).await.unwrap();
    }
    drop(connection);
    let today = days::day(now());
    assert_eq!(spans(&db, MESSAGES).await, [(None, today + 2)]);
    assert_eq!((spans(&db, ATTEMPTS).await, spans(&db, CALLS).await), (vec![], vec![]));
    assert_eq!(count(&db, "select count(*) from messages").await, 100);
    let indexes = "select count(*) from pg_indexes where tablename = 'messages' and indexname in ('messages_pk', 'messages_by_game', 'messages_by_player', 'messages_pages', 'messages_tracks')";
    assert_eq!(count(&db, indexes).await, 5);
    assert_eq!(count(&db, "select count(*) from pg_indexes where tablename = 'messages_before'").await, 5, "each is its own part's");
    days::ahead(&db, now()).await.unwrap();
    assert_eq!(spans(&db, MESSAGES).await, [(None, today + 2), (Some(today + 2), today + 3), (Some(today + 3), today + 4)]);
    let town = Town::new(&db).await;
    pass(&db, now() + KEPT + DAY).await;
    assert_eq!(count(&db, "select count(*) from messages").await, 100, "nobody's rows are left until their days are over");
    pass(&db, now() + KEPT + 2 * DAY).await;
    assert_eq!(spans(&db, MESSAGES).await.len(), 2, "{}", town.game);
}

/// Three months of a log.
async fn three_months() -> super::engines::TestDb {
    let db = postgres().await;
    for table in TABLES {
        for n in 0..90 {
            has_day(&db, table, NOW - n * DAY).await;
        }
    }
    db
}

#[tokio::test]
async fn a_page_of_the_log_walks_the_indexes_of_the_days_that_it_is_about() {
    let db = three_months().await;
    let (game, since) = (Uuid::nil(), NOW - 7 * DAY);
    for (status, position) in [
        (None, Position::Newest),
        (Some(AttemptStatus::Failed), Position::Newest),
        (None, Position::OlderThan(Cursor { time: NOW - 5 * DAY, id: game })),
        (Some(AttemptStatus::Failed), Position::NewerThan(Cursor { time: NOW - 2 * DAY, id: game })),
    ] {
        let scope = Scope { game_id: game, network: "tiktok".into(), since, status };
        let steps = postgres_plan(&db, &attempts::page_with_values(&scope, &position)).await;
        let scans: Vec<&String> = steps.iter().filter(|step| step.contains(" Scan")).collect();
        let wanted = match position {
            Position::Newest => 8,
            _ => 3,
        };
        assert_eq!(scans.len(), wanted, "{steps:#?}");
        assert!(scans.iter().all(|step| step.contains("Index Scan")) && !steps.iter().any(|step| step.contains("->  Sort")), "{steps:#?}");
    }
}

#[tokio::test]
async fn what_is_asked_by_its_id_is_looked_for_in_its_day() {
    let db = three_months().await;
    let id = crate::server::db::results::id_at(NOW - 3 * DAY);
    let day = days::day(NOW - 3 * DAY);
    let calls =
        format!("select 1 from attempts a join calls c on c.day = a.day and c.id = a.call_id where a.day = {day} and a.id = '{id}'");
    let told = format!(
        "with told (day, id, word, says, at, call) as (values ({day}, '{id}'::uuid, 'confirmed', '', 1::bigint, '{id}'::uuid)) update attempts set
         told = told.word from told where attempts.day = told.day and attempts.id = told.id
         and attempts.day in (select day from told) and attempts.id in (select id from told)"
    );
    let steps = postgres_plan(&db, &calls).await;
    assert_eq!(steps.iter().filter(|step| step.contains(" Scan")).count(), 2, "{steps:#?}");
    // The days of a list are known when it runs: by then only the wanted part is looked into.
    let steps = postgres_plan(&db, &told).await;
    let of_parts: Vec<&String> = steps.iter().filter(|step| step.contains("Scan") && step.contains("on attempts_")).collect();
    assert!(of_parts.iter().all(|step| step.contains("Index Scan")), "{steps:#?}");
}
