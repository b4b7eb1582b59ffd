//! The ledger over HTTP: paging, filters, waiting, and what it forgets.

use super::{Sim, reddit_call, reddit_event, tiktok_call, tiktok_event};
use crate::server::simulator::world::TIKTOK_PIXEL;
use crate::server::simulator::{CannotListen, Limits, bind};
use serde_json::json;

#[tokio::test]
async fn pages_follow_one_another_without_gap_or_repetition() {
    let sim = Sim::start().await;
    for call in 0..5 {
        sim.tiktok_says(&tiktok_call((0..3).map(|at| tiktok_event(&format!("{call}-{at}"))).collect())).await;
        sim.reddit_says(&reddit_call(vec![reddit_event(&format!("r{call}"))])).await;
    }
    let (mut after, mut ids, mut pages) = (0, Vec::new(), 0);
    loop {
        let page = sim.json(&format!("/simulator/ledger?network=tiktok&after={after}&limit=4")).await;
        ids.extend(page["events"].as_array().unwrap().iter().map(|line| line["dedup_id"].as_str().unwrap().to_owned()));
        (after, pages) = (page["next"].as_u64().unwrap(), pages + 1);
        if page["more"] == false {
            break;
        }
    }
    assert_eq!((pages, ids.len(), ids[0].as_str(), ids[14].as_str()), (4, 15, "0-0", "4-2"));
    assert_eq!(after, 20);
    let empty = sim.json(&format!("/simulator/ledger?after={after}")).await;
    assert_eq!((&empty["events"], &empty["next"], &empty["last"]), (&json!([]), &json!(20), &json!(20)));
}

#[tokio::test]
async fn filters_join() {
    let sim = Sim::start().await;
    sim.tiktok_says(&tiktok_call(vec![tiktok_event("a"), tiktok_event("a"), tiktok_event("b")])).await;
    let count = async |query: &str| sim.ledger(query).await.len();
    assert_eq!(count("dedup_id=a&outcome=duplicate").await, 1);
    assert_eq!(count("event=Purchase&test=false").await, 3);
    assert_eq!(count(&format!("target={TIKTOK_PIXEL}")).await, 3);
    assert_eq!(count("network=reddit").await, 0);
    for wrong in ["network=myspace", "limit=0", "limit=1001", "outcome=maybe", "colour=red", "after=-1"] {
        let answer = sim.client.get(sim.url(&format!("/simulator/ledger?{wrong}"))).send().await.unwrap();
        assert_eq!(answer.status(), 400, "{wrong}");
    }
}

#[tokio::test]
async fn counts_and_calls_tell_the_whole() {
    let sim = Sim::start().await;
    sim.tiktok_says(&tiktok_call(vec![tiktok_event("a"), tiktok_event("a")])).await;
    sim.tiktok_says(&json!("nonsense")).await;
    let counts = sim.json("/simulator/counts").await;
    let tiktok = json!({"calls": 2, "accepted": 1, "duplicate": 1, "refused": 0, "lost": 0, "test": 0});
    assert_eq!(counts["networks"]["tiktok"], tiktok);
    assert_eq!(counts["networks"]["reddit"]["calls"], 0);
    let calls = sim.json("/simulator/calls?network=tiktok").await;
    assert_eq!((&calls["next"], &calls["more"]), (&json!(2), &json!(false)));
    assert_eq!(calls["calls"][0]["events"], 2);
    assert_eq!(calls["calls"][0]["user_agent"], super::USER_AGENT);
    assert_eq!(calls["calls"][0]["body"]["event_source_id"], TIKTOK_PIXEL);
    assert_eq!((&calls["calls"][1]["body"], &calls["calls"][1]["answer"]["code"]), (&json!("nonsense"), &json!(40002)));
    assert_eq!(sim.json("/simulator/calls?after=1&limit=1").await["calls"][0]["n"], 2);
}

#[tokio::test]
async fn waiting_ends_with_the_event_that_fits() {
    let sim = Sim::start().await;
    let url = sim.url("/simulator/ledger?network=reddit&wait_ms=30000");
    let client = sim.client.clone();
    let waiting = tokio::spawn(async move { client.get(url).send().await.unwrap().json::<serde_json::Value>().await.unwrap() });
    sim.tiktok_says(&tiktok_call(vec![tiktok_event("a")])).await;
    assert!(!waiting.is_finished());
    sim.reddit_says(&reddit_call(vec![reddit_event("b")])).await;
    assert_eq!(waiting.await.unwrap()["events"][0]["dedup_id"], "b");
    assert_eq!(sim.ledger("network=reddit&dedup_id=c&wait_ms=1").await.len(), 0);
}

#[tokio::test]
async fn the_oldest_goes_first_and_is_counted() {
    let sim = Sim::with(Limits { events: 3, ids: 2, ..Limits::default() }).await;
    for id in ["a", "b", "c", "d", "a"] {
        sim.reddit_says(&reddit_call(vec![reddit_event(id)])).await;
    }
    let page = sim.json("/simulator/ledger").await;
    let ids: Vec<_> = page["events"].as_array().unwrap().iter().map(|line| line["dedup_id"].clone()).collect();
    assert_eq!(ids, ["c", "d", "a"]);
    assert_eq!(page["dropped"], json!({"events": 2, "calls": 2, "bodies": 2}));
    assert_eq!(page["events"][2]["outcome"], "accepted", "the id was forgotten with the others");
    assert_eq!(sim.json("/simulator/counts").await["networks"]["reddit"]["accepted"], 5);
}

#[tokio::test]
async fn bodies_go_before_the_lines_do() {
    let call = reddit_call(vec![reddit_event("a")]);
    let sim = Sim::with(Limits { body_bytes: call.to_string().len() + 10, ..Limits::default() }).await;
    sim.reddit_says(&call).await;
    sim.reddit_says(&reddit_call(vec![reddit_event("b")])).await;
    let page = sim.json("/simulator/ledger").await;
    assert_eq!((&page["events"][0]["dedup_id"], &page["events"][0]["body"]), (&json!("a"), &json!(null)));
    assert_eq!(page["events"][1]["body"]["metadata"]["conversion_id"], "b");
    assert_eq!(page["dropped"], json!({"events": 0, "calls": 0, "bodies": 1}));
}

#[tokio::test]
async fn a_body_over_the_limit_is_not_read() {
    let sim = Sim::start().await;
    let answer = sim.reddit(&json!({"data": "x".repeat(4 << 20)})).send().await.unwrap();
    assert_eq!(answer.status(), 413);
}

#[tokio::test]
async fn only_this_machine_is_listened_to() {
    let refused = bind("0.0.0.0:0".parse().unwrap()).await.unwrap_err();
    assert!(matches!(refused, CannotListen::NotLoopback(_)));
    let taken = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let again = bind(taken.local_addr().unwrap()).await.unwrap_err();
    assert!(again.to_string().starts_with("cannot listen on 127.0.0.1:"), "{again}");
}
