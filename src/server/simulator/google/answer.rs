//! Google's error objects (wire page G1.4, G2.2, G2.3, G2.5) and how they are answered. Wording that no page gives is ours.

use crate::server::simulator::role::Answer;
use serde_json::{Value, json};

/// What carries the errors of the Google Ads API.
pub const ADS_FAILURE: &str = "type.googleapis.com/google.ads.googleads.v26.errors.GoogleAdsFailure";
pub const REQUEST: &str = "6ZzWYdnLXqWTbPHvNOSUcA";

/// Why a call of one of the APIs is refused.
#[derive(Debug, Clone)]
pub struct Refusal {
    pub status: u16,
    pub word: &'static str,
    pub message: String,
    pub details: Vec<Value>,
    /// Events to blame.
    pub events: Vec<(usize, String)>,
}

/// `400 INVALID_ARGUMENT` and the like.
pub fn refusal(status: u16, word: &'static str, message: impl Into<String>) -> Refusal {
    Refusal { status, word, message: message.into(), details: Vec::new(), events: Vec::new() }
}

impl Refusal {
    pub fn reason(mut self, domain: &str, reason: &str, metadata: Value) -> Self {
        self.details
            .push(json!({"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": domain, "metadata": metadata}));
        self
    }

    /// A failure of the Google Ads API.
    pub fn ads(mut self, family: &str, code: &str, message: &str) -> Self {
        let errors = json!([{"errorCode": {family: code}, "message": message}]);
        self.details.push(json!({"@type": ADS_FAILURE, "errors": errors, "requestId": REQUEST}));
        self
    }

    pub fn answer(&self) -> Answer {
        let mut error = json!({"code": self.status, "message": self.message, "status": self.word});
        if !self.details.is_empty() {
            error["details"] = self.details.clone().into();
        }
        Answer { code: None, words: self.words(), ..sent(self.status, &json!({ "error": error })) }
    }

    fn words(&self) -> String {
        self.events.first().map_or_else(|| self.message.clone(), |(_, words)| words.clone())
    }
}

pub fn unauthenticated() -> Refusal {
    let words = "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.";
    refusal(401, "UNAUTHENTICATED", words).reason("googleapis.com", "ACCESS_TOKEN_EXPIRED", json!({}))
}

pub fn scope() -> Refusal {
    refusal(403, "PERMISSION_DENIED", "Request had insufficient authentication scopes.").reason(
        "googleapis.com",
        "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
        json!({}),
    )
}

pub fn ok(body: &Value) -> Answer {
    sent(200, body)
}

/// An answer of the token endpoint that is no token.
pub fn oauth(status: u16, error: &str, description: &str) -> Answer {
    sent(status, &json!({"error": error, "error_description": description}))
}

fn sent(status: u16, body: &Value) -> Answer {
    let content_type = "application/json; charset=UTF-8";
    Answer { status, content_type, retry_after: None, code: None, words: String::new(), body: body.to_string() }
}

/// An answer of trouble; a throttle names its quota.
pub fn trouble(status: Option<u16>, _code: Option<i64>, message: Option<&str>) -> Answer {
    let status = status.unwrap_or(503);
    let (word, words) = match status {
        401 => return unauthenticated().answer(),
        403 => ("PERMISSION_DENIED", "The caller does not have permission"),
        429 => ("RESOURCE_EXHAUSTED", "Quota exceeded for quota metric 'Ingestion mutate requests'."),
        500 => ("INTERNAL", "Internal error encountered."),
        501.. => ("UNAVAILABLE", "The service is currently unavailable."),
        _ => ("INVALID_ARGUMENT", "There was a problem with the request."),
    };
    let refusal = refusal(status, word, message.unwrap_or(words));
    match status {
        429 => {
            let limit = json!({"quota_limit": "IngestionMutateRequestsPerMinutePerProject", "service": "datamanager.googleapis.com"});
            refusal.reason("googleapis.com", "RATE_LIMIT_EXCEEDED", limit)
        }
        _ => refusal,
    }
    .answer()
}
