//! Names of places that hold within one store only.

use holdfast_device::{Binding, LocalId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::failure::{Failure, FailureCode};

/// A place on this device, within the account's store that showed it. Opaque to screens.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(transparent)]
pub struct PlaceKey(String);

/// Names one store: one per server and account, and the one without an account. Opaque to screens, which hand it back with
/// what they ask for, so that nothing is done to another account's places than those that were shown.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(transparent)]
pub struct StoreKey(String);

impl StoreKey {
    /// The store of this account; `None`: the one without an account.
    pub fn of(binding: Option<&Binding>) -> Self {
        let Some(binding) = binding else { return Self("local".to_owned()) };
        Self(short_hash(&format!("{}\n{}", binding.server, binding.account)))
    }

    /// The key of a place of this store.
    pub fn place(&self, id: LocalId) -> PlaceKey {
        PlaceKey(format!("{}-{id}", self.0))
    }

    /// The place that `key` names, if it is one of this store.
    pub fn local_id(&self, key: &PlaceKey) -> Result<LocalId, Failure> {
        let parts = key.0.split_once('-').and_then(|(store, id)| Some((store, LocalId(id.parse().ok()?))));
        match parts {
            Some((store, id)) if store == self.0 => Ok(id),
            Some(_) => Err(Failure::new(FailureCode::OtherAccount)),
            None => Err(Failure::new(FailureCode::NoSuchPlace)),
        }
    }
}

/// Tells texts apart that are not made to be taken for each other.
pub fn short_hash(text: &str) -> String {
    let mut first = [0; 8];
    first.copy_from_slice(&Sha256::digest(text)[..8]);
    format!("{:016x}", u64::from_be_bytes(first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_contract::{AccountId, Timestamp};

    #[test]
    fn a_key_of_another_account_names_no_place_here() {
        let account = |n| AccountId::v7(Timestamp::EPOCH, [n; 10]);
        let store = |server: &str, n| StoreKey::of(Some(&Binding { server: server.to_owned(), account: account(n) }));
        let here = store("a.org", 1);
        let key = here.place(LocalId(7));
        assert_eq!(here.local_id(&key), Ok(LocalId(7)));
        for other in [store("a.org", 2), store("b.org", 1), StoreKey::of(None)] {
            assert_eq!(other.local_id(&key).unwrap_err().code, FailureCode::OtherAccount);
        }
        let nonsense = PlaceKey("nonsense".to_owned());
        assert_eq!(here.local_id(&nonsense).unwrap_err().code, FailureCode::NoSuchPlace);
    }
}
