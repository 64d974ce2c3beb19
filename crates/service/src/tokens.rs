//! Bearer tokens and the codes that a person types. Both are random, and only their SHA-256 is ever stored.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::Actor;

/// What every token begins with, so that secret scanners and people recognise one.
const PREFIX: &str = "hf_";
/// Length of 32 bytes in base64 without padding.
const ENCODED_LENGTH: usize = 43;
/// Tokens that one half of the cache remembers.
const CACHE_HALF: usize = 4096;

/// An opaque bearer token: `hf_` and 32 random bytes. It has no `Display`, so that it can't slip into a message.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// A new one.
    pub(crate) fn random() -> Self {
        let bytes: [u8; 32] = rand::random();
        Self(format!("{PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The token, to be handed to its holder and to nobody else.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.0.as_bytes()).into())
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

/// SHA-256 of a token: what the database knows of it. The token has 256 random bits, so it needs no salt.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct TokenHash(pub(crate) [u8; 32]);

impl TokenHash {
    /// Of something that has the form of a token; anything else needn't be looked up.
    pub(crate) fn of(presented: &str) -> Option<Self> {
        let encoded = presented.strip_prefix(PREFIX)?;
        let letters = encoded.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        (letters && encoded.len() == ENCODED_LENGTH).then(|| Self(Sha256::digest(presented.as_bytes()).into()))
    }
}

/// Remembers whose a token is. Holds at most twice [`CACHE_HALF`]: when the young half is full it becomes the old one,
/// and what was in the old one and not asked for since is forgotten.
///
/// A stale entry does no harm: every transaction checks anew that the device has not been revoked.
#[derive(Default)]
pub(crate) struct TokenCache {
    halves: Mutex<Halves>,
}

#[derive(Default)]
struct Halves {
    young: HashMap<TokenHash, Actor>,
    old: HashMap<TokenHash, Actor>,
}

impl TokenCache {
    pub(crate) fn get(&self, token: &TokenHash) -> Option<Actor> {
        let mut halves = self.halves.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(actor) = halves.young.get(token) {
            return Some(*actor);
        }
        let actor = halves.old.remove(token)?;
        halves.insert(*token, actor);
        Some(actor)
    }

    pub(crate) fn insert(&self, token: TokenHash, actor: Actor) {
        self.halves.lock().unwrap_or_else(PoisonError::into_inner).insert(token, actor);
    }

    /// Forgets every token of this device.
    pub(crate) fn forget(&self, actor: Actor) {
        let mut halves = self.halves.lock().unwrap_or_else(PoisonError::into_inner);
        halves.young.retain(|_, a| *a != actor);
        halves.old.retain(|_, a| *a != actor);
    }
}

impl Halves {
    fn insert(&mut self, token: TokenHash, actor: Actor) {
        if self.young.len() >= CACHE_HALF {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(token, actor);
    }
}

/// Crockford's base32: no I, L, O or U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A code that a person can read out and type, in groups of four: `XXXX-XXXX`. Five bits a letter.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Code(String);

impl Code {
    /// A new one of this many letters.
    pub(crate) fn random(letters: usize) -> Self {
        let mut bytes = vec![0_u8; letters];
        rand::fill(bytes.as_mut_slice());
        // 256 is a multiple of 32, so no letter is more likely than another.
        Self(bytes.iter().map(|b| char::from(ALPHABET[usize::from(b % 32)])).collect())
    }

    /// What a person typed: case, blanks and dashes don't matter, and letters that look like digits are those digits.
    /// `None` when it has another length or a letter that no code has.
    pub(crate) fn parse(typed: &str, lengths: &[usize]) -> Option<Self> {
        let longest = lengths.iter().max()? * 2;
        if typed.chars().count() > longest {
            return None;
        }
        let code = typed
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '-')
            .map(|c| match c.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                c => c,
            })
            .collect::<String>();
        let known = code.bytes().all(|b| ALPHABET.contains(&b));
        (known && lengths.contains(&code.len())).then_some(Self(code))
    }

    /// SHA-256 of the code, for one use: a pairing code's hash never passes for a setup code's.
    pub(crate) fn hash(&self, used_for: &str) -> [u8; 32] {
        Sha256::new().chain_update(used_for).chain_update([0]).chain_update(&self.0).finalize().into()
    }

    /// As it is shown: in groups of four.
    pub(crate) fn grouped(&self) -> String {
        let groups: Vec<&str> =
            (0..self.0.len()).step_by(4).map(|at| &self.0[at..(at + 4).min(self.0.len())]).collect();
        groups.join("-")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn actor(n: u128) -> Actor {
        Actor { user: Uuid::from_u128(n).into(), device: Uuid::from_u128(n + 1).into() }
    }

    #[test]
    fn a_token_is_random_recognisable_and_says_nothing_when_printed() {
        let (a, b) = (Token::random(), Token::random());
        assert_ne!(a.as_str(), b.as_str());
        assert_eq!(a.as_str().len(), 3 + 43);
        assert!(TokenHash::of(a.as_str()) == Some(a.hash()));
        assert_eq!(format!("{a:?}"), "Token(…)");
    }

    #[test]
    fn what_has_not_the_form_of_a_token_is_not_looked_up() {
        let token = Token::random();
        for wrong in ["", "hf_", "hf_short", &token.as_str()[3..], &format!("{}A", token.as_str()), "hf_\u{0}"] {
            assert!(TokenHash::of(wrong).is_none(), "{wrong:?}");
        }
    }

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code = Code::random(8);
        let shown = code.grouped();
        assert_eq!(shown.len(), 9);
        assert!(Code::parse(&shown, &[8]) == Some(code.clone()));
        assert!(Code::parse(&format!(" {} ", shown.to_lowercase().replace('-', " ")), &[8]) == Some(code));
        assert!(Code::parse("OIL0-0000", &[8]) == Code::parse("0110-0000", &[8]));
        for wrong in ["", "1234567", "123456789", "1234567U", "1234-567é", &"0".repeat(1000)] {
            assert!(Code::parse(wrong, &[8]).is_none(), "{wrong:?}");
        }
    }

    #[test]
    fn a_code_for_one_use_is_not_a_code_for_another() {
        let code = Code::random(16);
        assert_ne!(code.hash("setup"), code.hash("pairing"));
    }

    #[test]
    fn the_cache_is_bounded_and_keeps_what_is_asked_for() {
        let cache = TokenCache::default();
        let wanted = Token::random().hash();
        cache.insert(wanted, actor(1));
        for n in 0..CACHE_HALF * 5 {
            cache.insert(Token::random().hash(), actor(n as u128 + 10));
            assert_eq!(cache.get(&wanted), Some(actor(1)));
        }
        let halves = cache.halves.lock().unwrap();
        assert!(halves.young.len() + halves.old.len() <= 2 * CACHE_HALF);
    }

    #[test]
    fn a_forgotten_device_has_no_token_in_the_cache() {
        let cache = TokenCache::default();
        let (one, other) = (Token::random().hash(), Token::random().hash());
        cache.insert(one, actor(1));
        cache.insert(other, actor(5));
        cache.forget(actor(1));
        assert_eq!((cache.get(&one), cache.get(&other)), (None, Some(actor(5))));
    }
}
