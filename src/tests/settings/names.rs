//! Event names on a network's page: one value with what is set with the goal, held against the network's own rule.

use super::stage::{GAME, REDDIT, SETTINGS, Stage, TIKTOK, landing, message};
use crate::model::action::GOAL_KEY;
use crate::tests::app::{Answer, Visitor};
use crate::tests::engines::both_engines;
use crate::web::goals::changes::ChangeGoal;
use crate::web::integrations::changes::{NameGoals, SendNow};
use reqwest::StatusCode;
use serde_json::json;
use uuid::Uuid;

/// Chooses in the drop-down, and types into the field beside it; the answer of the form.
async fn name(visitor: &mut Visitor, network: &str, goal: &str, choice: &str, own: &str) -> Answer {
    let page = format!("{}{SETTINGS}/integrations/{network}", visitor.origin);
    let (names, typed) = (format!("names[{GOAL_KEY}{goal}]"), format!("own[{GOAL_KEY}{goal}]"));
    let fields = [("game", "emberfall"), ("network", network), (names.as_str(), choice), (typed.as_str(), own)];
    visitor.submit_from::<NameGoals>(&page, &fields).await
}

async fn goal(stage: &Stage) -> String {
    crate::server::db::goals::of_game(stage.db(), stage.game_id().await).await.unwrap()[0].id.to_string()
}

