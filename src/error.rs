//! What a person may be told: a closed set without free text. Causes go to tracing, never to the browser.

use crate::model::carried_key::KeyProblem;
use crate::model::connect::ConnectProblem;
use crate::model::number::counted;
use crate::model::resend::ResendProblem;
use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum AppError {
    #[error("Sign in to go on.")]
    SignedOut,
    #[error("There is nothing at this address.")]
    NotFound,
    #[error("Your role does not allow this. Ask an owner or admin.")]
    NotAllowed,
    #[error("Too many tries. Wait a minute and try again.")]
    TooMany,
    #[error("Postbacks cannot reach its database. Try again in a moment.")]
    Unavailable,
    /// A connection was not changed.
    #[error("{}", .0.says())]
    Connect(ConnectProblem),
    /// Nothing was sent again.
    #[error("{}", .0.says())]
    Resend(ResendProblem),
    /// The form was not one of ours, or a field of it was missing.
    #[error("The form could not be read. Open the page again and try once more.")]
    BadForm,
    #[error("Email and password do not match. {} left before a 15-minute wait.", counted(i64::from(*left), "try", "tries"))]
    WrongPassword { left: u32 },
    #[error("Too many wrong tries. Wait {minutes} min and try again.")]
    TooManyTries { minutes: u32 },
    #[error("This is not the code that the server printed.")]
    WrongCode,
    #[error("There is an owner already. Sign in, or ask them for an account.")]
    AlreadySetUp,
    #[error("This is not an email address.")]
    EmailInvalid,
    #[error("A password has at least 12 characters.")]
    PasswordTooShort,
    #[error("A password has at most 200 characters.")]
    PasswordTooLong,
    #[error("This is not your password.")]
    WrongOldPassword,
    #[error("Give the game a name.")]
    GameNameMissing,
    #[error("A game's name has up to 80 characters, in one line.")]
    GameNameUnfit,
    #[error("An address has lower-case letters, digits and hyphens, at most 40, and is not “new”.")]
    SlugInvalid,
    #[error("Another game has this address.")]
    SlugTaken,
    /// A key was not taken over.
    #[error("{0}")]
    Key(KeyProblem),
    #[error("Type the word as it is asked for, or cancel.")]
    NotTyped,
    /// The browser could not reach the server.
    #[error("Postbacks did not answer. Check your connection and try again.")]
    NoAnswer,
}

impl AppError {
    /// Whether it is about what a form asked for. The rest is said by the frame of the page that a form leads back to.
    pub const fn is_of_a_form(self) -> bool {
        !matches!(
            self,
            Self::SignedOut | Self::NotFound | Self::NotAllowed | Self::TooMany | Self::Unavailable | Self::BadForm | Self::NoAnswer
        )
    }

    /// The HTTP status of an answer that carries this error.
    pub const fn status(self) -> u16 {
        match self {
            Self::SignedOut => 401,
            Self::NotAllowed => 403,
            Self::NotFound => 404,
            Self::TooMany | Self::TooManyTries { .. } => 429,
            Self::AlreadySetUp | Self::SlugTaken | Self::Resend(ResendProblem::Running | ResendProblem::Changed | ResendProblem::Ended) => {
                409
            }
            Self::Unavailable | Self::NoAnswer => 503,
            Self::WrongPassword { .. } | Self::WrongCode | Self::WrongOldPassword => 403,
            Self::BadForm
            | Self::NotTyped
            | Self::Key(_)
            | Self::Connect(_)
            | Self::Resend(_)
            | Self::EmailInvalid
            | Self::PasswordTooShort
            | Self::PasswordTooLong
            | Self::GameNameMissing
            | Self::GameNameUnfit
            | Self::SlugInvalid => 422,
        }
    }
}

impl FromServerFnError for AppError {
    type Encoder = JsonEncoding;

    /// Also what an `__err` in the address decodes to that is none of ours.
    fn from_server_fn_error(cause: ServerFnErrorErr) -> Self {
        match cause {
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) | ServerFnErrorErr::Deserialization(_) => Self::BadForm,
            ServerFnErrorErr::Request(_) => Self::NoAnswer,
            _ => Self::Unavailable,
        }
    }
}
