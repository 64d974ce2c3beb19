//! Where a page of a list begins or ends, as text. Not a secret and not a right: only a place in an order.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use holdfast_contract::{FieldCode, PlaceId, PlaceOrder, Timestamp};
use holdfast_store::places::Key;
use uuid::Uuid;

use crate::Error;

/// A name in lower case may be longer than the name, but not much.
const NAME_BYTES_MAX: usize = 4096;

/// The first byte says which order the rest is of.
fn mark(order: PlaceOrder) -> u8 {
    match order {
        PlaceOrder::Captured => 1,
        PlaceOrder::CapturedAsc => 2,
        PlaceOrder::Updated => 3,
        PlaceOrder::Name => 4,
    }
}

/// As text.
pub(super) fn seal(key: &Key, order: PlaceOrder) -> String {
    let mut bytes = vec![mark(order)];
    match key {
        Key::Captured(at, id) => {
            bytes.extend_from_slice(&at.as_micros().to_be_bytes());
            bytes.extend_from_slice(id.0.as_bytes());
        }
        Key::Updated(seq) => bytes.extend_from_slice(&seq.to_be_bytes()),
        Key::Name(name, id) => {
            bytes.extend_from_slice(id.0.as_bytes());
            bytes.extend(name.iter().flat_map(|name| name.bytes()));
        }
    }
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads one of this order, given as `field`.
pub(super) fn open(field: &str, text: &str, order: PlaceOrder) -> Result<Key, Error> {
    let unknown = || Error::invalid_parameter(field, FieldCode::InvalidFormat, "is not from this list");
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| unknown())?;
    let (&found, rest) = bytes.split_first().ok_or_else(unknown)?;
    let key = read(found, rest).ok_or_else(unknown)?;
    if found != mark(order) {
        let detail = "is from a list in another order; leave it out to begin this one";
        return Err(Error::invalid_parameter(field, FieldCode::Inconsistent, detail));
    }
    Ok(key)
}

fn read(mark: u8, bytes: &[u8]) -> Option<Key> {
    match mark {
        1 | 2 => {
            let (at, id) = bytes.split_at_checked(8)?;
            let at = Timestamp::from_micros(i64::from_be_bytes(at.try_into().ok()?));
            Some(Key::Captured(at, PlaceId(Uuid::from_slice(id).ok()?)))
        }
        3 => Some(Key::Updated(i64::from_be_bytes(bytes.try_into().ok()?))),
        4 => {
            let (id, name) = bytes.split_at_checked(16)?;
            // PostgreSQL takes no NUL in a text.
            let name = std::str::from_utf8(name).ok().filter(|n| n.len() <= NAME_BYTES_MAX && !n.contains('\0'))?;
            let name = (!name.is_empty()).then(|| name.to_owned());
            Some(Key::Name(name, PlaceId(Uuid::from_slice(id).ok()?)))
        }
        _ => None,
    }
}

/// A step onwards (or back) in the order from here: what stands exactly here is in front of it (or behind it).
pub(super) fn moved(key: &Key, order: PlaceOrder, onwards: bool) -> Key {
    let up = onwards != matches!(order, PlaceOrder::Captured | PlaceOrder::Updated);
    let step = |id: PlaceId| {
        let number = id.0.as_u128();
        PlaceId(Uuid::from_u128(if up { number.saturating_add(1) } else { number.saturating_sub(1) }))
    };
    match key {
        Key::Captured(at, id) => Key::Captured(*at, step(*id)),
        Key::Updated(seq) => Key::Updated(if up { seq.saturating_add(1) } else { seq.saturating_sub(1) }),
        Key::Name(name, id) => Key::Name(name.clone(), step(*id)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Vec<(Key, PlaceOrder)> {
        let id = PlaceId(Uuid::from_u128(7));
        vec![
            (Key::Captured(Timestamp::from_micros(5), id), PlaceOrder::Captured),
            (Key::Captured(Timestamp::from_micros(5), id), PlaceOrder::CapturedAsc),
            (Key::Updated(42), PlaceOrder::Updated),
            (Key::Name(Some("äpfel".to_owned()), id), PlaceOrder::Name),
            (Key::Name(None, id), PlaceOrder::Name),
        ]
    }

    #[test]
    fn a_key_opens_as_it_was_sealed_and_in_no_other_order() {
        for (key, order) in keys() {
            let text = seal(&key, order);
            assert_eq!(open("after", &text, order).unwrap(), key);
            for other in PlaceOrder::ALL.iter().filter(|other| **other != order) {
                let problem = open("after", &text, *other).unwrap_err().problem();
                assert_eq!(problem.errors[0].code, FieldCode::Inconsistent, "{order} as {other}");
            }
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let nul = URL_SAFE_NO_PAD.encode([&[4][..], &[0; 16], b"a\0b"].concat());
        let long = URL_SAFE_NO_PAD.encode([&[4][..], &[0; 16], &[b'a'; 5000]].concat());
        for wrong in ["", "!", "AA", "AQ", "Aw", &nul, &long] {
            for order in PlaceOrder::ALL {
                let problem = open("before", wrong, *order).unwrap_err().problem();
                assert_eq!(problem.errors[0].code, FieldCode::InvalidFormat, "{wrong}");
            }
        }
    }

    #[test]
    fn a_step_on_and_a_step_back_are_where_one_was() {
        for (key, order) in keys() {
            let on = moved(&key, order, true);
            assert_ne!(on, key);
            assert_eq!(moved(&on, order, false), key);
        }
    }
}
