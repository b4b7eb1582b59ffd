//! What a conversion looks like to Reddit. PURE. Unknown fields are refused there, so nothing is sent that the v3 reference
//! does not name. https://ads-api.reddit.com/docs/v3/operations/Post%20Conversion%20Events

use crate::server::networks::contract::{Batch, Destination, Event};
use crate::server::networks::fields::{self, Fields};
use crate::server::networks::hashing;

/// Bytes of a custom event's name: the reference says 64 characters of UTF-8, and bytes fit under either reading.
pub const MAX_CUSTOM_NAME: usize = 64;

/// Shown name, word on the wire, whether value and currency may go with it.
/// https://business.reddithelp.com/s/article/event-metadata
pub const TYPES: &[(&str, &str, bool)] = &[
    ("Purchase", "PURCHASE", true),
    ("AddToWishlist", "ADD_TO_WISHLIST", true),
    ("AddToCart", "ADD_TO_CART", true),
    ("SignUp", "SIGN_UP", true),
    ("Lead", "LEAD", true),
    ("PageVisit", "PAGE_VISIT", false),
    ("ViewContent", "VIEW_CONTENT", false),
    ("Search", "SEARCH", false),
];

pub fn body(to: &Destination, events: &[Event]) -> Batch {
    let sendable = events.iter().filter(|event| !event.test || to.test_code.is_some());
    let test_id = to.test_code.as_deref().filter(|_| events.iter().any(|event| event.test));
    let data = Fields::default().text("test_id", test_id).events("events", sendable.map(event));
    Fields::default().object("data", data).into_batch()
}

fn event(event: &Event) -> Fields {
    let browser = event.browser.as_ref();
    let click = event.click.as_ref();
    // WEBSITE speaks of the player's own browser and is what the pixel is deduplicated against.
    let (source, page) = match browser {
        Some(browser) => ("WEBSITE", fields::web_address(browser.page_url.as_deref())),
        None => ("OTHER", None),
    };
    let standard = TYPES.iter().find(|(shown, word, _)| [*shown, *word].contains(&event.name.as_str()));
    let (kind, with_value) = match standard {
        Some((_, word, with_value)) => (Fields::default().put("tracking_type", *word), *with_value),
        None => (Fields::default().put("tracking_type", "CUSTOM").put("custom_event_name", cut(&event.name)), true),
    };
    // Reddit's metadata table lists the conversion id for all events: it is what makes a retry safe.
    let metadata = Fields::default().text("conversion_id", Some(&event.dedup_id));
    Fields::default()
        .put("event_at", event.time)
        .put("action_source", source)
        .text("event_source_url", page)
        .text("click_id", click.filter(|click| click.kind == "rdt_cid").map(|click| &click.id))
        .object("type", kind)
        .object("user", user(event))
        .object("metadata", if with_value { metadata.amount(event) } else { metadata })
}

fn user(event: &Event) -> Fields {
    let browser = event.browser.as_ref();
    let email = fields::personal(event, &event.email).and_then(|text| hashing::hashed(text, hashing::email_letters_and_digits));
    // Only the hash is known: it was made of the lower-cased address, which is Reddit's hash where the part before the @ is
    // letters and digits alone. Otherwise it matches nobody; it does no harm.
    let only_hash = || fields::personal(event, &event.email_sha256).and_then(hashing::already_hashed);
    let phone = fields::personal(event, &event.phone).and_then(|text| hashing::hashed(text, hashing::phone));
    let external_id = fields::personal(event, &event.external_id).and_then(|text| hashing::hashed(text, hashing::as_given));
    let cookie = event.click.as_ref().and_then(|click| click.rdt_uuid.as_deref());
    Fields::default()
        .text("email", email.or_else(only_hash))
        .text("phone_number", phone)
        .text("external_id", external_id)
        .text("ip_address", fields::ip(browser.and_then(|browser| browser.ip.as_deref())))
        .text("user_agent", browser.and_then(|browser| browser.user_agent.as_ref()))
        .text("uuid", cookie.and_then(uuid))
}

/// The UUID in a `_rdt_uuid` cookie, `<milliseconds>.<uuid>`; another one would have the event refused.
fn uuid(cookie: &str) -> Option<String> {
    fields::rfc4122(cookie.rsplit('.').next().unwrap_or(cookie).trim())
}

fn cut(name: &str) -> &str {
    let end = (0..=MAX_CUSTOM_NAME.min(name.len())).rev().find(|&end| name.is_char_boundary(end)).unwrap_or(0);
    &name[..end]
}