both_engines! {
    async fn a_name_that_is_chosen_is_the_goals_own_and_goes_out(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        let goal = goal(&stage).await;
        let page = stage.owner.get(TIKTOK).await;
        assert!(page.text().contains("First Purchase purchase Once per player Purchase (usual)"), "{}", page.text());
        assert!(page.text().contains("begins with a letter. TikTok reports on names of your own"), "{}", page.text());
        let saved = name(&mut stage.owner, "tiktok", &goal, "", " founders_pack ").await;
        assert_eq!(saved.location(), format!("{TIKTOK}?mapped=yes#event-names"));
        let page = stage.owner.get(TIKTOK).await;
        assert!(page.body.contains("value=\"founders_pack\"") && page.text().contains("Custom event"), "{}", page.text());
        let of_goal = stage.owner.get(&format!("{SETTINGS}/goals/{goal}")).await.text();
        assert!(of_goal.contains("Sent to TikTok Ads as founders_pack") && of_goal.contains("Sent to Reddit Ads as Purchase"), "{of_goal}");
        stage.purchase("ttclid").await;
        stage.deliver().await;
        let attempt = stage.newest_attempt("tiktok").await;
        assert!(stage.owner.get(&format!("{TIKTOK}/attempts/{attempt}")).await.body.contains("founders_pack"));

        // And the other way round; the usual one is kept as none.
        let change = [("game", "emberfall"), ("id", goal.as_str()), ("name", "First Purchase"), ("names[tiktok]", "Lead"), ("names[reddit]", "")];
        stage.owner.submit::<ChangeGoal>(&change).await;
        let page = stage.owner.get(TIKTOK).await;
        assert!(page.body.contains("<option value=\"Lead\" selected"), "{}", page.body);
        name(&mut stage.owner, "tiktok", &goal, "Purchase", "left over").await;
        assert!(!stage.kept().await.contains("mapping "), "{}", stage.kept().await);
        let did = stage.kept().await;
        assert!(did.contains("connection.named tiktok First Purchase: Purchase is now founders_pack"), "{did}");
        assert!(did.contains("connection.named tiktok First Purchase: Lead is now Purchase"), "{did}");
    }

    async fn a_name_that_the_network_does_not_take_changes_nothing_and_is_not_lost(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        let (goal, before) = (goal(&stage).await, stage.kept().await);
        for (network, typed, says) in [
            ("tiktok", "größe", "A TikTok event name has up to 50 letters"),
            ("tiktok", "2nd", "begins with a letter"),
            ("tiktok", "CompletePayment", "counts as Purchase"),
            ("tiktok", "addtocart", "Choose AddToCart"),
            ("reddit", "SIGN_UP", "counts as SignUp"),
            ("reddit", "a/b", "A Reddit event name has up to 64"),
        ] {
            let refused = name(&mut stage.owner, network, &goal, "", typed).await;
            let page = stage.owner.get(refused.location().split('#').next().unwrap()).await;
            let text = page.text();
            assert_eq!(page.status, StatusCode::OK);
            assert!(text.contains("Nothing was saved") && text.contains(says), "{network} {typed}: {text}");
            assert!(page.body.contains(&format!("value=\"{typed}\"")) && page.body.contains("aria-invalid=\"true\""), "{network} {typed}");
        }
        let long = "x".repeat(5_000);
        let refused = name(&mut stage.owner, "tiktok", &goal, "", &long).await;
        assert!(refused.location().len() < 400 && refused.location().contains("xxx"), "{refused:?}");
        for (network, goal, choice) in [("tiktok", Uuid::now_v7().to_string(), "Lead"), ("tiktok", "17".into(), "Lead"), ("google", goal.clone(), "Lead"), ("myspace", goal, "Lead")] {
            let answer = name(&mut stage.owner, network, &goal, choice, "").await;
            assert!(answer.location().contains("__err="), "{network} {goal}: {answer:?}");
        }
        assert_eq!(stage.kept().await, before);
    }

    async fn members_read_the_names_and_strangers_nothing(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        let (goal, before) = (goal(&stage).await, stage.kept().await);
        let text = stage.member.get(REDDIT).await.text();
        assert!(text.contains("Event names") && text.contains("Once per player Purchase None Standard event"), "{text}");
        let answer = name(&mut stage.member, "reddit", &goal, "Lead", "").await;
        assert!(stage.member.follow(&answer).await.text().contains("Your role does not allow this."));
        assert!(name(&mut stage.stranger, "reddit", &goal, "Lead", "").await.location().contains("__err="));
        assert_eq!(stage.kept().await, before);
    }

    async fn two_goals_under_one_name_are_said_to_count_twice(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        assert!(!stage.owner.get(TIKTOK).await.text().contains("Counted twice"));
        let fields = [("game", "emberfall"), ("name", "Every purchase"), ("event", "purchase"), ("trigger", "repeatable"), ("twice", "true")];
        stage.owner.submit::<crate::web::goals::changes::CreateGoal>(&fields).await;
        let text = stage.owner.get(TIKTOK).await.text();
        assert!(text.contains("Counted twice First Purchase and Every purchase send Purchase for purchase"), "{text}");
        let goal = goal(&stage).await;
        name(&mut stage.owner, "tiktok", &goal, "", "first_purchase").await;
        assert!(!stage.owner.get(TIKTOK).await.text().contains("Counted twice"));
        assert!(stage.owner.get(&format!("{GAME}/settings/integrations/reddit")).await.text().contains("Counted twice"));
    }

    async fn what_has_a_name_that_the_network_does_not_take_stays_here_until_it_has_another(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        let goal = stage.goal("Level", "level reached!").await.to_string();
        let player = Uuid::new_v4().to_string();
        let event = json!({ "type": "track", "surface": "unity", "eventName": "level reached!", "properties": {} });
        stage.send(&[landing(&player, "ttclid"), message(&player, event)]).await;
        let text = stage.owner.get(TIKTOK).await.text();
        assert!(text.contains("Not taken") && text.contains("level reached! (usual)"), "{text}");
        assert!(text.contains("Level is not forwarded TikTok does not take its name."), "{text}");
        assert!(!text.contains("Nothing was saved"), "{text}");
        let text = stage.owner.get(&format!("{SETTINGS}/goals/{goal}")).await.text();
        assert!(text.contains("Not forwarded to TikTok Ads: it does not take this name."), "{text}");
        let not_sent = format!("{TIKTOK}/not-sent");
        let text = stage.owner.get(&not_sent).await.text();
        assert!(text.contains("Choose an action or a name for the goal") && !text.contains("can be sent now"), "{text}");
        let fields = [("game", "emberfall"), ("network", "tiktok"), ("goals[]", goal.as_str())];
        stage.owner.submit::<SendNow>(&fields).await;
        assert!(stage.owner.get(&format!("{not_sent}/send")).await.text().contains("Nothing to send"));

        name(&mut stage.owner, "tiktok", &goal, "", "level_reached").await;
        assert!(!stage.owner.get(TIKTOK).await.text().contains("is not forwarded"));
        let text = stage.owner.get(&not_sent).await.text();
        assert!(text.contains("1 conversion can be sent now") && text.contains("That is mended"), "{text}");
        stage.owner.submit::<SendNow>(&fields).await;
        stage.deliver().await;
        let attempt = stage.newest_attempt("tiktok").await;
        assert!(stage.owner.get(&format!("{TIKTOK}/attempts/{attempt}")).await.body.contains("level_reached"));
    }
}
