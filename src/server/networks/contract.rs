//! What a network is to the rest of the house: one declared value (SPEC) and pure functions from events to a request
//! and from an answer to a verdict. Networks do no IO.

mod access;
mod actions;
mod batch;
mod connecting;
mod later;
mod naming;
mod transport;

pub use access::{Access, Refresh};
pub use actions::{Action, ActionField, Actions, Offered};
pub use batch::Batch;
pub use connecting::{Choice, Choices, ConnectError, OAuth, Pasted, Token};
pub use later::{Later, Quota, Told, Word};
pub use naming::Naming;
pub use transport::Transport;

use crate::model::Millis;
use crate::model::conversion::Consent;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use url::Url;

/// A network, declared once: form, validation, masking, help, settings and limits derive from it.
pub struct Spec {
    /// The word in URLs and tables: `tiktok`.
    pub slug: &'static str,
    /// `TikTok Ads`
    pub name: &'static str,
    /// `TikTok`, as in “TikTok refuses the token”.
    pub short: &'static str,
    /// Address of its mark, e.g. `/networks/tiktok.svg`; the file lies under `public/`.
    pub picture: &'static str,
    /// What receives events there: `Pixel`.
    pub target_noun: &'static str,
    pub account_noun: &'static str,
    /// What a target id looks like; every id from a form or a list is held against it.
    pub target_id: IdShape,
    pub account_id: IdShape,
    /// What sends events marked as test to the network's test environment; None where the network needs nothing for it.
    pub test: Option<TestField>,
    /// Query parameters that carry its click ids, best first.
    pub click_ids: &'static [&'static str],
    /// UTM sources that mean this network when the medium is a paid one.
    pub utm_sources: &'static [&'static str],
    /// Goal event -> the network's standard event. What is not listed goes out under its own name where the network takes custom events.
    pub events: &'static [(&'static str, &'static str)],
    /// The names that it takes; None where `action` is set.
    pub naming: Option<Naming>,
    /// Set where the network counts nothing by event names: goals are mapped to what people made there, and one that is not stays here.
    pub action: Option<ActionField>,
    /// How long after the click the network takes a conversion; None where only the event's own age counts.
    pub click_life: Option<Millis>,
    /// Whether a conversion without a click id may go out by hashed email (at full consent, latest paid touch this network).
    pub email_fallback: bool,
    /// Oldest event the network takes, by event time; Postbacks keeps one hour's margin.
    pub max_age: Millis,
    /// How long the network recognises a repeated dedup id.
    pub dedup_window: Millis,
    /// Events a call carries at most (ours, not above the network's). Test events go one a call: test consoles show only those.
    pub batch: usize,
    /// Calls at once per connection to start with.
    pub concurrency: usize,
    /// Whether its rate limits are those of this instance's app: when it asks one connection to slow down, all of them do.
    pub shared_quota: bool,
    pub settings: &'static [Setting],
    /// Why an access that has an end date ends, in a sentence or two; empty where none has.
    pub token_ends: &'static str,
    /// Where a person takes the access back at the network itself, in a sentence.
    pub revoke_at: &'static str,
    /// Help shown beside the connect form: plain text, a paragraph a line.
    pub setup: &'static str,
}

/// The optional field of a connection that test events carry.
#[derive(Debug, Clone, Copy)]
pub struct TestField {
    /// `Test event code`
    pub label: &'static str,
    pub shape: IdShape,
    /// What a person has to know before using it; empty where there is nothing.
    pub note: &'static str,
}

/// Characters and length an id may have. Anything else never reaches a URL or a body.
#[derive(Debug, Clone, Copy)]
pub struct IdShape {
    pub min: usize,
    pub max: usize,
    /// Allowed besides ASCII letters and digits.
    pub also: &'static str,
    /// What a person is told when it does not fit.
    pub says: &'static str,
}

impl Spec {
    /// The name under which a goal's event goes out when nobody chose another.
    pub fn event_name<'a>(&self, goal_event: &'a str) -> &'a str {
        self.events.iter().find(|(goal, _)| *goal == goal_event).map_or(goal_event, |(_, name)| name)
    }
}

impl IdShape {
    pub fn fits(&self, text: &str) -> bool {
        (self.min..=self.max).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || self.also.contains(c))
    }
}

