//! PURE: the indicator beside a connection's enabled badge, from what its row and its latest attempts say.

use crate::model::Millis;
use crate::model::attempt::AttemptStatus;
use crate::model::connection::{Health, ParkCause, Parked};

/// An attempt as far as health goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recent {
    pub time: Millis,
    pub status: AttemptStatus,
    /// The network's words, else what the attempt means.
    pub words: Option<String>,
}

/// What health is judged by. Test messages are left out everywhere.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    pub parked: Option<Parked>,
    /// Any production postback was ever delivered.
    pub ever_delivered: bool,
    /// The last hour's attempts since the connection was last let go, newest first.
    pub last_hour: Vec<Recent>,
}

/// Parked beats failing beats silent.
pub fn health(facts: &Facts) -> Health {
    if let Some(parked) = &facts.parked {
        let (since, words) = (parked.since, parked.words.clone());
        return match parked.cause {
            ParkCause::Credentials | ParkCause::Permission => Health::CredentialFailures { since, words },
            // The token is good, and so is what it may do.
            ParkCause::Closed => Health::Failing { since, words },
        };
    }
    let wrong = |recent: &&Recent| recent.status != AttemptStatus::Success;
    let failed = facts.last_hour.iter().filter(wrong).count();
    if let Some(latest) = facts.last_hour.iter().find(wrong)
        && failed * 2 > facts.last_hour.len()
    {
        let first = facts.last_hour.iter().take_while(wrong).last().unwrap_or(latest);
        return Health::Failing { since: first.time, words: latest.words.clone().unwrap_or_default() };
    }
    if facts.ever_delivered { Health::Delivering } else { Health::NoRecentActivity }
}

#[cfg(test)]
mod tests {
    use super::*;
    use AttemptStatus::{Failed, Retried, Success};

    /// Attempts a second apart, the newest first.
    fn facts(statuses: &[AttemptStatus]) -> Facts {
        let attempt = |(age, status): (usize, &AttemptStatus)| Recent {
            time: 1_000 - age as Millis,
            status: *status,
            words: (*status != Success).then(|| format!("trouble {age}")),
        };
        Facts { parked: None, ever_delivered: true, last_hour: statuses.iter().enumerate().map(attempt).collect() }
    }

    #[test]
    fn a_refused_token_is_said_whatever_else_there_is() {
        let parked = Parked { cause: ParkCause::Credentials, since: 7, words: "token expired".into() };
        let facts = Facts { parked: Some(parked), ..facts(&[Success, Success]) };
        assert_eq!(health(&facts), Health::CredentialFailures { since: 7, words: "token expired".into() });
    }

    #[test]
    fn a_closed_transport_is_no_trouble_with_the_token() {
        let parked = Parked { cause: ParkCause::Closed, since: 7, words: "not on the list".into() };
        let facts = Facts { parked: Some(parked), ..facts(&[Success]) };
        assert_eq!(health(&facts), Health::Failing { since: 7, words: "not on the list".into() });
    }

    #[test]
    fn most_of_the_last_hour_failed() {
        let bad = facts(&[Retried, Failed, Success, Failed]);
        assert_eq!(
            health(&bad),
            Health::Failing { since: 999, words: "trouble 0".into() },
            "since the first trouble after the last success"
        );
        assert_eq!(health(&facts(&[Success, Retried, Failed])), Health::Failing { since: 999, words: "trouble 1".into() });
    }

    #[test]
    fn half_is_not_most_and_quiet_is_not_wrong() {
        assert_eq!(health(&facts(&[Failed, Success])), Health::Delivering);
        assert_eq!(health(&facts(&[])), Health::Delivering);
        assert_eq!(health(&Facts { ever_delivered: false, ..facts(&[]) }), Health::NoRecentActivity);
        assert_eq!(Health::NoRecentActivity.wording(), Some("No recent activity"));
    }
}
