//! Two calls to try in a terminal: the visit that an ad click brought, and the purchase that it earned.

use crate::model::calendar;
use crate::model::tracking::Sample;
use crate::web::components::{Code, Section};
use leptos::prelude::*;

#[component]
pub fn Examples(key: String, origin: String, sample: Sample) -> impl IntoView {
    let visit = call(&origin, &key, &visit(&sample));
    let purchase = call(&origin, &key, &purchase(&sample));
    view! {
        <Section id="try" title="Try it" hint="Both are marked as test: they stay out of health and value, and go to a network’s test environment only. A message id counts once; load this page again for new ones.">
            <div class="stack">
                <Code id="try-visit" says="The call that sends a visit" caption=|| "1. A visit with an ad’s click id in its address">{visit}</Code>
                <Code id="try-purchase" says="The call that sends a purchase" caption=|| "2. The purchase of the same player">{purchase}</Code>
            </div>
        </Section>
    }
}

fn visit(sample: &Sample) -> String {
    format!(
        r#"    "type": "page", "messageId": "{}", "eventTimestamp": "{}",
    "anonymousId": "try-{}", "consentLevel": "full", "surface": "web", "test": true,
    "context": {{"library": "curl", "libraryVersion": "1", "pageUrl": "https://game.example/?ttclid=try-{}"}}"#,
        sample.visit,
        calendar::rfc3339(sample.time),
        sample.player,
        sample.player
    )
}

fn purchase(sample: &Sample) -> String {
    format!(
        r#"    "type": "track", "eventName": "purchase", "messageId": "{}", "eventTimestamp": "{}",
    "anonymousId": "try-{}", "consentLevel": "full", "surface": "web", "test": true,
    "properties": {{"value": "9.99", "currency": "USD"}},
    "context": {{"library": "curl", "libraryVersion": "1"}}"#,
        sample.purchase,
        calendar::rfc3339(sample.time),
        sample.player
    )
}

fn call(origin: &str, key: &str, message: &str) -> String {
    format!(
        r#"curl {origin}/v1/audience/messages \
  -H "content-type: application/json" \
  -H "x-immutable-publishable-key: {key}" \
  -d '{{"messages": [{{
{message}
  }}]}}'"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn both_calls_carry_valid_json() {
        let sample = Sample { visit: Uuid::nil(), purchase: Uuid::max(), player: "a1b2".into(), time: 1_795_423_282_518 };
        for message in [visit(&sample), purchase(&sample)] {
            let call = call("http://127.0.0.1:3000", "pk_x", &message);
            let body = call.split('\'').nth(1).expect("a quoted body");
            let body: serde_json::Value = serde_json::from_str(body).expect("valid JSON");
            assert_eq!(body["messages"][0]["eventTimestamp"], "2026-11-23T08:41:22.518Z");
            assert_eq!(body["messages"][0]["anonymousId"], "try-a1b2");
        }
    }
}