/// One setting of a network: read from the environment at start, named in the README's table.
pub struct Setting {
    /// `POSTBACKS_TIKTOK_URL`
    pub env: &'static str,
    pub kind: SettingKind,
    pub default: Option<&'static str>,
    pub says: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingKind {
    Url,
    Text,
    /// Of an API: `v26.0`.
    Version,
    Secret,
}

/// A network's settings as read at start, by environment name.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    pub plain: BTreeMap<&'static str, String>,
    pub secret: BTreeMap<&'static str, SecretString>,
}

impl Settings {
    /// The value of a setting that is no secret, as it was read.
    pub fn plain(&self, env: &str) -> Option<&str> {
        self.plain.get(env).map(String::as_str)
    }

    /// The same, its default where unset.
    pub fn text(&self, setting: &Setting) -> Option<&str> {
        self.plain(setting.env).or(setting.default)
    }

    pub fn secret(&self, env: &str) -> Option<&SecretString> {
        self.secret.get(env)
    }

    /// Where a Url setting leads, with path segments added and percent-encoded; an empty last one ends the path with a slash.
    pub fn address(&self, setting: &Setting, segments: &[&str]) -> Url {
        let set = self.plain(setting.env).and_then(|text| Url::parse(text).ok()).filter(|url| !url.cannot_be_a_base());
        let default = || Url::parse(setting.default.unwrap_or_default()).expect("a Url setting has an absolute default");
        let mut url = set.unwrap_or_else(default);
        url.path_segments_mut().expect("an address with a host has a path").pop_if_empty().extend(segments);
        url
    }
}

/// Where a postback goes: the connection, with its secret opened.
#[derive(Debug, Clone)]
pub struct Destination {
    pub account_id: Option<String>,
    /// The account over which that one is reached, where it is another.
    pub through: Option<String>,
    pub target_id: String,
    /// What a call shows: the stored secret, or the access token that it bought.
    pub token: SecretString,
    /// The token was pasted: it is of another app than this instance's own.
    pub pasted: bool,
    pub test_code: Option<String>,
}

/// Everything one postback may say; kept with it as JSON, so that every try sends the same.
/// Personal fields (`email`, `phone`, `external_id`) are filled at full consent only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// The network's event name, e.g. `Purchase`; at a network with actions, that of the action.
    pub name: String,
    /// Id of the action that it counts under, where the network has such.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// The game's event, e.g. `purchase`.
    pub goal_event: String,
    pub dedup_id: String,
    /// Never earlier than the click.
    pub time: Millis,
    pub click: Option<ClickIds>,
    /// The player's browser: the winning click's, or the event's own when its surface is web or pixel; never a game server's.
    pub browser: Option<Browser>,
    /// userId of the player.
    pub external_id: Option<String>,
    /// Plain, trimmed; the network's payload hashes it by the network's own rule.
    pub email: Option<String>,
    /// Lower-case hex SHA-256 of the lower-cased trimmed address, where only the hash is known.
    pub email_sha256: Option<String>,
    pub phone: Option<String>,
    /// Decimal text exactly as received and ISO 4217 currency; both or none.
    pub value: Option<(String, String)>,
    pub consent: Consent,
    pub test: bool,
}

/// The winning click, as the network knows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClickIds {
    /// Which parameter: `ttclid`, `rdt_cid`, …
    pub kind: String,
    pub id: String,
    pub time: Millis,
    pub fbp: Option<String>,
    pub fbc: Option<String>,
    pub ttp: Option<String>,
    pub rdt_uuid: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Browser {
    pub ip: Option<String>,
    pub user_agent: Option<String>,
    pub page_url: Option<String>,
    pub referrer: Option<String>,
}

