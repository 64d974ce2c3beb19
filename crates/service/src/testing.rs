//! Help for fuzzing: cursors and witnesses, which come back from outside.

use holdfast_contract::{AccountId, PlaceId, Timestamp};
use uuid::Uuid;

use crate::cursor::{Cursor, Landmark, OwnWord};
use crate::witness::Witness;

const SECRET: [u8; 32] = [7; 32];

/// Reads `bytes` as a cursor and as a witness, and makes both out of them.
///
/// # Panics
/// Where one is read that was not made here, another comes out than went in, or one passes for the other or for somebody
/// else's.
pub fn cursors_and_witnesses(bytes: &[u8]) {
    let (ada, bob) = (AccountId(Uuid::from_u128(1)), AccountId(Uuid::from_u128(2)));
    let text = String::from_utf8_lossy(bytes);
    if let Some(cursor) = Cursor::open(&text, ada, &SECRET) {
        assert_eq!(cursor.seal(ada, &SECRET), text, "a cursor has one spelling");
    }
    if let Some(witness) = Witness::open(&text, ada, &SECRET) {
        assert_eq!(witness.seal(ada, &SECRET), text, "a witness has one spelling");
    }
    let mut rest = bytes;
    let cursor = cursor_of(&mut rest);
    let witness = witness_of(&mut rest);
    let (opaque, witnessed) = (cursor.seal(ada, &SECRET), witness.seal(ada, &SECRET));
    assert_eq!(Cursor::open(&opaque, ada, &SECRET), Some(cursor));
    assert_eq!(Witness::open(&witnessed, ada, &SECRET).as_ref(), Some(&witness));
    assert_eq!(Cursor::open(&opaque, bob, &SECRET), None, "somebody else's cursor");
    assert_eq!(Witness::open(&witnessed, bob, &SECRET), None, "somebody else's witness");
    assert_eq!(Cursor::open(&witnessed, ada, &SECRET), None, "a witness is no cursor");
    assert_eq!(Witness::open(&opaque, ada, &SECRET), None, "a cursor is no witness");
    let at = usize::from(u16::from_be_bytes(take(&mut rest)));
    for wrong in [altered(&opaque, at), altered(&witnessed, at)] {
        assert_eq!(Cursor::open(&wrong, ada, &SECRET), None);
        assert_eq!(Witness::open(&wrong, ada, &SECRET), None);
    }
}

/// The next bytes, or zeros where they have run out.
fn take<const N: usize>(rest: &mut &[u8]) -> [u8; N] {
    let mut taken = [0; N];
    let (now, later) = rest.split_at(N.min(rest.len()));
    taken[..now.len()].copy_from_slice(now);
    *rest = later;
    taken
}

fn id(rest: &mut &[u8]) -> Uuid {
    Uuid::from_bytes(take(rest))
}

fn number(rest: &mut &[u8]) -> i64 {
    i64::from_be_bytes(take(rest))
}

/// Nil stands for "none" on the wire, and no place or operation has it as its id.
fn named(rest: &mut &[u8]) -> Option<Uuid> {
    Some(id(rest)).filter(|id| !id.is_nil())
}

fn cursor_of(rest: &mut &[u8]) -> Cursor {
    Cursor {
        epoch: id(rest),
        generation: id(rest),
        seq: number(rest),
        floor: number(rest),
        landmark: named(rest).map(|place| Landmark {
            place: PlaceId(place),
            seq: number(rest),
            version: number(rest),
            updated_at: Timestamp::from_micros(number(rest)),
        }),
        own: named(rest).map(|op_id| OwnWord { op_id, at: Timestamp::from_micros(number(rest)) }),
    }
}

fn witness_of(rest: &mut &[u8]) -> Witness {
    let [generations, op_ids] = take(rest);
    let mut ids = |count: u8| (0..count % 17).map(|_| id(rest)).collect::<Vec<_>>();
    let (generations, op_ids) = (ids(generations), ids(op_ids));
    let (epoch, seq, at) = (id(rest), number(rest), Timestamp::from_micros(number(rest)));
    Witness { epoch, seq, at, generations, op_ids }
}

/// The text with one letter of it replaced by another.
fn altered(text: &str, at: usize) -> String {
    let at = at % text.len();
    let other = if text.as_bytes()[at] == b'A' { "B" } else { "A" };
    format!("{}{other}{}", &text[..at], &text[at + 1..])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_cursor_and_witness_opens_as_it_was_sealed_and_for_nobody_else(
            bytes in proptest::collection::vec(any::<u8>(), 0..700),
        ) {
            cursors_and_witnesses(&bytes);
        }

        #[test]
        fn no_flipped_bit_passes(bytes in proptest::collection::vec(any::<u8>(), 0..700)) {
            let user = AccountId(Uuid::from_u128(1));
            let mut rest = bytes.as_slice();
            let sealed = [cursor_of(&mut rest).seal(user, &SECRET), witness_of(&mut rest).seal(user, &SECRET)];
            for text in sealed {
                for bit in 0..text.len() * 8 {
                    let mut flipped = text.clone().into_bytes();
                    flipped[bit / 8] ^= 1 << (bit % 8);
                    let Ok(flipped) = String::from_utf8(flipped) else { continue };
                    prop_assert_eq!(Cursor::open(&flipped, user, &SECRET), None);
                    prop_assert_eq!(Witness::open(&flipped, user, &SECRET), None);
                }
            }
        }
    }
}
