//! What can go wrong, for a screen: a stable code, a sentence, and what to do.

use holdfast_contract::{Code, FieldError, Problem};
use holdfast_device::{Error, PauseReason};
use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $sentence:literal, $advice:literal;)*) => {
        /// What went wrong, as a code that never changes its meaning.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
        #[cfg_attr(test, derive(ts_rs::TS))]
        pub enum FailureCode {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
        }

        impl FailureCode {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The code as screens know it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            fn words(self) -> (&'static str, &'static str) {
                match self { $(Self::$variant => ($sentence, $advice),)* }
            }
        }
    };
}

codes! {
    /// The call is not one this build knows.
    UnknownCall = "unknown_call", "This part of the app is of another version than the rest.",
        "Close every window of the app and open it again.";
    /// A value is outside what a place can have.
    Invalid = "invalid", "A value can't be taken as it is; nothing was changed.",
        "Correct it and try again.";
    /// The place is not here any more.
    NoSuchPlace = "no_such_place", "This place is not on this device any more.", "Go back to the list.";
    /// The place belongs to another account than the current one.
    OtherAccount = "other_account", "This belongs to another account than the one that is open now; nothing was changed.",
        "Look at what is open now, and do it again there if that is what you want.";
    /// The change is not waiting any more.
    NoSuchEntry = "no_such_entry", "This change does not wait any more; it may have been sent meanwhile.",
        "Look at the list once more.";
    /// The place is in the trash.
    InTrash = "in_trash", "This place is in the trash; nothing was changed.", "Restore it first.";
    /// The place is not in the trash.
    NotInTrash = "not_in_trash", "This place is not in the trash.", "Look at it once more.";
    /// The share does not allow it.
    NotAllowed = "not_allowed", "This place is somebody else's, who does not let you change that; nothing was changed.",
        "Ask them to share it so that you can change it.";
    /// Nothing to decide.
    NothingToResolve = "nothing_to_resolve", "There is nothing to decide about this place any more.",
        "Look at it once more.";
    /// The place waits for another decision first.
    DecideFirst = "decide_first", "The server no longer has this place, so it can't be changed before you decide.",
        "Decide first whether to keep it as a new place or to let it go.";
    /// What was looked at has changed since.
    LookAgain = "look_again", "This place has changed since you looked at it; nothing was decided.",
        "Look at both versions once more and decide then.";
    /// Another window has changed it since it was looked at.
    ChangedSince = "changed_since", "This place has been changed in another window since you looked at it; nothing was overwritten or deleted.",
        "Look at it once more and decide then.";
    /// An answer that leaves out a field.
    Undecided = "undecided", "The answer does not say which side wins for every field; nothing was decided.",
        "Choose a side for each of them.";
    /// The change is on its way.
    OnItsWay = "on_its_way", "This change is being sent at this moment, so it can't be touched.",
        "Try again in a moment, when the answer is there.";
    /// The database is locked for long.
    Busy = "busy", "The storage of this device is busy; nothing was changed.", "Try again in a moment.";
    /// There is no room.
    StorageFull = "storage_full", "There is no room left on this device, so this was NOT saved. What was saved before is safe.",
        "Free some space, then try again.";
    /// The browser lets nothing be stored.
    StorageRefused = "storage_refused", "This browser does not let the app store anything, so nothing can be saved here.",
        "Leave private browsing, or allow this site to store data, then open the app again.";
    /// The browser can't do it at all.
    StorageUnsupported = "storage_unsupported", "This browser lacks the storage that the app needs, so nothing can be saved here.",
        "Use a current version of Chrome, Edge, Firefox or Safari.";
    /// The storage fails at the moment.
    StorageInaccessible = "storage_inaccessible", "The storage of this device can't be used at the moment; nothing was changed.",
        "Try again; if that does not help, close the app and open it again.";
    /// The database is damaged.
    StorageDamaged = "storage_damaged", "The app's database on this device is damaged. Nothing of it was deleted.",
        "Close every window of the app and open it again: what can be read is rescued then.";
    /// The database was written by a newer version.
    StorageTooNew = "storage_too_new", "The app's database was written by a newer version of the app. Everything in it is kept.",
        "Reload the app to get the newest version.";
    /// This device is not signed in.
    NotSignedIn = "not_signed_in", "This device is not signed in. What you save stays on it.",
        "Sign in to send and receive.";
    /// The account waits: it is gone on the server.
    AccountGone = "account_gone", "The account was deleted or suspended on the server. Everything on this device is kept.",
        "Export your places to a file, or ask whoever runs the server.";
    /// The account waits for a newer app.
    UpdateApp = "update_app", "This version of the app is too old for the server. Everything you saved is kept and is sent afterwards.",
        "Reload the app to get the newest version.";
    /// Signed in to another account or server.
    SignedInElsewhere = "signed_in_elsewhere", "This device is signed in to another account.",
        "Sign out first; what is unsent is kept for that account.";
    /// Signing out would leave something unsent.
    UnsentWork = "unsent_work", "Some changes have not been sent yet. They stay on this device for this account until the next sign-in.",
        "Send them first, or sign out all the same.";
    /// The captures without an account are promised to another one.
    AdoptedElsewhere = "adopted_elsewhere", "The places saved without an account were already given to another account, and that was interrupted.",
        "Sign in to that account to finish it.";
    /// E-mail and password are wrong.
    InvalidCredentials = "invalid_credentials", "The e-mail address and the password do not belong together.",
        "Check both and try again.";
    /// The pairing code is wrong, used or too old.
    InvalidCode = "invalid_code", "This code is not valid: it may be mistyped, used already, or too old.",
        "Make a new code on a device that is signed in. The setup link of a new server is opened in a browser first.";
    /// A server without an account.
    SetupNeeded = "setup_needed", "This server has no account yet.",
        "Open the setup link that the server printed when it started.";
    /// The server asks for fewer requests.
    RateLimited = "rate_limited", "The server has had too many requests.", "Wait a little, then try again.";
    /// Nothing answers.
    Unreachable = "unreachable", "The server can't be reached. Everything you save is kept on this device.",
        "Check the address and the connection; sending goes on by itself when it is back.";
    /// Something answers that is not a Holdfast server.
    NotHoldfast = "not_holdfast", "What answers at this address is not a Holdfast server.",
        "Check the address. In a hotel or a train, open a web page first to get past its sign-in page.";
    /// The address is no address.
    InvalidServer = "invalid_server", "This is not the address of a server.",
        "Write it like https://places.example.org.";
    /// The server said no for another reason.
    Server = "server", "The server could not do this. Everything on this device is kept.", "Try again later.";
    /// No part of the app answers that holds the database.
    Unavailable = "unavailable", "The part of the app that keeps your places does not answer, so this was not confirmed.",
        "Close every window of the app and open it again.";
    /// A bug.
    Unexpected = "unexpected", "Something in the app went wrong; nothing was changed.",
        "Try again; if it happens again, send the diagnosis from the settings to support.";
}

