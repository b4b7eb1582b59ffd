//! Resend over the real router: the count first, the job, the way to end it, and who may.

use crate::error::AppError;
use crate::model::DAY;
use crate::model::resend::ResendProblem;
use crate::server::db::{audit, on, within};
use crate::server::now;
use crate::tests::app::Answer;
use crate::tests::engines::both_engines;
use crate::tests::settings::stage::{GAME, REDDIT, SETTINGS, Stage, TIKTOK, bought, landing};
use crate::web::integrations::changes::{Disconnect, SwitchSending};
use crate::web::resend::api::{ReadResend, ReadResendOne, ReadResendQuestion};
use crate::web::resend::changes::{CancelResend, SendOneAgain, StartResend};
use leptos::server_fn::ServerFn;
use reqwest::{Method, StatusCode};
use serde_json::json;
use uuid::Uuid;

const OURS: [(&str, &str); 2] = [("game", "emberfall"), ("network", "tiktok")];

/// So many purchases that TikTok refuses for what they say.
async fn refused(stage: &Stage, count: usize) {
    for _ in 0..count {
        stage.simulate("faults", json!({ "network": "tiktok", "code": 40002, "times": 1 })).await;
        stage.purchase("ttclid").await;
        stage.deliver().await;
    }
}

async fn count(stage: &Stage, sql: &'static str) -> i64 {
    let (count,): (i64,) = on!(stage.db(), pool => sqlx::query_as(sql).fetch_one(pool).await).unwrap();
    count
}

async fn run(stage: &Stage, sql: &'static str) {
    let mut tx = stage.db().begin().await.unwrap();
    within!(&mut tx, c => sqlx::query(sql).execute(c).await.map(drop)).unwrap();
    tx.commit().await.unwrap();
}

fn of_one<'a>(id: &'a str, saw: &'a str, typed: &'a str) -> Vec<(&'a str, &'a str)> {
    [&OURS[..], &[("id", id), ("saw", saw), ("typed", typed)]].concat()
}

