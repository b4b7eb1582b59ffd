//! What a network may answer, whatever it is: to events, to questions, to connecting, and how long it asks to be left alone.

use super::*;
use crate::model::DAY;
use crate::server::dispatch::batch;
use crate::server::networks::contract::{Answer, Choice, Choices, Events, Outcome, Token};
use crate::server::networks::http::parse_retry_after;
use crate::tests::fuzz::Target;

/// Every answer that the vectors know, after a line with its status and the events of its call.
fn known() -> Vec<Vec<u8>> {
    let heard = all_ways().flat_map(|(_, vectors)| vectors.answers);
    let line = |heard: Heard| {
        let body = heard.body.as_str().map_or_else(|| heard.body.to_string(), str::to_owned);
        format!("{} {}\n{body}", heard.http, heard.sent).into_bytes()
    };
    let mut all: Vec<Vec<u8>> = heard.map(line).collect();
    let envelopes = [
        r#"{"code":0,"message":"OK","data":{"access_token":"a","advertiser_ids":["7012345678901234567"],"list":[{"advertiser_id":"7012345678901234567","advertiser_name":"Sample","pixel_code":"C0ABCDEF1234567890AB","pixel_name":"Web"}],"page_info":{"page":1,"total_page":3}}}"#,
        r#"{"access_token":"a","token_type":"bearer","expires_in":5183944,"data":[{"id":"act_1","name":"Sample","account_id":"1"}],"paging":{"cursors":{"after":"x"},"next":"https://graph.facebook.com/next"}}"#,
        r#"{"access_token":"a","expires_in":3599,"refresh_token":"r","scope":"https://www.googleapis.com/auth/adwords","id_token":"a.eyJzdWIiOiIxIn0.b","resourceNames":["customers/1234567890"],"results":[{"customerClient":{"id":"1234567890","descriptiveName":"Sample","manager":false},"conversionAction":{"id":"7","name":"Purchase","type":"UPLOAD_CLICKS","status":"ENABLED"}}]}"#,
        r#"{"requestStatusPerDestination":[{"requestStatus":"PARTIAL_SUCCESS","errorInfo":{"errorCounts":[{"reason":"PROCESSING_ERROR_REASON_INVALID_GCLID","recordCount":"1"}]}}]}"#,
    ];
    all.extend(envelopes.map(|body| format!("200 2\n{body}").into_bytes()));
    all
}

fn answer(bytes: &[u8]) -> (Answer, usize) {
    let text = String::from_utf8_lossy(bytes);
    let (line, body) = text.split_once('\n').unwrap_or(("200 1", &text));
    let mut words = line.split(' ');
    let status = words.next().and_then(|word| word.parse().ok()).unwrap_or(200);
    let sent = words.next().and_then(|word| word.parse().ok()).unwrap_or(1_usize).clamp(1, 60);
    (Answer { status, retry_after: None, body: body.to_owned() }, sent)
}

#[test]
fn verdicts() {
    Target { name: "verdicts", known: known(), check: check_verdicts }.run();
}

fn check_verdicts(bytes: &[u8]) {
    let (answer, sent) = answer(bytes);
    let good = (200..300).contains(&answer.status);
    for network in ways() {
        for verdict in [network.verdict(&answer, sent), network.verdict_of_test(&answer, sent)] {
            let takes = |outcome: &Outcome| matches!(outcome, Outcome::Accepted { .. } | Outcome::NotCredited { .. });
            match &verdict.events {
                Events::All(outcome) => assert!(good || !takes(outcome)),
                Events::Each(rulings) => assert!(rulings.len() == sent && (good || !rulings.iter().any(|ruling| takes(&ruling.outcome)))),
                Events::Bad(bad) => assert!(!bad.is_empty() && bad.iter().all(|(index, _)| *index < sent)),
                Events::Some => assert!(sent > 1),
            }
            let split = batch::split((0..sent).collect::<Vec<_>>(), verdict.events);
            let mut all: Vec<usize> = split.judged.iter().map(|(at, ..)| *at).chain(split.again.iter().flatten().copied()).collect();
            all.sort_unstable();
            assert_eq!(all, (0..sent).collect::<Vec<_>>(), "each is judged or goes again, once");
            assert!(split.again.iter().all(|group| group.len() < sent || !split.judged.is_empty()), "a call is never repeated as it was");
        }
        if let Some(refresh) = network.refresh() {
            refresh.stale(&answer);
            assert!(good || refresh.read_refresh(&answer, TIME).is_err());
        }
        if let Some(later) = network.later() {
            later.receipt(&answer);
            later.told(&answer, sent);
        }
    }
}

#[test]
fn envelopes() {
    Target { name: "envelopes", known: known(), check: check_envelopes }.run();
}

fn check_envelopes(bytes: &[u8]) {
    let (answer, _) = answer(bytes);
    let good = answer.success();
    for network in ALL {
        if let Some(oauth) = network.oauth() {
            assert!(good || oauth.read_exchange(&answer, TIME).is_err());
            for stage in 0..4 {
                let token = Token { secret: SecretString::from(TOKEN), expires_at: None, holder: None, stage };
                drop(oauth.read_next(&settings(), token, &answer, TIME));
            }
            for cursor in [None, Some("2"), Some("a:b"), Some("")] {
                let lists = [
                    (oauth.read_accounts(cursor, &answer), network.spec().account_id),
                    (oauth.read_targets(&Choice::new("7012", "Sample"), cursor, &answer), network.spec().target_id),
                ];
                for (list, shape) in lists {
                    let Ok(Choices { list, .. }) = list else { continue };
                    assert!(list.iter().all(|choice| shape.fits(&choice.id)));
                }
            }
        }
        if let Some((actions, field)) = network.actions().zip(network.spec().action) {
            assert!(
                actions.read_list(&answer).is_ok_and(|offered| offered.list.iter().all(|action| field.id.fits(&action.id)))
                    || actions.read_list(&answer).is_err()
            );
        }
        if let Some(pasted) = network.pasted() {
            drop(pasted.read_probe(&answer));
        }
    }
}

#[test]
fn waits() {
    let known = ["120", "0", "Mon, 23 Nov 2026 12:00:30 GMT", "Monday, 23-Nov-26 12:00:30 GMT", "Mon Nov 23 12:00:30 2026", "-5", "1.5"];
    Target { name: "retry-after", known: known.iter().map(|text| text.as_bytes().to_vec()).collect(), check: check_wait }.run();
}

fn check_wait(bytes: &[u8]) {
    for now in [0, TIME, i64::MAX, i64::MIN] {
        if let Some(wait) = parse_retry_after(&String::from_utf8_lossy(bytes), now) {
            assert!((0..=7 * DAY).contains(&wait));
        }
    }
}
