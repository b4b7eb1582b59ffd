//! Meta Conversions API on the Graph API, by Facebook Login for Business or by a token pasted from Events Manager.
//! https://developers.facebook.com/documentation/ads-commerce/conversions-api/using-the-api

mod cookie;
mod lists;
mod login;
mod paste;
mod payload;
mod verdict;

use super::contract::{
    Answer, Body, Destination, Event, IdShape, Naming, Network, OAuth, Pasted, Request, Setting, SettingKind, Settings, Spec, TestField,
    Verdict,
};
use super::hashing;
use crate::model::{DAY, HOUR};
use http::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

/// The Graph version that this code was written against; of 2026-07-29. The Conversions API serves each for two years at least.
/// https://developers.facebook.com/docs/graph-api/changelog/versions/
const VERSION: &str = "v26.0";

const APP_ID: Setting = Setting {
    env: "POSTBACKS_META_APP_ID",
    kind: SettingKind::Text,
    default: None,
    says: "App id of your Meta app (type Business); needed to connect Meta by sign-in. A pasted token needs none.",
};
const APP_SECRET: Setting =
    Setting { env: "POSTBACKS_META_APP_SECRET", kind: SettingKind::Secret, default: None, says: "Secret of that app." };
const CONFIG_ID: Setting = Setting {
    env: "POSTBACKS_META_CONFIG_ID",
    kind: SettingKind::Text,
    default: None,
    says: "Configuration of Facebook Login for Business, made from its Conversions API template; unset, people are asked for scopes and connect as themselves.",
};
const GRAPH_VERSION: Setting = Setting {
    env: "POSTBACKS_META_GRAPH_VERSION",
    kind: SettingKind::Version,
    default: Some(VERSION),
    says: "Version of the Graph API that is called.",
};
const GRAPH_URL: Setting = Setting {
    env: "POSTBACKS_META_GRAPH_URL",
    kind: SettingKind::Url,
    default: Some("https://graph.facebook.com"),
    says: "Where Meta's Graph API is found.",
};
const DIALOG_URL: Setting = Setting {
    env: "POSTBACKS_META_DIALOG_URL",
    kind: SettingKind::Url,
    default: Some("https://www.facebook.com"),
    says: "Where Meta's consent page is found.",
};

static SPEC: Spec = Spec {
    slug: "meta",
    name: "Meta Ads",
    short: "Meta",
    picture: "/networks/meta.svg",
    target_noun: "Dataset",
    account_noun: "Account",
    target_id: IdShape { min: 5, max: 32, also: "", says: "A Meta dataset (pixel) id is a long number." },
    account_id: IdShape { min: 5, max: 40, also: "_", says: "A Meta account is a business id, or an ad account id like act_1234567890." },
    test: Some(TestField {
        label: "Test event code",
        shape: IdShape { min: 4, max: 32, also: "_-", says: "A Meta test event code looks like TEST12345." },
        note: "Meta counts test events in the real dataset.",
    }),
    click_ids: &["fbclid"],
    utm_sources: &["facebook", "fb", "meta", "instagram", "ig"],
    events: &[
        ("purchase", payload::PURCHASE),
        ("wishlist_add", "AddToWishlist"),
        ("wishlist_remove", "wishlist_remove"),
        ("email_acquired", "CompleteRegistration"),
    ],
    // https://developers.facebook.com/docs/meta-pixel/reference and …/implementation/conversion-tracking#custom-events
    naming: Some(Naming {
        standard: &[
            payload::PURCHASE,
            "AddToWishlist",
            "CompleteRegistration",
            "AddPaymentInfo",
            "AddToCart",
            "Contact",
            "CustomizeProduct",
            "Donate",
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
        reserved: &[],
        max: 50,
        // Meta names no characters; these do no harm anywhere.
        also: "_-. ",
        letter_first: false,
        says: "A Meta event name has up to 50 letters, digits, spaces, dots, underscores and hyphens.",
        note: "Meta optimizes for a name of your own once a custom conversion is made of it in Events Manager; its standard events need none.",
    }),
    action: None,
    click_life: None,
    email_fallback: false,
    // An older event has the whole call refused.
    max_age: 7 * DAY,
    // Same event_id, event_name and dataset within 48 hours: the later one is dropped.
    dedup_window: 48 * HOUR,
    batch: 200,
    concurrency: 4,
    shared_quota: false,
    settings: &[APP_ID, APP_SECRET, CONFIG_ID, GRAPH_VERSION, GRAPH_URL, DIALOG_URL],
    token_ends: "Meta ends an access after 60 days, unless the app's configuration gives one that never ends.",
    revoke_at: "At Facebook, remove the app under Settings, Business integrations; of a business, under Business settings, Integrations, Connected apps. A pasted token is removed in Events Manager.",
    setup: include_str!("setup.md"),
};

pub struct Meta;

impl Network for Meta {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn request(&self, settings: &Settings, to: &Destination, events: &[Event]) -> Request {
        let mut request = call(settings, Method::POST, &[&to.target_id, "events"]);
        request.body = Some(Body::Events(payload::body(to, events)));
        // In the body, so that the token is in no address that somebody logs.
        request.secret_body = credentials(settings, &to.token, !to.pasted);
        request
    }

    fn unfit(&self, event: &Event) -> Option<&'static str> {
        payload::unfit(event)
    }

    fn verdict(&self, answer: &Answer, sent: usize) -> Verdict {
        verdict::read(answer, sent)
    }

    fn oauth(&self) -> Option<&dyn OAuth> {
        Some(self)
    }

    fn pasted(&self) -> Option<&dyn Pasted> {
        Some(self)
    }
}

/// A call of the Graph API, without a token.
fn call(settings: &Settings, method: Method, path: &[&str]) -> Request {
    let version = settings.text(&GRAPH_VERSION).unwrap_or(VERSION);
    Request {
        method,
        url: settings.address(&GRAPH_URL, &[&[version], path].concat()),
        secret_query: vec![],
        headers: vec![],
        body: None,
        secret_body: vec![],
    }
}

/// The token, and for one of our own app the proof that we know the app's secret. A proof with another app's token is an error.
fn credentials(settings: &Settings, token: &SecretString, own: bool) -> Vec<(&'static str, SecretString)> {
    let proof = settings.secret(APP_SECRET.env).filter(|_| own);
    let proof = proof.map(|secret| hashing::hmac_sha256(secret.expose_secret(), token.expose_secret()));
    let proof = proof.map(|proof| ("appsecret_proof", SecretString::from(proof)));
    [("access_token", token.clone())].into_iter().chain(proof).collect()
}

/// `error` of a body that holds one.
fn error_of(body: &Value) -> Option<&Value> {
    Some(&body["error"]).filter(|error| error.is_object())
}

#[cfg(test)]
mod tests;
