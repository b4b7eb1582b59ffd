//! `/games`: making one, and what its form refuses.

use super::app::{Answer, TestApp, Visitor};
use super::engines::both_engines;
use super::people;
use crate::server::db::games;
use crate::web::games::api::CreateGame;
use leptos::server_fn::ServerFn;
use reqwest::{Method, StatusCode};

async fn make(visitor: &mut Visitor, name: &str, slug: &str) -> Answer {
    let answer = visitor.submit::<CreateGame>(&[("name", name), ("slug", slug)]).await;
    visitor.follow(&answer).await
}

both_engines! {
    async fn a_game_is_made_with_its_keys_and_an_address_of_its_name(db: TestDb) {
        let app = TestApp::owned(db).await;
        let mut owner = app.owner().await;
        assert!(owner.get("/games").await.text().contains("No game yet"));
        let page = make(&mut owner, " Emberfall: The Last Fire ", "").await;
        assert!(page.text().contains("Emberfall: The Last Fire") && page.text().contains("No network is connected yet."), "{}", page.text());
        let keys = owner.get("/games/emberfall-the-last-fire/settings/api-keys").await.body;
        assert!(keys.contains(">pk_"), "{keys}");
        make(&mut owner, "Emberfall: the last fire", "").await;
        assert!(games::by_slug(&app.state.db, "emberfall-the-last-fire-2").await.unwrap().is_some(), "the same name gets another address");
    }

    async fn what_cannot_be_a_game_is_said_at_its_field(db: TestDb) {
        let app = TestApp::owned(db).await;
        let mut owner = app.owner_with_game().await;
        let long = "x".repeat(81);
        for (name, slug, field, says) in [
            ("", "", "name", "Give the game a name."),
            (" \t", "", "name", "Give the game a name."),
            (long.as_str(), "", "name", "A game's name has up to 80 characters, in one line."),
            ("two\nlines", "", "name", "A game's name has up to 80 characters, in one line."),
            ("nul\0", "", "name", "A game's name has up to 80 characters, in one line."),
            ("Tidebound", "Tide Bound", "slug", "An address has lower-case letters, digits and hyphens, at most 40, and is not “new”."),
            ("Tidebound", "new", "slug", "An address has lower-case letters"),
            ("Tidebound", "tide\0", "slug", "An address has lower-case letters"),
            ("Tidebound", "emberfall", "slug", "Another game has this address."),
        ] {
            let page = make(&mut owner, name, slug).await;
            assert!(page.text().contains(says), "{name} {slug}: {}", page.text());
            assert!(page.body.contains(&format!("id=\"{field}-error\"")), "{says}");
        }
        assert_eq!(games::of_user(&app.state.db, None).await.unwrap().len(), 1);
    }

    async fn only_the_operator_makes_games_and_is_told_nothing_else(db: TestDb) {
        let app = TestApp::owned(db).await;
        let mut somebody = people::somebody(&app, "sam@tide.example").await;
        let page = somebody.get("/games").await;
        assert!(page.text().contains("You belong to no game.") && !page.body.contains("name=\"slug\""), "{}", page.text());
        let refused = somebody.call(CreateGame::PATH, Method::POST, &[("name", "Mine"), ("slug", "mine")]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        assert!(make(&mut somebody, "Mine", "mine").await.text().contains("Your role does not allow this."));
        assert_eq!(games::of_user(&app.state.db, None).await.unwrap(), []);
    }
}
