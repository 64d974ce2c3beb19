//! What can go wrong in the database. No message of PostgreSQL's passes through: it could carry a person's values.

use std::borrow::Cow;

/// Why a query failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The device is not known, or was revoked.
    #[error("the device is not signed in")]
    Unauthenticated,
    /// The account was deleted or suspended.
    #[error("the account is gone")]
    AccountGone,
    /// The request was made for another epoch of the database.
    #[error("the epoch has changed")]
    EpochChanged,
    /// The write would pass the plan's limit.
    #[error("the plan is full")]
    PlanLimit,
    /// As many imports are open as may be.
    #[error("too many imports are open")]
    ImportLimit,
    /// The import is being taken back, or gone.
    #[error("the import was taken back")]
    ImportEnded,
    /// Another transaction got there first; the same transaction run again decides anew.
    #[error("lost a race ({0})")]
    Race(Cow<'static, str>),
    /// A named constraint said no.
    #[error("constraint {}", .0.name())]
    Constraint(Constraint),
    /// The database can't be reached or can't answer at the moment.
    #[error("the database is not available ({0})")]
    Unavailable(Cow<'static, str>),
    /// A statement took longer than it may.
    #[error("a statement took too long")]
    Timeout,
    /// Anything else PostgreSQL refused.
    #[error("SQLSTATE {sqlstate}, constraint {constraint:?}")]
    Database {
        /// The five characters.
        sqlstate: String,
        /// The constraint, where one was violated.
        constraint: Option<String>,
    },
    /// A stored value that the contract can't hold, or a reply of a shape that can't be.
    #[error("the database holds an unexpected {0}")]
    Corrupt(&'static str),
    /// The migrations could not be run.
    #[error("migration failed: {0}")]
    Migration(String),
}

macro_rules! constraints {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// The constraints that mean something to the rules. Every other violation is a defect.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[non_exhaustive]
        pub enum Constraint { $($(#[$doc])* $variant,)* }

        impl Constraint {
            /// The constraint as the schema names it.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            fn named(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

constraints! {
    /// The e-mail address has an account already.
    UsersEmailKey = "users_email_key_key",
    /// Two devices with one token.
    DevicesTokenHash = "devices_token_hash_key",
    /// A share for somebody who does not exist.
    ShareRecipient = "place_shares_recipient_id_fkey",
    /// A share with oneself.
    ShareNotToOneself = "place_shares_not_to_oneself",
}

/// Unique constraints that settle races: whoever comes second reads what the first one made.
const RACES: &[&str] = &["places_owner_client_id_key", "op_receipts_pkey", "places_pkey", "feed_user_seq_key"];

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let database = match error {
            sqlx::Error::Database(database) => database,
            sqlx::Error::Io(io) => return Self::Unavailable(format!("I/O: {}", io.kind()).into()),
            sqlx::Error::Tls(_) => return Self::Unavailable("TLS".into()),
            sqlx::Error::Protocol(_) => return Self::Unavailable("protocol".into()),
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
                return Self::Unavailable("pool".into());
            }
            sqlx::Error::RowNotFound => return Self::Corrupt("number of rows"),
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => return Self::Corrupt("value"),
            sqlx::Error::Configuration(_) => return Self::Unavailable("configuration".into()),
            _ => return Self::Corrupt("reply"),
        };
        let sqlstate = database.code().unwrap_or_default().into_owned();
        let constraint = database.constraint().map(str::to_owned);
        match (sqlstate.as_str(), constraint.as_deref()) {
            ("HF401", _) => Self::Unauthenticated,
            ("HF402", _) => Self::PlanLimit,
            ("HF403", _) => Self::AccountGone,
            ("HF409", _) => Self::EpochChanged,
            ("HF429", _) => Self::ImportLimit,
            // Serialization failure, deadlock.
            ("40001" | "40P01", _) => Self::Race(sqlstate.into()),
            ("23505", Some(name)) if RACES.contains(&name) => Self::Race(name.to_owned().into()),
            // Lock not available in time.
            ("55P03", _) => Self::Unavailable(sqlstate.into()),
            ("57014", _) => Self::Timeout,
            // Connection exceptions, shutdown, starting up, too many connections, out of disk or memory, read-only.
            (state, _)
                if state.starts_with("08")
                    || state.starts_with("53")
                    || state.starts_with("57P")
                    || matches!(state, "25006" | "58030" | "28P01" | "28000" | "3D000" | "25P03") =>
            {
                Self::Unavailable(sqlstate.into())
            }
            (_, Some(name)) if let Some(known) = Constraint::named(name) => Self::Constraint(known),
            _ => Self::Database { sqlstate, constraint },
        }
    }
}

impl From<sqlx::migrate::MigrateError> for Error {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        match error {
            sqlx::migrate::MigrateError::Execute(error) => error.into(),
            // Names a migration and what is wrong with it; there is no personal data in migrations.
            other => Self::Migration(other.to_string()),
        }
    }
}

impl Error {
    /// Whether the connection is lost: nothing more can be done on it.
    pub(crate) fn connection_is_lost(&self) -> bool {
        let Self::Unavailable(why) = self else { return false };
        // Our own words for I/O, TLS and the protocol; connection exceptions and shutdowns are SQLSTATE 08 and 57P.
        why.starts_with("I/O")
            || ["TLS", "protocol", "pool"].contains(&&**why)
            || why.starts_with("08")
            || why.starts_with("57P")
    }

    /// Whether the connection, and not the request, is at fault.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}