/// An outgoing call, whole. Header values and body parts that are secret are named so that they are masked in the log.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: http::Method,
    /// Absolute; ids in it are percent-encoded. Never holds a secret.
    pub url: Url,
    /// Added to the query when the call goes out, masked in the log: some networks want secrets there.
    pub secret_query: Vec<(&'static str, SecretString)>,
    pub headers: Vec<(&'static str, HeaderText)>,
    pub body: Option<Body>,
    /// Added to the top of a JSON object in the body when the call goes out, masked in the log: some networks want secrets there.
    pub secret_body: Vec<(&'static str, SecretString)>,
}

#[derive(Debug, Clone)]
pub enum HeaderText {
    Plain(String),
    /// A secret with what may be shown before it, e.g. `Bearer `.
    Secret {
        before: &'static str,
        secret: SecretString,
    },
}

#[derive(Clone)]
pub enum Body {
    /// Sent as it is and kept in the log as it is: for event calls, which hold no secret.
    Events(Batch),
    /// The same of other calls.
    Json(Value),
    /// Sent as it is, never logged: for token exchanges.
    SecretJson(Value),
    /// The same as a form.
    SecretForm(Vec<(&'static str, SecretString)>),
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Events(batch) => write!(f, "Events({batch:?})"),
            Self::Json(value) => write!(f, "Json({value})"),
            Self::SecretJson(_) => f.write_str("SecretJson(…)"),
            Self::SecretForm(_) => f.write_str("SecretForm(…)"),
        }
    }
}

/// What came back. `body` is capped by the HTTP layer.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub retry_after: Option<Millis>,
    pub body: String,
}

/// What an answer means, from status AND body.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    pub events: Events,
    /// The network's own code, e.g. `40105`.
    pub code: Option<String>,
    /// The network's own words, unchanged (capped by the caller).
    pub words: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Events {
    /// The same for every event of the call.
    All(Outcome),
    /// The call was refused whole because of these events (index in the call, the network's words); the others are sent again at once.
    Bad(Vec<(usize, String)>),
    /// The call was refused whole for its content, and the network does not say which event: halve it until found. With one event it is that one.
    Some,
    /// The network judged each event by itself: one ruling for every event of the call, in their order.
    Each(Vec<Ruling>),
}

/// What became of one event of a call whose events fared differently, with the network's code and words for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Ruling {
    pub outcome: Outcome,
    pub code: Option<String>,
    pub words: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Taken; what that is worth is told later where the network has `Later`. `note` is said in the log when the network had something to add.
    Accepted { note: Option<String> },
    /// Taken, and credited to no ad, which is the network's last word; `note` as above.
    NotCredited { note: Option<String> },
    /// Not taken, because too much was asked of it: may work later, after `wait` where the network names a time.
    Throttled { wait: Option<Millis> },
    /// May work later. `wait` where the network names a time or a code has its own clock. `unknown`: the network may have
    /// taken the events all the same, so that retries must end with its dedup window.
    Transient { wait: Option<Millis>, unknown: bool },
    /// The token is refused: the connection is parked.
    Credentials,
    /// The token is good and may not do this: the connection is parked.
    Permission,
    /// The network takes no events over this transport (any more): the connection is parked until another is chosen.
    Closed,
    /// Refused for what it says: not retried.
    Payload,
}

pub trait Network: Send + Sync + 'static {
    fn spec(&self) -> &'static Spec;

    /// The exact call that carries these events (1 to `spec().batch`, all of one connection and action, all test or all not). Pure.
    /// Test events without a test code are left out of it, so that they can never count: callers end those before.
    fn request(&self, settings: &Settings, to: &Destination, events: &[Event]) -> Request;

    /// Why the network would refuse this event whatever became of the others, in a sentence for the log: such a one is never sent. Pure.
    fn unfit(&self, _event: &Event) -> Option<&'static str> {
        None
    }

    /// What the answer means for the `sent` events of the call. Pure; never panics on any bytes.
    fn verdict(&self, answer: &Answer, sent: usize) -> Verdict;

    /// The same for a call of test events, where the network answers those in another way.
    fn verdict_of_test(&self, answer: &Answer, sent: usize) -> Verdict {
        self.verdict(answer, sent)
    }

    /// The ways in which its events can be sent, the usual one first; none where there is but one.
    fn transports(&self) -> &'static [Transport] {
        &[]
    }

    /// Which of them this is.
    fn transport(&self) -> Option<&'static str> {
        None
    }

    /// How the stored secret buys access tokens, where calls do not show it itself.
    fn refresh(&self) -> Option<&dyn Refresh> {
        None
    }

    /// What goals are mapped to, where `spec().action` says so.
    fn actions(&self) -> Option<&dyn Actions> {
        None
    }

    /// How it tells what became of the events that it took, where taking them is only a receipt.
    fn later(&self) -> Option<&dyn Later> {
        None
    }

    /// The ways to connect: one of the two or both.
    fn oauth(&self) -> Option<&dyn OAuth> {
        None
    }
    fn pasted(&self) -> Option<&dyn Pasted> {
        None
    }
}
