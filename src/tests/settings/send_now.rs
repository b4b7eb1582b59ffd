//! “Send now” over the real router: what stayed here goes out once, after a question.

use super::stage::{SETTINGS, Stage, TIKTOK};
use crate::server::db::on;
use crate::tests::engines::both_engines;
use crate::web::integrations::changes::{SendNow, SwitchSending};
use reqwest::StatusCode;
use uuid::Uuid;

/// Three purchases after a TikTok click that stayed here because the connection was off, which it is no more.
pub async fn mended(stage: &mut Stage) -> String {
    let switch = |enabled| [("game", "emberfall"), ("network", "tiktok"), ("enabled", enabled)];
    stage.owner.submit::<SwitchSending>(&switch("false")).await;
    for _ in 0..3 {
        stage.purchase("ttclid").await;
    }
    let text = stage.owner.get(&format!("{TIKTOK}/not-sent")).await.text();
    assert!(text.contains("Switch it on under Integrations.") && !text.contains("can be sent now"), "{text}");
    stage.owner.submit::<SwitchSending>(&switch("true")).await;
    crate::server::db::goals::of_game(stage.db(), stage.game_id().await).await.unwrap()[0].id.to_string()
}

async fn count(stage: &Stage, sql: &'static str) -> i64 {
    let (count,): (i64,) = on!(stage.db(), pool => sqlx::query_as(sql).fetch_one(pool).await).unwrap();
    count
}

const CREDITED: &str = "select count(*) from conversions where decision = 'credited'";
const POSTBACKS: &str = "select count(*) from postbacks";
const DID: &str = "select count(*) from audit_log where action = 'conversions.sent_now'";

both_engines! {
    async fn what_stayed_here_is_counted_asked_about_and_sent_once(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        let goal = mended(&mut stage).await;
        let text = stage.owner.get(TIKTOK).await.text();
        assert!(text.contains("3 conversions can be sent now"), "{text}");
        let text = stage.owner.get(&format!("{TIKTOK}/not-sent")).await.text();
        assert!(text.contains("3 conversions can be sent now") && text.contains("That is mended: it can be sent now."), "{text}");
        let text = stage.owner.get(&format!("{TIKTOK}/not-sent/send")).await.text();
        assert!(text.contains("Send 3 conversions now?") && text.contains("First Purchase 3 of purchase"), "{text}");
        assert_eq!(count(&stage, POSTBACKS).await, 0, "a question changes nothing");

        let fields = [("game", "emberfall"), ("network", "tiktok"), ("goals[]", goal.as_str())];
        for _ in 0..2 {
            let answer = stage.owner.submit::<SendNow>(&fields).await;
            assert_eq!(answer.location(), format!("{TIKTOK}/not-sent?sent=yes"));
            let text = stage.owner.follow(&answer).await.text();
            assert!(text.contains("Nothing is left to send.") && !text.contains("can be sent now"), "{text}");
        }
        assert_eq!((count(&stage, CREDITED).await, count(&stage, POSTBACKS).await, count(&stage, DID).await), (3, 3, 1));
        stage.deliver().await;
        assert_eq!(count(&stage, "select count(*) from postbacks where state = 'accepted' and attempts = 1").await, 3);
        let text = stage.owner.get(&format!("{TIKTOK}/not-sent/send")).await.text();
        assert!(text.contains("Nothing to send"), "{text}");
    }

    async fn two_who_press_at_once_send_it_once(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        let goal = mended(&mut stage).await;
        let fields = [("game", "emberfall"), ("network", "tiktok"), ("goals[]", goal.as_str())];
        let mut other = stage.app.owner().await;
        tokio::join!(stage.owner.submit::<SendNow>(&fields), other.submit::<SendNow>(&fields));
        assert_eq!((count(&stage, CREDITED).await, count(&stage, POSTBACKS).await), (3, 3));
        assert_eq!(count(&stage, "select count(*) from queue").await, 3);
    }

    async fn nothing_goes_out_that_nobody_chose_or_that_is_too_old(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        let goal = mended(&mut stage).await;
        let stranger = Uuid::now_v7().to_string();
        for chosen in [&[][..], &[("goals[]", stranger.as_str())]] {
            let fields = [&[("game", "emberfall"), ("network", "tiktok")][..], chosen].concat();
            stage.owner.submit::<SendNow>(&fields).await;
        }
        assert_eq!(count(&stage, POSTBACKS).await, 0);
        let past = crate::server::now() - 28 * crate::model::DAY;
        on!(stage.db(), pool => sqlx::query("select 1").execute(pool).await.map(drop)).unwrap();
        let mut tx = stage.db().begin().await.unwrap();
        crate::server::db::within!(&mut tx, c => sqlx::query("update conversions set event_time = $1").bind(past).execute(c).await.map(drop)).unwrap();
        tx.commit().await.unwrap();
        let text = stage.owner.get(&format!("{TIKTOK}/not-sent")).await.text();
        assert!(text.contains("That is mended, but TikTok takes events up to 28 days old alone.") && !text.contains("can be sent now"), "{text}");
        let fields = [("game", "emberfall"), ("network", "tiktok"), ("goals[]", goal.as_str())];
        stage.owner.submit::<SendNow>(&fields).await;
        assert_eq!(count(&stage, POSTBACKS).await, 0);
    }

    async fn members_see_how_much_and_send_nothing(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        let goal = mended(&mut stage).await;
        let before = stage.kept().await;
        let text = stage.member.get(&format!("{TIKTOK}/not-sent")).await.text();
        assert!(text.contains("3 conversions can be sent now") && text.contains("An owner or admin of this game can send them."), "{text}");
        assert_eq!(stage.member.get(&format!("{TIKTOK}/not-sent/send")).await.status, StatusCode::FORBIDDEN);
        assert_eq!(stage.stranger.get(&format!("{TIKTOK}/not-sent/send")).await.status, StatusCode::NOT_FOUND);
        let fields = [("game", "emberfall"), ("network", "tiktok"), ("goals[]", goal.as_str())];
        assert!(stage.member.submit::<SendNow>(&fields).await.location().contains("__err="));
        assert!(stage.stranger.submit::<SendNow>(&fields).await.location().contains("__err="));
        for (game, network) in [("tidebound", "tiktok"), ("emberfall", "myspace")] {
            let fields = [("game", game), ("network", network), ("goals[]", goal.as_str())];
            stage.stranger.submit::<SendNow>(&fields).await;
        }
        assert_eq!(stage.kept().await, before);
        assert_eq!(stage.owner.get(&format!("{SETTINGS}/integrations/myspace/not-sent/send")).await.status, StatusCode::NOT_FOUND);
    }
}
