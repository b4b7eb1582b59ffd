//! What became of the events of a request, as `requestStatus:retrieve` tells it: a status for each destination, and how many events met
//! which reason. PURE. https://developers.google.com/data-manager/api/devguides/diagnostics

use super::verdict::{self, Means};
use super::{DATA_MANAGER_URL, Google, bearer};
use crate::model::{HOUR, MINUTE, Millis};
use crate::server::networks::answers;
use crate::server::networks::contract::{Answer, Destination, Later, Outcome, Quota, Request, Settings, Told, Word};
use http::Method;
use serde_json::Value;

/// Google asks for half an hour before the first question and for growing waits over a day.
const WAITS: &[Millis] = &[30 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 8 * HOUR];
/// Of the Cloud project, for the service that takes events and for the one that tells of them.
/// https://developers.google.com/data-manager/api/devguides/limits
const SENDING: Quota = Quota { a_minute: 300, a_day: 100_000 };
const ASKING: Quota = Quota { a_minute: 300, a_day: 50_000 };
/// A click is known after about six hours.
const FRESH_CLICK_WAIT: Millis = 6 * HOUR;

/// What a reason means for the event that met it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It counts: another request had brought it.
    Counted,
    NotCredited,
    /// It may count when it is sent again.
    Later(Option<Millis>),
    Refused,
    /// The account may not be sent to as it is.
    Account,
}

const BAD_CLICK_ID: &str = "The click id is none that Google made: perhaps the site cut it short or changed it.";

/// `ProcessingErrorReason` without its prefix. What is not listed is a refusal.
#[rustfmt::skip]
pub const REASONS: &[(&str, Fate, &str)] = &[
    ("DUPLICATE_TRANSACTION_ID", Fate::Counted, "Google had counted this event id already."),
    ("DUPLICATE_GCLID", Fate::Counted, "Google had counted a conversion of this click already."),
    ("CLICK_NOT_FOUND", Fate::NotCredited, "Google knows no ad click of this account behind the click id."),
    ("USER_ID_NOT_FOUND", Fate::NotCredited, "Google knows nobody by this email or phone number who met one of the ads."),
    ("USER_ID_NOT_FOUND_FOR_GCLID", Fate::NotCredited, "Google does not know the email or phone number of who clicked."),
    ("TOO_RECENT_CLICK", Fate::Later(Some(FRESH_CLICK_WAIT)), "Google knows a click about six hours after it was made."),
    ("INTERNAL_ERROR", Fate::Later(None), "Google had a problem of its own."),
    ("DENIED_CONSENT", Fate::Refused, "Google has it that the player does not allow their data to be used for ads."),
    ("NO_CONSENT", Fate::Refused, "Where the player lives, Google counts only who has agreed, and consent was not sent."),
    ("UNKNOWN_CONSENT", Fate::Refused, "Where the player lives, Google counts only who has agreed, and what was sent does not say so."),
    ("DESTINATION_ACCOUNT_ENHANCED_CONVERSIONS_TERMS_NOT_SIGNED", Fate::Account, "Somebody has to accept the customer data terms in Google Ads, under Goals, Settings."),
    ("CUSTOM_VARIABLE_NOT_ENABLED", Fate::Refused, "The account does not have the custom variable."),
    ("EVENT_TOO_OLD", Fate::Refused, "The event is older than Google takes."),
    ("INVALID_GCLID", Fate::Refused, BAD_CLICK_ID),
    ("INVALID_GBRAID", Fate::Refused, BAD_CLICK_ID),
    ("INVALID_WBRAID", Fate::Refused, BAD_CLICK_ID),
    ("INVALID_AD_IDENTIFIERS", Fate::Refused, BAD_CLICK_ID),
    ("INVALID_EVENT", Fate::Refused, "Google cannot use the event as it is."),
    ("INVALID_FORMAT", Fate::Refused, "Google cannot read a part of the event."),
    ("OPERATING_ACCOUNT_MISMATCH_FOR_AD_IDENTIFIER", Fate::Refused, "The click belongs to another Google Ads account than the conversion action."),
    ("INVALID_OPERATING_ACCOUNT_FOR_CLICK", Fate::Refused, "The click belongs to another Google Ads account than the conversion action."),
    ("ONE_PER_CLICK_CONVERSION_ACTION_NOT_PERMITTED_WITH_BRAID", Fate::Refused, "The conversion action counts one per click; clicks from apps and iPhones (wbraid, gbraid) need one that counts every conversion."),
    ("CONVERSION_PRECEDES_CLICK", Fate::Refused, "By Google's clock the conversion was before the click."),
    ("INVALID_CLICK", Fate::Refused, "Google took the click for an accidental or automatic one."),
    ("EXTERNAL_ATTRIBUTION_DATA_MISSING", Fate::Refused, "The conversion action wants attribution from elsewhere: choose one that is made for imports from clicks."),
];

