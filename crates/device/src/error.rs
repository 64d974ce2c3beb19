//! Why a command or query could not be carried out.

use holdfast_contract::{Field, FieldError};
use rusqlite::{ErrorCode, ffi};

use crate::binding::Binding;

/// Result of a call to the core.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a call could not be carried out. Whatever it is, nothing was half written: every command is one transaction.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no such place on this device.
    #[error("this device has no such place")]
    NoSuchPlace,
    /// There is no such entry in the outbox; it may have been sent meanwhile.
    #[error("there is no such entry in the outbox; it may have been sent meanwhile")]
    NoSuchEntry,
    /// There is no such import.
    #[error("there is no such import")]
    NoSuchImport,
    /// The place is in the trash and has to be restored before it can be changed.
    #[error("the place is in the trash; restore it first")]
    InTrash,
    /// The place is not in the trash.
    #[error("the place is not in the trash")]
    NotInTrash,
    /// The reader's role does not allow it.
    #[error("this place was shared by somebody else, who does not allow that")]
    NotAllowed,
    /// The place has no question to answer of this kind.
    #[error("there is nothing to resolve in this way at this place")]
    NothingToResolve,
    /// The place waits for a decision and can't be changed before.
    #[error("the server no longer has this place; decide first whether to keep it as a new place or to let it go")]
    DecideFirst,
    /// The server's side has changed since the person looked at it.
    #[error("the other side has changed again since you looked at it; look once more and decide then")]
    LookAgain,
    /// An unsent change, made by another window or process since the person looked, stands in these fields. It would have
    /// been lost without a word.
    #[error("changed on this device since you looked at it: {}; nothing was done, look once more", names(.0))]
    ChangedSince(Vec<Field>),
    /// The answer leaves out a field that conflicts.
    #[error("the answer does not say which side wins for: {}", .0.join(", "))]
    Undecided(Vec<&'static str>),
    /// The operation is on its way at this moment; its fate is known in a moment.
    #[error("it is being sent at this moment; try again when the answer is there")]
    OnItsWay,
    /// Values outside the contract.
    #[error("{}", invalid(.0))]
    Invalid(Vec<FieldError>),
    /// The store belongs to another account, or the captures were promised to another one.
    #[error("this store belongs to account {} on {}", .0.account, .0.server)]
    BoundElsewhere(Box<Binding>),
    /// The store holds captures made without an account: adopt them instead of binding the store.
    #[error("this store holds captures that were made without an account; adopt them into the account's own store")]
    HoldsCaptures,
    /// The store belongs to no account, which this needs.
    #[error("this store belongs to no account")]
    Unbound,
    /// The database was written by a newer version.
    #[error(
        "the database was written by a newer version of the app (schema {found}, this one knows {known}); update the app"
    )]
    TooNew {
        /// The schema's version.
        found: i64,
        /// The newest this build knows.
        known: i64,
    },
    /// Another process keeps the database locked.
    #[error("another process keeps the database locked; try again")]
    Busy,
    /// There is no room left on the disk. Nothing was written; what was saved before is safe.
    #[error("the disk is full; nothing was written, and what was saved before is safe")]
    DiskFull,
    /// The database can't be opened, read or written at the moment: a locked phone, missing permission, a failing disk.
    #[error("the database is not accessible at the moment: {0}")]
    Inaccessible(String),
    /// SQLite says that the file is damaged or no database, or another process has recovered it and this handle stands on
    /// the file that was set aside. Close the handle; [`crate::file::recover`] opens what there is, recovering it if needed.
    #[error("the database file is damaged: {0}")]
    Damaged(String),
    /// Something in the database can't be what it is. A bug.
    #[error("the database holds something unexpected: {0}")]
    Unexpected(String),
    /// Any other failure of SQLite.
    #[error("the database failed: {0}")]
    Database(#[source] rusqlite::Error),
}

fn names(fields: &[Field]) -> String {
    fields.iter().map(|field| field.as_str()).collect::<Vec<_>>().join(", ")
}

fn invalid(errors: &[FieldError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        let rusqlite::Error::SqliteFailure(failure, message) = &error else { return Self::Database(error) };
        let message = message.clone().unwrap_or_else(|| failure.to_string());
        match failure.code {
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Busy,
            ErrorCode::DiskFull => Self::DiskFull,
            // The index of the log, shared by all processes, did not find room.
            ErrorCode::SystemIoFailure if failure.extended_code == ffi::SQLITE_IOERR_SHMSIZE => Self::DiskFull,
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Self::Damaged(message),
            ErrorCode::CannotOpen
            | ErrorCode::PermissionDenied
            | ErrorCode::ReadOnly
            | ErrorCode::SystemIoFailure
            | ErrorCode::AuthorizationForStatementDenied
            | ErrorCode::FileLockingProtocolFailed => Self::Inaccessible(message),
            _ => Self::Database(error),
        }
    }
}
