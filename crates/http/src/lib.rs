//! What JSON and HTML over the service have in common.
//!
//! - [`Front`]: the service with what stands in front of it: settings, and one count of requests per account and address,
//!   whichever way they come.
//! - [`credentials`]: how a request proves who it is from, and whether a browser vouches for it.
//! - [`session`]: the cookie of a signed-in browser.
//! - [`download`]: files that are fetched; [`archive`]: the complete archive of an account.
//! - [`drain`]: a refused request's body is taken in, so that its sender reads the refusal.
//! - [`observe`]: request id, log line, metrics, the headers of every reply.
//! - [`rate_limit`], [`client_address`]: how often one may ask, and whose address a request comes from.

pub mod archive;
pub mod client_address;
pub mod credentials;
pub mod download;
pub mod drain;
pub mod front;
pub mod observe;
pub mod rate_limit;
pub mod session;
pub mod settings;
#[cfg(feature = "testing")]
pub mod testing;

pub use front::{Front, Refused};
pub use ipnet::IpNet;
pub use observe::{PublishedCode, RequestId};
pub use settings::{HttpSettings, Limit, RateLimits};
