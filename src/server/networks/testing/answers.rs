//! What answers mean: every known one, and any bytes at all.

use super::*;
use crate::server::networks::contract::{Answer, Choice, Choices, Events, Outcome, Ruling, Token, Verdict};
use proptest::prelude::*;

/// A verdict in one line, as `vectors.json` writes it.
pub fn meaning(verdict: &Verdict) -> String {
    let ruling = |ruling: &Ruling| match &ruling.code {
        Some(code) => format!("{} ({code})", outcome(&ruling.outcome)),
        None => outcome(&ruling.outcome),
    };
    match &verdict.events {
        Events::All(all) => outcome(all),
        Events::Each(rulings) => format!("each: {}", rulings.iter().map(ruling).collect::<Vec<_>>().join("; ")),
        Events::Bad(bad) => format!("bad {:?}", bad.iter().map(|(index, _)| index).collect::<Vec<_>>()),
        Events::Some => "one of them".into(),
    }
}

fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Accepted { note: None } => "accepted".into(),
        Outcome::Accepted { note: Some(_) } => "accepted, with a note".into(),
        Outcome::NotCredited { .. } => "accepted, not credited".into(),
        Outcome::Throttled { wait: None } => "throttled".into(),
        Outcome::Throttled { wait: Some(wait) } => format!("throttled, wait {wait}"),
        Outcome::Transient { wait, unknown } => {
            let wait = wait.map(|wait| format!(", wait {wait}")).unwrap_or_default();
            format!("{}{wait}", if *unknown { "unknown" } else { "later" })
        }
        Outcome::Credentials => "credentials".into(),
        Outcome::Permission => "permission".into(),
        Outcome::Closed => "closed".into(),
        Outcome::Payload => "payload".into(),
    }
}

#[test]
fn every_known_answer_means_what_it_should() {
    for (network, vectors) in all_ways() {
        for heard in vectors.answers {
            let body = heard.body.as_str().map_or_else(|| heard.body.to_string(), str::to_owned);
            let answer = Answer { status: heard.http, retry_after: heard.retry_after, body };
            let verdict = network.verdict(&answer, heard.sent);
            let what = format!("{} {} {}", network.spec().slug, answer.status, answer.body);
            assert_eq!(meaning(&verdict), heard.means, "{what}");
            if heard.code.is_some() {
                assert_eq!(verdict.code, heard.code, "{what}");
            }
            if heard.words.is_some() {
                assert_eq!(verdict.words, heard.words, "{what}");
            }
        }
    }
}

/// Bodies that look like a network's, with anything in them.
pub fn bodies() -> impl Strategy<Value = String> {
    let number = prop_oneof![Just(0_i64), 0..1000_i64, 20000..70000_i64, any::<i64>()];
    let code = prop_oneof![number.clone().prop_map(Value::from), number.prop_map(|n| Value::from(n.to_string())), Just(Value::Null)];
    let index = prop_oneof!["[0-9]{1,2}", "[0-9]{1,30}", "\\PC{0,5}"];
    let message = prop_oneof![
        "\\PC{0,40}".boxed(),
        index.prop_map(|index| format!("Batch.{index}.a data[{index}] $.data.events[{index}].user None were processed event_at")).boxed(),
    ];
    let looks_real = (code, message).prop_map(|(code, message)| {
        let violation = serde_json::json!({"field": format!("events[{message}]"), "reason": message, "description": message});
        let status = ["SUCCESS", "FAILED", "PARTIAL_SUCCESS", "PROCESSING"][message.len() % 4];
        let error =
            serde_json::json!({"details": [{"reason": message, "fieldViolations": [violation, null]}, code], "code": code, "error_subcode": code, "is_transient": message.len() % 2 == 0, "message": message, "fields": [{"field": message, "message": message}, message, null]});
        serde_json::json!({"code": code, "message": message, "data": {"message": message, "list": [error], "access_token": message, "is_valid": true},
            "events_received": code, "messages": [message], "access_token": message, "expires_in": code, "client_business_id": code,
            "paging": {"cursors": {"after": message}, "next": message},
            "requestStatusPerDestination": [{"requestStatus": status, "errorInfo": {"errorCounts": [{"reason": message}, code]}}],
            "requestId": message, "refresh_token": message, "scope": message, "id_token": format!("a.{message}.b"), "resourceNames": [message, code],
            "results": [{"customerClient": {"id": code}, "conversionAction": {"id": code, "type": message, "status": message}, "customer": error}, {}],
            "partialFailureError": {"code": code, "message": message, "details": [{"errors": [{"errorCode": {"a": message}, "message": message,
                "location": {"fieldPathElements": [{"fieldName": "conversions", "index": code}, {"fieldName": message}]}}, error]}]},
            "error": if message.len() % 3 == 0 { Value::Null } else { error }})
        .to_string()
    });
    prop_oneof!["\\PC{0,80}", "<[a-zA-Z<>/ ]{0,80}", looks_real]
}

