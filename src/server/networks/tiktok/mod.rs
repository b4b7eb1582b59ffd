//! TikTok Events API 2.0 (`/open_api/v1.3/event/track/`), by OAuth. https://business-api.tiktok.com/portal/docs?id=1771100779668482

mod connect;
mod payload;
mod verdict;

use super::contract::{
    Answer, Body, Destination, Event, HeaderText, IdShape, Naming, Network, OAuth, Request, Setting, SettingKind, Settings, Spec,
    TestField, Verdict,
};
use crate::model::{DAY, HOUR};
use secrecy::SecretString;
use serde_json::Value;

const APP_ID: Setting = Setting {
    env: "POSTBACKS_TIKTOK_APP_ID",
    kind: SettingKind::Text,
    default: None,
    says: "App id of your TikTok for Business developer app; needed to connect TikTok.",
};
const APP_SECRET: Setting =
    Setting { env: "POSTBACKS_TIKTOK_APP_SECRET", kind: SettingKind::Secret, default: None, says: "Secret of that app." };
const URL: Setting = Setting {
    env: "POSTBACKS_TIKTOK_URL",
    kind: SettingKind::Url,
    default: Some("https://business-api.tiktok.com"),
    says: "Where TikTok's consent page and Business API are found.",
};

static SPEC: Spec = Spec {
    slug: "tiktok",
    name: "TikTok Ads",
    short: "TikTok",
    picture: "/networks/tiktok.svg",
    target_noun: "Pixel",
    account_noun: "Ad account",
    target_id: IdShape { min: 8, max: 40, also: "", says: "A TikTok pixel code is letters and digits, like C0ABCDEF1234567890AB." },
    account_id: IdShape { min: 5, max: 32, also: "", says: "A TikTok ad account id is a long number." },
    test: Some(TestField {
        label: "Test event code",
        shape: IdShape { min: 4, max: 32, also: "_-", says: "A TikTok test event code looks like TEST12345." },
        note: "",
    }),
    click_ids: &["ttclid"],
    utm_sources: &["tiktok"],
    events: &[
        ("purchase", "Purchase"),
        ("wishlist_add", "AddToWishlist"),
        ("wishlist_remove", "wishlist_remove"),
        ("email_acquired", "CompleteRegistration"),
    ],
    // https://ads.tiktok.com/help/article/supported-standard-events and …/reserved-events, …/custom-events
    naming: Some(Naming {
        standard: &[
            "Purchase",
            "AddToWishlist",
            "CompleteRegistration",
            "AddPaymentInfo",
            "AddToCart",
            "ApplicationApproval",
            "Contact",
            "CustomizeProduct",
            "Download",
            "FindLocation",
            "InitiateCheckout",
            "Lead",
            "Schedule",
            "Search",
            "StartTrial",
            "SubmitApplication",
            "Subscribe",
            "ViewContent",
        ],
        reserved: &[
            ("CompletePayment", "Purchase"),
            ("ClickForm", "Lead"),
            ("AddBilling", "AddPaymentInfo"),
            ("Checkout", "PlaceAnOrder"),
            ("Registration", "CompleteRegistration"),
            ("StartCheckout", "InitiateCheckout"),
            ("Browse", "PageView"),
            ("Consult", "Contact"),
            ("ConsultByPhone", "Contact"),
            ("ClickToDownload", "Download"),
            ("ClickInDownloadPage", "ClickButton"),
            ("ViewForm", "ViewContent"),
            ("View*Page", "ViewContent"),
        ],
        max: 50,
        also: "_-",
        letter_first: true,
        says: "A TikTok event name has up to 50 letters, digits, underscores and hyphens, and begins with a letter.",
        note: "TikTok reports on names of your own; its campaigns can be optimized for its standard events alone.",
    }),
    action: None,
    click_life: None,
    email_fallback: false,
    // The longest click-through window; older events earn nothing.
    max_age: 28 * DAY,
    // https://ads.tiktok.com/help/article/event-deduplication
    dedup_window: 48 * HOUR,
    batch: 50,
    concurrency: 4,
    shared_quota: false,
    settings: &[APP_ID, APP_SECRET, URL],
    token_ends: "",
    revoke_at: "At TikTok, cancel the authorization that the ad account gave to the app.",
    setup: include_str!("setup.md"),
};

pub struct TikTok;

impl Network for TikTok {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn request(&self, settings: &Settings, to: &Destination, events: &[Event]) -> Request {
        let body = Body::Events(payload::body(to, events));
        call(settings, http::Method::POST, &["event", "track", ""], Some(&to.token), Some(body))
    }

    fn verdict(&self, answer: &Answer, sent: usize) -> Verdict {
        verdict::read(answer, sent)
    }

    fn oauth(&self) -> Option<&dyn OAuth> {
        Some(self)
    }
}

/// A call of the Business API. The slash at the end of every path is needed: without it TikTok answers 404.
fn call(settings: &Settings, method: http::Method, path: &[&str], token: Option<&SecretString>, body: Option<Body>) -> Request {
    let header = |token: &SecretString| ("access-token", HeaderText::Secret { before: "", secret: token.clone() });
    Request {
        method,
        url: settings.address(&URL, &[&["open_api", "v1.3"], path].concat()),
        secret_query: vec![],
        headers: token.map(header).into_iter().collect(),
        body,
        secret_body: vec![],
    }
}

/// The body's `code`: TikTok answers nearly everything with HTTP 200 and says the rest there.
fn code_of(body: &Value) -> Option<i64> {
    let code = &body["code"];
    code.as_i64().or_else(|| code.as_str()?.trim().parse().ok())
}

#[cfg(test)]
mod tests;