/// Why a call was not carried out. Whatever it is, nothing was half done: every command is one transaction.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// The code, for programs.
    pub code: FailureCode,
    /// What happened and what it means for the place, as a sentence for a person.
    pub sentence: String,
    /// What to do, as a sentence for a person.
    pub advice: String,
    /// The fields at fault, where fields are at fault.
    pub fields: Vec<FieldError>,
    /// What was seen, for support; may be technical, and never holds a place's content.
    pub detail: Option<String>,
    /// Seconds to wait before the next try, where the server says so.
    pub retry_after: Option<u32>,
}

impl Failure {
    /// A failure in the words of its code.
    pub fn new(code: FailureCode) -> Self {
        let (sentence, advice) = code.words();
        Self {
            code,
            sentence: sentence.to_owned(),
            advice: advice.to_owned(),
            fields: Vec::new(),
            detail: None,
            retry_after: None,
        }
    }

    /// With what was seen, for support.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Values that a place can't have.
    pub fn invalid(fields: Vec<FieldError>) -> Self {
        Self { fields, ..Self::new(FailureCode::Invalid) }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let code = match &error {
            Error::NoSuchPlace => FailureCode::NoSuchPlace,
            Error::NoSuchEntry | Error::NoSuchImport => FailureCode::NoSuchEntry,
            Error::InTrash => FailureCode::InTrash,
            Error::NotInTrash => FailureCode::NotInTrash,
            Error::NotAllowed => FailureCode::NotAllowed,
            Error::NothingToResolve => FailureCode::NothingToResolve,
            Error::DecideFirst => FailureCode::DecideFirst,
            Error::LookAgain => FailureCode::LookAgain,
            Error::ChangedSince(_) => FailureCode::ChangedSince,
            Error::Undecided(_) => FailureCode::Undecided,
            Error::OnItsWay => FailureCode::OnItsWay,
            Error::Invalid(_) => FailureCode::Invalid,
            Error::BoundElsewhere(_) => FailureCode::AdoptedElsewhere,
            Error::TooNew { .. } => FailureCode::StorageTooNew,
            Error::Busy => FailureCode::Busy,
            Error::DiskFull => FailureCode::StorageFull,
            Error::Inaccessible(_) => FailureCode::StorageInaccessible,
            Error::Damaged(_) => FailureCode::StorageDamaged,
            _ => FailureCode::Unexpected,
        };
        let failure = match error {
            Error::Invalid(fields) => return Self::invalid(fields),
            // Names an account, which no diagnosis needs.
            Error::BoundElsewhere(_) => return Self::new(code),
            _ => Self::new(code),
        };
        failure.with_detail(error.to_string())
    }
}