impl Later for Google {
    fn receipt(&self, answer: &Answer) -> Option<String> {
        answers::words(&answer.json()["requestId"]).filter(|_| answer.success())
    }

    fn waits(&self) -> &'static [Millis] {
        WAITS
    }

    fn ask(&self, settings: &Settings, of: &Destination, receipt: &str) -> Request {
        let mut url = settings.address(&DATA_MANAGER_URL, &["v1", "requestStatus:retrieve"]);
        url.query_pairs_mut().append_pair("requestId", receipt);
        Request { method: Method::GET, url, secret_query: vec![], headers: vec![bearer(&of.token)], body: None, secret_body: vec![] }
    }

    fn told(&self, answer: &Answer, events: usize) -> Told {
        read(answer, events)
    }

    fn sending(&self) -> Quota {
        SENDING
    }

    fn asking(&self) -> Quota {
        ASKING
    }
}

fn read(answer: &Answer, events: usize) -> Told {
    let body = answer.json();
    let destinations = body["requestStatusPerDestination"].as_array().map(Vec::as_slice).unwrap_or_default();
    if !answer.success() || destinations.is_empty() {
        return no_status(answer, &body);
    }
    let status = |one: &Value| answers::words(&one["requestStatus"]).unwrap_or_default();
    let statuses: Vec<String> = destinations.iter().map(status).collect();
    let is = |words: &[&str]| statuses.iter().all(|status| words.contains(&status.as_str()));
    match () {
        () if is(&["SUCCESS"]) => Told { word: Word::Counted, code: None, says: None },
        () if !is(&["SUCCESS", "FAILED", "PARTIAL_SUCCESS"]) => Told { word: Word::Nothing { wait: None }, code: None, says: None },
        () if events > 1 => Told { word: Word::Some, code: reasons(destinations).first().cloned(), says: None },
        () => of_one(destinations),
    }
}

/// What the reasons mean for the only event: the worst of them.
fn of_one(destinations: &[Value]) -> Told {
    let met = reasons(destinations).into_iter().map(|reason| {
        let known = REASONS.iter().find(|(known, ..)| *known == reason);
        (known.map_or(Fate::Refused, |(_, fate, _)| *fate), known.map(|(.., says)| *says), reason)
    });
    let none = (Fate::Refused, Some("Google gives no reason."), "FAILED".to_owned());
    let (fate, says, reason) = met.max_by_key(|(fate, ..)| *fate).unwrap_or(none);
    let word = match fate {
        Fate::Counted => Word::Counted,
        Fate::NotCredited => Word::NotCredited,
        Fate::Later(wait) => Word::Uncounted(Outcome::Transient { wait, unknown: false }),
        Fate::Refused => Word::Uncounted(Outcome::Payload),
        Fate::Account => Word::Uncounted(Outcome::Permission),
    };
    Told { word, code: Some(reason), says }
}

/// Every reason that any destination names, without the prefix that they share.
fn reasons(destinations: &[Value]) -> Vec<String> {
    let counts = destinations.iter().flat_map(|one| one["errorInfo"]["errorCounts"].as_array().cloned().unwrap_or_default());
    let bare = |reason: String| {
        let rest = reason.strip_prefix("PROCESSING_ERROR_REASON_").or_else(|| reason.strip_prefix("PROCESSING_ERROR_"));
        rest.map(str::to_owned).unwrap_or(reason)
    };
    counts.filter_map(|count| answers::words(&count["reason"])).map(bare).collect()
}

/// An answer that tells of no request. Only one about the token has anybody act; all else may be better at the next question.
fn no_status(answer: &Answer, body: &Value) -> Told {
    let reason = super::error_of(body).and_then(verdict::front_reason);
    let refused = answer.status == 401 || reason.as_deref().and_then(verdict::means) == Some(Means::Credentials);
    let word = if refused { Word::Credentials } else { Word::Nothing { wait: answer.retry_after } };
    Told { word, code: reason, says: None }
}

#[cfg(test)]
#[path = "told_tests.rs"]
mod tests;
