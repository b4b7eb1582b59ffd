//! Delivery logs: the filters of the address, stable pages, an attempt, and what was not sent.

use super::stage::{REDDIT, Stage, TIKTOK, purchase};
use crate::tests::engines::both_engines;
use serde_json::{Value, json};

const UNKNOWN: &str = "The address asked for a filter that does not exist. This is the 24 hours view instead.";

/// Where a page's link with this text leads.
fn link(body: &str, rel: &str) -> Option<String> {
    let tag = body.split("<a ").find(|tag| tag.contains(&format!("rel=\"{rel}\"")))?;
    let href = tag.split('>').next()?.split("href=\"").nth(1)?.split('"').next()?;
    Some(href.replace("&amp;", "&"))
}

/// The attempts that a page lists, in its order.
fn listed(body: &str) -> Vec<String> {
    body.split("/attempts/").skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
}

both_engines! {
    async fn a_filter_or_cursor_that_is_none_is_said_and_the_default_is_shown(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        stage.purchase("ttclid").await;
        stage.deliver().await;
        for query in [
            "range=2h", "range=30d%00", "status=lost", "range=%3Cscript%3E", "older=yesterday", "newer=17", "older=17-17", "older=-1-0190c9a0",
            "older=99999999999999999999-0190c9a00000700080000000000000ff", "status=%FF",
        ] {
            let answer = stage.member.get(&format!("{TIKTOK}?{query}")).await;
            assert_eq!(answer.status, 200, "{query}");
            assert!(answer.text().contains(UNKNOWN) && answer.text().contains("Success"), "{query}: {}", answer.text());
            assert!(!answer.body.contains("<script>"), "{query}");
        }
        for query in ["range=2h", "older=yesterday", "newer=17"] {
            let answer = stage.member.get(&format!("{TIKTOK}/not-sent?{query}")).await;
            assert!(answer.text().contains(UNKNOWN), "{query}: {}", answer.text());
        }
        for query in ["", "range=7d&status=success", "status=all"] {
            assert!(!stage.member.get(&format!("{TIKTOK}?{query}")).await.text().contains("does not exist"), "{query}");
        }
        assert!(stage.member.get(&format!("{TIKTOK}?status=failed")).await.text().contains("No attempt of this status in this time."));
    }

    async fn older_and_newer_walk_the_log_without_a_gap_while_it_grows(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        let players: Vec<Value> = (0..120).flat_map(|_| purchase("ttclid")).collect();
        stage.send(&players).await;
        stage.deliver().await;
        let first = stage.owner.get(TIKTOK).await;
        assert!(first.text().contains("50 of 120, newest first"), "{}", first.text());
        assert_eq!(link(&first.body, "prev"), None);
        let older = link(&first.body, "next").expect("there are older ones");
        stage.purchase("ttclid").await;
        stage.deliver().await;
        let second = stage.owner.get(&older).await;
        let third = stage.owner.get(&link(&second.body, "next").unwrap()).await;
        assert_eq!(link(&third.body, "next"), None);
        let mut all: Vec<String> = [&first, &second, &third].into_iter().flat_map(|page| listed(&page.body)).collect();
        assert_eq!(all.len(), 120);
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 120, "none twice");
        let back = stage.owner.get(&link(&second.body, "prev").unwrap()).await;
        assert_eq!(listed(&back.body), listed(&first.body), "the way back leads to the same page");
        assert!(link(&back.body, "prev").is_some(), "and there is something newer by now");
    }

    async fn an_attempt_tells_what_was_sent_what_came_back_and_what_comes_next(db: TestDb) {
        let mut stage = Stage::connected(db).await;
        stage.simulate("faults", json!({ "network": "tiktok", "status": 429, "retry_after": 90, "times": 1 })).await;
        stage.purchase("ttclid").await;
        stage.deliver().await;
        let id = stage.newest_attempt("tiktok").await;
        let page = stage.owner.get(&format!("{TIKTOK}/attempts/{id}")).await;
        for part in [
            "purchase, attempt 1", "TikTok could not take the postback just then", "HTTP 429", "First Purchase", "12.99 USD", "Next try",
            "Last chance", "You need not do anything.", "access-token: ••••••••", "POST", "\"event\": \"Purchase\"",
        ] {
            assert!(page.text().contains(part), "{part}: {}", page.text());
        }
        assert_eq!(page.text().matches("tries again").count(), 1, "it is said once: {}", page.text());
        assert_eq!(stage.owner.get(&format!("{REDDIT}/attempts/{id}")).await.status, 404, "it is none of Reddit's");
    }

    async fn an_empty_log_says_which_condition_does_not_hold(db: TestDb) {
        let mut stage = Stage::set(db).await;
        assert!(stage.member.get(REDDIT).await.text().contains("Reddit Ads is not connected."));
        stage.connect_reddit().await;
        assert!(stage.member.get(REDDIT).await.text().contains("No goal is active, so nothing counts as a conversion."));
        stage.goal("First Purchase", "purchase").await;
        assert!(stage.member.get(REDDIT).await.text().contains("The game has sent nothing in this time."));
        stage.purchase("ttclid").await;
        stage.purchase("").await;
        let text = stage.member.get(REDDIT).await.text();
        assert!(text.contains("The pixel has seen no click id of Reddit in this time."), "{text}");
        assert!(text.contains("The pixel ran 2 times and kept 0 click ids of Reddit and 1 of other networks."), "{text}");
    }
}
