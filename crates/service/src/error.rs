//! What a request can fail with, as code and sentence.

use holdfast_contract::{Code, FieldCode, FieldError, Problem};
use holdfast_store as store;

/// Why a request failed. [`problem`](Self::problem) is what the other side gets.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Not signed in, or the device was revoked.
    #[error("not signed in")]
    Unauthenticated,
    /// The account was deleted or suspended.
    #[error("the account is gone")]
    AccountGone,
    /// The push was made for another epoch.
    #[error("the epoch has changed")]
    EpochChanged,
    /// A cursor that this server did not make for this person.
    #[error("the cursor is not valid")]
    InvalidCursor,
    /// The cursor can't be followed any more.
    #[error("resync required: {0}")]
    ResyncRequired(ResyncReason),
    /// More than is taken at once.
    #[error("too large")]
    TooLarge(String),
    /// There is no such thing, or it is not theirs.
    #[error("not found")]
    NotFound,
    /// It is deleted for good or no longer visible.
    #[error("gone")]
    Gone,
    /// They may see it but not do this.
    #[error("forbidden")]
    Forbidden(&'static str),
    /// Something with its own words.
    #[error("{}", .0.code)]
    Problem(Box<Problem>),
    /// Not at the moment.
    #[error("not available ({0})")]
    Unavailable(String),
    /// A defect. Carries codes only, never a person's values.
    #[error("internal: {0}")]
    Internal(String),
}

/// Why a cursor can't be followed any more.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ResyncReason {
    /// It is from another epoch of the database.
    EpochChanged,
    /// It is from a later state of the database than there is: the database went back in time.
    WentBack,
    /// It is older than the oldest entry about a gone place that is kept.
    TooOld,
}

impl ResyncReason {
    /// As a label of a metric.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EpochChanged => "epoch_changed",
            Self::WentBack => "went_back",
            Self::TooOld => "too_old",
        }
    }
}

impl std::fmt::Display for ResyncReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Error {
    /// A parameter that is wrong.
    pub fn invalid_parameter(name: &str, code: FieldCode, detail: &str) -> Self {
        let error = FieldError::new(name, code, detail);
        let problem = Problem::new(Code::InvalidParameter, format!("{error}."));
        Self::Problem(Box::new(Problem { errors: vec![error], ..problem }))
    }

    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            Self::Unauthenticated => Code::Unauthenticated,
            Self::AccountGone => Code::AccountGone,
            Self::EpochChanged => Code::EpochChanged,
            Self::InvalidCursor => Code::InvalidCursor,
            Self::ResyncRequired(_) => Code::ResyncRequired,
            Self::TooLarge(_) => Code::TooLarge,
            Self::NotFound => Code::NotFound,
            Self::Gone => Code::Gone,
            Self::Forbidden(_) => Code::Forbidden,
            Self::Problem(problem) => problem.code,
            Self::Unavailable(_) => Code::Unavailable,
            Self::Internal(_) => Code::Internal,
        }
    }

    /// The problem document: code, and a sentence that says what happened and what to do.
    pub fn problem(&self) -> Problem {
        let detail = match self {
            Self::Unauthenticated => "You are not signed in here, or this device was signed out. Sign in again.",
            Self::AccountGone => "This account was deleted or suspended. What is on your devices stays there.",
            Self::EpochChanged => "The server was restored from an earlier state. Pull first, then push again.",
            Self::InvalidCursor => "This cursor was not made by this server for this account. Pull without a cursor.",
            Self::ResyncRequired(ResyncReason::TooOld) => {
                "This device was away for longer than changes are kept. Pull from the beginning, without a cursor."
            }
            Self::ResyncRequired(_) => {
                "The server was restored from an earlier state. Pull from the beginning, without a cursor."
            }
            Self::TooLarge(detail) => detail,
            Self::NotFound => "There is no such place, or it is not yours.",
            Self::Gone => "This place was deleted for good, or is no longer shared with you.",
            Self::Forbidden(detail) => detail,
            Self::Problem(problem) => return (**problem).clone(),
            Self::Unavailable(_) => {
                return Problem::new(Code::Unavailable, "The server can't answer at the moment. Try again shortly.")
                    .with_retry_after(2);
            }
            Self::Internal(_) => "Something failed inside the server. Nothing was changed; the same can be sent again.",
        };
        Problem::new(self.code(), detail)
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Unauthenticated => Self::Unauthenticated,
            store::Error::AccountGone => Self::AccountGone,
            store::Error::EpochChanged => Self::EpochChanged,
            store::Error::ImportEnded => crate::imports::taken_back(),
            store::Error::Unavailable(_) | store::Error::Race(_) | store::Error::Timeout => {
                Self::Unavailable(error.to_string())
            }
            other => Self::Internal(other.to_string()),
        }
    }
}
