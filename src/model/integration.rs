//! What the pages of an ad network show.

use super::Millis;
use super::action::Mapping;
use super::attempt::{Attempt, Exchange, StatusCounts};
use super::connection::{Connection, Health};
use super::conversion::{KeptBack, NotSent};
use super::event_names::EventNames;
use super::evidence::Evidence;
use super::filter::{Cursor, LogFilter};
use super::network::NetworkCard;
use super::postback::Postback;
use super::resend::RunningResend;
use super::story::Story;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A network on the list of integrations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntegrationCard {
    pub network: NetworkCard,
    pub connection: Option<Connection>,
    pub health: Option<Health>,
    /// Attempts of the last 24 hours.
    pub last_day: StatusCounts,
    /// Postbacks still to be sent.
    pub open: Open,
    /// Clicks with an id of this network in the last 30 days.
    pub clicks: i64,
}

/// The list of integrations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Integrations {
    pub game_name: String,
    pub may_change: bool,
    pub cards: Vec<IntegrationCard>,
    pub now: Millis,
}

/// What a consent that was just given offers to pick from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    pub game_name: String,
    pub network: NetworkCard,
    pub accounts: Vec<Choice>,
    /// The picked account; the only one is picked by itself.
    pub account: Option<Choice>,
    pub targets: Vec<Choice>,
    /// What is connected now: the picks start from it.
    pub present: Option<Connection>,
    pub open: Open,
}

/// An account, pixel or the like that a token may use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    pub id: String,
    pub name: String,
    /// Id of the account over which it is reached, where it is another.
    pub through: Option<String>,
}

/// Postbacks of a connection that are still to be sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    pub count: i64,
    /// When the network stops taking the first of them.
    pub first_deadline: Option<Millis>,
}

/// A page of a list that is read by time and id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    pub rows: Vec<T>,
    pub newer: Option<Cursor>,
    pub older: Option<Cursor>,
}

/// The page of one network: Conversion Postbacks and Delivery logs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Integration {
    pub game_name: String,
    pub may_change: bool,
    pub network: NetworkCard,
    /// The setting that the operator has to make before anybody can connect.
    pub missing_setting: Option<String>,
    pub connection: Option<Connection>,
    /// Active goals that a test event can be sent for.
    pub goals: Vec<GoalName>,
    pub health: Option<Health>,
    pub open: Open,
    /// What goals are mapped to, where the network asks for that and is connected.
    pub mapping: Option<Mapping>,
    /// What goals are called there, where the network knows events by names and is connected.
    pub names: Option<EventNames>,
    pub filter: LogFilter,
    pub counts: StatusCounts,
    pub not_sent: i64,
    /// Of those of all time: what stayed here for a cause that is gone, and can be sent now.
    pub sendable: i64,
    pub log: Page<Attempt>,
    pub resend: Option<RunningResend>,
    /// Why the log is empty, when it is.
    pub evidence: Option<Evidence>,
    pub now: Millis,
}

/// A goal by its name and event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoalName {
    pub id: Uuid,
    pub name: String,
    pub event: String,
}

/// The page of one attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptPage {
    pub game_name: String,
    pub may_change: bool,
    pub network: NetworkCard,
    pub connection: Option<Connection>,
    pub attempt: Attempt,
    pub postback: Postback,
    /// The player's consent and identifiers are for people who may change things; others see them masked.
    pub exchange: Option<Exchange>,
    /// The question that brought the last word on an accepted attempt, and its answer.
    pub last_word: Option<Exchange>,
    pub attempts: Vec<Attempt>,
    pub click: Option<ClickFact>,
    /// Whose conversion it is; None where that player has gone.
    pub player: Option<Uuid>,
    /// Who was in the running for it.
    pub story: Option<Story>,
    pub now: Millis,
}

/// The click that earned a conversion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClickFact {
    pub id: Uuid,
    /// `ttclid`, `rdt_cid`, …; `utm` where it carried no id.
    pub kind: String,
    pub time: Millis,
}

/// The page of what was credited to a network and not sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotSentPage {
    pub game_name: String,
    pub network: NetworkCard,
    pub filter: LogFilter,
    pub list: Page<NotSent>,
    /// What stayed here for a cause that is gone, and can be sent now.
    pub kept_back: Vec<KeptBack>,
    pub resend: Option<RunningResend>,
    pub may_change: bool,
    /// The oldest event that the network takes, in days.
    pub max_age_days: i64,
    pub now: Millis,
}
