//! What a conversion looks like to Meta. PURE. Times are seconds, amounts numbers, persons hashed.
//! https://developers.facebook.com/documentation/ads-commerce/conversions-api/parameters

use super::cookie;
use crate::model::SECOND;
use crate::server::networks::contract::{Batch, Destination, Event};
use crate::server::networks::fields::{self, Fields};
use crate::server::networks::hashing;

/// The one event that Meta takes only with value and currency.
pub const PURCHASE: &str = "Purchase";

pub fn body(to: &Destination, events: &[Event]) -> Batch {
    let sendable = events.iter().filter(|event| !event.test || to.test_code.is_some());
    let test_code = to.test_code.as_deref().filter(|_| events.iter().any(|event| event.test));
    Fields::default().events("data", sendable.map(event)).text("test_event_code", test_code).into_batch()
}

/// What Meta would refuse a whole call for.
pub fn unfit(event: &Event) -> Option<&'static str> {
    // A user agent identifies nobody by itself.
    // https://developers.facebook.com/documentation/ads-commerce/conversions-api/best-practices
    if user(event, None).is_empty() {
        return Some(
            "Meta refuses events that nobody can be found by, and all that is known here is a user agent: no fbclid of the last 90 days, \
             no browser id, no IP address, and no email, phone number or user id at full consent.",
        );
    }
    let no_amount = || Fields::default().amount(event).is_empty();
    (event.name == PURCHASE && no_amount()).then_some(
        "Meta takes a Purchase only with a value and a currency, and this event came without them, or with some that cannot be read. \
         Send both with the game's event.",
    )
}

fn event(event: &Event) -> Fields {
    let browser = event.browser.as_ref();
    let page = fields::web_address(browser.and_then(|browser| browser.page_url.as_deref()));
    let agent = browser.and_then(|browser| browser.user_agent.as_deref()).filter(|agent| !agent.trim().is_empty());
    let referrer = fields::web_address(browser.and_then(|browser| browser.referrer.as_deref()));
    // `website` asks for page and user agent of the player's own browser; without them the event is a game server's.
    let (source, page, referrer) = match page.zip(agent) {
        Some((page, _)) => ("website", Some(page), referrer),
        None => ("system_generated", None, None),
    };
    Fields::default()
        .put("event_name", event.name.as_str())
        .put("event_time", event.time.div_euclid(SECOND))
        .put("event_id", event.dedup_id.as_str())
        .put("action_source", source)
        .text("event_source_url", page)
        .text("referrer_url", referrer)
        .object("user_data", user(event, browser.and_then(|browser| browser.user_agent.as_deref())))
        .object("custom_data", Fields::default().amount(event))
}

fn user(event: &Event, agent: Option<&str>) -> Fields {
    let browser = event.browser.as_ref();
    let email = fields::personal(event, &event.email).and_then(|text| hashing::hashed(text, address));
    // The hash of the lower-cased address is Meta's own rule.
    let only_hash = || fields::personal(event, &event.email_sha256).and_then(hashing::already_hashed);
    let phone = fields::personal(event, &event.phone).and_then(|text| hashing::hashed(text, hashing::phone_digits));
    // Letter case is kept: it must equal what the game's own pixel makes of the same id.
    let external_id = fields::personal(event, &event.external_id).and_then(|text| hashing::hashed(text, hashing::as_given));
    Fields::default()
        .text("em", email.or_else(only_hash))
        .text("ph", phone)
        .text("external_id", external_id)
        .text("client_ip_address", fields::ip(browser.and_then(|browser| browser.ip.as_deref())))
        .text("client_user_agent", agent)
        .text("fbc", cookie::fbc(event))
        .text("fbp", event.click.as_ref().and_then(cookie::fbp))
}

/// As other networks take it, with a domain that has a point.
fn address(text: &str) -> Option<String> {
    hashing::email(text).filter(|text| text.rsplit_once('@').is_some_and(|(_, domain)| domain.trim_matches('.').contains('.')))
}
