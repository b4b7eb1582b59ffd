//! Settings > Audit log: who changed what, in plain sentences, by day, by what it is about and by whom.

use super::stage::{GAME, SETTINGS, Stage, TIKTOK};
use crate::model::audit::Action;
use crate::model::goal::GoalStatus;
use crate::server::db::audit::{self, Entry};
use crate::server::db::{on, users};
use crate::server::now;
use crate::tests::app::EMAIL;
use crate::tests::engines::both_engines;
use crate::web::general::api::ChangeSettings;
use crate::web::goals::changes::SetGoalStatus;
use crate::web::integrations::changes::SwitchSending;
use reqwest::StatusCode;
use std::collections::BTreeSet;
use uuid::Uuid;

const LOG: &str = "/games/emberfall/settings/audit-log";

impl Stage {
    /// Writes lines at these times, numbered.
    async fn writes(&self, times: &[i64]) {
        let game = self.game_id().await;
        let mut tx = self.db().begin().await.unwrap();
        for (number, time) in times.iter().enumerate() {
            let subject = format!("Goal-{number}.");
            let entry = Entry {
                game_id: Some(game),
                user_id: None,
                who: "command line",
                time: *time,
                action: Action::GoalPaused,
                subject: &subject,
                detail: "",
            };
            audit::record(&mut tx, &entry).await.unwrap();
        }
        tx.commit().await.unwrap();
    }

    async fn zone(&mut self, name: &str) {
        let fields = [
            ("game", "emberfall"),
            ("name", "Emberfall"),
            ("time_zone", name),
            ("window_days", "30"),
            ("keep_messages_days", "90"),
            ("keep_attempts_days", "90"),
        ];
        let answer = self.owner.submit::<ChangeSettings>(&fields).await;
        assert!(answer.location().contains("saved=yes"), "{answer:?}");
    }
}

