//! The cursor of a pull: opaque, bound to its user, authenticated.
//!
//! version byte · epoch · generation · number · floor · landmark · own word · the first 16 bytes of HMAC-SHA256 over these
//! and the user.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use holdfast_contract::{AccountId, PlaceId, Timestamp};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

const VERSION: u8 = 2;
const BODY: usize = 1 + 16 + 16 + 8 + 8 + (16 + 8 + 8 + 8) + (16 + 8);
pub(crate) const MAC: usize = 16;

/// Where a pull goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Cursor {
    /// The epoch of the database it was made in.
    pub(crate) epoch: Uuid,
    /// The newest generation when it was made.
    pub(crate) generation: Uuid,
    /// Up to which number everything was read.
    pub(crate) seq: i64,
    /// What was dropped from the feed up to this number can't be missed: the pull began from the start when it was the
    /// newest.
    pub(crate) floor: i64,
    /// The newest entry that was read.
    pub(crate) landmark: Option<Landmark>,
    /// The newest operation of this device that a witness spoke of.
    pub(crate) own: Option<OwnWord>,
}

/// An entry of the feed. A database that still is, or has passed, the state it was read from has it with this number or a
/// later one, and made that version of the place when this one did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Landmark {
    pub(crate) place: PlaceId,
    pub(crate) seq: i64,
    /// The version of the place; 0 where it was gone.
    pub(crate) version: i64,
    /// When that version was made.
    pub(crate) updated_at: Timestamp,
}

/// An operation that was confirmed to the device. As long as its receipt is there, nothing is lost that was confirmed to
/// the device before it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct OwnWord {
    pub(crate) op_id: Uuid,
    /// When it was confirmed, or before: receipts are not kept for ever.
    pub(crate) at: Timestamp,
}

impl Cursor {
    /// As text for this user.
    pub(crate) fn seal(self, user: AccountId, secret: &[u8; 32]) -> String {
        let mut bytes = Vec::with_capacity(BODY + MAC);
        bytes.push(VERSION);
        bytes.extend_from_slice(self.epoch.as_bytes());
        bytes.extend_from_slice(self.generation.as_bytes());
        bytes.extend_from_slice(&self.seq.to_be_bytes());
        bytes.extend_from_slice(&self.floor.to_be_bytes());
        let (place, numbers) =
            self.landmark.map_or((Uuid::nil(), [0; 3]), |l| (l.place.0, [l.seq, l.version, l.updated_at.as_micros()]));
        bytes.extend_from_slice(place.as_bytes());
        bytes.extend(numbers.iter().flat_map(|number| number.to_be_bytes()));
        let (op_id, at) = self.own.map_or((Uuid::nil(), 0), |own| (own.op_id, own.at.as_micros()));
        bytes.extend_from_slice(op_id.as_bytes());
        bytes.extend_from_slice(&at.to_be_bytes());
        let mac = authenticate(&bytes, user, secret);
        bytes.extend_from_slice(&mac);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a cursor that was made for this user with this secret.
    pub(crate) fn open(text: &str, user: AccountId, secret: &[u8; 32]) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok().filter(|b| b.len() == BODY + MAC)?;
        let (body, mac) = bytes.split_at(BODY);
        if body[0] != VERSION || !bool::from(authenticate(body, user, secret).ct_eq(mac)) {
            return None;
        }
        let id = |from: usize| Uuid::from_slice(&body[from..from + 16]).ok();
        let number = |from: usize| Some(i64::from_be_bytes(body[from..from + 8].try_into().ok()?));
        let landmark = Landmark {
            place: PlaceId(id(49)?),
            seq: number(65)?,
            version: number(73)?,
            updated_at: Timestamp::from_micros(number(81)?),
        };
        let own = OwnWord { op_id: id(89)?, at: Timestamp::from_micros(number(105)?) };
        Some(Self {
            epoch: id(1)?,
            generation: id(17)?,
            seq: number(33)?,
            floor: number(41)?,
            landmark: Some(landmark).filter(|l| !l.place.0.is_nil()),
            own: Some(own).filter(|own| !own.op_id.is_nil()),
        })
    }
}

/// What shows that these bytes were made here, for this user.
pub(crate) fn authenticate(body: &[u8], user: AccountId, secret: &[u8; 32]) -> [u8; MAC] {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes a key of any length");
    mac.update(b"holdfast cursor");
    mac.update(user.0.as_bytes());
    mac.update(body);
    let full = mac.finalize().into_bytes();
    let mut short = [0; MAC];
    short.copy_from_slice(&full[..MAC]);
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: [u8; 32] = [7; 32];

    fn user(n: u128) -> AccountId {
        AccountId(Uuid::from_u128(n))
    }

    #[test]
    fn a_cursor_opens_for_its_user_only_and_only_unchanged() {
        let updated_at = Timestamp::from_micros(6);
        let landmark = Some(Landmark { place: PlaceId(Uuid::from_u128(3)), seq: 344, version: 7, updated_at });
        let own = Some(OwnWord { op_id: Uuid::from_u128(4), at: Timestamp::from_micros(5) });
        let ids = (Uuid::from_u128(1), Uuid::from_u128(2));
        let bare = Cursor { epoch: ids.0, generation: ids.1, seq: 345, floor: 400, landmark: None, own: None };
        assert_eq!(Cursor::open(&bare.seal(user(9), &SECRET), user(9), &SECRET), Some(bare));
        let cursor = Cursor { landmark, own, ..bare };
        let text = cursor.seal(user(9), &SECRET);
        assert_eq!(Cursor::open(&text, user(9), &SECRET), Some(cursor));
        assert_eq!(Cursor::open(&text, user(8), &SECRET), None);
        assert_eq!(Cursor::open(&text, user(9), &[8; 32]), None);
        let mut bytes = URL_SAFE_NO_PAD.decode(&text).unwrap();
        for index in 0..bytes.len() {
            bytes[index] ^= 1;
            assert_eq!(Cursor::open(&URL_SAFE_NO_PAD.encode(&bytes), user(9), &SECRET), None);
            bytes[index] ^= 1;
        }
        for wrong in ["", "x", "ü", &text[1..], &format!("{text}A")] {
            assert_eq!(Cursor::open(wrong, user(9), &SECRET), None);
        }
    }
}
