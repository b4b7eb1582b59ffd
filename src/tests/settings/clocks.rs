//! Whose clock times are written by, and whose days are counted.

use super::stage::{GAME, SETTINGS, Stage, bought};
use crate::model::user::Role;
use crate::server::db::{games, users, within};
use crate::server::goals;
use crate::tests::app::EMAIL;
use crate::tests::engines::both_engines;
use crate::web::account::api::SetClock;
use uuid::Uuid;

fn at(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

impl Stage {
    async fn game_in(&self, zone: &str) {
        let mut tx = self.db().begin().await.unwrap();
        within!(&mut tx, c => sqlx::query("update games set time_zone = $1 where slug = 'emberfall'").bind(zone).execute(c).await.map(drop)).unwrap();
        tx.commit().await.unwrap();
    }

    /// The address of the button that is pressed among the clocks.
    async fn shown(&mut self) -> String {
        self.owner.get(&format!("{SETTINGS}/api-keys")).await.text()
    }
}

both_engines! {
    async fn times_are_the_games_until_somebody_chooses_another_clock(db: TestDb) {
        let mut stage = Stage::set(db).await;
        assert!(stage.shown().await.contains(" UTC Last used Never"), "{}", stage.shown().await);
        stage.game_in("Asia/Kathmandu").await;
        assert!(stage.shown().await.contains("Asia/Kathmandu, UTC+5:45 Last used Never"), "{}", stage.shown().await);
        for (chosen, written) in [
            ("UTC", " UTC Last used"), ("america/anchorage", " America/Anchorage, UTC−"), ("game", " Asia/Kathmandu, UTC+5:45"), ("Pacific/Pago_Pago", " Pacific/Pago_Pago, UTC−11"),
            ("Nowhere/At_All", " Asia/Kathmandu, UTC+5:45"), ("\0", " Asia/Kathmandu"), ("UTC; Path=/evil", " Asia/Kathmandu"),
        ] {
            let page = format!("{}{GAME}", stage.app.origin);
            stage.owner.submit_from::<SetClock>(&page, &[("clock", chosen)]).await;
            let text = stage.shown().await;
            assert!(text.contains(written), "{chosen:?}: {text}");
        }
        stage.owner.cookies.insert("clock".into(), "../../etc/passwd".into());
        assert!(stage.shown().await.contains(" Asia/Kathmandu, UTC+5:45"), "a cookie that is no zone is none");
    }

    async fn the_last_thirty_days_are_the_games_days(db: TestDb) {
        let mut stage = Stage::set(db).await;
        let goal = stage.goal("First Purchase", "purchase").await;
        stage.send(&[bought("one"), bought("two"), bought("three"), bought("four")]).await;
        // Four conversions around the midnights that open the last 30 days, seen from noon UTC on 23 November.
        let times = ["2026-10-24T10:59:59Z", "2026-10-24T11:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T11:00:00Z"];
        let ids: Vec<(Uuid,)> = crate::server::db::on!(stage.db(), pool => sqlx::query_as("select id from conversions order by id").fetch_all(pool).await).unwrap();
        assert_eq!(ids.len(), 4);
        let mut tx = stage.db().begin().await.unwrap();
        for ((id,), time) in ids.into_iter().zip(times) {
            let time = at(time);
            within!(&mut tx, c => sqlx::query("update conversions set received_at = $2, event_time = $2 where id = $1").bind(id).bind(time).execute(c).await.map(drop)).unwrap();
        }
        tx.commit().await.unwrap();
        let (account, _) = users::by_email(stage.db(), EMAIL).await.unwrap().unwrap();
        let now = at("2026-11-23T10:30:00Z");
        for (zone, counted) in [
            // Midnight there: 24 Oct 11:00, 24 Oct 22:00, 25 Oct 00:00 and 25 Oct 04:00 of UTC.
            ("Pacific/Tongatapu", 3), ("Europe/Berlin", 2), ("UTC", 1), ("America/New_York", 1),
            // There it is still 22 November.
            ("Pacific/Pago_Pago", 3),
        ] {
            stage.game_in(zone).await;
            let game = games::by_slug(stage.db(), "emberfall").await.unwrap().unwrap();
            let access = (account.clone(), game, Role::Owner);
            assert_eq!(goals::list(stage.db(), &access, now).await.unwrap().goals[0].matches, counted, "{zone}");
            assert_eq!(goals::read(stage.db(), &access, goal, None, now).await.unwrap().outcomes.all(), counted, "{zone}");
        }
    }
}
