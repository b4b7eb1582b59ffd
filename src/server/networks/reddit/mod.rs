//! Reddit Conversions API v3, by pasted Conversion Access Token. https://ads-api.reddit.com/docs/v3/

mod connect;
mod payload;
mod verdict;

use super::contract::{
    Answer, Batch, Body, Destination, Event, HeaderText, IdShape, Naming, Network, Pasted, Request, Setting, SettingKind, Settings, Spec,
    TestField, Verdict,
};
use crate::model::{DAY, HOUR};

const URL: Setting = Setting {
    env: "POSTBACKS_REDDIT_URL",
    kind: SettingKind::Url,
    default: Some("https://ads-api.reddit.com"),
    says: "Where Reddit's Conversions API is called.",
};

static SPEC: Spec = Spec {
    slug: "reddit",
    name: "Reddit Ads",
    short: "Reddit",
    picture: "/networks/reddit.svg",
    target_noun: "Pixel",
    account_noun: "Ad account",
    target_id: IdShape { min: 3, max: 64, also: "_", says: "A Reddit pixel id is letters, digits and underscores, like a2_gxyz12." },
    account_id: IdShape { min: 3, max: 64, also: "_", says: "A Reddit ad account id is letters, digits and underscores, like a2_gxyz12." },
    test: Some(TestField {
        label: "Test id",
        shape: IdShape { min: 3, max: 128, also: "_-", says: "A Reddit test id is letters, digits, underscores and hyphens." },
        note: "",
    }),
    click_ids: &["rdt_cid"],
    utm_sources: &["reddit"],
    events: &[
        ("purchase", "Purchase"),
        ("wishlist_add", "AddToWishlist"),
        ("wishlist_remove", "wishlist_remove"),
        ("email_acquired", "SignUp"),
    ],
    // https://ads-api.reddit.com/docs/v3/operations/Post%20Conversion%20Events
    naming: Some(Naming {
        standard: &["Purchase", "AddToWishlist", "SignUp", "AddToCart", "Lead", "PageVisit", "Search", "ViewContent"],
        // The words of the wire, which would go out as that event.
        reserved: &[
            ("ADD_TO_WISHLIST", "AddToWishlist"),
            ("SIGN_UP", "SignUp"),
            ("ADD_TO_CART", "AddToCart"),
            ("PAGE_VISIT", "PageVisit"),
            ("VIEW_CONTENT", "ViewContent"),
        ],
        max: payload::MAX_CUSTOM_NAME,
        also: "_-. ",
        letter_first: false,
        says: "A Reddit event name has up to 64 letters, digits, spaces, dots, underscores and hyphens.",
        note: "A name of your own goes to Reddit as a custom event, which its reports show apart from its standard ones.",
    }),
    action: None,
    click_life: None,
    email_fallback: true,
    // “event_at timestamp must be less than 168h0m0s old”
    max_age: 7 * DAY,
    // A repeated conversion_id is recognised when it arrives within two days.
    dedup_window: 48 * HOUR,
    batch: 200,
    concurrency: 4,
    shared_quota: false,
    settings: &[URL],
    token_ends: "",
    revoke_at: "In Reddit Ads, Events Manager, Conversions API, delete the token.",
    setup: include_str!("setup.md"),
};

pub struct Reddit;

impl Network for Reddit {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn request(&self, settings: &Settings, to: &Destination, events: &[Event]) -> Request {
        call(settings, to, payload::body(to, events))
    }

    fn verdict(&self, answer: &Answer, sent: usize) -> Verdict {
        verdict::read(answer, sent)
    }

    fn pasted(&self) -> Option<&dyn Pasted> {
        Some(self)
    }
}

/// Posts to the pixel's conversion events. Reddit throttles agents that it cannot tell apart, so each pixel's calls carry a
/// name of their own, in the form that it asks for: `<platform>:<app id>:<version>`.
fn call(settings: &Settings, to: &Destination, body: Batch) -> Request {
    let agent = format!("server:postbacks.{}:{} (self-hosted)", to.target_id, env!("CARGO_PKG_VERSION"));
    Request {
        method: http::Method::POST,
        url: settings.address(&URL, &["api", "v3", "pixels", &to.target_id, "conversion_events"]),
        secret_query: vec![],
        headers: vec![
            ("authorization", HeaderText::Secret { before: "Bearer ", secret: to.token.clone() }),
            ("user-agent", HeaderText::Plain(agent)),
        ],
        body: Some(Body::Events(body)),
        secret_body: vec![],
    }
}

#[cfg(test)]
mod tests;
