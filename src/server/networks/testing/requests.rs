//! What is sent: the exact bytes, nothing personal without consent, no secret in the log, test events apart.

use super::*;
use crate::server::masking;
use crate::server::networks::contract::{Body, Request};
use crate::server::networks::http::logged;

/// Method, address, headers and body as they go out, secrets masked. The version is left out: bytes change with it alone.
fn bytes(request: &Request) -> String {
    let kept = logged(request);
    let headers = kept.headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect::<String>();
    let text = format!("{} {}\n{headers}\n{}\n", kept.method, kept.url, kept.body.as_deref().unwrap_or("(secret body)"));
    text.replace(env!("CARGO_PKG_VERSION"), "VERSION")
}

fn events_of(network: &dyn Network, request: &Request) -> Vec<Value> {
    let Some(Body::Events(batch)) = &request.body else { panic!("{}: a call of events", network.spec().slug) };
    let (_, events) = batch.clone().apart();
    events.iter().map(|event| serde_json::from_str(event).expect("an event is JSON")).collect()
}

#[test]
fn conversions_go_out_as_exactly_these_bytes() {
    for (network, vectors) in all_ways() {
        let (sample, settings) = (&vectors.sample, settings());
        let anonymous = Event { consent: Consent::Anonymous, ..full(network, sample, "purchase") };
        let without_browser = Event { browser: None, ..full(network, sample, "purchase") };
        let only_hash = Event { email: None, email_sha256: Some("AB".repeat(32)), ..full(network, sample, "purchase") };
        let test = Event { test: true, ..full(network, sample, "purchase") };
        let mut malformed = Event {
            email: Some("nobody".into()),
            phone: Some("0171 1234567".into()),
            external_id: Some("  ".into()),
            value: Some(("1e3".into(), "USD".into())),
            ..full(network, sample, "purchase")
        };
        malformed.browser = Some(Browser {
            ip: Some("unknown".into()),
            user_agent: Some(String::new()),
            page_url: Some("unity://menu".into()),
            referrer: Some("/".into()),
        });
        malformed.click.as_mut().unwrap().rdt_uuid = Some("1677712978045.none".into());

        let mut cases = vec![
            ("custom", vec![full(network, sample, "level_reached")]),
            ("anonymous", vec![anonymous]),
            ("without_browser", vec![without_browser]),
            ("only_a_click", vec![bare(network, sample, "purchase")]),
            ("only_the_hash_of_an_email", vec![only_hash]),
            ("malformed_identifiers", vec![malformed]),
            ("test", vec![test]),
            ("several", vec![full(network, sample, "purchase"), bare(network, sample, "wishlist_add"), bare(network, sample, "x")]),
        ];
        cases.extend(network.spec().events.iter().map(|(goal_event, _)| (*goal_event, vec![full(network, sample, goal_event)])));
        if network.spec().email_fallback {
            cases.push(("only_an_email", vec![Event { click: None, browser: None, ..full(network, sample, "purchase") }]));
        }
        for (name, events) in cases {
            let request = network.request(&settings, &destination(sample), &events);
            let path = format!("../{}/{}", network.spec().slug, file(network, "snapshots"));
            insta::with_settings!({ snapshot_path => path, prepend_module_to_snapshot => false, omit_expression => true }, {
                insta::assert_snapshot!(name, bytes(&request));
            });
        }
    }
}

#[test]
fn identifiers_become_what_the_network_expects() {
    for (network, vectors) in all_ways() {
        for Identifiers { given: fields, sent } in &vectors.identifiers {
            let event = given(network, &vectors.sample, fields);
            let request = network.request(&settings(), &destination(&vectors.sample), &[event]);
            for (pointer, value) in sent {
                let sent = events_of(network, &request);
                assert_eq!(sent[0].pointer(pointer).unwrap_or(&Value::Null), value, "{} {pointer} of {fields:?}", network.spec().slug);
            }
        }
    }
}

#[test]
fn what_the_network_would_refuse_is_not_sent() {
    for (network, vectors) in all_ways() {
        let sample = &vectors.sample;
        for fit in [full(network, sample, "purchase"), full(network, sample, "level"), bare(network, sample, "wishlist_add")] {
            assert_eq!(network.unfit(&fit), None, "{}", network.spec().slug);
        }
        for Unfit { given: fields, says } in &vectors.unfit {
            let why = network.unfit(&given(network, sample, fields));
            let as_expected = says.as_ref().map_or(why.is_none(), |part| why.is_some_and(|why| why.contains(part.as_str())));
            assert!(as_expected, "{} {fields:?}: {why:?}", network.spec().slug);
        }
    }
}

