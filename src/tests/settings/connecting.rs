//! Connecting TikTok through its consent page: the way there and back, and every way in which it can go wrong.

use super::stage::{Stage, TIKTOK};
use crate::model::user::Role;
use crate::server::db::{Tx, grants, within};
use crate::server::simulator::world;
use crate::tests::app::{TestApp, Visitor};
use crate::tests::engines::both_engines;
use crate::tests::people::{set_role, someone_in};
use crate::web::integrations::changes::{ConnectByConsent, PickTarget};
use serde_json::json;
use uuid::Uuid;

const STALE: &str =
    "This consent is no longer valid: it was given too long ago, in another session, or has been used. Start again with Connect.";
const DENIED: &str = "You did not allow the connection at the network. Nothing was changed.";
const NOT_IN_LIST: &str = "This account or pixel is not one that the token may use. Pick one from the list.";

/// The page that a callback leads to, as its visitor reads it.
async fn led_to(visitor: &mut Visitor, callback: &str) -> (String, String) {
    let answer = visitor.get(callback).await;
    (answer.location().to_owned(), visitor.follow(&answer).await.text())
}

/// Makes everything that waits to be used run out.
async fn let_run_out(stage: &Stage) {
    let mut tx: Tx = stage.db().begin().await.unwrap();
    within!(&mut tx, c => sqlx::query("update oauth_states set expires_at = 1").execute(c).await.map(drop)).unwrap();
    within!(&mut tx, c => sqlx::query("update grants set expires_at = 1").execute(c).await.map(drop)).unwrap();
    tx.commit().await.unwrap();
}

/// The query of a callback without its state.
fn without_state(callback: &str) -> String {
    callback.split('&').filter(|pair| !pair.starts_with("state=")).collect::<Vec<_>>().join("&")
}

