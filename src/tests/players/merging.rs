//! Two players turn out to be one: what each had is one's, once.

use super::town::{Town, ingest};
use crate::model::{DAY, HOUR};
use crate::server::db::{Db, on, within};
use crate::server::decide::tests::say::{alias, identify, page, purchase};
use crate::tests::engines::both_engines;
use crate::tests::ingest::count;

async fn lines(db: &Db, text: &'static str) -> Vec<String> {
    let rows: Vec<(String,)> = on!(db, pool => sqlx::query_as(text).fetch_all(pool).await).unwrap();
    rows.into_iter().map(|(line,)| line).collect()
}

/// On SQLite the coming messages lie in a stretch of their own.
async fn another_stretch(db: &Db) {
    if let Db::Sqlite { write, .. } = db {
        sqlx::query("insert into stretches (stretch, ids) select max(stretch) + 1, 0 from stretches").execute(write).await.unwrap();
    }
}

const OF_THE_ONCE_GOAL: &str = "select c.decision || ' ' || coalesce(c.reason, '') from conversions c join goals g on g.id = c.goal_id
     where g.name = 'First purchase' order by c.event_time";

both_engines! {
    async fn the_earlier_purchase_keeps_the_place_and_the_queued_one_is_taken_back(db: TestDb) {
        let (town, ingest) = (Town::new(&db).await, ingest(&db));
        // Two people as it seems, each with a first purchase after a click.
        town.hears(&ingest, [
            page().of("web").url("?ttclid=T1"), purchase().of("web").at(2 * HOUR),
            page().of("other").url("?rdt_cid=R1").at(HOUR), purchase().of("other").at(3 * HOUR),
        ]).await;
        assert_eq!(lines(&db, OF_THE_ONCE_GOAL).await, ["credited ", "credited "]);
        assert_eq!(count(&db, "select count(*) from queue").await, 4);
        town.hears(&ingest, [identify("steam", "S").of("web").at(4 * HOUR), identify("steam", "S").of("other").at(4 * HOUR)]).await;
        assert_eq!(lines(&db, OF_THE_ONCE_GOAL).await, ["credited ", "not_sent already_converted"]);
        assert_eq!(count(&db, "select count(*) from queue").await, 3, "both purchases of the other goal, and the first of this one");
        assert_eq!(count(&db, "select count(*) from slots").await, 1);
        assert_eq!(count(&db, "select count(distinct player_id) from messages").await, 1);
        // The last click before each purchase: Reddit's came between.
        assert_eq!(lines(&db, "select distinct network from postbacks order by network").await, ["reddit"]);
    }

    async fn what_was_sent_stands_and_is_not_sent_again(db: TestDb) {
        let (town, ingest) = (Town::new(&db).await, ingest(&db));
        town.hears(&ingest, [page().of("other").url("?rdt_cid=R1").at(HOUR), purchase().of("other").at(3 * HOUR)]).await;
        // As if dispatch had sent it.
        let mut tx = db.begin().await.unwrap();
        for text in ["update postbacks set attempts = 1, state = 'accepted', finished_at = 1", "delete from queue"] {
            within!(&mut tx, c => sqlx::query(text).execute(c).await.map(drop)).unwrap();
        }
        tx.commit().await.unwrap();
        let sent = lines(&db, "select dedup_id from postbacks order by id").await;
        // An earlier first purchase of what turns out to be the same player, after an earlier click.
        town.hears(&ingest, [
            page().of("web").url("?ttclid=T1"), purchase().of("web").at(2 * HOUR),
            identify("steam", "S").of("web").at(4 * HOUR), identify("steam", "S").of("other").at(4 * HOUR),
        ]).await;
        assert_eq!(lines(&db, OF_THE_ONCE_GOAL).await, ["not_sent already_converted", "credited "]);
        let kept = lines(&db, "select dedup_id from postbacks where state = 'accepted' order by id").await;
        assert_eq!(kept, sent, "under the ids that they were sent with");
        assert_eq!(count(&db, "select count(*) from queue").await, 1, "the earlier purchase of the goal that counts every time");
    }

    async fn the_longest_utm_set_is_stored_in_any_script(db: TestDb) {
        let (town, ingest) = (Town::new(&db).await, ingest(&db));
        // Neither repeats itself, so that nothing makes it shorter.
        let text = |seed: u32| (0..330_u32).filter_map(|n| char::from_u32(0x4e00 + (n * n * 7_919 + seed * 104_729) % 20_000)).collect::<String>();
        let visit = page().of("web").with("utm_source", "tiktok").with("utm_medium", "cpc");
        town.hears(&ingest, [visit.with("utm_campaign", text(1)).with("utm_content", text(2)).with("utm_term", text(3))]).await;
        assert_eq!(count(&db, "select count(*) from clicks where kind = 'utm'").await, 1);
    }

    async fn an_alias_merges_two_users_with_all_that_they_have(db: TestDb) {
        let (town, ingest) = (Town::new(&db).await, ingest(&db));
        town.hears(&ingest, [
            page().of("web").url("?ttclid=T1"), identify("passport", "P|1").of("web").at(HOUR),
            purchase().user("steam", "S").at(2 * HOUR),
        ]).await;
        assert_eq!(count(&db, "select count(*) from players").await, 2);
        assert_eq!(lines(&db, OF_THE_ONCE_GOAL).await, ["waiting no_click"]);
        town.hears(&ingest, [alias(("steam", "S"), ("passport", "P|1")).at(3 * HOUR)]).await;
        assert_eq!(count(&db, "select count(*) from players").await, 1);
        assert_eq!(lines(&db, OF_THE_ONCE_GOAL).await, ["credited "]);
    }

    async fn who_took_in_an_older_player_takes_its_messages_along_to_the_next(db: TestDb) {
        let (town, ingest) = (Town::new(&db).await, ingest(&db));
        town.hears(&ingest, [page().of("old").at(HOUR)]).await;
        another_stretch(&db).await;
        town.hears(&ingest, [identify("steam", "S").of("young").at(3 * DAY)]).await;
        another_stretch(&db).await;
        town.hears(&ingest, [identify("steam", "S").of("old").at(4 * DAY)]).await;
        assert_eq!(count(&db, "select count(*) from players").await, 1);
        another_stretch(&db).await;
        town.hears(&ingest, ["1", "2", "3", "4"].map(|browser| identify("passport", "P|1").of(browser).at(5 * DAY))).await;
        town.hears(&ingest, [alias(("steam", "S"), ("passport", "P|1")).at(5 * DAY + HOUR)]).await;
        assert_eq!(count(&db, "select count(*) from players").await, 1);
        assert_eq!(count(&db, "select count(*) from messages where player_id not in (select id from players)").await, 0);
    }

    async fn a_clock_that_goes_back_leaves_no_message_behind(db: TestDb) {
        let (town, ingest) = (Town::new(&db).await, ingest(&db));
        town.hears(&ingest, [identify("steam", "S").of("late").at(3 * DAY)]).await;
        another_stretch(&db).await;
        // What was received earlier comes later from here on: each time the older one stays, and it came after the one that goes.
        town.hears(&ingest, [identify("steam", "S").of("new").at(2 * HOUR)]).await;
        another_stretch(&db).await;
        town.hears(&ingest, [identify("passport", "P|1").of("first").at(HOUR), alias(("steam", "S"), ("passport", "P|1")).at(4 * HOUR)]).await;
        another_stretch(&db).await;
        town.hears(&ingest, [identify("epic", "E").of("zero").at(0), alias(("passport", "P|1"), ("epic", "E")).at(5 * HOUR)]).await;
        assert_eq!(count(&db, "select count(*) from players").await, 1);
        assert_eq!(count(&db, "select count(*) from messages where player_id not in (select id from players)").await, 0);
    }
}
