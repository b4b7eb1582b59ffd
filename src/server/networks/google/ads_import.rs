//! The second transport: the offline conversion import of the Google Ads API, which Google keeps open for integrations that used it before
//! 15 June 2026. https://developers.google.com/google-ads/api/docs/conversions/upload-offline (v26)
//!
//! No developer token goes with it: since 9 September 2026 the Cloud project of the OAuth client decides on access, the header is ignored,
//! and a version to come will refuse it. https://developers.google.com/google-ads/api/docs/api-policy/developer-token

use super::{ADS_URL, ADS_VERSION, COMMON, Google, TRANSPORTS, VERSION, ads_payload, ads_verdict, bearer, payload};
use crate::server::networks::contract::{
    Answer, Body, Destination, Event, HeaderText, Network, Refresh, Request, Settings, Spec, Transport, Verdict,
};
use http::Method;

/// Of 2,000. The answer says something of each event, a kilobyte where it is refused, and no more than 64 of an answer are read.
const BATCH: usize = 32;

static SPEC: Spec = Spec { batch: BATCH, ..COMMON };

const WORD: &str = "ads_api";

pub const TRANSPORT: Transport = Transport {
    word: WORD,
    name: "Google Ads API import",
    says: "The former way. Google says at once of every conversion whether it counts, but takes it only from integrations that used this way \
           before 15 June 2026.",
    closed: "Google closed the Google Ads API import to new integrations on 15 June 2026, and counts this Postbacks among them. The Data \
             Manager API carries the same conversions to the same conversion actions; no new sign-in is needed.",
    network: &AdsImport,
};

pub struct AdsImport;

impl Network for AdsImport {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn request(&self, settings: &Settings, to: &Destination, events: &[Event]) -> Request {
        let version = settings.text(&ADS_VERSION).unwrap_or(VERSION);
        let method = format!("{}:uploadClickConversions", to.target_id);
        let login = to.through.clone().map(|manager| ("login-customer-id", HeaderText::Plain(manager)));
        Request {
            method: Method::POST,
            url: settings.address(&ADS_URL, &[version, "customers", &method]),
            secret_query: vec![],
            headers: [bearer(&to.token)].into_iter().chain(login).collect(),
            body: Some(Body::Events(ads_payload::body(to, events))),
            secret_body: vec![],
        }
    }

    fn unfit(&self, event: &Event) -> Option<&'static str> {
        payload::unfit(event)
    }

    fn verdict(&self, answer: &Answer, sent: usize) -> Verdict {
        ads_verdict::read(answer, sent)
    }

    fn verdict_of_test(&self, answer: &Answer, sent: usize) -> Verdict {
        ads_verdict::read_of_test(answer, sent)
    }

    fn transports(&self) -> &'static [Transport] {
        TRANSPORTS
    }

    fn transport(&self) -> Option<&'static str> {
        Some(WORD)
    }

    fn refresh(&self) -> Option<&dyn Refresh> {
        Some(&Google)
    }
}
