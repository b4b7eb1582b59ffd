//! Google Ads, by OAuth: conversions go to the Data Manager API or, where a connection chose it, to the import of the Google Ads API;
//! accounts and conversion actions are read from the Google Ads API.
//! https://developers.google.com/data-manager/api/devguides/events/google-ads/offline (v1, release 1.8)

mod ads_codes;
mod ads_import;
mod ads_payload;
mod ads_verdict;
mod lists;
mod login;
mod payload;
mod told;
mod verdict;

use super::contract::{
    ActionField, Actions, Answer, Body, Destination, Event, HeaderText, IdShape, Later, Network, OAuth, Refresh, Request, Setting,
    SettingKind, Settings, Spec, Transport, Verdict,
};
use crate::model::DAY;
use http::Method;
use secrecy::SecretString;
use serde_json::Value;

/// The Google Ads API version that this code was written against; of October 2026, served about a year.
/// https://developers.google.com/google-ads/api/docs/sunset-dates
const VERSION: &str = "v26";

const CLIENT_ID: Setting = Setting {
    env: "POSTBACKS_GOOGLE_CLIENT_ID",
    kind: SettingKind::Text,
    default: None,
    says: "Client id of your OAuth client (type Web application) in Google Cloud; needed to connect Google.",
};
const CLIENT_SECRET: Setting =
    Setting { env: "POSTBACKS_GOOGLE_CLIENT_SECRET", kind: SettingKind::Secret, default: None, says: "Secret of that client." };
const ADS_VERSION: Setting = Setting {
    env: "POSTBACKS_GOOGLE_ADS_VERSION",
    kind: SettingKind::Version,
    default: Some(VERSION),
    says: "Version of the Google Ads API: for accounts, conversion actions and the import of conversions.",
};
const ACCOUNTS_URL: Setting = Setting {
    env: "POSTBACKS_GOOGLE_ACCOUNTS_URL",
    kind: SettingKind::Url,
    default: Some("https://accounts.google.com"),
    says: "Where Google's consent page is found.",
};
const TOKEN_URL: Setting = Setting {
    env: "POSTBACKS_GOOGLE_TOKEN_URL",
    kind: SettingKind::Url,
    default: Some("https://oauth2.googleapis.com"),
    says: "Where Google's tokens are exchanged, refreshed and revoked.",
};
const ADS_URL: Setting = Setting {
    env: "POSTBACKS_GOOGLE_ADS_URL",
    kind: SettingKind::Url,
    default: Some("https://googleads.googleapis.com"),
    says: "Where the Google Ads API is found.",
};
const DATA_MANAGER_URL: Setting = Setting {
    env: "POSTBACKS_GOOGLE_DATA_MANAGER_URL",
    kind: SettingKind::Url,
    default: Some("https://datamanager.googleapis.com"),
    says: "Where the Data Manager API takes conversions.",
};

const CUSTOMER_ID: IdShape =
    IdShape { min: 6, max: 12, also: "", says: "A Google Ads customer id is ten digits, written without hyphens." };

/// What both transports have in common; where it names something of the call, the Data Manager API's.
const COMMON: Spec = Spec {
    slug: "google",
    name: "Google Ads",
    short: "Google",
    picture: "/networks/google.svg",
    target_noun: "Conversion customer",
    account_noun: "Account",
    target_id: CUSTOMER_ID,
    account_id: CUSTOMER_ID,
    // `validateOnly` needs no code.
    test: None,
    click_ids: &["gclid", "wbraid", "gbraid"],
    utm_sources: &["google", "youtube"],
    events: &[],
    naming: None,
    action: Some(ActionField {
        noun: "Conversion action",
        id: IdShape { min: 1, max: 20, also: "", says: "A Google conversion action has a number." },
        says: "Google counts a conversion under an action that you made in Google Ads. Choose one for every goal.",
        choosable: "Only enabled actions of the kind “Import from clicks” can be chosen.",
        // ONE_PER_CLICK_CONVERSION_ACTION_NOT_PERMITTED_WITH_BRAID
        repeated_only: &["wbraid", "gbraid"],
        repeated_says: "Google refuses conversions of clicks with a wbraid or gbraid (from iPhones, mostly) under an action that counts one conversion a click. In Google Ads, set its count to “Every”, then refresh the list.",
    }),
    // Clicks are kept for 90 days; an action may look back less far.
    // https://support.google.com/google-ads/answer/10029210
    click_life: Some(90 * DAY),
    email_fallback: false,
    max_age: 90 * DAY,
    // A transactionId counts once per action, with no end that Google publishes.
    dedup_window: 30 * DAY,
    // As many as Google takes; while the quota has room they go one by one (`Later::sending`).
    batch: 2_000,
    concurrency: 4,
    shared_quota: true,
    settings: &[CLIENT_ID, CLIENT_SECRET, ADS_VERSION, ACCOUNTS_URL, TOKEN_URL, ADS_URL, DATA_MANAGER_URL],
    token_ends: "The app through which this Postbacks signs in is in Testing at Google, which ends every access after seven days, until its operator publishes it.",
    revoke_at: "At Google, remove the app under Security, Your connections to third-party apps and services, of the account that signed in.",
    setup: include_str!("setup.md"),
};

static SPEC: Spec = COMMON;

const DATA_MANAGER: &str = "data_manager";

static TRANSPORTS: &[Transport] = &[
    Transport {
        word: DATA_MANAGER,
        name: "Data Manager API",
        says: "Google's way for every new integration. Google takes the conversions first and says later what became of them.",
        closed: "",
        network: &Google,
    },
    ads_import::TRANSPORT,
];

pub struct Google;

impl Network for Google {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn request(&self, settings: &Settings, to: &Destination, events: &[Event]) -> Request {
        let url = settings.address(&DATA_MANAGER_URL, &["v1", "events:ingest"]);
        let body = Some(Body::Events(payload::body(to, events)));
        Request { method: Method::POST, url, secret_query: vec![], headers: vec![bearer(&to.token)], body, secret_body: vec![] }
    }

    fn unfit(&self, event: &Event) -> Option<&'static str> {
        payload::unfit(event)
    }

    fn verdict(&self, answer: &Answer, sent: usize) -> Verdict {
        verdict::read(answer, sent)
    }

    fn verdict_of_test(&self, answer: &Answer, sent: usize) -> Verdict {
        verdict::read_of_test(answer, sent)
    }

    fn transports(&self) -> &'static [Transport] {
        TRANSPORTS
    }

    fn transport(&self) -> Option<&'static str> {
        Some(DATA_MANAGER)
    }

    fn later(&self) -> Option<&dyn Later> {
        Some(self)
    }

    fn oauth(&self) -> Option<&dyn OAuth> {
        Some(self)
    }

    fn refresh(&self) -> Option<&dyn Refresh> {
        Some(self)
    }

    fn actions(&self) -> Option<&dyn Actions> {
        Some(self)
    }
}

fn bearer(token: &SecretString) -> (&'static str, HeaderText) {
    ("authorization", HeaderText::Secret { before: "Bearer ", secret: token.clone() })
}

/// `error` of a body that holds one.
fn error_of(body: &Value) -> Option<&Value> {
    Some(&body["error"]).filter(|error| error.is_object())
}

#[cfg(test)]
mod tests;