#[test]
fn personal_fields_go_out_at_full_consent_only() {
    for (network, Vectors { sample, .. }) in all_ways() {
        let to = destination(&sample);
        let nobody = Event { external_id: None, email: None, email_sha256: None, phone: None, ..full(network, &sample, "purchase") };
        for consent in [Consent::Anonymous, Consent::None, Consent::NotSet] {
            let event = Event { consent, email_sha256: Some("ab".repeat(32)), ..full(network, &sample, "purchase") };
            let sent = bytes(&network.request(&settings(), &to, &[event]));
            assert_eq!(sent, bytes(&network.request(&settings(), &to, &[Event { consent, ..nobody.clone() }])));
        }
    }
}

#[test]
fn a_call_of_many_says_of_each_what_a_call_of_one_says() {
    for (network, Vectors { sample, .. }) in all_ways() {
        let to = destination(&sample);
        let events: Vec<Event> = (0..network.spec().batch)
            .map(|n| Event { dedup_id: format!("id-{n}"), ..full(network, &sample, if n % 2 == 0 { "purchase" } else { "level" }) })
            .collect();
        let request = network.request(&settings(), &to, &events);
        let sent = events_of(network, &request);
        assert_eq!(sent.len(), events.len());
        for (event, sent) in events.iter().zip(sent) {
            assert_eq!(events_of(network, &network.request(&settings(), &to, std::slice::from_ref(event))), [sent]);
        }
    }
}

#[test]
fn an_erased_event_of_one_player_reads_like_that_of_any_other() {
    for (network, Vectors { sample, .. }) in all_ways() {
        let one = full(network, &sample, "purchase");
        let other = ClickIds {
            id: sample.click_id.replace(|c: char| c.is_ascii_lowercase(), "q"),
            time: TIME - 7_200_000,
            fbp: Some("fb.1.1704721999999.9999999999".into()),
            fbc: Some("fb.1.1704721999999.wxyz".into()),
            ttp: Some("9Z9Z9Z9Z9Z9Z9Z9Z9Z9Z9Z9Z9Z9".into()),
            rdt_uuid: Some("1677719999999.c8f7eb7d-b357-437b-8bd3-e1c8166c7133".into()),
            ..one.click.clone().unwrap()
        };
        let browser = Browser {
            ip: Some("2001:db8::99".into()),
            user_agent: Some("Somebody else's browser".into()),
            page_url: Some("https://emberfall.example/other?y=2".into()),
            referrer: Some("https://elsewhere.example/".into()),
        };
        let other = Event {
            click: Some(other),
            browser: Some(browser),
            external_id: Some("somebody-else".into()),
            email: Some("bob@example.net".into()),
            phone: Some("+49 170 7654321".into()),
            ..one.clone()
        };
        let left = |event: Event| {
            let request = network.request(&settings(), &destination(&sample), &[event]);
            masking::erased_event(&events_of(network, &request)[0].to_string())
        };
        let (one, other) = (left(one), left(other));
        assert_eq!(one, other, "{}", network.spec().slug);
        assert!(one.contains("(erased)") && one.contains("9.990"), "{one}");
    }
}

#[test]
fn test_codes_go_with_test_events_alone() {
    for (network, Vectors { sample, .. }) in all_ways() {
        let Some(code) = sample.test_code.as_deref() else { continue };
        let to = destination(&sample);
        let event = full(network, &sample, "purchase");
        let test = Event { test: true, ..event.clone() };
        assert!(!bytes(&network.request(&settings(), &to, std::slice::from_ref(&event))).contains(code));
        assert!(bytes(&network.request(&settings(), &to, std::slice::from_ref(&test))).contains(code));
        // Without a code a test event would count: it never leaves.
        let no_code = Destination { test_code: None, ..to };
        assert!(events_of(network, &network.request(&settings(), &no_code, &[test])).is_empty());
    }
}

#[test]
fn the_log_never_holds_a_secret() {
    for (network, Vectors { sample, .. }) in all_ways() {
        let request = network.request(&settings(), &destination(&sample), &[full(network, &sample, "purchase")]);
        for text in [bytes(&request), format!("{:?}", logged(&request)), format!("{request:?}")] {
            assert!(!text.contains(TOKEN) && !text.contains(APP_SECRET), "{text}");
        }
        assert!(bytes(&request).contains("••••••••"));
        let allowed: Vec<_> = crate::server::networks::addresses(&settings()).iter().map(url::Url::origin).collect();
        assert!(allowed.contains(&request.url.origin()));
    }
}
