//! Connecting Reddit by a pasted token: what it is held against, and what is said when it does not fit.

use super::stage::{REDDIT, Stage};
use crate::server::simulator::world;
use crate::tests::engines::both_engines;
use serde_json::json;

const TARGET: &str = "This id is not one of the network's: check it for missing or extra characters.";
const TOKEN: &str = "Paste the whole token, without spaces around or inside it.";
const TEST_ID: &str = "This test code is not one of the network's: check it for missing or extra characters.";
const REFUSED: &str = "The network refuses this. Nothing was changed.";
const NO_ACCESS: &str = "The token is good, but it may not use this account or pixel. Nothing was changed.";

both_engines! {
    async fn a_good_token_is_saved_and_never_shown_again(db: TestDb) {
        let mut stage = Stage::set(db).await;
        let answer = stage.paste(&format!(" {} ", world::REDDIT_PIXEL), &format!("\n{} ", world::REDDIT_TOKEN), "t2_abc").await;
        let page = stage.owner.follow(&answer).await;
        assert!(page.text().contains("Reddit Ads is connected") && page.text().contains("Token ••••••••0001"), "{}", page.text());
        for page in [page, stage.owner.get(REDDIT).await, stage.member.get(REDDIT).await] {
            assert!(!page.body.contains(world::REDDIT_TOKEN));
        }
        assert!(!stage.kept().await.contains(world::REDDIT_TOKEN), "it is sealed");
    }

    async fn what_does_not_fit_is_said_at_its_field_and_nothing_is_saved(db: TestDb) {
        let mut stage = Stage::set(db).await;
        let before = stage.kept().await;
        let (pixel, token) = (world::REDDIT_PIXEL, world::REDDIT_TOKEN);
        let long = "a".repeat(3_000);
        for (target, token, test_id, field, says) in [
            ("", token, "", "target", TARGET),
            ("a2_sample game", token, "", "target", TARGET),
            ("a2_<script>", token, "", "target", TARGET),
            ("../../a2_samplegame01", token, "", "target", TARGET),
            ("a2_samplegame01\0", token, "", "target", TARGET),
            (&long, token, "", "target", TARGET),
            (pixel, "", "", "token", TOKEN),
            (pixel, "short", "", "token", TOKEN),
            (pixel, "two words of a token", "", "token", TOKEN),
            (pixel, "with-a-null\0-inside-of-it", "", "token", TOKEN),
            (pixel, &long, "", "token", TOKEN),
            (pixel, token, "t2 abc", "test_code", TEST_ID),
            (pixel, token, "<b>", "test_code", TEST_ID),
            (pixel, token, &long, "test_code", TEST_ID),
        ] {
            let answer = stage.paste(target, token, test_id).await;
            let page = stage.owner.follow(&answer).await;
            assert!(page.text().contains(says), "{field}: {}", page.text());
            assert!(page.body.contains(&format!("{field}-error\"")), "{field} {says}");
        }
        assert_eq!(stage.kept().await, before);
    }

    async fn what_the_network_refuses_is_told_in_its_words_and_nothing_is_saved(db: TestDb) {
        let mut stage = Stage::set(db).await;
        let before = stage.kept().await;
        for (target, token, says) in [
            (world::REDDIT_PIXEL, "not-the-token-of-anybody", REFUSED),
            (world::REDDIT_FOREIGN_PIXEL, world::REDDIT_TOKEN, NO_ACCESS),
            ("a2_doesnotexist", world::REDDIT_TOKEN, NO_ACCESS),
            (world::REDDIT_PIXEL, world::REDDIT_READ_TOKEN, NO_ACCESS),
        ] {
            let answer = stage.paste(target, token, "").await;
            let page = stage.owner.follow(&answer).await;
            assert!(page.text().contains(&format!("{says} It says “")), "{target} {token}: {}", page.text());
            assert!(!answer.location().contains(token) && !page.body.contains(token), "the token is in no address and no page");
        }
        stage.simulate("faults", json!({ "network": "reddit", "status": 502, "times": 1 })).await;
        let answer = stage.paste(world::REDDIT_PIXEL, world::REDDIT_TOKEN, "").await;
        assert!(stage.owner.follow(&answer).await.text().contains("The network gave no usable answer. Try again in a moment; nothing was changed."));
        assert_eq!(stage.kept().await, before);
    }

    async fn a_refused_rotation_keeps_the_old_token(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        let before = stage.kept().await;
        let answer = stage.paste(world::REDDIT_PIXEL, "not-the-token-of-anybody", "").await;
        let text = stage.owner.follow(&answer).await.text();
        assert!(text.contains(REFUSED) && text.contains("••••••••0001"), "{text}");
        assert_eq!(stage.kept().await, before);
        let answer = stage.paste(world::REDDIT_PIXEL, world::REDDIT_SPARE_TOKEN, "").await;
        assert!(stage.owner.follow(&answer).await.text().contains("••••••••0002"));
    }

    async fn what_was_typed_beside_a_refused_token_is_still_there(db: TestDb) {
        let mut stage = Stage::set(db).await;
        let answer = stage.paste(world::REDDIT_SHOP_PIXEL, "not-the-token-of-anybody", "t2_abc").await;
        let page = stage.owner.follow(&answer).await;
        assert!(page.body.contains(&format!("value=\"{}\"", world::REDDIT_SHOP_PIXEL)), "{}", page.body);
        assert!(page.body.contains("value=\"t2_abc\""), "{}", page.body);
        assert!(!stage.owner.get(REDDIT).await.body.contains(world::REDDIT_SHOP_PIXEL), "once");
    }
}
