//! What must be true: an independent and simple record of what people did and what may therefore be seen where.
//!
//! Every value that somebody types is a word that occurs once in the world ("zq17z"). So a word found in the database, in a
//! reply or on a screen says who wrote it, where, and what they had in front of them. Nothing of the product's own rules is
//! used here.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_contract::{AccountId, ClientId, OpId, PlaceId, Position};

/// A place in the model: its owner and the capture.
pub(super) type Key = (AccountId, ClientId);

/// A typed value, or nothing.
pub(super) type Value = Option<String>;

/// A value that somebody typed.
#[derive(Clone, Debug)]
pub(super) struct Typed {
    /// The places they typed it for (an imported file can be read into two accounts).
    pub(super) keys: BTreeSet<Key>,
    /// On which devices (an imported file can be read on two).
    pub(super) devices: BTreeSet<usize>,
    /// What they had in front of them.
    pub(super) saw: BTreeSet<Value>,
}

/// A capture that a device has acknowledged.
#[derive(Clone, Debug, Default)]
pub(super) struct Capture {
    /// Somebody has deleted the place, dropped it or let it go.
    pub(super) given_up: bool,
}

/// What people did.
#[derive(Clone, Default)]
pub(super) struct Model {
    next: u64,
    pub(super) typed: BTreeMap<String, Typed>,
    /// What was cleared by somebody who saw it, by device.
    pub(super) cleared: BTreeMap<usize, BTreeSet<Value>>,
    pub(super) captures: BTreeMap<Key, Capture>,
    /// Who may read whose place, as the owners said.
    pub(super) shares: BTreeSet<(Key, AccountId)>,
    /// What a restored backup suspended, until its owner confirms it.
    pub(super) suspended: BTreeSet<(Key, AccountId)>,
    /// Which row is which capture, for places that were shared.
    pub(super) rows: BTreeMap<PlaceId, Key>,
    /// Operations that the server, or whoever may say so, has refused for good.
    pub(super) refused: BTreeSet<OpId>,
    /// Operations that the server has said to be applied, and when.
    pub(super) applied: BTreeMap<OpId, i64>,
    /// The database has been put back: what it forgot can't be in its history.
    pub(super) went_back: bool,
}

impl Model {
    /// A word that nobody has used.
    pub(super) fn word(&mut self) -> String {
        self.next += 1;
        format!("zq{}z", self.next)
    }

    /// A position that nobody has used.
    pub(super) fn position(&mut self, accuracy: Option<f64>) -> Position {
        self.next += 1;
        #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
        let latitude = (self.next as f64) / 1000.0;
        Position::parse("", latitude, 9.5, accuracy, None).expect("a valid position")
    }

    /// Somebody typed `value` for a place on a device, with `saw` in front of them.
    pub(super) fn typed(&mut self, value: &str, key: Key, device: usize, saw: Value) {
        let typed = self.typed.entry(value.to_owned()).or_insert_with(|| Typed {
            keys: BTreeSet::new(),
            devices: BTreeSet::new(),
            saw: BTreeSet::new(),
        });
        typed.keys.insert(key);
        typed.devices.insert(device);
        typed.saw.insert(saw);
    }

    /// Somebody decided for `value`, which they or somebody else had typed, with `saw` in front of them.
    pub(super) fn decided(&mut self, value: &Value, device: usize, saw: Value) {
        match value {
            None => {
                self.cleared.entry(device).or_default().insert(saw);
            }
            Some(value) => {
                if let Some(typed) = self.typed.get_mut(value) {
                    typed.devices.insert(device);
                    typed.saw.insert(saw);
                }
            }
        }
    }

    /// Whether writing `new` over `old` was somebody's decision with `old` in sight, or over what they had typed or cleared
    /// themselves on the same device just before.
    pub(super) fn may_replace(&self, old: &Value, new: &Value) -> bool {
        if old == new {
            return true;
        }
        match new {
            Some(word) => {
                let Some(typed) = self.typed.get(word) else { return false };
                typed.devices.iter().any(|device| self.led_to(new, old, *device))
            }
            None => self.cleared.keys().any(|device| self.led_to(new, old, *device)),
        }
    }

    /// Whether somebody moved a marker off one fix of a capture while the server had another device's fix of the same capture:
    /// nobody has chosen that one.
    pub(super) fn moved_off_another_fix(&self, old: &Value, new: &Value) -> bool {
        let captured = |value: &Value| {
            let typed = value.as_ref().and_then(|value| self.typed.get(value))?;
            typed.saw.iter().eq([&None]).then_some(typed)
        };
        let (Some(old), Some(new)) = (captured(old), new.as_ref().and_then(|new| self.typed.get(new))) else {
            return false;
        };
        // A better fix since is nobody's word, and so not known here.
        let is_fix = |value: &Value| {
            captured(value).is_some() || value.as_ref().is_some_and(|value| !self.typed.contains_key(value))
        };
        !new.keys.is_disjoint(&old.keys) && new.saw.iter().any(is_fix)
    }

