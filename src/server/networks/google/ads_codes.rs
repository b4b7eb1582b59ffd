//! What the error codes of the Google Ads API mean for a conversion. PURE.
//! https://developers.google.com/google-ads/api/reference/rpc/v26/ConversionUploadErrorEnum.ConversionUploadError and the families beside it

use crate::model::{HOUR, MINUTE, Millis};
use crate::server::networks::contract::Outcome;

/// Clicks, and new conversion actions, take conversions after six hours.
const YOUNG_WAIT: Millis = 6 * HOUR;
/// Where Google does not say how long: a burst is over soon, a day's operations are not.
const BURST_WAIT: Millis = MINUTE;
const QUOTA_WAIT: Millis = HOUR;

/// In the order of their weight: of several things said of a conversion the last one here decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Means {
    /// Google has it already, as its words say.
    Taken,
    /// Google took note of it and found no ad to credit.
    NotCredited,
    /// Refused for what the conversion says.
    Event,
    /// Refused for the action that it counts under.
    Action,
    Later(Option<Millis>),
    /// A quota is used up, for so long where Google does not say.
    Throttled(Millis),
    /// It broke inside; Google may have taken the conversion.
    Unknown,
    /// Somebody has to accept or allow something first.
    Account,
    /// The import is closed to this integration.
    Closed,
    Credentials,
}

/// Codes of whichever family. What is not listed is about the conversion, or in an answer without any as its status says.
#[rustfmt::skip]
pub const CODES: &[(&str, Means)] = &[
    ("CLICK_CONVERSION_ALREADY_EXISTS", Means::Taken),
    ("ORDER_ID_ALREADY_IN_USE", Means::Taken),
    ("CLICK_NOT_FOUND", Means::NotCredited),
    ("NO_CONVERSION_ACTION_FOUND", Means::Action),
    ("INVALID_CONVERSION_ACTION_TYPE", Means::Action),
    ("CUSTOM_VARIABLE_NOT_ENABLED", Means::Action),
    // Two of one call, of which Google takes neither: apart they go through.
    ("DUPLICATE_ORDER_ID", Means::Later(None)),
    ("DUPLICATE_CLICK_CONVERSION_IN_REQUEST", Means::Later(None)),
    ("TOO_RECENT_EVENT", Means::Later(Some(YOUNG_WAIT))),
    // Its name before version 16.
    ("TOO_RECENT_CLICK", Means::Later(Some(YOUNG_WAIT))),
    ("TOO_RECENT_CONVERSION_ACTION", Means::Later(Some(YOUNG_WAIT))),
    ("RESOURCE_EXHAUSTED", Means::Throttled(QUOTA_WAIT)),
    ("RESOURCE_TEMPORARILY_EXHAUSTED", Means::Throttled(BURST_WAIT)),
    ("RATE_LIMIT_EXCEEDED", Means::Throttled(BURST_WAIT)),
    ("CONCURRENT_MODIFICATION", Means::Later(None)),
    ("INTERNAL_ERROR", Means::Unknown),
    ("TRANSIENT_ERROR", Means::Unknown),
    ("DEADLINE_EXCEEDED", Means::Unknown),
    ("CUSTOMER_NOT_ACCEPTED_CUSTOMER_DATA_TERMS", Means::Account),
    ("CUSTOMER_NOT_ENABLED_ENHANCED_CONVERSIONS_FOR_LEADS", Means::Account),
    ("CUSTOMER_DATA_POLICY_PROHIBITS_ENHANCED_CONVERSIONS", Means::Account),
    ("USER_PERMISSION_DENIED", Means::Account),
    ("PROJECT_DISABLED", Means::Account),
    ("AUTHORIZATION_ERROR", Means::Account),
    ("ACTION_NOT_PERMITTED", Means::Account),
    ("INCOMPLETE_SIGNUP", Means::Account),
    ("MISSING_TOS", Means::Account),
    ("INVALID_LOGIN_CUSTOMER_ID", Means::Account),
    ("INVALID_LOGIN_CUSTOMER_ID_SERVING_CUSTOMER_ID_COMBINATION", Means::Account),
    ("SERVICE_ACCESS_DENIED", Means::Account),
    ("ACCESS_DENIED_FOR_ACCOUNT_TYPE", Means::Account),
    ("CUSTOMER_NOT_ENABLED", Means::Account),
    ("CLOUD_PROJECT_NOT_UNDER_ORGANIZATION", Means::Account),
    ("ACTION_NOT_PERMITTED_FOR_SUSPENDED_ACCOUNT", Means::Account),
    ("CLOUD_PROJECT_NOT_APPROVED_FOR_PRODUCTION", Means::Account),
    ("DEVELOPER_TOKEN_NOT_APPROVED", Means::Account),
    ("ACCESS_PROHIBITED", Means::Account),
    ("INVALID_CUSTOMER_ID", Means::Account),
    ("CUSTOMER_NOT_FOUND", Means::Account),
    ("UNSUPPORTED_VERSION", Means::Account),
    ("SERVICE_DISABLED", Means::Account),
    ("CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE", Means::Closed),
    ("OAUTH_TOKEN_INVALID", Means::Credentials),
    ("OAUTH_TOKEN_EXPIRED", Means::Credentials),
    ("OAUTH_TOKEN_DISABLED", Means::Credentials),
    ("OAUTH_TOKEN_REVOKED", Means::Credentials),
    ("NOT_ADS_USER", Means::Credentials),
    ("GOOGLE_ACCOUNT_DELETED", Means::Credentials),
    ("TWO_STEP_VERIFICATION_NOT_ENROLLED", Means::Credentials),
    ("ADVANCED_PROTECTION_NOT_ENROLLED", Means::Credentials),
    ("AUTHENTICATION_ERROR", Means::Credentials),
    ("ACCESS_TOKEN_SCOPE_INSUFFICIENT", Means::Credentials),
    ("ACCESS_TOKEN_EXPIRED", Means::Credentials),
    ("CREDENTIALS_MISSING", Means::Credentials),
];

pub fn means(code: &str) -> Option<Means> {
    CODES.iter().find(|(known, _)| *known == code).map(|(_, means)| *means)
}

impl Means {
    /// What becomes of a conversion of which it is said, with these words; `asked` is a wait that Google named.
    pub fn outcome(self, words: Option<&str>, asked: Option<Millis>) -> Outcome {
        match self {
            Self::Taken => Outcome::Accepted { note: words.map(str::to_owned) },
            Self::NotCredited => Outcome::NotCredited { note: words.map(str::to_owned) },
            Self::Event | Self::Action => Outcome::Payload,
            Self::Later(wait) => Outcome::Transient { wait: asked.or(wait), unknown: false },
            Self::Throttled(wait) => Outcome::Throttled { wait: asked.or(Some(wait)) },
            Self::Unknown => Outcome::Transient { wait: asked, unknown: true },
            Self::Account => Outcome::Permission,
            Self::Closed => Outcome::Closed,
            Self::Credentials => Outcome::Credentials,
        }
    }
}
