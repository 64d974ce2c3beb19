//! What can go wrong around the device core.

use std::io;
use std::path::{Path, PathBuf};

use holdfast_contract::Problem;

use crate::server::ServerUrlError;

/// What went wrong. The words are for a person; what is unsent stays where it is whatever happens here.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The home folder or a file in it can't be used.
    #[error("{path} can't {what}: {source}", path = path.display())]
    Home {
        /// The file or folder.
        path: PathBuf,
        /// What was tried, behind "can't".
        what: &'static str,
        /// Why not.
        source: io::Error,
    },
    /// A file of the home folder holds something this program did not write.
    #[error("{path} can't be understood ({why})", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// Another process holds a lock for longer than it ever should.
    #[error("another holdfast process holds {path}", path = path.display())]
    Busy {
        /// The lock.
        path: PathBuf,
    },
    /// The device core refused or failed.
    #[error(transparent)]
    Device(#[from] holdfast_device::Error),
    /// The server answered with a problem.
    #[error("{0}")]
    Problem(Problem),
    /// Nothing answered.
    #[error("{server} can't be reached: {why}")]
    Unreachable {
        /// The server.
        server: String,
        /// Why, as far as it is known.
        why: String,
    },
    /// Something answered that is not a Holdfast server: a captive portal, a proxy, another program.
    #[error("what answers at {server} is not a Holdfast server: {why}")]
    NotHoldfast {
        /// The server.
        server: String,
        /// What was seen.
        why: String,
    },
    /// This device is not signed in to an account.
    #[error("this device is not signed in")]
    NotSignedIn,
    /// A server address can't be read.
    #[error("the server address {0}")]
    ServerUrl(#[from] ServerUrlError),
    /// The HTTP client could not be set up (no trusted certificates, for example).
    #[error("secure connections can't be set up on this machine: {0}")]
    Tls(String),
}

impl Error {
    /// Whether it can be over in a moment, without anything being changed in the program: another process that is slow, a
    /// full disk, a folder that is not mounted. What runs for long tries again.
    pub(crate) fn is_passing(&self) -> bool {
        use holdfast_device::Error as Device;
        match self {
            Self::Home { .. } | Self::Unreadable { .. } | Self::Busy { .. } => true,
            Self::Device(error) => matches!(error, Device::Busy | Device::DiskFull | Device::Inaccessible(_)),
            _ => false,
        }
    }

    pub(crate) fn home(path: &Path, what: &'static str, source: io::Error) -> Self {
        Self::Home { path: path.to_owned(), what, source }
    }
}