    /// Whether a device may bring back `new` over `old`, which a restored database had: decisions of whomever, each with the
    /// one before in sight, led from one to the other.
    pub(super) fn may_be_given_back(&self, old: &Value, new: &Value) -> bool {
        let (mut open, mut known) = (vec![new.clone()], BTreeSet::new());
        while let Some(value) = open.pop() {
            if value == *old {
                return true;
            }
            if !known.insert(value.clone()) {
                continue;
            }
            match &value {
                Some(word) => open.extend(self.typed.get(word).into_iter().flat_map(|typed| typed.saw.iter().cloned())),
                None => open.extend(self.cleared.values().flatten().cloned()),
            }
        }
        false
    }

    /// Whether on this device a chain of decisions, each with the one before in sight, began with `old` and ended with `new`.
    fn led_to(&self, new: &Value, old: &Value, device: usize) -> bool {
        let (mut open, mut known) = (vec![new.clone()], BTreeSet::new());
        while let Some(value) = open.pop() {
            if !known.insert(value.clone()) {
                continue;
            }
            let saw = match &value {
                Some(word) => {
                    let typed = self.typed.get(word).filter(|typed| typed.devices.contains(&device));
                    typed.map(|typed| &typed.saw)
                }
                None => self.cleared.get(&device),
            };
            let Some(saw) = saw else { continue };
            if saw.contains(old) {
                return true;
            }
            open.extend(saw.iter().cloned());
        }
        false
    }

    /// Whether somebody replaced or cleared `value` knowing it.
    pub(super) fn was_replaced(&self, value: &str) -> bool {
        let value = Some(value.to_owned());
        self.cleared.values().any(|saw| saw.contains(&value))
            || self.typed.values().any(|typed| typed.saw.contains(&value))
    }

    /// Whether `account` may know of this place.
    pub(super) fn may_see(&self, account: AccountId, key: Key) -> bool {
        key.0 == account || self.shares.contains(&(key, account))
    }

    /// Somebody gave a place up.
    pub(super) fn give_up(&mut self, key: Key) {
        self.captures.entry(key).or_default().given_up = true;
    }
}

/// Every word of people in a text.
pub(super) fn words_in(text: &str) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for (start, _) in text.match_indices("zq") {
        let digits = text[start + 2..].bytes().take_while(u8::is_ascii_digit).count();
        let end = start + 2 + digits;
        if digits > 0 && text[end..].starts_with('z') {
            words.insert(text[start..=end].to_owned());
        }
    }
    words
}

/// A position as a value of the model.
pub(super) fn place_of(position: &Position) -> String {
    format!("at {:.6}", position.latitude.get())
}

#[cfg(test)]
mod tests {
    use holdfast_contract::Timestamp;

    use super::*;

    fn key() -> Key {
        (AccountId::v7(Timestamp::EPOCH, [1; 10]), ClientId::v7(Timestamp::EPOCH, [2; 10]))
    }

    #[allow(clippy::unnecessary_wraps, reason = "a value of the model may be none")]
    fn some(word: &str) -> Value {
        Some(word.to_owned())
    }

    #[test]
    fn a_value_may_replace_what_its_author_saw_and_nothing_else() {
        let mut model = Model::default();
        model.typed("a", key(), 1, None);
        model.typed("b", key(), 1, some("a"));
        model.typed("x", key(), 2, some("a"));
        assert!(model.may_replace(&some("a"), &some("b")) && model.may_replace(&some("a"), &some("x")));
        assert!(model.may_replace(&None, &some("b")), "b stands for a, which was typed just before on the same device");
        assert!(!model.may_replace(&None, &some("x")), "the second device never saw that there was nothing");
        assert!(!model.may_replace(&some("b"), &some("x")) && !model.may_replace(&some("x"), &some("b")));
        model.decided(&some("x"), 2, some("b"));
        assert!(model.may_replace(&some("b"), &some("x")), "after they have looked at it");
        assert!(!model.may_replace(&some("a"), &None));
        model.decided(&None, 1, some("b"));
        assert!(model.may_replace(&some("b"), &None));
    }

    #[test]
    fn words_are_found_in_any_text() {
        let found = words_in("{\"name\":\"zq12z\",\"note\":\"zqz zq3 zq45z.zq6z\"}");
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["zq12z", "zq45z", "zq6z"]);
    }
}
