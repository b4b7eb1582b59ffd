//! Settings > General: what owners and admins change, what it does, and what cannot be typed.

use super::stage::{SETTINGS, Stage, bought, landing};
use crate::model::user::Role;
use crate::server::db::on;
use crate::tests::app::Answer;
use crate::tests::engines::both_engines;
use crate::tests::people::set_role;
use crate::web::general::api::ChangeSettings;
use uuid::Uuid;

/// The form as it stands, with these fields typed over it.
fn typed<'a>(over: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let stands = [
        ("game", "emberfall"),
        ("name", "Emberfall"),
        ("time_zone", "UTC"),
        ("window_days", "30"),
        ("keep_messages_days", "90"),
        ("keep_attempts_days", "90"),
    ];
    let mut fields: Vec<(&str, &str)> = stands.into_iter().filter(|(name, _)| over.iter().all(|(typed, _)| typed != name)).collect();
    fields.extend(over);
    fields
}

async fn save(stage: &mut Stage, over: &[(&str, &str)]) -> Answer {
    let answer = stage.owner.submit::<ChangeSettings>(&typed(over)).await;
    stage.owner.follow(&answer).await
}

both_engines! {
    async fn what_is_saved_is_shown_kept_and_audited(db: TestDb) {
        let mut stage = Stage::set(db).await;
        let page = save(&mut stage, &[("name", " Emberfall II "), ("time_zone", "europe/berlin"), ("window_days", "45"), ("keep_messages_days", "365")]).await;
        assert!(page.text().contains("Saved.") && page.body.contains("value=\"Europe/Berlin\"") && page.body.contains("value=\"45\""), "{}", page.text());
        let kept = stage.kept().await;
        assert!(kept.contains("game emberfall Emberfall II Europe/Berlin 45 365 90\n"), "the slug stays: {kept}");
        let line = "did mara@ashgrove.example game.changed Emberfall II name: Emberfall -> Emberfall II; time zone: UTC -> Europe/Berlin; attribution window: 30 days -> 45 days; messages kept: 90 days -> 365 days\n";
        assert!(kept.contains(line), "{kept}");
        let text = stage.member.get(&format!("{SETTINGS}/general")).await.text();
        for said in ["Emberfall II", "Europe/Berlin", "45 days", "365 days", "90 days", "Owners and admins of this game change its settings.", "never changes"] {
            assert!(text.contains(said), "{said}: {text}");
        }
    }

    async fn saving_what_stands_leaves_no_line_in_the_audit_log(db: TestDb) {
        let mut stage = Stage::set(db).await;
        let before = stage.kept().await;
        assert!(save(&mut stage, &[]).await.text().contains("Saved."));
        assert_eq!(stage.kept().await, before);
    }

    async fn what_cannot_be_is_said_at_its_field_and_nothing_is_lost(db: TestDb) {
        let mut stage = Stage::set(db).await;
        let before = stage.kept().await;
        let long = "9".repeat(10_000);
        for (field, typed, says) in [
            ("name", "", "Give the game a name."),
            ("name", "Em\nber", "A name has up to 80 characters"),
            ("time_zone", "Middle-earth/Shire", "There is no such time zone."),
            ("time_zone", "../../etc/passwd", "There is no such time zone."),
            ("window_days", "0", "A window has 1 to 90 days."),
            ("window_days", "91", "A window has 1 to 90 days."),
            ("window_days", "<script>", "A window has 1 to 90 days."),
            ("window_days", long.as_str(), "A window has 1 to 90 days."),
            ("keep_messages_days", "29", "Messages are kept for 30 to 400 days."),
            ("keep_attempts_days", "-1", "Attempts are kept for 30 to 400 days."),
        ] {
            let also = if field == "name" { ("game", "emberfall") } else { ("name", "Typed before") };
            let page = save(&mut stage, &[(field, typed), also]).await;
            assert!(page.text().contains(says), "{field}={typed:.20}: {}", page.text());
            assert!(field == "name" || page.body.contains("value=\"Typed before\""), "what was typed stays");
            assert!(!page.body.contains("<script>alert") && !page.text().contains("Saved."));
        }
        assert_eq!(stage.kept().await, before);
    }

    async fn keeping_less_asks_first(db: TestDb) {
        let mut stage = Stage::set(db).await;
        let before = stage.kept().await;
        let page = save(&mut stage, &[("keep_attempts_days", "60")]).await;
        assert!(page.text().contains("what is older is deleted within the hour and cannot be brought back") && page.text().contains("Save and delete"), "{}", page.text());
        assert!(page.text().contains("Now that is 0 messages and 0 attempts."), "{}", page.text());
        assert_eq!(stage.kept().await, before);
        assert!(save(&mut stage, &[("keep_attempts_days", "60"), ("delete", "true")]).await.text().contains("Saved."));
        assert!(stage.kept().await.contains("attempts kept: 90 days -> 60 days"));
        let page = save(&mut stage, &[("keep_attempts_days", "60"), ("window_days", "7")]).await;
        assert!(page.text().contains("Saved."), "what stands is not less: {}", page.text());
    }

    async fn an_admin_changes_them_and_a_member_does_not(db: TestDb) {
        let mut stage = Stage::set(db).await;
        let before = stage.kept().await;
        let refused = stage.member.submit::<ChangeSettings>(&typed(&[("window_days", "1")])).await;
        assert!(refused.location().contains("__err="), "{refused:?}");
        assert_eq!(stage.kept().await, before);
        set_role(&stage.app, "sam@tide.example", "emberfall", Role::Admin).await;
        let saved = stage.stranger.submit::<ChangeSettings>(&typed(&[("window_days", "1")])).await;
        assert_eq!(saved.location(), format!("{SETTINGS}/general?saved=yes"));
    }

    async fn a_changed_window_holds_for_events_from_then_on(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        let days_ago = |days: i64| jiff::Timestamp::from_millisecond(crate::server::now() - days * crate::model::DAY).unwrap().to_string();
        let (one, two) = (Uuid::new_v4().to_string(), Uuid::new_v4().to_string());
        for player in [&one, &two] {
            let mut visit = landing(player, "ttclid");
            visit["eventTimestamp"] = days_ago(10).into();
            stage.send(&[visit]).await;
        }
        stage.send(&[bought(&one)]).await;
        save(&mut stage, &[("window_days", "7")]).await;
        stage.send(&[bought(&two)]).await;
        let decisions: Vec<(String, Option<String>)> = on!(stage.db(), pool => sqlx::query_as("select decision, reason from conversions order by received_at, id")
            .fetch_all(pool).await).unwrap();
        assert_eq!(decisions, [("credited".into(), None), ("not_sent".into(), Some("outside_window".into()))]);
        assert!(stage.kept().await.contains("waits 1\n"), "what was decided before stays");
    }
}