/// The value of a hidden field of the page's form.
fn field(page: &Answer, name: &str) -> String {
    let at = page.body.find(&format!("name=\"{name}\"")).unwrap_or_else(|| panic!("{name}: {}", page.text()));
    let rest = &page.body[at..];
    rest.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

/// Confirms the question at this path; where that leads.
async fn confirm(stage: &mut Stage, path: &str) -> String {
    let page = stage.owner.get(path).await;
    let (range, until) = (field(&page, "range"), field(&page, "until"));
    let status = if page.body.contains("name=\"status\"") { field(&page, "status") } else { String::new() };
    let fields = [&OURS[..], &[("range", range.as_str()), ("status", status.as_str()), ("until", until.as_str())]].concat();
    stage.owner.submit::<StartResend>(&fields).await.location().to_owned()
}

async fn work_off(stage: &Stage) {
    stage.app.state.resend.work_off(stage.db(), now()).await;
}

const FAILED: &str = "/games/emberfall/settings/integrations/tiktok/resend?status=failed";

both_engines! {
    async fn all_that_a_filter_shows_is_counted_confirmed_sent_and_watched(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        stage.purchase("ttclid").await;
        stage.deliver().await;
        refused(&stage, 3).await;
        let text = stage.owner.get(&format!("{TIKTOK}?status=failed")).await;
        assert!(text.body.contains("/resend?status=failed") && text.body.matches("name=\"row\"").count() == 3, "{}", text.text());

        let before = stage.kept().await;
        let text = stage.owner.get(&format!("{TIKTOK}/resend")).await.text();
        assert!(text.contains("Send 3 postbacks again?") && text.contains("TikTok has them already 1") && text.contains("Ended without success 3"), "{text}");
        let text = stage.owner.get(FAILED).await.text();
        assert!(text.contains("These are all that can go out again among the failed rows of the last 24 hours.") && !text.contains("Left out"), "{text}");
        assert_eq!(stage.kept().await, before, "a question changes nothing");

        let job = confirm(&mut stage, FAILED).await;
        assert!(job.starts_with(&format!("{TIKTOK}/resends/")), "{job}");
        let text = stage.owner.get(&job).await.text();
        assert!(text.contains("0 postbacks of 3 are back in the queue.") && text.contains("Cancel the rest") && text.contains("the failed rows of the last 24 hours"), "{text}");
        for page in [TIKTOK.to_owned(), format!("{TIKTOK}/not-sent"), FAILED.to_owned()] {
            let page = stage.owner.get(&page).await;
            assert!(page.text().contains("A resend is running") && page.body.contains(&job), "{}", page.text());
        }
        let answer = stage.owner.get(FAILED).await;
        assert!(answer.text().contains("Another resend first") && !answer.body.contains("name=\"until\""), "{}", answer.text());

        work_off(&stage).await;
        stage.deliver().await;
        let text = stage.owner.get(&job).await.text();
        assert!(text.contains(": 3 postbacks were sent again.") && text.contains("Accepted so far 3"), "{text}");
        assert_eq!(count(&stage, "select count(*) from postbacks where state = 'accepted'").await, 4);
        let text = stage.owner.get(FAILED).await.text();
        assert!(text.contains("Nothing to send again") && text.contains("TikTok has them already 3"), "{text}");
        let lines = audit::newest(stage.db(), Some(stage.game_id().await), 2).await.unwrap();
        let said: Vec<(&str, &str)> = lines.iter().map(|line| (line.action.as_str(), line.detail.as_str())).collect();
        assert_eq!(said, [
            ("resend.done", "3 put back into the queue, 0 tried at once"),
            ("resend.started", "the failed rows of the last 24 hours: 3 of 3 postbacks"),
        ]);
        assert!(lines.iter().all(|line| line.who == "mara@ashgrove.example" && line.subject == "tiktok"));
    }

    async fn a_second_one_says_that_one_is_running_and_cancel_ends_it(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        refused(&stage, 2).await;
        let (until, page) = (now().to_string(), format!("{}{FAILED}", stage.app.origin));
        let fields = [&OURS[..], &[("status", "failed"), ("until", until.as_str())]].concat();
        let first = stage.owner.submit::<StartResend>(&fields).await;
        let job = first.location().to_owned();
        let again = stage.owner.submit_from::<StartResend>(&page, &fields).await;
        let text = stage.owner.follow(&again).await.text();
        assert!(text.contains("A resend of this network is running already."), "{text}");
        assert_eq!(count(&stage, "select count(*) from resends").await, 1);

        let id = job.rsplit('/').next().unwrap().to_owned();
        let cancel = [&OURS[..], &[("id", id.as_str())]].concat();
        assert_eq!(stage.owner.submit::<CancelResend>(&cancel).await.location(), job);
        work_off(&stage).await;
        let text = stage.owner.get(&job).await.text();
        assert!(text.contains("0 postbacks were put back into the queue, the rest stays as it was.") && !stage.owner.get(TIKTOK).await.text().contains("A resend is running"), "{text}");
        assert_eq!(count(&stage, "select count(*) from postbacks where state = 'failed'").await, 2);
        let late = stage.owner.submit_from::<CancelResend>(&format!("{}{job}", stage.app.origin), &cancel).await;
        assert!(stage.owner.follow(&late).await.text().contains("This resend had ended already."));
        let lines = audit::newest(stage.db(), Some(stage.game_id().await), 1).await.unwrap();
        assert_eq!((lines[0].action.as_str(), lines[0].detail.as_str()), ("resend.cancelled", "0 put back into the queue, 0 tried at once"));
    }

    async fn rows_that_are_ticked_go_out_again_and_no_others(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        refused(&stage, 3).await;
        let rows: Vec<(Uuid,)> = on!(stage.db(), pool => sqlx::query_as("select id from attempts order by time").fetch_all(pool).await).unwrap();
        let (one, two) = (rows[0].0.to_string(), rows[2].0.to_string());
        let page = stage.owner.get(&format!("{TIKTOK}/resend?of=rows&row={one}&row={two}")).await;
        assert!(page.text().contains("Send 2 postbacks again?") && page.text().contains("They are of the 2 selected rows."), "{}", page.text());
        let fields = [&OURS[..], &[("selected", "true"), ("rows[]", one.as_str()), ("rows[]", two.as_str())]].concat();
        let job = stage.owner.submit::<StartResend>(&fields).await.location().to_owned();
        assert!(stage.owner.get(&job).await.text().contains("2 selected postbacks"));
        work_off(&stage).await;
        stage.deliver().await;
        assert_eq!(count(&stage, "select count(*) from postbacks where state = 'accepted' and attempts = 2").await, 2);
        assert_eq!(count(&stage, "select count(*) from postbacks where state = 'failed' and attempts = 1").await, 1);

        for (query, says) in [
            ("of=rows", "No row is selected"),
            ("of=rows&row=nonsense", "No row is selected"),
            (&format!("of=rows&row={}", Uuid::now_v7()), "Nothing to send again"),
            (&format!("of=rows{}", format!("&row={one}").repeat(51)), "Too many rows"),
            ("range=2h&status=lost", "a filter that does not exist"),
        ] {
            let text = stage.owner.get(&format!("{TIKTOK}/resend?{query}")).await.text();
            assert!(text.contains(says), "{query}: {text}");
        }
    }

    async fn what_is_sent_the_wrong_way_changes_nothing(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        refused(&stage, 1).await;
        let before = stage.kept().await;
        let (fresh, old) = (now().to_string(), (now() - 2 * crate::model::HOUR).to_string());
        let row = stage.newest_attempt("tiktok").await.to_string();
        let many: Vec<(&str, &str)> = std::iter::repeat_n(("rows[]", row.as_str()), 51).collect();
        let of_reddit = [("game", "emberfall"), ("network", "reddit"), ("selected", "true"), ("rows[]", row.as_str())];
        for (fields, refusal) in [
            ([&OURS[..], &[("until", old.as_str())]].concat(), AppError::Resend(ResendProblem::Stale)),
            (OURS.to_vec(), AppError::Resend(ResendProblem::Stale)),
            ([&OURS[..], &[("until", "9223372036854775807")]].concat(), AppError::Resend(ResendProblem::Stale)),
            ([&OURS[..], &[("until", "-9223372036854775808")]].concat(), AppError::Resend(ResendProblem::Stale)),
            ([&OURS[..], &[("until", fresh.as_str()), ("status", "lost")]].concat(), AppError::BadForm),
            ([&OURS[..], &[("until", fresh.as_str()), ("status", "success")]].concat(), AppError::Resend(ResendProblem::Nothing)),
            ([&OURS[..], &[("selected", "true")]].concat(), AppError::Resend(ResendProblem::Nothing)),
            ([&OURS[..], &[("selected", "true")], &many[..]].concat(), AppError::Resend(ResendProblem::TooMany)),
            (of_reddit.to_vec(), AppError::Resend(ResendProblem::Nothing)),
            (vec![("game", "emberfall"), ("network", "meta"), ("until", fresh.as_str())], AppError::Resend(ResendProblem::NotConnected)),
            (vec![("game", "emberfall"), ("network", "myspace"), ("until", fresh.as_str())], AppError::NotFound),
        ] {
            let answer = stage.owner.call(StartResend::PATH, Method::POST, &fields).await;
            assert_eq!(answer.refusal(), refusal, "{fields:?}");
        }
        let one = [&OURS[..], &[("id", row.as_str())]].concat();
        for (more, refusal) in [(("saw", "twice"), ResendProblem::Changed), (("saw", ""), ResendProblem::Changed)] {
            let answer = stage.owner.call(SendOneAgain::PATH, Method::POST, &[&one[..], &[more]].concat()).await;
            assert_eq!(answer.refusal(), AppError::Resend(refusal));
        }
        let nobody = Uuid::now_v7().to_string();
        for path in [SendOneAgain::PATH, CancelResend::PATH] {
            let answer = stage.owner.call(path, Method::POST, &[&OURS[..], &[("id", nobody.as_str()), ("saw", "again")]].concat()).await;
            assert_eq!(answer.refusal(), AppError::NotFound, "{path}");
        }
        assert_eq!(stage.kept().await, before);
        assert_eq!(count(&stage, "select count(*) from resends").await, 0);
    }

    async fn one_goes_out_again_from_its_own_page_and_from_the_players(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        refused(&stage, 1).await;
        let id = stage.newest_attempt("tiktok").await;
        let (page, ask) = (format!("{TIKTOK}/attempts/{id}"), format!("{TIKTOK}/attempts/{id}/resend"));
        assert!(stage.owner.get(&page).await.body.contains(&format!("href=\"{ask}\"")));
        let (player,): (Uuid,) = on!(stage.db(), pool => sqlx::query_as("select player_id from conversions").fetch_one(pool).await).unwrap();
        assert!(stage.owner.get(&format!("{GAME}/players/{player}")).await.body.contains(&format!("href=\"{ask}\"")));
        let question = stage.owner.get(&ask).await;
        assert!(question.text().contains("Send it again?") && question.text().contains("cannot count it twice"), "{}", question.text());
        let text = id.to_string();
        let saw = field(&question, "saw");
        let fields = [&OURS[..], &[("id", text.as_str()), ("saw", saw.as_str())]].concat();
        let answer = stage.owner.submit::<SendOneAgain>(&fields).await;
        assert_eq!(answer.location(), format!("{page}?resent=yes"));
        let text = stage.owner.follow(&answer).await.text();
        assert!(text.contains("Sent again.") && text.contains("Sent again by hand"), "{text}");
        let twice = stage.owner.submit::<SendOneAgain>(&fields).await;
        assert!(twice.location().contains("__err="), "{twice:?}");
        assert_eq!(count(&stage, "select count(*) from queue").await, 1);
        stage.deliver().await;
        assert_eq!(count(&stage, "select count(*) from attempts").await, 2);
        assert_eq!(count(&stage, "select count(*) from postbacks where state = 'accepted'").await, 1);
        assert_eq!(count(&stage, "select count(*) from conversions").await, 1, "credited to nothing else");
        let lines = audit::newest(stage.db(), Some(stage.game_id().await), 1).await.unwrap();
        assert_eq!((lines[0].action.as_str(), lines[0].subject.as_str()), ("postback.resent", "tiktok"));
        assert!(lines[0].detail.starts_with("purchase for First Purchase, postback ") && lines[0].detail.ends_with(": again"), "{}", lines[0].detail);
    }

    async fn two_who_press_at_once_send_one_once(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        refused(&stage, 1).await;
        let id = stage.newest_attempt("tiktok").await.to_string();
        let fields = of_one(&id, "again", "");
        let mut other = stage.app.owner().await;
        let (one, two) = tokio::join!(stage.owner.submit::<SendOneAgain>(&fields), other.submit::<SendOneAgain>(&fields));
        assert_ne!(one.location().contains("__err="), two.location().contains("__err="), "{one:?} {two:?}");
        assert_eq!(count(&stage, "select count(*) from queue").await, 1);
        assert_eq!(count(&stage, "select count(*) from audit_log where action = 'postback.resent'").await, 1);
    }

    async fn what_the_network_has_is_ignored_or_counts_twice_which_somebody_types(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        stage.purchase("ttclid").await;
        stage.deliver().await;
        let id = stage.newest_attempt("tiktok").await.to_string();
        let ask = format!("{TIKTOK}/attempts/{id}/resend");
        let text = stage.owner.get(&ask).await.text();
        assert!(text.contains("TikTok will ignore it.") && !text.contains("count twice"), "{text}");
        let answer = stage.owner.submit::<SendOneAgain>(&of_one(&id, "ignored", "")).await;
        assert!(answer.location().ends_with("?resent=yes"), "{answer:?}");
        stage.deliver().await;
        assert_eq!(count(&stage, "select count(*) from postbacks where state = 'accepted' and attempts = 2").await, 1);

        let long_ago = 3 * DAY;
        let mut tx = stage.db().begin().await.unwrap();
        within!(&mut tx, c => sqlx::query("update attempts set time = time - $1").bind(long_ago).execute(c).await.map(drop)).unwrap();
        tx.commit().await.unwrap();
        let text = stage.owner.get(&ask).await.text();
        assert!(text.contains("TikTok will count it twice.") && text.contains("Type “count twice” to send it"), "{text}");
        let page = format!("{}{ask}", stage.app.origin);
        for typed in ["", "twice", "count  twice"] {
            let answer = stage.owner.submit_from::<SendOneAgain>(&page, &of_one(&id, "twice", typed)).await;
            let text = stage.owner.follow(&answer).await.text();
            assert!(text.contains("To send it again, type the two words"), "{typed}: {text}");
        }
        let answer = stage.owner.submit_from::<SendOneAgain>(&page, &of_one(&id, "ignored", "")).await;
        assert!(stage.owner.follow(&answer).await.text().contains("It stands differently by now."), "what was read is no longer so");
        assert_eq!(count(&stage, "select count(*) from queue").await, 0);
        let answer = stage.owner.submit::<SendOneAgain>(&of_one(&id, "twice", " Count Twice ")).await;
        assert!(answer.location().ends_with("?resent=yes"), "{answer:?}");
        stage.deliver().await;
        assert_eq!(count(&stage, "select count(*) from postbacks where state = 'accepted' and attempts = 3").await, 1);
    }

    async fn each_reason_why_one_cannot_go_out_again_is_said(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        refused(&stage, 1).await;
        let ask = format!("{TIKTOK}/attempts/{}/resend", stage.newest_attempt("tiktok").await);
        for (text, says) in [
            ("update postbacks set expires_at = 5", "TikTok takes events up to 28 days old"),
            ("update postbacks set expires_at = 9000000000000, state = 'cancelled'", "what was cancelled is not brought back"),
            ("update postbacks set state = 'failed', created_at = 5", "It was for another account or pixel"),
            ("update players set consent = 'none'", "Its player withdrew consent"),
            ("update postbacks set test = (1 = 1)", "It is a test event."),
            ("update postbacks set erased = (1 = 1)", "Its player was erased"),
        ] {
            run(&stage, text).await;
            let page = stage.owner.get(&ask).await;
            assert!(page.text().contains(says) && !page.body.contains("name=\"saw\""), "{text}: {}", page.text());
        }
    }

    async fn where_nothing_is_connected_nothing_is_sent_again(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        refused(&stage, 1).await;
        let id = stage.newest_attempt("tiktok").await;
        let switch = [&OURS[..], &[("enabled", "false")]].concat();
        stage.owner.submit::<SwitchSending>(&switch).await;
        let text = stage.owner.get(FAILED).await.text();
        assert!(text.contains("Send 1 postback again?") && text.contains("TikTok is switched off, so it stays in the queue"), "{text}");
        stage.owner.submit::<Disconnect>(&OURS).await;
        assert!(!stage.owner.get(TIKTOK).await.body.contains("name=\"row\""));
        assert!(!stage.owner.get(&format!("{TIKTOK}/attempts/{id}")).await.body.contains("/resend\""));
        assert!(stage.owner.get(FAILED).await.text().contains("Nothing is connected"));
        assert!(stage.owner.get(&format!("{TIKTOK}/attempts/{id}/resend")).await.text().contains("Nothing is connected"));
        let until = now().to_string();
        let fields = [&OURS[..], &[("until", until.as_str())]].concat();
        let answer = stage.owner.call(StartResend::PATH, Method::POST, &fields).await;
        assert_eq!(answer.refusal(), AppError::Resend(ResendProblem::NotConnected));
    }

    async fn members_watch_and_change_nothing_and_strangers_see_nothing(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        refused(&stage, 2).await;
        let id = stage.newest_attempt("tiktok").await;
        let one = format!("{TIKTOK}/attempts/{id}/resend");
        let job = confirm(&mut stage, FAILED).await;
        let before = stage.kept().await;
        for path in [TIKTOK.to_owned(), format!("{TIKTOK}/attempts/{id}")] {
            let page = stage.member.get(&path).await;
            assert!(!page.body.contains("/resend\"") && !page.body.contains("/resend?") && !page.body.contains("name=\"row\""), "{}", page.text());
        }
        let watched = stage.member.get(&job).await;
        assert!(watched.status == 200 && watched.text().contains("are back in the queue") && !watched.text().contains("Cancel"), "{}", watched.text());
        for path in [FAILED, one.as_str()] {
            assert_eq!(stage.member.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
        }
        for path in [FAILED, one.as_str(), job.as_str()] {
            assert_eq!(stage.stranger.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
        let (attempt, run) = (id.to_string(), job.rsplit('/').next().unwrap().to_owned());
        let until = now().to_string();
        for (path, fields) in [
            (StartResend::PATH, [&OURS[..], &[("until", until.as_str())]].concat()),
            (CancelResend::PATH, [&OURS[..], &[("id", run.as_str())]].concat()),
            (SendOneAgain::PATH, [&OURS[..], &[("id", attempt.as_str()), ("saw", "again")]].concat()),
        ] {
            assert_eq!(stage.member.call(path, Method::POST, &fields).await.refusal(), AppError::NotAllowed, "{path}");
            assert_eq!(stage.stranger.call(path, Method::POST, &fields).await.refusal(), AppError::NotFound, "{path}");
        }
        for (path, id) in [(ReadResendQuestion::PATH, ""), (ReadResend::PATH, run.as_str()), (ReadResendOne::PATH, attempt.as_str())] {
            let fields = [&OURS[..], &[("id", id)]].concat();
            assert_eq!(stage.stranger.call(path, Method::GET, &fields).await.refusal(), AppError::NotFound, "{path}");
            // Nor by way of a game of their own, or of another network.
            for (game, network) in [("tidebound", "tiktok"), ("emberfall", "reddit")] {
                let fields = [("game", game), ("network", network), ("id", id)];
                let who = if game == "tidebound" { &mut stage.stranger } else { &mut stage.owner };
                let answer = who.call(path, Method::GET, &fields).await;
                assert!(id.is_empty() || answer.refusal() == AppError::NotFound, "{path}: {answer:?}");
            }
        }
        let elsewhere = [("game", "tidebound"), ("network", "tiktok"), ("id", run.as_str())];
        assert_eq!(stage.stranger.call(CancelResend::PATH, Method::POST, &elsewhere).await.refusal(), AppError::NotFound);
        assert_eq!(stage.kept().await, before);
        for path in [format!("{REDDIT}/resends/{run}"), format!("{SETTINGS}/integrations/myspace/resend"), format!("{TIKTOK}/resends/nonsense"), format!("{TIKTOK}/attempts/nonsense/resend")] {
            assert_eq!(stage.owner.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
    }

    async fn a_player_who_says_no_while_it_runs_is_left_out(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        let player = Uuid::new_v4().to_string();
        stage.simulate("faults", json!({ "network": "tiktok", "code": 40002, "times": 1 })).await;
        stage.send(&[landing(&player, "ttclid"), bought(&player)]).await;
        stage.deliver().await;
        refused(&stage, 1).await;
        let job = confirm(&mut stage, FAILED).await;
        let key = stage.publishable_key().await;
        let said = stage.owner.bare(Method::PUT, "/v1/audience/tracking-consent").header("x-immutable-publishable-key", key);
        let said = stage.owner.send(said.json(&json!({ "anonymousId": player, "status": "none", "source": "test" }))).await;
        assert_eq!(said.status, StatusCode::NO_CONTENT);
        work_off(&stage).await;
        stage.deliver().await;
        let text = stage.owner.get(&job).await.text();
        assert!(text.contains(": 1 postback was sent again.") && text.contains("The player withdrew consent 1"), "{text}");
        assert_eq!(count(&stage, "select count(*) from postbacks where state = 'failed'").await, 1);
    }
}