both_engines! {
    async fn connect_leads_to_the_consent_page_back_to_the_picker_and_to_a_connection(db: TestDb) {
        let mut stage = Stage::set(db).await;
        assert!(stage.owner.get(TIKTOK).await.text().contains("Not connected"));
        let grant = stage.grant().await;
        let picker = stage.owner.get(&format!("{TIKTOK}/connect?grant={grant}")).await;
        assert!(picker.text().contains("Sample Studio (7100000000000000001)") && picker.text().contains("Moonlight Games"), "{}", picker.text());
        assert!(!picker.body.contains("name=\"target\""), "first the account");
        let picker = stage.owner.get(&format!("{TIKTOK}/connect?grant={grant}&account={}", world::TIKTOK_BIG_ADVERTISER)).await;
        assert_eq!(picker.body.matches("name=\"target\"").count(), world::TIKTOK_BIG_PIXELS, "every page of the list");
        let answer = stage.pick(&grant, world::TIKTOK_ADVERTISER, world::TIKTOK_SHOP_PIXEL, &[("test_code", " TEST48213 ")]).await;
        assert_eq!(answer.location(), format!("{TIKTOK}?connected=yes"));
        let page = stage.owner.follow(&answer).await;
        assert!(page.text().contains("TikTok Ads is connected"), "{}", page.text());
        for part in ["Sample Studio", "Merchandise shop", world::TIKTOK_SHOP_PIXEL, "by mara@ashgrove.example"] {
            assert!(page.text().contains(part), "{part}: {}", page.text());
        }
        assert!(page.body.contains("value=\"TEST48213\""));
        assert!(stage.kept().await.contains("connection.connected tiktok"));
        let again = stage.pick(&grant, world::TIKTOK_ADVERTISER, world::TIKTOK_PIXEL, &[]).await;
        assert!(stage.owner.follow(&again).await.text().contains(STALE), "a grant is used once");
    }

    async fn a_callback_without_a_good_state_changes_nothing_and_says_why(db: TestDb) {
        let mut stage = Stage::set(db).await;
        let before = stage.kept().await;
        let dialog = stage.consent_page().await;
        let good = stage.decide(&dialog, "allow").await;
        let (code, long) = (without_state(&good), "s".repeat(5_000));
        for bad in [code.clone(), format!("{code}&state="), format!("{code}&state=made-up"), format!("{code}&state={long}")] {
            let (path, text) = led_to(&mut stage.owner, &bad).await;
            assert_eq!(path, "/games?problem=stale", "{bad}");
            assert!(text.contains(STALE), "{text}");
        }
        let (path, _) = led_to(&mut stage.owner, &good).await;
        assert!(path.starts_with(&format!("{TIKTOK}/connect?grant=")), "the good one still works: {path}");
        assert_eq!(led_to(&mut stage.owner, &good).await.0, "/games?problem=stale", "once");
        let dialog = stage.consent_page().await;
        let late = stage.decide(&dialog, "allow").await;
        let_run_out(&stage).await;
        assert!(led_to(&mut stage.owner, &late).await.1.contains(STALE), "ten minutes");
        assert_eq!(stage.kept().await, before);
    }

    async fn a_state_is_worth_nothing_to_anybody_else(db: TestDb) {
        let mut stage = Stage::set(db).await;
        let mut admin = someone_in(&stage.app, "ada@ashgrove.example", "emberfall", Role::Admin).await;
        let mut elsewhere = stage.app.owner().await;
        for who in ["another admin", "the same person in another session", "a stranger", "somebody signed out"] {
            let dialog = stage.consent_page().await;
            let callback = stage.decide(&dialog, "allow").await;
            let mut nobody = stage.app.visitor();
            let thief = match who {
                "another admin" => &mut admin,
                "the same person in another session" => &mut elsewhere,
                "a stranger" => &mut stage.stranger,
                _ => &mut nobody,
            };
            let (path, text) = led_to(thief, &callback).await;
            if who == "somebody signed out" {
                assert_eq!(path, "/sign-in");
                continue;
            }
            assert_eq!(path, "/games?problem=stale", "{who}");
            assert!(text.contains(STALE), "{who}: {text}");
            assert_eq!(led_to(&mut stage.owner, &callback).await.0, "/games?problem=stale", "{who} has used it up");
        }
        let dialog = stage.consent_page().await;
        let callback = stage.decide(&dialog, "allow").await;
        let other = callback.replace("/oauth/tiktok/", "/oauth/reddit/");
        assert_eq!(stage.owner.get(&other).await.status, 404, "a network without a consent page has no callback");
        let grant = stage.grant().await;
        assert!(admin.get(&format!("{TIKTOK}/connect?grant={grant}")).await.text().contains(STALE), "nor is a grant");
        let fields = [("game", "emberfall"), ("network", "tiktok"), ("grant", grant.as_str()), ("account", world::TIKTOK_ADVERTISER), ("target", world::TIKTOK_PIXEL)];
        let page = format!("{}{TIKTOK}/connect?grant={grant}", stage.app.origin);
        let answer = admin.submit_from::<PickTarget>(&page, &fields).await;
        assert!(admin.follow(&answer).await.text().contains(STALE));
        assert!(!stage.kept().await.contains("connection tiktok"));
    }

    async fn who_lost_the_game_during_the_consent_gets_no_grant(db: TestDb) {
        let mut stage = Stage::set(db).await;
        set_role(&stage.app, "sam@tide.example", "emberfall", Role::Admin).await;
        let answer = stage.stranger.submit::<ConnectByConsent>(&[("game", "emberfall"), ("network", "tiktok"), ("popup", "false")]).await;
        let dialog = answer.header("location").parse().unwrap();
        let callback = stage.decide(&dialog, "allow").await;
        let mut tx = stage.db().begin().await.unwrap();
        within!(&mut tx, c => sqlx::query("delete from memberships where role = 'admin'").execute(c).await.map(drop)).unwrap();
        tx.commit().await.unwrap();
        let (path, text) = led_to(&mut stage.stranger, &callback).await;
        assert_eq!(path, TIKTOK);
        assert!(text.contains("There is nothing at this address."), "{text}");
    }

    async fn a_denied_consent_and_a_code_that_is_none_change_nothing(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        let before = stage.kept().await;
        let dialog = stage.consent_page().await;
        let denied = stage.decide(&dialog, "deny").await;
        let (path, text) = led_to(&mut stage.owner, &denied).await;
        assert_eq!(path, format!("{TIKTOK}?problem=denied"));
        assert!(text.contains(DENIED) && text.contains(world::TIKTOK_PIXEL), "{text}");
        for (code, says) in [
            (String::new(), DENIED),
            ("c".repeat(5_000), DENIED),
            ("made-up".into(), "The network refuses this. Nothing was changed. It says “"),
        ] {
            let dialog = stage.consent_page().await;
            let state = dialog.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
            let (_, text) = led_to(&mut stage.owner, &format!("/oauth/tiktok/callback?auth_code={code}&state={state}")).await;
            assert!(text.contains(says), "{text}");
        }
        stage.simulate("faults", json!({ "network": "tiktok", "on": "token", "status": 503, "times": 1 })).await;
        let dialog = stage.consent_page().await;
        let callback = stage.decide(&dialog, "allow").await;
        assert!(led_to(&mut stage.owner, &callback).await.1.contains("The network gave no usable answer. Try again in a moment; nothing was changed."));
        assert_eq!(stage.kept().await, before);
    }

    async fn only_what_the_token_may_use_can_be_picked(db: TestDb) {
        let mut stage = Stage::set(db).await;
        let before = stage.kept().await;
        let grant = stage.grant().await;
        for (account, target) in [
            (world::TIKTOK_FOREIGN_ADVERTISER, world::TIKTOK_FOREIGN_PIXEL),
            (world::TIKTOK_ADVERTISER, world::TIKTOK_FOREIGN_PIXEL),
            (world::TIKTOK_BIG_ADVERTISER, world::TIKTOK_PIXEL),
            (world::TIKTOK_ADVERTISER, ""),
            ("", world::TIKTOK_PIXEL),
            ("../../x", "<script>"),
        ] {
            let answer = stage.pick(&grant, account, target, &[]).await;
            assert!(stage.owner.follow(&answer).await.text().contains(NOT_IN_LIST), "{account} {target}");
        }
        let picker = stage.owner.get(&format!("{TIKTOK}/connect?grant={grant}&account={}", world::TIKTOK_FOREIGN_ADVERTISER)).await;
        assert!(picker.text().contains(NOT_IN_LIST), "{}", picker.text());
        for test_code in ["T", "TEST 1", "TEST<1>", &"T".repeat(33)] {
            let answer = stage.pick(&grant, world::TIKTOK_ADVERTISER, world::TIKTOK_PIXEL, &[("test_code", test_code)]).await;
            let page = stage.owner.follow(&answer).await;
            assert!(page.text().contains("This test code is not one of the network's"), "{test_code}: {}", page.text());
            assert!(page.body.contains("aria-describedby=\"test_code-hint test_code-error\""), "at its field");
        }
        for grant in ["", "17", &Uuid::nil().to_string()] {
            assert!(stage.owner.get(&format!("{TIKTOK}/connect?grant={grant}")).await.text().contains(STALE), "{grant}");
        }
        let_run_out(&stage).await;
        let answer = stage.pick(&grant, world::TIKTOK_ADVERTISER, world::TIKTOK_PIXEL, &[]).await;
        assert!(stage.owner.follow(&answer).await.text().contains(STALE), "an hour");
        assert!(grants::find(stage.db(), grant.parse().unwrap(), stage.game_id().await, "tiktok", Uuid::nil(), 0).await.unwrap().is_none());
        assert_eq!(stage.kept().await, before);
    }

    async fn another_pixel_asks_before_it_cancels_what_waits(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        stage.purchase("ttclid").await;
        let (before, grant) = (stage.kept().await, stage.grant().await);
        let answer = stage.pick(&grant, world::TIKTOK_ADVERTISER, world::TIKTOK_SHOP_PIXEL, &[]).await;
        let page = stage.owner.follow(&answer).await;
        assert!(page.text().contains("Postbacks wait for the present account or pixel.") && page.text().contains("Cancel 1 postback that waits for the present one"), "{}", page.text());
        assert_eq!(stage.kept().await, before);
        let answer = stage.pick(&grant, world::TIKTOK_ADVERTISER, world::TIKTOK_SHOP_PIXEL, &[("confirmed", "true")]).await;
        let text = stage.owner.follow(&answer).await.text();
        assert!(text.contains(world::TIKTOK_SHOP_PIXEL) && text.contains("Failed"), "{text}");
        assert!(stage.kept().await.contains("waits 0\n"));
        let attempt = stage.newest_attempt("tiktok").await;
        let text = stage.owner.get(&format!("{TIKTOK}/attempts/{attempt}")).await.text();
        assert!(text.contains("The connection was changed to another account or target."), "{text}");
    }

    async fn the_same_pixel_again_keeps_what_waits(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        stage.purchase("ttclid").await;
        stage.connect_tiktok(world::TIKTOK_PIXEL).await;
        assert!(stage.kept().await.contains("waits 1\n") && stage.kept().await.contains("connection.reconnected tiktok"));
    }

    async fn without_an_app_the_page_says_what_the_operator_has_to_set(db: TestDb) {
        let app = TestApp::owned(db).await;
        let mut owner = app.owner_with_game().await;
        let text = owner.get(TIKTOK).await.text();
        assert!(text.contains("Not set up on this instance The operator sets POSTBACKS_TIKTOK_APP_ID"), "{text}");
        let fields = [("game", "emberfall"), ("network", "tiktok"), ("popup", "false")];
        let answer = owner.submit_from::<ConnectByConsent>(&format!("{}{TIKTOK}", app.origin), &fields).await;
        assert!(owner.follow(&answer).await.text().contains("Not set up on this instance"));
    }
}
