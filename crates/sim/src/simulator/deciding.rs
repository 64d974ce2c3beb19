//! What people decide about places and operations that wait for them.

use std::collections::BTreeMap;

use holdfast_contract::{Category, Field, Name, Note, Source};
use holdfast_device::{Attention, EntryState, PlaceState, PlaceView, Resolution, Side};
use rand::RngExt;
use rand::rngs::StdRng;

use super::model::place_of;
use super::world::{Verdict, World, pick};

impl World {
    pub(super) fn resolve(&mut self, device: usize, rng: &mut StdRng) -> Verdict {
        let mut views = self.devices[device].views(false);
        views.extend(self.devices[device].views(true));
        views.retain(|view| matches!(view.state, PlaceState::NeedsAttention(_)));
        if views.is_empty() {
            return Ok(());
        }
        let view = pick(rng, &views).clone();
        self.answer(device, &view, rng)
    }

    /// Somebody decides about a place that needs attention.
    pub(super) fn answer(&mut self, device: usize, view: &PlaceView, rng: &mut StdRng) -> Verdict {
        match view.state {
            PlaceState::NeedsAttention(Attention::Conflict) => self.answer_conflict(device, view, rng),
            PlaceState::NeedsAttention(Attention::OlderOnServer) => {
                let keep = rng.random_bool(0.6);
                let theirs = self.devices[device].device().confirmed(view.local_id).map_err(|e| e.to_string())?;
                let resolution = if keep { Resolution::KeepMine } else { Resolution::LetGo };
                let result = self.devices[device].device().resolve(view.local_id, resolution, None);
                if self.came(device, result)?.is_some() {
                    self.tally.did("resolved");
                    match (theirs, keep) {
                        (Some(theirs), true) => self.decide_fields(device, view, &theirs, None),
                        _ => self.give_up(device, view),
                    }
                }
                Ok(())
            }
            PlaceState::NeedsAttention(Attention::DeletedForGood | Attention::NoLongerVisible) => {
                if rng.random_bool(0.6) {
                    return self.keep_as_new(device, view);
                }
                let result = self.devices[device].device().resolve(view.local_id, Resolution::LetGo, None);
                if self.came(device, result)?.is_some() {
                    self.give_up(device, view);
                    self.tally.did("let go");
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn answer_conflict(&mut self, device: usize, view: &PlaceView, rng: &mut StdRng) -> Verdict {
        let conflict = self.devices[device].device().conflict(view.local_id).map_err(|e| e.to_string())?;
        let Some(conflict) = conflict else { return Ok(()) };
        let sides: BTreeMap<Field, Side> = conflict
            .fields
            .iter()
            .map(|f| (*f, if rng.random_bool(0.5) { Side::Mine } else { Side::Theirs }))
            .collect();
        let (resolution, kept) = match rng.random_range(0..3) {
            0 => (Resolution::KeepTheirs, Some(BTreeMap::new())),
            1 if !sides.is_empty() => (Resolution::PerField(sides.clone()), Some(sides)),
            _ => (Resolution::KeepMine, None),
        };
        let name = format!("{resolution:?}");
        let result = self.devices[device].device().resolve(view.local_id, resolution, Some(conflict.theirs.version));
        if self.came(device, result)?.is_none() {
            return Ok(());
        }
        self.decide_fields(device, &conflict.mine, &conflict.theirs, kept.as_ref());
        // Whichever side has it in the trash, somebody has decided that.
        if conflict.mine.deleted_at.is_some() || conflict.theirs.deleted_at.is_some() {
            self.give_up(device, view);
        }
        self.tally.did("resolved");
        self.say(format!("device {device} decides about {}: {name}", view.local_id));
        Ok(())
    }

    /// Somebody has decided with both sides in sight; `kept` says for which fields theirs lost (none: for all).
    fn decide_fields(
        &mut self,
        device: usize,
        mine: &PlaceView,
        theirs: &holdfast_contract::Place,
        kept: Option<&BTreeMap<Field, Side>>,
    ) {
        let text = |v: Option<&str>| v.map(str::to_owned);
        let pairs = [
            (Field::Name, text(mine.name.as_ref().map(Name::as_str)), text(theirs.name.as_ref().map(Name::as_str))),
            (Field::Note, text(mine.note.as_ref().map(Note::as_str)), text(theirs.note.as_ref().map(Note::as_str))),
            (
                Field::Category,
                text(mine.category.as_ref().map(Category::as_str)),
                text(theirs.category.as_ref().map(Category::as_str)),
            ),
            (Field::Position, mine.position.as_ref().map(place_of), Some(format!("at {:.6}", theirs.latitude.get()))),
        ];
        for (field, mine, theirs) in pairs {
            let keeps_mine = kept.is_none_or(|kept| kept.get(&field).is_none_or(|side| *side == Side::Mine));
            if mine != theirs && keeps_mine {
                self.model.decided(&mine, device, theirs);
            }
        }
    }

    fn give_up(&mut self, device: usize, view: &PlaceView) {
        if let Some(key) = self.key(device, view) {
            self.model.give_up(key);
        }
    }

    fn keep_as_new(&mut self, device: usize, view: &PlaceView) -> Verdict {
        let result = self.devices[device].device().resolve(view.local_id, Resolution::KeepAsNew(Source::Cli), None);
        let Some(new) = self.came(device, result)? else { return Ok(()) };
        let new = self.devices[device].device().get(new).map_err(|e| e.to_string())?;
        let Some(new) = new else { return Err(format!("device {device} kept a place as new, and it is not there")) };
        let Some(key) = self.key(device, &new) else { return Err("a kept place has no capture".to_owned()) };
        self.give_up(device, view);
        self.model.captures.entry(key).or_default().given_up = false;
        let account = self.account_of(device);
        let texts = [
            new.name.as_ref().map(Name::as_str),
            new.note.as_ref().map(Note::as_str),
            new.category.as_ref().map(Category::as_str),
        ];
        for word in texts.into_iter().flatten() {
            let accounts: Vec<_> = self.devices.iter().map(|d| self.accounts[d.account]).collect();
            if let Some(typed) = self.model.typed.get_mut(word) {
                if !typed.devices.iter().any(|d| accounts[*d] == account) {
                    return Err(format!("device {device} kept {word}, which its person has not typed"));
                }
                typed.keys.insert(key);
            }
            self.model.typed(word, key, device, None);
        }
        if let Some(position) = new.position {
            self.model.typed(&place_of(&position), key, device, None);
        }
        self.tally.did("kept as new");
        self.say(format!("device {device} keeps {} as a new place", view.local_id));
        Ok(())
    }

    pub(super) fn retry(&mut self, device: usize, rng: &mut StdRng) -> Verdict {
        let result = if rng.random_bool(0.3) {
            self.devices[device].device().retry_all().map(|_| ())
        } else {
            let Some(op) = self.some_entry(device, rng)? else { return Ok(()) };
            self.devices[device].device().retry(op)
        };
        self.came(device, result).map(|_| ())
    }

    fn some_entry(&mut self, device: usize, rng: &mut StdRng) -> Result<Option<holdfast_contract::OpId>, String> {
        let entries = self.devices[device].device().outbox(None, 1000).map_err(|e| e.to_string())?;
        Ok((!entries.is_empty()).then(|| pick(rng, &entries).op_id))
    }

    pub(super) fn discard(&mut self, device: usize, rng: &mut StdRng) -> Verdict {
        let entries = self.devices[device].device().outbox(None, 1000).map_err(|e| e.to_string())?;
        if entries.is_empty() {
            return Ok(());
        }
        let entry = pick(rng, &entries).clone();
        let view = self.devices[device].device().get(entry.local_id).map_err(|e| e.to_string())?;
        let result = self.devices[device].device().discard(entry.op_id, None);
        if self.came(device, result)?.is_some() {
            if let Some(view) = view.filter(|_| entry.kind != "refine") {
                self.give_up(device, &view);
            }
            self.tally.did("discarded");
            self.say(format!("device {device} drops a {} of {}", entry.kind, entry.local_id));
        }
        Ok(())
    }
}

/// Whether nothing but a person can move this entry.
pub(super) fn waits_for_a_person(state: &EntryState) -> bool {
    matches!(state, EntryState::Conflict { .. } | EntryState::Rejected { .. } | EntryState::Behind)
}
