//! The page at `/` and its forms.

use super::{Sim, reddit_call, reddit_event, with};
use crate::server::simulator::world::*;
use serde_json::json;

async fn html(sim: &Sim) -> String {
    let answer = sim.client.get(sim.url("/")).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.headers().get("set-cookie").is_none());
    answer.text().await.unwrap()
}

#[tokio::test]
async fn it_shows_events_accounts_tokens_and_faults() {
    let sim = Sim::start().await;
    assert!(html(&sim).await.contains("Nothing has come in yet"));
    sim.reddit_says(&reddit_call(vec![with(reddit_event("<i>x</i>"), "/user/email", json!("<script>"))])).await;
    sim.fault(json!({"network": "tiktok", "code": 40100, "message": "<b>"})).await;
    let html = html(&sim).await;
    for text in [
        "&lt;i&gt;x&lt;/i&gt;",
        REDDIT_PIXEL,
        "Moonlight Games",
        "and 22 more",
        "Expire …0001",
        "40100",
        "Clear fault 1",
        "429 with Retry-After",
    ] {
        assert!(html.contains(text), "{text}");
    }
    assert!(!html.contains("<script") && !html.contains("<i>") && !html.contains("<b>"));
}

#[tokio::test]
async fn its_forms_set_and_clear_faults_and_turn_tokens() {
    let sim = Sim::start().await;
    let send = async |path: &str, fields: &[(&str, &str)]| {
        let answer = sim.client.post(sim.url(path)).form(fields).send().await.unwrap();
        (answer.status().as_u16(), answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned()))
    };
    let home = (303, Some("/".to_owned()));
    let fault = [("network", "reddit"), ("kind", "rate_limited"), ("on", "conversions"), ("times", "")];
    assert_eq!(send("/simulator/faults", &fault).await, home);
    assert_eq!(sim.reddit_says(&reddit_call(vec![reddit_event("a")])).await.0, 429);
    assert_eq!(send("/simulator/faults/clear", &[("id", "1")]).await, home);
    assert_eq!(send("/simulator/tokens/expire", &[("network", "reddit"), ("token", REDDIT_TOKEN)]).await, home);
    assert_eq!(sim.reddit_says(&reddit_call(vec![reddit_event("a")])).await.0, 401);
    assert!(html(&sim).await.contains("Restore …0001"));
    assert_eq!(send("/simulator/tokens/restore", &[("network", "reddit"), ("token", "")]).await, home);
    assert_eq!(sim.reddit_says(&reddit_call(vec![reddit_event("a")])).await.0, 200);
    assert_eq!(send("/simulator/faults", &[("kind", "earthquake")]).await.0, 400);
    for preset in crate::server::simulator::page::PRESETS {
        assert_eq!(send("/simulator/faults", &[("kind", preset.word), ("times", "3")]).await, home, "{}", preset.word);
    }
    assert_eq!(send("/simulator/faults/clear", &[]).await, home);
    assert_eq!(sim.json("/simulator/faults").await["faults"], json!([]));
}

#[tokio::test]
async fn another_sites_page_cannot_change_anything() {
    let sim = Sim::start().await;
    let answer = sim
        .client
        .post(sim.url("/simulator/faults"))
        .header("Sec-Fetch-Site", "cross-site")
        .json(&json!({"reset": true}))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 403);
    assert_eq!(sim.json("/simulator/faults").await["faults"], json!([]));
}

#[tokio::test]
async fn tokens_can_be_read_by_a_script() {
    let sim = Sim::start().await;
    let tokens = sim.json("/simulator/tokens").await["tokens"].clone();
    assert_eq!(tokens[0]["token"], TIKTOK_TOKEN);
    assert_eq!((&tokens[3]["may_send"], &tokens[3]["state"]), (&json!(false), &json!("valid")));
}
