//! Who may see and do what: strangers find nothing, members read and change nothing.

use super::stage::{GAME, REDDIT, SETTINGS, Stage, TIKTOK};
use crate::error::AppError;
use crate::model::user::Role;
use crate::tests::app::Visitor;
use crate::tests::engines::both_engines;
use crate::tests::people::set_role;
use crate::tests::security::{FIELDS, OPEN};
use crate::web::account::api::{ChangePassword, ReadAccount, SetClock, SetTheme};
use crate::web::games::api::{CreateGame, ListGames};
use crate::web::goals::changes::{ChangeGoal, SetGoalStatus};
use crate::web::integrations::changes::SwitchSending;
use crate::web::keys::api::TakeOverKey;
use crate::web::sign_in::api::SignOut;
use leptos::server_fn::ServerFn;
use leptos::server_fn::axum::server_fn_paths;
use reqwest::{Method, StatusCode};
use uuid::Uuid;

/// About a person or the instance, not about one game.
const OF_NO_GAME: [&str; 7] =
    [ListGames::PATH, CreateGame::PATH, ReadAccount::PATH, ChangePassword::PATH, SetTheme::PATH, SetClock::PATH, SignOut::PATH];
/// What the server functions that only read are called.
const READS: &str = "/api/read_";

/// Every server function of a game.
fn of_a_game() -> impl Iterator<Item = (&'static str, Method)> {
    server_fn_paths().filter(|(path, _)| !OPEN.contains(path) && !OF_NO_GAME.contains(path))
}

/// The pages that everybody in the game reads.
fn pages_to_read(goal: Uuid, attempt: Uuid) -> Vec<String> {
    let mut pages = vec![
        GAME.to_owned(),
        format!("{GAME}/players"),
        format!("{SETTINGS}/goals/{goal}"),
        format!("{SETTINGS}/integrations"),
        format!("{TIKTOK}/not-sent"),
        format!("{TIKTOK}/attempts/{attempt}"),
    ];
    pages.extend(
        ["general", "goals", "integrations/tiktok", "integrations/reddit", "api-keys", "pixel", "audit-log"]
            .map(|page| format!("{SETTINGS}/{page}")),
    );
    pages
}

/// The pages that only lead to a change.
fn pages_to_change(goal: Uuid) -> Vec<String> {
    let mut pages = vec![
        format!("{SETTINGS}/goals/new"),
        format!("{SETTINGS}/goals/{goal}/archive"),
        format!("{TIKTOK}/connect?grant={}", Uuid::nil()),
        format!("{TIKTOK}/not-sent/send"),
        format!("{TIKTOK}/disconnect"),
        format!("{REDDIT}/disconnect"),
    ];
    pages.push(format!("{SETTINGS}/api-keys/carried/remove"));
    pages.extend(["publishable", "secret"].map(|kind| format!("{SETTINGS}/api-keys/rotate/{kind}")));
    pages
}

/// A goal, and an attempt of a postback that it earned; and a key that was taken over.
async fn furnished(stage: &mut Stage) -> (Uuid, Uuid) {
    stage.purchase("ttclid").await;
    stage.deliver().await;
    stage.owner.submit::<TakeOverKey>(&[("game", "emberfall"), ("key", "pk_imapik-of-emberfall")]).await;
    let goal = crate::server::db::goals::of_game(stage.db(), stage.game_id().await).await.unwrap()[0].id;
    (goal, stage.newest_attempt("tiktok").await)
}

async fn statuses(visitor: &mut Visitor, pages: &[String]) -> Vec<(String, StatusCode)> {
    let mut statuses = Vec::new();
    for page in pages {
        statuses.push((page.clone(), visitor.get(page).await.status));
    }
    statuses
}

fn all(pages: &[String], status: StatusCode) -> Vec<(String, StatusCode)> {
    pages.iter().map(|page| (page.clone(), status)).collect()
}

