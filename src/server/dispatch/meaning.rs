//! PURE: what an attempt means, in a sentence for the marketer who reads the log.

use super::retry::{Failure, Next};
use crate::model::attempt::AttemptStatus;
use crate::model::conversion::Reason;
use crate::model::{DAY, HOUR};
use crate::server::networks::contract::{Outcome, Spec};

/// What a call brought, as far as its meaning goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Brought {
    /// No byte of it reached the network.
    Unreached,
    /// It went out and no answer came back.
    Silence,
    /// An HTTP status.
    Status(u16),
}

/// The word in the status column.
pub fn status(next: Next) -> AttemptStatus {
    match next {
        Next::Accepted => AttemptStatus::Success,
        Next::Again { .. } => AttemptStatus::Retried,
        Next::Park { .. } | Next::Failed(_) | Next::Expired => AttemptStatus::Failed,
    }
}

/// What a call means; `receipt`: the network tells later what became of its events.
pub fn of_call(spec: &Spec, brought: Brought, outcome: &Outcome, next: Next, receipt: bool) -> String {
    let (name, target) = (spec.short, spec.target_noun.to_lowercase());
    match outcome {
        Outcome::Accepted { .. } if receipt => {
            format!("{name} took the conversion. That is a receipt: Postbacks asks {name} later whether it counts.")
        }
        Outcome::Accepted { .. } => format!("{name} took the conversion."),
        Outcome::NotCredited { .. } => {
            format!("{name} read the conversion and credits it to no ad. Nothing is wrong with it, and it is not sent again.")
        }
        Outcome::Payload => format!("{name} refuses what this conversion says, in the words shown here. It is not sent again."),
        Outcome::Credentials => format!(
            "{name} refuses the access token. Nothing is lost: this and every other postback of the connection waits until it has a good token."
        ),
        Outcome::Permission | Outcome::Closed if next == Next::Failed(Failure::NoPermission) => {
            format!(
                "{name} does not let the access token send this to the {target}, and has said so after every new start. Postbacks has given up."
            )
        }
        Outcome::Permission => format!(
            "The access token is good, but {name} does not let it send to this {target}. Nothing is lost: every postback of the connection \
             waits until the access is given and somebody presses “Try again”."
        ),
        Outcome::Closed => format!(
            "{name} does not take conversions this way from this Postbacks. Nothing is lost: every postback of the connection waits until \
             somebody chooses another way of sending on its page."
        ),
        Outcome::Throttled { .. } => format!("{name} asked to slow down. {}", what_now(spec, next)),
        Outcome::Transient { .. } => {
            let problem = match brought {
                Brought::Unreached => format!("{name} could not be reached."),
                Brought::Silence => format!("{name} did not answer, so it may have taken the conversion or not."),
                Brought::Status(_) => format!("{name} had a temporary problem."),
            };
            format!("{problem} {}", what_now(spec, next))
        }
    }
}

/// What it means that the network took the conversion and refused it later; `why` is empty or begins with a space.
pub fn of_late_refusal(spec: &Spec, outcome: &Outcome, why: &str, next: Next) -> String {
    let then = match (outcome, next) {
        (Outcome::Payload, _) => "It is not sent again.".into(),
        (_, Next::Park { .. }) => {
            "Nothing is lost: every postback of the connection waits until this is set right and somebody presses “Try again”.".into()
        }
        (_, Next::Failed(Failure::NoPermission)) => "It has said so after every new start, so Postbacks has given up.".into(),
        _ => what_now(spec, next),
    };
    format!("{} took the conversion, and when it worked on it, refused it.{why} {then}", spec.short)
}

fn what_now(spec: &Spec, next: Next) -> String {
    match next {
        Next::Again { .. } => "Postbacks tries again by itself, with the same event id, so that it cannot be counted twice.".into(),
        Next::Expired => format!("No retry is left: {}", too_old(spec)),
        Next::Failed(Failure::UnknownResult) => format!("No retry is left: {}", may_be_counted(spec)),
        Next::Failed(_) | Next::Park { .. } | Next::Accepted => "No retry is left after 72 hours: Postbacks has given up.".into(),
    }
}

/// What an end without a call means.
pub fn of_no_call(spec: &Spec, next: Next) -> String {
    match next {
        Next::Expired => format!("Nothing was sent: {}", too_old(spec)),
        Next::Failed(Failure::UnknownResult) => format!("It was not sent again: {}", may_be_counted(spec)),
        Next::Failed(Failure::Poison) => {
            "Postbacks stopped again and again while it worked on this postback, so it is set aside. Please report it with its attribution \
             event id."
                .into()
        }
        Next::Failed(Failure::Unreadable) => {
            "It is stored in a form that this version of Postbacks does not read. Please report it with its attribution event id.".into()
        }
        Next::Failed(Failure::Unfit(why)) => format!("Nothing was sent. {why}"),
        Next::Failed(Failure::TestWithoutCode) => Reason::TestWithoutCode.explain().0.into(),
        Next::Failed(_) | Next::Again { .. } | Next::Park { .. } | Next::Accepted => "Nothing was sent.".into(),
    }
}

/// Why a postback ended; None while it is open or where it arrived.
pub fn ended(spec: &Spec, next: Next) -> Option<String> {
    let name = spec.short;
    let words = match next {
        Next::Accepted | Next::Again { .. } | Next::Park { .. } => return None,
        Next::Expired => format!("too old for {name}"),
        Next::Failed(Failure::Payload) => format!("refused by {name}"),
        Next::Failed(Failure::GaveUp) => "no success in 72 hours of retries".into(),
        Next::Failed(Failure::UnknownResult) => "unknown result".into(),
        Next::Failed(Failure::NoPermission) => format!("not allowed by {name}"),
        Next::Failed(Failure::Poison) => "set aside after stopping Postbacks".into(),
        Next::Failed(Failure::Unreadable) => "stored in a form that is not read any more".into(),
        Next::Failed(Failure::Unfit(_)) => format!("not fit for {name}"),
        Next::Failed(Failure::TestWithoutCode) => "a test event without a test code".into(),
    };
    Some(words)
}

/// How an accepted postback stands that was credited to no ad.
pub fn not_credited(code: Option<&str>) -> String {
    code.map_or_else(|| "not credited".to_owned(), |code| format!("not credited: {code}"))
}

fn too_old(spec: &Spec) -> String {
    format!("{} takes events that are up to {} days old, and Postbacks keeps an hour's margin.", spec.short, spec.max_age / DAY)
}

fn may_be_counted(spec: &Spec) -> String {
    format!(
        "{} may have taken the conversion at an earlier try that brought no clear answer, and after {} hours it would count it twice.",
        spec.short,
        spec.dedup_window / HOUR
    )
}
