//! The first owner, signing in and out, passwords.

use super::app::{EMAIL, PASSWORD, TestApp};
use super::engines::both_engines;
use crate::server::db::audit;
use crate::server::{now, people};
use crate::web::account::api::ChangePassword;
use crate::web::setup::api::SetUp;
use crate::web::sign_in::api::{SignIn, SignOut};
use reqwest::StatusCode;

both_engines! {
    async fn the_first_visit_makes_the_owner_for_whoever_has_the_code(db: TestDb) {
        let app = TestApp::fresh(db).await;
        let code = app.setup_code.clone().expect("a code while nobody can sign in");
        let mut visitor = app.visitor();
        assert_eq!(visitor.get("/sign-in").await.location(), "/setup");
        let form = [("email", " Mara@Ashgrove.example "), ("password", PASSWORD)];
        let setup = format!("{}/setup", app.origin);

        let wrong = visitor.submit_from::<SetUp>(&setup, &[&[("code", "nope")], &form[..]].concat()).await;
        assert!(visitor.follow(&wrong).await.body.contains("This is not the code that the server printed."));
        let short = visitor.submit_from::<SetUp>(&setup, &[("code", &code), ("email", EMAIL), ("password", "short")]).await;
        assert!(visitor.follow(&short).await.body.contains("A password has at least 12 characters."));
        assert!(visitor.cookies.is_empty(), "nobody is signed in by a refusal");

        let right = visitor.submit_from::<SetUp>(&setup, &[&[("code", code.as_str())], &form[..]].concat()).await;
        assert_eq!(right.location(), "/games");
        assert_eq!(visitor.get("/games").await.status, StatusCode::OK);
        assert_eq!(audit::newest(&app.state.db, None, 9).await.unwrap()[0].action, "owner.created");

        let again = app.visitor().submit_from::<SetUp>(&setup, &[&[("code", code.as_str())], &form[..]].concat()).await;
        assert_eq!(again.location().split("__err=").count(), 2, "the code works once");
        assert_eq!(app.visitor().get("/setup").await.location(), "/sign-in");
    }

    async fn the_cookie_is_out_of_reach_and_new_at_each_sign_in(db: TestDb) {
        let app = TestApp::owned(db).await;
        let mut visitor = app.visitor();
        let fields = [("email", EMAIL), ("password", PASSWORD), ("next", "/games/emberfall?range=7d")];
        let answer = visitor.submit::<SignIn>(&fields).await;
        assert_eq!(answer.location(), "/games/emberfall?range=7d");
        let cookie = answer.header("set-cookie").to_owned();
        let port = app.state.config.listen.port();
        assert!(cookie.starts_with(&format!("postbacks-serve-{port}=")), "{cookie}");
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Max-Age=1209600"), "{cookie}");
        assert!(!cookie.contains("Secure"), "{cookie}");
        let first = visitor.cookies.clone();

        visitor.submit::<SignIn>(&fields).await;
        assert_ne!(first, visitor.cookies, "signing in renews the id");
        let mut planted = app.visitor();
        planted.cookies = first;
        assert_eq!(planted.get("/games").await.location(), "/sign-in?next=%2Fgames", "the former id is worth nothing");

        assert_eq!(visitor.submit::<SignOut>(&[]).await.location(), "/sign-in");
        assert!(visitor.cookies.is_empty());
        assert_eq!(visitor.get("/games").await.location(), "/sign-in?next=%2Fgames");
    }

    async fn a_way_back_that_leaves_the_site_is_not_followed(db: TestDb) {
        let app = TestApp::owned(db).await;
        for next in ["//evil.example", "https://evil.example", "/\\evil.example", "games", "/a\r\nset-cookie: x=1"] {
            let answer = app.visitor().submit::<SignIn>(&[("email", EMAIL), ("password", PASSWORD), ("next", next)]).await;
            assert_eq!(answer.location(), "/games", "{next}");
        }
    }

    async fn wrong_tries_are_told_alike_and_end_in_a_wait(db: TestDb) {
        let app = TestApp::owned(db).await;
        let mut visitor = app.visitor();
        let sign_in = format!("{}/sign-in", app.origin);
        for email in [EMAIL, "nobody@ashgrove.example"] {
            let fields = [("email", email), ("password", "wrong horse battery"), ("next", "")];
            let first = visitor.submit_from::<SignIn>(&sign_in, &fields).await;
            let page = visitor.follow(&first).await.body;
            assert!(page.contains("Email and password do not match. 4 tries left before a 15-minute wait."), "{email}");
            for _ in 0..4 {
                visitor.submit_from::<SignIn>(&sign_in, &fields).await;
            }
            let sixth = visitor.submit_from::<SignIn>(&sign_in, &fields).await;
            assert!(visitor.follow(&sixth).await.body.contains("Too many wrong tries. Wait 15 min and try again."), "{email}");
        }
        let right = visitor.submit_from::<SignIn>(&sign_in, &[("email", EMAIL), ("password", PASSWORD), ("next", "")]).await;
        assert!(visitor.follow(&right).await.body.contains("Too many wrong tries."), "the right password waits too");
    }

    async fn a_new_password_signs_out_everywhere_else(db: TestDb) {
        let app = TestApp::owned(db).await;
        let (mut here, mut there) = (app.owner().await, app.owner().await);
        let account = format!("{}/account", app.origin);
        let wrong = here.submit_from::<ChangePassword>(&account, &[("old", "no"), ("new", "another horse battery")]).await;
        assert!(here.follow(&wrong).await.body.contains("This is not your password."));
        let right = here.submit_from::<ChangePassword>(&account, &[("old", PASSWORD), ("new", "another horse battery")]).await;
        assert!(here.follow(&right).await.body.contains("The password is changed."));
        assert_eq!(there.get("/games").await.location(), "/sign-in?next=%2Fgames");
        let answer = app.visitor().submit::<SignIn>(&[("email", EMAIL), ("password", "another horse battery"), ("next", "")]).await;
        assert_eq!(answer.location(), "/games");
    }

    async fn a_lost_password_is_reset_from_the_command_line(db: TestDb) {
        let app = TestApp::owned(db).await;
        let mut lost = app.owner().await;
        assert_eq!(people::reset_password(&app.state.db, "nobody@ashgrove.example", now()).await.unwrap(), None);
        let password = people::reset_password(&app.state.db, EMAIL, now()).await.unwrap().expect("somebody has the address");
        assert_eq!(lost.get("/games").await.location(), "/sign-in?next=%2Fgames", "signed out everywhere");
        let mut found = app.visitor();
        assert_eq!(found.submit::<SignIn>(&[("email", EMAIL), ("password", &password), ("next", "")]).await.location(), "/games");
        let line = &audit::newest(&app.state.db, None, 1).await.unwrap()[0];
        assert_eq!((line.who.as_str(), line.action.as_str(), line.subject.as_str()), ("command line", "password.reset", EMAIL));
    }

    async fn the_first_owner_may_come_from_the_settings(db: TestDb) {
        let app = TestApp::with(db, &[("POSTBACKS_ADMIN_EMAIL", EMAIL), ("POSTBACKS_ADMIN_PASSWORD", PASSWORD)]).await;
        assert_eq!(app.setup_code, None);
        app.owner().await;
        assert_eq!(people::make_owner(&app.state.db, "b@b.example", PASSWORD.to_owned().into(), now()).await.unwrap(), None, "there is one first owner");
    }

    async fn a_wrong_password_keeps_the_email_that_was_typed(db: TestDb) {
        let app = TestApp::owned(db).await;
        let mut visitor = app.visitor();
        let page = format!("{}/sign-in?next=%2Fgames", app.origin);
        assert!(!visitor.get("/sign-in").await.body.contains(EMAIL));
        let wrong = visitor.submit_from::<SignIn>(&page, &[("email", EMAIL), ("password", "nope"), ("next", "/games")]).await;
        assert!(!wrong.location().contains("mara"), "an address is no place for it: {wrong:?}");
        let form = visitor.follow(&wrong).await;
        assert!(form.body.contains(&format!("value=\"{EMAIL}\"")) && form.text().contains("do not match"), "{}", form.body);
        assert!(!visitor.get("/sign-in").await.body.contains(EMAIL), "only the form that was refused says it again");
        let odd = "<b>&\"@x";
        let wrong = visitor.submit_from::<SignIn>(&page, &[("email", odd), ("password", "nope"), ("next", "")]).await;
        let form = visitor.follow(&wrong).await;
        assert!(form.body.contains("value=\"&lt;b&gt;&amp;&quot;@x\""), "{}", form.body);
    }
}
