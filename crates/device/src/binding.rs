//! Whose store a database is.

use holdfast_contract::AccountId;
use serde::{Deserialize, Serialize};

/// The one account on one server that a store belongs to.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Binding {
    /// The server's address as the host writes it; only ever compared.
    pub server: String,
    /// The account.
    pub account: AccountId,
}
