//! Why a change to a connection did not happen, for the person who asked for it.

use super::Millis;
use serde::{Deserialize, Serialize};

super::words! {
    /// A closed set: what the network said in its own words is kept in the session, not in the address.
    ConnectProblem {
        Refused = "refused", NoAccess = "no_access", Unavailable = "unavailable", NotConfigured = "not_configured",
        Target = "target", Token = "token", TestCode = "test_code", Stale = "stale", Denied = "denied",
        NotInList = "not_in_list", Confirm = "confirm", NoTestCode = "no_test_code", GoalUnmet = "goal_unmet",
        Action = "action",
    }
}

impl ConnectProblem {
    pub const fn says(self) -> &'static str {
        match self {
            Self::Refused => "The network refuses this. Nothing was changed.",
            Self::NoAccess => "The token is good, but it may not use this account or pixel. Nothing was changed.",
            Self::Unavailable => "The network gave no usable answer. Try again in a moment; nothing was changed.",
            Self::NotConfigured => "The operator of this instance has not set the app id and secret of this network yet.",
            Self::Target => "This id is not one of the network's: check it for missing or extra characters.",
            Self::Token => "Paste the whole token, without spaces around or inside it.",
            Self::TestCode => "This test code is not one of the network's: check it for missing or extra characters.",
            Self::Stale => {
                "This consent is no longer valid: it was given too long ago, in another session, or has been used. Start again with Connect."
            }
            Self::Denied => "You did not allow the connection at the network. Nothing was changed.",
            Self::NotInList => "This account or pixel is not one that the token may use. Pick one from the list.",
            Self::NoTestCode => "A test event needs the network's test code. Save one above, then send it.",
            Self::GoalUnmet => {
                "No made-up event passes this goal's filter. Send one from the game, marked as test, or choose another goal."
            }
            Self::Action => {
                "What was chosen for a goal cannot be chosen (any more). Refresh the list and choose again; nothing was changed."
            }
            Self::Confirm => "Postbacks wait for the present account or pixel. Confirm that they are cancelled, or go back.",
        }
    }
}

/// A try to connect that failed, kept in the session so that the page can say why and nothing has to be typed twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastTry {
    pub network: String,
    pub said: Option<NetworkSaid>,
    pub typed: Typed,
    pub at: Millis,
}

/// What a network said when it refused to be connected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkSaid {
    pub code: Option<String>,
    pub words: String,
}

/// What stood in the fields of a form; never the token.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Typed {
    pub target: String,
    pub test_code: String,
}