/// Why the whole account waits for the person.
impl From<PauseReason> for Failure {
    fn from(reason: PauseReason) -> Self {
        Self::new(match reason {
            PauseReason::SignIn => FailureCode::NotSignedIn,
            PauseReason::AccountGone => FailureCode::AccountGone,
            PauseReason::UpdateApp => FailureCode::UpdateApp,
        })
    }
}

/// What the server said, for calls that a person waits for.
impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        let code = match problem.code {
            Code::InvalidCredentials => FailureCode::InvalidCredentials,
            Code::InvalidCode => FailureCode::InvalidCode,
            Code::RateLimited => FailureCode::RateLimited,
            Code::Unauthenticated | Code::WrongAccount => FailureCode::NotSignedIn,
            Code::AccountGone => FailureCode::AccountGone,
            Code::ClientTooOld => FailureCode::UpdateApp,
            _ => FailureCode::Server,
        };
        let mut failure = Self::new(code);
        if code == FailureCode::Server && !problem.detail.is_empty() {
            // The server's own words say more than ours could.
            failure.sentence.clone_from(&problem.detail);
        }
        let request = problem.request_id.map(|id| format!(", request {id}")).unwrap_or_default();
        failure.detail = Some(format!("{}{request}", problem.code));
        failure.retry_after = problem.retry_after;
        failure.fields = problem.errors;
        failure
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_says_what_happened_and_what_to_do_and_shows_no_number() {
        for code in FailureCode::ALL {
            let failure = Failure::new(*code);
            for words in [&failure.sentence, &failure.advice] {
                assert!(words.ends_with('.') && words.len() > 12, "{code:?}: {words}");
                assert!(!words.chars().any(|c| c.is_ascii_digit()), "{code:?}: {words}");
            }
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        }
    }

    #[test]
    fn the_servers_words_are_kept_where_it_has_some() {
        let failure = Failure::from(Problem::new(Code::Unavailable, "Back at noon."));
        assert_eq!((failure.code, failure.sentence.as_str()), (FailureCode::Server, "Back at noon."));
    }
}
