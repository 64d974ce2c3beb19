//! The witness of a push: in which states of the database its outcomes, and those of the pushes before it, were committed,
//! and which operations they confirmed.
//!
//! A cursor notices that the database went back only behind what was pulled. What a device has been told about its own
//! changes it does not pull first; so every reply to a push carries a witness, the device hands it back, the next reply adds
//! its own, and the next pull is refused where the database does not know all of it any more.
//!
//! version byte · epoch · number · time · how many generations · generations · operations · the first 16 bytes of HMAC-SHA256 over
//! these and the user.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use holdfast_contract::{AccountId, Timestamp};
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use crate::cursor::{MAC, authenticate};

/// Not a cursor's.
const VERSION: u8 = 0x82;
const HEAD: usize = 1 + 16 + 8 + 8 + 1;
/// Generations, and operations, that a witness names at most. A device pulls after a few pushes; beyond, the oldest and the
/// newest halves are kept.
const NAMED_MAX: usize = 16;

/// What must still be true of the database.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Witness {
    /// The epoch it was made in; in another it says nothing.
    pub(crate) epoch: Uuid,
    /// The largest number given in the actor's feed.
    pub(crate) seq: i64,
    /// When the oldest push that it names operations of was answered: receipts are not kept for ever.
    pub(crate) at: Timestamp,
    /// The generations that were the newest, oldest first.
    pub(crate) generations: Vec<Uuid>,
    /// The last operation of each push that has a receipt since, oldest first. Whatever was committed before it is there as
    /// long as the receipt is.
    pub(crate) op_ids: Vec<Uuid>,
}

impl Witness {
    /// With what an earlier one of the same epoch said. Its operations count only if they were confirmed after `counts_since`.
    pub(crate) fn after(mut self, earlier: Option<Self>, counts_since: Timestamp) -> Self {
        let Some(earlier) = earlier.filter(|earlier| earlier.epoch == self.epoch) else { return self };
        self.generations = joined(earlier.generations, self.generations);
        if earlier.at > counts_since && !earlier.op_ids.is_empty() {
            self.at = earlier.at;
            self.op_ids = joined(earlier.op_ids, self.op_ids);
        }
        self.seq = self.seq.max(earlier.seq);
        self
    }

    /// As text for this user.
    pub(crate) fn seal(&self, user: AccountId, secret: &[u8; 32]) -> String {
        let mut bytes = Vec::with_capacity(HEAD + 16 * (self.generations.len() + self.op_ids.len()) + MAC);
        bytes.push(VERSION);
        bytes.extend_from_slice(self.epoch.as_bytes());
        bytes.extend_from_slice(&self.seq.to_be_bytes());
        bytes.extend_from_slice(&self.at.as_micros().to_be_bytes());
        bytes.push(u8::try_from(self.generations.len()).unwrap_or(u8::MAX));
        for id in self.generations.iter().chain(&self.op_ids) {
            bytes.extend_from_slice(id.as_bytes());
        }
        let mac = authenticate(&bytes, user, secret);
        bytes.extend_from_slice(&mac);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads one that was made for this user with this secret.
    pub(crate) fn open(text: &str, user: AccountId, secret: &[u8; 32]) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (body, mac) = bytes.split_at_checked(bytes.len().checked_sub(MAC)?)?;
        let ids = body.get(HEAD..)?;
        let fits = body[0] == VERSION && ids.len() % 16 == 0 && ids.len() <= 2 * 16 * NAMED_MAX;
        if !fits || !bool::from(authenticate(body, user, secret).ct_eq(mac)) {
            return None;
        }
        let mut generations: Vec<Uuid> = ids.chunks(16).map(Uuid::from_slice).collect::<Result<_, _>>().ok()?;
        let op_ids = generations.split_off(usize::from(body[HEAD - 1]).min(generations.len()));
        Some(Self {
            epoch: Uuid::from_slice(&body[1..17]).ok()?,
            seq: i64::from_be_bytes(body[17..25].try_into().ok()?),
            at: Timestamp::from_micros(i64::from_be_bytes(body[25..33].try_into().ok()?)),
            generations,
            op_ids,
        })
    }
}

/// What is new behind what was there, each once, within bounds.
fn joined(mut ids: Vec<Uuid>, new: Vec<Uuid>) -> Vec<Uuid> {
    for id in new {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    if ids.len() > NAMED_MAX {
        ids.drain(NAMED_MAX / 2..ids.len() - NAMED_MAX / 2);
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: [u8; 32] = [7; 32];

    fn witness(seq: i64, generation: u128) -> Witness {
        let (generations, op_ids) = (vec![Uuid::from_u128(generation)], vec![Uuid::from_u128(1000 + generation)]);
        Witness { epoch: Uuid::from_u128(1), seq, at: Timestamp::from_micros(seq), generations, op_ids }
    }

    #[test]
    fn a_witness_opens_for_its_user_only_and_only_unchanged() {
        let user = AccountId(Uuid::from_u128(9));
        let text = witness(5, 2).after(Some(witness(3, 1)), Timestamp::EPOCH).seal(user, &SECRET);
        let opened = Witness::open(&text, user, &SECRET).unwrap();
        assert_eq!(
            (opened.seq, opened.at, opened.generations),
            (5, Timestamp::from_micros(3), [1, 2].map(Uuid::from_u128).to_vec())
        );
        assert_eq!(opened.op_ids, [1001, 1002].map(Uuid::from_u128));
        assert_eq!(Witness::open(&text, AccountId(Uuid::from_u128(8)), &SECRET), None);
        let mut bytes = URL_SAFE_NO_PAD.decode(&text).unwrap();
        for index in 0..bytes.len() {
            bytes[index] ^= 1;
            assert_eq!(Witness::open(&URL_SAFE_NO_PAD.encode(&bytes), user, &SECRET), None);
            bytes[index] ^= 1;
        }
        for wrong in ["", "x", &text[4..], &text[..8]] {
            assert_eq!(Witness::open(wrong, user, &SECRET), None);
        }
    }

    #[test]
    fn a_witness_grows_with_pushes_and_not_without_bound_and_ends_with_its_epoch() {
        let mut long = witness(1, 0);
        for n in 1..40 {
            long = witness(1, n).after(Some(long), Timestamp::EPOCH);
        }
        let numbers: Vec<_> = long.generations.iter().map(Uuid::as_u128).collect();
        assert_eq!(numbers, (0..8).chain(32..40).collect::<Vec<_>>());
        assert_eq!(long.op_ids.len(), 16);
        let other = Witness { epoch: Uuid::from_u128(2), ..witness(1, 50) };
        assert_eq!(other.clone().after(Some(long.clone()), Timestamp::EPOCH), other);
        // What is too old to be sure that its receipt is kept is named no longer, and the newer ones have their own age.
        let fresh = witness(9, 60).after(Some(long), Timestamp::from_micros(1));
        assert_eq!((fresh.at, fresh.op_ids.len()), (Timestamp::from_micros(9), 1));
    }
}