fn accepted(verdict: &Verdict) -> bool {
    match &verdict.events {
        Events::All(outcome) => matches!(outcome, Outcome::Accepted { .. }),
        Events::Each(rulings) => rulings.iter().any(|ruling| matches!(ruling.outcome, Outcome::Accepted { .. })),
        Events::Bad(_) | Events::Some => false,
    }
}

/// What is asked for next may begin with a place and a colon; a cursor of two slashes behind it makes no address.
fn holds_an_address(next: &str) -> bool {
    let behind = next.split_once(':').map_or(next, |(_, behind)| behind);
    next.starts_with("http:") || next.starts_with("https:") || behind.contains("://")
}

proptest! {
    #[test]
    fn any_answer_has_a_verdict(status in prop_oneof![Just(200_u16), Just(400_u16), 0..1000_u16], body in bodies(), sent in 1..60_usize) {
        let answer = Answer { status, retry_after: None, body };
        for network in ways() {
            let verdict = network.verdict(&answer, sent);
            prop_assert!((200..300).contains(&status) || !accepted(&network.verdict_of_test(&answer, sent)) && !accepted(&verdict));
            match verdict.events {
                Events::Each(rulings) => prop_assert_eq!(rulings.len(), sent),
                Events::Bad(bad) => {
                    prop_assert!(!bad.is_empty() && bad.iter().all(|(index, _)| *index < sent));
                    prop_assert!(bad.windows(2).all(|pair| pair[0].0 < pair[1].0));
                }
                Events::Some => prop_assert!(sent > 1),
                Events::All(_) => {}
            }
        }
    }

    #[test]
    fn any_answer_to_connecting_is_read(status in prop_oneof![Just(200_u16), 0..1000_u16], body in bodies()) {
        let answer = Answer { status, retry_after: None, body };
        let good = answer.success();
        for network in ALL {
            if let Some(oauth) = network.oauth() {
                prop_assert!(good || oauth.read_exchange(&answer, TIME).is_err());
                for stage in 0..4 {
                    let token = Token { secret: SecretString::from(TOKEN), expires_at: None, holder: None, stage };
                    let asks = oauth.next(&settings(), &token).unwrap().is_some();
                    prop_assert!(good || !asks || oauth.read_next(&settings(), token, &answer, TIME).is_err());
                }
                for cursor in [None, Some("2"), Some("a:b"), Some("12,x,34:5"), Some("")] {
                    let lists = [
                        (oauth.read_accounts(cursor, &answer), network.spec().account_id),
                        (oauth.read_targets(&Choice::new("7012", "Sample"), cursor, &answer), network.spec().target_id),
                    ];
                    for (list, shape) in lists {
                        let Ok(Choices { list, next }) = list else { continue };
                        prop_assert!(good || list.is_empty());
                        prop_assert!(list.iter().all(|choice| shape.fits(&choice.id)));
                        prop_assert!(next.is_none_or(|next| !holds_an_address(&next) || answer.body.contains("://")));
                    }
                }
            }
            if let Some(refresh) = network.refresh() {
                prop_assert!(good || refresh.read_refresh(&answer, TIME).is_err());
            }
            if let Some((actions, field)) = network.actions().zip(network.spec().action) {
                let offered = actions.read_list(&answer);
                prop_assert!(good || offered.is_err());
                prop_assert!(offered.is_err() || offered.unwrap().list.iter().all(|action| field.id.fits(&action.id)));
            }
            if let Some(pasted) = network.pasted() {
                prop_assert!(good || status == 400 || pasted.read_probe(&answer).is_err());
            }
        }
    }
}