fn at(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

/// Which of the numbered goals the page tells of.
fn goals_on(text: &str) -> Vec<usize> {
    (0..200).filter(|number| text.contains(&format!("Goal-{number}."))).collect()
}

both_engines! {
    async fn what_people_change_is_told_in_sentences(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        let goal = crate::server::db::goals::of_game(stage.db(), stage.game_id().await).await.unwrap()[0].id;
        assert_eq!(stage.owner.submit::<SetGoalStatus>(&[("game", "emberfall"), ("id", &goal.to_string()), ("status", GoalStatus::Paused.word())]).await.status, StatusCode::FOUND);
        stage.owner.submit::<SwitchSending>(&[("game", "emberfall"), ("network", "tiktok"), ("enabled", "false")]).await;
        stage.zone("Europe/Berlin").await;
        let text = stage.owner.get(LOG).await.text();
        for said in [
            "mara@ashgrove.example paused the goal First Purchase.", "mara@ashgrove.example made the goal First Purchase. purchase, ", "connected TikTok Ads.", "connected Reddit Ads.",
            "switched sending to TikTok Ads off.", "changed the game’s settings. time zone: UTC → Europe/Berlin", "made the game Emberfall.", "Days in Europe/Berlin.", "Europe/Berlin, UTC+",
        ] {
            assert!(text.contains(said), "{said}: {text}");
        }
        assert!(text.find("changed the game’s settings") < text.find("paused the goal") && text.find("paused the goal") < text.find("made the game"), "newest first: {text}");
        let menu = stage.owner.get(GAME).await.body;
        assert!(menu.contains(&format!("href=\"{LOG}\"")), "it is in the menu");
        let member = stage.member.get(LOG).await;
        assert!(member.status == StatusCode::OK && member.text().contains("m•••••••• paused the goal First Purchase.") && !member.body.contains("mara@"), "{}", member.text());
        assert_eq!(stage.stranger.get(LOG).await.status, StatusCode::NOT_FOUND);
        assert!(!stage.stranger.get("/games/tidebound/settings/audit-log").await.text().contains("First Purchase"));
    }

    async fn the_log_is_narrowed_by_what_and_by_whom(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        let now = now();
        stage.writes(&[now]).await;
        let (owner, _) = users::by_email(stage.db(), EMAIL).await.unwrap().unwrap();
        let page = stage.owner.get(LOG).await;
        assert!(page.body.contains(&format!("value=\"{}\"", owner.id)) && page.text().contains("Somebody at the command line paused the goal Goal-0."), "{}", page.text());
        for (query, here, gone) in [
            ("what=network", "connected TikTok Ads", "First Purchase"),
            ("what=goal", "made the goal First Purchase", "connected TikTok Ads"),
            ("by=nobody", "Goal-0.", "connected TikTok Ads"),
            (&format!("by={}", owner.id), "connected TikTok Ads", "Goal-0."),
            (&format!("what=goal&by={}", owner.id), "made the goal First Purchase", "Goal-0."),
            ("what=goal&by=nobody", "Goal-0.", "made the goal First Purchase"),
        ] {
            let answer = stage.owner.get(&format!("{LOG}?{query}")).await;
            let log = answer.text().split_once("Entries are kept for good.").map(|(_, log)| log.to_owned()).unwrap();
            assert!(answer.status == StatusCode::OK && log.contains(here) && !log.contains(gone), "{query}: {log}");
        }
        for query in ["what=key", &format!("by={}", Uuid::nil())] {
            let text = stage.member.get(&format!("{LOG}?{query}")).await.text();
            assert!(text.contains("Nothing was changed that these filters show."), "{query}: {text}");
        }
        for query in ["what=everything", "by=mara", "from=2026-02-30", "older=17", "newer=x", "to=%00", "what=%27"] {
            let answer = stage.owner.get(&format!("{LOG}?{query}")).await;
            assert!(answer.status == StatusCode::OK && answer.text().contains("The address asked for a filter that does not exist."), "{query}");
        }
    }

    async fn days_are_the_games(db: TestDb) {
        let mut stage = Stage::set(db).await;
        // The last and the first minute of 25 October in Berlin, whose clocks change that day, and the minutes outside.
        stage.writes(&[at("2026-10-24T21:59:00Z"), at("2026-10-24T22:00:00Z"), at("2026-10-25T22:59:00Z"), at("2026-10-25T23:00:00Z")]).await;
        let day = format!("{LOG}?from=2026-10-25&to=2026-10-25");
        for (zone, seen) in [
            ("Europe/Berlin", vec![1, 2]),
            ("UTC", vec![2, 3]),
            ("Pacific/Tongatapu", vec![0, 1]),
            ("Pacific/Pago_Pago", vec![2, 3]),
            ("America/New_York", vec![2, 3]),
        ] {
            if zone != "UTC" || seen.is_empty() {
                stage.zone(zone).await;
            } else {
                stage.zone("Europe/London").await;
                stage.zone("UTC").await;
            }
            let text = stage.owner.get(&day).await.text();
            assert_eq!(goals_on(&text), seen, "{zone}: {text}");
        }
        assert_eq!(goals_on(&stage.owner.get(&format!("{LOG}?to=2026-10-24")).await.text()), [0, 1]);
        assert_eq!(goals_on(&stage.owner.get(&format!("{LOG}?from=2026-10-25&what=goal")).await.text()), [2, 3]);
        let text = stage.owner.get(&format!("{LOG}?from=2026-10-26&to=2026-10-25")).await.text();
        assert!(text.contains("Nothing was changed that these filters show."), "{text}");
    }

    async fn a_long_log_is_read_a_page_at_a_time_there_and_back(db: TestDb) {
        let mut stage = Stage::set(db).await;
        let start = now() - 1_000_000;
        // Some at the very same moment: the order holds all the same.
        let times: Vec<i64> = (0..120).map(|number| start + number / 7).collect();
        stage.writes(&times).await;
        let first = format!("{LOG}?what=goal");
        let (mut page, mut seen, mut pages) = (first.clone(), Vec::new(), Vec::new());
        loop {
            let answer = stage.owner.get(&page).await;
            assert_eq!(answer.status, StatusCode::OK);
            let shown = goals_on(&answer.text());
            pages.push((page, shown.clone(), answer.body.clone()));
            seen.extend(shown);
            let Some(older) = link(&answer.body, "next") else { break };
            page = older;
        }
        assert_eq!((pages.len(), seen.len(), seen.iter().collect::<BTreeSet<_>>().len()), (3, 120, 120), "without a gap, and none twice");
        let back = link(&pages[2].2, "prev").expect("newer ones");
        assert_eq!(goals_on(&stage.owner.get(&back).await.text()), pages[1].1);
        assert!(link(&pages[0].2, "prev").is_none());
    }

    async fn the_receipt_of_an_erasure_is_one_link_away(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        stage.purchase("ttclid").await;
        let (player,): (Uuid,) = on!(stage.db(), pool => sqlx::query_as("select id from players limit 1").fetch_one(pool).await).unwrap();
        let answer = stage.owner.submit::<crate::web::players::api::ErasePlayer>(&[("game", "emberfall"), ("id", &player.to_string()), ("typed", "erase")]).await;
        assert!(answer.location().contains("/erasures/"), "{answer:?}");
        stage.app.state.erasure.work_off(stage.db()).await;
        let mut log = stage.owner.get(LOG).await;
        while !log.text().contains("had a player erased") {
            tokio::task::yield_now().await;
            log = stage.owner.get(LOG).await;
        }
        assert!(log.text().contains("asked for a player to be erased.") && log.text().contains("Held and deleted: 1 id, 2 messages"), "{}", log.text());
        let receipt = format!("{SETTINGS}/audit-log/erasures/{}", player.simple());
        assert_eq!(log.body.matches(&format!("href=\"{receipt}\"")).count(), 2);
        assert_eq!(stage.member.get(&receipt).await.status, StatusCode::OK);
        assert_eq!(stage.owner.get(TIKTOK).await.status, StatusCode::OK);
    }
}

/// Where the pager leads: `next` or `prev`.
fn link(body: &str, rel: &str) -> Option<String> {
    let tag = body.split("<a ").find(|tag| tag.split('>').next().is_some_and(|tag| tag.contains(&format!("rel=\"{rel}\""))))?;
    let tag = tag.split('>').next()?;
    Some(tag.split("href=\"").nth(1)?.split('"').next()?.replace("&amp;", "&").split('#').next()?.to_owned())
}