both_engines! {
    async fn to_a_stranger_no_page_of_the_game_exists(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        let (goal, attempt) = furnished(&mut stage).await;
        let pages = [pages_to_read(goal, attempt), pages_to_change(goal)].concat();
        assert_eq!(statuses(&mut stage.stranger, &pages).await, all(&pages, StatusCode::NOT_FOUND));
        let elsewhere: Vec<String> = [goal, attempt]
            .into_iter()
            .flat_map(|id| [format!("goals/{id}"), format!("goals/{id}/archive"), format!("integrations/tiktok/attempts/{id}")])
            .map(|page| format!("/games/tidebound/settings/{page}"))
            .collect();
        assert_eq!(statuses(&mut stage.stranger, &elsewhere).await, all(&elsewhere, StatusCode::NOT_FOUND), "nor in a game of their own");
        assert!(!stage.stranger.get("/games/tidebound/settings/integrations/tiktok").await.body.contains("CSAMPLEGAME"));
    }

    async fn to_a_stranger_no_server_function_of_the_game_answers(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        let before = stage.kept().await;
        let mut asked = 0;
        for (path, method) in of_a_game() {
            let answer = stage.stranger.call(path, method, &FIELDS).await;
            assert_eq!((answer.status, answer.refusal()), (StatusCode::NOT_FOUND, AppError::NotFound), "{path}");
            asked += 1;
        }
        assert!(asked > 20, "{asked}");
        assert_eq!(stage.kept().await, before);
    }

    async fn an_id_of_another_game_is_no_id_at_all(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        let (goal, _) = furnished(&mut stage).await;
        let (goal, before) = (goal.to_string(), stage.kept().await);
        let fields = [("game", "tidebound"), ("id", goal.as_str()), ("name", "Mine now"), ("status", "archived"), ("network", "tiktok"), ("enabled", "false")];
        for path in [ChangeGoal::PATH, SetGoalStatus::PATH, SwitchSending::PATH] {
            let answer = stage.stranger.call(path, Method::POST, &fields).await;
            assert_eq!((answer.status, answer.refusal()), (StatusCode::NOT_FOUND, AppError::NotFound), "{path}");
        }
        assert_eq!(stage.kept().await, before);
    }

    async fn a_member_reads_every_page_and_is_refused_those_that_change(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        let (goal, attempt) = furnished(&mut stage).await;
        let (read, change) = (pages_to_read(goal, attempt), pages_to_change(goal));
        assert_eq!(statuses(&mut stage.member, &read).await, all(&read, StatusCode::OK));
        assert_eq!(statuses(&mut stage.member, &change).await, all(&change, StatusCode::FORBIDDEN));
        for page in read {
            let body = stage.member.get(&page).await.body;
            let own = ["action=\"/api/set_theme", "action=\"/api/set_clock", "action=\"/api/sign_out", "method=\"get\""].map(|form| body.matches(form).count());
        let forms = body.matches("<form").count() - own.iter().sum::<usize>();
            assert_eq!(forms, 0, "{page} offers a change");
        }
        let change = [pages_to_change(goal), vec![format!("{SETTINGS}/api-keys?reveal=secret")]].concat();
        let mut of_owner = statuses(&mut stage.owner, &change).await;
        of_owner.retain(|(_, status)| *status != StatusCode::OK);
        assert_eq!(of_owner, [], "the owner sees them all");
    }

    async fn what_a_member_sends_changes_nothing(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        let before = stage.kept().await;
        let mut refused = 0;
        for (path, method) in of_a_game().filter(|(path, _)| !path.starts_with(READS)) {
            let answer = stage.member.call(path, method, &FIELDS).await;
            assert_eq!((answer.status, answer.refusal()), (StatusCode::FORBIDDEN, AppError::NotAllowed), "{path}");
            refused += 1;
        }
        assert!(refused >= 12, "{refused}");
        assert_eq!(stage.kept().await, before);
    }

    async fn who_lost_the_right_to_change_is_told_so_where_the_form_was(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        let page = format!("{}{TIKTOK}?range=7d", stage.app.origin);
        let fields = [("game", "emberfall"), ("network", "tiktok"), ("enabled", "false")];
        let answer = stage.member.submit_from::<SwitchSending>(&page, &fields).await;
        assert!(answer.location().starts_with(&format!("{TIKTOK}?range=7d&")), "{answer:?}");
        let text = stage.member.follow(&answer).await.text();
        assert!(text.contains("Your role does not allow this. Ask an owner or admin."), "{text}");
        assert!(text.contains("Sending Enabled"), "{text}");
    }

    async fn an_admin_changes_what_an_owner_changes(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        set_role(&stage.app, "sam@tide.example", "emberfall", Role::Admin).await;
        let fields = [("game", "emberfall"), ("network", "tiktok"), ("enabled", "false")];
        assert_eq!(stage.stranger.submit::<SwitchSending>(&fields).await.location(), TIKTOK);
        assert!(stage.stranger.get(TIKTOK).await.text().contains("Disabled"));
    }

    async fn an_address_that_cannot_be_one_is_not_found(db: TestDb) {
        let mut stage = Stage::set(db).await;
        for page in [
            "/games/emberfall%00", "/games/%FF%FE", "/games/emberfall/settings/nowhere", "/games/emberfall/settings/goals/17",
            "/games/emberfall/settings/goals/17/archive", "/games/emberfall/settings/integrations/myspace",
            "/games/emberfall/settings/integrations/myspace?connected=popup", "/games/emberfall/settings/integrations/myspace/not-sent",
            "/games/emberfall/settings/integrations/tiktok/attempts/17", "/games/emberfall/settings/integrations/tiktok/disconnect",
            "/games/emberfall/settings/api-keys/rotate/golden", "/games/emberfall/players/17",
            "/games/emberfall/players/0190c9a0-0000-7000-8000-000000000000", "/nowhere",
        ] {
            let answer = stage.owner.get(page).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{page}");
            assert!(answer.text().contains("There is nothing at this address."), "{page}");
        }
    }
}
