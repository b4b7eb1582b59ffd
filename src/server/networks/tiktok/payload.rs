//! What a conversion looks like to TikTok. PURE. Ids are strings, times are seconds, amounts are numbers.

use crate::model::SECOND;
use crate::server::networks::contract::{Batch, Destination, Event};
use crate::server::networks::fields::{self, Fields};
use crate::server::networks::hashing;

pub fn body(to: &Destination, events: &[Event]) -> Batch {
    let sendable = events.iter().filter(|event| !event.test || to.test_code.is_some());
    let test_code = to.test_code.as_deref().filter(|_| events.iter().any(|event| event.test));
    Fields::default()
        // The click was made on the web, wherever the player came to buy; the pixel code belongs to this source.
        .put("event_source", "web")
        .put("event_source_id", to.target_id.as_str())
        .text("test_event_code", test_code)
        .events("data", sendable.map(event))
        .into_batch()
}

fn event(event: &Event) -> Fields {
    let browser = event.browser.as_ref();
    // A page is known by its address; a referrer alone is none.
    let referrer = || fields::web_address(browser.and_then(|browser| browser.referrer.as_deref()));
    let page = match fields::web_address(browser.and_then(|browser| browser.page_url.as_deref())) {
        Some(url) => Fields::default().put("url", url).text("referrer", referrer()),
        None => Fields::default(),
    };
    Fields::default()
        .put("event", event.name.as_str())
        .put("event_time", event.time.div_euclid(SECOND))
        .put("event_id", event.dedup_id.as_str())
        .object("user", user(event))
        .object("properties", Fields::default().amount(event))
        .object("page", page)
}

fn user(event: &Event) -> Fields {
    let browser = event.browser.as_ref();
    let click = event.click.as_ref();
    let email = fields::personal(event, &event.email).and_then(|text| hashing::hashed(text, hashing::email));
    // The hash of the lower-cased address is TikTok's own rule.
    let only_hash = || fields::personal(event, &event.email_sha256).and_then(hashing::already_hashed);
    let phone = fields::personal(event, &event.phone).and_then(|text| hashing::hashed(text, hashing::phone));
    // Letter case is kept: it must equal what TikTok's own tag makes of the same id.
    let external_id = fields::personal(event, &event.external_id).and_then(|text| hashing::hashed(text, hashing::as_given));
    Fields::default()
        .text("email", email.or_else(only_hash))
        .text("phone", phone)
        .text("external_id", external_id)
        .text("ttclid", click.filter(|click| click.kind == "ttclid").map(|click| &click.id))
        .text("ttp", click.and_then(|click| click.ttp.as_ref()))
        .text("ip", fields::ip(browser.and_then(|browser| browser.ip.as_deref())))
        .text("user_agent", browser.and_then(|browser| browser.user_agent.as_ref()))
}
