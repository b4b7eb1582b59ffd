//! What is sent, and the good answers, against the message types that a vendor publishes: every name must be one of theirs, every value of
//! its type. A network brings `published.json` where its vendor publishes such.

use super::*;
use crate::server::networks::contract::Body;
use std::collections::HashMap;

/// A vendor's messages: fields with their types, `string`, `Event[]`, `string oneof identifier`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Published {
    /// Where they were read, and their licence.
    source: String,
    request: String,
    response: String,
    messages: HashMap<String, HashMap<String, String>>,
    enums: HashMap<String, Vec<String>>,
}

impl Published {
    fn of(network: &dyn Network) -> Option<Self> {
        let text = std::fs::read_to_string(folder(network).join(file(network, "published.json"))).ok()?;
        Some(serde_json::from_str(&text).unwrap())
    }

    /// All that is wrong with the JSON of a message, each with its place.
    fn wrong(&self, message: &str, value: &Value, place: &str) -> Vec<String> {
        let Some(object) = value.as_object() else { return vec![format!("{place}: no object but {value}")] };
        let fields = &self.messages[message];
        let mut wrong = Vec::new();
        let mut taken = Vec::new();
        for (name, value) in object {
            let place = format!("{place}.{name}");
            let Some(declared) = fields.get(name) else {
                wrong.push(format!("{place}: {message} has no such field"));
                continue;
            };
            let (kind, group) = declared.split_once(" oneof ").map_or((declared.as_str(), None), |(kind, group)| (kind, Some(group)));
            if group.is_some_and(|group| taken.contains(&group)) {
                wrong.push(format!("{place}: another field of the oneof is set"));
            }
            taken.extend(group);
            match (kind.strip_suffix("[]"), value) {
                (Some(kind), Value::Array(list)) => {
                    wrong.extend(list.iter().enumerate().flat_map(|(at, one)| self.of_kind(kind, one, &format!("{place}[{at}]"))));
                }
                (Some(_), other) => wrong.push(format!("{place}: no list but {other}")),
                (None, value) => wrong.extend(self.of_kind(kind, value, &place)),
            }
        }
        wrong
    }

    fn of_kind(&self, kind: &str, value: &Value, place: &str) -> Vec<String> {
        let digits = |text: &str| text.strip_prefix('-').unwrap_or(text).bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty();
        let good = match kind {
            "string" | "bytes" => value.is_string(),
            "bool" => value.is_boolean(),
            "double" | "float" => value.is_number(),
            "int32" => value.as_number().is_some_and(|number| digits(&number.to_string())),
            "int64" => {
                value.as_str().map(str::to_owned).or_else(|| value.as_number().map(ToString::to_string)).is_some_and(|text| digits(&text))
            }
            "google.protobuf.Timestamp" => value.as_str().is_some_and(|text| text.contains('T') && text.parse::<jiff::Timestamp>().is_ok()),
            "google.protobuf.Any" | "google.protobuf.Struct" => value.is_object(),
            kind => match self.enums.get(kind) {
                Some(words) => value.as_str().is_some_and(|word| words.iter().any(|known| known == word)),
                None => return self.wrong(kind, value, place),
            },
        };
        if good { Vec::new() } else { vec![format!("{place}: no {kind} but {value}")] }
    }
}

#[test]
fn every_request_is_a_message_that_the_vendor_publishes() {
    let mut held = 0;
    for (network, vectors) in all_ways() {
        let Some(published) = Published::of(network) else { continue };
        assert!(published.source.contains("Apache-2.0"));
        let sample = &vectors.sample;
        let of_identifiers = vectors.identifiers.iter().map(|identifiers| given(network, sample, &identifiers.given));
        let whole = full(network, sample, "purchase");
        let more = [Event { test: true, ..whole.clone() }, Event { consent: Consent::Anonymous, ..whole.clone() }, whole];
        for event in of_identifiers.chain(more) {
            let Some(Body::Events(batch)) = network.request(&settings(), &destination(sample), &[event]).body else { panic!("events") };
            let body: Value = serde_json::from_str(&batch.text()).unwrap();
            assert_eq!(published.wrong(&published.request, &body, ""), Vec::<String>::new(), "{body}");
            held += 1;
        }
    }
    assert!(held > 50, "{held}");
}

#[test]
fn every_answer_that_counts_is_a_message_that_the_vendor_publishes() {
    for (network, vectors) in all_ways() {
        let Some(published) = Published::of(network) else { continue };
        for heard in vectors.answers.iter().filter(|heard| heard.http == 200 && heard.means.contains("accepted")) {
            assert_eq!(published.wrong(&published.response, &heard.body, ""), Vec::<String>::new(), "{}", heard.body);
        }
    }
}

#[test]
fn what_is_no_message_is_found() {
    let google = super::super::over("google", Some("ads_api")).unwrap();
    let published = Published::of(google).unwrap();
    let row = |row: Value| published.wrong("UploadClickConversionsRequest", &serde_json::json!({ "conversions": [row] }), "").len();
    assert_eq!(row(serde_json::json!({"gclid": "x", "conversionValue": 1.5, "consent": {"adUserData": "GRANTED"}})), 0);
    for bad in [
        serde_json::json!({"gclId": "x"}),
        serde_json::json!({"gclid": 7}),
        serde_json::json!({"conversionValue": "1.5"}),
        serde_json::json!({"consent": {"adUserData": "CONSENT_GRANTED"}}),
        serde_json::json!({"userIdentifiers": {"hashedEmail": "x"}}),
        serde_json::json!({"userIdentifiers": [{"hashedEmail": "x", "hashedPhoneNumber": "y"}]}),
        serde_json::json!("x"),
    ] {
        assert_eq!(row(bad.clone()), 1, "{bad}");
    }
}
